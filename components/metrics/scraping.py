"""What the collector asks of the cluster, in Prometheus' own form.

The collector is the service's. It comes with the rights of the access policy `AmazonPrometheusScraperPolicy` and reads
nodes through the API server. Source: AMP user guide, Set up managed collectors for Amazon EKS: addresses of the control
plane's metrics, sections that are supported, and the file of its credentials.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from components.metrics.settings import MetricsSettings
from components.workloads import SCRAPED_LABEL

API_SERVER = "kubernetes.default.svc:443"
DNS_PORT = 9153
"""Where CoreDNS serves its metrics."""

_CREDENTIALS = "/var/run/secrets/kubernetes.io/serviceaccount/token"
_META = "__meta_kubernetes_"
# Each series is paid for: what rules and dashboards use, and no histograms of the API server.
_API_SERVER_METRICS = (
    "apiserver_current_inflight_requests",
    "apiserver_request_duration_seconds_(count|sum)",
    "apiserver_request_total",
    "apiserver_storage_objects",
)
_KUBELET_METRICS = ("kubelet_node_name", "kubelet_running_(containers|pods)", "kubelet_volume_stats_.*")
_CONTAINER_METRICS = (
    "container_cpu_cfs_(periods|throttled_periods)_total",
    "container_cpu_usage_seconds_total",
    "container_memory_working_set_bytes",
    "container_network_(receive|transmit)_(bytes|errors)_total",
    "container_oom_events_total",
    "container_spec_memory_limit_bytes",
)
_SCHEDULER_METRICS = ("scheduler_pending_pods", "scheduler_schedule_attempts_total")
_CONTROLLER_METRICS = ("workqueue_(adds|retries)_total", "workqueue_depth")
_DNS_METRICS = ("coredns_cache_(hits|misses)_total", "coredns_dns_(requests|responses)_total", "coredns_panics_total")


def scrape_configuration(cluster_name: str, settings: MetricsSettings) -> str:
    """The collector's configuration; JSON is YAML too."""
    return json.dumps(
        {
            "global": {
                "scrape_interval": f"{settings.scrape_interval_seconds}s",
                "scrape_timeout": "15s",
                "external_labels": {"cluster": cluster_name},
            },
            "scrape_configs": [
                _control_plane("apiserver", "/metrics", _API_SERVER_METRICS),
                _control_plane("kube-scheduler", _eks_metrics("ksh"), _SCHEDULER_METRICS),
                _control_plane("kube-controller-manager", _eks_metrics("kcm"), _CONTROLLER_METRICS),
                _nodes("kubelet", "metrics", _KUBELET_METRICS),
                _nodes("cadvisor", "metrics/cadvisor", _CONTAINER_METRICS),
                _name_servers(),
                _applications(settings.pod_ports),
            ],
        }
    )


def _eks_metrics(component: str) -> str:
    return f"/apis/metrics.eks.amazonaws.com/v1/{component}/container/metrics"


def _from_api_server(job: str) -> dict[str, Any]:
    return {"job_name": job, "scheme": "https", "authorization": {"credentials_file": _CREDENTIALS}}


def _control_plane(job: str, path: str, metrics: Sequence[str]) -> dict[str, Any]:
    """Metrics of a part of the control plane, from each of the API server's addresses."""
    return {
        **_from_api_server(job),
        "metrics_path": path,
        "kubernetes_sd_configs": [{"role": "endpoints"}],
        "relabel_configs": [
            _keep("default;kubernetes;https", "namespace", "service_name", "endpoint_port_name"),
        ],
        "metric_relabel_configs": [_only(metrics)],
    }


def _nodes(job: str, path: str, metrics: Sequence[str]) -> dict[str, Any]:
    """Metrics of every node, by way of the API server: nothing else reaches kubelets from outside of the cluster."""
    node = f"{_META}node_name"
    return {
        **_from_api_server(job),
        "kubernetes_sd_configs": [{"role": "node"}],
        "relabel_configs": [
            {"target_label": "__address__", "replacement": API_SERVER},
            {
                "source_labels": [node],
                "target_label": "__metrics_path__",
                "replacement": f"/api/v1/nodes/$1/proxy/{path}",
            },
            {"source_labels": [node], "target_label": "node"},
        ],
        "metric_relabel_configs": [_only(metrics)],
    }


def _name_servers() -> dict[str, Any]:
    return {
        "job_name": "coredns",
        "kubernetes_sd_configs": [{"role": "pod", "namespaces": {"names": ["kube-system"]}}],
        "relabel_configs": [
            _keep(f"kube-dns;{DNS_PORT}", "pod_label_k8s_app", "pod_container_port_number"),
            _label("pod", "pod_name"),
        ],
        "metric_relabel_configs": [_only(_DNS_METRICS)],
    }


def _applications(ports: Sequence[int]) -> dict[str, Any]:
    """Pods with the label, on the ports that are opened for it; an annotation names another path than /metrics."""
    ((label, value),) = SCRAPED_LABEL.items()
    name = "".join(letter if letter.isalnum() else "_" for letter in label)
    wanted = f"{value};({'|'.join(map(str, ports))})"
    return {
        "job_name": "pods",
        "kubernetes_sd_configs": [{"role": "pod"}],
        "relabel_configs": [
            _keep(wanted, f"pod_label_{name}", "pod_container_port_number"),
            {"source_labels": [f"{_META}pod_phase"], "regex": "Pending|Succeeded|Failed", "action": "drop"},
            {
                "source_labels": [f"{_META}pod_annotation_prometheus_io_path"],
                "regex": "(.+)",
                "target_label": "__metrics_path__",
            },
            _label("namespace", "namespace"),
            _label("pod", "pod_name"),
            _label("container", "pod_container_name"),
        ],
    }


def _keep(regex: str, *labels: str) -> Mapping[str, Any]:
    """Only targets whose labels, joined by semicolons, match."""
    return {"source_labels": [f"{_META}{label}" for label in labels], "regex": regex, "action": "keep"}


def _label(name: str, source: str) -> Mapping[str, Any]:
    return {"source_labels": [f"{_META}{source}"], "target_label": name}


def _only(metrics: Sequence[str]) -> Mapping[str, Any]:
    return {"source_labels": ["__name__"], "regex": "|".join(metrics), "action": "keep"}
