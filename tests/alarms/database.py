"""Alarms on database instances: metrics of RDS for PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping

from components.postgres import memory_gib, most_connections
from tests.alarms.cloudwatch import Inputs, Metrics, Minutes
from tests.alarms.scenario import Place, Scenario, plain
from tests.alarms.series import (
    BACKUPS,
    BROKEN,
    BUSY,
    DAY,
    DEPLOYMENTS,
    FAILOVER,
    GIB,
    HOUR,
    PLAYED,
    after,
    constant,
    daily,
    during,
    gap,
    gauge,
    grown_storage,
    idle_lag,
    silent,
)


def _memory(level: float, place: Place) -> float:
    return level * (memory_gib(place.instance_class) or 0) * GIB


def _stored(place: Place, daily_gib: float, at_most: float) -> Minutes:
    grown = grown_storage(place.allocated_gib, at_most, daily_gib=daily_gib)
    return [[free * GIB] for free, _ in grown]


def storage_faults(_alarm: Inputs, place: Place) -> Mapping[str, Metrics]:
    """Storage that nobody makes larger: at its maximum, or faster than RDS may."""
    at_maximum = [[place.allocated_gib * 0.3 * GIB]] * BROKEN
    at_maximum += [
        [max(0.0, place.allocated_gib * 0.3 * (1 - minute / (4 * HOUR))) * GIB] for minute in range(5 * HOUR)
    ]
    return {"at its maximum": {"FreeStorageSpace": at_maximum}}


def storage_weeks(_alarm: Inputs, place: Place) -> Mapping[str, Metrics]:
    if place.at_most_gib <= place.allocated_gib:
        return {"half is free": {"FreeStorageSpace": gauge(constant(place.allocated_gib * GIB / 2))}}
    return {
        "RDS grows it": {"FreeStorageSpace": _stored(place, place.allocated_gib * 0.05, place.at_most_gib)},
        "RDS grows it, slowly": {"FreeStorageSpace": _stored(place, place.allocated_gib * 0.01, place.at_most_gib)},
    }


def _connections(place: Place) -> float:
    return float(most_connections(place.instance_class) or 0)


_REPORTS = during(during(daily(10, 60), BACKUPS, 25, 75), [start + 8 * HOUR for start in BACKUPS], 4, 100)
_DISK_FAULT = gauge(after(constant(0.002), constant(0.06)), PLAYED, noise=0.2)
_DISK_WEEK = gauge(during(during(daily(0.0005, 0.004), BACKUPS, 30, 0.014), DEPLOYMENTS, 3, 0.09), noise=0.3)
_LAG_WEEK = during(constant(1), [start + HOUR for start in BACKUPS], 4, 200)

DATABASE = dict(
    [
        plain(
            "CPUUtilization",
            10,
            {"busy": gauge(BUSY, PLAYED), "down": silent(gauge(daily(15, 50), PLAYED))},
            {"reports, backups, a failover": gap(gauge(_REPORTS, noise=0.05), FAILOVER, 3)},
        ),
        (
            "FreeableMemory",
            Scenario(
                faults=lambda _alarm, place: {
                    "sessions take it": {
                        "FreeableMemory": gauge(
                            after(
                                constant(_memory(0.4, place)), lambda m: _memory(max(0.01, 0.4 - m / HOUR * 0.4), place)
                            ),
                            PLAYED,
                        )
                    }
                },
                within=75,
                ordinary=lambda _alarm, place: {
                    "the page cache fills": {"FreeableMemory": gauge(daily(_memory(0.5, place), _memory(0.25, place)))}
                },
            ),
        ),
        ("FreeStorageSpace", Scenario(faults=storage_faults, within=4 * HOUR - 10, ordinary=storage_weeks)),
        (
            "DatabaseConnections",
            Scenario(
                faults=lambda _alarm, place: {
                    "a client leaks them": {
                        "DatabaseConnections": gauge(
                            after(
                                constant(_connections(place) / 5),
                                lambda m: min(_connections(place), _connections(place) * (1 + m / 30) / 5),
                            ),
                            PLAYED,
                        )
                    }
                },
                within=130,
                ordinary=lambda _alarm, place: {
                    "pools, and all of them again after a failover": {
                        "DatabaseConnections": gauge(
                            during(
                                daily(_connections(place) / 20, _connections(place) / 3),
                                [FAILOVER],
                                3,
                                _connections(place),
                            )
                        )
                    }
                },
            ),
        ),
        plain("ReadLatency", 10, {"disk is slow": _DISK_FAULT}, {"backups, a scan": _DISK_WEEK}),
        plain("WriteLatency", 10, {"disk is slow": _DISK_FAULT}, {"backups, a bulk load": _DISK_WEEK}),
        plain(
            "ReplicaLag",
            25,
            {
                "falls behind": gauge(after(constant(1), lambda m: 60.0 * m), PLAYED),
                "does not replicate": silent(gauge(constant(1), PLAYED)),
            },
            {
                "long transactions": gauge(_LAG_WEEK),
                **{f"an idle source, {phase} s": idle_lag(phase, DAY) for phase in range(0, 300, 30)},
            },
        ),
    ]
)
