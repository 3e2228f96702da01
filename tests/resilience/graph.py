"""What waits for what: the dependency graph of a deployed stack, as the engine follows it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Self

from tests.engine.deployed import Deployed, Resource, view

# Components that a provider constructs: the engine waits for all that they depend on before it makes their children,
# and for their children before whatever depends on them.
_REMOTE = "eks:index:"

Edge = tuple[str, str]
"""URN of what waits, and of what it waits for."""


@dataclass(frozen=True)
class Graph:
    """Resources and the edges between them."""

    stack: Deployed
    edges: Mapping[str, frozenset[str]]
    """What each resource waits for directly, by URN."""
    chosen: frozenset[Edge]
    """Edges of options such as `depends_on`, which somebody has to remember; the others come with values."""
    constructed: Mapping[str, frozenset[str]]
    """The resources that a remote component makes, by the component's URN."""

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Self:
        """The graph of an exported state."""
        raw = {entry["urn"]: entry for entry in state["deployment"]["resources"]}
        makers = {urn: _makers(urn, raw) for urn in raw}
        constructed = {
            component: frozenset(urn for urn, found in makers.items() if component in found)
            for component in set().union(*makers.values())
        }
        edges = {}
        for urn, entry in raw.items():
            inherited = (edge for each in (entry, *(raw[maker] for maker in makers[urn])) for edge in _all(each))
            edges[urn] = frozenset(inherited) | constructed.get(urn, frozenset())
        chosen = frozenset((urn, needed) for urn, entry in raw.items() for needed in _declared(entry))
        return cls(view(state), edges, chosen, constructed)

    def without(self, edge: Edge) -> Graph:
        """The graph when somebody forgets an edge. What a remote component makes has inherited it."""
        edges = dict(self.edges)
        for urn in {edge[0]} | self.constructed.get(edge[0], frozenset()):
            edges[urn] -= {edge[1]}
        return Graph(self.stack, edges, self.chosen - {edge}, self.constructed)

    def between(self, edges: Iterable[Edge]) -> Graph:
        """The same resources with other edges."""
        found: dict[str, set[str]] = {urn: set() for urn in self.edges}
        for urn, needed in edges:
            found[urn].add(needed)
        return Graph(self.stack, {urn: frozenset(each) for urn, each in found.items()}, frozenset(), self.constructed)

    @functools.cached_property
    def before(self) -> Mapping[str, frozenset[str]]:
        """Everything that exists before each resource is created, by URN."""
        found: dict[str, frozenset[str]] = {}
        for urn in self.in_order():
            direct = self.edges[urn]
            found[urn] = direct.union(*(found[needed] for needed in direct))
        return found

    def in_order(self) -> Iterator[str]:
        """URNs, each after all that it waits for."""
        done: set[str] = set()
        todo = list(self.edges)[::-1]
        while todo:
            urn = todo[-1]
            missing = [needed for needed in self.edges[urn] if needed not in done]
            if urn in done or not missing:
                todo.pop()
                if urn not in done:
                    done.add(urn)
                    yield urn
            else:
                todo += missing

    def longest_chain(self, seconds: Callable[[Resource], float]) -> tuple[float, Sequence[Resource]]:
        """How long a deployment takes where every resource takes `seconds`, and the chain that takes so long."""
        ends: dict[str, float] = {}
        last: dict[str, str] = {}
        for urn in self.in_order():
            latest = max(self.edges[urn], key=ends.__getitem__, default=None)
            start = 0.0
            if latest:
                last[urn], start = latest, ends[latest]
            ends[urn] = start + seconds(self.stack.resources[urn])
        urn = max(ends, key=ends.__getitem__)
        total, chain = ends[urn], [urn]
        while urn := last.get(urn, ""):
            chain.append(urn)
        return total, [self.stack.resources[each] for each in reversed(chain)]


def _declared(entry: Mapping[str, Any]) -> set[str]:
    return set(entry.get("dependencies") or ()) - _by_value(entry)


def _by_value(entry: Mapping[str, Any]) -> set[str]:
    listed = (entry.get("propertyDependencies") or {}).values()
    return {urn for urns in listed for urn in urns or ()}


def _all(entry: Mapping[str, Any]) -> set[str]:
    provider = {entry["provider"].rpartition("::")[0]} if entry.get("provider") else set()
    return set(entry.get("dependencies") or ()) | _by_value(entry) | provider


def _makers(urn: str, raw: Mapping[str, Mapping[str, Any]]) -> frozenset[str]:
    """The remote components around a resource."""
    found = set()
    while urn := raw[urn].get("parent", ""):
        if raw[urn]["type"].startswith(_REMOTE):
            found.add(urn)
    return frozenset(found)


def without(state: Mapping[str, Any], urns: Set[str]) -> dict[str, Any]:
    """An exported state without some resources, and without what its integrity forbids to be there without them."""
    gone, before = set(urns), -1
    entries = state["deployment"]["resources"]
    while len(gone) != before:
        before = len(gone)
        gone |= {entry["urn"] for entry in entries if gone & {*_all(entry), entry.get("parent", "")}}
    kept = [entry for entry in entries if entry["urn"] not in gone]
    return {**state, "deployment": {**state["deployment"], "resources": kept}}
