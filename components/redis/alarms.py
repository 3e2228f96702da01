"""Alarms on Redis nodes (guide: Monitoring and Observability). Metrics and units: AWS/ElastiCache, per node."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from components.common.alarms import Alarm, Reading
from components.common.thresholds import AlarmThresholds

# Evictions of a minute. A few are the policy at work, many mean that the working set no longer fits.
_EVICTIONS_PER_MINUTE = 1000
# Reads of five minutes from which on a share says something.
_READS = 1000

_metric = partial(Alarm, namespace="AWS/ElastiCache")


def node_alarms(node_id: str, thresholds: AlarmThresholds) -> dict[str, Alarm]:
    """Alarms on one node by label; every node has all of them, since a failover changes who is primary.

    A node that sends no engine load is down, so there silence is an alarm. A primary has no replication lag.
    """
    return {**_load_alarms(node_id, thresholds), **_service_alarms(node_id, thresholds)}


def _load_alarms(node_id: str, thresholds: AlarmThresholds) -> dict[str, Alarm]:
    """How full the node is."""
    metric = partial(_metric, dimensions={"CacheClusterId": node_id})
    return {
        "engine-cpu": metric(
            metric="EngineCPUUtilization",
            threshold=thresholds.redis_cpu_percent,
            missing_data="breaching",
            description=f"The engine of {node_id} is busy or silent: look at the slow log, then add a shard",
            runbook="alarms.md#redis-engine-cpu",
        ),
        "cpu": metric(
            metric="CPUUtilization",
            threshold=thresholds.redis_cpu_percent,
            description=f"{node_id} is busy outside of the engine: look at connections, TLS handshakes and snapshots",
            runbook="alarms.md#redis-cpu",
        ),
        "memory": metric(
            metric="DatabaseMemoryUsagePercentage",
            threshold=thresholds.redis_memory_percent,
            description=f"{node_id} fills up: look at keys without expiry, then add a shard",
            runbook="alarms.md#redis-memory",
        ),
        "connections": metric(
            metric="CurrConnections",
            threshold=thresholds.redis_connections,
            description=f"{node_id} has many connections: look for a client that leaks them",
            runbook="alarms.md#redis-connections",
        ),
    }


def _service_alarms(node_id: str, thresholds: AlarmThresholds) -> dict[str, Alarm]:
    """How well the node serves its readers."""
    node = {"CacheClusterId": node_id}
    metric = partial(_metric, dimensions=node)
    return {
        "evictions": metric(
            metric="Evictions",
            threshold=_EVICTIONS_PER_MINUTE,
            statistic="Sum",
            missing_data="notBreaching",
            description=f"{node_id} evicts keys: the working set does not fit, add a shard or take a larger node",
            runbook="alarms.md#redis-evictions",
        ),
        # A rate of few reads says nothing: of three at night, three may miss.
        "hit-rate": _metric(
            expression=f"IF(hits + misses > {_READS}, rate, 100)",
            readings={
                "rate": Reading(metric="CacheHitRate", dimensions=node),
                "hits": Reading(metric="CacheHits", dimensions=node, statistic="Sum"),
                "misses": Reading(metric="CacheMisses", dimensions=node, statistic="Sum"),
            },
            threshold=thresholds.redis_hit_rate_percent,
            comparison="below",
            period_seconds=300,
            evaluation_periods=3,
            missing_data="notBreaching",
            description=f"{node_id} misses often: look at evictions and at expiry times",
            runbook="alarms.md#redis-hit-rate",
        ),
        "replication-lag": metric(
            metric="ReplicationLag",
            threshold=thresholds.replica_lag_seconds,
            statistic="Maximum",
            missing_data="notBreaching",
            description=f"{node_id} is behind its primary: a failover now would lose writes",
            runbook="alarms.md#redis-replication-lag",
        ),
    }


def failover_alarm(shard_id: str, node_ids: Sequence[str]) -> Alarm:
    """Tells when another node of the shard becomes primary, for a few minutes.

    ElastiCache's own notifications do not reach an encrypted topic (ElastiCache user guide, Event notifications).
    A node says each minute whether it is primary: over five minutes only one that changed is so for a part of them.
    """
    names = {f"node{number}": node_id for number, node_id in enumerate(node_ids, 1)}
    changed = " OR ".join(f"(FILL({name}, 0) > 0 AND FILL({name}, 0) < 1)" for name in names)
    return _metric(
        expression=f"IF({changed}, 1, 0)",
        readings={
            name: Reading(metric="IsMaster", dimensions={"CacheClusterId": node_id}) for name, node_id in names.items()
        },
        threshold=0,
        period_seconds=300,
        evaluation_periods=1,
        missing_data="notBreaching",
        description=f"Shard {shard_id} has another primary: look at its nodes' events, and whether clients follow",
        runbook="alarms.md#redis-failover",
    )
