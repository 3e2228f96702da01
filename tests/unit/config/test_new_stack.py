"""Stacks of one's own: what `make stack` writes is accepted beside the others, and shares nothing with them."""

from __future__ import annotations

import shutil
from ipaddress import IPv4Network
from pathlib import Path

import pytest

import config
from config import new_stack
from config.files import read, values
from config.new_stack import Wish
from tests.unit.stacks import EXAMPLES, ROOT, STACKS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The stack files of the repository, with its examples and the settings of its packs."""
    for file in ROOT.glob("Pulumi.*.yaml"):
        shutil.copy(file, tmp_path)
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    for pack in ROOT.glob("policies/*/config"):
        shutil.copytree(pack, tmp_path / pack.relative_to(ROOT))
    return tmp_path


PLACES = {"govcloud": "us-gov-east-1"}


@pytest.mark.parametrize("like", [*STACKS, *EXAMPLES])
def test_a_stack_like_each_is_accepted_beside_all_others(folder: Path, like: str) -> None:
    for name, account in (("mine", "999988887777"), ("also-mine", "123456789012")):
        new_stack.write(Wish(name=name, like=like, account=account, region=PLACES.get(like, "eu-central-1")), folder)
        found = read(name, folder)
        assert (found.account_id, found.region) == (account, PLACES.get(like, "eu-central-1"))
        assert found.access.github_environment == name
        text = (folder / f"Pulumi.{name}.yaml").read_text(encoding="utf-8")
        # Nothing of the other stack's places is left but what it says about others.
        old = values(like, folder if like in STACKS else folder / "examples")
        assert str(old["accountId"]) not in text or old["accountId"] == account
        assert not any(zone in text for zone in old["network"]["subnets"])


def test_networks_are_apart_from_those_of_all_others(folder: Path) -> None:
    for name in ("one", "two", "three"):
        new_stack.write(Wish(name=name, like="production", account="999988887777", region="us-east-1"), folder)
    networks: list[IPv4Network | None] = []
    standbys = []
    for name in (*STACKS, "one", "two", "three"):
        found = read(name, folder)
        networks.append(found.network.vpc_cidr)
        standbys.append(found.recovery.standby)
    own = [each for each in (*networks, *(each.vpc_cidr for each in standbys if each)) if each]
    assert [(a, b) for i, a in enumerate(own) for b in own[i + 1 :] if a.overlaps(b)] == []


def test_a_second_stack_of_an_account_leaves_its_switches_alone(folder: Path) -> None:
    new_stack.write(Wish(name="mine", like="production", account="123456789012", region="us-east-1"), folder)
    new_stack.write(Wish(name="other", like="production", account="999988887777", region="us-east-1"), folder)
    assert not read("mine", folder).account.guard_duty
    assert read("other", folder).account.guard_duty


def test_who_deploys_and_who_is_told_can_be_said(folder: Path) -> None:
    wish = Wish(
        name="mine", like="staging", account="999988887777", region="us-east-1", repository="a/b", email="x@y.org"
    )
    new_stack.write(wish, folder)
    found = read("mine", folder)
    assert (found.access.github_repository, found.observability.alarm_emails) == ("a/b", ("x@y.org",))


def test_the_packs_have_the_same_settings_under_the_new_name(folder: Path) -> None:
    written = new_stack.write(Wish(name="mine", like="sandbox", account="999988887777", region="us-east-1"), folder)
    assert [str(each.relative_to(folder)) for each in written] == [
        "Pulumi.mine.yaml",
        *(f"policies/{pack}/config/mine.json" for pack in ("baseline", "encryption", "tagging")),
    ]
    assert "urn:pulumi:sandbox::" not in written[1].read_text(encoding="utf-8")
    assert "urn:pulumi:mine::" in written[1].read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"name": "Mine!"}, "is no name of a stack"),
        ({"name": "production"}, "is there already"),
        ({"like": "nobody"}, "there is no such file"),
        ({"region": "zz-nowhere-9"}, "is no region; known are"),
        ({"account": "12"}, "accountId"),
        ({"recovery": "us-east-1"}, "recovery.region"),
        ({"region": "us-west-1", "recovery": "us-west-2"}, "us-west-1: has 2 zones, and 3 are needed"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_left(folder: Path, change: dict[str, str], complaint: str) -> None:
    before = sorted(folder.rglob("*"))
    wish = {"name": "mine", "like": "development", "account": "999988887777", "region": "us-east-1", **change}
    with pytest.raises(config.ConfigError, match=complaint.replace("?", r"\?")):
        new_stack.write(Wish(**wish), folder)
    assert sorted(folder.rglob("*")) == before
