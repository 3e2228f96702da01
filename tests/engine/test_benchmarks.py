"""What the benchmarks compare is comparable, and no stack takes longer to deploy than AWS makes it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from benchmarks import programs
from benchmarks.deployment import WORKERS
from benchmarks.makespan import graph, seconds
from local.engine import Session
from local.project import Project
from tests.engine.deployed import STACKS, state_of

pytestmark = pytest.mark.engine

MOST = 1.05
"""How much longer a deployment may take than the longest chain that AWS itself imposes."""


@pytest.mark.parametrize("stack", STACKS)
def test_a_deployment_takes_no_longer_than_aws_makes_it(stack: str) -> None:
    engine = graph(state_of(stack))
    unavoidable = seconds(engine.imposed.longest_chain())
    chain = [node.label for node in engine.longest_chain()]
    assert unavoidable > 10 * 60
    assert seconds(engine.longest_chain()) <= MOST * unavoidable, chain
    assert engine.makespan(WORKERS) <= MOST * unavoidable


def test_the_flat_program_registers_the_resources_of_production(tmp_path: Path) -> None:
    state = state_of(programs.STACK)
    written = programs.write_flat(tmp_path / "flat", state)
    with Session(project=Project.load(written, programs.STACK)) as session:
        outcome = session.preview()
    plain = [
        entry["type"]
        for entry in state["deployment"]["resources"]
        if entry.get("custom") and "pulumi:providers:" not in entry["type"]
    ]
    assert outcome.ok, outcome.errors
    kinds = Counter(
        event.resource_pre_event.metadata.type for event in outcome.events if event.resource_pre_event is not None
    )
    assert Counter(plain) == {kind: count for kind, count in kinds.items() if not kind.startswith("pulumi:")}


def test_copies_of_the_platform_are_resources_of_their_own() -> None:
    counts = []
    for copies in (1, 2):
        with Session(project=programs.platform(copies)) as session:
            outcome = session.preview()
        assert outcome.ok, outcome.errors
        counts.append(sum(outcome.changes.values()) - 1)
    assert counts[1] == 2 * counts[0]
