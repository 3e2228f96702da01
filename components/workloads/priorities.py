"""Who runs first when nodes are short: the priority classes of the cluster (guide: trading engine before batch)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as kubernetes


@dataclass(frozen=True, kw_only=True)
class Priority:
    """A priority class. Kubernetes allows values up to a billion and keeps higher ones for its own classes."""

    value: int
    description: str
    preempts: bool = True
    """Whether a pending pod of this class evicts pods of lower classes."""
    default: bool = False


TRADING_CRITICAL = "trading-critical"
STANDARD = "standard"
BATCH = "batch"

# The cluster's own classes: nothing in a namespace of the platform or of an application may take them.
SYSTEM_CLASSES = ("system-cluster-critical", "system-node-critical")

PRIORITIES: Mapping[str, Priority] = {
    TRADING_CRITICAL: Priority(value=1_000_000, description="Order flow and risk checks: evicts anything else."),
    STANDARD: Priority(value=10_000, description="Every pod that names no class.", default=True),
    BATCH: Priority(value=1_000, description="Work that can wait or start again: evicts nothing.", preempts=False),
}


def priority_classes(name: str, opts: pulumi.ResourceOptions) -> list[pulumi.Resource]:
    """The priority classes of `PRIORITIES`."""
    # An API server never changes these, and the provider would try: such a class is made anew.
    fixed = pulumi.ResourceOptions(replace_on_changes=["value", "preemption_policy"], delete_before_replace=True)
    return [
        kubernetes.scheduling.v1.PriorityClass(
            f"{name}-{label}",
            metadata=kubernetes.meta.v1.ObjectMetaArgs(name=label),
            value=priority.value,
            description=priority.description,
            global_default=priority.default,
            preemption_policy="PreemptLowerPriority" if priority.preempts else "Never",
            opts=pulumi.ResourceOptions.merge(opts, fixed),
        )
        for label, priority in PRIORITIES.items()
    ]
