"""What is deployed, as far as the permissions to deploy depend on it.

Resources are named wherever AWS has names for them: everything that the platform names, or that Pulumi names for it,
starts with `<prefix>-`. EC2 and KMS give random ids, so there tags decide, and keys' aliases.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from components.address import METRICS_REGION
from components.audit import AccountSettings
from components.common.iam import Statement
from components.common.scope import Scope

Condition = Mapping[str, Mapping[str, str | Sequence[str]]]


def log_group_names(prefix: str) -> list[str]:
    """Patterns of an environment's log groups: those that AWS writes, those of applications, those of its firewall."""
    return [f"/aws/*/{prefix}-*", f"/*/{prefix}/*", f"aws-waf-logs-{prefix}-*"]


@dataclass(frozen=True, kw_only=True)
class StateBackend:
    """Where Pulumi keeps the stack's state, and the key of its secrets."""

    bucket: str
    """Physical name."""
    key_alias: str
    """With `alias/`."""
    project: str
    """Name of the Pulumi project, the folder of its stacks in the bucket."""


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """One environment, as the permissions to deploy it see it."""

    scope: Scope
    recovery_region: str
    """Where copies and the standby are."""
    account: AccountSettings
    """Singletons of the account that this environment owns."""
    deletion_protection: bool
    """On: objects and recovery points cannot be deleted by those who deploy."""
    existing_network: Sequence[str] = ()
    """Kinds and ids, such as `vpc/vpc-0123`, of a network that somebody else made and this environment uses."""
    shapes_registry: bool = False
    """The environment has a cache or copies of images, or says how the registry scans."""
    registry_secrets: Sequence[str] = ()
    """ARNs of the secrets with which the cache signs in to other registries."""
    tests_restores: bool = False
    """The environment has a plan of restores for a test."""
    restore_validator: str | None = None
    """ARN of the function that validates them."""
    has_metrics: bool = False
    """The environment has workspaces of Prometheus, and maybe of Grafana."""
    state: StateBackend | None = None
    """None leaves out the permissions on the state."""
    domain: str | None = None
    """Where the platform answers. None leaves out the permissions on certificates, firewalls and records."""

    def arns(self, service: str, *resources: str) -> list[str]:
        """ARNs of these resources in the stack's region, in the recovery region and where health checks are told of."""
        checked = [METRICS_REGION] if self.domain and self.scope.partition == "aws" else []
        regions = dict.fromkeys((self.scope.region, self.recovery_region, *checked))
        scopes = [self.scope.in_region(region) for region in regions]
        return [scope.arn(service, resource) for resource in resources for scope in scopes]

    @property
    def log_groups(self) -> list[str]:
        """ARNs of the environment's log groups."""
        return self.arns("logs", *(f"log-group:{name}" for name in log_group_names(self.scope.prefix)))

    @property
    def recovery_points(self) -> list[str]:
        """ARNs of the copies that AWS Backup keeps: of databases, of volumes, and of what it stores by itself."""
        scopes = (self.scope, self.scope.in_region(self.recovery_region))
        return [
            *self.arns("backup", "recovery-point:*"),
            *self.arns("rds", "snapshot:awsbackup:*"),
            *(f"arn:{scope.partition}:ec2:{scope.region}::snapshot/*" for scope in scopes),
        ]

    @property
    def own(self) -> str:
        """What the name of each of the environment's resources looks like."""
        return f"{self.scope.prefix}-*"

    @property
    def ours(self) -> Condition:
        """The condition that a resource carries the environment's tag."""
        return {"StringEquals": {"aws:ResourceTag/Environment": self.scope.prefix}}

    @property
    def being_made(self) -> Condition:
        """The condition that a resource gets the environment's tag in this request. It also holds for old ones."""
        return {"StringEquals": {"aws:RequestTag/Environment": self.scope.prefix}}

    @property
    def not_of_others(self) -> Condition:
        """The condition that a resource carries no other environment's tag. One that is being made has none yet."""
        return {"StringEqualsIfExists": {"aws:ResourceTag/Environment": self.scope.prefix}}


def allow(
    sid: str, action: Sequence[str], resource: str | Sequence[str], condition: Condition | None = None
) -> Statement:
    """A statement that allows these actions."""
    statement: Statement = {"Sid": sid, "Effect": "Allow", "Action": action, "Resource": resource}
    if condition:
        statement["Condition"] = condition
    return statement


def actions(service: str, *names: str) -> list[str]:
    """Actions of one service."""
    return [f"{service}:{name}" for name in names]
