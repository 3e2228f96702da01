"""The stack that takes over in the recovery region, by day and as a pilot light."""

from __future__ import annotations

import shutil
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest
import yaml

import config
from config import pilot_light, takeover
from config.takeover import Place
from tests.unit.stacks import ROOT, values_of


def place(**changes: Any) -> Place:
    known: dict[str, Any] = {
        "name": "takeover",
        "vpc_cidr": IPv4Network("10.3.0.0/16"),
        "recovery_region": "us-east-2",
        "standby_zones": ["us-east-2a", "us-east-2b", "us-east-2c"],
        "standby_cidr": IPv4Network("10.101.0.0/20"),
        "snapshot": "production-postgres-takeover",
    }
    return Place(**{**known, **changes})


def moved(values: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    return takeover.moved(values or values_of("production"), place(**changes))


def test_it_is_valid_beside_all_other_stacks() -> None:
    siblings, doubts = config.read_siblings(ROOT, "takeover")
    assert doubts == []
    found = config.parse("takeover", moved(), siblings)
    assert found.region == "us-west-2"
    assert found.recovery.region == "us-east-2"
    assert not any(value is True for value in found.account.model_dump().values())


def test_the_standby_keeps_its_settings_in_the_next_region() -> None:
    old, standby = values_of()["recovery"]["standby"], moved()["recovery"]["standby"]
    assert standby == {
        "instanceClass": old["instanceClass"],
        "vpcCidr": "10.101.0.0/20",
        "subnets": {"us-east-2a": "10.101.0.0/24", "us-east-2b": "10.101.1.0/24", "us-east-2c": "10.101.2.0/24"},
    }
    assert "standby" not in moved(without_standby=True)["recovery"]
    with pytest.raises(ValueError, match="--standby-zones, --standby-cidr: name zones of us-east-2"):
        moved(standby_zones=[])


def test_a_stack_without_a_standby_gets_none() -> None:
    assert "standby" not in moved(values_of(recovery__standby=...), zones=list("abc"))["recovery"]


def test_zones_are_those_of_the_standby_and_subnets_keep_their_place() -> None:
    assert moved()["network"]["subnets"] == {
        "us-west-2a": {"public": "10.3.0.0/24", "private": "10.3.32.0/19", "database": "10.3.4.0/24"},
        "us-west-2b": {"public": "10.3.1.0/24", "private": "10.3.64.0/19", "database": "10.3.5.0/24"},
        "us-west-2c": {"public": "10.3.2.0/24", "private": "10.3.96.0/19", "database": "10.3.6.0/24"},
    }


def test_zones_that_are_named_count() -> None:
    zones = ["ap-northeast-1a", "ap-northeast-1c", "ap-northeast-1d"]
    values = values_of(recovery__region="ap-northeast-1", recovery__standby=...)
    assert list(moved(values, zones=zones)["network"]["subnets"]) == zones


@pytest.mark.parametrize("zones", [[], ["us-west-2a", "us-west-2b"], ["us-west-2a"] * 3])
def test_zones_are_never_made_up(zones: list[str]) -> None:
    with pytest.raises(ValueError, match="--zones: name 3 different zones of us-west-2"):
        moved(values_of(recovery__standby=...), zones=zones)


def test_zones_of_another_region_are_refused_by_their_key(capsys: pytest.CaptureFixture[str]) -> None:
    zones = ["us-west-1a", "us-west-1b", "us-west-1c"]
    assert takeover.main([*arguments(), "--zones", *zones]) == 1
    assert "network.subnets.us-west-1a: is not a zone of region (us-west-2)" in capsys.readouterr().err


def test_the_database_starts_from_the_snapshot_or_empty() -> None:
    assert moved()["postgres"]["restore"] == {"snapshotIdentifier": "production-postgres-takeover"}
    assert "restore" not in moved(snapshot=None)["postgres"]
    old = values_of(postgres__restore={"snapshotIdentifier": "older"})
    assert "restore" not in moved(old, snapshot=None)["postgres"]


@pytest.mark.parametrize(("held", "allocated", "limit"), [(400, 500, 2000), (900, 900, 2000), (1900, 1900, 2090)])
def test_storage_that_has_grown_is_restored_into_no_less_and_may_grow(held: int, allocated: int, limit: int) -> None:
    postgres = moved(storage_gib=held)["postgres"]
    assert (postgres["allocatedStorageGib"], postgres["maxAllocatedStorageGib"]) == (allocated, limit)
    config.parse("takeover", moved(storage_gib=held), {})


def test_what_belongs_to_the_lost_region_stays_behind() -> None:
    function = "arn:aws:lambda:us-east-1:123456789012:function:rotate"
    values = moved(values_of(postgres__rotation={"lambdaArn": function}))
    assert values["access"]["state"]["bucket"] == f"trading-platform-state-{values_of()['accountId']}-us-west-2"
    assert "us-east-1" not in yaml.safe_dump(values)


def test_a_network_that_is_too_small_is_refused() -> None:
    with pytest.raises(ValueError, match="is smaller than"):
        moved(vpc_cidr=IPv4Network("10.3.0.0/20"))


def test_the_file_reads_back_as_the_values() -> None:
    values = moved()
    text = takeover.stack_file(values, stack="production")
    content = yaml.safe_load(text)["config"]
    assert content.pop("pulumi:disable-default-providers") == ["aws", "kubernetes"]
    assert {key.removeprefix("trading-platform:"): value for key, value in content.items()} == values


def arguments(**changes: str) -> list[str]:
    options = {
        "stack": "production",
        "name": "takeover",
        "vpc-cidr": "10.3.0.0/16",
        "recovery-region": "us-east-2",
        "standby-zones": "us-east-2a us-east-2b us-east-2c",
        "standby-cidr": "10.101.0.0/20",
    }
    return [word for name, value in {**options, **changes}.items() for word in (f"--{name}", *value.split())]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for source in [*ROOT.glob("Pulumi.*.yaml"), *ROOT.glob("policies/*/config/*.json")]:
        target = tmp_path / source.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    monkeypatch.setattr(takeover, "ROOT", tmp_path)
    return tmp_path


def test_the_command_writes_the_file_and_the_rules_that_judge_the_stack(checkout: Path) -> None:
    pattern = '{"exemptions": [{"urn": "urn:pulumi:production::trading-platform::x"}]}'
    (checkout / "policies" / "tagging" / "config" / "production.json").write_text(pattern, encoding="utf-8")
    assert takeover.main(arguments()) == 0
    written = yaml.safe_load((checkout / "Pulumi.takeover.yaml").read_text(encoding="utf-8"))["config"]
    assert written["trading-platform:region"] == "us-west-2"
    assert written["trading-platform:access"]["predecessor"] == "production"
    rules = {path.parent.parent.name: path.read_text() for path in checkout.glob("policies/*/config/takeover.json")}
    assert sorted(rules) == ["baseline", "encryption", "tagging"]
    assert rules["tagging"] == pattern.replace("production", "takeover")


def test_written_again_on_the_day_the_file_keeps_the_key_of_its_secrets(checkout: Path) -> None:
    file = checkout / "Pulumi.takeover.yaml"
    assert takeover.main([*arguments(), "--pilot-light"]) == 0
    assert pilot_light.options("takeover", checkout)[:2] == ["--exclude-dependents", "--exclude"]
    own = "secretsprovider: awskms://alias/trading-platform-state?region=us-west-2\nencryptedkey: AQ==\n"
    file.write_text(own + file.read_text(encoding="utf-8"), encoding="utf-8")
    assert takeover.main([*arguments(), "--snapshot", "production-postgres-takeover"]) == 0
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert content["secretsprovider"] == "awskms://alias/trading-platform-state?region=us-west-2"
    assert content["encryptedkey"] == "AQ=="
    assert pilot_light.options("takeover", checkout) == []


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"vpc-cidr": "10.1.0.0/16"}, "overlaps the network of stack staging"),
        ({"standby-cidr": "10.100.8.0/22"}, "overlaps the standby's network of stack production"),
        (
            {"recovery-region": "us-west-2", "standby-zones": "us-west-2a us-west-2b"},
            "is the stack's own region",
        ),
        ({"standby-zones": "us-east-1a us-east-1b"}, "is not a zone of recovery.region (us-east-2)"),
        ({"vpc-cidr": "10.3.0.0/24"}, "is smaller than"),
        ({"stack": "nowhere"}, "Pulumi.nowhere.yaml"),
    ],
)
def test_the_command_refuses_what_no_stack_may_be(
    changes: dict[str, str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert takeover.main(arguments(**changes)) == 1
    assert complaint in capsys.readouterr().err
    assert not (ROOT / "Pulumi.takeover.yaml").exists()


def test_no_stack_of_the_repository_waits() -> None:
    for file in ROOT.glob("Pulumi.*.yaml"):
        assert pilot_light.options(file.name.split(".")[1]) == []


def test_what_belongs_to_the_lost_region_stays_there() -> None:
    client = {"office": {"cidr": "192.168.7.0/24"}, "jobs": {"securityGroupId": "sg-0123456789abcdef0"}}
    gateway = {"id": "tgw-0123456789abcdef0", "networks": ["192.168.0.0/16"]}
    values = values_of(network__transitGateway=gateway, postgres__clients=client, redis__clients=client)
    found = moved(values)
    assert "transitGateway" not in found["network"]
    assert not {"clients"} & {*found["postgres"], *found["redis"]}
    siblings, _ = config.read_siblings(ROOT, "takeover")
    assert config.parse("takeover", found, siblings).client_cidrs == []


def test_a_vpc_that_somebody_else_owns_is_not_guessed() -> None:
    existing = {"id": "vpc-0123456789abcdef0", "subnets": {}}
    with pytest.raises(ValueError, match=r"network\.existing: the VPC of us-west-2 is known to its owner only"):
        moved(values_of(network__existing=existing))


def test_the_address_keeps_its_zone_and_goes_on_with_the_records_of_the_lost_stack() -> None:
    made = {**values_of("production"), "address": {"domain": "trading.example.com", "parentZoneId": "Z1PARENT"}}
    with pytest.raises(ValueError, match="--hosted-zone: name the zone"):
        moved(made, successor_of="production")
    found = moved(made, successor_of="production", hosted_zone="Z1MADE")
    parsed = config.parse("takeover", found, {}).address
    assert parsed is not None
    assert (parsed.hosted_zone_id, parsed.parent_zone_id, parsed.dns.owner) == ("Z1MADE", None, "production")
