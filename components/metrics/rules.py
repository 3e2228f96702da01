"""What Prometheus computes from the metrics of the cluster, and what it tells of."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

NAMESPACE = "platform"
"""Of the rules. Applications may have others in the same workspace."""

_OF_PODS = "namespace, pod, container"


@dataclass(frozen=True, kw_only=True)
class Alert:
    """A fault, and how long it lasts before anybody is told."""

    name: str
    expression: str
    minutes: int
    severity: Literal["critical", "warning"]
    summary: str
    """What is wrong and what to look at first, on one line; may name labels."""
    runbook: str
    """Page and heading of docs/runbooks that say what to do."""

    def rule(self, runbooks: str) -> dict[str, Any]:
        """In Prometheus' own form. `runbooks` is where the pages are."""
        return {
            "alert": self.name,
            "expr": self.expression,
            "for": f"{self.minutes}m",
            "labels": {"severity": self.severity},
            "annotations": {"summary": self.summary, "runbook_url": f"{runbooks}/{self.runbook}"},
        }


# What dashboards and alerts ask again and again, by the convention level:metric:operation.
_RECORDED = {
    "namespace:container_cpu_usage_seconds:rate5m": (
        'sum by (namespace) (rate(container_cpu_usage_seconds_total{container!=""}[5m]))'
    ),
    "namespace:container_memory_working_set_bytes:sum": (
        'sum by (namespace) (container_memory_working_set_bytes{container!=""})'
    ),
    "cluster:apiserver_requests:rate5m": "sum(rate(apiserver_request_total[5m]))",
    "cluster:apiserver_errors:ratio_rate5m": (
        '(sum(rate(apiserver_request_total{code=~"5.."}[5m])) or vector(0)) / sum(rate(apiserver_request_total[5m]))'
    ),
    # Requests that watch, or that carry a session, last as long as their client wants.
    "cluster:apiserver_request_seconds:mean5m": (
        'sum(rate(apiserver_request_duration_seconds_sum{verb!~"WATCH|CONNECT"}[5m]))'
        ' / sum(rate(apiserver_request_duration_seconds_count{verb!~"WATCH|CONNECT"}[5m]))'
    ),
}

_COLLECTION = (
    Alert(
        name="MetricsStopped",
        expression='absent(up{job="apiserver"})',
        minutes=10,
        severity="critical",
        summary="Nothing is collected from the cluster; look at the collector's log group and its access entry",
        runbook="alarms.md#collection",
    ),
    Alert(
        name="TargetDown",
        expression='up{job!~"kubelet|cadvisor"} == 0',
        minutes=10,
        severity="warning",
        summary="{{ $labels.job }} at {{ $labels.instance }} does not answer; is its port declared and opened?",
        runbook="alarms.md#collection",
    ),
)
_CONTROL_PLANE = (
    Alert(
        name="ApiServerErrors",
        expression="cluster:apiserver_errors:ratio_rate5m > 0.05",
        minutes=10,
        severity="critical",
        summary="{{ $value | humanizePercentage }} of the API server's answers are errors; look at the audit log",
        runbook="alarms.md#control-plane",
    ),
    Alert(
        name="ApiServerSlow",
        expression="cluster:apiserver_request_seconds:mean5m > 1",
        minutes=10,
        severity="warning",
        summary="The API server takes {{ $value | humanizeDuration }} on average; look for who asks most",
        runbook="alarms.md#control-plane",
    ),
    Alert(
        name="PodsUnschedulable",
        expression='sum(max by (queue) (scheduler_pending_pods{queue="unschedulable"})) > 0',
        minutes=15,
        severity="warning",
        summary="{{ $value }} pods find no node; look at their events and at the largest size of the node groups",
        runbook="alarms.md#control-plane",
    ),
    Alert(
        name="NameResolutionFails",
        expression=(
            'sum(rate(coredns_dns_responses_total{rcode="SERVFAIL"}[5m]))'
            " / sum(rate(coredns_dns_responses_total[5m])) > 0.05"
        ),
        minutes=10,
        severity="critical",
        summary="{{ $value | humanizePercentage }} of the names asked for fail; look at CoreDNS and the VPC's resolver",
        runbook="alarms.md#control-plane",
    ),
)
_NODES = (
    Alert(
        name="NodeSilent",
        expression='up{job="kubelet"} == 0',
        minutes=5,
        severity="critical",
        summary="The kubelet of {{ $labels.node }} does not answer; look at the node's instance",
        runbook="alarms.md#nodes-and-volumes",
    ),
    Alert(
        name="VolumeFillsUp",
        expression="kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes < 0.1",
        minutes=15,
        severity="warning",
        summary="Volume {{ $labels.persistentvolumeclaim }} has {{ $value | humanizePercentage }} of its space left",
        runbook="alarms.md#nodes-and-volumes",
    ),
)
_CONTAINERS = (
    Alert(
        name="ContainerOutOfMemory",
        expression=f'sum by ({_OF_PODS}) (increase(container_oom_events_total{{container!=""}}[10m])) > 0',
        minutes=0,
        severity="warning",
        summary="{{ $labels.namespace }}/{{ $labels.pod }} ran out of memory in {{ $labels.container }}",
        runbook="alarms.md#containers",
    ),
    Alert(
        name="ContainerNearMemoryLimit",
        expression=(
            f'max by ({_OF_PODS}) (container_memory_working_set_bytes{{container!=""}})'
            f' / (max by ({_OF_PODS}) (container_spec_memory_limit_bytes{{container!=""}}) > 0) > 0.9'
        ),
        minutes=10,
        severity="warning",
        summary="{{ $labels.namespace }}/{{ $labels.pod }} uses {{ $value | humanizePercentage }} of its memory limit",
        runbook="alarms.md#containers",
    ),
    Alert(
        name="ContainerThrottled",
        expression=(
            f'sum by ({_OF_PODS}) (rate(container_cpu_cfs_throttled_periods_total{{container!=""}}[5m]))'
            f' / sum by ({_OF_PODS}) (rate(container_cpu_cfs_periods_total{{container!=""}}[5m])) > 0.5'
        ),
        minutes=15,
        severity="warning",
        summary="{{ $labels.namespace }}/{{ $labels.pod }} waits in {{ $value | humanizePercentage }} of CPU periods",
        runbook="alarms.md#containers",
    ),
)
ALERTS: Sequence[Alert] = (*_COLLECTION, *_CONTROL_PLANE, *_NODES, *_CONTAINERS)


def rule_groups(runbooks: str) -> str:
    """All rules, in Prometheus' own form; JSON is YAML too. `runbooks` is where the pages are that alerts name.

    What is recorded stands in a group before the alerts that read it. An alert reads at least two samples at the
    longest interval of collection, so no window is below five minutes.
    """
    recorded = [{"record": name, "expr": expression} for name, expression in _RECORDED.items()]
    alerts = {"collection": _COLLECTION, "control-plane": _CONTROL_PLANE, "nodes": _NODES, "containers": _CONTAINERS}
    groups = [{"name": "recorded", "interval": "1m", "rules": recorded}]
    groups += [
        {"name": name, "interval": "1m", "rules": [alert.rule(runbooks) for alert in members]}
        for name, members in alerts.items()
    ]
    return json.dumps({"groups": groups})
