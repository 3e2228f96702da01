"""Shapes of EKS."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from local.providers.aws.facts import Facts, Shape
from local.providers.aws.shapes.building import arn, fixed
from local.providers.identity import CREATED

_VERSION = "1.36"


def _cluster_hash(facts: Facts) -> str:
    """The digits that the endpoint and the OIDC issuer of a cluster share."""
    return facts.identity.hex(32, "cluster").upper()


def _endpoint(facts: Facts) -> str:
    return f"https://{_cluster_hash(facts)}.gr7.{facts.region}.eks.{facts.suffix}"


def _identities(facts: Facts) -> list[dict[str, Any]]:
    issuer = f"https://oidc.eks.{facts.region}.{facts.suffix}/id/{_cluster_hash(facts)}"
    return [{"oidcs": [{"issuer": issuer}]}]


def _certificate_authority(facts: Facts) -> dict[str, str]:
    """Something in the form of a certificate, which certifies nothing."""
    body = base64.b64encode(facts.identity.digest("certificate") * 12).decode()
    lines = "\n".join(body[start : start + 64] for start in range(0, len(body), 64))
    certificate = f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n"
    return {"data": base64.b64encode(certificate.encode()).decode()}


def _network(facts: Facts) -> dict[str, Any]:
    given = facts.inputs.get("vpcConfig", {})
    return {
        "endpointPrivateAccess": False,
        "endpointPublicAccess": True,
        "publicAccessCidrs": ["0.0.0.0/0"] if given.get("endpointPublicAccess", True) else [],
        **given,
        "clusterSecurityGroupId": f"sg-{facts.identity.hex(17, 'security group')}",
        "vpcId": facts.vpc_of(given.get("subnetIds", [])),
    }


def _node_resources(facts: Facts) -> list[dict[str, Any]]:
    group = f"eks-{facts['nodeGroupName']}-{facts.identity.uuid('scaling group')}"
    return [{"autoscalingGroups": [{"name": group}], "remoteAccessSecurityGroupId": ""}]


def _access_entry_arn(facts: Facts) -> str:
    principal = str(facts["principalArn"]).rsplit("/", 1)[-1]
    return facts.arn(
        "eks", f"access-entry/{facts['clusterName']}/role/{facts.account}/{principal}/{facts.identity.uuid()}"
    )


SHAPES: Mapping[str, Shape] = {
    "aws:eks/accessEntry:AccessEntry": Shape(
        "{clusterName}:{principalArn}",
        {
            "accessEntryArn": _access_entry_arn,
            "createdAt": CREATED,
            "modifiedAt": CREATED,
            "type": "STANDARD",
            "userName": "{principalArn}",
        },
    ),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": Shape(
        "{clusterName}#{principalArn}#{policyArn}", {"associatedAt": CREATED, "modifiedAt": CREATED}
    ),
    "aws:eks/addon:Addon": Shape(
        "{clusterName}:{addonName}",
        {
            "addonVersion": "v1.0.0-eksbuild.1",
            "arn": arn("eks", "addon/{clusterName}/{addonName}/{uuid:}"),
            "createdAt": CREATED,
            "modifiedAt": CREATED,
        },
    ),
    "aws:eks/cluster:Cluster": Shape(
        "{name}",
        {
            "accessConfig": fixed(authenticationMode="CONFIG_MAP", bootstrapClusterCreatorAdminPermissions=True),
            "arn": arn("eks", "cluster/{name}"),
            "certificateAuthority": _certificate_authority,
            "clusterId": "",
            "createdAt": CREATED,
            "endpoint": _endpoint,
            "identities": _identities,
            "kubernetesNetworkConfig": fixed(ipFamily="ipv4", serviceIpv4Cidr="172.20.0.0/16"),
            "platformVersion": "eks.1",
            "status": "ACTIVE",
            "upgradePolicy": fixed(supportType="EXTENDED"),
            "version": _VERSION,
            "vpcConfig": _network,
        },
        completes=("vpcConfig",),
    ),
    "aws:eks/fargateProfile:FargateProfile": Shape(
        "{clusterName}:{fargateProfileName}",
        {"arn": arn("eks", "fargateprofile/{clusterName}/{fargateProfileName}/{uuid:}"), "status": "ACTIVE"},
    ),
    "aws:eks/nodeGroup:NodeGroup": Shape(
        "{clusterName}:{nodeGroupName}",
        {
            "amiType": "AL2023_x86_64_STANDARD",
            "arn": arn("eks", "nodegroup/{clusterName}/{nodeGroupName}/{uuid:}"),
            "capacityType": "ON_DEMAND",
            "diskSize": 20,
            "instanceTypes": ["t3.medium"],
            "releaseVersion": "{version}.0-20261101",
            "resources": _node_resources,
            "status": "ACTIVE",
            "updateConfig": fixed(maxUnavailable=1),
            "version": _VERSION,
        },
    ),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": Shape(
        "{associationId}",
        {
            "associationArn": arn("eks", "podidentityassociation/{clusterName}/{associationId}"),
            "associationId": "a-{alnum:17}",
            "externalId": "",
        },
    ),
}
