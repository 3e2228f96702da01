"""The packs inside the real engine."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from local.engine import Session
from local.packs import policy_packs
from local.project import Project
from policies import reports, state
from policies.packs import PACKS
from policies.reports import Report
from policies.support import coverage
from policies.support.verdicts import Verdict
from tests.conftest import Tell
from tests.policies.support import PACK_OF, RULES

pytestmark = pytest.mark.engine

ROOT = Path(__file__).parents[2]
TWINS = Path(__file__).with_name("twin_programs")
LEAST_PLANTS = 120
# What has no fault of its own in the bad program: what carries a bad rule, and the flow log, whose VPC has the fault.
FAULTLESS = {"key", "internet", "bastion", "old-rules", "public-alb", "flow-log"}


@cache
def deployed(twin: str) -> Report:
    """What all rules say about a twin that is deployed, where every value is known."""
    with Session(project=Project.load(TWINS / twin, "test")) as session:
        outcome = session.up()
        assert outcome.ok, outcome.errors
        exported = session.export()
    return reports.build(state.parse(json.loads(exported)), "test", PACKS, datetime.now(UTC))


def test_every_rule_fires_on_a_program_that_breaks_them_all() -> None:
    project = Project.load(TWINS / "bad", "test")
    with Session(project=project, packs=policy_packs(ROOT)) as session:
        outcome = session.preview()
    assert not outcome.ok
    fired: dict[str, set[str]] = defaultdict(set)
    for violation in outcome.violations:
        if violation.enforcement_level == "mandatory":
            fired[violation.policy_name].add(violation.policy_pack_name)
    assert RULES.keys() - fired.keys() == set(), outcome.stderr or outcome.stdout
    assert {name: {pack.name} for name, pack in PACK_OF.items()} == fired


def test_every_planted_fault_is_found(tell: Tell) -> None:
    result = deployed("bad")
    found, planted = set(), set()
    for rule in result.rules:
        for outcome in rule.outcomes:
            if outcome.name not in FAULTLESS:
                planted.add(outcome.urn)
            if outcome.verdict is Verdict.VIOLATED:
                found.add(outcome.urn)
    tell(f"planted faults found: {len(planted & found)}/{len(planted)}")
    assert {urn.split("::")[-1] for urn in planted - found} == set()
    assert len(planted) >= LEAST_PLANTS


def test_the_good_twin_has_no_fault() -> None:
    result = deployed("good")
    faults = [
        (rule.rule.name, outcome.name, outcome.findings)
        for rule in result.rules
        for outcome in rule.outcomes
        if outcome.verdict in (Verdict.VIOLATED, Verdict.UNKNOWN)
    ]
    assert faults == []
    assert sum(rule.counts[Verdict.PASSED] for rule in result.rules) > LEAST_PLANTS


def test_a_preview_names_what_no_rule_judges() -> None:
    with Session(project=Project.load(TWINS / "good", "test"), packs=[ROOT / "policies" / "all"]) as session:
        outcome = session.preview()
    assert outcome.ok, outcome.errors
    assert not [violation for violation in outcome.violations if violation.enforcement_level == "mandatory"]
    (note,) = [violation.message for violation in outcome.violations if violation.policy_name == coverage.NAME]
    assert "1 resources of 1 types are judged by no rule: aws:ec2/eip:Eip (1)" in note


@pytest.mark.parametrize("stack", ["production", "development"])
def test_all_packs_in_one_say_what_they_say_apart(stack: str) -> None:
    apart = [ROOT / "policies" / name for name in ("encryption", "tagging", "baseline")]
    said = []
    for packs in ([ROOT / "policies" / "all"], apart):
        with Session(project=Project.load(ROOT, stack), packs=packs) as session:
            outcome = session.preview()
            assert outcome.ok, outcome.errors
        told = [vars(violation) for violation in outcome.violations if violation.policy_name != coverage.NAME]
        said.append(sorted(json.dumps({key: str(value) for key, value in each.items()}) for each in told))
    assert said[0] == said[1]
    assert said[0]
