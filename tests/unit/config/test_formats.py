"""Values whose form is known beforehand are refused before AWS sees them, and names that would collide."""

from __future__ import annotations

from typing import Any

import pytest

from components.postgres import memory_gib, most_connections
from config.parsing import misplaced
from tests.unit.stacks import mistakes, parsed, put, values_of

ACCOUNT = "123456789012"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:rotate"
# What lets a rotation function in.
CLIENTS = {"rotation": {"securityGroupId": "sg-0a1b2c3d4e5f60d01"}}


def complaints(*changes: Any, stack: str = "production") -> list[str]:
    values = values_of("production")
    if "postgres.rotation" in changes:
        put(values, "postgres.clients", CLIENTS)
    for key, new in zip(changes[::2], changes[1::2], strict=True):
        put(values, key, new)
    return mistakes(values, stack)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("postgres.restore", {"sourceInstance": "old", "restoreTime": "2026-02-30T12:00:00Z"}),
        ("postgres.restore", {"sourceInstance": "old", "restoreTime": "2026-13-01T12:00:00Z"}),
        ("postgres.restore", {"sourceInstance": "old", "restoreTime": "2999-01-01T12:00:00Z"}),
        ("postgres.restore", {"sourceInstance": "old", "restoreTime": "2026-01-31 12:00"}),
        ("postgres.restore", {"sourceInstance": "a--b"}),
        ("postgres.restore", {"sourceInstance": "x" * 64}),
        ("postgres.restore", {"snapshotIdentifier": "a--b"}),
        ("postgres.restore", {"snapshotIdentifier": "ends-"}),
        ("postgres.restore", {"snapshotIdentifier": "1st"}),
        ("postgres.restore", {"snapshotIdentifier": "with blank"}),
        ("postgres.restore", {"snapshotIdentifier": "arn:aws:s3:::bucket"}),
        ("postgres.rotation", {"lambdaArn": FUNCTION.replace("us-east-1", "us-west-2")}),
        ("postgres.rotation", {"lambdaArn": FUNCTION.replace(ACCOUNT, "210987654321")}),
        ("postgres.rotation", {"lambdaArn": FUNCTION.replace("aws:", "aws-cn:", 1)}),
        ("postgres.rotation", {"lambdaArn": FUNCTION + "/x"}),
        ("owner", "aws:team"),
        ("owner", "AWS:team"),
        ("costCenter", "rds:team"),
        ("owner", "team: trading"),
        ("owner", "team:"),
        ("access.state.bucket", "sthree-state"),
        ("access.state.bucket", "state-s3alias"),
        ("access.state.bucket", "10.0.0.1"),
        ("access.state.bucket", "a..b"),
        # No role shows IAM a second factor.
        ("access.adminPrincipals", [f"arn:aws:iam::{ACCOUNT}:role/admin"]),
        ("access.adminPrincipals", [f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_A_0"]),
        ("access.adminPrincipals", [f"arn:aws:sts::{ACCOUNT}:assumed-role/admin/me"]),
        ("access.adminPrincipals", [f"arn:aws:iam::{ACCOUNT}:group/admins"]),
        ("access.adminPrincipals", [f"arn:aws:iam::{ACCOUNT}:user//alice"]),
        ("access.adminPrincipals", ["arn:aws:iam::210987654321:user/alice"]),
        ("access.adminPrincipals", [f"arn:aws-us-gov:iam::{ACCOUNT}:user/alice"]),
        ("access.adminSessionHours", 0),
        ("access.adminSessionHours", 13),
        ("access.adminSessionHours", True),
        ("access.singleSignOn", {"roles": [f"arn:aws:iam::{ACCOUNT}:role/AWSReservedSSO_Admin_0123456789abcdef"]}),
        ("access.singleSignOn", {"roles": [f"arn:aws:iam::{ACCOUNT}:role//admin"]}),
        ("access.singleSignOn", {"roles": [f"arn:aws:iam::{ACCOUNT}:role/admin/"]}),
        ("access.singleSignOn", {"roles": [f"arn:aws-us-gov:iam::{ACCOUNT}:role/admin"]}),
        ("access.singleSignOn", {"roles": ["arn:aws:iam::210987654321:role/admin"]}),
        ("access.singleSignOn", {"permissionSets": ["AWSReservedSSO/Admin"]}),
        ("access.singleSignOn", {"permissionSets": ["Admin*"]}),
        ("access.singleSignOn", {"permissionSets": ["x" * 33]}),
        ("access.singleSignOn", {"permissionSets": ["Admin", "Admin"]}),
        ("access.singleSignOn", {"samlProviders": [f"arn:aws:iam::{ACCOUNT}:saml-provider/Okta"]}),
        ("cluster.access", {"admins": [f"arn:aws-cn:iam::{ACCOUNT}:role/admin"]}),
        ("nodeGroups.general.labels", {"node-group": "mine"}),
        ("nodeGroups.general.labels", {"team/ml": "a", "team-ml": "b"}),
        ("observability.monthlyBudgetUsd", 0.001),
        ("observability.monthlyBudgetUsd", True),
        ("observability.thresholds.databaseCpuPercent", True),
        ("observability.thresholds.databaseCpuPercent", "80"),
        ("observability.thresholds.databaseCpuPercent", 100),
        ("observability.thresholds.databaseFreeMemoryGib", 64),
        ("observability.thresholds.databaseConnections", 5000),
        ("observability.thresholds.redisConnections", 65000),
        ("observability.customAlarms.order-latency.threshold", True),
        ("postgres.backupWindow", "00:00-23:00"),
        ("workloads.serviceAccounts.trading.databaseUser", "pg_monitor"),
        ("workloads.serviceAccounts.trading.databaseUser", "public"),
    ],
)
def test_what_aws_would_refuse_is_refused_by_its_key(path: str, value: object) -> None:
    found = complaints(path, value)
    assert found
    assert all(line.startswith((path, path.rpartition(".")[0])) for line in found), found


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("postgres.restore", {"sourceInstance": "old", "restoreTime": "2024-02-29T23:59:59Z"}),
        ("postgres.restore", {"snapshotIdentifier": "rds:production-postgres-2026-01-31-03-10"}),
        ("postgres.restore", {"snapshotIdentifier": "awsbackup:job-0123abcd"}),
        ("postgres.restore", {"snapshotIdentifier": f"arn:aws:rds:us-east-1:{ACCOUNT}:snapshot:shared"}),
        ("postgres.restore", {"sourceInstance": f"arn:aws:rds:us-west-2:{ACCOUNT}:auto-backup:ab-1"}),
        ("postgres.rotation", {"lambdaArn": FUNCTION}),
        ("postgres.rotation", {"lambdaArn": f"{FUNCTION}:live"}),
        ("owner", "a:b"),
        ("owner", "team@example.com"),
        ("access.adminPrincipals", [f"arn:aws:iam::{ACCOUNT}:user/teams/platform/alice"]),
        ("access.adminSessionHours", 12),
        (
            "access.singleSignOn",
            {
                "permissionSets": ["Platform-Admin", "ops@example.com"],
                "roles": [
                    f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_0123456789abcdef",
                    f"arn:aws:iam::{ACCOUNT}:role/teams/platform/admin",
                ],
                "samlProviders": ["Okta"],
            },
        ),
        ("nodeGroups.general.labels", {"team/ml": "a", "team/data": "b"}),
        ("observability.monthlyBudgetUsd", 1),
        ("observability.thresholds.databaseCpuPercent", 99.5),
        ("observability.thresholds.databaseFreeMemoryGib", 63.9),
        ("observability.thresholds.databaseConnections", 4999),
        ("workloads.serviceAccounts.trading.databaseUser", "order"),
    ],
)
def test_what_aws_accepts_is_accepted(path: str, value: object) -> None:
    assert complaints(path, value) == []


@pytest.mark.parametrize("clients", [{}, {"rotation": {"cidr": "10.0.32.0/19"}}, CLIENTS])
def test_a_rotation_function_has_a_way_to_the_database(clients: dict[str, Any]) -> None:
    found = complaints("postgres.rotation", {"lambdaArn": FUNCTION}, "postgres.clients", clients)
    assert found == (
        []
        if clients
        else [
            "postgres.rotation.lambdaArn: has no way to the database; name its security group or network in"
            " postgres.clients"
        ]
    )


@pytest.mark.parametrize("name", ["user", "select", "table", "order", "pg_admin", "rds_superuser", "public", "admin"])
def test_reserved_words_are_no_names(name: str) -> None:
    (found,) = complaints("postgres.username", name)
    assert "is reserved" in found


def test_replicas_and_buckets_have_different_names() -> None:
    lifecycle: dict[str, Any] = {}
    both = {"buckets.data.replicate": True, "buckets.recovery-data": lifecycle}
    (found,) = complaints(*(part for pair in both.items() for part in pair))
    assert found == "buckets.recovery-data: is the name of the replica of data; choose another one"
    assert complaints("buckets.recovery-data", lifecycle) == []


@pytest.mark.parametrize("stack", ["sthree", "sthree-prod", "amzn-s3-demo"])
def test_stacks_whose_buckets_s3_would_refuse(stack: str) -> None:
    values = values_of("production")
    found = mistakes(values, stack)
    assert any("S3 reserves" in line for line in found)


def test_the_line_of_a_problem_without_a_key_begins_with_the_namespace() -> None:
    (found,) = mistakes(values_of("production"), "Production")
    assert found.startswith(" the name of the stack")


@pytest.mark.parametrize(
    ("key", "strange"),
    [
        ("trading-platfrom:owner", True),
        ("tradingplatform:region", True),
        ("Trading-Platform:region", True),
        ("platform:region", False),
        ("aws:region", False),
        ("pulumi:disable-default-providers", False),
        ("trading-platforms:other", True),
        ("trading-platform:owner", False),
        ("trading-platform:onwer", False),
    ],
)
def test_a_misspelt_namespace_is_named(key: str, strange: bool) -> None:
    assert len(misplaced([key])) == strange


def test_minors_that_never_were_are_not_offered() -> None:
    (found,) = complaints("postgres.engineVersion", "18.5")
    assert found.endswith("18 alone, or 18.1 to 18.4, 18.6")


def test_bounds_are_written_as_people_write_them() -> None:
    (found,) = complaints("observability.thresholds.databaseFreeMemoryGib", 0)
    assert found.endswith("must be more than 0")
    (found,) = complaints("accountId", 123456789012)
    assert "1.30" not in found
    (found,) = complaints("cluster.version", 1.36)
    assert "1.30" in found


@pytest.mark.parametrize("depth", [60, 500, 900])
@pytest.mark.parametrize("key", ["kms", "network", "owner", "buckets"])
def test_nesting_without_end_is_one_line(depth: int, key: str) -> None:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    for wrong in (value, "[" * depth + "]" * depth):
        assert any(line.startswith(f"{key}: ") for line in mistakes({**values_of("production"), key: wrong}))


@pytest.mark.parametrize(
    ("name", "gib", "connections"),
    [
        # RDS user guide: hardware specifications of instance classes; connections by its formula.
        ("db.r6g.2xlarge", 64, 5000),
        ("db.r6g.large", 16, 1802),
        ("db.m5.large", 8, 901),
        ("db.t4g.medium", 4, 450),
        ("db.t3.xlarge", 16, 1802),
        ("db.x2g.large", 32, 3604),
        ("db.x2iedn.xlarge", 128, 5000),
        ("db.r8g.48xlarge", 1536, 5000),
        ("db.c6gd.large", 4, 450),
        ("db.m8i.metal-48xl", 768, 5000),
        ("db.r5.metal", None, None),
    ],
)
def test_what_a_class_has(name: str, gib: float | None, connections: int | None) -> None:
    assert (memory_gib(name), most_connections(name)) == (gib, connections)


def test_whole_numbers_are_numbers() -> None:
    assert parsed(observability__thresholds__databaseCpuPercent=80).observability.thresholds.database_cpu_percent == 80
