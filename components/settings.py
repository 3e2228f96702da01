"""The settings that shape a stack: one model per section of the stack file, with the rules inside a section.

Models only: nothing here reads configuration or touches Pulumi, so that `config.py` can parse into these types and
components can take them as arguments. Keys are camelCase in stack files and snake_case in Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from ipaddress import IPv4Network
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError


class Problem(NamedTuple):
    """A broken rule: the path of the key below its section, and what is wrong in words that name what is allowed."""

    path: tuple[str, ...]
    message: str


class Section(BaseModel):
    """Base of all sections: immutable, unknown keys refused, rules that span several fields reported together."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, alias_generator=to_camel, validate_by_name=True, validate_by_alias=True
    )

    def problems(self) -> Iterator[Problem]:
        """Yield the broken rules that span several fields."""
        yield from ()

    @model_validator(mode="after")
    def _report_problems(self) -> Self:
        if found := list(self.problems()):
            raise PydanticCustomError("rules", "broken rules", {"problems": found})
        return self


def _network(value: object) -> object:
    if isinstance(value, IPv4Network):
        return value
    try:
        return IPv4Network(str(value))
    except ValueError:
        raise PydanticCustomError("cidr", "must be an IPv4 CIDR block without host bits, such as 10.0.0.0/16") from None


def _tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


# Log retention periods that CloudWatch Logs accepts, in days.
LOG_RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731)
LOG_RETENTION_DAYS += (1096, 1827, 2192, 2557, 2922, 3288, 3653)


def _log_retention(days: int) -> int:
    if days not in LOG_RETENTION_DAYS:
        allowed = ", ".join(map(str, LOG_RETENTION_DAYS))
        raise PydanticCustomError("log_retention", "must be one of {allowed} days", {"allowed": allowed})
    return days


# Performance Insights keeps 7 days, whole months of 31 days up to 23, or 731 days.
_INSIGHTS_RETENTION_DAYS = (7, *(31 * months for months in range(1, 24)), 731)


def _insights_retention(days: int) -> int:
    if days not in _INSIGHTS_RETENTION_DAYS:
        raise PydanticCustomError("insights_retention", "must be 7, a multiple of 31 up to 713, or 731 days")
    return days


Cidr = Annotated[IPv4Network, BeforeValidator(_network)]
LogRetention = Annotated[int, AfterValidator(_log_retention)]
Region = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-gov|-iso[a-z]?)?-[a-z]+-\d$")]
AvailabilityZone = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-gov|-iso[a-z]?)?-[a-z]+-\d[a-z]$")]
AccountId = Annotated[str, StringConstraints(pattern=r"^\d{12}$")]
PrincipalArn = Annotated[str, StringConstraints(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:(role|user)/[\w+=,.@/-]+$")]
LambdaArn = Annotated[str, StringConstraints(pattern=r"^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[\w-]+$")]
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
# The characters that every tagging AWS service accepts in a value; no blanks at the ends.
TagValue = Annotated[str, StringConstraints(pattern=r"^[\w.:/=+@-]([\w .:/=+@-]*[\w.:/=+@-])?$", max_length=256)]
# A label becomes part of logical and physical names, so it is short and safe in all of them.
Label = Annotated[str, StringConstraints(pattern=r"^[a-z]([a-z0-9-]*[a-z0-9])?$", max_length=20)]

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_MINUTES_PER_DAY = 24 * 60
_MINUTES_PER_WEEK = 7 * _MINUTES_PER_DAY
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK = r"([01]\d|2[0-3]):[0-5]\d"
DailyWindow = Annotated[str, StringConstraints(pattern=rf"^{_CLOCK}-{_CLOCK}$")]
WeeklyWindow = Annotated[str, StringConstraints(pattern=rf"^({'|'.join(_WEEKDAYS)}):{_CLOCK}-({'|'.join(_WEEKDAYS)}):{_CLOCK}$")]


def _minute_of_day(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def _daily_minutes(window: str) -> tuple[int, int]:
    """Start minute and length of a daily window such as `23:30-00:30`."""
    start, end = (_minute_of_day(clock) for clock in window.split("-"))
    return start, (end - start) % _MINUTES_PER_DAY


def _weekly_minutes(window: str) -> tuple[int, int]:
    """Start minute of the week and length of a weekly window such as `sun:05:00-sun:06:00`."""

    def minute(moment: str) -> int:
        day, clock = moment.split(":", 1)
        return _WEEKDAYS.index(day) * _MINUTES_PER_DAY + _minute_of_day(clock)

    start, end = (minute(moment) for moment in window.split("-"))
    return start, (end - start) % _MINUTES_PER_WEEK


def _windows_overlap(daily: str, weekly: str) -> bool:
    daily_start, daily_length = _daily_minutes(daily)
    weekly_start, weekly_length = _weekly_minutes(weekly)
    for day in range(7):
        start = day * _MINUTES_PER_DAY + daily_start
        if (weekly_start - start) % _MINUTES_PER_WEEK < daily_length:
            return True
        if (start - weekly_start) % _MINUTES_PER_WEEK < weekly_length:
            return True
    return False


def _window_problems(daily_key: str, daily: str, maintenance: str, least_minutes: int) -> Iterator[Problem]:
    """Rules that RDS and ElastiCache share: lengths, and no overlap of the two windows."""
    windows = ((daily_key, daily, _daily_minutes(daily)[1]), ("maintenanceWindow", maintenance, _weekly_minutes(maintenance)[1]))
    for key, window, length in windows:
        if not least_minutes <= length < _MINUTES_PER_DAY:
            yield Problem((key,), f"{window} must last at least {least_minutes} minutes and less than a day")
    if _windows_overlap(daily, maintenance):
        yield Problem((daily_key,), f"{daily} overlaps maintenanceWindow ({maintenance}); the two must be apart")


class NatGateways(StrEnum):
    """How private subnets reach the internet."""

    PER_AZ = "perAz"
    SINGLE = "single"


class SubnetCidrs(Section):
    """The three subnets of one availability zone."""

    public: Cidr
    private: Cidr
    database: Cidr


class NetworkSettings(Section):
    """VPC, subnets by availability zone, and how traffic leaves them (guide: VPC and Networking)."""

    vpc_cidr: Cidr
    subnets: dict[AvailabilityZone, SubnetCidrs]
    nat_gateways: NatGateways = Field(default=NatGateways.PER_AZ, strict=False)
    flow_log_retention_days: LogRetention = 365
    interface_endpoints: Annotated[tuple[str, ...], BeforeValidator(_tuple)] = (
        "ecr.api",
        "ecr.dkr",
        "sts",
        "ec2",
        "logs",
        "secretsmanager",
        "kms",
        "ssm",
    )

    def problems(self) -> Iterator[Problem]:
        """Three zones; subnets inside the VPC and apart from each other; sizes that AWS accepts."""
        if len(self.subnets) != 3:
            yield Problem(("subnets",), f"names {len(self.subnets)} availability zones; exactly 3 are allowed")
        if not 16 <= self.vpc_cidr.prefixlen <= 24:
            yield Problem(("vpcCidr",), f"{self.vpc_cidr} must have a prefix length between /16 and /24")
        seen: list[tuple[str, IPv4Network]] = []
        for zone, cidrs in self.subnets.items():
            for tier in ("public", "private", "database"):
                cidr: IPv4Network = getattr(cidrs, tier)
                key = ("subnets", zone, tier)
                if not cidr.subnet_of(self.vpc_cidr):
                    yield Problem(key, f"{cidr} is outside of vpcCidr ({self.vpc_cidr})")
                if cidr.prefixlen > 28:
                    yield Problem(key, f"{cidr} is too small; AWS allows subnets from /16 to /28")
                for other, taken in seen:
                    if cidr.overlaps(taken):
                        yield Problem(key, f"{cidr} overlaps subnets.{other} ({taken}); subnets must be apart")
                seen.append((f"{zone}.{tier}", cidr))


class KmsSettings(Section):
    """Customer keys: rotation and deletion."""

    rotation_period_days: Annotated[int, Field(ge=90, le=2560)] = 365
    deletion_window_days: Annotated[int, Field(ge=7, le=30)] = 30


class AccessEntrySettings(Section):
    """IAM principals that may use the cluster, by Kubernetes role. Never list the principal that deploys the stack:
    EKS already made its entry as the cluster's creator."""

    admins: Annotated[tuple[PrincipalArn, ...], BeforeValidator(_tuple)] = ()
    developers: Annotated[tuple[PrincipalArn, ...], BeforeValidator(_tuple)] = ()
    read_only: Annotated[tuple[PrincipalArn, ...], BeforeValidator(_tuple)] = ()
    ci: Annotated[tuple[PrincipalArn, ...], BeforeValidator(_tuple)] = ()


KubernetesVersion = Annotated[str, StringConstraints(pattern=r"^1\.\d{2}$")]
AddonName = Literal[
    "vpc-cni",
    "kube-proxy",
    "coredns",
    "eks-pod-identity-agent",
    "aws-ebs-csi-driver",
    "metrics-server",
    "amazon-cloudwatch-observability",
]


class ClusterSettings(Section):
    """EKS control plane (guide: EKS Cluster)."""

    version: KubernetesVersion
    allowed_cidrs: Annotated[tuple[Cidr, ...], BeforeValidator(_tuple)]
    """Who may reach the API: private CIDRs reach the private endpoint, public ones open the public endpoint."""
    support_type: Literal["STANDARD", "EXTENDED"] = "STANDARD"
    log_retention_days: LogRetention = 365
    addon_versions: dict[AddonName, Annotated[str, StringConstraints(pattern=r"^v\d+\.\d+\.\d+-eksbuild\.\d+$")]] = {}
    """Pinned add-on versions. An add-on without a pin gets the default that EKS has for the cluster's version."""
    access: AccessEntrySettings = AccessEntrySettings()

    @property
    def private_cidrs(self) -> tuple[IPv4Network, ...]:
        """Allowed CIDRs that become rules on the private endpoint's security group."""
        return tuple(cidr for cidr in self.allowed_cidrs if cidr.is_private)

    @property
    def public_cidrs(self) -> tuple[IPv4Network, ...]:
        """Allowed CIDRs that become `public_access_cidrs`; none means a private endpoint only."""
        return tuple(cidr for cidr in self.allowed_cidrs if not cidr.is_private)

    def problems(self) -> Iterator[Problem]:
        """No CIDR that EKS refuses on the public endpoint, and never the whole internet."""
        for cidr in self.allowed_cidrs:
            if cidr.prefixlen == 0:
                yield Problem(("allowedCidrs",), f"{cidr} opens the API to the whole internet; list the networks that need it")
            elif not cidr.is_private and not cidr.is_global:
                yield Problem(("allowedCidrs",), f"{cidr} is reserved; EKS allows private or public networks")
        if len(self.public_cidrs) > 40:
            yield Problem(("allowedCidrs",), f"{len(self.public_cidrs)} public networks; EKS allows at most 40")


class Taint(Section):
    """A taint of every node in a group."""

    key: str
    value: str
    effect: Literal["NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE"]


InstanceType = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*\.[a-z0-9-]+$")]


class NodeGroupSettings(Section):
    """One managed node group. Sizes are numbers of nodes; the autoscaler moves the desired size after creation."""

    instance_types: Annotated[tuple[InstanceType, ...], BeforeValidator(_tuple), Field(min_length=1)]
    capacity_type: Literal["ON_DEMAND", "SPOT"] = "ON_DEMAND"
    min_size: Annotated[int, Field(ge=0, le=450)]
    desired_size: Annotated[int, Field(ge=0, le=450)]
    max_size: Annotated[int, Field(ge=1, le=450)]
    disk_size_gib: Annotated[int, Field(ge=20, le=16384)] = 100
    labels: dict[str, str] = {}
    taints: Annotated[tuple[Taint, ...], BeforeValidator(_tuple)] = ()

    def problems(self) -> Iterator[Problem]:
        """minSize ≤ desiredSize ≤ maxSize; spot capacity needs a choice of types."""
        if self.min_size > self.max_size:
            yield Problem(("minSize",), f"{self.min_size} is more than maxSize ({self.max_size})")
        elif not self.min_size <= self.desired_size <= self.max_size:
            yield Problem(
                ("desiredSize",), f"{self.desired_size} is not between minSize ({self.min_size}) and maxSize ({self.max_size})"
            )
        if self.capacity_type == "SPOT" and len(self.instance_types) < 3:
            yield Problem(("instanceTypes",), f"{len(self.instance_types)} types; SPOT needs at least 3 to find capacity")


class ReplicaSettings(Section):
    """A read replica of the database."""

    instance_class: Annotated[str, StringConstraints(pattern=r"^db\.[a-z0-9-]+\.[a-z0-9-]+$")]


class RestoreSettings(Section):
    """Create the database from a snapshot, or from another instance at a point in time (RFC 3339, or the latest)."""

    snapshot_identifier: str | None = None
    source_instance: str | None = None
    restore_time: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$")] | None = None

    def problems(self) -> Iterator[Problem]:
        """One source, not two."""
        if (self.snapshot_identifier is None) == (self.source_instance is None):
            yield Problem((), "needs either snapshotIdentifier or sourceInstance")
        if self.restore_time and not self.source_instance:
            yield Problem(("restoreTime",), f"{self.restore_time} needs sourceInstance")


class RotationSettings(Section):
    """Rotation of the database secret by a Lambda function that the database team owns."""

    lambda_arn: LambdaArn
    every_days: Annotated[int, Field(ge=1, le=1000)] = 30


# RDS keeps these names for itself.
_RESERVED_USERNAMES = ("admin", "administrator", "root", "postgres", "rdsadmin", "user")


class PostgresSettings(Section):
    """RDS for PostgreSQL (guide: RDS PostgreSQL). Windows are UTC."""

    engine_version: Annotated[str, StringConstraints(pattern=r"^\d{2}(\.\d{1,2})?$")]
    instance_class: Annotated[str, StringConstraints(pattern=r"^db\.[a-z0-9-]+\.[a-z0-9-]+$")]
    multi_az: bool = True
    allocated_storage_gib: Annotated[int, Field(ge=20, le=65536)]
    max_allocated_storage_gib: Annotated[int, Field(ge=20, le=65536)]
    database_name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")] = "trading"
    username: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,15}$")] = "trading_admin"
    backup_retention_days: Annotated[int, Field(ge=1, le=35)] = 30
    backup_window: DailyWindow = "03:00-04:00"
    maintenance_window: WeeklyWindow = "sun:05:00-sun:06:00"
    monitoring_interval_seconds: Literal[1, 5, 10, 15, 30, 60] = 60
    insights_retention_days: Annotated[int, AfterValidator(_insights_retention)] = 7
    database_insights: Literal["standard", "advanced"] = "standard"
    log_retention_days: LogRetention = 365
    slow_query_milliseconds: Annotated[int, Field(ge=1)] = 1000
    replicas: dict[Label, ReplicaSettings]
    rotation: RotationSettings | None = None
    restore: RestoreSettings | None = None

    def problems(self) -> Iterator[Problem]:
        """Windows apart, storage that can grow, Insights that AWS accepts, a name that is free."""
        yield from _window_problems("backupWindow", self.backup_window, self.maintenance_window, 30)
        if self.max_allocated_storage_gib * 10 < self.allocated_storage_gib * 11:
            yield Problem(
                ("maxAllocatedStorageGib",),
                f"{self.max_allocated_storage_gib} must exceed allocatedStorageGib ({self.allocated_storage_gib}) by 10 % or more",
            )
        if self.database_insights == "advanced" and self.insights_retention_days < 465:
            yield Problem(
                ("insightsRetentionDays",), f"{self.insights_retention_days} is too short; advanced insights need 465 days"
            )
        if self.username in _RESERVED_USERNAMES:
            yield Problem(("username",), f"{self.username} is reserved by RDS; choose another name")


class RedisSettings(Section):
    """ElastiCache for Redis in cluster mode (guide: ElastiCache Redis). Windows are UTC."""

    engine_version: Annotated[str, StringConstraints(pattern=r"^[67]\.[0-2]$")]
    node_type: Annotated[str, StringConstraints(pattern=r"^cache\.[a-z0-9-]+\.[a-z0-9-]+$")]
    shards: Annotated[int, Field(ge=1, le=90)] = 1
    replicas_per_shard: Annotated[int, Field(ge=1, le=5)] = 2
    snapshot_retention_days: Annotated[int, Field(ge=1, le=35)] = 7
    snapshot_window: DailyWindow = "03:00-04:00"
    maintenance_window: WeeklyWindow = "sun:05:00-sun:06:00"
    log_retention_days: LogRetention = 365

    def problems(self) -> Iterator[Problem]:
        """Windows apart and long enough for ElastiCache."""
        yield from _window_problems("snapshotWindow", self.snapshot_window, self.maintenance_window, 60)


class LifecycleSettings(Section):
    """When objects move to cheaper classes, and when old versions go. Days since creation, or since a version was replaced."""

    standard_ia_days: Annotated[int, Field(ge=30)] | None = None
    glacier_ir_days: Annotated[int, Field(ge=30)] | None = None
    deep_archive_days: Annotated[int, Field(ge=30)] | None = None
    noncurrent_expiration_days: Annotated[int, Field(ge=1)] | None = None
    expiration_days: Annotated[int, Field(ge=1)] | None = None

    def problems(self) -> Iterator[Problem]:
        """Each step later than the one before it; a class is kept for its billing minimum."""
        steps = (("standardIaDays", self.standard_ia_days, 30), ("glacierIrDays", self.glacier_ir_days, 90))
        last = (("deepArchiveDays", self.deep_archive_days, 180), ("expirationDays", self.expiration_days, 0))
        earlier: tuple[str, int, int] | None = None
        for key, days, minimum in (*steps, *last):
            if days is None:
                continue
            if earlier and days < earlier[1] + earlier[2]:
                yield Problem((key,), f"{days} must be at least {earlier[2]} days after {earlier[0]} ({earlier[1]})")
            earlier = (key, days, minimum)


class ObjectLockSettings(Section):
    """Write-once protection by default for each new object version."""

    mode: Literal["COMPLIANCE", "GOVERNANCE"]
    retention_days: Annotated[int, Field(ge=1, le=36500)]


class BucketSettings(Section):
    """One bucket."""

    lifecycle: LifecycleSettings = LifecycleSettings()
    object_lock: ObjectLockSettings | None = None
    """Can be chosen when the bucket is created, never later."""
    replicate: bool = False
    """Copy every version to the recovery region within 15 minutes."""

    def problems(self) -> Iterator[Problem]:
        """A locked bucket expires nothing."""
        if self.object_lock and self.lifecycle.expiration_days is not None:
            days = self.lifecycle.expiration_days
            yield Problem(("lifecycle", "expirationDays"), f"{days} is not allowed in a bucket with objectLock")


class CustomAlarmSettings(Section):
    """An alarm on a metric that the applications publish."""

    namespace: str
    metric: str
    statistic: Annotated[
        str, StringConstraints(pattern=r"^(Average|Maximum|Minimum|Sum|SampleCount|p\d{1,2}(\.\d{1,2})?)$")
    ] = "Average"
    comparison: Literal["above", "below"] = "above"
    threshold: float = Field(strict=False)
    unit: str | None = None
    period_seconds: Literal[10, 30, 60, 300, 900, 3600] = 60
    evaluation_periods: Annotated[int, Field(ge=1, le=100)] = 5
    missing_data: Literal["breaching", "notBreaching", "ignore", "missing"]
    dimensions: dict[str, str] = {}


Percent = Annotated[float, Field(gt=0, le=100, strict=False)]
Positive = Annotated[float, Field(gt=0, strict=False)]


class AlarmThresholds(Section):
    """When an alarm fires; each key names its unit."""

    database_cpu_percent: Percent = 80
    database_free_memory_gib: Positive
    database_free_storage_gib: Positive
    database_connections: Positive
    database_latency_milliseconds: Positive = 20
    replica_lag_seconds: Positive = 60
    redis_cpu_percent: Percent = 75
    redis_memory_percent: Percent = 80
    redis_connections: Positive
    redis_hit_rate_percent: Percent = 80
    node_cpu_percent: Percent = 80
    node_memory_percent: Percent = 80
    node_disk_percent: Percent = 80
    pod_restarts: Positive = 10


class ObservabilitySettings(Section):
    """Alarms and logs (guide: Monitoring and Observability)."""

    alarm_emails: Annotated[tuple[Email, ...], BeforeValidator(_tuple)] = ()
    log_retention_days: LogRetention = 365
    thresholds: AlarmThresholds
    custom_alarms: dict[Label, CustomAlarmSettings] = {}
    monthly_budget_usd: Positive | None = None


class AccountSettings(Section):
    """Switches for what exists once per AWS account and region. Only one stack of an account turns each on."""

    cloud_trail: bool = False
    password_policy: bool = False
    ebs_encryption_by_default: bool = False
    s3_public_access_block: bool = False
    github_oidc_provider: bool = False
    guard_duty: bool = False
    security_hub: bool = False
    config_recorder: bool = False
    access_analyzer: bool = False
    trail_log_retention_days: LogRetention = 365


class AccessSettings(Section):
    """Who may assume the administrator role (with MFA), and which repository deploys through OIDC."""

    admin_principals: Annotated[tuple[PrincipalArn, ...], BeforeValidator(_tuple)] = ()
    """Empty: any principal of this account that has MFA and is allowed to assume the role."""
    github_repository: Annotated[str, StringConstraints(pattern=r"^[\w.-]+/[\w.-]+$")]
    github_environment: Annotated[str, StringConstraints(pattern=r"^[\w.-]+$")]


class VaultLockSettings(Section):
    """Backup vault lock: retention that nobody can shorten. With `changeableForDays` it becomes permanent after that time."""

    min_retention_days: Annotated[int, Field(ge=1, le=36500)]
    max_retention_days: Annotated[int, Field(ge=1, le=36500)]
    changeable_for_days: Annotated[int, Field(ge=3, le=36500)] | None = None

    def problems(self) -> Iterator[Problem]:
        """minRetentionDays ≤ maxRetentionDays."""
        if self.min_retention_days > self.max_retention_days:
            yield Problem(
                ("minRetentionDays",), f"{self.min_retention_days} is more than maxRetentionDays ({self.max_retention_days})"
            )


class RecoverySettings(Section):
    """Copies in a second region (guide: Backup and Disaster Recovery)."""

    region: Region
    backup_retention_days: Annotated[int, Field(ge=1, le=36500)] = 35
    vault_lock: VaultLockSettings | None = None

    def problems(self) -> Iterator[Problem]:
        """Backups live within what the lock allows."""
        lock = self.vault_lock
        if lock and not lock.min_retention_days <= self.backup_retention_days <= lock.max_retention_days:
            yield Problem(
                ("backupRetentionDays",),
                f"{self.backup_retention_days} is outside of vaultLock"
                f" ({lock.min_retention_days} to {lock.max_retention_days} days)",
            )


STACK_NAME = re.compile(r"^[a-z]([a-z0-9-]*[a-z0-9])?$")
# The longest physical name that carries the stack's name is the replication group's, at most 40 characters.
STACK_NAME_MAX = 16


def section_of(value: Any) -> str:
    """The name of a value's type as a reader of YAML knows it."""
    names = {bool: "a boolean", int: "a number", float: "a number", str: "text", dict: "a mapping", list: "a list"}
    return names.get(type(value), "nothing")
