"""Rules of node groups that span several sections of a stack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from components.cluster import ClusterSettings, NodeGroupSettings
from components.common.settings import Problem
from components.network import NetworkSettings

# What the platform's workloads and policies rely on by name.
NODE_GROUPS = ("general", "ml", "trading")
# A kubelet may be this many minors older than the API server (Kubernetes: version skew policy).
NODE_MINORS_BEHIND = 3


def node_groups_are_complete(node_groups: Mapping[str, NodeGroupSettings]) -> Iterator[Problem]:
    """The groups that the platform relies on, and one where every pod may run."""
    for label in NODE_GROUPS:
        if label not in node_groups:
            yield Problem(("nodeGroups", label), f"is missing; the groups {', '.join(NODE_GROUPS)} are required")
    if "general" in node_groups and not node_groups["general"].takes_any_pod:
        yield Problem(
            ("nodeGroups", "general"),
            "must start with at least one node and no taint that keeps pods away; DNS and the controllers run there",
        )


def nodes_are_in_the_network(
    network: NetworkSettings, node_groups: Mapping[str, NodeGroupSettings]
) -> Iterator[Problem]:
    """Zones out of those that the network has."""
    for label, group in node_groups.items():
        for index, zone in enumerate(group.zones):
            if zone not in network.subnets:
                there_are = ", ".join(network.subnets)
                yield Problem(
                    ("nodeGroups", label, "zones", str(index)), f"{zone} is not in network.subnets ({there_are})"
                )


def nodes_follow_the_control_plane(
    cluster: ClusterSettings, node_groups: Mapping[str, NodeGroupSettings]
) -> Iterator[Problem]:
    """Minors that the control plane serves."""
    newest = int(cluster.version.partition(".")[2])
    for label, group in node_groups.items():
        if group.version and not newest - NODE_MINORS_BEHIND <= int(group.version.partition(".")[2]) <= newest:
            yield Problem(
                ("nodeGroups", label, "version"),
                f"{group.version} does not go with cluster.version ({cluster.version}); 1.{newest - NODE_MINORS_BEHIND}"
                f" to {cluster.version} are allowed",
            )
