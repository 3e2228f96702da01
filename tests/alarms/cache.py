"""Alarms on nodes of Redis: metrics of ElastiCache."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from tests.alarms.cloudwatch import Inputs, Metrics
from tests.alarms.scenario import Scenario, plain
from tests.alarms.series import (
    BACKUPS,
    BROKEN,
    BUSY,
    DAY,
    DEPLOYMENTS,
    FAILOVER,
    HOUR,
    PLAYED,
    after,
    constant,
    daily,
    during,
    gap,
    gauge,
    nothing,
    silent,
)

_HITS, _MISSES, _RATE = "hits", "misses", "rate"


def reads(level: Callable[[int], float], rate: Callable[[int], float], minutes: int) -> Metrics:
    """Hits and misses of each minute, and their rate, which a node that nobody reads from does not have."""
    random = Random(3)  # noqa: S311 (noise)
    found = {name: nothing(minutes) for name in (_HITS, _MISSES, _RATE)}
    for minute in range(minutes):
        asked = int(level(minute))
        hit = sum(random.random() < rate(minute) for _ in range(asked)) if asked < 50 else round(asked * rate(minute))
        found[_HITS][minute], found[_MISSES][minute] = [float(hit)], [float(asked - hit)]
        if asked:
            found[_RATE][minute] = [100 * hit / asked]
    return found


def primaries(changes: Sequence[int], nodes_: int, minutes: int, gone: int = 0) -> Metrics:
    """Who says that it is primary, minute by minute; the one before may be gone for some minutes."""
    found: dict[str, list[list[float]]] = {}
    for node in range(nodes_):
        found[f"node{node + 1}"] = [[float(sum(m >= c for c in changes) % nodes_ == node)] for m in range(minutes)]
    for number, change in enumerate(changes):
        name = f"node{number % nodes_ + 1}"
        found[name] = gap(found[name], change, gone)
    return found


def _nodes(alarm: Inputs) -> int:
    return sum("metric" in query for query in alarm["metricQueries"])


CACHE = dict(
    [
        plain(
            "EngineCPUUtilization",
            10,
            {"busy": gauge(BUSY, PLAYED), "down": silent(gauge(daily(15, 50), PLAYED))},
            {"bursts, and a node that is replaced": gap(gauge(during(daily(5, 50), DEPLOYMENTS, 4, 95)), FAILOVER, 4)},
        ),
        plain(
            "CPUUtilization",
            10,
            {"handshakes": gauge(after(daily(10, 30), constant(90)), PLAYED)},
            {"a snapshot each night": gauge(during(daily(10, 35), BACKUPS, 20, 60))},
        ),
        plain(
            "DatabaseMemoryUsagePercentage",
            2 * HOUR,
            {"keys without expiry": gauge(after(constant(60), lambda m: min(100, 60 + m / 3)), PLAYED)},
            {"keys of a day": gauge(daily(45, 72), noise=0.03)},
        ),
        (
            "CurrConnections",
            Scenario(
                # ElastiCache takes 65,000 on a node (ElastiCache user guide, quotas).
                faults=lambda _alarm, _place: {
                    "a client leaks them": {
                        "CurrConnections": gauge(after(constant(800), lambda m: min(65_000, 800 + 500 * m)), PLAYED)
                    }
                },
                within=60,
                ordinary=lambda _alarm, _place: {
                    "pools, and twice as many during a deployment": {
                        "CurrConnections": gauge(during(daily(400, 900), DEPLOYMENTS, 10, 1800))
                    }
                },
            ),
        ),
        plain(
            "Evictions",
            10,
            {"the working set does not fit": gauge(after(constant(0), constant(6000)), PLAYED)},
            {
                "a bulk load": gauge(during(constant(0), DEPLOYMENTS, 3, 5000)),
                "a few all day": gauge(constant(200), DAY),
            },
        ),
        (
            "CacheHitRate+CacheHits+CacheMisses",
            Scenario(
                faults=lambda _alarm, _place: {
                    "keys are named anew": reads(constant(6000), after(constant(0.95), constant(0.5)), PLAYED)
                },
                within=25,
                ordinary=lambda _alarm, _place: {
                    "few reads at night": reads(
                        lambda m: 6000 if 7 * HOUR < m % DAY < 20 * HOUR else 4,
                        lambda m: 0.95 if 7 * HOUR < m % DAY < 20 * HOUR else 0.4,
                        3 * DAY,
                    ),
                    "cold after a deployment": reads(
                        constant(6000), during(constant(0.95), DEPLOYMENTS, 8, 0.4), 4 * DAY
                    ),
                    "nobody reads from it": reads(constant(0), constant(0), DAY),
                },
            ),
        ),
        (
            "IsMaster",
            Scenario(
                faults=lambda alarm, _place: {
                    "a failover": primaries([BROKEN], _nodes(alarm), PLAYED),
                    "the primary is gone": primaries([BROKEN], _nodes(alarm), PLAYED, gone=20),
                },
                within=5,
                ordinary=lambda alarm, _place: {
                    "the same primary": primaries([], _nodes(alarm), DAY),
                    "a replica is replaced": {
                        **primaries([], _nodes(alarm), DAY),
                        "node2": gap(gauge(constant(0), DAY), BROKEN, 12),
                    },
                },
            ),
        ),
        plain(
            "ReplicationLag",
            10,
            {"behind": gauge(after(constant(0.2), constant(150)), PLAYED)},
            {
                "a full copy for a new node": gauge(during(constant(0.3), [FAILOVER], 3, 150)),
                "a primary has none": nothing(),
            },
        ),
    ]
)
