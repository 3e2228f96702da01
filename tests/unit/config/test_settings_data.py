"""How databases, caches, buckets and their copies are set."""

from __future__ import annotations

import re
from typing import Any

import botocore.session  # type: ignore[import-untyped]
import pytest

from tests.unit.config.complaints import complaints
from tests.unit.stacks import mistakes, values_of


class TestStorage:
    @pytest.mark.parametrize(
        ("size", "iops", "throughput"), [(400, 12000, 500), (500, 64000, 4000), (1000, 16000, 4000)]
    )
    def test_striped_storage_may_be_faster(self, size: int, iops: int, throughput: int) -> None:
        changes = {"postgres.maxAllocatedStorageGib": 2000, "postgres.iops": iops}
        changes |= {"postgres.storageThroughputMibps": throughput}
        more = [item for pair in changes.items() for item in pair]
        assert complaints("postgres.allocatedStorageGib", size, *more) == []

    @pytest.mark.parametrize(
        ("size", "iops", "throughput", "complaint"),
        [
            (399, 12000, 500, "postgres.iops: 12000 needs allocatedStorageGib of 400 or more (399)"),
            (500, 12000, None, "postgres.storageThroughputMibps: is missing"),
            (500, None, 500, "postgres.iops: is missing"),
            (500, 11999, 500, "postgres.iops: 11999 must be at least 12000"),
            (500, 64001, 500, "postgres.iops: 64001 must be at most 64000"),
            (500, 12000, 499, "postgres.storageThroughputMibps: 499 must be at least 500"),
            (500, 64000, 4001, "postgres.storageThroughputMibps: 4001 must be at most 4000"),
            (500, 12000, 3001, "postgres.storageThroughputMibps: 3001 is more than a quarter of iops allows (3000)"),
        ],
    )
    def test_what_rds_refuses_is_refused_by_key(
        self, size: int, iops: int | None, throughput: int | None, complaint: str
    ) -> None:
        values = values_of(postgres__allocatedStorageGib=size)
        given = {"iops": iops, "storageThroughputMibps": throughput}
        values["postgres"] |= {key: value for key, value in given.items() if value is not None}
        (found,) = mistakes(values)
        assert found.startswith(complaint)

    @pytest.mark.parametrize(
        ("size", "iops", "throughput", "complaint"),
        [
            (32, 16000, 1000, None),
            (31, 16000, 1000, "diskIops: 16000 is more than 500 for each GiB (31)"),
            (100, None, 750, None),
            (100, None, 751, "diskThroughputMibps: 751 is more than a quarter of diskIops allows (750)"),
            (100, 4000, 1000, None),
            (160, 80000, 2000, None),
            (160, 80001, None, "diskIops: 80001 must be at most 80000"),
            (160, 80000, 2001, "diskThroughputMibps: 2001 must be at most 2000"),
        ],
    )
    def test_node_disks_keep_the_proportions_of_gp3(
        self, size: int, iops: int | None, throughput: int | None, complaint: str | None
    ) -> None:
        values = values_of(nodeGroups__general__diskSizeGib=size)
        given = {"diskIops": iops, "diskThroughputMibps": throughput}
        values["nodeGroups"]["general"] |= {key: value for key, value in given.items() if value is not None}
        assert mistakes(values) == ([f"nodeGroups.general.{complaint}"] if complaint else [])


def published(member: str, what: str) -> tuple[int, int]:
    """The least and the most that the published model of EC2 says of a member of CreateVolume."""
    model = botocore.session.get_session().get_component("data_loader").load_service_model("ec2", "service-2")
    said = model["shapes"]["CreateVolumeRequest"]["members"][member]["documentation"]
    (line,) = [each for each in said.split("</p>") if f"{what}:" in each]
    low, high = (int(number.replace(",", "")) for number in re.findall(r"[\d,]+", line.partition(f"{what}:")[2]))
    return low, high


class TestVolumeClasses:
    @pytest.mark.parametrize("kind", ["gp3", "io2"])
    def test_operations_are_those_that_ec2_takes(self, kind: str) -> None:
        low, high = published("Iops", kind)
        for iops, refused in ((low, False), (high, False), (low - 1, True), (high + 1, True)):
            found = complaints("cluster.volumeClasses", {"fast": {"type": kind, "iops": iops}})
            assert bool(found) is refused, found
            assert all(line.startswith(f"cluster.volumeClasses.fast.iops: {iops} is not between") for line in found)

    def test_throughput_is_what_ec2_takes(self) -> None:
        low, high = published("Throughput", "Valid Range")
        for throughput, refused in ((low, False), (high, False), (low - 1, True), (high + 1, True)):
            classes = {"fast": {"iops": 80_000, "throughputMibps": throughput}}
            assert bool(complaints("cluster.volumeClasses", classes)) is refused

    @pytest.mark.parametrize(
        ("settings", "complaint"),
        [
            ({"throughputMibps": 750}, None),
            ({"throughputMibps": 751}, "throughputMibps: 751 is more than a quarter of iops allows (750)"),
            ({"iops": 4_000, "throughputMibps": 1_000}, None),
            ({"iops": 4_000, "throughputMibps": 1_001}, "throughputMibps: 1001 is more than a quarter"),
            ({"type": "io2"}, "iops: is missing: io2 has 100 to 256000"),
            ({"type": "io2", "iops": 1_000, "throughputMibps": 500}, "throughputMibps: 500 is for gp3"),
            ({"type": "gp2"}, 'type: "gp2" must be "gp3" or "io2"'),
        ],
    )
    def test_a_class_is_one_that_ebs_makes(self, settings: dict[str, Any], complaint: str | None) -> None:
        found = complaints("cluster.volumeClasses", {"fast": settings})
        assert len(found) == bool(complaint)
        assert all(line.startswith(f"cluster.volumeClasses.fast.{complaint}") for line in found)

    @pytest.mark.parametrize("name", ["gp2", "gp3"])
    def test_classes_that_every_cluster_has_keep_their_meaning(self, name: str) -> None:
        (found,) = complaints("cluster.volumeClasses", {name: {"iops": 4_000}})
        assert found.startswith(f"cluster.volumeClasses.{name}: {name} is a class that every cluster has")


class TestCache:
    @pytest.mark.parametrize(
        ("engine", "version"),
        [*(("redis", v) for v in ("6.2", "7.0", "7.1")), *(("valkey", v) for v in ("7.2", "8.0", "8.1", "8.2", "9.0"))],
    )
    def test_versions_of_both_engines_are_taken(self, engine: str, version: str) -> None:
        assert complaints("redis.engine", engine, "redis.engineVersion", version) == []

    @pytest.mark.parametrize(("engine", "version"), [("redis", "7.2"), ("redis", "8.0"), ("valkey", "7.1")])
    def test_an_engine_has_versions_of_its_own(self, engine: str, version: str) -> None:
        (found,) = complaints("redis.engine", engine, "redis.engineVersion", version)
        assert found.startswith(f"redis.engineVersion: {version} is not a version of {engine}: ")

    @pytest.mark.parametrize(
        ("path", "value", "complaint"),
        [
            ("redis.users", {"default": {"keys": ["*"], "commands": ["get"]}}, "redis.users.default: is the user of"),
            (
                "redis.users",
                {"a": {"keys": [], "commands": ["get"]}},
                "redis.users.a.keys: a list must have at least 1",
            ),
            (
                "redis.users",
                {"a": {"keys": ["a b"], "commands": ["get"]}},
                'redis.users.a.keys[0]: "a b" must be a glob',
            ),
            ("redis.users", {"a": {"keys": ["*"], "commands": [">secret"]}}, "redis.users.a.commands[0]: "),
            ("redis.users", {"a": {"keys": ["*"], "commands": ["nopass "]}}, "redis.users.a.commands[0]: "),
            ("redis.users", {"a": {"keys": ["*"], "commands": ["@raed"]}}, "redis.users.a.commands[0]: "),
            ("redis.keepToken", True, "redis.keepToken: true needs users"),
            (
                "workloads.serviceAccounts.trading.secrets",
                ["redis-orders"],
                "workloads.serviceAccounts.trading.secrets",
            ),
        ],
    )
    def test_users_are_those_that_elasticache_makes(self, path: str, value: Any, complaint: str) -> None:
        found = complaints(path, value)
        assert any(line.startswith(complaint) for line in found), found

    def test_a_service_account_reads_the_secret_of_a_user(self) -> None:
        users = {"orders": {"keys": ["orders:*"], "commands": ["@read"]}}
        account = ["redis-orders"]
        assert complaints("redis.users", users, "workloads.serviceAccounts.trading.secrets", account) == []


class TestPostgres:
    @pytest.mark.parametrize(
        ("window", "weekly", "overlap"),
        [
            ("03:00-04:00", "sun:04:00-sun:05:00", False),
            ("03:00-04:00", "sun:03:59-sun:05:00", True),
            ("23:30-00:30", "mon:00:00-mon:01:00", True),
            ("23:30-00:30", "sat:23:00-sun:00:00", True),
            ("23:30-00:30", "sun:00:30-sun:01:30", False),
            ("03:00-04:00", "sat:23:00-sun:03:01", True),
            ("03:00-03:30", "sun:02:00-sun:06:00", True),
        ],
    )
    def test_backup_and_maintenance_are_apart(self, window: str, weekly: str, overlap: bool) -> None:
        found = complaints("postgres.backupWindow", window, "postgres.maintenanceWindow", weekly)
        assert found == (
            [f"postgres.backupWindow: {window} overlaps maintenanceWindow ({weekly}); the two must be apart"]
            if overlap
            else []
        )

    @pytest.mark.parametrize(
        ("key", "window"),
        [
            ("backupWindow", "03:00-03:29"),
            ("backupWindow", "03:00-03:00"),
            ("maintenanceWindow", "sun:05:00-tue:05:00"),
        ],
    )
    def test_windows_have_a_length_that_rds_accepts(self, key: str, window: str) -> None:
        expected = f"postgres.{key}: {window} must last at least 30 minutes and less than a day"
        assert expected in complaints(f"postgres.{key}", window)

    def test_storage_can_grow(self) -> None:
        (found,) = complaints("postgres.maxAllocatedStorageGib", 549)
        assert "549 must exceed allocatedStorageGib (500) by 10 % or more" in found
        assert complaints("postgres.maxAllocatedStorageGib", 550) == []

    def test_advanced_insights_keep_fifteen_months(self) -> None:
        (found,) = complaints("postgres.insightsRetentionDays", 31)
        assert found == "postgres.insightsRetentionDays: 31 is too short; advanced insights need 465 days"

    @pytest.mark.parametrize("days", [8, 30, 714, 730])
    def test_insights_have_periods_that_rds_accepts(self, days: int) -> None:
        (found,) = complaints("postgres.insightsRetentionDays", days)
        assert "must be 7, a multiple of 31 up to 713, or 731" in found

    @pytest.mark.parametrize("size", ["db.t4g.micro", "db.t4g.small", "db.t2.large", "db.m3.xlarge"])
    def test_classes_without_insights_or_encryption_are_refused_everywhere(self, size: str) -> None:
        found = complaints("postgres.instanceClass", size, "postgres.replicas.read.instanceClass", size)
        assert [line.partition(":")[0] for line in found] == ["postgres.replicas.read.instanceClass"]
        (primary,) = complaints("postgres.instanceClass", size)
        assert primary.startswith(f"postgres.instanceClass: {size} has no Performance Insights or encryption")

    @pytest.mark.parametrize("name", ["admin", "postgres", "rdsadmin", "pg_monitor"])
    def test_reserved_users_are_refused(self, name: str) -> None:
        (found,) = complaints("postgres.username", name)
        assert found == f"postgres.username: {name} is reserved; choose another name"

    def test_a_replica_demands_backups(self) -> None:
        assert complaints("postgres.backupRetentionDays", 0) == ["postgres.backupRetentionDays: 0 must be at least 1"]

    def test_a_restore_has_one_source(self) -> None:
        both = {"snapshotIdentifier": "a", "sourceInstance": "b"}
        assert complaints("postgres.restore", both) == [
            "postgres.restore: needs either snapshotIdentifier or sourceInstance"
        ]
        time = {"snapshotIdentifier": "a", "restoreTime": "2026-01-31T12:00:00Z"}
        assert complaints("postgres.restore", time) == [
            "postgres.restore.restoreTime: 2026-01-31T12:00:00Z needs sourceInstance"
        ]


class TestRedis:
    @pytest.mark.parametrize("kind", ["cache.t1.micro", "cache.m1.large", "cache.zz9.large", "db.r6g.large"])
    def test_node_types_that_do_not_exist_are_refused(self, kind: str) -> None:
        (found,) = complaints("redis.nodeType", kind)
        assert found.startswith(f'redis.nodeType: "{kind}" must be an ElastiCache node type')

    def test_data_tiering_is_not_supported(self) -> None:
        (found,) = complaints("redis.nodeType", "cache.r6gd.xlarge")
        assert found.startswith("redis.nodeType: cache.r6gd.xlarge works with data tiering only")

    def test_a_cluster_has_at_most_ninety_nodes(self) -> None:
        (found,) = complaints("redis.shards", 31)
        assert found == "redis.shards: 31 make 93 nodes with their replicas; 90 are allowed"

    def test_failover_needs_a_replica(self) -> None:
        assert complaints("redis.replicasPerShard", 0) == ["redis.replicasPerShard: 0 must be at least 1"]

    def test_windows_last_an_hour(self) -> None:
        assert "redis.snapshotWindow: 03:00-03:30 must last at least 60 minutes and less than a day" in complaints(
            "redis.snapshotWindow", "03:00-03:30"
        )


class TestBuckets:
    @pytest.mark.parametrize(
        ("lifecycle", "complaint"),
        [
            (
                {"standardIaDays": 30, "glacierIrDays": 45},
                "glacierIrDays: 45 must be at least 30 days after standardIaDays",
            ),
            (
                {"glacierIrDays": 90, "deepArchiveDays": 100},
                "deepArchiveDays: 100 must be at least 90 days after glacier",
            ),
            (
                {"deepArchiveDays": 180, "expirationDays": 200},
                "expirationDays: 200 must be at least 180 days after deep",
            ),
            ({"standardIaDays": 10}, "standardIaDays: 10 must be at least 30"),
        ],
    )
    def test_each_step_waits_for_the_one_before(self, lifecycle: dict[str, int], complaint: str) -> None:
        (found,) = complaints("buckets.data.lifecycle", lifecycle)
        assert f"buckets.data.lifecycle.{complaint}" in found

    @pytest.mark.parametrize("key", ["expirationDays", "noncurrentExpirationDays"])
    def test_a_locked_bucket_expires_nothing(self, key: str) -> None:
        (found,) = complaints(f"buckets.compliance.lifecycle.{key}", 3000)
        assert found == f"buckets.compliance.lifecycle.{key}: 3000 is not allowed in a bucket with objectLock"


class TestRecovery:
    def test_the_lock_has_room(self) -> None:
        (found,) = complaints("recovery.vaultLock", {"minRetentionDays": 40, "maxRetentionDays": 30})
        assert found == "recovery.vaultLock.minRetentionDays: 40 is more than maxRetentionDays (30)"

    def test_backups_live_within_the_lock(self) -> None:
        (found,) = complaints("recovery.backupRetentionDays", 400)
        assert found == "recovery.backupRetentionDays: 400 is outside of vaultLock (7 to 365 days)"


class TestState:
    @pytest.mark.parametrize("bucket", ["Uppercase", "x", "ends-with-hyphen-"])
    def test_the_bucket_has_a_name_that_s3_takes(self, bucket: str) -> None:
        (found,) = complaints("access.state.bucket", bucket)
        assert "must be the name of a bucket" in found

    def test_the_key_is_named_by_an_alias(self) -> None:
        (found,) = complaints("access.state.keyAlias", "trading-platform-state")
        assert "must be an alias of a key, such as alias/trading-platform-state" in found


class TestStandby:
    def test_zones_are_those_of_the_recovery_region(self) -> None:
        found = complaints("recovery.standby.subnets", {"us-west-2a": "10.100.0.0/24", "us-east-1a": "10.100.1.0/24"})
        assert found == ["recovery.standby.subnets.us-east-1a: is not a zone of recovery.region (us-west-2)"]

    def test_rds_wants_two_zones(self) -> None:
        found = complaints("recovery.standby.subnets", {"us-west-2a": "10.100.0.0/24"})
        assert found == ["recovery.standby.subnets: names 1 availability zones; RDS wants at least 2"]

    def test_subnets_are_inside_its_vpc_and_apart(self) -> None:
        (outside,) = complaints("recovery.standby.subnets.us-west-2b", "10.101.0.0/24")
        assert "10.101.0.0/24 is outside of vpcCidr (10.100.0.0/20)" in outside
        (twice,) = complaints("recovery.standby.subnets.us-west-2b", "10.100.0.128/25")
        assert "10.100.0.128/25 overlaps subnets.us-west-2a (10.100.0.0/24); subnets must be apart" in twice

    def test_its_class_has_what_the_platform_switches_on(self) -> None:
        (found,) = complaints("recovery.standby.instanceClass", "db.t4g.micro")
        assert found.startswith("recovery.standby.instanceClass: db.t4g.micro has no Performance Insights")
