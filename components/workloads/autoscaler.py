"""Cluster Autoscaler: node groups grow with pending pods and shrink when idle (guide: Auto-scaling)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components.common.iam import ServiceAccountRole, WorkloadIdentity, policy_document
from components.common.images import image_values
from components.common.scope import Scope
from components.workloads.charts import (
    CONTAINER_SECURITY,
    Chart,
    pod_security,
    release,
    resources,
    spread_over_zones,
)

CHART = Chart(name="cluster-autoscaler", version="9.59.0", repository="https://kubernetes.github.io/autoscaler")

_IMAGE = "registry.k8s.io/autoscaling/cluster-autoscaler"
_NAMESPACE = "kube-system"
_SERVICE_ACCOUNT = "cluster-autoscaler"

# The scheduler inside the autoscaler must be that of the cluster's minor. Where a patch release is known to be the
# better one it stands here; every minor has a `.0`.
_PATCH_RELEASES = {"1.28": "v1.28.2", "1.33": "v1.33.6", "1.34": "v1.34.5", "1.35": "v1.35.2", "1.36": "v1.36.1"}

# The image's user, known as `nobody`.
_USER = 65534


def image_tag(kubernetes_version: str) -> str:
    """The release of the autoscaler for a cluster's minor version such as `1.36`."""
    return _PATCH_RELEASES.get(kubernetes_version, f"v{kubernetes_version}.0")


def autoscaler_policy(scope: Scope, cluster_name: str) -> str:
    """Look at all groups, change only those of the cluster, which EKS tags when it makes them.

    Source: the autoscaler's notes on AWS, full-features policy.
    """
    return policy_document(
        {
            "Sid": "Discover",
            "Effect": "Allow",
            "Action": [
                "autoscaling:DescribeAutoScalingGroups",
                "autoscaling:DescribeAutoScalingInstances",
                "autoscaling:DescribeLaunchConfigurations",
                "autoscaling:DescribeScalingActivities",
                "autoscaling:DescribeTags",
                "ec2:DescribeImages",
                "ec2:DescribeInstanceTypes",
                "ec2:DescribeLaunchTemplateVersions",
                "ec2:GetInstanceTypesFromInstanceRequirements",
            ],
            "Resource": "*",
        },
        {
            # Labels and taints of a group without nodes.
            "Sid": "ReadNodeGroups",
            "Effect": "Allow",
            "Action": "eks:DescribeNodegroup",
            "Resource": scope.arn("eks", f"nodegroup/{cluster_name}/*/*"),
        },
        {
            "Sid": "ResizeGroupsOfTheCluster",
            "Effect": "Allow",
            "Action": [
                "autoscaling:SetDesiredCapacity",
                "autoscaling:TerminateInstanceInAutoScalingGroup",
                "autoscaling:UpdateAutoScalingGroup",
            ],
            "Resource": scope.arn("autoscaling", "autoScalingGroup:*:autoScalingGroupName/*"),
            "Condition": {"StringEquals": {f"autoscaling:ResourceTag/kubernetes.io/cluster/{cluster_name}": "owned"}},
        },
    )


def autoscaler_values(
    *,
    cluster_name: str,
    region: str,
    kubernetes_version: str,
    annotations: Mapping[str, pulumi.Input[str]],
    mirrors: Mapping[str, str],
) -> Mapping[str, Any]:
    """Values of the chart."""
    return {
        "fullnameOverride": CHART.name,
        "cloudProvider": "aws",
        # The instance metadata that would tell the region is out of reach of pods.
        "awsRegion": region,
        "autoDiscovery": {"clusterName": cluster_name},
        "image": image_values(_IMAGE, image_tag(kubernetes_version), mirrors),
        "replicaCount": 2,
        "rbac": {"serviceAccount": {"name": _SERVICE_ACCOUNT, "annotations": dict(annotations)}},
        "extraArgs": {
            "expander": "least-waste",
            # Text, because a template may take a plain `false` for a flag that was not given.
            "balance-similar-node-groups": "true",
            # System pods have disruption budgets of their own and need not hold nodes back.
            "skip-nodes-with-system-pods": "false",
            # An emptyDir is scratch space that dies with its pod, wherever that ends; a budget or an annotation keeps a
            # pod that must not move.
            "skip-nodes-with-local-storage": "false",
            # Pods of operators' own kinds come again as those of a Deployment do.
            "skip-nodes-with-custom-controller-pods": "false",
        },
        # Cluster DNS may be what waits for a node.
        "dnsPolicy": "Default",
        "priorityClassName": "system-cluster-critical",
        "resources": resources(cpu="100m", memory="600Mi"),
        "securityContext": pod_security(_USER),
        "containerSecurityContext": dict(CONTAINER_SECURITY),
        "podDisruptionBudget": {"maxUnavailable": 1},
        "topologySpreadConstraints": spread_over_zones({"app.kubernetes.io/instance": CHART.name}),
        "serviceMonitor": {"enabled": False},
    }


@dataclass(frozen=True, kw_only=True)
class AutoscalerArgs:
    """Which cluster to scale."""

    scope: Scope
    cluster_name: str
    """Physical name, known before the cluster exists."""
    kubernetes_version: str
    """Minor version such as `1.36`: the autoscaler's must be the same."""
    identity: WorkloadIdentity
    """How the pods of its service account come to the role."""
    boundary_arn: pulumi.Input[str]
    """Permissions boundary of the role."""
    mirrors: Mapping[str, str]
    """What stands in place of public registries in the names of images."""
    cluster_ready: Sequence[pulumi.Resource]
    """Node groups and CoreDNS: pods cannot run before them."""


class Autoscaler(pulumi.ComponentResource):
    """The release, and the role of its service account."""

    role_arn: pulumi.Output[str]
    """Role of the service account: it resizes the cluster's node groups."""

    def __init__(self, name: str, args: AutoscalerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform:workloads:Autoscaler", name, None, opts)
        role = ServiceAccountRole(
            name,
            identity=args.identity,
            boundary_arn=args.boundary_arn,
            namespace=_NAMESPACE,
            service_account=_SERVICE_ACCOUNT,
            policy=autoscaler_policy(args.scope, args.cluster_name),
            opts=pulumi.ResourceOptions(parent=self),
        )
        values = autoscaler_values(
            cluster_name=args.cluster_name,
            region=args.scope.region,
            kubernetes_version=args.kubernetes_version,
            annotations=role.annotations,
            mirrors=args.mirrors,
        )
        ready = pulumi.ResourceOptions(parent=self, depends_on=[*args.cluster_ready, *role.ready])
        release(name, CHART, namespace=_NAMESPACE, values=values, opts=ready)
        self.role_arn = role.arn
        self.register_outputs({"roleArn": self.role_arn})
