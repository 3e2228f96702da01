"""The component as tests record it, and what they read from it."""

from __future__ import annotations

from functools import cache
from typing import Any, get_args

import pulumi_aws as aws

from components.address import AddressSettings
from components.common.iam import IdentityMode, WorkloadIdentity
from components.common.scope import Scope
from components.workloads.ingress import IngressArgs
from components.workloads.network_policies import Surroundings
from components.workloads.service_accounts import DataStores
from components.workloads.settings import ApplicationNamespace, QuotaSettings, ServiceAccountSettings, WorkloadsSettings
from components.workloads.workloads import Workloads, WorkloadsArgs
from tests.unit.environments import environment
from tests.unit.harness import Recording, record

SCOPE = Scope(prefix="production", account_id="123456789012", region="us-east-1")
CLUSTER = "production-eks-cluster"
DOMAIN = "trading.example.com"
QUOTA = QuotaSettings(cpu_cores=8, memory_gib=16, storage_gib=100, pods=50)
SURROUNDINGS = Surroundings(
    public_cidrs=["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"],
    private_cidrs=["10.0.32.0/19", "10.0.64.0/19", "10.0.96.0/19"],
    database_cidrs=["10.0.10.0/24", "10.0.11.0/24", "10.0.12.0/24"],
    control_plane_ports=[443, 10250],
)
DATA = DataStores(
    bucket_arns={label: f"arn:aws:s3:::production-{label}" for label in ("data", "models", "compliance")},
    bucket_key_arn="arn:aws:kms:us-east-1:123456789012:key/s3",
    secret_arns={
        "postgres": "arn:aws:secretsmanager:us-east-1:123456789012:secret:production/postgres-1",
        "redis": "arn:aws:secretsmanager:us-east-1:123456789012:secret:production/redis-1",
    },
    secrets_key_arn="arn:aws:kms:us-east-1:123456789012:key/secrets",
    database_resource_ids=["db-PRIMARY", "db-READ"],
)
ACCOUNTS = {
    "orders": ServiceAccountSettings(
        namespace="trading", reads=("data",), writes=("compliance",), database_user="orders", secrets=("redis",)
    ),
    "training": ServiceAccountSettings(namespace="ml", reads=("data", "compliance"), writes=("models",)),
}


def identity(mode: IdentityMode) -> WorkloadIdentity:
    issuer = "oidc.eks.us-east-1.amazonaws.com/id/ABC"
    return WorkloadIdentity(
        mode=mode,
        provider_arn=f"arn:aws:iam::123456789012:oidc-provider/{issuer}",
        issuer=issuer,
        cluster_name=CLUSTER,
        cluster_arn=f"arn:aws:eks:us-east-1:123456789012:cluster/{CLUSTER}",
        account_id="123456789012",
    )


def args(**changes: Any) -> WorkloadsArgs:
    """Arguments of production, with a stand-in for what nodes and add-ons make ready."""
    defaults: dict[str, Any] = {
        "environment": environment(),
        "settings": WorkloadsSettings(
            quotas=dict.fromkeys(get_args(ApplicationNamespace), QUOTA), service_accounts=ACCOUNTS
        ),
        "cluster_name": CLUSTER,
        "kubernetes_version": "1.36",
        "identity": identity("IRSA"),
        "vpc_id": "vpc-0123456789abcdef0",
        "surroundings": SURROUNDINGS,
        "cluster_ready": (),
        "backup_bucket_name": "production-backups-123456789012-us-east-1",
        "backup_bucket_arn": "arn:aws:s3:::production-backups-123456789012-us-east-1",
        "s3_key_arn": "arn:aws:kms:us-east-1:123456789012:key/s3",
        "ebs_key_arn": "arn:aws:kms:us-east-1:123456789012:key/ebs",
        "data": DATA,
    }
    return WorkloadsArgs(**{**defaults, **changes})


def ingress(**settings: Any) -> IngressArgs:
    """What stands behind the classes of a domain."""
    parsed = AddressSettings.model_validate({"domain": DOMAIN, **settings})
    return IngressArgs(
        domain=DOMAIN,
        zone_id="Z1",
        certificate_arn="certificate",
        web_acl_arn="acl",
        log_bucket_name="logs",
        classes=parsed.classes,
        keep_controller_class=parsed.keep_controller_class,
        dns=parsed.dns,
    )


@cache
def recorded(*, domain: bool = False) -> Recording:
    """The component of production, with a domain on top where that is asked for, recorded once."""

    def program() -> None:
        nodes = aws.eks.NodeGroup(
            "general",
            cluster_name=CLUSTER,
            node_role_arn="arn:aws:iam::123456789012:role/nodes",
            subnet_ids=["subnet-1"],
            scaling_config=aws.eks.NodeGroupScalingConfigArgs(desired_size=1, max_size=1, min_size=1),
        )
        Workloads("workloads", args(cluster_ready=[nodes], ingress=ingress() if domain else None))

    return record(program)
