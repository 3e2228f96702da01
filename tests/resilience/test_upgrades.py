"""Everyday changes of production: the committed table is true, and none of them costs data."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from review import upgrades
from review.upgrades import Effect
from tests.engine.deployed import ROOT

pytestmark = pytest.mark.engine

COMMITTED = (ROOT / "docs" / "upgrades.md").read_text(encoding="utf-8")

# Those that come closest to what holds data; all of them take two minutes.
DELICATE = (
    "next Kubernetes minor",
    "larger database",
    "longer backups of the database",
    "a second replica",
    "a replica less",
    "larger Redis nodes",
    "another owner in the tags",
)


def lost(found: list[Effect]) -> list[str]:
    """The changes that replace or delete what holds data, unless the engine refuses; one is known to be refused."""
    assert [effect.upgrade.name for effect in found if effect.refused] == ["a replica less"]
    return [effect.upgrade.name for effect in found if effect.data_lost and not effect.refused]


def test_the_most_delicate_changes_leave_all_data_in_place(tell: Callable[[str], None]) -> None:
    delicate = [upgrade for upgrade in upgrades.UPGRADES if upgrade.name in DELICATE]
    found = list(upgrades.effects(ROOT, delicate))
    assert len(found) == len(DELICATE)
    assert lost(found) == []
    rows = [line for line in upgrades.render(found).splitlines() if line.startswith("| ")]
    assert [row for row in rows if row not in COMMITTED.splitlines()] == [], "run `make upgrades`"
    tell(f"upgrades: the {len(found)} most delicate of {len(upgrades.UPGRADES)} changes leave all data in place")


@pytest.mark.nightly
def test_the_table_of_everyday_changes_is_up_to_date(tell: Callable[[str], None]) -> None:
    found = list(upgrades.effects(ROOT))
    assert lost(found) == []
    assert upgrades.render(found).splitlines() == COMMITTED.splitlines(), "run `make upgrades`"
    kept = sum(not effect.data_lost for effect in found)
    tell(f"upgrades: {kept} of {len(found)} everyday changes leave all data in place, the others are refused")
