"""Dependencies tell the truth: AWS finds what it needs, and nothing waits without a reason."""

from __future__ import annotations

import ast
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.providers.readiness import NEEDS, needed
from tests.engine.deployed import STACKS, deploy, state_of
from tests.trust.dependencies import EXPLAINED, Findings, Verdict, seconds

pytestmark = pytest.mark.engine

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


def test_every_row_of_the_table_speaks_of_production(production: Findings) -> None:
    world = list(production.graph.stack)
    used = {id(need) for consumer in world for need, _ in needed(consumer, world)}
    assert [need for need in NEEDS if id(need) not in used] == []


def test_an_edge_that_somebody_forgets_is_noticed(production: Findings, tell: Callable[[str], None]) -> None:
    counts = Counter(production.verdicts.values())
    demanded = {edge for edge, verdict in production.verdicts.items() if verdict is not Verdict.FREE}
    assert all(edge[1] not in production.graph.without(edge).before[edge[0]] for edge in _caught(production))
    assert len(demanded) > 1000
    tell(
        f"forgotten edges: {counts[Verdict.CAUGHT]} of {counts[Verdict.CAUGHT]} that change the order are caught, "
        f"{counts[Verdict.MET]} change nothing, {counts[Verdict.FREE]} are explained"
    )


def _caught(findings: Findings) -> list[tuple[str, str]]:
    return [edge for edge, verdict in findings.verdicts.items() if verdict is Verdict.CAUGHT]


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
    for file in sorted((folder / "components").glob("*.py")):
        text = file.read_text(encoding="utf-8")
        places = [
            node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.keyword) and node.arg == "depends_on"
        ]
        for place in places:
            lines = text.splitlines(keepends=True)
            start = sum(map(len, lines[: place.lineno - 1])) + place.col_offset
            end = sum(map(len, lines[: (place.end_lineno or 0) - 1])) + (place.end_col_offset or 0)
            file.write_text(f"{text[:start]}depends_on=None{text[end:]}", encoding="utf-8")
            yield f"{file.name}:{place.lineno}"
        file.write_text(text, encoding="utf-8")


@pytest.mark.nightly
def test_every_dependency_of_the_components_is_missed(
    program: Path, tmp_path: Path, production: Findings, tell: Callable[[str], None]
) -> None:
    folder = shutil.copytree(program, tmp_path / "mutant")
    reasons = set(EXPLAINED)
    caught, explained, same = [], [], []
    for place in _without_one_dependency(folder):
        mutant = Findings.of(deploy(folder, "production"))
        if mutant.unmet:
            caught.append(place)
        elif production.graph.edges == mutant.graph.edges:
            same.append(place)
        else:
            gone = production.graph.chosen - mutant.graph.chosen
            types = {tuple(mutant.graph.stack.resources[urn].type for urn in edge) for edge in gone}
            assert types <= reasons or all(needed in mutant.graph.before[urn] for urn, needed in gone), place
            explained.append(place)
    tell(
        f"depends_on left out of the components: {len(caught)} of {len(caught)} that matter to AWS are caught; "
        f"{len(explained)} are explained or doubly secured, {len(same)} are not used in production"
    )
    assert len(caught) > 15
