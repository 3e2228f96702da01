"""The rules inside each section: what AWS refuses is refused here, in words that name what is allowed."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from components.common.settings import Section
from components.kms.settings import KmsSettings
from components.network.settings import NatGateways, NetworkSettings
from tests.unit.stacks import mistakes, parsed, put, values_of


def complaints(path: str, value: Any, *more: Any) -> list[str]:
    """Mistakes of production after setting a path (and further paths) to a value."""
    values = values_of()
    for key, new in zip((path, *more[::2]), (value, *more[1::2]), strict=True):
        put(values, key, new)
    return mistakes(values)


def test_sections_are_immutable_and_strict() -> None:
    settings = KmsSettings()
    with pytest.raises(ValidationError):
        settings.rotation_period_days = 90  # type: ignore[misc]
    with pytest.raises(ValidationError):
        KmsSettings(rotation_period_days="90")  # type: ignore[arg-type]


def test_every_field_of_every_section_says_what_it_means() -> None:
    sections = Section.__subclasses__()
    assert len(sections) > 20
    silent = [
        f"{section.__name__}.{name}"
        for section in sections
        for name, f in section.model_fields.items()
        if not f.description
    ]
    assert silent == []


class TestNetwork:
    def test_subnets_are_in_three_zones_or_in_two(self) -> None:
        values = values_of()
        del values["network"]["subnets"]["us-east-1c"]
        assert mistakes(values) == []
        del values["network"]["subnets"]["us-east-1b"]
        assert mistakes(values) == ["network.subnets: names 1 availability zones; 3 are allowed, or 2 to save"]

    def test_a_subnet_is_inside_the_vpc(self) -> None:
        (found,) = complaints("network.subnets.us-east-1a.public", "10.7.0.0/24")
        assert found == "network.subnets.us-east-1a.public: 10.7.0.0/24 is outside of vpcCidr (10.0.0.0/16)"

    def test_subnets_are_apart(self) -> None:
        (found,) = complaints("network.subnets.us-east-1b.private", "10.0.40.0/21")
        assert found == (
            "network.subnets.us-east-1b.private: 10.0.40.0/21 overlaps subnets.us-east-1a.private (10.0.32.0/19);"
            " subnets must be apart"
        )

    def test_a_subnet_is_not_too_small(self) -> None:
        (found,) = complaints("network.subnets.us-east-1c.database", "10.0.6.0/29")
        assert "10.0.6.0/29 is too small; AWS allows subnets from /16 to /28" in found

    @pytest.mark.parametrize(
        ("cidr", "reason"),
        [
            ("10.0.0.0/8", "must have a prefix length between /16 and /24"),
            ("8.8.0.0/16", "must be part of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16"),
            ("172.20.0.0/16", "overlaps 172.20.0.0/16, which services of the cluster use"),
        ],
    )
    def test_the_vpc_has_a_range_that_eks_accepts(self, cidr: str, reason: str) -> None:
        assert f"network.vpcCidr: {cidr} {reason}" in complaints("network.vpcCidr", cidr)

    def test_zones_may_share_a_nat_gateway(self) -> None:
        assert parsed("development").network.nat_gateways is NatGateways.SINGLE


class TestLandingZone:
    def existing(self, **zone: Any) -> dict[str, Any]:
        tiers = ("public", "private", "database")
        ids = {
            name: {tier: f"subnet-{number}{place}345678" for place, tier in enumerate(tiers)}
            for number, name in enumerate(values_of()["network"]["subnets"])
        }
        return {"id": "vpc-0123456789abcdef0", "subnets": {**ids, **zone}}

    def test_an_existing_vpc_may_be_smaller_and_without_public_subnets(self) -> None:
        values = values_of(network__existing=self.existing())
        for number, (zone, ids) in enumerate(values["network"]["existing"]["subnets"].items()):
            del ids["public"]
            values["network"]["subnets"][zone] = {
                "private": f"100.64.0.{64 * number}/26",
                "database": f"100.64.0.{192 + 16 * number}/28",
            }
        put(values, "network.vpcCidr", "100.64.0.0/24")
        assert mistakes(values) == []

    @pytest.mark.parametrize(
        ("path", "value", "complaint"),
        [
            ("existing.subnets.us-east-1c", ..., "existing.subnets.us-east-1c: is missing; subnets names the zone"),
            (
                "existing.subnets.us-east-1a.public",
                ...,
                "existing.subnets.us-east-1a.public: needs both its id here and its CIDR in subnets",
            ),
            ("existing.subnets.us-east-1a.private", "subnet-02345678", "existing.subnets: names subnet-02345678 twice"),
            ("existing.id", "vpc-1", 'existing.id: "vpc-1" must be the id of a VPC'),
            ("vpcCidr", "52.0.0.0/16", "vpcCidr: 52.0.0.0/16 must be a private network of /16 to /28"),
            (
                "transitGateway",
                {"id": "tgw-0123456789abcdef0", "networks": ["192.168.0.0/16"]},
                "transitGateway: belongs to the owner of the existing VPC",
            ),
        ],
    )
    def test_ids_and_addresses_belong_together(self, path: str, value: Any, complaint: str) -> None:
        values = values_of(network__existing=self.existing())
        put(values, f"network.{path}", value)
        assert any(line.startswith(f"network.{complaint}") for line in mistakes(values)), mistakes(values)

    def test_the_stack_s_own_vpc_has_public_subnets(self) -> None:
        (found,) = complaints("network.subnets.us-east-1a.public", ...)
        assert found == "network.subnets.us-east-1a.public: is missing; only an existing VPC may lack it"

    @pytest.mark.parametrize(
        ("network", "complaint"),
        [("8.8.0.0/16", "8.8.0.0/16 is not part of a private range"), ("10.0.128.0/24", "overlaps vpcCidr")],
    )
    def test_a_transit_gateway_leads_to_other_private_networks(self, network: str, complaint: str) -> None:
        (found,) = complaints("network.transitGateway", {"id": "tgw-0123456789abcdef0", "networks": [network]})
        assert found.startswith("network.transitGateway.networks[0]: ") or found.startswith(
            "network.transitGateway.networks.0: "
        )
        assert complaint in found

    @pytest.mark.parametrize("store", ["postgres", "redis"])
    @pytest.mark.parametrize(
        ("client", "complaint"),
        [
            ({}, "needs either securityGroupId or cidr"),
            ({"cidr": "10.0.32.0/19", "securityGroupId": "sg-01234567"}, "needs either securityGroupId or cidr"),
            ({"cidr": "0.0.0.0/0"}, "cidr: 0.0.0.0/0 is not part of a private range"),
            ({"cidr": "192.168.7.0/24"}, "cidr: 192.168.7.0/24 is neither in network.vpcCidr nor in"),
            ({"securityGroupId": "default"}, 'securityGroupId: "default" must be the id of a security group'),
        ],
    )
    def test_a_client_is_a_group_or_a_private_network_that_is_reached(
        self, store: str, client: dict[str, str], complaint: str
    ) -> None:
        found = complaints(f"{store}.clients", {"bastion": client})
        assert any(line.startswith(f"{store}.clients.bastion") and complaint in line for line in found), found

    def test_a_client_beyond_the_transit_gateway_is_reached(self) -> None:
        gateway = {"id": "tgw-0123456789abcdef0", "networks": ["192.168.0.0/16"]}
        client = {"office": {"cidr": "192.168.7.0/24"}}
        assert complaints("network.transitGateway", gateway, "postgres.clients", client) == []

    def test_access_lists_have_room(self) -> None:
        gateway = {"id": "tgw-0123456789abcdef0", "networks": [f"192.168.{n}.0/24" for n in range(8)]}
        clients = {f"client-{n}": {"cidr": f"192.168.{n}.0/24"} for n in range(5)}
        more = {f"client-{n}": {"cidr": f"192.168.{n}.0/24"} for n in range(2, 7)}
        assert complaints("network.transitGateway", gateway, "postgres.clients", clients) == []
        (found,) = complaints("network.transitGateway", gateway, "postgres.clients", clients, "redis.clients", more)
        assert found.startswith("postgres.clients: and those of redis name 7 networks")
        allowed = [f"10.9.{n}.0/24" for n in range(8)]
        (found,) = complaints("network.transitGateway", gateway, "cluster.allowedCidrs", allowed)
        assert found.startswith("network.transitGateway.networks: and cluster.allowedCidrs name 16 private networks")


class TestSandbox:
    @pytest.mark.parametrize(
        ("path", "value", "complaint"),
        [
            ("buckets.compliance.replicate", True, "buckets.compliance.replicate: true needs recovery.copies"),
            (
                "recovery.vaultLock",
                {"minRetentionDays": 1, "maxRetentionDays": 30},
                "recovery.vaultLock: needs copies; with copies: false there is nothing in a second region",
            ),
            (
                "recovery.standby",
                {
                    "instanceClass": "db.t4g.medium",
                    "vpcCidr": "10.9.0.0/20",
                    "subnets": {
                        "us-west-2a": "10.9.0.0/24",
                        "us-west-2b": "10.9.1.0/24",
                    },
                },
                "recovery.standby: needs copies; with copies: false there is nothing in a second region",
            ),
        ],
    )
    def test_what_needs_copies_is_refused_without_them(self, path: str, value: Any, complaint: str) -> None:
        values = values_of("development", recovery__copies=False, buckets__compliance__replicate=False)
        assert mistakes(values, "development") == []
        put(values, path, value)
        assert [line for line in mistakes(values, "development") if line.startswith(complaint)]


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
        ],
    )
    def test_node_disks_keep_the_proportions_of_gp3(
        self, size: int, iops: int | None, throughput: int | None, complaint: str | None
    ) -> None:
        values = values_of(nodeGroups__general__diskSizeGib=size)
        given = {"diskIops": iops, "diskThroughputMibps": throughput}
        values["nodeGroups"]["general"] |= {key: value for key, value in given.items() if value is not None}
        assert mistakes(values) == ([f"nodeGroups.general.{complaint}"] if complaint else [])


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


class TestCluster:
    def test_allowed_networks_split_into_private_and_public(self) -> None:
        allowed = ["10.0.0.0/8", "52.95.0.0/16", "100.64.0.0/10", "192.168.1.0/24", "8.8.8.8/32"]
        cluster = parsed("production", cluster__allowedCidrs=allowed).cluster
        assert [str(cidr) for cidr in cluster.private_cidrs] == ["10.0.0.0/8", "100.64.0.0/10", "192.168.1.0/24"]
        assert [str(cidr) for cidr in cluster.public_cidrs] == ["52.95.0.0/16", "8.8.8.8/32"]

    def test_the_guides_private_network_means_a_private_endpoint_only(self) -> None:
        assert parsed("production").cluster.public_cidrs == ()

    def test_the_whole_internet_is_refused(self) -> None:
        (found,) = complaints("cluster.allowedCidrs", ["10.0.0.0/8", "0.0.0.0/0"])
        assert found.startswith("cluster.allowedCidrs[1]: 0.0.0.0/0 opens the API to the whole internet")

    @pytest.mark.parametrize("cidr", ["203.0.113.0/24", "127.0.0.0/8", "169.254.0.0/16", "8.0.0.0/5", "240.0.0.0/4"])
    def test_reserved_and_mixed_networks_are_refused(self, cidr: str) -> None:
        (found,) = complaints("cluster.allowedCidrs", [cidr])
        assert f"{cidr} is reserved, or mixes private and public addresses" in found

    def test_lists_have_the_limits_of_eks_and_of_access_lists(self) -> None:
        public = [f"52.95.{n}.0/24" for n in range(41)]
        private = [f"10.9.{n}.0/24" for n in range(16)]
        assert complaints("cluster.allowedCidrs", public + private) == [
            "cluster.allowedCidrs: has 16 private networks; at most 15 are allowed",
            "cluster.allowedCidrs: has 41 public networks; at most 40 are allowed",
        ]

    @pytest.mark.parametrize("name", ["production-admin", "production-deploy", "trading-platform-preview"])
    def test_the_platform_s_own_roles_are_never_listed(self, name: str) -> None:
        role = f"arn:aws:iam::{values_of()['accountId']}:role/{name}"
        (found,) = complaints("cluster.access", {"ci": [role, f"{role}-of-others"]})
        assert found == f"cluster.access.ci: {role} has its entry already; EKS allows one entry each"

    def test_a_principal_has_one_role(self) -> None:
        role = "arn:aws:iam::123456789012:role/platform"
        (found,) = complaints("cluster.access", {"admins": [role], "readOnly": [role]})
        assert found == f"cluster.access.readOnly: {role} is in admins already; EKS allows one entry each"


class TestNodeGroups:
    def test_desired_is_between_least_and_most(self) -> None:
        (found,) = complaints("nodeGroups.general.desiredSize", 2)
        assert found == "nodeGroups.general.desiredSize: 2 is not between minSize (3) and maxSize (10)"

    def test_spot_capacity_has_a_choice(self) -> None:
        (found,) = complaints("nodeGroups.batch.instanceTypes", ["c5.2xlarge", "c6i.2xlarge"])
        assert found == "nodeGroups.batch.instanceTypes: has 2 types; SPOT needs at least 3 to find capacity"

    @pytest.mark.parametrize("arm", ["m7g.xlarge", "t4g.large", "c6gd.xlarge", "im4gn.large", "a1.xlarge"])
    def test_a_group_has_one_architecture(self, arm: str) -> None:
        (found,) = complaints("nodeGroups.general.instanceTypes", ["m5.xlarge", arm])
        assert f"mixes arm64 ({arm}) and x86_64 (m5.xlarge)" in found
        assert complaints("nodeGroups.general.instanceTypes", [arm]) == []

    @pytest.mark.parametrize(
        ("kind", "complaint"),
        [
            ("g4ad.xlarge", "has an accelerator that no image of EKS has drivers for"),
            ("t2.large", "is not built on Nitro"),
            ("r4.large", "is not built on Nitro"),
            ("mac2.metal", "runs macOS only"),
        ],
    )
    def test_types_that_the_image_does_not_fit_are_refused(self, kind: str, complaint: str) -> None:
        (found,) = complaints("nodeGroups.general.instanceTypes", [kind])
        assert found.startswith(f"nodeGroups.general.instanceTypes[0]: {kind} {complaint}")

    @pytest.mark.parametrize("label", ["kubernetes.io/role", "node.k8s.io/a", "eks.amazonaws.com/capacityType"])
    def test_labels_of_kubernetes_and_eks_are_refused(self, label: str) -> None:
        values = values_of()
        values["nodeGroups"]["general"]["labels"] = {label: "x"}
        assert mistakes(values) == [
            f'nodeGroups.general.labels["{label}"]: is in a domain that Kubernetes or EKS keeps for itself'
        ]

    def test_a_taint_appears_once(self) -> None:
        taint = {"key": "workload", "value": "ml", "effect": "NO_SCHEDULE"}
        (found,) = complaints("nodeGroups.ml.taints", [taint, {**taint, "value": "other"}])
        assert found == "nodeGroups.ml.taints[1]: repeats workload with NO_SCHEDULE; one is allowed"


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

    def test_replicas_have_a_limit(self) -> None:
        replicas = {f"r{n}": {"instanceClass": "db.r6g.large"} for n in range(16)}
        assert complaints("postgres.replicas", replicas) == [
            "postgres.replicas: has 16 replicas; RDS allows at most 15"
        ]

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


class TestObservability:
    def test_an_alarm_looks_back_a_day_at_most(self) -> None:
        (found,) = complaints(
            "observability.customAlarms.api-latency.periodSeconds", 900,
            "observability.customAlarms.api-latency.evaluationPeriods", 97,
        )  # fmt: skip
        assert "evaluationPeriods: 97 periods of 900 s make 87300 s, over 86400 s" in found

    @pytest.mark.parametrize("statistic", ["p99", "p99.9", "p100", "Sum"])
    def test_percentiles_are_statistics(self, statistic: str) -> None:
        assert complaints("observability.customAlarms.api-latency.statistic", statistic) == []

    @pytest.mark.parametrize("statistic", ["P99", "p101", "p99.999", "average"])
    def test_other_statistics_are_not(self, statistic: str) -> None:
        assert complaints("observability.customAlarms.api-latency.statistic", statistic)

    def test_units_are_those_of_cloudwatch(self) -> None:
        (found,) = complaints("observability.customAlarms.api-latency.unit", "ms")
        assert 'unit: "ms" must be a CloudWatch unit, such as Milliseconds' in found


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


def test_python_code_builds_sections_by_field_name() -> None:
    subnets = parsed("production").network.subnets
    network = NetworkSettings(vpc_cidr=parsed("production").network.vpc_cidr, subnets=subnets)
    assert network.flow_log_retention_days == 365
