"""Alarms against metrics as AWS makes them: each fires on its fault and rests without one.

The metrics are written from the services' documentation; CloudWatch's evaluation is that of the alarms' user guide.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from components.buckets.alarms import behind_alarm, failed_alarm
from components.cluster.alarms import cluster_alarms
from components.common.alarms import Alarm
from components.network.alarms import port_alarm
from components.postgres.alarms import replica_alarms
from components.recovery.recovery import late_copies_alarm
from tests.unit.environments import THRESHOLDS

CLUSTER = cluster_alarms("c", THRESHOLDS)
LAG = replica_alarms("replica", THRESHOLDS)["lag"]
PORTS = port_alarm("us-east-1a", "nat-0")

# What is published in each minute: several data points, or none.
Minutes = Sequence[Sequence[float]]
_STATISTICS: dict[str, Callable[[Sequence[float]], float]] = {
    "Average": lambda points: sum(points) / len(points),
    "Maximum": max,
    "Minimum": min,
    "Sum": sum,
}


def fires(alarm: Alarm, minutes: Minutes) -> bool:
    """Whether the alarm is up at any time: as many bad periods in a row as it wants."""
    length, bad = alarm.period_seconds // 60, 0
    for start in range(0, len(minutes) - length + 1, length):
        points = [point for minute in minutes[start : start + length] for point in minute]
        if points:
            value = _STATISTICS[alarm.statistic](points)
            breaches = value > alarm.threshold if alarm.comparison == "above" else value < alarm.threshold
        else:
            breaches = alarm.missing_data == "breaching" or alarm.tells_silence
        bad = bad + 1 if breaches else 0
        if bad >= alarm.evaluation_periods:
            return True
    return False


def restarts(pods: int, minutes: int) -> Minutes:
    """Restarts since the last minute, of each failing pod: its back-off doubles from 10 seconds to 5 minutes."""
    moments, delay, now = [], 10, 0
    while now < minutes * 60:
        moments.append(now)
        now += delay
        delay = min(2 * delay, 300)
    return [[float(sum(m // 60 == minute for m in moments))] * pods for minute in range(minutes)]


def idle_lag(phase: int, minutes: int = 60) -> Minutes:
    """A replica of a source that nobody writes to: the lag grows until the log is switched, every five minutes."""
    return [[float((60 * minute + phase) % 300)] for minute in range(minutes)]


def test_one_pod_that_fails_is_found_however_slowly_it_starts_again() -> None:
    waiting: Minutes = [[1.0]] * 30
    assert fires(CLUSTER["pods-crash-looping"], waiting)
    assert not fires(CLUSTER["pods-crash-looping"], [[0.0]] * 60)
    # Started again once, as after a node was drained.
    assert not fires(CLUSTER["pods-crash-looping"], [*[[0.0]] * 10, [1.0], [1.0], *[[0.0]] * 48])


def test_many_restarts_are_found_although_the_metric_starts_again_each_minute() -> None:
    assert fires(CLUSTER["pod-restarts"], restarts(pods=2, minutes=30))
    assert fires(CLUSTER["pod-restarts"], restarts(pods=6, minutes=30)[15:])
    assert not fires(CLUSTER["pod-restarts"], restarts(pods=1, minutes=60))
    assert not fires(CLUSTER["pod-restarts"], [[0.0] * 40] * 60)


def test_no_single_minute_ever_holds_as_many_restarts_as_the_threshold() -> None:
    assert max(max(minute) for minute in restarts(pods=1, minutes=60)) < THRESHOLDS.pod_restarts


def test_silence_of_the_metrics_is_an_alarm() -> None:
    alarm = CLUSTER["metrics-silent"]
    assert fires(alarm, [*[[5.0]] * 30, *[[]] * 20])
    assert not fires(alarm, [[5.0]] * 60)
    # The agent restarts: ten minutes without data.
    assert not fires(alarm, [*[[5.0]] * 30, *[[]] * 10, *[[5.0]] * 30])


@pytest.mark.parametrize("phase", range(0, 300, 7))
def test_a_replica_of_an_idle_source_is_not_behind(phase: int) -> None:
    assert not fires(LAG, idle_lag(phase))


def test_a_replica_that_is_behind_or_silent_is_found() -> None:
    assert fires(LAG, [[120.0]] * 15)
    assert fires(LAG, [[60.0 * minute] for minute in range(30)])
    assert fires(LAG, [*[[1.0]] * 10, *[[]] * 15])
    # One long transaction, replayed within minutes.
    assert not fires(LAG, [*[[1.0]] * 10, *[[200.0]] * 4, *[[1.0]] * 30])


def test_disks_are_full_beyond_what_the_kubelet_collects() -> None:
    # Images are collected from 85 % on, down to 80 %.
    sawtooth: Minutes = [[80.0 + minute % 6] for minute in range(120)]
    assert not fires(CLUSTER["node-disk"], sawtooth)
    assert fires(CLUSTER["node-disk"], [[89.0]] * 20)


def test_one_refused_connection_of_a_nat_gateway_is_enough() -> None:
    assert fires(PORTS, [*[[0.0]] * 7, [1.0], *[[0.0]] * 7])
    assert not fires(PORTS, [[0.0]] * 60)
    assert not fires(PORTS, [[]] * 60)


def test_a_copy_that_is_behind_is_found_and_one_that_catches_up_is_not() -> None:
    alarm = behind_alarm("compliance", "here", "there")
    # Replication has stopped: the copy is a minute further behind with each minute.
    assert fires(alarm, [[60.0 * minute] for minute in range(30)])
    assert not fires(alarm, [[60.0 * (minute % 15)] for minute in range(24 * 60)])
    # An idle bucket is 0 behind.
    assert not fires(alarm, [[0.0]] * 60)


def test_each_object_that_is_not_copied_is_told() -> None:
    alarm = failed_alarm("compliance", "here", "there")
    assert fires(alarm, [*[[]] * 30, [1.0], *[[]] * 30])
    assert not fires(alarm, [[]] * 60)


def copies(days: int, minute_of_day: Callable[[int], int | None]) -> Minutes:
    """A copy a day, at a minute after midnight, or none on that day."""
    found: list[list[float]] = [[] for _ in range(days * 24 * 60)]
    for day in range(days):
        minute = minute_of_day(day)
        if minute is not None:
            found[day * 24 * 60 + minute] = [1.0]
    return found


def test_backups_that_are_not_copied_are_found_within_two_days() -> None:
    alarm = late_copies_alarm("production-backups")
    # A job starts within an hour of its schedule and may take eight: 06:00 to 15:00, whatever the day before.
    assert not fires(alarm, copies(8, lambda day: 6 * 60 if day % 2 else 15 * 60 - 1))
    assert not fires(alarm, copies(8, lambda day: 7 * 60))
    stopped = copies(8, lambda day: 7 * 60 if day < 4 else None)
    assert fires(alarm, stopped)
    assert fires(alarm, stopped[: (3 + 2) * 24 * 60 + 7 * 60])
