"""Hours in which AWS maintains what holds data: no two stores at once."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import config
from components.common.windows import free_window, weekly_windows_overlap
from config.files import values
from tests.unit.config.complaints import complaints
from tests.unit.stacks import mistakes, values_of

ROOT = Path(__file__).parents[3]
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEK = 7 * 24 * 60


def weekly(start: int, length: int) -> str:
    moments = [divmod(minute % WEEK, 24 * 60) for minute in (start, start + length)]
    return "-".join(f"{DAYS[day]}:{minute // 60:02}:{minute % 60:02}" for day, minute in moments)


def minutes(window: str) -> set[int]:
    """Every minute of the week that a weekly or a daily window holds."""
    first, last = window.split("-")
    if first.count(":") == 1:
        return set().union(*(minutes(f"{day}:{first}-{_day_of(day, first, last)}:{last}") for day in DAYS))
    start, end = (
        DAYS.index(day) * 24 * 60 + int(hour) * 60 + int(minute) for day, hour, minute in map(_parts, (first, last))
    )
    return {minute % WEEK for minute in range(start, end + (WEEK if end < start else 0))}


def _day_of(day: str, first: str, last: str) -> str:
    """A daily window that ends before it starts ends on the next day."""
    return day if first < last else DAYS[(DAYS.index(day) + 1) % 7]


def _parts(moment: str) -> list[str]:
    return moment.split(":")


WINDOWS = st.builds(weekly, st.integers(0, WEEK - 1), st.integers(30, 24 * 60 - 1))


@given(WINDOWS, WINDOWS)
def test_windows_overlap_where_they_have_a_minute_in_common(one: str, other: str) -> None:
    assert weekly_windows_overlap(one, other) is bool(minutes(one) & minutes(other))


@settings(max_examples=60, deadline=None)
@given(WINDOWS, st.integers(0, 1439), st.integers(30, 600), st.lists(WINDOWS, max_size=4))
def test_a_free_window_has_no_minute_in_common_with_any_other(
    wanted: str, start: int, length: int, taken: list[str]
) -> None:
    end = (start + length) % 1440
    daily = f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"
    closed = set().union(*map(minutes, (wanted, daily, *taken)))
    try:
        found = free_window(wanted, daily, taken)
    except ValueError:
        size = len(minutes(wanted))
        first = min(minutes(wanted) - {(minute + 1) % WEEK for minute in minutes(wanted)})
        # By hand: every full hour from the wanted start on meets something.
        assert all(closed & {(first + hour * 60 + minute) % WEEK for minute in range(size)} for hour in range(7 * 24))
    else:
        assert len(minutes(found)) == len(minutes(wanted))
        assert not minutes(found) & closed


STACKS = sorted([*ROOT.glob("Pulumi.*.yaml"), *ROOT.glob("examples/Pulumi.*.yaml")])


@pytest.mark.parametrize("path", STACKS, ids=lambda path: path.stem)
def test_no_two_stores_of_a_stack_share_a_minute(path: Path) -> None:
    name = path.stem.removeprefix("Pulumi.")
    stack = config.parse(name, values(name, path.parent), {})
    windows = [stack.postgres.maintenance_window, *stack.postgres.replica_windows().values()]
    windows += [stack.recovery.standby.window(stack.postgres)] if stack.recovery.standby else []
    every = [minutes(window) for window in (*windows, stack.redis.maintenance_window)]
    assert all(not one & other for one, other in itertools.combinations(every, 2))


@pytest.mark.parametrize("replicas", [1, 2, 7, 15])
def test_every_replica_finds_an_hour_of_its_own(replicas: int) -> None:
    found = {f"read-{number}": {"instanceClass": "db.r6g.2xlarge"} for number in range(replicas)}
    values = values_of(postgres__replicas=found)
    if replicas == 15:
        # At most 15 with the standby: the provider counts both.
        values["recovery"].pop("standby")
    stack = config.parse("production", values, {})
    windows = [*stack.postgres.replica_windows().values(), stack.postgres.maintenance_window]
    assert len(set(windows)) == replicas + 1
    assert not any(
        minutes(one) & minutes(other)
        for one, other in itertools.combinations([*windows, stack.redis.maintenance_window], 2)
    )


STANDBY = {
    "instanceClass": "db.r6g.2xlarge",
    "vpcCidr": "10.100.0.0/20",
    "subnets": {"us-west-2a": "10.100.0.0/24", "us-west-2b": "10.100.1.0/24"},
}


def _replica(window: str) -> Mapping[str, Any]:
    return {"instanceClass": "db.r6g.2xlarge", "maintenanceWindow": window}


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        (
            {"redis__maintenanceWindow": "sun:05:00-sun:06:00"},
            "redis.maintenanceWindow: sun:05:00-sun:06:00 overlaps postgres.maintenanceWindow (sun:05:00-sun:06:00)",
        ),
        (
            {"redis__maintenanceWindow": "sat:05:59-sat:07:00"},
            "redis.maintenanceWindow: sat:05:59-sat:07:00 overlaps postgres.replicas.read.maintenanceWindow"
            " (sat:05:00-sat:06:00)",
        ),
        (
            {"postgres__replicas": {"read": _replica("sun:05:30-sun:06:30")}},
            "postgres.replicas.read.maintenanceWindow: sun:05:30-sun:06:30 overlaps postgres.maintenanceWindow"
            " (sun:05:00-sun:06:00)",
        ),
        (
            {"postgres__replicas": {"read": _replica("wed:05:00-wed:06:00"), "more": _replica("wed:05:30-wed:06:30")}},
            "postgres.replicas.more.maintenanceWindow: wed:05:30-wed:06:30 overlaps"
            " postgres.replicas.read.maintenanceWindow (wed:05:00-wed:06:00)",
        ),
        (
            {"recovery__standby": {**STANDBY, "maintenanceWindow": "sun:05:00-sun:06:00"}},
            "recovery.standby.maintenanceWindow: sun:05:00-sun:06:00 overlaps postgres.maintenanceWindow"
            " (sun:05:00-sun:06:00)",
        ),
        (
            {"recovery__standby": {**STANDBY, "maintenanceWindow": "sun:03:30-sun:04:30"}},
            "recovery.standby.maintenanceWindow: sun:03:30-sun:04:30 overlaps postgres.backupWindow (03:00-04:00)",
        ),
        (
            {"postgres__replicas": {"read": _replica("sun:03:30-sun:04:30")}},
            "postgres.replicas.read.maintenanceWindow: sun:03:30-sun:04:30 overlaps postgres.backupWindow"
            " (03:00-04:00)",
        ),
        (
            {"postgres__replicas": {"read": _replica("sun:08:00-sun:08:29")}},
            "postgres.replicas.read.maintenanceWindow: sun:08:00-sun:08:29 must last at least 30 minutes",
        ),
    ],
)
def test_windows_that_meet_are_refused_by_key(changes: Mapping[str, Any], complaint: str) -> None:
    (found,) = mistakes(values_of(**changes))
    assert found.startswith(complaint)


def test_a_week_without_room_for_a_replica_is_refused_by_key() -> None:
    # A day has one free stretch of 23 hours, a week has seven of them, and the primary's is one.
    replicas = {f"read-{number}": {"instanceClass": "db.r6g.2xlarge"} for number in range(7)}
    windows = ("postgres.backupWindow", "04:00-05:00", "postgres.maintenanceWindow", "sun:05:00-mon:04:00")
    found = complaints("postgres.replicas", replicas, *windows)
    assert any(line.startswith("postgres.maintenanceWindow: ") and "leave no other one" in line for line in found), (
        found
    )
