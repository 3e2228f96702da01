"""The settings of the database, its replicas and its standby in another region."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from components.common.settings import (
    DISTINCT,
    LIST,
    AvailabilityZone,
    Cidr,
    Clients,
    InsightsRetention,
    Label,
    LambdaArn,
    LogRetention,
    Problem,
    Rule,
    Section,
    client_problems,
    one_of,
    text,
    type_of_aws,
)
from components.common.windows import DailyWindow, WeeklyWindow, free_window, replica_window_problems, window_problems
from components.network import vpc_problems
from components.postgres.reserved import is_reserved_database, is_reserved_user

DatabaseClass = Annotated[
    str, type_of_aws("an RDS instance class for PostgreSQL, such as db.r6g.2xlarge", r"db\.[a-z0-9-]+\.[a-z0-9-]+")
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
    maintenance_window: WeeklyWindow | None = None
    """When RDS may restart the replica, apart from the other windows. By default a free hour from a day before the
    primary's on."""

    def problems(self) -> Iterator[Problem]:
        """A class that has what the platform switches on."""
        yield from _database_class_problems((), self.instance_class)


_NAME = r"[A-Za-z](-?[A-Za-z0-9])*"
SnapshotIdentifier = Annotated[
    str,
    text(
        "the name of a snapshot, such as before-the-upgrade, with rds: or awsbackup: before it where AWS took it, or"
        " the ARN of one that another account shares",
        rf"(arn:aws[a-z-]*:rds:[a-z0-9-]+:\d{{12}}:(cluster-)?snapshot:)?((rds|awsbackup):)?{_NAME}",
        255,
    ),
]
InstanceIdentifier = Annotated[
    str,
    text(
        "the name of an instance (up to 63 letters, digits and single hyphens, a letter first), or the ARN of its"
        " automated backups",
        rf"arn:aws[a-z-]*:rds:[a-z0-9-]+:\d{{12}}:auto-backup:[\w-]+|(?=.{{1,63}}$){_NAME}",
    ),
]


def _is_past(moment: str) -> bool:
    """Whether a text is a moment that has been, written as RDS wants it."""
    try:
        return datetime.strptime(moment, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) <= datetime.now(UTC)
    except ValueError:
        return False


PastTime = Annotated[str, AfterValidator(Rule("a past time such as 2026-01-31T12:00:00Z", _is_past))]


class RestoreSettings(Section):
    """Create the database from a snapshot, or from another instance at a point in time."""

    snapshot_identifier: SnapshotIdentifier | None = None
    """Snapshot to start from."""
    source_instance: InstanceIdentifier | None = None
    """Instance to copy."""
    restore_time: Annotated[str, AfterValidator(Rule("a past time such as 2026-01-31T12:00:00Z", _is_past))] | None = (
        None
    )
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
    """Function that Secrets Manager calls. It runs in the private subnets, from where it reaches Secrets Manager, and
    its security group or network is one of `postgres.clients`."""
    every_days: Annotated[int, Field(ge=1, le=1000)] = 30
    """Days between two rotations."""


# From this size on RDS stripes gp3 storage of PostgreSQL over four volumes (RDS User Guide, gp3 storage).
_STRIPED_FROM_GIB = 400


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
    iops: Annotated[int, Field(ge=12_000, le=64_000)] | None = None
    """Operations a second of the storage, from 400 GiB on; 12,000 are included. With storageThroughputMibps."""
    storage_throughput_mibps: Annotated[int, Field(ge=500, le=4_000)] | None = None
    """MiB a second of the storage, from 400 GiB on; 500 are included. With iops. Storage that grows over 400 GiB in
    the same step needs both, as RDS asks for what it stripes."""
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
    """When RDS may restart the primary; at least 30 minutes, apart from the backup window and from the windows of
    replicas, standby and cache."""
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
    """Read replicas by label; at most 15, together with the standby of the recovery region."""
    clients: Clients = {}
    """Who connects beside the nodes, by label: security groups or private networks; at most 5."""
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
        yield from self._storage_problems()
        yield from client_problems(self.clients)
        if self.database_insights == "advanced" and self.insights_retention_days < 465:
            yield Problem(
                ("insightsRetentionDays",),
                f"{self.insights_retention_days} is too short; advanced insights need 465 days",
            )
        if is_reserved_user(self.username):
            yield Problem(("username",), f"{self.username} is reserved; choose another name")
        if is_reserved_database(self.database_name):
            yield Problem(("databaseName",), f"{self.database_name} is reserved; choose another name")
        yield from self._window_problems()

    def _window_problems(self) -> Iterator[Problem]:
        """Those of replicas, which have the backup window of their primary."""
        for label, replica in self.replicas.items():
            if replica.maintenance_window:
                for problem in replica_window_problems(replica.maintenance_window, self.backup_window):
                    yield Problem(("replicas", label, *problem.path), problem.message)
        try:
            self.replica_windows()
        except ValueError as error:
            yield Problem(("maintenanceWindow",), f"{error}; shorten one, or name those of replicas")

    def replica_windows(self) -> dict[str, str]:
        """The weekly windows of the replicas by label: as they are named, the others where there is room.

        Raises:
            ValueError: There is no room.
        """
        found = {label: each.maintenance_window for label, each in self.replicas.items() if each.maintenance_window}
        for label in self.replicas:
            if label not in found:
                found[label] = self.free_window(list(found.values()))
        return found

    def free_window(self, taken: Sequence[str]) -> str:
        """A weekly window apart from the primary's two and from those that are taken.

        Raises:
            ValueError: There is no room.
        """
        return free_window(self.maintenance_window, self.backup_window, taken)

    def _storage_problems(self) -> Iterator[Problem]:
        """What RDS asks of gp3 storage: striped from 400 GiB on, and limits that follow from size and IOPS."""
        given = {"iops": self.iops, "storageThroughputMibps": self.storage_throughput_mibps}
        missing = [key for key, value in given.items() if value is None]
        if len(missing) == 2:
            return
        if missing:
            yield Problem((missing[0],), "is missing: iops and storageThroughputMibps go together")
        if self.allocated_storage_gib < _STRIPED_FROM_GIB:
            key = "iops" if self.iops else "storageThroughputMibps"
            yield Problem(
                (key,),
                f"{given[key]} needs allocatedStorageGib of {_STRIPED_FROM_GIB} or more"
                f" ({self.allocated_storage_gib}); smaller storage has 3000 IOPS and 125 MiB a second",
            )
        if self.iops and self.storage_throughput_mibps and 4 * self.storage_throughput_mibps > self.iops:
            yield Problem(
                ("storageThroughputMibps",),
                f"{self.storage_throughput_mibps} is more than a quarter of iops allows ({self.iops // 4})",
            )


KeyArn = Annotated[str, text("the ARN of a KMS key", r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[\w-]+", 256)]
_ID = r"[0-9a-f]{8}([0-9a-f]{9})?"


class StandbyNetworkSettings(Section):
    """A network that exists in the recovery region: that of the stack which takes over."""

    vpc_id: Annotated[str, text("the id of a VPC, such as vpc-0123456789abcdef0", f"vpc-{_ID}")]
    """VPC that the standby lives in: the output `vpcId` of the stack that takes over."""
    subnet_ids: Annotated[
        tuple[Annotated[str, text("the id of a subnet, such as subnet-0123456789abcdef0", f"subnet-{_ID}")], ...],
        LIST,
        DISTINCT,
    ]
    """At least two of its database subnets, in different zones: the output `databaseSubnetIds`."""
    clients: dict[Label, Annotated[str, text("the id of a security group, such as sg-0123456789abcdef0", f"sg-{_ID}")]]
    """Security groups that may connect, by label: `nodeSecurityGroupId` of the stack that takes over. May be empty."""

    def problems(self) -> Iterator[Problem]:
        """As many subnets as RDS wants."""
        if len(self.subnet_ids) < 2:
            yield Problem(("subnetIds",), f"names {len(self.subnet_ids)} subnets; RDS wants at least 2")


class StandbySettings(Section):
    """A replica of the database in the recovery region: in a closed network of its own, or in that of a takeover."""

    instance_class: DatabaseClass
    """Size of the standby. It carries production once it is promoted, so it is as large as the primary."""
    vpc_cidr: Cidr | None = None
    """Addresses of a VPC of its own, /16 to /24 of a private range, apart from the VPCs of all stacks."""
    subnets: dict[AvailabilityZone, Cidr] = {}
    """Subnets of that VPC in at least two zones of the recovery region, by zone. Without a route to anywhere."""
    network: StandbyNetworkSettings | None = None
    """A network that exists, instead of one of its own: where the applications of a takeover will be."""
    key_arn: KeyArn | None = None
    """Key of the recovery region that outlives this stack, such as that of a takeover. One of its own by default."""
    maintenance_window: WeeklyWindow | None = None
    """When RDS may restart the standby, apart from the other windows. By default a free hour from a day before the
    primary's on."""

    def window(self, postgres: PostgresSettings) -> str:
        """The weekly window of the standby: as it is named, or where the database leaves room.

        Raises:
            ValueError: There is no room.
        """
        return self.maintenance_window or postgres.free_window(list(postgres.replica_windows().values()))

    def problems(self) -> Iterator[Problem]:
        """One network, not two; as many zones as RDS wants; subnets that fit into the VPC; a class that is complete."""
        yield from _database_class_problems((), self.instance_class)
        if self.network:
            for key, value in (("vpcCidr", self.vpc_cidr), ("subnets", self.subnets)):
                if value:
                    yield Problem((key,), "is for a network of the standby's own; network names one that exists")
            return
        if self.vpc_cidr is None:
            yield Problem(("vpcCidr",), "is missing; name the standby's own network, or one that exists (network)")
            return
        if len(self.subnets) < 2:
            yield Problem(("subnets",), f"names {len(self.subnets)} availability zones; RDS wants at least 2")
        yield from vpc_problems(self.vpc_cidr, {("subnets", zone): cidr for zone, cidr in self.subnets.items()})
