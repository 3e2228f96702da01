"""How long a deployment takes: the engine's order of creations, in simulated time, against what AWS imposes."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from benchmarks.creation_times import creation_seconds, is_imposed


@dataclass(frozen=True, kw_only=True)
class Node:
    """A resource to create."""

    urn: str
    type: str
    seconds: float
    needs: frozenset[str] = field(repr=False)
    """URNs of what the engine creates first."""

    @property
    def label(self) -> str:
        """Type and logical name, without the chain of parents."""
        return f"{self.type.rpartition(':')[2]} {self.urn.split('::', 3)[3]}"


@dataclass(frozen=True)
class Graph:
    """The resources of a stack, each behind all that it needs."""

    nodes: Mapping[str, Node]

    @cached_property
    def imposed(self) -> Graph:
        """The same resources with those edges only that AWS imposes."""
        return Graph({urn: self._imposed(node) for urn, node in self.nodes.items()})

    def _imposed(self, node: Node) -> Node:
        needs = frozenset(urn for urn in node.needs if is_imposed(node.type, self.nodes[urn].type))
        return Node(urn=node.urn, type=node.type, seconds=node.seconds, needs=needs)

    def longest_chain(self) -> list[Node]:
        """The chain of resources, each of which waits for the one before, that takes the longest."""
        ends: dict[str, float] = {}
        before: dict[str, str | None] = {}
        for urn, node in self.nodes.items():
            before[urn] = max(node.needs, key=ends.__getitem__, default=None)
            ends[urn] = node.seconds + max((ends[need] for need in node.needs), default=0.0)
        chain: list[Node] = []
        last = max(ends, key=ends.__getitem__, default=None)
        while last is not None:
            chain.append(self.nodes[last])
            last = before[last]
        return chain[::-1]

    def makespan(self, workers: int) -> float:
        """Seconds until all is created, when the engine creates at most `workers` resources at once.

        As the engine does, a resource that is ready takes the next free worker, in the order of becoming ready.
        """
        waiting = {urn: len(node.needs) for urn, node in self.nodes.items()}
        unlocks: dict[str, list[str]] = {urn: [] for urn in self.nodes}
        for urn, node in self.nodes.items():
            for need in node.needs:
                unlocks[need].append(urn)
        ready = [urn for urn, count in waiting.items() if not count]
        running: list[tuple[float, int, str]] = []
        now, started = 0.0, 0
        while ready or running:
            while ready and len(running) < workers:
                started += 1
                urn = ready.pop(0)
                heapq.heappush(running, (now + self.nodes[urn].seconds, started, urn))
            now, _, done = heapq.heappop(running)
            for urn in unlocks[done]:
                waiting[urn] -= 1
                if not waiting[urn]:
                    ready.append(urn)
        return now


def seconds(chain: Sequence[Node]) -> float:
    """How long a chain takes."""
    return sum(node.seconds for node in chain)


def graph(state: Mapping[str, Any]) -> Graph:
    """The graph of an exported state, with all that makes the engine or the SDK wait.

    A resource waits for what its inputs come from, for what it names in `depends_on`, for its parent and for its
    provider. What a component waits for, its parts wait for. One that needs a remote component waits for all its parts.
    """
    entries = {entry["urn"]: entry for entry in state["deployment"]["resources"]}
    parts = _parts(entries)
    nodes = {
        urn: Node(
            urn=urn,
            type=entry["type"],
            seconds=creation_seconds(entry["type"], entry.get("inputs", {})),
            needs=frozenset(_needs(urn, entries, parts)),
        )
        for urn, entry in entries.items()
        if entry.get("custom")
    }
    return Graph(_ordered(nodes))


def _parts(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, set[str]]:
    """All resources below each component."""
    parts: dict[str, set[str]] = {urn: set() for urn, entry in entries.items() if not entry.get("custom")}
    for urn, entry in entries.items():
        above = entry.get("parent", "")
        while above and entry.get("custom"):
            if above in parts:
                parts[above].add(urn)
            above = entries[above].get("parent", "")
    return parts


def _needs(urn: str, entries: Mapping[str, Mapping[str, Any]], parts: Mapping[str, set[str]]) -> set[str]:
    entry = entries[urn]
    needs = {entry.get("provider", "").rpartition("::")[0]} | _named(entry)
    above = entry.get("parent", "")
    while above and not entries[above].get("custom"):
        needs |= _named(entries[above])
        own = parts[above]
        above = entries[above].get("parent", "")
        # A component that is named in its own parts stands for nothing but itself.
        needs -= {component for component in needs if component in parts and parts[component] is own}
    needs.add(above)
    resources = needs & (entries.keys() - parts.keys())
    return resources.union(*(parts[component] for component in needs & parts.keys())) - {urn}


def _named(entry: Mapping[str, Any]) -> set[str]:
    """What a resource names as its dependencies, and what its inputs come from."""
    needs = set(entry.get("dependencies") or ())
    return needs.union(*(urns or () for urns in (entry.get("propertyDependencies") or {}).values()))


def _ordered(nodes: Mapping[str, Node]) -> dict[str, Node]:
    """The nodes with each behind all that it needs."""
    ordered: dict[str, Node] = {}

    def place(urn: str) -> None:
        if urn not in ordered:
            for need in sorted(nodes[urn].needs):
                place(need)
            ordered[urn] = nodes[urn]

    for urn in nodes:
        place(urn)
    return ordered
