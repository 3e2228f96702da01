"""The page of losses: as the program says, and within the guide's limits."""

from __future__ import annotations

import subprocess
import sys
from functools import cache

import pytest

from components.recovery import total_minutes
from config import losses
from config.files import ROOT
from config.losses import Lost
from tests.limits import HANGING_SECONDS
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


@cache
def collected(marker: str) -> frozenset[str]:
    """The ids of the tests that a run of this marker has, of all files that the page names."""
    named = {test for lost in PRODUCTION for test in (*lost.tests, *lost.nightly)}
    files = sorted({test.partition("::")[0] for test in named})
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "-m", marker, *files]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=HANGING_SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    ids = {line for line in done.stdout.splitlines() if "::" in line}
    # A function that has parameters stands for all of its cases.
    return frozenset(ids | {line.partition("[")[0] for line in ids})


def test_what_proves_a_loss_is_run_when_the_page_says() -> None:
    daily = {test for lost in PRODUCTION for test in lost.tests}
    nightly = {test for lost in PRODUCTION for test in lost.nightly}
    assert daily - collected("not nightly") == set()
    assert nightly - collected("nightly") == set()
    assert [lost.title for lost in PRODUCTION if not lost.tests] == []
    sys.stdout.write(f"{len(PRODUCTION)} losses, proven by {len(daily)} tests of each run and {len(nightly)} nightly\n")
