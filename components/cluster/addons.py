"""The cluster's managed add-ons, their roles and what they need before they start (guide: EKS Cluster, Add-ons).

Networking stands before the nodes, since a node without it never becomes ready. The others are Deployments that wait
for a node, and would be reported as degraded without one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.cluster.settings import AddonName
from components.common.iam import ServiceAccountRole, WorkloadIdentity, policy_document
from components.common.logs import log_group
from components.common.scope import Scope

# What Container Insights and Fluent Bit write, by the name that they give their groups.
CONTAINER_LOGS = ("application", "dataplane", "host", "performance")


def vpc_cni_configuration(tags: Mapping[str, str]) -> dict[str, Any]:
    """Network policies are enforced, nodes take addresses by prefixes of 16, and pods' interfaces carry `tags`.

    A pod is open for the seconds until the agent of its node has attached the policies that select it: the enforcing
    mode is `standard`. `strict` would close it from the start, and with it every pod that no policy selects, those of
    kube-system and of other add-ons included. The schema of this add-on wants booleans as text.
    """
    return {
        "enableNetworkPolicy": "true",
        "nodeAgent": {"enablePolicyEventLogs": "true"},
        "env": {
            "ENABLE_PREFIX_DELEGATION": "true",
            "WARM_PREFIX_TARGET": "1",
            "NETWORK_POLICY_ENFORCING_MODE": "standard",
            "ADDITIONAL_ENI_TAGS": json.dumps(dict(tags), sort_keys=True),
        },
    }


def coredns_configuration() -> dict[str, Any]:
    """Replicas that grow with the cluster, spread over zones, of which one at a time may be disrupted."""
    return {
        "autoScaling": {"enabled": True, "minReplicas": 2, "maxReplicas": 10},
        "podDisruptionBudget": {"enabled": True, "maxUnavailable": 1},
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "topology.kubernetes.io/zone",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
            }
        ],
    }


def ebs_csi_configuration(tags: Mapping[str, str], *, snapshots: bool = False) -> dict[str, Any]:
    """Volumes that pods claim carry `tags`, which no provider default reaches; tainted nodes mount volumes too.

    The part that takes snapshots starts where somebody can ask for them: by this setting, and not only if their kinds
    are defined when the add-on is rendered (chart aws-ebs-csi-driver, `sidecars.snapshotter.forceEnable`).
    """
    sidecars = {"sidecars": {"snapshotter": {"forceEnable": True}}} if snapshots else {}
    return {"controller": {"extraVolumeTags": dict(tags)}, "node": {"tolerateAllTaints": True}, **sidecars}


def observability_configuration() -> dict[str, Any]:
    """Container Insights in its classic form, whose metrics the alarms watch, and container logs, from every node.

    Application Signals stay off: nothing here uses them, and their controller waits for an API that is not installed.
    """
    return {
        "containerInsights": {"enabled": True},
        "containerLogs": {"enabled": True},
        "applicationSignals": {"enabled": False},
        "tolerations": [{"operator": "Exists"}],
    }


def volume_key_policy(key_arn: str) -> str:
    """What the EBS CSI driver may do with the key of volumes. Source: the EKS user guide on encrypted volumes."""
    return policy_document(
        {
            "Sid": "GrantVolumesTheKey",
            "Effect": "Allow",
            "Action": ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"],
            "Resource": key_arn,
            "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}},
        },
        {
            "Sid": "EncryptVolumes",
            "Effect": "Allow",
            "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
            "Resource": key_arn,
        },
    )


@dataclass(frozen=True, kw_only=True)
class AddonsArgs:
    """The cluster that the add-ons serve."""

    scope: Scope
    cluster_name: pulumi.Input[str]
    """Physical name, known once the cluster exists."""
    identity: WorkloadIdentity
    """How the pods of add-ons come to their roles."""
    boundary_arn: pulumi.Input[str]
    """Permissions boundary of every role here."""
    versions: Mapping[AddonName, str]
    """Pinned versions. An add-on without a pin gets the default that EKS has for the cluster's minor."""
    tags: Mapping[str, str]
    """The stack's tags, for what add-ons create in AWS."""


class _Addons(pulumi.ComponentResource):
    """What both sets of add-ons share."""

    def __init__(self, type_: str, name: str, args: AddonsArgs, opts: pulumi.ResourceOptions | None) -> None:
        super().__init__(type_, name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)

    def _role(
        self,
        addon: AddonName,
        namespace: str,
        service_account: str,
        managed_policy: str,
        policy: pulumi.Input[str] | None = None,
    ) -> ServiceAccountRole:
        return ServiceAccountRole(
            f"{self._name}-{addon}",
            identity=self._args.identity,
            boundary_arn=self._args.boundary_arn,
            namespace=namespace,
            service_account=service_account,
            managed_policy_arns={"managed": self._args.scope.managed_policy_arn(managed_policy)},
            policy=policy,
            opts=self._child,
        )

    def _addon(
        self,
        addon: AddonName,
        *,
        configuration: Mapping[str, Any] | None = None,
        role: ServiceAccountRole | None = None,
        after: Sequence[pulumi.Resource] = (),
    ) -> aws.eks.Addon:
        """An add-on whose settings are those of the code: what somebody changed in the cluster is overwritten."""
        return aws.eks.Addon(
            f"{self._name}-{addon}",
            cluster_name=self._args.cluster_name,
            addon_name=addon,
            addon_version=self._args.versions.get(addon),
            configuration_values=json.dumps(configuration, sort_keys=True) if configuration else None,
            service_account_role_arn=role.arn if role and self._args.identity.annotates else None,
            resolve_conflicts_on_create="OVERWRITE",
            resolve_conflicts_on_update="OVERWRITE",
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*after, *(role.ready if role else ())]),
        )


class NetworkingAddons(_Addons):
    """VPC CNI with a role of its own, kube-proxy and the Pod Identity agent: `ready` before the first node."""

    ready: list[pulumi.Resource]
    """The three add-ons: a node cannot join before them."""

    def __init__(self, name: str, args: AddonsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform:cluster:NetworkingAddons", name, args, opts)
        role = self._role("vpc-cni", "kube-system", "aws-node", "AmazonEKS_CNI_Policy")
        self.ready = [
            self._addon("vpc-cni", configuration=vpc_cni_configuration(args.tags), role=role),
            self._addon("kube-proxy"),
            self._addon("eks-pod-identity-agent"),
        ]
        self.register_outputs({"vpcCniRoleArn": role.arn})


@dataclass(frozen=True, kw_only=True)
class WorkloadAddonsArgs:
    """What the add-ons that run on nodes need."""

    cluster: AddonsArgs
    nodes: Sequence[pulumi.Resource]
    """Node groups on which any pod can run."""
    volume_key_arn: pulumi.Input[str]
    """Key of the volumes that pods claim."""
    logs_key_arn: pulumi.Input[str]
    """Key of the log groups."""
    log_retention_days: int
    """How long the logs of containers and nodes are kept."""
    volume_snapshots: bool
    """Whether snapshots of volumes can be asked for as objects."""
    insights_name: str
    """The cluster's name as it appears in the names of the log groups, known before the cluster exists."""


class WorkloadAddons(_Addons):
    """CoreDNS, the EBS CSI driver, metrics-server, and Container Insights with Fluent Bit and their log groups.

    With snapshots of volumes also the controller that watches for them, before the driver that takes them.
    """

    coredns: aws.eks.Addon
    """Names resolve once it runs."""
    ebs_csi: aws.eks.Addon
    """Volumes can be claimed once it runs."""
    snapshots: aws.eks.Addon | None
    """Defines what a snapshot is; none without them."""
    observability: aws.eks.Addon
    """Container Insights sends metrics once it runs."""

    def __init__(self, name: str, args: WorkloadAddonsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform:cluster:WorkloadAddons", name, args.cluster, opts)
        self.coredns = self._addon("coredns", configuration=coredns_configuration(), after=args.nodes)
        self.snapshots = self._addon("snapshot-controller", after=args.nodes) if args.volume_snapshots else None
        self.ebs_csi = self._create_ebs_csi(args)
        self._addon("metrics-server", after=args.nodes)
        self.observability = self._create_observability(args)
        self.register_outputs({"corednsArn": self.coredns.arn, "ebsCsiArn": self.ebs_csi.arn})

    def _create_ebs_csi(self, args: WorkloadAddonsArgs) -> aws.eks.Addon:
        role = self._role(
            "aws-ebs-csi-driver",
            "kube-system",
            "ebs-csi-controller-sa",
            "service-role/AmazonEBSCSIDriverPolicy",
            pulumi.Output.from_input(args.volume_key_arn).apply(volume_key_policy),
        )
        return self._addon(
            "aws-ebs-csi-driver",
            configuration=ebs_csi_configuration(args.cluster.tags, snapshots=args.volume_snapshots),
            role=role,
            after=[*args.nodes, *([self.snapshots] if self.snapshots else [])],
        )

    def _create_observability(self, args: WorkloadAddonsArgs) -> aws.eks.Addon:
        groups = [
            log_group(
                f"{self._name}-{kind}-logs",
                f"/aws/containerinsights/{args.insights_name}/{kind}",
                retention_days=args.log_retention_days,
                key_arn=args.logs_key_arn,
                opts=self._child,
            )
            for kind in CONTAINER_LOGS
        ]
        role = self._role(
            "amazon-cloudwatch-observability", "amazon-cloudwatch", "cloudwatch-agent", "CloudWatchAgentServerPolicy"
        )
        return self._addon(
            "amazon-cloudwatch-observability",
            configuration=observability_configuration(),
            role=role,
            after=[*args.nodes, *groups],
        )
