"""The page of losses: as the program says, and within the guide's limits."""

from __future__ import annotations

import pytest

from components.recovery import total_minutes
from config import losses
from config.losses import Lost
from tests.unit.stacks import parsed

PRODUCTION = losses.losses(parsed())


def test_the_page_is_up_to_date() -> None:
    assert losses.TARGET.read_text(encoding="utf-8") == losses.render(), "run `make docs`"


@pytest.mark.parametrize("lost", PRODUCTION, ids=lambda lost: lost.title)
def test_every_loss_ends_within_four_hours(lost: Lost) -> None:
    assert 0 < total_minutes(lost.steps) < 240


@pytest.mark.parametrize("lost", PRODUCTION, ids=lambda lost: lost.title)
def test_every_step_says_where_its_minutes_come_from(lost: Lost) -> None:
    assert all(step.minutes > 0 and step.source for step in lost.steps)


def test_no_loss_of_the_list_is_missing() -> None:
    titles = ["Pod", "Node", "Zone", "Database", "Cache", "Bucket emptied by mistake", "Key of the account", "Region"]
    assert [lost.title for lost in PRODUCTION] == titles
