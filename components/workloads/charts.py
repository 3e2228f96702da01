"""Helm releases of pinned charts, and what the pods of all of them have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes.helm import v3 as helm

# Long enough for nodes to come up first; a release that fails is taken back, so that the next run starts clean.
_TIMEOUT_SECONDS = 900

_KEPT_REVISIONS = 10


@dataclass(frozen=True, kw_only=True)
class Chart:
    """One version of a chart."""

    name: str
    version: str
    repository: str
    """URL of the repository of the chart's publisher."""


def release(
    logical_name: str, chart: Chart, *, namespace: str, values: Mapping[str, Any], opts: pulumi.ResourceOptions
) -> helm.Release:
    """Install a chart under its own name and wait until its pods are ready."""
    return helm.Release(
        logical_name,
        name=chart.name,
        chart=chart.name,
        version=chart.version,
        repository_opts=helm.RepositoryOptsArgs(repo=chart.repository),
        namespace=namespace,
        values=values,
        atomic=True,
        cleanup_on_fail=True,
        timeout=_TIMEOUT_SECONDS,
        max_history=_KEPT_REVISIONS,
        opts=opts,
    )


def resources(*, cpu: str, memory: str, memory_limit: str | None = None, cpu_limit: str = "1") -> dict[str, Any]:
    """Requests and limits in Kubernetes quantities; memory is not overcommitted unless a limit says so."""
    return {
        "requests": {"cpu": cpu, "memory": memory},
        "limits": {"cpu": cpu_limit, "memory": memory_limit or memory},
    }


def pod_security(user: int) -> dict[str, Any]:
    """A pod's security context within the `restricted` level, with files that the group may read.

    The group is what lets a process without root read the token of its service account.
    """
    return {
        "runAsNonRoot": True,
        "runAsUser": user,
        "runAsGroup": user,
        "fsGroup": user,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


# A container's security context within the `restricted` level.
CONTAINER_SECURITY: Mapping[str, Any] = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
}


def spread_over_zones(labels: Mapping[str, str]) -> list[dict[str, Any]]:
    """Replicas in different zones where there is room, and in any zone rather than nowhere."""
    return [
        {
            "maxSkew": 1,
            "topologyKey": "topology.kubernetes.io/zone",
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": dict(labels)},
        }
    ]
