"""The packs inside the real engine."""

from collections import defaultdict
from pathlib import Path

import pytest

from local.engine import Session, policy_packs
from local.project import Project
from tests.policies.support import PACK_OF, RULES

pytestmark = pytest.mark.engine

ROOT = Path(__file__).parents[2]
BAD_PROGRAM = Path(__file__).with_name("bad_program")


def test_every_rule_fires_on_a_program_that_breaks_them_all() -> None:
    project = Project.load(BAD_PROGRAM, "test")
    with Session(project=project, packs=policy_packs(ROOT)) as session:
        outcome = session.preview()
    assert not outcome.ok
    fired: dict[str, set[str]] = defaultdict(set)
    for violation in outcome.violations:
        if violation.enforcement_level == "mandatory":
            fired[violation.policy_name].add(violation.policy_pack_name)
    assert RULES.keys() - fired.keys() == set(), outcome.stderr or outcome.stdout
    assert {name: {pack.name} for name, pack in PACK_OF.items()} == fired


@pytest.mark.parametrize("stack", ["production", "development"])
def test_all_packs_in_one_say_what_they_say_apart(stack: str) -> None:
    apart = [ROOT / "policies" / name for name in ("encryption", "tagging", "baseline")]
    said = []
    for packs in ([ROOT / "policies" / "all"], apart):
        with Session(project=Project.load(ROOT, stack), packs=packs) as session:
            outcome = session.preview()
            assert outcome.ok, outcome.errors
        told = (vars(violation) for violation in outcome.violations)
        said.append(sorted(str(sorted((key, str(value)) for key, value in each.items())) for each in told))
    assert said[0] == said[1]
    assert said[0]
