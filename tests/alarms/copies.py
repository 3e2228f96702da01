"""Alarms on copies in another region and on NAT gateways."""

from __future__ import annotations

from collections.abc import Callable

from tests.alarms.cloudwatch import Minutes
from tests.alarms.scenario import plain
from tests.alarms.series import BROKEN, DAY, HOUR, PLAYED, after, constant, counted, during, gauge, nothing


def copies(arrives: Callable[[int], int | None], days: int = 8) -> Minutes:
    """A copy a day, at a minute after midnight, or none on that day. Nothing else is published."""
    return counted({day * DAY + at: 1.0 for day in range(days) if (at := arrives(day)) is not None}, days * DAY)


_LAST_COPY = BROKEN - HOUR
COPIES = dict(
    [
        plain(
            "NumberOfCopyJobsCompleted",
            2 * DAY,
            {"no more copies": counted({_LAST_COPY: 1.0}, BROKEN + 3 * DAY)},
            {
                # A job starts within an hour of its schedule and may take eight: 06:00 to 15:00.
                "early and late by turns": copies(lambda day: 6 * HOUR if day % 2 else 15 * HOUR - 1),
                "the first copy on the second day": copies(lambda day: 7 * HOUR if day else None),
            },
        ),
        plain(
            "ReplicationLatency",
            30,
            {"stopped": gauge(after(constant(0), lambda m: 60.0 * m), PLAYED)},
            {"catches up": gauge(lambda m: 60.0 * (m % 15)), "idle": gauge(constant(0))},
        ),
        plain(
            "OperationsFailedReplication",
            5,
            {"an object": counted({BROKEN: 1.0}, PLAYED)},
            {"all arrive": nothing(), "said so": gauge(constant(0), DAY)},
        ),
    ]
)
NETWORK = dict(
    [
        plain(
            "ErrorPortAllocation",
            5,
            {"refused once": gauge(during(constant(0), [BROKEN], 1, 1), PLAYED)},
            {"none refused": gauge(constant(0))},
        )
    ]
)
