"""The stack that takes over in the recovery region."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

import pytest
import yaml

import config
from configuration import elsewhere
from tests.unit.stacks import ROOT, values_of


def moved(**changes: Any) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "name": "takeover",
        "vpc_cidr": IPv4Network("10.3.0.0/16"),
        "recovery_region": "us-east-2",
        "snapshot": "production-postgres-takeover",
    }
    return elsewhere.moved(values_of("production"), **{**arguments, **changes})


def test_it_is_valid_beside_all_other_stacks() -> None:
    siblings, doubts = config.read_siblings(ROOT, "takeover")
    assert doubts == []
    found = config.parse("takeover", moved(), siblings)
    assert found.region == "us-west-2"
    assert found.recovery.region == "us-east-2"
    assert found.recovery.standby is None
    assert not any(value is True for value in found.account.model_dump().values())


def test_zones_keep_their_letters_and_subnets_their_place() -> None:
    network = moved()["network"]
    assert network["subnets"]["us-west-2b"] == {
        "public": "10.3.1.0/24",
        "private": "10.3.64.0/19",
        "database": "10.3.5.0/24",
    }


def test_the_database_starts_from_the_snapshot() -> None:
    assert moved()["postgres"]["restore"] == {"snapshotIdentifier": "production-postgres-takeover"}
    assert "restore" not in moved(snapshot=None)["postgres"]


def test_its_state_is_in_its_own_region() -> None:
    assert moved()["access"]["state"]["bucket"] == "trading-platform-state-123456789012-us-west-2"


def test_a_network_that_is_too_small_is_refused() -> None:
    with pytest.raises(ValueError, match="is smaller than"):
        moved(vpc_cidr=IPv4Network("10.3.0.0/20"))


def test_the_file_reads_back_as_the_values() -> None:
    values = moved()
    text = elsewhere.stack_file(values, stack="production")
    content = yaml.safe_load(text)["config"]
    assert content.pop("pulumi:disable-default-providers") == ["aws", "kubernetes"]
    assert {key.removeprefix("trading-platform:"): value for key, value in content.items()} == values
