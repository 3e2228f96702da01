"""Namespaces and their limits: what a pod may do, what all may use, how many may leave at once (guide: namespaces)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pulumi
from pulumi_kubernetes.core import v1 as core
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs
from pulumi_kubernetes.policy import v1 as policy

from components.workloads.priorities import SYSTEM_CLASSES, TRADING_CRITICAL
from components.workloads.settings import QuotaSettings, TeamSettings


@dataclass(frozen=True, kw_only=True)
class NamespaceProfile:
    """What the pods of a namespace need; everything else is closed to them."""

    pod_security: Literal["restricted", "baseline"] = "restricted"
    """The Pod Security level that is enforced. Violations of `restricted` are reported in any case."""
    behind_load_balancers: bool = False
    """Pods that carry `LOAD_BALANCER_LABEL` receive traffic from load balancers."""
    uses_data_stores: bool = False
    """Pods reach Postgres and Redis."""
    scrapes_metrics: bool = False
    """Pods read the metrics of all others and of nodes."""
    priorities: tuple[str, ...] = ()
    """Reserved priority classes that pods may take."""


VELERO = "velero"

APPLICATIONS: Mapping[str, NamespaceProfile] = {
    "trading": NamespaceProfile(behind_load_balancers=True, uses_data_stores=True, priorities=(TRADING_CRITICAL,)),
    "ml": NamespaceProfile(uses_data_stores=True),
    "data": NamespaceProfile(uses_data_stores=True),
    # Charts of monitoring systems rarely meet `restricted`; host access, as for a node exporter, stays refused.
    "monitoring": NamespaceProfile(pod_security="baseline", behind_load_balancers=True, scrapes_metrics=True),
}

NAMESPACES: Mapping[str, NamespaceProfile] = {**APPLICATIONS, VELERO: NamespaceProfile()}


def namespace_profiles(teams: Mapping[str, TeamSettings]) -> dict[str, NamespaceProfile]:
    """All namespaces by name, those of teams among them."""
    own = {
        name: NamespaceProfile(
            pod_security=team.pod_security,
            behind_load_balancers=team.behind_load_balancers,
            uses_data_stores=team.uses_data_stores,
        )
        for name, team in teams.items()
    }
    return {**NAMESPACES, **own}


# Pods opt in to disruption control with this label. A pod that two budgets select cannot be evicted at all, so a
# workload with a budget of its own leaves the label off.
DISRUPTION_LABEL = {"trading-platform/disruption": "one-at-a-time"}

_RESERVED_CLASSES = (TRADING_CRITICAL, *SYSTEM_CLASSES)

# What a container gets that asks for nothing. There is no default for limits: it would hold for containers that request
# more than it as well, and refuse them.
_DEFAULT_REQUESTS = {"cpu": "100m", "memory": "128Mi"}


@dataclass(frozen=True, kw_only=True)
class NamespacesArgs:
    """Which sizes the namespaces get."""

    kubernetes_version: str
    """Minor version such as `1.36`: Pod Security levels are those of this version."""
    quotas: Mapping[str, QuotaSettings]
    """What the pods of each namespace of applications and teams may request together."""
    profiles: Mapping[str, NamespaceProfile]
    """What the pods of each namespace need."""
    served_by: Sequence[pulumi.Resource] = ()
    """Controllers of what applications create. They outlive the namespaces, to clean up when those are deleted."""


class Namespaces(pulumi.ComponentResource):
    """The namespaces, each with Pod Security labels, defaults and quotas.

    Creates for each a namespace, a limit range and a quota that keeps reserved priority classes out; for those of
    applications also a quota of resources and a disruption budget.
    """

    namespaces: Mapping[str, core.Namespace]
    """By name. What is created inside waits for them."""

    def __init__(self, name: str, args: NamespacesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform:workloads:Namespaces", name, None, opts)
        self.namespaces = {
            label: core.Namespace(
                f"{name}-{label}",
                metadata=ObjectMetaArgs(name=label, labels=namespace_labels(profile, args.kubernetes_version)),
                opts=pulumi.ResourceOptions(
                    parent=self, depends_on=[*args.served_by] if label in args.quotas else None
                ),
            )
            for label, profile in args.profiles.items()
        }
        for label, namespace in self.namespaces.items():
            inside = pulumi.ResourceOptions(parent=self, depends_on=[namespace])
            _limits(name, label, inside)
            _reserved_priorities(name, label, args.profiles[label].priorities, inside)
        for label, quota in args.quotas.items():
            inside = pulumi.ResourceOptions(parent=self, depends_on=[self.namespaces[label]])
            _quota(name, label, quota, inside)
            _disruption_budget(name, label, inside)
        self.register_outputs({"names": list(self.namespaces)})


def namespace_labels(profile: NamespaceProfile, kubernetes_version: str) -> dict[str, str]:
    """Pod Security levels, and readiness gates where a load balancer decides whether a pod is ready."""
    version = f"v{kubernetes_version}"
    levels: dict[str, str] = {"enforce": profile.pod_security, "audit": "restricted", "warn": "restricted"}
    labels = {f"pod-security.kubernetes.io/{mode}": level for mode, level in levels.items()}
    labels |= {f"pod-security.kubernetes.io/{mode}-version": version for mode in levels}
    if profile.behind_load_balancers:
        labels["elbv2.k8s.aws/pod-readiness-gate-inject"] = "enabled"
    return labels


def _limits(name: str, namespace: str, opts: pulumi.ResourceOptions) -> None:
    core.LimitRange(
        f"{name}-{namespace}-defaults",
        metadata=ObjectMetaArgs(name="defaults", namespace=namespace),
        spec=core.LimitRangeSpecArgs(
            limits=[core.LimitRangeItemArgs(type="Container", default_request=_DEFAULT_REQUESTS)]
        ),
        opts=opts,
    )


def _reserved_priorities(name: str, namespace: str, allowed: Sequence[str], opts: pulumi.ResourceOptions) -> None:
    """No pods of the classes that are kept for others: a class that evicts trading must not be free to take."""
    reserved = [priority for priority in _RESERVED_CLASSES if priority not in allowed]
    core.ResourceQuota(
        f"{name}-{namespace}-reserved-priorities",
        metadata=ObjectMetaArgs(name="reserved-priorities", namespace=namespace),
        spec=core.ResourceQuotaSpecArgs(
            hard={"pods": "0"},
            scope_selector=core.ScopeSelectorArgs(
                match_expressions=[
                    core.ScopedResourceSelectorRequirementArgs(
                        scope_name="PriorityClass", operator="In", values=reserved
                    )
                ]
            ),
        ),
        opts=opts,
    )


def quota_of(quota: QuotaSettings) -> dict[str, str]:
    """The hard limits of a namespace.

    What counts is what pods request, by which the scheduler places them. A quota of limits would refuse every pod that
    sets none.

    Traffic from outside enters through load balancers that send it to pod addresses, so no service needs a port on
    every node or a load balancer of its own.
    """
    return {
        "requests.cpu": str(quota.cpu_cores),
        "requests.memory": f"{quota.memory_gib}Gi",
        "requests.storage": f"{quota.storage_gib}Gi",
        "pods": str(quota.pods),
        "services.nodeports": "0",
        "services.loadbalancers": "0",
    }


def _quota(name: str, namespace: str, quota: QuotaSettings, opts: pulumi.ResourceOptions) -> None:
    core.ResourceQuota(
        f"{name}-{namespace}-resources",
        metadata=ObjectMetaArgs(name="resources", namespace=namespace),
        spec=core.ResourceQuotaSpecArgs(hard=quota_of(quota)),
        opts=opts,
    )


def _disruption_budget(name: str, namespace: str, opts: pulumi.ResourceOptions) -> None:
    """One pod at a time leaves for maintenance. A count that must stay would block the drain of a single replica."""
    policy.PodDisruptionBudget(
        f"{name}-{namespace}-one-at-a-time",
        metadata=ObjectMetaArgs(name="one-at-a-time", namespace=namespace),
        spec=policy.PodDisruptionBudgetSpecArgs(
            max_unavailable=1,
            selector=LabelSelectorArgs(match_labels=DISRUPTION_LABEL),
            # A pod that never became ready must not hold up the replacement of its node.
            unhealthy_pod_eviction_policy="AlwaysAllow",
        ),
        opts=opts,
    )
