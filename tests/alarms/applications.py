"""Alarms on the applications' own metrics."""

from __future__ import annotations

from collections.abc import Callable

from tests.alarms.cloudwatch import Minutes
from tests.alarms.scenario import Scenario, plain
from tests.alarms.series import (
    BACKUPS,
    DAY,
    DEPLOYMENTS,
    MARKET_OPENS,
    PLAYED,
    WEEK,
    after,
    constant,
    daily,
    during,
    gap,
    gauge,
    nothing,
    silent,
)


def samples(level: Callable[[int], float], minutes: int = WEEK) -> Minutes:
    """A hundred requests a minute: most around the level, the slowest one and a half times as slow."""
    return [[level(minute) * (0.5 + number / 20) for number in range(20)] for minute in range(minutes)]


def latency(metric: str, quiet: str) -> tuple[str, Scenario]:
    """Whoever sets the threshold says what is late."""
    return metric, Scenario(
        faults=lambda alarm, _place: {
            "late": {metric: samples(after(constant(alarm["threshold"] / 3), constant(2 * alarm["threshold"])), PLAYED)}
        },
        within=10,
        ordinary=lambda alarm, _place: {
            "markets open": {
                metric: samples(
                    during(
                        daily(alarm["threshold"] / 8, alarm["threshold"] / 2), MARKET_OPENS, 2, 2 * alarm["threshold"]
                    )
                )
            },
            quiet: {metric: nothing()},
        },
    )


APPLICATIONS = dict(
    [
        latency("OrderLatency", "nothing traded"),
        latency("RequestLatency", "no requests"),
        plain(
            "OrderErrors",
            10,
            {"refused": gauge(after(constant(0), constant(30)), PLAYED)},
            {"one or the other": gauge(during(lambda m: float(m % 7 == 0), DEPLOYMENTS, 2, 20)), "none": nothing()},
        ),
        plain(
            "ServerErrorRate",
            12,
            {"errors": gauge(after(constant(0.05), constant(8)), PLAYED)},
            {"deployments": gauge(during(constant(0.1), DEPLOYMENTS, 3, 5)), "no requests": nothing()},
        ),
        plain(
            "EngineHeartbeat",
            12,
            {"stopped": silent([[1.0, 1.0]] * PLAYED)},
            {
                "restarts": gap([[1.0, 1.0]] * WEEK, DEPLOYMENTS[1], 3),
                "the engine comes on the third day": gap([[1.0, 1.0]] * WEEK, 0, 2 * DAY),
                "not deployed yet": nothing(),
            },
        ),
        plain(
            "TrainingStepsPerMinute",
            25,
            {"stalls": gauge(after(constant(40), constant(0)), PLAYED)},
            {"writes checkpoints": gauge(during(constant(40), BACKUPS, 8, 0)), "nothing is trained": nothing()},
        ),
    ]
)
