"""Faults of a cluster as samples of its metrics, a minute apart, and the same metrics of a cluster that is well.

Prometheus' own notation: `0+60x30` starts at 0 and grows by 60 thirty times; `_x30` says nothing for thirty minutes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

Series = Mapping[str, str]


class Fault(NamedTuple):
    """What an alert is for."""

    alert: str
    broken: Series
    well: Series
    fires_at: str
    """When it fires at the latest, counted from the first sample."""
    labels: Mapping[str, str]
    """What the alert carries beside its severity."""


_OK = 'apiserver_request_total{code="200",verb="GET"}'
_FAILED = 'apiserver_request_total{code="503",verb="GET"}'
_SUM = 'apiserver_request_duration_seconds_sum{verb="GET"}'
_COUNT = 'apiserver_request_duration_seconds_count{verb="GET"}'
_WATCHED = 'apiserver_request_duration_seconds_sum{verb="WATCH"}'
_QUEUE = 'scheduler_pending_pods{instance="%s",queue="%s"}'
_ANSWERS = 'coredns_dns_responses_total{pod="%s",rcode="%s"}'
_CLAIM = '{namespace="data",node="ip-10-0-1-7",persistentvolumeclaim="lake"}'
_CONTAINER = '{namespace="trading",pod="orders-1",container="orders"}'
_ORDERS = {"namespace": "trading", "pod": "orders-1", "container": "orders"}
# What cadvisor reports of a pod as a whole, and no alert may count.
_POD = '{namespace="trading",pod="orders-1",container=""}'

FAULTS = (
    Fault(
        alert="MetricsStopped",
        broken={'up{job="apiserver",instance="10.0.0.5:443"}': "1x5 _x30"},
        well={'up{job="apiserver",instance="10.0.0.5:443"}': "1x35"},
        fires_at="25m",
        labels={"job": "apiserver"},
    ),
    Fault(
        alert="TargetDown",
        broken={'up{job="pods",instance="10.0.1.9:8080"}': "1x5 0x30", 'up{job="kubelet",node="a"}': "0x35"},
        well={'up{job="pods",instance="10.0.1.9:8080"}': "1x5 0x3 1x30", 'up{job="kubelet",node="a"}': "0x35"},
        fires_at="17m",
        labels={"job": "pods", "instance": "10.0.1.9:8080"},
    ),
    Fault(
        alert="ApiServerErrors",
        broken={_OK: "0+90x40", _FAILED: "0+10x40"},
        well={_OK: "0+99x40", _FAILED: "0+1x40"},
        fires_at="20m",
        labels={},
    ),
    Fault(
        alert="ApiServerSlow",
        broken={_SUM: "0+90x40", _COUNT: "0+60x40"},
        well={_SUM: "0+3x40", _COUNT: "0+60x40", _WATCHED: "0+9000x40"},
        fires_at="20m",
        labels={},
    ),
    Fault(
        alert="PodsUnschedulable",
        broken={_QUEUE % ("a", "unschedulable"): "2x40", _QUEUE % ("b", "unschedulable"): "2x40"},
        well={_QUEUE % ("a", "unschedulable"): "0x40", _QUEUE % ("a", "active"): "9x40"},
        fires_at="16m",
        labels={},
    ),
    Fault(
        alert="NameResolutionFails",
        broken={_ANSWERS % ("a", "NOERROR"): "0+90x40", _ANSWERS % ("b", "SERVFAIL"): "0+10x40"},
        # Names that do not exist are asked for all day, by the search domains of every pod.
        well={_ANSWERS % ("a", "NOERROR"): "0+50x40", _ANSWERS % ("b", "NXDOMAIN"): "0+50x40"},
        fires_at="17m",
        labels={},
    ),
    Fault(
        alert="NodeSilent",
        broken={'up{job="kubelet",instance="api",node="ip-10-0-1-7"}': "1x5 0x20"},
        well={'up{job="kubelet",instance="api",node="ip-10-0-1-7"}': "1x5 0x2 1x20"},
        fires_at="12m",
        labels={"job": "kubelet", "instance": "api", "node": "ip-10-0-1-7"},
    ),
    Fault(
        alert="VolumeFillsUp",
        broken={
            f"kubelet_volume_stats_available_bytes{_CLAIM}": "9x40",
            f"kubelet_volume_stats_capacity_bytes{_CLAIM}": "100x40",
        },
        well={
            f"kubelet_volume_stats_available_bytes{_CLAIM}": "11x40",
            f"kubelet_volume_stats_capacity_bytes{_CLAIM}": "100x40",
        },
        fires_at="16m",
        labels={"namespace": "data", "node": "ip-10-0-1-7", "persistentvolumeclaim": "lake"},
    ),
    Fault(
        alert="ContainerOutOfMemory",
        broken={f"container_oom_events_total{_CONTAINER}": "0x10 1x10"},
        well={f"container_oom_events_total{_CONTAINER}": "3x20", f"container_oom_events_total{_POD}": "0+1x20"},
        fires_at="13m",
        labels=_ORDERS,
    ),
    Fault(
        alert="ContainerNearMemoryLimit",
        broken={
            f"container_memory_working_set_bytes{_CONTAINER}": "95x30",
            f"container_spec_memory_limit_bytes{_CONTAINER}": "100x30",
        },
        # Without a limit, its limit is 0.
        well={
            f"container_memory_working_set_bytes{_CONTAINER}": "95x30",
            f"container_spec_memory_limit_bytes{_CONTAINER}": "0x30",
        },
        fires_at="11m",
        labels=_ORDERS,
    ),
    Fault(
        alert="ContainerThrottled",
        broken={
            f"container_cpu_cfs_throttled_periods_total{_CONTAINER}": "0+360x40",
            f"container_cpu_cfs_periods_total{_CONTAINER}": "0+600x40",
        },
        well={
            f"container_cpu_cfs_throttled_periods_total{_CONTAINER}": "0+60x40",
            f"container_cpu_cfs_periods_total{_CONTAINER}": "0+600x40",
        },
        fires_at="22m",
        labels=_ORDERS,
    ),
)
