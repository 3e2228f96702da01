"""Alarms on certificate, firewall, load balancers and reachability."""

from __future__ import annotations

from collections.abc import Callable

from tests.alarms.cloudwatch import Minutes
from tests.alarms.scenario import plain
from tests.alarms.series import (
    BACKUPS,
    BROKEN,
    DAY,
    DEPLOYMENTS,
    PLAYED,
    WEEK,
    after,
    constant,
    counted,
    daily,
    during,
    gap,
    gauge,
    nothing,
    together,
)

_TWICE_A_DAY = range(0, 40 * DAY, DAY // 2)


def days_left(first: float, renewed_at: float | None) -> Minutes:
    """ACM says twice a day how many days are left, and renews 60 days before the end."""
    found = {}
    for minute in _TWICE_A_DAY:
        left = first - minute / DAY
        found[minute] = left if renewed_at is None or left > renewed_at else left + 395 - renewed_at
    return counted(found, 40 * DAY)


def requests(level: Callable[[int], float], minutes: int = WEEK) -> Minutes:
    """A sum of each minute that had any."""
    return [[level(minute)] if level(minute) else [] for minute in range(minutes)]


_NO_ERRORS = during(constant(0), DEPLOYMENTS, 2, 3)
ADDRESS = dict(
    [
        plain(
            "DaysToExpiry",
            2 * DAY,
            {
                "not renewed": counted(
                    {m: max(0.0, 31 - (m - BROKEN) / DAY) for m in range(BROKEN, 60 * DAY, DAY // 2)}, 60 * DAY
                )
            },
            {"renewed in time": days_left(80, 60), "far away": days_left(300, None)},
        ),
        plain(
            "BlockedRequests",
            10,
            {"an attack": requests(after(constant(0), constant(3000)), PLAYED)},
            {"scanners": requests(during(constant(0), BACKUPS, 10, 15)), "nobody": nothing()},
        ),
        plain(
            "HTTPCode_ELB_5XX_Count",
            10,
            {"no healthy target": requests(after(constant(0), constant(500)), PLAYED)},
            {"deployments": requests(_NO_ERRORS), "no load balancer": nothing()},
        ),
        plain(
            "HTTPCode_Target_5XX_Count",
            10,
            {"errors": requests(after(constant(0), constant(500)), PLAYED)},
            {"deployments": requests(_NO_ERRORS), "no load balancer": nothing()},
        ),
        plain(
            "TargetResponseTime",
            20,
            {"late": gauge(after(constant(0.08), constant(3)), PLAYED)},
            {"cold starts": gauge(during(daily(0.03, 0.15), DEPLOYMENTS, 5, 2.5)), "no requests": nothing()},
        ),
        plain(
            "UnHealthyHostCount",
            20,
            {"fails its check": together(gauge(after(constant(0), constant(1)), PLAYED), gauge(constant(0), PLAYED))},
            {"deployments": together(gauge(during(constant(0), DEPLOYMENTS, 5, 1)), gauge(constant(0)))},
        ),
        plain(
            "ClientTLSNegotiationErrorCount",
            10,
            {"a wrong certificate": requests(after(constant(0), constant(400)), PLAYED)},
            {"scanners": requests(during(constant(1), BACKUPS, 5, 8))},
        ),
        plain(
            "HealthCheckStatus",
            5,
            {"does not answer": gauge(after(constant(1), constant(0)), PLAYED)},
            # Route 53 counts failures itself; its first figure comes some minutes after the check.
            {"answers": gap(gauge(constant(1)), 0, 20)},
        ),
    ]
)
