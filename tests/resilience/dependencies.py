"""What the dependencies of a deployed stack are worth: demands that they meet, and time that they cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from benchmarks.creation_times import creation_seconds
from tests.engine.deployed import Resource
from tests.resilience.demands import Demand, absent, demands, unmet
from tests.resilience.graph import Edge, Graph

EXPLAINED: Mapping[tuple[str, str], str] = {
    ("aws:cloudwatch/metricAlarm:MetricAlarm", "aws:rds/instance:Instance"): (
        "an alarm that takes silence for a failure would fire while the database is created"
    ),
    ("aws:cloudwatch/metricAlarm:MetricAlarm", "aws:elasticache/replicationGroup:ReplicationGroup"): (
        "an alarm that takes silence for a failure would fire while the nodes are created"
    ),
    ("aws:cloudwatch/metricAlarm:MetricAlarm", "aws:eks/addon:Addon"): (
        "an alarm that takes silence for a failure would fire until Container Insights runs"
    ),
    ("aws:cloudwatch/metricAlarm:MetricAlarm", "aws:backup/selection:Selection"): (
        "where the database waits, as in a pilot light, nothing is copied, and nobody is to be told so"
    ),
    ("aws:securityhub/account:Account", "aws:cfg/recorderStatus:RecorderStatus"): (
        "its checks read what Config records, and fail for a day where they start without it"
    ),
    ("eks:index:ManagedNodeGroup", "aws:eks/addon:Addon"): (
        "the first pod of a node that uses Pod Identity finds the agent there"
    ),
    (
        "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicyBinding",
        "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy",
    ): "a binding refers to its policy by name, and guards nothing while there is none",
    ("kubernetes:core/v1:Namespace", "kubernetes:helm.sh/v3:Release"): (
        "the load balancer controller outlives the namespaces, and deletes the load balancers of their ingresses"
    ),
    ("kubernetes:core/v1:ServiceAccount", "aws:iam/rolePolicy:RolePolicy"): (
        "a pod that starts as the service account finds its role with all of its rights"
    ),
}
"""Edges that AWS does not demand, by the types of what waits and of what it waits for: why they are there."""


class Verdict(StrEnum):
    """What happens when an edge is forgotten."""

    CAUGHT = "caught"
    """A demand is no longer met, and the checker says which."""
    MET = "met otherwise"
    """Other edges lead to the same order."""
    FREE = "not demanded"


@dataclass(frozen=True)
class Findings:
    """What the checker finds in a stack."""

    graph: Graph

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Findings:
        """The findings in an exported state."""
        return cls(Graph.of(state))

    @cached_property
    def demands(self) -> list[Demand]:
        """Every demand of AWS."""
        return demands(self.graph.stack)

    @cached_property
    def unmet(self) -> list[str]:
        """Demands that nothing meets, or only luck."""
        return [*absent(self.graph.stack), *map(str, unmet(self.graph, self.demands))]

    @cached_property
    def verdicts(self) -> dict[Edge, Verdict]:
        """What forgetting each edge does: of those that somebody wrote, and of those that carry what AWS demands."""
        demanded = {(each.consumer.urn, each.needed.urn) for each in self.demands}
        direct = {edge for edge in demanded if edge[1] in self.graph.edges[edge[0]]}
        return {edge: self._verdict(edge) for edge in sorted(direct | self.graph.chosen)}

    def _verdict(self, edge: Edge) -> Verdict:
        mutant = self.graph.without(edge)
        if unmet(mutant, self.demands):
            return Verdict.CAUGHT
        return Verdict.MET if edge[1] in mutant.before[edge[0]] else Verdict.FREE

    @cached_property
    def free(self) -> dict[tuple[str, str], list[Edge]]:
        """Edges that AWS does not demand, by the types of their ends."""
        found: dict[tuple[str, str], list[Edge]] = {}
        for edge, verdict in self.verdicts.items():
            if verdict is Verdict.FREE:
                consumer, needed = (self.graph.stack.resources[urn].type for urn in edge)
                found.setdefault((consumer, needed), []).append(edge)
        return found

    def is_explained(self, consumer: Resource, needed: Resource) -> bool:
        """Whether one resource waits for another because AWS demands it, or for a reason that is written down."""
        return needed.urn in self.imposed.before[consumer.urn] or (consumer.type, needed.type) in EXPLAINED

    @cached_property
    def imposed(self) -> Graph:
        """The graph that no program can do without: the demands, and values that only another resource knows."""
        values = (edge for edge in self._edges() if edge not in self.graph.chosen and self._carries_a_value(edge))
        return self.graph.between([*values, *((each.consumer.urn, each.needed.urn) for each in self.demands)])

    def _edges(self) -> Iterator[Edge]:
        return ((urn, needed) for urn, edges in self.graph.edges.items() for needed in edges)

    def _carries_a_value(self, edge: Edge) -> bool:
        """Not what a child has only because the remote component that made it waited for it."""
        makers = [maker for maker, made in self.graph.constructed.items() if edge[0] in made]
        return all((maker, edge[1]) not in self.graph.chosen for maker in makers)


def seconds(resource: Resource) -> float:
    """How long the creation of a resource takes; components and providers take none."""
    made = resource.id and not resource.type.startswith("pulumi:")
    return creation_seconds(resource.type, resource.inputs) if made else 0
