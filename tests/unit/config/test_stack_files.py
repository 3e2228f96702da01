"""The stack files: valid and apart; production as the setup guide wants it, staging and development of its shape."""

from __future__ import annotations

import json
from importlib.resources import files
from itertools import combinations
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml

import config
from components.audit.settings import AccountSettings
from components.common.scope import Scope
from components.state.store import state_backend
from config import images, node_types, reference
from config.model import documented_keys
from tests.unit.stacks import EVERY_STACK, ROOT, STACKS, parsed, stack_file

SCHEMAS = Path(str(files("cfnlint"))) / "data" / "schemas" / "extensions"


@pytest.mark.parametrize("stack", EVERY_STACK)
def test_every_stack_is_valid_beside_the_others(stack: str) -> None:
    siblings, warnings = config.read_siblings(ROOT, stack)
    assert set(siblings) == set(EVERY_STACK) - {stack}
    assert warnings == []
    values = {key.partition(":")[2]: v for key, v in stack_file(stack).items() if key.startswith("trading-platform:")}
    assert config.parse(stack, values, siblings).stack == stack


@pytest.mark.parametrize("stack", EVERY_STACK)
def test_default_providers_are_off(stack: str) -> None:
    assert stack_file(stack)["pulumi:disable-default-providers"] == ["aws", "kubernetes"]


@pytest.mark.parametrize("stack", EVERY_STACK)
def test_what_belongs_to_the_organisation_comes_from_the_file(stack: str) -> None:
    settings, content = parsed(stack), stack_file(stack)
    assert settings.owner == content["trading-platform:owner"]
    assert settings.cost_center == content["trading-platform:costCenter"]
    assert settings.account_id == content["trading-platform:accountId"]


def test_production_has_the_values_of_the_guide() -> None:
    stack = parsed("production")
    assert stack.region == "us-east-1"
    assert str(stack.network.vpc_cidr) == "10.0.0.0/16"
    assert [str(cidr) for cidr in stack.cluster.allowed_cidrs] == ["10.0.0.0/8"]
    types = {label: group.instance_types for label, group in stack.node_groups.items() if label != "batch"}
    assert types == {"general": ("m5.xlarge",), "ml": ("c5.4xlarge",), "trading": ("c5.2xlarge",)}
    postgres, redis = stack.postgres, stack.redis
    assert (postgres.engine_version, postgres.instance_class, postgres.multi_az) == ("15", "db.r6g.2xlarge", True)
    assert (postgres.backup_retention_days, len(postgres.replicas)) == (30, 1)
    assert (redis.engine_version, redis.node_type) == ("7.0", "cache.r7g.2xlarge")
    assert (redis.shards * (1 + redis.replicas_per_shard), redis.snapshot_retention_days) == (3, 7)


def test_production_is_protected() -> None:
    stack = parsed("production")
    assert stack.deletion_protection
    assert stack.secret_recovery_days == stack.kms.deletion_window_days == 30
    assert stack.node_groups["trading"].min_size >= 3
    compliance = stack.buckets["compliance"]
    assert compliance.object_lock is not None
    assert (compliance.object_lock.mode, compliance.object_lock.retention_days) == ("COMPLIANCE", 2557)
    assert compliance.replicate
    assert stack.recovery.vault_lock is not None
    assert stack.recovery.standby is not None
    assert stack.recovery.standby.instance_class == stack.postgres.instance_class
    periods = (stack.cluster, stack.postgres, stack.redis, stack.observability)
    assert all(section.log_retention_days >= 365 for section in periods)
    assert stack.network.flow_log_retention_days >= 365


def test_production_offers_spot_capacity_for_batch_work() -> None:
    batch = parsed("production").node_groups["batch"]
    assert batch.capacity_type == "SPOT"
    assert batch.min_size == 0
    assert len(batch.instance_types) >= 3
    assert batch.taints


@pytest.mark.parametrize("stack", ["staging", "development"])
def test_other_stacks_can_be_deleted_and_rebuilt(stack: str) -> None:
    settings = parsed(stack)
    assert not settings.deletion_protection
    assert settings.buckets["compliance"].object_lock is not None
    assert settings.buckets["compliance"].object_lock.mode == "GOVERNANCE"
    assert settings.recovery.vault_lock is None
    assert settings.recovery.standby is None
    assert settings.postgres.backup_retention_days >= 1


@pytest.mark.parametrize("stack", ["staging", "development"])
def test_other_stacks_have_the_shape_of_production(stack: str) -> None:
    def shape(name: str) -> dict[str, Any]:
        settings = parsed(name)
        return {
            "zones": list(settings.network.subnets),
            "groups": [label for label in settings.node_groups if label != "batch"],
            "taints": {label: settings.node_groups[label].taints for label in ("general", "ml", "trading")},
            "replicas": list(settings.postgres.replicas),
            "multi_az": settings.postgres.multi_az,
            "versions": (
                settings.cluster.version,
                settings.postgres.engine_version,
                settings.redis.engine_version,
            ),
            "nodes": settings.redis.replicas_per_shard,
            "buckets": {
                label: (bucket.replicate, bucket.object_lock is None) for label, bucket in settings.buckets.items()
            },
            "alarms": list(settings.observability.custom_alarms),
        }

    assert shape(stack) == shape("production")


@pytest.mark.parametrize("stack", STACKS)
def test_ml_and_trading_nodes_are_reserved_for_their_workloads(stack: str) -> None:
    groups = parsed(stack).node_groups
    for label in ("ml", "trading"):
        assert groups[label].labels["workload"] == label
        (taint,) = groups[label].taints
        assert (taint.key, taint.value, taint.effect) == ("workload", label, "NO_SCHEDULE")
    assert groups["general"].taints == ()


@pytest.mark.parametrize("stack", STACKS)
def test_latency_alarms_watch_the_slowest_percent(stack: str) -> None:
    alarms = parsed(stack).observability.custom_alarms
    assert {alarms["order-latency"].statistic, alarms["api-latency"].statistic} == {"p99"}


def test_networks_do_not_overlap() -> None:
    stacks = [parsed(stack) for stack in EVERY_STACK]
    networks = [stack.network.vpc_cidr for stack in stacks]
    standbys = [stack.recovery.standby for stack in stacks]
    networks += [standby.vpc_cidr for standby in standbys if standby and standby.vpc_cidr]
    assert not any(first.overlaps(second) for first, second in combinations(networks, 2))


def test_each_account_has_one_owner_of_its_switches() -> None:
    for field in AccountSettings.model_fields:
        owners = [
            (parsed(name).account_id, name) for name in EVERY_STACK if getattr(parsed(name).account, field) is True
        ]
        accounts = [account for account, _ in owners]
        assert len(accounts) == len(set(accounts))
    assert parsed("development").account == AccountSettings()


@pytest.mark.parametrize("stack", EVERY_STACK)
def test_the_state_is_where_the_accounts_foundation_keeps_it(stack: str) -> None:
    settings = parsed(stack)
    account = Scope(prefix=settings.project, account_id=settings.account_id, region=settings.region)
    state, backend = settings.access.state, state_backend(account)
    assert state is not None
    assert (state.bucket, state.key_alias) == (backend.bucket, backend.key_alias)


def _offered(path: str, region: str) -> Any:
    """What cfn-lint's data, made from AWS's own price and offering lists, says of a region."""
    return json.loads((SCHEMAS / path).read_text(encoding="utf-8"))[region]


def _postgres_classes(region: str) -> set[str]:
    rules = _offered("aws_rds_dbinstance/dbinstanceclass_enum.json", region)["allOf"]
    rule = next(rule for rule in rules if rule["if"]["properties"]["Engine"].get("const") == "postgres")
    return set(rule["then"]["properties"]["DBInstanceClass"]["enum"])


@pytest.mark.parametrize("stack", EVERY_STACK)
def test_aws_offers_the_sizes_in_the_region(stack: str) -> None:
    settings = parsed(stack)
    instances = _offered("aws_ec2_instance/instancetype_enum.json", settings.region)["enum"]
    for group in settings.node_groups.values():
        assert set(group.instance_types) <= set(instances)
    caches = _offered("aws_elasticache_cachecluster/cachenodetype_enum.json", settings.region)["enum"]
    assert settings.redis.node_type in caches
    classes = {settings.postgres.instance_class, *(r.instance_class for r in settings.postgres.replicas.values())}
    assert classes <= _postgres_classes(settings.region)
    if standby := settings.recovery.standby:
        assert standby.instance_class in _postgres_classes(settings.recovery.region)


class TestProjectFile:
    """Pulumi.yaml."""

    PROJECT = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))
    DESCRIBED: ClassVar = {key: entry for key, entry in PROJECT["config"].items() if ":" not in key}

    def test_it_describes_every_key_and_no_other(self) -> None:
        assert list(self.DESCRIBED) == list(config.KEYS)
        assert all(entry["description"] for entry in self.DESCRIBED.values())

    def test_missing_keys_are_left_to_the_program(self) -> None:
        assert {entry["default"] for entry in self.DESCRIBED.values()} == {""}
        assert not any("type" in entry for entry in self.DESCRIBED.values())

    def test_automatic_names_start_with_the_stacks(self) -> None:
        others = {key: entry for key, entry in self.PROJECT["config"].items() if ":" in key}
        assert others == {"pulumi:autonaming": {"value": {"pattern": "${stack}-${name}-${hex(7)}"}}}

    def test_it_says_which_keys_are_required(self) -> None:
        for key, info in config.KEYS.items():
            assert ("required" in self.PROJECT["config"][key]["description"]) == info.is_required()

    def test_it_uses_the_projects_virtual_environment(self) -> None:
        assert self.PROJECT["runtime"] == {"name": "python", "options": {"toolchain": "pip", "virtualenv": ".venv"}}


class TestReference:
    """docs/configuration.md."""

    def test_it_is_up_to_date(self) -> None:
        assert reference.TARGET.read_text(encoding="utf-8") == reference.render(), "run `python -m config.reference`"

    def test_the_page_of_nodes_is_up_to_date(self) -> None:
        assert node_types.TARGET.read_text(encoding="utf-8") == node_types.page(), "run `python -m config.node_types`"

    def test_the_page_of_images_is_up_to_date(self) -> None:
        assert images.TARGET.read_text(encoding="utf-8") == images.page(), "run `python -m config.images`"

    def test_it_maps_every_variable_of_the_guide_to_a_key(self) -> None:
        documented = {row.path for key, info in config.KEYS.items() for row in reference.rows(key, info)}
        for variable, _, keys, _ in reference.GUIDE_VARIABLES:
            assert set(keys.split(", ")) <= documented, variable

    def test_every_key_has_a_meaning(self) -> None:
        for key, info in documented_keys().items():
            assert all(row.description and row.allowed for row in reference.rows(key, info))
