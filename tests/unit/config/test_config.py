"""How a stack's values are parsed, and what their mistakes are called."""

from __future__ import annotations

from collections.abc import Set
from ipaddress import IPv4Network
from typing import Any

import pulumi
import pytest

import config
from components.common.scope import Scope
from config.rules import STACK_NAME_MAX
from config.sibling import Sibling
from tests.unit.stacks import as_engine, mistakes, parsed, put, values_of


def test_values_arrive_the_same_from_the_engine_as_from_yaml() -> None:
    values = values_of("staging")
    assert config.parse("staging", as_engine(values), {}) == config.parse("staging", values, {})


def test_keys_are_camel_case_in_files_and_snake_case_in_python() -> None:
    stack = parsed("production")
    assert stack.node_groups["trading"].min_size == 3
    assert mistakes(values_of(nodeGroups__general__min_size=3)) == [
        "nodeGroups.general.min_size: is not a key; did you mean minSize?"
    ]


def test_sections_that_may_be_left_out_have_safe_defaults() -> None:
    stack = parsed("production", kms=..., account=...)
    assert stack.kms.deletion_window_days == 30
    assert not stack.account.cloud_trail


def test_every_mistake_of_every_section_comes_at_once() -> None:
    values = values_of(
        region="us-east1",
        nodeGroups__general__minSize=9,
        nodeGroups__general__maxSize=6,
        cluster__version=1.36,
        redis__snapshotWindow="07:30-08:30",
        regoin="us-east-1",
        owner=...,
        recovery__region="us-east-1",
        recovery__standby=...,
    )
    assert mistakes(values) == [
        "regoin: is not a key; did you mean region?",
        'region: "us-east1" must be an AWS region that is known, such as us-east-1',
        "owner: is missing. Tag Owner of every resource.",
        "cluster.version: 1.36 must be text, in quotes: without them, YAML reads 1.30 as the number 1.3",
        "nodeGroups.general.minSize: 9 is more than maxSize (6)",
        "redis.snapshotWindow: 07:30-08:30 overlaps maintenanceWindow (sun:07:00-sun:08:00); the two must be apart",
    ]


def test_rules_between_valid_sections_come_with_the_mistakes_of_other_sections() -> None:
    found = mistakes(values_of(recovery__region="us-east-1", recovery__standby=..., redis__shards=0))
    assert found == [
        "redis.shards: 0 must be at least 1",
        "recovery.region: us-east-1 is the stack's own region; copies need another one",
    ]


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        ("accountId", 12345678901, "accountId: 12345678901 must be text, in quotes"),
        ("accountId", "12345", 'accountId: "12345" must be the 12 digits of an AWS account in quotes'),
        ("accountId", "١٢٣٤٥٦٧٨٩٠١٢", "must be the 12 digits"),
        ("owner", " DevOps ", 'owner: " DevOps " must be a tag value'),
        ("owner", {"team": "DevOps"}, "owner: a mapping must be text"),
        ("deletionProtection", "yes", 'deletionProtection: "yes" must be true or false'),
        ("deletionProtection", 1, "deletionProtection: 1 must be true or false"),
        ("secretRecoveryDays", 3, "secretRecoveryDays: 3 must be 0 (deleted at once) or 7 to 30"),
        ("secretRecoveryDays", "many", 'secretRecoveryDays: "many" must be a whole number'),
        ("network", "10.0.0.0/16", 'network: "10.0.0.0/16" must be a mapping'),
        ("network", ["10.0.0.0/16"], "network: a list must be a mapping"),
        ("network.vpcCidr", "10.0.0.1/16", 'network.vpcCidr: "10.0.0.1/16" must be an IPv4 network without host bits'),
        ("network.vpcCidr", "10.0.0.0", "must be an IPv4 network"),
        ("network.natGateways", "none", 'network.natGateways: "none" must be "perAz" or "single"'),
        ("network.interfaceEndpoints", ["ecr"], 'network.interfaceEndpoints[0]: "ecr" must be "autoscaling", "ec2"'),
        (
            "network.interfaceEndpoints",
            ["ec2", "ec2"],
            "network.interfaceEndpoints: must be a list without repetitions",
        ),
        ("kms.rotationPeriodDays", 30, "kms.rotationPeriodDays: 30 must be at least 90"),
        ("kms.rotationPeriodDays", True, "kms.rotationPeriodDays: true must be a whole number"),
        ("kms.rotationPeriodDays", 365.5, "kms.rotationPeriodDays: 365.5 must be a whole number"),
        ("cluster.addonVersions", {"vpc-cmi": "v1.2.3-eksbuild.1"}, 'cluster.addonVersions.vpc-cmi: "vpc-cmi" must be'),
        (
            "nodeGroups.general.instanceTypes",
            [],
            "nodeGroups.general.instanceTypes: a list must have at least 1 entries",
        ),
        ("nodeGroups.general.instanceTypes", "m5.xlarge", 'instanceTypes: "m5.xlarge" must be a list'),
        (
            "nodeGroups.general.instanceTypes",
            ["m5.xlrage"],
            'instanceTypes[0]: "m5.xlrage" must be an EC2 instance type',
        ),
        (
            "nodeGroups.general.labels",
            {"a.b/c": "d e"},
            'nodeGroups.general.labels["a.b/c"]: "d e" must be a Kubernetes',
        ),
        (
            "nodeGroups.ml.taints",
            [{"key": "a", "value": "b"}],
            "nodeGroups.ml.taints[0].effect: is missing. What happens",
        ),
        ("buckets.Batch_1", {}, 'buckets.Batch_1: "Batch_1" must be a label'),
        ("nodeGroups.ml", ..., "nodeGroups.ml: is missing; the groups general, ml, trading are required"),
        (
            "nodeGroups.general.taints",
            [{"key": "workload", "value": "general", "effect": "NO_SCHEDULE"}],
            "nodeGroups.general: must start with at least one node and no taint that keeps pods away; DNS and the"
            " controllers run there",
        ),
        ("postgres.engineVersion", 15, "postgres.engineVersion: 15 must be text, in quotes"),
        (
            "postgres.monitoringIntervalSeconds",
            7,
            "postgres.monitoringIntervalSeconds: 7 must be one of 1, 5, 10, 15, 30, 60",
        ),
        ("postgres.monitoringIntervalSeconds", True, "postgres.monitoringIntervalSeconds: true must be a whole number"),
        (
            "redis.engineVersion",
            7.0,
            '"9.0" or "9.1", in quotes: without them, YAML reads 1.30 as the number 1.3',
        ),
        ("redis.engineVersion", "7.0.4", 'redis.engineVersion: "7.0.4" must be "6.2", "7.0", "7.1", "7.2"'),
        ("buckets.compliance.objectLock", ..., "buckets.compliance.objectLock: is missing; records for regulators"),
        ("buckets.backups", ..., "buckets.backups: is missing; the buckets data, models, backups, compliance"),
        ("workloads.quotas.ml", ..., "workloads.quotas.ml: is missing; every application namespace"),
        (
            "workloads.serviceAccounts.ml.namespace",
            "velero",
            'workloads.serviceAccounts.ml.namespace: "velero" must be "trading", "ml", "data" or "monitoring"',
        ),
        (
            "workloads.serviceAccounts.ml.reads",
            ["data", "featurs"],
            "workloads.serviceAccounts.ml.reads[1]: featurs is not a bucket; there are data, models,",
        ),
        (
            "workloads.serviceAccounts.ml.writes",
            ["backups"],
            "workloads.serviceAccounts.ml.writes[0]: backups is closed to applications: backups hold the secrets",
        ),
        (
            "workloads.serviceAccounts.ml.writes",
            ["models", "data"],
            "workloads.serviceAccounts.ml.reads[0]: data is among writes already",
        ),
        (
            "workloads.serviceAccounts.idle",
            {"namespace": "ml"},
            "workloads.serviceAccounts.idle: grants nothing; name reads, writes, databaseUser or secrets",
        ),
        (
            "workloads.serviceAccounts.default",
            {"namespace": "ml", "reads": ["data"]},
            "workloads.serviceAccounts.default: is the account of every pod that names none",
        ),
        (
            "workloads.serviceAccounts.trading.databaseUser",
            "trading_admin",
            "workloads.serviceAccounts.trading.databaseUser: trading_admin is the master user (postgres.username)",
        ),
        (
            "workloads.serviceAccounts.trading.secrets",
            ["kafka"],
            'workloads.serviceAccounts.trading.secrets[0]: "kafka" must be postgres, redis, or redis- and a label',
        ),
        ("observability.thresholds.podRestarts", float("nan"), "podRestarts: nan must be a finite number"),
        ("observability.alarmEmails", ["nobody"], 'observability.alarmEmails[0]: "nobody" must be an e-mail address'),
        ("observability.thresholds.redisConnections", ..., "redisConnections: is missing. Connections to a Redis node"),
        ("recovery.region", None, "recovery.region: nothing must be text"),
    ],
)
def test_a_mistake_names_the_key_the_value_and_what_is_allowed(path: str, value: Any, complaint: str) -> None:
    values = values_of()
    put(values, path, value)
    found = mistakes(values)
    assert len(found) == 1, found
    assert complaint in found[0]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"region": "eu-west-1"}, "network.subnets.us-east-1a: is not a zone of region (eu-west-1)"),
        (
            {"observability__thresholds__databaseFreeStorageGib": 600},
            "observability.thresholds.databaseFreeStorageGib: 600 is not less than postgres.allocatedStorageGib (500)",
        ),
        ({"cluster__version": "1.99"}, "cluster.version: 1.99 is not a version of EKS that this platform knows: 1.28,"),
        ({"postgres__engineVersion": "13"}, "postgres.engineVersion: 13 is not a major that this platform knows: 14,"),
        (
            {"postgres__engineVersion": "15.99"},
            "postgres.engineVersion: 15.99 was never released on RDS; 15 alone, or 15.2 to 15.19",
        ),
    ],
)
def test_rules_span_sections(changes: dict[str, Any], complaint: str) -> None:
    assert complaint in "\n".join(mistakes(values_of(**changes)))


@pytest.mark.parametrize(
    "stack", ["Production", "prod_1", "1prod", "prod--blue", "prod-", "a-very-long-stack-name", ""]
)
def test_stack_names_that_make_bad_physical_names_are_refused(stack: str) -> None:
    assert "begins all names in AWS" in "\n".join(mistakes(values_of(), stack=stack))


def test_the_longest_names_are_short_enough_for_s3() -> None:
    stack, label, account, region = "a" * STACK_NAME_MAX, "b" * 20, "123456789012", "ap-southeast-1"
    bucket = Scope(prefix=stack, account_id=account, region=region).global_name(label)
    assert len(bucket) == 63
    values = values_of(recovery__region=region, recovery__standby=...)
    values["buckets"][label] = {}
    assert mistakes(values, stack=stack) == []
    values["buckets"] |= {f"{label}b": {}}
    values["recovery"]["region"] = "ap-southeasts-1"
    assert len(mistakes(values, stack=f"{stack}a")) == 3


def test_labels_of_the_platforms_own_buckets_are_taken() -> None:
    values = values_of()
    put(values, "buckets.access-logs", {})
    assert mistakes(values) == ["buckets.access-logs: is the name of a bucket that every stack has; choose another one"]


def test_networks_of_stacks_are_apart() -> None:
    found = mistakes(values_of(), siblings={"staging": Sibling(vpc_cidr=IPv4Network("10.0.128.0/17"))})
    assert found == [
        "network.vpcCidr: 10.0.0.0/16 overlaps the network of stack staging (10.0.128.0/17); stacks must be apart"
    ]


def test_the_standbys_network_is_apart_from_every_other() -> None:
    key = "recovery.standby.vpcCidr"
    inside = {"us-west-2a": "10.0.0.0/24", "us-west-2b": "10.0.1.0/24"}
    assert mistakes(values_of(recovery__standby__vpcCidr="10.0.0.0/20", recovery__standby__subnets=inside)) == [
        f"{key}: 10.0.0.0/20 overlaps network.vpcCidr (10.0.0.0/16); the two networks must be apart"
    ]
    taken = IPv4Network("10.100.0.0/16")
    for sibling, kind in ((Sibling(vpc_cidr=taken), "network"), (Sibling(standby_cidr=taken), "standby's network")):
        assert mistakes(values_of(), siblings={"blue": sibling}) == [
            f"{key}: 10.100.0.0/20 overlaps the {kind} of stack blue (10.100.0.0/16); stacks must be apart"
        ]


def test_switches_of_an_account_have_one_owner() -> None:
    def neighbour(
        account: str, region: str, recovery_region: str = "", more: Set[str] = frozenset()
    ) -> dict[str, Sibling]:
        switches = frozenset({"cloudTrail", "guardDuty", *more})
        found = Sibling(account_id=account, region=region, recovery_region=recovery_region, switches=switches)
        return {"blue": found}

    own = values_of()["accountId"]
    same_region = mistakes(values_of(), siblings=neighbour(own, "us-east-1"))
    assert [line.partition(":")[0] for line in same_region] == ["account.cloudTrail", "account.guardDuty"]
    other_region = mistakes(values_of(), siblings=neighbour(own, "eu-west-1"))
    assert [line.partition(":")[0] for line in other_region] == ["account.cloudTrail"]
    assert mistakes(values_of(), siblings=neighbour("999999999999", "us-east-1")) == []
    # Production is in its recovery region too, and so may another one be in its own.
    there = mistakes(values_of(), siblings=neighbour(own, "us-west-2"))
    assert [line.partition(":")[0] for line in there] == ["account.cloudTrail", "account.guardDuty"]
    copies = neighbour(own, "eu-west-1", recovery_region="us-east-1", more={"recoveryRegion"})
    assert [line.partition(":")[0] for line in mistakes(values_of(), siblings=copies)] == [
        "account.cloudTrail",
        "account.guardDuty",
    ]


def test_a_recovery_region_is_watched_where_something_is_copied_there() -> None:
    values = values_of(recovery={"region": "us-west-2", "copies": False}, account__recoveryRegion=True)
    values["buckets"]["compliance"].pop("replicate")
    assert mistakes(values) == ["account.recoveryRegion: true needs recovery.copies; it is false"]


def test_a_secret_is_refused_because_it_would_not_stay_one() -> None:
    (found,) = mistakes(values_of(owner="hush"), secrets={"owner"})
    assert found.startswith("owner: is a secret, but shows in resources and state")
    assert "hush" not in found


def test_values_of_secret_keys_are_never_shown() -> None:
    values = values_of(redis__nodeType="hush", redis__shards=0, redis__snapshotWindow="07:30-08:30")
    values["kms"] = {"rotationPeriodDays": 77}
    found = "\n".join(mistakes(values, secrets={"redis"}))
    assert "redis.nodeType: the secret value must be an ElastiCache node type" in found
    assert "hush" not in found
    assert "kms.rotationPeriodDays: 77" in found
    rule = "\n".join(mistakes(values_of(redis__snapshotWindow="07:30-08:30"), secrets={"redis"}))
    assert "redis.snapshotWindow: [secret] overlaps maintenanceWindow ([secret])" in rule


def test_odd_keys_and_values_are_shown_short_and_printable() -> None:
    found = mistakes({**values_of(region="x" * 5000), "a\x1b[31m\ud800": 1})
    assert len(found) == 2
    assert all(line.isprintable() and len(line) < 400 for line in found)


def test_structure_that_is_not_json_is_no_crash() -> None:
    for text in ("{", "[" * 100_000, "NaN", "5", '"{}"', "1" * 5000):
        assert mistakes(values_of(kms=text)), text


def test_an_error_of_the_configuration_is_for_the_reader_not_for_the_debugger() -> None:
    with pytest.raises(config.ConfigError) as caught:
        config.parse("production", {"kms": "5", "region": "x"}, {})
    assert isinstance(caught.value, pulumi.RunError)
    assert str(caught.value).splitlines() == list(caught.value.mistakes)
    assert all(line.startswith("trading-platform:") for line in caught.value.mistakes)


def test_a_wrong_value_does_not_hide_broken_rules_of_its_own_section() -> None:
    changes: dict[str, Any] = {
        "postgres__multiAz": "yes",
        "postgres__backupWindow": "05:30-06:30",
        "postgres__colour": "blue",
        "nodeGroups__general__diskSizeGib": "large",
        "nodeGroups__general__minSize": 30,
    }
    found = mistakes(values_of(**changes))
    assert len(found) == len(changes)
    for key in changes:
        assert [line for line in found if line.startswith(f"{key.replace('__', '.')}: ")], found
