"""The settings that shape a stack: one model per section of the stack file, with the rules inside a section.

Models only: nothing here reads configuration or touches Pulumi, so that `config.py` can parse into these types and
components can take them as arguments. Keys are camelCase in stack files and snake_case in Python. The texts below the
fields are the configuration reference: they end up in docs/configuration.md and in the errors for missing keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from ipaddress import IPv4Network
from typing import Annotated, Literal, Self, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from components.setting_types import (
    DISTINCT,
    LIST,
    AvailabilityZone,
    Cidr,
    DailyWindow,
    Email,
    InsightsRetention,
    Label,
    LambdaArn,
    LogRetention,
    PrincipalArn,
    Problem,
    Region,
    Rule,
    WeeklyWindow,
    one_of,
    text,
    window_problems,
)


class Section(BaseModel):
    """Base of all sections: immutable, unknown keys refused, rules that span several fields reported together."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        use_attribute_docstrings=True,
    )

    def problems(self) -> Iterator[Problem]:
        """Yield the broken rules that span several fields."""
        yield from ()

    @model_validator(mode="after")
    def _report_problems(self) -> Self:
        if found := list(self.problems()):
            raise PydanticCustomError("rules", "broken rules", {"problems": found})
        return self


class NatGateways(StrEnum):
    """How private subnets reach the internet."""

    PER_AZ = "perAz"
    SINGLE = "single"


class SubnetCidrs(Section):
    """The three subnets of one availability zone."""

    public: Cidr
    """Load balancers and NAT gateways."""
    private: Cidr
    """Nodes and pods. Pods take addresses of the VPC, so this one is large."""
    database: Cidr
    """PostgreSQL and Redis; no route to the internet."""


# VPC ranges: RFC 1918. Services of EKS clusters take 172.20.0.0/16 wherever the VPC is in 10.0.0.0/8.
_VPC_RANGES = (IPv4Network("10.0.0.0/8"), IPv4Network("172.16.0.0/12"), IPv4Network("192.168.0.0/16"))
_SERVICE_CIDR = IPv4Network("172.20.0.0/16")

InterfaceEndpoint = Literal[
    "autoscaling",
    "ec2",
    "ec2messages",
    "ecr.api",
    "ecr.dkr",
    "eks",
    "eks-auth",
    "elasticloadbalancing",
    "kms",
    "logs",
    "monitoring",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
    "ssmmessages",
    "sts",
]


class NetworkSettings(Section):
    """VPC, subnets by availability zone, and how traffic leaves them (guide: VPC and Networking)."""

    vpc_cidr: Cidr
    """Addresses of the VPC, /16 to /24 of a private range, apart from those of the other stacks."""
    subnets: dict[AvailabilityZone, SubnetCidrs]
    """The subnets of exactly three availability zones of the region, by zone."""
    nat_gateways: NatGateways = Field(default=NatGateways.PER_AZ, strict=False)
    """One NAT gateway per zone, or a single one that all zones share and depend on."""
    flow_log_retention_days: LogRetention = 365
    """How long CloudWatch keeps the VPC's flow logs."""
    interface_endpoints: Annotated[tuple[InterfaceEndpoint, ...], LIST, DISTINCT] = (
        "ecr.api",
        "ecr.dkr",
        "sts",
        "ec2",
        "logs",
        "secretsmanager",
        "kms",
        "ssm",
    )
    """AWS services that are reached without leaving the VPC. S3 always is."""

    def problems(self) -> Iterator[Problem]:
        """Three zones; a VPC that EKS accepts; subnets inside it, apart from each other, of sizes that AWS accepts."""
        if len(self.subnets) != 3:
            yield Problem(("subnets",), f"names {len(self.subnets)} availability zones; exactly 3 are allowed")
        if self.vpc_cidr.overlaps(_SERVICE_CIDR):
            yield Problem(("vpcCidr",), f"{self.vpc_cidr} overlaps {_SERVICE_CIDR}, which services of the cluster use")
        yield from _vpc_problems(self.vpc_cidr, dict(self._subnet_cidrs()))

    def _subnet_cidrs(self) -> Iterator[tuple[tuple[str, ...], IPv4Network]]:
        for zone, cidrs in self.subnets.items():
            yield ("subnets", zone, "public"), cidrs.public
            yield ("subnets", zone, "private"), cidrs.private
            yield ("subnets", zone, "database"), cidrs.database


def _vpc_problems(vpc: IPv4Network, subnets: Mapping[tuple[str, ...], IPv4Network]) -> Iterator[Problem]:
    """What is wrong with a VPC and with its subnets by key."""
    if not 16 <= vpc.prefixlen <= 24:
        yield Problem(("vpcCidr",), f"{vpc} must have a prefix length between /16 and /24")
    elif not any(vpc.subnet_of(private) for private in _VPC_RANGES):
        yield Problem(("vpcCidr",), f"{vpc} must be part of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16")
    seen: list[tuple[str, IPv4Network]] = []
    for key, cidr in subnets.items():
        if not cidr.subnet_of(vpc):
            yield Problem(key, f"{cidr} is outside of vpcCidr ({vpc})")
        if cidr.prefixlen > 28:
            yield Problem(key, f"{cidr} is too small; AWS allows subnets from /16 to /28")
        for other, taken in seen:
            if cidr.overlaps(taken):
                yield Problem(key, f"{cidr} overlaps {other} ({taken}); subnets must be apart")
        seen.append((".".join(key), cidr))


class KmsSettings(Section):
    """Customer keys: rotation and deletion (guide: Encryption)."""

    rotation_period_days: Annotated[int, Field(ge=90, le=2560)] = 365
    """Days between two rotations of a key's material."""
    deletion_window_days: Annotated[int, Field(ge=7, le=30)] = 30
    """Days in which a deleted key can still be saved."""


_PRINCIPALS = Annotated[tuple[PrincipalArn, ...], LIST, DISTINCT]


class AccessEntrySettings(Section):
    """IAM principals that may use the cluster, by Kubernetes role.

    The platform's own roles (`<stack>-admin`, `<stack>-deploy`, and the one for previews) have their entries, and so
    has the administrator who made the cluster, as its creator: never list those. The principals must exist, or EKS
    refuses the entry.
    """

    admins: _PRINCIPALS = ()
    """Administrators of the cluster."""
    developers: _PRINCIPALS = ()
    """May change workloads in the application namespaces. By these they reach all secrets and AWS roles there."""
    read_only: _PRINCIPALS = ()
    """May look at everything but secrets."""
    ci: _PRINCIPALS = ()
    """Pipelines that deploy applications. They reach what developers reach, and secrets without a detour."""

    def problems(self) -> Iterator[Problem]:
        """One entry for each principal: EKS allows no second one."""
        roles = {"admins": self.admins, "developers": self.developers, "readOnly": self.read_only, "ci": self.ci}
        owners: dict[str, str] = {}
        for role, principals in roles.items():
            for principal in principals:
                if principal in owners:
                    yield Problem((role,), f"{principal} is in {owners[principal]} already; EKS allows one entry each")
                owners.setdefault(principal, role)


KubernetesVersion = Annotated[str, text('a minor version in quotes, such as "1.36"', r"1\.\d{2}")]
AddonVersion = Annotated[str, text("an add-on version, such as v1.20.1-eksbuild.1", r"v\d+\.\d+\.\d+-eksbuild\.\d+")]
AddonName = Literal[
    "vpc-cni",
    "kube-proxy",
    "coredns",
    "eks-pod-identity-agent",
    "aws-ebs-csi-driver",
    "metrics-server",
    "amazon-cloudwatch-observability",
]

# Networks that belong to organisations: RFC 1918 and the shared range that VPCs use for secondary CIDRs.
_PRIVATE_NETWORKS = (*_VPC_RANGES, IPv4Network("100.64.0.0/10"))
# What is neither private nor reachable: this host, loopback, link-local, IETF, documentation, benchmarks, multicast.
_RESERVED_NETWORKS = tuple(
    IPv4Network(cidr)
    for cidr in (
        "0.0.0.0/8",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
    )
)
# The private subnets' network ACL has 20 rules in a direction, and needs some of them itself.
_PRIVATE_CIDRS_MAX = 15
_PUBLIC_CIDRS_MAX = 40


def _is_private(cidr: IPv4Network) -> bool:
    return any(cidr.subnet_of(private) for private in _PRIVATE_NETWORKS)


class ClusterSettings(Section):
    """EKS control plane (guide: EKS Cluster)."""

    version: KubernetesVersion
    """Kubernetes minor version. EKS upgrades one minor at a time and never goes back."""
    allowed_cidrs: Annotated[tuple[Cidr, ...], LIST, DISTINCT]
    """Who may reach the API: private CIDRs reach the private endpoint, public ones open the public endpoint."""
    support_type: Literal["STANDARD", "EXTENDED"] = "STANDARD"
    """What happens when standard support ends: an automatic upgrade, or extended support, which is billed."""
    log_retention_days: LogRetention = 365
    """How long CloudWatch keeps the control plane's logs."""
    addon_versions: dict[AddonName, AddonVersion] = {}
    """Pinned add-on versions. An add-on without a pin gets the default that EKS has for the cluster's version."""
    access: AccessEntrySettings = AccessEntrySettings()
    """Who may use the cluster."""

    @property
    def private_cidrs(self) -> tuple[IPv4Network, ...]:
        """Allowed CIDRs that become rules on the private endpoint's security group."""
        return tuple(cidr for cidr in self.allowed_cidrs if _is_private(cidr))

    @property
    def public_cidrs(self) -> tuple[IPv4Network, ...]:
        """Allowed CIDRs that become `public_access_cidrs`; none means a private endpoint only."""
        return tuple(cidr for cidr in self.allowed_cidrs if not _is_private(cidr))

    def problems(self) -> Iterator[Problem]:
        """No CIDR that EKS refuses on the public endpoint, never the whole internet, and no more than AWS takes."""
        for index, cidr in enumerate(self.allowed_cidrs):
            key = ("allowedCidrs", str(index))
            if cidr.prefixlen == 0:
                yield Problem(key, f"{cidr} opens the API to the whole internet; list the networks that need it")
            elif not _is_private(cidr) and any(cidr.overlaps(net) for net in _RESERVED_NETWORKS + _PRIVATE_NETWORKS):
                yield Problem(key, f"{cidr} is reserved, or mixes private and public addresses; EKS allows neither")
        limits = (("private", self.private_cidrs, _PRIVATE_CIDRS_MAX), ("public", self.public_cidrs, _PUBLIC_CIDRS_MAX))
        for kind, cidrs, most in limits:
            if len(cidrs) > most:
                yield Problem(("allowedCidrs",), f"has {len(cidrs)} {kind} networks; at most {most} are allowed")


_NAME_PART = r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?"
LabelKey = Annotated[
    str, text("a Kubernetes label key, such as workload", rf"([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?{_NAME_PART}", 63)
]
LabelValue = Annotated[
    str, text("a Kubernetes label value: up to 63 letters, digits and inner . _ -", rf"({_NAME_PART})?", 63)
]


class Taint(Section):
    """A taint of every node in a group."""

    key: LabelKey
    """Key that a pod's toleration names."""
    value: LabelValue
    """Value that a pod's toleration names."""
    effect: Literal["NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE"]
    """What happens to pods that do not tolerate the taint."""


_SIZE = r"(nano|micro|small|medium|large|\d*xlarge|metal(-\d+xl)?)"
InstanceType = Annotated[str, text("an EC2 instance type, such as m5.xlarge", rf"[a-z][a-z0-9-]*\d[a-z0-9-]*\.{_SIZE}")]
# Graviton families carry a g behind the generation (m7g, c6gd, im4gn); the first one was a1.
_ARM_TYPE = re.compile(r"(a1|[a-z]+\d+[a-z]*g[a-z]*)\.")
# The kubelet refuses labels in these domains, and EKS sets its own.
_RESERVED_LABEL_DOMAINS = ("kubernetes.io", "k8s.io", "eks.amazonaws.com")


def _is_reserved_label(key: str) -> bool:
    domain = key.partition("/")[0] if "/" in key else ""
    return any(domain == reserved or domain.endswith(f".{reserved}") for reserved in _RESERVED_LABEL_DOMAINS)


class NodeGroupSettings(Section):
    """One managed node group. Sizes are numbers of nodes; the autoscaler moves the desired size after creation."""

    instance_types: Annotated[tuple[InstanceType, ...], LIST, DISTINCT, Field(min_length=1, max_length=20)]
    """EC2 types of one processor architecture, in order of preference."""
    capacity_type: Literal["ON_DEMAND", "SPOT"] = "ON_DEMAND"
    """Spot nodes are cheap and can vanish within two minutes; they need at least 3 instance types."""
    min_size: Annotated[int, Field(ge=0, le=450)]
    """The autoscaler never goes below."""
    desired_size: Annotated[int, Field(ge=0, le=450)]
    """Nodes at creation."""
    max_size: Annotated[int, Field(ge=1, le=450)]
    """The autoscaler never goes above."""
    disk_size_gib: Annotated[int, Field(ge=20, le=16384)] = 100
    """Root volume of each node, gp3 and encrypted."""
    labels: dict[LabelKey, LabelValue] = {}
    """Kubernetes labels of the nodes."""
    taints: Annotated[tuple[Taint, ...], LIST, Field(max_length=50)] = ()
    """Taints that keep other pods away."""

    @property
    def runs_on_arm(self) -> bool:
        """Whether the nodes need images for Arm processors."""
        return any(_ARM_TYPE.match(kind) for kind in self.instance_types)

    @property
    def takes_any_pod(self) -> bool:
        """Whether pods without tolerations find a node in the group from the start."""
        return self.desired_size > 0 and all(taint.effect == "PREFER_NO_SCHEDULE" for taint in self.taints)

    def problems(self) -> Iterator[Problem]:
        """Sizes in order; spot capacity has a choice of types; one architecture; labels and taints that EKS accepts."""
        yield from self._size_problems()
        if self.capacity_type == "SPOT" and len(self.instance_types) < 3:
            yield Problem(
                ("instanceTypes",), f"has {len(self.instance_types)} types; SPOT needs at least 3 to find capacity"
            )
        arm = [kind for kind in self.instance_types if _ARM_TYPE.match(kind)]
        if arm and len(arm) < len(self.instance_types):
            other = next(kind for kind in self.instance_types if kind not in arm)
            yield Problem(("instanceTypes",), f"mixes arm64 ({arm[0]}) and x86_64 ({other}); a group has one image")
        for label in filter(_is_reserved_label, self.labels):
            yield Problem(("labels", label), "is in a domain that Kubernetes or EKS keeps for itself")
        seen: set[tuple[str, str]] = set()
        for index, taint in enumerate(self.taints):
            if (taint.key, taint.effect) in seen:
                yield Problem(("taints", str(index)), f"repeats {taint.key} with {taint.effect}; one is allowed")
            seen.add((taint.key, taint.effect))

    def _size_problems(self) -> Iterator[Problem]:
        if self.min_size > self.max_size:
            yield Problem(("minSize",), f"{self.min_size} is more than maxSize ({self.max_size})")
        elif not self.min_size <= self.desired_size <= self.max_size:
            yield Problem(
                ("desiredSize",),
                f"{self.desired_size} is not between minSize ({self.min_size}) and maxSize ({self.max_size})",
            )


class QuotaSettings(Section):
    """What all pods of one namespace may request together; their limits may add up to twice as much."""

    cpu_cores: Annotated[int, Field(ge=1, le=100_000)]
    """Processor cores."""
    memory_gib: Annotated[int, Field(ge=1, le=1_000_000)]
    """Memory."""
    storage_gib: Annotated[int, Field(ge=0, le=1_000_000)]
    """Persistent volumes."""
    pods: Annotated[int, Field(ge=1, le=100_000)]
    """Number of pods."""


# The namespaces of the applications (guide: Deploy Kubernetes Components).
ApplicationNamespace = Literal["trading", "ml", "data", "monitoring"]


# The stores that have a secret with a connection document.
ConnectionSecret = Literal["postgres", "redis"]
# The policy of a role has 10,240 characters, and each bucket takes some of them.
_BUCKET_LABELS = Annotated[tuple[Label, ...], LIST, DISTINCT, Field(max_length=10)]


class ServiceAccountSettings(Section):
    """What the pods of one service account may do in AWS, by a role of its own. Everything else is closed to them."""

    namespace: ApplicationNamespace
    """Namespace of the service account."""
    reads: _BUCKET_LABELS = ()
    """Buckets, by label, whose objects they list and read; at most 10."""
    writes: _BUCKET_LABELS = ()
    """Buckets, by label, whose objects they list, read and write, never delete; at most 10."""
    database_user: (
        Annotated[
            str, text("up to 63 lowercase letters, digits and underscores, a letter first", r"[a-z][a-z0-9_]{0,62}")
        ]
        | None
    ) = None
    """Database user that they connect as without a password, once the database has granted it `rds_iam`."""
    secrets: Annotated[tuple[ConnectionSecret, ...], LIST, DISTINCT] = ()
    """Connection documents that they read. That of postgres holds the master user's password."""

    def problems(self) -> Iterator[Problem]:
        """Each bucket once; a role for something."""
        for index, label in enumerate(self.reads):
            if label in self.writes:
                yield Problem(("reads", str(index)), f"{label} is among writes already, which include reading")
        if not (self.reads or self.writes or self.database_user or self.secrets):
            yield Problem((), "grants nothing; name reads, writes, databaseUser or secrets")


class WorkloadsSettings(Section):
    """What runs inside the cluster (guide: Deploy Kubernetes Components)."""

    quotas: dict[ApplicationNamespace, QuotaSettings]
    """What the pods of each application namespace may request together."""
    service_accounts: dict[Label, ServiceAccountSettings] = {}
    """Service accounts of applications that need something in AWS, by name. None by default."""

    def problems(self) -> Iterator[Problem]:
        """A quota for every namespace of the applications; service accounts that the cluster does not make itself."""
        for namespace in get_args(ApplicationNamespace):
            if namespace not in self.quotas:
                yield Problem(("quotas", namespace), "is missing; every application namespace needs a quota")
        if "default" in self.service_accounts:
            yield Problem(
                ("serviceAccounts", "default"), "is the account of every pod that names none; choose another name"
            )


DatabaseClass = Annotated[
    str, text("an RDS instance class, such as db.r6g.2xlarge", rf"db\.[a-z][a-z0-9-]*\d[a-z0-9-]*\.{_SIZE}")
]
# RDS offers no encryption at rest, no Performance Insights or no current PostgreSQL on these.
_POOR_DATABASE_CLASS = re.compile(r"db\.(t1|t2|m1|m2|m3|m4|r3|r4)\.|db\.t4g\.(micro|small)$|db\.t3\.(micro|small)$")


def _database_class_problems(path: tuple[str, ...], instance_class: str) -> Iterator[Problem]:
    if _POOR_DATABASE_CLASS.match(instance_class):
        yield Problem(
            (*path, "instanceClass"),
            f"{instance_class} has no Performance Insights or encryption; db.t4g.medium is the smallest that has",
        )


class ReplicaSettings(Section):
    """A read replica of the database."""

    instance_class: DatabaseClass
    """Size of the replica. One that takes over in an emergency is as large as the primary."""

    def problems(self) -> Iterator[Problem]:
        """A class that has what the platform switches on."""
        yield from _database_class_problems((), self.instance_class)


class RestoreSettings(Section):
    """Create the database from a snapshot, or from another instance at a point in time."""

    snapshot_identifier: str | None = None
    """Snapshot to start from."""
    source_instance: str | None = None
    """Instance to copy."""
    restore_time: (
        Annotated[
            str, text("a time such as 2026-01-31T12:00:00Z", r"\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ")
        ]
        | None
    ) = None
    """Moment of the source instance to copy, UTC. Without it, the latest."""

    def problems(self) -> Iterator[Problem]:
        """One source, not two."""
        if bool(self.snapshot_identifier) == bool(self.source_instance):
            yield Problem((), "needs either snapshotIdentifier or sourceInstance")
        if self.restore_time and not self.source_instance:
            yield Problem(("restoreTime",), f"{self.restore_time} needs sourceInstance")


class RotationSettings(Section):
    """Rotation of the database secret by a Lambda function that the database team owns."""

    lambda_arn: LambdaArn
    """Function that Secrets Manager calls."""
    every_days: Annotated[int, Field(ge=1, le=1000)] = 30
    """Days between two rotations."""


# RDS keeps these names for itself, and PostgreSQL keeps pg_ for its own roles.
_RESERVED_USERNAMES = ("admin", "administrator", "root", "postgres", "rdsadmin", "rdstopmgr", "user")
_RESERVED_DATABASES = ("template0", "template1", "rdsadmin")


class PostgresSettings(Section):
    """RDS for PostgreSQL (guide: RDS PostgreSQL). Windows are UTC."""

    engine_version: Annotated[
        str, text('a PostgreSQL version in quotes, such as "15" or "15.19"', r"\d{2}(\.\d{1,2})?")
    ]
    """A major, whose minors RDS keeps current, or a pinned minor."""
    instance_class: DatabaseClass
    """Size of the primary."""
    multi_az: bool = True
    """Keep a synchronous standby in a second zone."""
    allocated_storage_gib: Annotated[int, Field(ge=20, le=65536)]
    """Storage at creation, gp3. From 400 GiB on RDS stripes it: 12,000 IOPS instead of 3,000."""
    max_allocated_storage_gib: Annotated[int, Field(ge=22, le=65536)]
    """Storage never grows beyond this by itself; at least 10 % more than allocated."""
    database_name: Annotated[
        str, text("up to 63 lowercase letters, digits and underscores, a letter first", r"[a-z][a-z0-9_]{0,62}")
    ] = "trading"
    """Database that the instance starts with."""
    username: Annotated[
        str, text("up to 16 lowercase letters, digits and underscores, a letter first", r"[a-z][a-z0-9_]{0,15}")
    ] = "trading_admin"
    """Master user."""
    backup_retention_days: Annotated[int, Field(ge=1, le=35)] = 30
    """How far back the database can be restored to any second. Replicas need at least 1."""
    backup_window: DailyWindow = "03:00-04:00"
    """When the daily snapshot is taken; at least 30 minutes."""
    maintenance_window: WeeklyWindow = "sun:05:00-sun:06:00"
    """When RDS may restart the instance; at least 30 minutes, apart from the backup window."""
    monitoring_interval_seconds: Annotated[int, one_of(1, 5, 10, 15, 30, 60)] = 60
    """Resolution of enhanced monitoring."""
    insights_retention_days: InsightsRetention = 7
    """How long Performance Insights keeps its data."""
    database_insights: Literal["standard", "advanced"] = "standard"
    """Advanced analyses whole fleets, is billed and keeps at least 465 days."""
    log_retention_days: LogRetention = 365
    """How long CloudWatch keeps the database's logs."""
    slow_query_milliseconds: Annotated[int, Field(ge=1, le=2147483647)] = 1000
    """Queries that take longer are logged."""
    replicas: dict[Label, ReplicaSettings]
    """Read replicas by label; at most 15."""
    rotation: RotationSettings | None = None
    """Rotation of the master password. None by default."""
    restore: RestoreSettings | None = None
    """Where the data comes from. An empty database by default."""

    def problems(self) -> Iterator[Problem]:
        """Windows apart, storage that can grow, classes with Insights, names that are free."""
        yield from window_problems("backupWindow", self.backup_window, self.maintenance_window, 30)
        yield from _database_class_problems((), self.instance_class)
        if self.max_allocated_storage_gib * 10 < self.allocated_storage_gib * 11:
            yield Problem(
                ("maxAllocatedStorageGib",),
                f"{self.max_allocated_storage_gib} must exceed allocatedStorageGib ({self.allocated_storage_gib})"
                " by 10 % or more",
            )
        if self.database_insights == "advanced" and self.insights_retention_days < 465:
            yield Problem(
                ("insightsRetentionDays",),
                f"{self.insights_retention_days} is too short; advanced insights need 465 days",
            )
        if self.username in _RESERVED_USERNAMES or self.username.startswith("pg_"):
            yield Problem(("username",), f"{self.username} is reserved; choose another name")
        if self.database_name in _RESERVED_DATABASES:
            yield Problem(("databaseName",), f"{self.database_name} is reserved; choose another name")
        if len(self.replicas) > 15:
            yield Problem(("replicas",), f"has {len(self.replicas)} replicas; RDS allows at most 15")


CacheType = Annotated[
    str, text("an ElastiCache node type, such as cache.r7g.2xlarge", rf"cache\.[a-z][a-z0-9-]*\d[a-z0-9-]*\.{_SIZE}")
]
# No encryption, no cluster mode or no snapshots on the oldest families; r6gd works with data tiering only.
_POOR_CACHE_TYPE = re.compile(r"cache\.(t1|m1|m2|m3|c1|r3|r6gd)\.")


class RedisSettings(Section):
    """ElastiCache for Redis in cluster mode (guide: ElastiCache Redis). Windows are UTC."""

    engine_version: Literal["6.2", "7.0", "7.1"]
    """Redis minor version in quotes; ElastiCache keeps patches current."""
    node_type: CacheType
    """Size of each node."""
    shards: Annotated[int, Field(ge=1, le=45)] = 1
    """Parts of the key space. More can be added while the cluster serves."""
    replicas_per_shard: Annotated[int, Field(ge=1, le=5)] = 2
    """Copies of each shard in other zones; failover needs at least 1."""
    snapshot_retention_days: Annotated[int, Field(ge=1, le=35)] = 7
    """How long daily snapshots are kept."""
    snapshot_window: DailyWindow = "03:00-04:00"
    """When the daily snapshot is taken; at least 60 minutes."""
    maintenance_window: WeeklyWindow = "sun:05:00-sun:06:00"
    """When ElastiCache may replace nodes; at least 60 minutes, apart from the snapshot window."""
    log_retention_days: LogRetention = 365
    """How long CloudWatch keeps slow and engine logs."""

    def problems(self) -> Iterator[Problem]:
        """Windows apart and long enough for ElastiCache; a node type that can do it all; no more nodes than allowed."""
        yield from window_problems("snapshotWindow", self.snapshot_window, self.maintenance_window, 60)
        if _POOR_CACHE_TYPE.match(self.node_type):
            yield Problem(
                ("nodeType",),
                f"{self.node_type} lacks encryption, cluster mode or snapshots; cache.t4g.micro has them all",
            )
        if (nodes := self.shards * (1 + self.replicas_per_shard)) > 90:
            yield Problem(("shards",), f"{self.shards} make {nodes} nodes with their replicas; 90 are allowed")


_Days = Annotated[int, Field(ge=1, le=36500)]
_TransitionDays = Annotated[int, Field(ge=30, le=36500)]


class LifecycleSettings(Section):
    """When objects move to cheaper classes, and when old versions go.

    Days since creation, or since a version was replaced.
    """

    standard_ia_days: _TransitionDays | None = None
    """Move to infrequent access."""
    glacier_ir_days: _TransitionDays | None = None
    """Move to the archive that answers at once."""
    deep_archive_days: _TransitionDays | None = None
    """Move to the archive that answers within hours."""
    noncurrent_expiration_days: _Days | None = None
    """Delete replaced versions."""
    expiration_days: _Days | None = None
    """Delete objects."""

    def problems(self) -> Iterator[Problem]:
        """Each step later than the one before it; a class is kept for its billing minimum."""
        steps = (
            ("standardIaDays", self.standard_ia_days, 30),
            ("glacierIrDays", self.glacier_ir_days, 90),
            ("deepArchiveDays", self.deep_archive_days, 180),
            ("expirationDays", self.expiration_days, 0),
        )
        earlier: tuple[str, int, int] | None = None
        for key, days, minimum in steps:
            if days is None:
                continue
            if earlier and days < earlier[1] + earlier[2]:
                yield Problem((key,), f"{days} must be at least {earlier[2]} days after {earlier[0]} ({earlier[1]})")
            earlier = (key, days, minimum)


class ObjectLockSettings(Section):
    """Write-once protection by default for each new object version."""

    mode: Literal["COMPLIANCE", "GOVERNANCE"]
    """Compliance: nobody can delete a version early, not even the account's root. Governance: a permission can."""
    retention_days: _Days
    """Days that each version is protected."""


class BucketSettings(Section):
    """One bucket."""

    lifecycle: LifecycleSettings = LifecycleSettings()
    """When objects move and go. Never by default."""
    object_lock: ObjectLockSettings | None = None
    """Can be chosen when the bucket is created, never later."""
    replicate: bool = False
    """Copy every version to the recovery region within 15 minutes."""

    def problems(self) -> Iterator[Problem]:
        """A locked bucket expires nothing."""
        if self.object_lock is None:
            return
        expiries = {
            "expirationDays": self.lifecycle.expiration_days,
            "noncurrentExpirationDays": self.lifecycle.noncurrent_expiration_days,
        }
        for key, days in expiries.items():
            if days is not None:
                yield Problem(("lifecycle", key), f"{days} is not allowed in a bucket with objectLock")


# What CloudWatch knows as a unit.
_BYTES = ("Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes")
_BITS = ("Bits", "Kilobits", "Megabits", "Gigabits", "Terabits")
METRIC_UNITS: tuple[str, ...] = ("Seconds", "Microseconds", "Milliseconds", "Percent", "Count", "Count/Second", "None")
METRIC_UNITS += (*_BYTES, *_BITS, *(f"{unit}/Second" for unit in _BYTES + _BITS))
_SHORT_TEXT = text("1 to 255 printable characters, no colon first", r"[!-9;-~][ -~]*", 255)


class CustomAlarmSettings(Section):
    """An alarm on a metric that the applications publish (guide: Custom Metrics)."""

    namespace: Annotated[str, _SHORT_TEXT]
    """CloudWatch namespace, such as TradingPlatform/Trading."""
    metric: Annotated[str, _SHORT_TEXT]
    """Name of the metric."""
    statistic: Annotated[
        str,
        text(
            "Average, Maximum, Minimum, Sum, SampleCount or a percentile such as p99 or p99.9",
            r"Average|Maximum|Minimum|Sum|SampleCount|p(\d{1,2}(\.\d{1,2})?|100)",
        ),
    ] = "Average"
    """What is computed for each period."""
    comparison: Literal["above", "below"] = "above"
    """Which side of the threshold is bad."""
    threshold: Annotated[float, Field(strict=False)]
    """Limit, in the metric's unit."""
    unit: (
        Annotated[str, AfterValidator(Rule("a CloudWatch unit, such as Milliseconds", METRIC_UNITS.__contains__))]
        | None
    ) = None
    """Only data points that were published with this unit count. All by default."""
    period_seconds: Annotated[int, one_of(10, 30, 60, 300, 900, 3600)] = 60
    """Length of a period. Below 60, the metric must be published with high resolution."""
    evaluation_periods: Annotated[int, Field(ge=1, le=100)] = 5
    """Bad periods in a row before the alarm fires."""
    missing_data: Literal["breaching", "notBreaching", "ignore", "missing"]
    """What a period without data means. Chosen for each alarm: silence can be good or bad."""
    dimensions: Annotated[dict[Annotated[str, _SHORT_TEXT], Annotated[str, _SHORT_TEXT]], Field(max_length=30)] = {}
    """Dimensions of the metric."""

    def problems(self) -> Iterator[Problem]:
        """CloudWatch looks back a day at most, for periods of less than an hour; a week otherwise."""
        longest = 86_400 if self.period_seconds < 3600 else 7 * 86_400
        if (seconds := self.period_seconds * self.evaluation_periods) > longest:
            yield Problem(
                ("evaluationPeriods",),
                f"{self.evaluation_periods} periods of {self.period_seconds} s make {seconds} s, over {longest} s",
            )


Percent = Annotated[float, Field(gt=0, le=100, strict=False)]
Positive = Annotated[float, Field(gt=0, strict=False)]


class AlarmThresholds(Section):
    """When an alarm fires; each key names its unit."""

    database_cpu_percent: Percent = 80
    """Processor of a database instance, above."""
    database_free_memory_gib: Positive
    """Memory left on a database instance, below. About an eighth of what the class has."""
    database_free_storage_gib: Positive
    """Storage left on a database instance, below."""
    database_connections: Positive
    """Connections to a database instance, above. PostgreSQL's limit follows the memory of the class."""
    database_latency_milliseconds: Positive = 20
    """Time of a read or a write on the disk, above."""
    replica_lag_seconds: Positive = 60
    """How far a replica is behind, above."""
    redis_cpu_percent: Percent = 75
    """Engine processor of a Redis node, above."""
    redis_memory_percent: Percent = 80
    """Memory in use on a Redis node, above."""
    redis_connections: Positive
    """Connections to a Redis node, above. The limit is 65,000."""
    redis_hit_rate_percent: Percent = 80
    """Share of reads that find their key, below."""
    node_cpu_percent: Percent = 80
    """Processor of the cluster's nodes, above."""
    node_memory_percent: Percent = 80
    """Memory of the cluster's nodes, above."""
    node_disk_percent: Percent = 80
    """File system of the cluster's nodes, above."""
    pod_restarts: Positive = 10
    """Container restarts, above."""


class ObservabilitySettings(Section):
    """Alarms and logs (guide: Monitoring and Observability)."""

    alarm_emails: Annotated[tuple[Email, ...], LIST, DISTINCT] = ()
    """Who is told. Each address must confirm once."""
    log_retention_days: LogRetention = 365
    """How long CloudWatch keeps the logs of applications and nodes."""
    thresholds: AlarmThresholds
    """When the alarms of databases, caches and nodes fire."""
    custom_alarms: Annotated[dict[Label, CustomAlarmSettings], Field(max_length=80)] = {}
    """Alarms on the applications' own metrics, by label; at most 80, since one more alarm combines them."""
    monthly_budget_usd: Positive | None = None
    """Costs of the stack per month that trigger a warning. No budget by default."""


class AccountSettings(Section):
    """Switches for what exists once per AWS account and region. Only one stack of an account turns each on."""

    cloud_trail: bool = False
    """Record all API calls of the account."""
    password_policy: bool = False
    """Demand strong passwords of IAM users."""
    ebs_encryption_by_default: bool = False
    """Encrypt every new volume, whoever makes it."""
    s3_public_access_block: bool = False
    """Refuse public buckets in the whole account."""
    guard_duty: bool = False
    """Detect threats."""
    security_hub: bool = False
    """Collect findings and check standards."""
    config_recorder: bool = False
    """Record configuration changes."""
    access_analyzer: bool = False
    """Find what is shared outside of the account."""
    trail_log_retention_days: LogRetention = 365
    """How long CloudWatch keeps the trail's events. The trail's bucket keeps them on its own."""


class StateSettings(Section):
    """Where Pulumi keeps the state. The foundation of the account makes both, and prints how to log in to them."""

    bucket: Annotated[
        str,
        text(
            "the name of a bucket, such as trading-platform-state-123456789012-us-east-1",
            r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
        ),
    ]
    """Bucket of the state."""
    key_alias: Annotated[str, text("an alias of a key, such as alias/trading-platform-state", r"alias/[\w/-]+")]
    """Alias of the key of the bucket and of the secrets in the state."""


class AccessSettings(Section):
    """Who may assume the administrator role (with MFA), and which repository deploys through OIDC."""

    admin_principals: _PRINCIPALS = ()
    """Empty: any principal of this account that has MFA and is allowed to assume the role."""
    github_repository: Annotated[str, text("owner/repository", r"[\w.-]+/[\w.-]+")]
    """Repository whose workflows may assume the deploy role."""
    github_environment: Annotated[str, text("a GitHub environment, such as production", r"[\w.-]+")]
    """GitHub environment in which those workflows must run."""
    state: StateSettings | None = None
    """State that those workflows keep: only this stack's. Without it, the deploy role needs that from elsewhere."""


class VaultLockSettings(Section):
    """Backup vault lock: retention that nobody can shorten."""

    min_retention_days: _Days
    """Backups live at least this long."""
    max_retention_days: _Days
    """Backups live at most this long."""
    changeable_for_days: Annotated[int, Field(ge=3, le=36500)] | None = None
    """After this many days the lock is permanent, for everybody and for ever. Without it the lock can be removed."""

    def problems(self) -> Iterator[Problem]:
        """The least is not more than the most."""
        if self.min_retention_days > self.max_retention_days:
            yield Problem(
                ("minRetentionDays",),
                f"{self.min_retention_days} is more than maxRetentionDays ({self.max_retention_days})",
            )


class StandbySettings(Section):
    """A replica of the database in the recovery region, in a closed network of its own."""

    instance_class: DatabaseClass
    """Size of the standby. It carries production once it is promoted, so it is as large as the primary."""
    vpc_cidr: Cidr
    """Addresses of its VPC, /16 to /24 of a private range, apart from the VPCs of all stacks."""
    subnets: dict[AvailabilityZone, Cidr]
    """Subnets in at least two zones of the recovery region, by zone. Without a route to anywhere."""

    def problems(self) -> Iterator[Problem]:
        """As many zones as RDS wants; subnets that fit into the VPC; a class that has what the platform switches on."""
        if len(self.subnets) < 2:
            yield Problem(("subnets",), f"names {len(self.subnets)} availability zones; RDS wants at least 2")
        yield from _vpc_problems(self.vpc_cidr, {("subnets", zone): cidr for zone, cidr in self.subnets.items()})
        yield from _database_class_problems((), self.instance_class)


class RecoverySettings(Section):
    """Copies in a second region (guide: Backup and Disaster Recovery)."""

    region: Region
    """Region of the copies, another one than the stack's."""
    backup_retention_days: _Days = 35
    """How long backups are kept in both vaults."""
    vault_lock: VaultLockSettings | None = None
    """Lock on both vaults. None by default."""
    standby: StandbySettings | None = None
    """A replica of the database that takes over when the region is lost: minutes of data at stake instead of 30."""

    def problems(self) -> Iterator[Problem]:
        """Backups live within what the lock allows; the standby's zones are the region's."""
        lock = self.vault_lock
        if lock and not lock.min_retention_days <= self.backup_retention_days <= lock.max_retention_days:
            yield Problem(
                ("backupRetentionDays",),
                f"{self.backup_retention_days} is outside of vaultLock"
                f" ({lock.min_retention_days} to {lock.max_retention_days} days)",
            )
        for zone in self.standby.subnets if self.standby else ():
            if zone[:-1] != self.region:
                yield Problem(("standby", "subnets", zone), f"is not a zone of recovery.region ({self.region})")
