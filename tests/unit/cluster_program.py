"""A cluster for tests: its arguments, and what the remote components inside it answer."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

import pulumi
import pulumi_aws as aws

from components.cluster.cluster import Cluster, ClusterArgs
from components.cluster.settings import AccessEntrySettings, ClusterSettings, NodeGroupSettings, Taint
from tests.unit.environments import THRESHOLDS, environment
from tests.unit.harness import ACCOUNT, Child, Recording, record

CLUSTER = "production-eks-cluster"
TAGS = {"Environment": "production", "CostCenter": "Engineering"}
ISSUER = "oidc.eks.us-east-1.amazonaws.com/id/ABC"
PROVIDER_ARN = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"
ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")


def key_arn(domain: str) -> str:
    return f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{domain}"


def principal(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


GENERAL = NodeGroupSettings(instance_types=("m5.xlarge",), min_size=2, desired_size=3, max_size=10)
ML = NodeGroupSettings(
    instance_types=("c5.4xlarge",),
    min_size=0,
    desired_size=0,
    max_size=5,
    disk_size_gib=200,
    labels={"workload": "ml"},
    taints=(Taint(key="workload", value="ml", effect="NO_SCHEDULE"),),
)
TRADING = NodeGroupSettings(
    instance_types=("c5.2xlarge",),
    min_size=3,
    desired_size=3,
    max_size=10,
    taints=(Taint(key="workload", value="trading", effect="NO_SCHEDULE"),),
)


def cluster_settings(**changes: Any) -> ClusterSettings:
    settings: dict[str, Any] = {
        "version": "1.36",
        "allowed_cidrs": (IPv4Network("10.0.0.0/8"),),
        "access": AccessEntrySettings(admins=(principal("lead"),), ci=(principal("pipeline"),)),
        **changes,
    }
    return ClusterSettings(**settings)


def run_cluster(
    *, deletion_protection: bool = True, node_groups: dict[str, NodeGroupSettings] | None = None, **changes: Any
) -> Recording:
    """Record a cluster on a subnet and a route that stand for the network."""

    def program() -> None:
        route = aws.ec2.Route("nat-route", route_table_id="rtb-1")
        Cluster(
            "cluster",
            ClusterArgs(
                environment=environment(
                    logs_key_arn=key_arn("logs"),
                    boundary_arn="arn:aws:iam::123456789012:policy/production-access-boundary",
                    tags=TAGS,
                    deletion_protection=deletion_protection,
                    alarm_topic_arn="arn:aws:sns:us-east-1:123456789012:alarms",
                    thresholds=THRESHOLDS,
                ),
                settings=cluster_settings(**changes),
                node_groups=node_groups or {"general": GENERAL, "ml": ML, "trading": TRADING},
                vpc_id="vpc-1",
                vpc_cidr="10.0.0.0/16",
                private_subnet_ids={zone: f"subnet-{zone}" for zone in ZONES},
                alb_security_group_id="sg-alb",
                secrets_key_arn=pulumi.Output.from_input(key_arn("eks")),
                ebs_key_arn=key_arn("ebs"),
                node_prerequisites=[route],
                admin_role_arn=principal("platform-admin"),
                deploy_role_arn=principal("platform-deploy"),
                preview_role_arn=principal("platform-preview"),
                container_log_retention_days=30,
            ),
        )

    return record(
        program,
        outputs={
            "eks:index:Cluster": _control_plane,
            "eks:index:ManagedNodeGroup": _node_group,
            "aws:ec2/launchTemplate:LaunchTemplate": lambda _name, _inputs: {"latestVersion": 7},
        },
    )


def _control_plane(name: str, inputs: dict[str, Any]) -> dict[str, Any]:
    state = {"name": inputs["name"], "endpoint": "https://ABC.gr7.us-east-1.eks.amazonaws.com"}
    return {
        "eksCluster": Child(type="aws:eks/cluster:Cluster", name=f"{name}-eksCluster", state=state),
        "oidcProviderArn": PROVIDER_ARN,
        "oidcIssuer": ISSUER,
        "kubeconfigJson": "{}",
    }


def _node_group(name: str, _inputs: dict[str, Any]) -> dict[str, Any]:
    state = {"resources": [{"autoscalingGroups": [{"name": f"eks-{name}-asg"}]}]}
    return {"nodeGroup": Child(type="aws:eks/nodeGroup:NodeGroup", name=name, state=state)}
