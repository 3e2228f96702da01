"""Alarms on nodes and pods: metrics of Container Insights with enhanced observability."""

from __future__ import annotations

from collections.abc import Callable

from tests.alarms.cloudwatch import Minutes
from tests.alarms.scenario import plain
from tests.alarms.series import (
    BROKEN,
    DAY,
    DEPLOYMENTS,
    FAILOVER,
    HOUR,
    MARKET_OPENS,
    NODE_UPDATE,
    PLAYED,
    SCALE_OUTS,
    WEEK,
    after,
    constant,
    daily,
    during,
    gap,
    gauge,
    restarts,
    silent,
    together,
)


def nodes(level: Callable[[int], Callable[[int], float]], minutes: int = WEEK, noise: float = 0.1) -> Minutes:
    """A figure of each of six nodes."""
    return together(*(gauge(level(number), minutes, noise=noise, seed=number) for number in range(6)))


def pods(special: Minutes, others: int = 8) -> Minutes:
    """A figure of each pod: one or the other, and many that have nothing to tell."""
    return together(special, *[[[0.0]] * len(special)] * others)


# Nodes are replaced one after the other, every four minutes, and each is not ready for its first minute.
_NOT_READY = during(during(constant(0), [NODE_UPDATE + 4 * number for number in range(30)], 1, 1), SCALE_OUTS, 1, 3)
_FAILING = during(_NOT_READY, [start + 3 * HOUR for start in SCALE_OUTS], 4, 1)


def flapping(minute: int) -> float:
    return 0 if minute % 5 == 0 else 1


def collected_images(minute: int, offset: int) -> float:
    """From 85 % on the kubelet removes images down to 80 %; it looks every five minutes."""
    return 80 + (minute + 97 * offset) % 300 / 50


CLUSTER = dict(
    [
        plain(
            "cluster_failed_node_count",
            20,
            {
                "a node fails": gauge(after(constant(0), constant(1)), PLAYED),
                "a node flaps": gauge(after(constant(0), flapping), PLAYED),
            },
            {"nodes come, go and are replaced": gauge(_FAILING)},
        ),
        plain(
            "node_cpu_utilization",
            20,
            {"all are busy": nodes(lambda _: after(daily(20, 55), constant(92)), PLAYED, 0.05)},
            {
                "markets open, one node computes all day": nodes(
                    lambda n: constant(99) if n == 0 else during(daily(15, 55), MARKET_OPENS, 8, 95), noise=0.05
                )
            },
        ),
        plain(
            "node_memory_utilization",
            20,
            {"all are full": nodes(lambda _: after(constant(60), constant(93)), PLAYED, 0.03)},
            {"caches fill, one node is full": nodes(lambda n: constant(95) if n == 0 else daily(55, 70), noise=0.03)},
        ),
        plain(
            "node_filesystem_utilization",
            45,
            {
                "logs fill a disk": nodes(
                    lambda n: after(constant(60), lambda m: min(100, 60 + m)) if n == 0 else constant(60), PLAYED + DAY
                )
            },
            {"images are collected": nodes(lambda n: lambda m: collected_images(m, n), noise=0.0)},
        ),
        plain(
            "pod_number_of_container_restarts",
            30,
            {"two pods fail": pods(together(restarts(BROKEN, PLAYED), restarts(BROKEN, PLAYED)))},
            {
                "agents of new nodes and pods of deployments start again": pods(
                    gauge(during(during(constant(0), SCALE_OUTS, 1, 4), DEPLOYMENTS, 3, 1))
                ),
                "one pod fails and is seen by another alarm": pods(restarts(BROKEN, DAY)),
                "the database fails over": pods(gauge(during(constant(0), [FAILOVER], 1, 8))),
            },
        ),
        plain(
            "pod_container_status_waiting_reason_crash_loop_back_off",
            20,
            {
                "fails at each start": pods(gauge(after(constant(0), constant(1)), PLAYED)),
                "runs a minute of five": pods(gauge(after(constant(0), flapping), PLAYED)),
            },
            {"waits for its database after a deployment": pods(gauge(during(constant(0), DEPLOYMENTS, 4, 1)))},
        ),
        plain(
            "pod_status_pending",
            20,
            {"no node takes it": pods(gauge(after(constant(0), constant(1)), PLAYED))},
            {
                "nodes come for it, jobs start every five minutes": pods(
                    gauge(
                        during(
                            during(lambda m: float(m % 5 == 0), SCALE_OUTS, 5, 1),
                            DEPLOYMENTS,
                            3,
                            1,
                        )
                    )
                ),
                "nodes are replaced": pods(
                    gauge(during(constant(0), [NODE_UPDATE + 4 * number for number in range(30)], 2, 1))
                ),
            },
        ),
        plain(
            "cluster_node_count",
            30,
            {
                "the agent is gone": silent(gauge(constant(5), PLAYED)),
                "no node is left": gauge(after(constant(5), constant(0)), PLAYED),
            },
            {
                # The alarm is made once the add-on runs, which then has nodes to count.
                "nodes come and go, the agent is upgraded": gap(gauge(daily(3, 9)), NODE_UPDATE, 10),
            },
        ),
    ]
)
