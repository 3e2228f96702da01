"""When the alarms of databases, caches and nodes fire."""

from __future__ import annotations

from components.common.settings import Percent, Positive, Section


class AlarmThresholds(Section):
    """When an alarm fires; each key names its unit."""

    database_cpu_percent: Percent = 80
    """Processor of a database instance, above."""
    database_free_memory_gib: Positive
    """Memory left on a database instance, below. About an eighth of what the class has."""
    database_free_storage_gib: Positive
    """Storage left on a database instance, below. Less than the tenth below which RDS grows it by itself."""
    database_connections: Positive
    """Connections to a database instance, above. PostgreSQL's limit follows the memory of the class."""
    database_latency_milliseconds: Positive = 20
    """Time of a read or a write on the disk, above."""
    replica_lag_seconds: Positive = 60
    """How far a replica is behind, above."""
    redis_cpu_percent: Percent = 75
    """Engine processor of a Redis node, above."""
    redis_memory_percent: Percent = 80
    """Memory in use on a Redis node, above."""
    redis_connections: Positive
    """Connections to a Redis node, above. The limit is 65,000."""
    redis_hit_rate_percent: Percent = 80
    """Share of reads that find their key, below."""
    node_cpu_percent: Percent = 80
    """Processor of the cluster's nodes, above."""
    node_memory_percent: Percent = 80
    """Memory of the cluster's nodes, above."""
    node_disk_percent: Percent = 88
    """File system of the cluster's nodes, above. Between 80 and 85 the kubelet collects images by itself."""
    pod_restarts: Positive = 10
    """Container restarts of all pods within a quarter of an hour, above. One pod that fails makes about 7 at first."""
