"""Metrics as services publish them: an ordinary week, and what a fault makes of them from `BROKEN` on.

Sources are the services' user guides: what is a gauge and what a difference, in which unit, how often, and when nothing
is published at all.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from random import Random

from tests.alarms.cloudwatch import Minutes

HOUR = 60
DAY = 24 * HOUR
WEEK = 7 * DAY
BROKEN = 3 * HOUR
"""The minute in which a fault begins."""
PLAYED = BROKEN + 4 * HOUR
"""How long a fault is played, unless it takes days to be seen."""
GIB = 1024**3

DEPLOYMENTS = [day * DAY + 10 * HOUR for day in (0, 2, 3)]
SCALE_OUTS = [day * DAY + 14 * HOUR for day in range(5)]
NODE_UPDATE = DAY + 11 * HOUR
FAILOVER = 5 * DAY + 4 * HOUR
MARKET_OPENS = [day * DAY + 13 * HOUR + 30 for day in range(5)]
BACKUPS = [day * DAY + 3 * HOUR for day in range(7)]

Level = Callable[[int], float]


def gauge(level: Level, minutes: int = WEEK, *, noise: float = 0.0, seed: int = 1) -> list[list[float]]:
    """One data point each minute, not below zero."""
    random = Random(seed)  # noqa: S311 (noise)
    return [[max(0.0, level(minute) * (1 + random.uniform(-noise, noise)))] for minute in range(minutes)]


def together(*members: Minutes) -> list[list[float]]:
    """One metric that several send: the nodes of a cluster, its pods."""
    return [[point for points in minute for point in points] for minute in zip(*members, strict=True)]


def daily(night: float, noon: float) -> Level:
    """A day of work: least at 01:00, most at 13:00."""
    return lambda minute: night + (noon - night) * (1 - math.cos(2 * math.pi * (minute % DAY - HOUR) / DAY)) / 2


def during(level: Level, starts: list[int], minutes: int, to: float) -> Level:
    """Another level for some minutes from each start on."""
    return lambda minute: to if any(0 <= minute - start < minutes for start in starts) else level(minute)


def after(level: Level, to: Level) -> Level:
    """Another level from `BROKEN` on; `to` counts from there."""
    return lambda minute: to(minute - BROKEN) if minute >= BROKEN else level(minute)


def constant(value: float) -> Level:
    return lambda _: value


def gap(minutes: Minutes, start: int, length: int) -> list[list[float]]:
    """Nothing is published for a time, as while an instance fails over."""
    return [[] if 0 <= minute - start < length else [*points] for minute, points in enumerate(minutes)]


def silent(minutes: Minutes) -> list[list[float]]:
    """Nothing is published from `BROKEN` on."""
    return gap(minutes, BROKEN, len(minutes))


def nothing(minutes: int = WEEK) -> list[list[float]]:
    return [[] for _ in range(minutes)]


def counted(moments: dict[int, float], minutes: int = WEEK) -> list[list[float]]:
    """A counter that is published only in minutes in which it counted something."""
    return [[moments[minute]] if minute in moments else [] for minute in range(minutes)]


def restarts(start: int, minutes: int, *, delay: int = 10) -> list[list[float]]:
    """Restarts of a failing container since the last minute: its back-off doubles from 10 seconds to 5 minutes."""
    moments, now = [], start * 60
    while now < minutes * 60:
        moments.append(now // 60)
        now += delay
        delay = min(2 * delay, 300)
    return [[float(moments.count(minute))] for minute in range(minutes)]


def idle_lag(phase: int, minutes: int = WEEK) -> list[list[float]]:
    """A replica of a source that nobody writes to: the lag grows until the log is switched, every five minutes."""
    return [[float((60 * minute + phase) % 300)] for minute in range(minutes)]


def grown_storage(
    allocated: float, at_most: float, *, daily_gib: float, minutes: int = WEEK
) -> Iterator[tuple[float, float]]:
    """Free and allocated GiB by the minute, while RDS grows the storage by itself (RDS user guide, autoscaling).

    It acts when a tenth or less was free for five minutes and six hours have passed since the last time: by 10 GiB or a
    tenth, whatever is more.
    """
    free, short, last = allocated * 0.12, 0, -6 * HOUR
    for minute in range(minutes):
        free = max(0.0, free - daily_gib / DAY)
        short = short + 1 if free <= allocated / 10 else 0
        if short >= 5 and minute - last >= 6 * HOUR and allocated < at_most:
            more = min(max(10, allocated / 10), at_most - allocated)
            allocated, free, last, short = allocated + more, free + more, minute, 0
        yield free, allocated


BUSY = after(daily(15, 50), constant(95))
"""A processor in percent."""
