"""Dependencies tell the truth: AWS finds what it needs, and nothing waits without a reason."""

from __future__ import annotations

import ast
import functools
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from local.providers.readiness import NEEDS, needed
from tests.engine.deployed import STACKS, deploy, state_of
from tests.engine.examples import run
from tests.resilience.demands import unmet
from tests.resilience.dependencies import EXPLAINED, Findings, Verdict, seconds
from tests.resilience.graph import Edge, Graph

pytestmark = pytest.mark.engine

# Examples with what production may have: an address, a registry, metrics of Prometheus.
CAPABLE = ("govcloud", "landing-zone")

# How much longer than what AWS imposes a deployment may take.
_TOLERATED = 1.05


@pytest.fixture(scope="module")
def production() -> Findings:
    return Findings.of(state_of("production"))


@pytest.mark.parametrize("stack", STACKS)
def test_nothing_that_aws_needs_first_is_left_to_luck(stack: str, tell: Callable[[str], None]) -> None:
    findings = Findings.of(state_of(stack))
    assert findings.unmet == []
    tell(f"dependencies of {stack}: {len(findings.demands)} demands of AWS, all met")


@pytest.mark.parametrize("example", CAPABLE)
def test_nothing_that_metrics_need_first_is_left_to_luck(example: str) -> None:
    findings = Findings.of(run(example).state)
    kinds = ("AlertManagerDefinition", "RuleGroupNamespace", "Scraper", "Workspace")
    assert [each for each in findings.unmet if each.startswith(kinds)] == []


def test_every_row_of_the_table_speaks_of_production_or_of_what_it_may_have(production: Findings) -> None:
    worlds = (list(production.graph.stack), *(list(run(example).resources) for example in CAPABLE))
    used = {id(need) for world in worlds for consumer in world for need, _ in needed(consumer, world)}
    assert [need for need in NEEDS if id(need) not in used] == []


def test_an_edge_that_somebody_forgets_is_noticed(production: Findings, tell: Callable[[str], None]) -> None:
    counts = Counter(production.verdicts.values())
    caught = {edge for edge, verdict in production.verdicts.items() if verdict is Verdict.CAUGHT}
    changing = {edge for edge in production.verdicts if _changes_the_order(production.graph, edge)}
    resources = production.graph.stack.resources
    unexplained = {edge for edge in changing if (resources[edge[0]].type, resources[edge[1]].type) not in EXPLAINED}
    assert caught <= changing
    assert unexplained - caught == set()
    assert counts[Verdict.CAUGHT] + counts[Verdict.MET] > 1000
    tell(
        f"forgotten edges: {len(unexplained & caught)} of {len(unexplained)} that change the order without another "
        f"reason are caught, {counts[Verdict.MET]} change nothing, {counts[Verdict.FREE]} are explained"
    )


def _changes_the_order(graph: Graph, edge: Edge) -> bool:
    return edge[1] not in graph.without(edge).before[edge[0]]


def test_nothing_waits_without_a_reason(production: Findings) -> None:
    assert set(production.free) == set(EXPLAINED)


def test_the_longest_chain_is_one_that_aws_imposes(production: Findings, tell: Callable[[str], None]) -> None:
    took, chain = production.graph.longest_chain(seconds)
    least, _ = production.imposed.longest_chain(seconds)
    for late, early in zip(chain[1:], chain, strict=False):
        assert production.is_explained(late, early), (late.name, early.name)
    assert took <= _TOLERATED * least
    slow = " → ".join(f"{each.name} {seconds(each) / 60:.0f}" for each in chain if seconds(each) >= 60)
    tell(f"longest chain of production: {took / 60:.1f} minutes, {took / least:.2f} times what AWS imposes ({slow})")


def _without_one_dependency(folder: Path) -> Iterator[str]:
    """Leave out one `depends_on` of the components after the other, and say which."""
    for file in sorted((folder / "components").rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        places = [
            node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.keyword) and node.arg == "depends_on"
        ]
        for place in places:
            lines = text.splitlines(keepends=True)
            start = sum(map(len, lines[: place.lineno - 1])) + place.col_offset
            end = sum(map(len, lines[: (place.end_lineno or 0) - 1])) + (place.end_col_offset or 0)
            file.write_text(f"{text[:start]}depends_on=None{text[end:]}", encoding="utf-8")
            yield f"{file.relative_to(folder)}:{place.lineno}"
        file.write_text(text, encoding="utf-8")


@pytest.mark.nightly
def test_every_dependency_of_the_components_is_missed(
    program: Path, tmp_path: Path, production: Findings, tell: Callable[[str], None]
) -> None:
    folder = shutil.copytree(program, tmp_path / "mutant")
    demanded, caught, explained, same = set(), set(), [], []
    for place in _without_one_dependency(folder):
        mutant = Findings.of(deploy(folder, "production"))
        gone = production.graph.chosen - mutant.graph.chosen
        if _is_demanded(production, gone):
            demanded.add(place)
        if mutant.unmet:
            caught.add(place)
        elif production.graph.edges == mutant.graph.edges:
            same.append(place)
        else:
            types = {tuple(mutant.graph.stack.resources[urn].type for urn in edge) for edge in gone}
            assert types <= set(EXPLAINED) or all(needed in mutant.graph.before[urn] for urn, needed in gone), place
            explained.append(place)
    tell(
        f"depends_on left out of the components: {len(demanded & caught)} of {len(demanded)} that AWS demands are "
        f"caught; {len(explained)} are explained or doubly secured, {len(same)} are not used in production"
    )
    assert caught == demanded
    assert len(demanded) > 15


def _is_demanded(production: Findings, edges: Iterable[Edge]) -> bool:
    """Whether AWS demands what these edges give, by the demands and the graph of the program as it is.

    One alone is demanded by its verdict; several may stand in for each other, and are missing together.
    """
    if any(production.verdicts[edge] is Verdict.CAUGHT for edge in edges):
        return True
    return bool(unmet(functools.reduce(Graph.without, edges, production.graph), production.demands))
