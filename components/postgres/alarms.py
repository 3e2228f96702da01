"""Alarms on database instances (guide: Monitoring and Observability). Metrics and units: AWS/RDS."""

from __future__ import annotations

from functools import partial

from components.common.alarms import Alarm
from components.common.thresholds import AlarmThresholds

_BYTES_PER_GIB = 1024**3
_MILLISECONDS_PER_SECOND = 1000

_metric = partial(Alarm, namespace="AWS/RDS")


def instance_alarms(identifier: str, thresholds: AlarmThresholds) -> dict[str, Alarm]:
    """Alarms on any instance by label. CloudWatch keeps memory and storage in bytes, latency in seconds.

    An instance that sends no processor load is down or unreachable, so there silence is an alarm; elsewhere it would
    only repeat that one.
    """
    metric = partial(_metric, dimensions={"DBInstanceIdentifier": identifier})
    latency = thresholds.database_latency_milliseconds / _MILLISECONDS_PER_SECOND
    return {
        "cpu": metric(
            metric="CPUUtilization",
            threshold=thresholds.database_cpu_percent,
            missing_data="breaching",
            description=f"{identifier} is busy or silent: look at its state, then at the top SQL of its insights",
            runbook="alarms.md#database-cpu",
        ),
        "free-memory": metric(
            metric="FreeableMemory",
            threshold=thresholds.database_free_memory_gib * _BYTES_PER_GIB,
            comparison="below",
            description=f"{identifier} runs out of memory: look at connections and work_mem, or take a larger class",
            runbook="alarms.md#database-free-memory",
        ),
        "free-storage": metric(
            metric="FreeStorageSpace",
            threshold=thresholds.database_free_storage_gib * _BYTES_PER_GIB,
            comparison="below",
            description=f"{identifier} runs out of storage: has it reached its maximum, does a slot hold back WAL?",
            runbook="alarms.md#database-free-storage",
        ),
        "connections": metric(
            metric="DatabaseConnections",
            threshold=thresholds.database_connections,
            description=f"{identifier} has many connections: look for a client that leaks them",
            runbook="alarms.md#database-connections",
        ),
        "read-latency": metric(
            metric="ReadLatency",
            threshold=latency,
            description=f"{identifier} reads slowly: look at IOPS and at queries that scan",
            runbook="alarms.md#database-latency",
        ),
        "write-latency": metric(
            metric="WriteLatency",
            threshold=latency,
            description=f"{identifier} writes slowly: look at IOPS, checkpoints and bulk loads",
            runbook="alarms.md#database-latency",
        ),
    }


def replica_alarms(identifier: str, thresholds: AlarmThresholds) -> dict[str, Alarm]:
    """The alarms that only a replica has: how far it is behind. One that reports no lag does not replicate.

    While nothing is written, RDS counts the lag up to the next change of the log, at most five minutes, and starts
    again at 0: only a lag that never falls within such a time is one.
    """
    return {
        "lag": _metric(
            metric="ReplicaLag",
            dimensions={"DBInstanceIdentifier": identifier},
            threshold=thresholds.replica_lag_seconds,
            statistic="Minimum",
            period_seconds=300,
            evaluation_periods=2,
            missing_data="breaching",
            description=f"{identifier} is behind its primary: its readers see old data",
            runbook="alarms.md#replica-lag",
        )
    }
