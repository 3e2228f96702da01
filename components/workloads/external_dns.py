"""external-dns: records of the domain follow what ingresses ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes.helm import v3 as helm
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs
from pulumi_kubernetes.networking.v1 import NetworkPolicy

from components.common.iam import ServiceAccountRole, WorkloadIdentity, policy_document
from components.common.images import image_values
from components.common.scope import Scope
from components.workloads.charts import CONTAINER_SECURITY, Chart, pod_security, release, resources
from components.workloads.ingress import IngressArgs
from components.workloads.network_policies import controller_policy_spec

CHART = Chart(name="external-dns", version="1.21.1", repository="https://kubernetes-sigs.github.io/external-dns/")
_IMAGE = "registry.k8s.io/external-dns/external-dns"
_IMAGE_TAG = "v0.21.0"

_NAMESPACE = "kube-system"
_SERVICE_ACCOUNT = "external-dns"
_USER = 65532
_METRICS_PORT = 7979

_POLICIES = {"upsertOnly": "upsert-only", "sync": "sync"}
# The types that it writes: addresses, aliases, and TXT for whose they are. Never NS, SOA or CAA of the zone.
_RECORD_TYPES = ("A", "AAAA", "CNAME", "TXT")
# Owners are told below each name, so that the owner of the domain itself is told within the zone.
_OWNER_PREFIX = "_owner-%{record_type}."
_OWNER_WILDCARD = "_any"


def zone_policy(scope: Scope, zone_id: str, domain: str) -> str:
    """Records of the domain, of these types, in this zone; the names of the zones that there are.

    Deletion is among it for both ways of keeping records: a record that changes its kind is deleted and made anew in
    one request (Route 53 developer guide, Using IAM policy conditions for fine-grained access control).
    """
    zone = f"arn:{scope.partition}:route53:::hostedzone/{zone_id}"
    return policy_document(
        {
            "Sid": "WriteRecords",
            "Effect": "Allow",
            "Action": "route53:ChangeResourceRecordSets",
            "Resource": zone,
            "Condition": {
                # A request without any of these keys would match, too; Route 53 sends all of them with every change.
                "ForAllValues:StringEquals": {"route53:ChangeResourceRecordSetsRecordTypes": list(_RECORD_TYPES)},
                "ForAllValues:StringLike": {
                    "route53:ChangeResourceRecordSetsNormalizedRecordNames": [domain, f"*.{domain}"]
                },
                "Null": {"route53:ChangeResourceRecordSetsRecordTypes": "false"},
            },
        },
        {
            "Sid": "ReadRecords",
            "Effect": "Allow",
            "Action": ["route53:ListResourceRecordSets", "route53:ListTagsForResources"],
            "Resource": zone,
        },
        {"Sid": "FindZones", "Effect": "Allow", "Action": "route53:ListHostedZones", "Resource": "*"},
    )


def external_dns_values(
    scope: Scope, args: IngressArgs, annotations: Mapping[str, pulumi.Input[str]], mirrors: Mapping[str, str]
) -> Mapping[str, Any]:
    """Values of the chart.

    Records that are gone stay by default: a class or a controller that is away for a moment must not take the address
    with it.
    """
    return {
        "image": image_values(_IMAGE, _IMAGE_TAG, mirrors),
        "provider": {"name": "aws"},
        # The region of STS; Route 53 has none.
        "env": [{"name": "AWS_DEFAULT_REGION", "value": scope.region}],
        "sources": ["ingress"],
        "policy": _POLICIES[args.dns.policy],
        "registry": "txt",
        "txtOwnerId": args.dns.owner or scope.prefix,
        "txtPrefix": _OWNER_PREFIX,
        "domainFilters": [args.domain],
        "managedRecordTypes": ["A", "AAAA", "CNAME"],
        "triggerLoopOnEvent": True,
        "logFormat": "json",
        "extraArgs": {
            "zone-id-filter": args.zone_id,
            "aws-zone-type": "public",
            # The zone may be one above the domain.
            "aws-zone-match-parent": True,
            "txt-wildcard-replacement": _OWNER_WILDCARD,
            # Ingresses of other classes have no certificate, firewall and log here, and get no name either.
            "ingress-class": list(args.classes),
        },
        "serviceAccount": {"name": _SERVICE_ACCOUNT, "annotations": dict(annotations)},
        "priorityClassName": "system-cluster-critical",
        "resources": resources(cpu="50m", memory="128Mi"),
        "podSecurityContext": pod_security(_USER),
        "securityContext": {**CONTAINER_SECURITY, "runAsNonRoot": True},
        "serviceMonitor": {"enabled": False},
    }


@dataclass(frozen=True, kw_only=True)
class ExternalDnsArgs:
    """Whose records, and in which zone."""

    scope: Scope
    ingress: IngressArgs
    """Domain, zone and classes."""
    identity: WorkloadIdentity
    """How the pods of its service account come to the role."""
    boundary_arn: pulumi.Input[str]
    """Permissions boundary of the role."""
    mirrors: Mapping[str, str]
    """What stands in place of public registries in the names of images."""
    cluster_ready: Sequence[pulumi.Resource]
    """Node groups and CoreDNS: pods cannot run before them."""


class ExternalDns(pulumi.ComponentResource):
    """The release, the role of its service account for one domain of one zone, and what its pods reach."""

    release: helm.Release
    """The installed chart."""
    role_arn: pulumi.Output[str]
    """Role of the service account."""

    def __init__(self, name: str, args: ExternalDnsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform:workloads:ExternalDns", name, None, opts)
        role = ServiceAccountRole(
            name,
            identity=args.identity,
            boundary_arn=args.boundary_arn,
            namespace=_NAMESPACE,
            service_account=_SERVICE_ACCOUNT,
            policy=pulumi.Output.from_input(args.ingress.zone_id).apply(
                lambda zone_id: zone_policy(args.scope, zone_id, args.ingress.domain)
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        # In kube-system nothing is denied by default: these pods alone are closed but for what they need.
        NetworkPolicy(
            name,
            metadata=ObjectMetaArgs(name=CHART.name, namespace=_NAMESPACE),
            spec=controller_policy_spec(
                LabelSelectorArgs(match_labels={"app.kubernetes.io/name": CHART.name}), _METRICS_PORT
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*args.cluster_ready]),
        )
        self.release = release(
            name,
            CHART,
            namespace=_NAMESPACE,
            values=external_dns_values(args.scope, args.ingress, role.annotations, args.mirrors),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*args.cluster_ready, *role.ready]),
        )
        self.role_arn = role.arn
        self.register_outputs({"roleArn": self.role_arn})
