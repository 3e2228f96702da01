"""Everyday changes of production: the committed table is true, and none of them costs data."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from review import upgrades
from tests.engine.deployed import ROOT

pytestmark = pytest.mark.engine


def test_no_everyday_change_replaces_or_deletes_what_holds_data(tell: Callable[[str], None]) -> None:
    found = list(upgrades.effects(ROOT))
    lost = [effect for effect in found if effect.data_lost]
    assert [effect.upgrade.name for effect in lost if not effect.refused] == []
    assert [effect.upgrade.name for effect in lost] == ["a replica less"]
    committed = (ROOT / "docs" / "upgrades.md").read_text(encoding="utf-8")
    assert upgrades.render(found).splitlines() == committed.splitlines(), "run `make upgrades`"
    kept = len(found) - len(lost)
    tell(f"upgrades: {kept} of {len(found)} everyday changes leave all data in place, the others are refused")
