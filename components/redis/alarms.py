"""Alarms on Redis nodes (guide: Monitoring and Observability). Metrics and units: AWS/ElastiCache, per node."""

from __future__ import annotations

from functools import partial

from components.common.alarms import Alarm
from components.common.thresholds import AlarmThresholds

# Evictions of a minute. A few are the policy at work, many mean that the working set no longer fits.
_EVICTIONS_PER_MINUTE = 1000

_metric = partial(Alarm, namespace="AWS/ElastiCache")


def node_alarms(node_id: str, thresholds: AlarmThresholds) -> dict[str, Alarm]:
    """Alarms on one node by label; every node has all of them, since a failover changes who is primary.

    A node that sends no engine load is down, so there silence is an alarm. A node that nobody reads from has no hit
    rate, and a primary has no replication lag.
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
    metric = partial(_metric, dimensions={"CacheClusterId": node_id})
    return {
        "evictions": metric(
            metric="Evictions",
            threshold=_EVICTIONS_PER_MINUTE,
            statistic="Sum",
            missing_data="notBreaching",
            description=f"{node_id} evicts keys: the working set does not fit, add a shard or take a larger node",
            runbook="alarms.md#redis-evictions",
        ),
        "hit-rate": metric(
            metric="CacheHitRate",
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
