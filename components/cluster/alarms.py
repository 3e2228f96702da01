"""Alarms on nodes and pods (guide: Metrics and Alarms)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from components.common.alarms import Alarm
from components.common.thresholds import AlarmThresholds


def cluster_alarms(cluster_name: str, thresholds: AlarmThresholds) -> dict[str, Alarm]:
    """Alarms by label on what Container Insights aggregates for the cluster, each after a quarter of an hour.

    Utilizations are in percent. Source of the metrics: CloudWatch user guide, Container Insights with enhanced
    observability for EKS.
    """
    alarm = partial(
        Alarm,
        namespace="ContainerInsights",
        dimensions={"ClusterName": cluster_name},
        statistic="Maximum",
        period_seconds=300,
        evaluation_periods=3,
    )
    return {
        "failed-nodes": alarm(
            metric="cluster_failed_node_count",
            threshold=0,
            period_seconds=60,
            evaluation_periods=15,
            # Each node that joins is not ready for a minute, also while nodes are replaced one after the other.
            datapoints=10,
            description="A node reports a failed condition: describe the node, then drain it.",
            runbook="alarms.md#failed-nodes",
        ),
        "node-cpu": alarm(
            metric="node_cpu_utilization",
            threshold=thresholds.node_cpu_percent,
            statistic="Average",
            description="Nodes are short of CPU: see whether the autoscaler has reached a group's maximum.",
            runbook="alarms.md#node-cpu",
        ),
        "node-memory": alarm(
            metric="node_memory_utilization",
            threshold=thresholds.node_memory_percent,
            statistic="Average",
            description="Nodes are short of memory: see whether the autoscaler has reached a group's maximum.",
            runbook="alarms.md#node-memory",
        ),
        "node-disk": alarm(
            metric="node_filesystem_utilization",
            threshold=thresholds.node_disk_percent,
            description="The disk of a node fills up: look for large images and logs, then replace the node.",
            runbook="alarms.md#node-disk",
        ),
        **_pod_alarms(alarm, thresholds),
    }


def _pod_alarms(alarm: Callable[..., Alarm], thresholds: AlarmThresholds) -> dict[str, Alarm]:
    return {
        # The metric counts the restarts since the last collection; back-off slows a pod down to one in five minutes.
        "pod-restarts": alarm(
            metric="pod_number_of_container_restarts",
            threshold=thresholds.pod_restarts,
            statistic="Sum",
            period_seconds=900,
            evaluation_periods=1,
            missing_data="notBreaching",
            description="Containers restart again and again: read the logs of their last exits.",
            runbook="alarms.md#pod-restarts",
        ),
        "pods-crash-looping": alarm(
            metric="pod_container_status_waiting_reason_crash_loop_back_off",
            threshold=0,
            missing_data="notBreaching",
            description="A container fails at each start: read the log of its last exit.",
            runbook="alarms.md#pods-crash-looping",
        ),
        "metrics-silent": alarm(
            metric="cluster_node_count",
            threshold=1,
            comparison="below",
            missing_data="breaching",
            description="Container Insights says nothing, so no other alarm on the cluster can: look at its add-on.",
            runbook="alarms.md#metrics-silent",
        ),
        "pods-pending": alarm(
            metric="pod_status_pending",
            threshold=0,
            # Each minute of the quarter of an hour: pods that come and go are never all placed.
            period_seconds=60,
            evaluation_periods=15,
            description="A pod has found no node: read the pod's events and the autoscaler's log.",
            runbook="alarms.md#pods-pending",
        ),
    }
