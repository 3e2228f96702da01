"""The CloudWatch dashboard as a pure function of what there is to draw."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.observability.settings import CustomAlarmSettings

GRID_WIDTH = 24
"""Columns of a dashboard's grid; a wider row is refused."""
ALARMS_MAX = 100
"""What one alarm widget draws."""
_WIDTH = 8
_HEIGHT = 6
_ALARM_HEIGHT = 4


@dataclass(frozen=True, kw_only=True)
class Watched:
    """Identifiers of what publishes metrics."""

    cluster_name: str
    """Physical name, a dimension of Container Insights."""
    database_ids: Sequence[str]
    """RDS instances, the primary first."""
    redis_node_ids: Sequence[str]
    """Cache clusters, such as `production-redis-0001-001`."""


@dataclass(frozen=True, kw_only=True)
class _Graph:
    title: str
    metrics: Sequence[Sequence[Any]]
    """Lines in CloudWatch's own form: namespace, metric, then dimensions as names and values in turn."""
    statistic: str = "Average"
    threshold: float | None = None


def _database_graphs(ids: Sequence[str]) -> Iterator[_Graph]:
    def lines(*metrics: str) -> list[list[Any]]:
        return [["AWS/RDS", metric, "DBInstanceIdentifier", id_] for metric in metrics for id_ in ids]

    yield _Graph(title="Database CPU (percent)", metrics=lines("CPUUtilization"))
    yield _Graph(title="Database connections", metrics=lines("DatabaseConnections"), statistic="Maximum")
    yield _Graph(title="Database free memory (bytes)", metrics=lines("FreeableMemory"), statistic="Minimum")
    yield _Graph(title="Database free storage (bytes)", metrics=lines("FreeStorageSpace"), statistic="Minimum")
    yield _Graph(title="Database latency (seconds)", metrics=lines("ReadLatency", "WriteLatency"))
    if replicas := ids[1:]:
        lag = [["AWS/RDS", "ReplicaLag", "DBInstanceIdentifier", id_] for id_ in replicas]
        yield _Graph(title="Replica lag (seconds)", metrics=lag, statistic="Maximum")


def _redis_graphs(ids: Sequence[str]) -> Iterator[_Graph]:
    def lines(*metrics: str) -> list[list[Any]]:
        return [["AWS/ElastiCache", metric, "CacheClusterId", id_] for metric in metrics for id_ in ids]

    yield _Graph(title="Redis engine CPU (percent)", metrics=lines("EngineCPUUtilization"))
    yield _Graph(title="Redis memory (percent)", metrics=lines("DatabaseMemoryUsagePercentage"), statistic="Maximum")
    yield _Graph(title="Redis hit rate (percent)", metrics=lines("CacheHitRate"))
    yield _Graph(title="Redis connections", metrics=lines("CurrConnections"), statistic="Maximum")
    yield _Graph(title="Redis evictions", metrics=lines("Evictions"), statistic="Sum")


def _cluster_graphs(cluster_name: str) -> Iterator[_Graph]:
    def lines(*metrics: str) -> list[list[Any]]:
        return [["ContainerInsights", metric, "ClusterName", cluster_name] for metric in metrics]

    yield _Graph(
        title="Nodes: CPU, memory, disk (percent)",
        metrics=lines("node_cpu_utilization", "node_memory_utilization", "node_filesystem_utilization"),
    )
    yield _Graph(
        title="Nodes: all and failed",
        metrics=lines("cluster_node_count", "cluster_failed_node_count"),
        statistic="Maximum",
    )
    yield _Graph(title="Container restarts", metrics=lines("pod_number_of_container_restarts"), statistic="Maximum")


def _custom_graphs(metrics: Mapping[str, CustomAlarmSettings]) -> Iterator[_Graph]:
    for label, metric in metrics.items():
        dimensions = [text for pair in metric.dimensions.items() for text in pair]
        yield _Graph(
            title=f"{label} ({metric.unit or metric.statistic})",
            metrics=[[metric.namespace, metric.metric, *dimensions]],
            statistic=metric.statistic,
            threshold=metric.threshold,
        )


def _graph_widget(graph: _Graph, index: int, top: int, region: str) -> dict[str, Any]:
    per_row = GRID_WIDTH // _WIDTH
    properties: dict[str, Any] = {
        "title": graph.title,
        "view": "timeSeries",
        "region": region,
        "stat": graph.statistic,
        "period": 60,
        "metrics": graph.metrics,
    }
    if graph.threshold is not None:
        properties["annotations"] = {"horizontal": [{"label": "alarm", "value": graph.threshold}]}
    return {
        "type": "metric",
        "x": index % per_row * _WIDTH,
        "y": top + index // per_row * _HEIGHT,
        "width": _WIDTH,
        "height": _HEIGHT,
        "properties": properties,
    }


def _alarm_widgets(alarm_arns: Sequence[str]) -> Iterator[dict[str, Any]]:
    for index, first in enumerate(range(0, len(alarm_arns), ALARMS_MAX)):
        alarms = list(alarm_arns[first : first + ALARMS_MAX])
        title = "Alarms" if len(alarm_arns) <= ALARMS_MAX else f"Alarms {first + 1} to {first + len(alarms)}"
        yield {
            "type": "alarm",
            "x": 0,
            "y": index * _ALARM_HEIGHT,
            "width": GRID_WIDTH,
            "height": _ALARM_HEIGHT,
            "properties": {"title": title, "alarms": alarms},
        }


def dashboard_body(
    *,
    region: str,
    watched: Watched,
    custom_metrics: Mapping[str, CustomAlarmSettings],
    alarm_arns: Sequence[str],
) -> str:
    """The body of the dashboard: alarms on top, then applications, database, Redis and cluster, three graphs a row."""
    widgets = list(_alarm_widgets(alarm_arns))
    top = len(widgets) * _ALARM_HEIGHT
    graphs = [
        *_custom_graphs(custom_metrics),
        *_database_graphs(watched.database_ids),
        *_redis_graphs(watched.redis_node_ids),
        *_cluster_graphs(watched.cluster_name),
    ]
    widgets += [_graph_widget(graph, index, top, region) for index, graph in enumerate(graphs)]
    return json.dumps({"widgets": widgets})
