"""The configuration of a stack as a whole: every key of a stack file, and the section that it leads to."""

from __future__ import annotations

from dataclasses import field
from ipaddress import IPv4Network
from typing import Annotated

from pydantic import AfterValidator, ConfigDict
from pydantic.alias_generators import to_camel
from pydantic.dataclasses import dataclass
from pydantic.fields import FieldInfo

from components.access import AccessSettings
from components.address import AddressSettings
from components.audit import AccountSettings
from components.buckets import BucketSettings
from components.cluster import ClusterSettings, NodeGroupSettings
from components.common.scope import Scope
from components.common.settings import AccountId, Label, Region, Rule, TagValue
from components.kms import KmsSettings
from components.metrics import MetricsSettings
from components.network import NetworkSettings
from components.observability import ObservabilitySettings
from components.postgres import PostgresSettings
from components.recovery import RecoverySettings
from components.redis import RedisSettings
from components.registry import RegistrySettings, RepositorySettings
from components.workloads import WorkloadsSettings
from config.schema import describe

RecoveryDays = Annotated[
    int, AfterValidator(Rule("0 (deleted at once) or 7 to 30", lambda days: days == 0 or 7 <= days <= 30))
]


@dataclass(frozen=True, kw_only=True, config=ConfigDict(strict=True))
class StackConfig:
    """Everything that shapes a stack. `stack` and `project` come from the engine, the rest from the stack file."""

    stack: str
    """Name of the stack: the environment, and the beginning of all physical names."""
    project: str
    """Name of the project."""
    region: Region
    """AWS region of everything but the copies for recovery."""
    account_id: AccountId
    """The 12 digits of the AWS account, in quotes. A deployment to any other account is refused."""
    owner: TagValue
    """Tag Owner of every resource."""
    cost_center: TagValue
    """Tag CostCenter of every resource."""
    deletion_protection: bool
    """Whether data and what holds it refuse deletion: `protect`, deletion protection, final snapshots."""
    pilot_light: bool = False
    """Deploy only what a takeover cannot make on the day, by `.ci/pulumi`: nothing that costs by the hour but the
    cluster's control plane."""
    secret_recovery_days: RecoveryDays
    """Days in which a deleted secret can be restored. Its name stays taken for as long."""
    network: NetworkSettings
    """VPC, subnets by availability zone, and how traffic leaves them."""
    kms: KmsSettings = KmsSettings()
    """Customer keys: rotation and deletion."""
    cluster: ClusterSettings
    """EKS control plane."""
    node_groups: dict[Label, NodeGroupSettings]
    """Node groups by label; general, ml and trading are required."""
    workloads: WorkloadsSettings
    """What runs inside the cluster."""
    postgres: PostgresSettings
    """RDS for PostgreSQL."""
    redis: RedisSettings
    """ElastiCache for Redis in cluster mode."""
    buckets: dict[Label, BucketSettings]
    """Buckets by label; data, models, backups and compliance are required."""
    repositories: dict[Label, RepositorySettings] = field(default_factory=dict)
    """Repositories for container images by label. None by default."""
    registry: RegistrySettings = RegistrySettings()
    """The registry around the repositories."""
    address: AddressSettings | None = None
    """A domain, and what load balancers need to answer for it. None by default."""
    observability: ObservabilitySettings
    """Alarms and logs."""
    metrics: MetricsSettings | None = None
    """Metrics of Prometheus, and Grafana. None by default."""
    account: AccountSettings = AccountSettings()
    """Switches for what exists once per AWS account. Only one stack of an account turns each on."""
    access: AccessSettings
    """Who administers and who deploys."""
    recovery: RecoverySettings
    """Copies in a second region."""

    @property
    def scope(self) -> Scope:
        """Where the stack's resources live."""
        return Scope(prefix=self.stack, account_id=self.account_id, region=self.region)

    @property
    def has_registry(self) -> bool:
        """Whether the stack has repositories of its own, or asks something of the registry."""
        return bool(self.repositories) or self.registry != RegistrySettings()

    @property
    def client_cidrs(self) -> list[IPv4Network]:
        """Networks of the clients of both data stores, each once."""
        clients = (*self.postgres.clients.values(), *self.redis.clients.values())
        return list(dict.fromkeys(client.cidr for client in clients if client.cidr))

    @property
    def tags(self) -> dict[str, str]:
        """Tags of every resource (guide: Cost Allocation Tags)."""
        return {
            "Environment": self.stack,
            "Owner": self.owner,
            "CostCenter": self.cost_center,
            "Project": self.project,
            "ManagedBy": "Pulumi",
        }


_FROM_ENGINE = ("stack", "project")
_FIELDS: dict[str, FieldInfo] = vars(StackConfig)["__pydantic_fields__"]
# The top-level keys of a stack file.
KEYS = {to_camel(name): info for name, info in _FIELDS.items() if name not in _FROM_ENGINE}


def documented_keys() -> dict[str, FieldInfo]:
    """The same keys with the texts below them as descriptions, for which the source is read."""
    describe(StackConfig, _FIELDS)
    return KEYS
