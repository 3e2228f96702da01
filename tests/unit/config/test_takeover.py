"""The stack that takes over in the recovery region."""

from __future__ import annotations

import shutil
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest
import yaml

import config
from config import takeover as elsewhere
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
    assert moved()["access"]["state"]["bucket"] == f"trading-platform-state-{values_of()['accountId']}-us-west-2"


def test_a_network_that_is_too_small_is_refused() -> None:
    with pytest.raises(ValueError, match="is smaller than"):
        moved(vpc_cidr=IPv4Network("10.3.0.0/20"))


def test_the_file_reads_back_as_the_values() -> None:
    values = moved()
    text = elsewhere.stack_file(values, stack="production")
    content = yaml.safe_load(text)["config"]
    assert content.pop("pulumi:disable-default-providers") == ["aws", "kubernetes"]
    assert {key.removeprefix("trading-platform:"): value for key, value in content.items()} == values


def arguments(**changes: str) -> list[str]:
    options = {"stack": "production", "name": "takeover", "vpc-cidr": "10.3.0.0/16", "recovery-region": "us-east-2"}
    return [word for name, value in {**options, **changes}.items() for word in (f"--{name}", value)]


def test_the_command_writes_the_file_and_the_rules_that_judge_the_stack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for source in [*ROOT.glob("Pulumi.*.yaml"), *ROOT.glob("policies/*/config/*.json")]:
        target = tmp_path / source.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    monkeypatch.setattr(elsewhere, "ROOT", tmp_path)
    assert elsewhere.main(arguments()) == 0
    written = yaml.safe_load((tmp_path / "Pulumi.takeover.yaml").read_text(encoding="utf-8"))["config"]
    assert written["trading-platform:region"] == "us-west-2"
    rules = sorted(path.parent.parent.name for path in tmp_path.glob("policies/*/config/takeover.json"))
    assert rules == ["baseline", "encryption", "tagging"]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"vpc-cidr": "10.1.0.0/16"}, "overlaps the network of stack staging"),
        ({"recovery-region": "us-west-2"}, "is the stack's own region"),
        ({"vpc-cidr": "10.3.0.0/24"}, "is smaller than"),
    ],
)
def test_the_command_refuses_what_no_stack_may_be(
    changes: dict[str, str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert elsewhere.main(arguments(**changes)) == 1
    assert complaint in capsys.readouterr().err
    assert not (ROOT / "Pulumi.takeover.yaml").exists()
