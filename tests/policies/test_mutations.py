"""The platform as deployed: it passes every rule, and no protective argument can go without a rule noticing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache

import pytest

from policies import reports, state
from policies.packs import PACKS
from policies.support.ingress import EGRESS_RULES, INGRESS_RULES
from policies.support.resources import Resource, Stack
from policies.support.verdicts import Verdict, judge
from tests.conftest import Tell
from tests.engine.deployed import STACKS, state_of
from tests.policies import mutations_sharing
from tests.policies.mutations import MUTATIONS, Mutation, Properties
from tests.policies.support import PACK_OF, RULES

pytestmark = pytest.mark.engine

NOW = datetime(2026, 11, 24, tzinfo=UTC)


# Rules about resources that the platform does not have; the program that breaks every rule covers them.
def without_resources(stack: Stack) -> set[str]:
    return {name for name, rule in RULES.items() if not stack.of(*rule.types)}


# No machine of the platform has user data.
WITHOUT_SUBJECTS = {"no-secrets-in-user-data"}
# Rules that judge something of production: fewer would mean that rules have lost their subjects.
LEAST_RULES = 80
# How a setting says whose it is.
OWNERS = ("bucket", "vpcId", "networkAclId")
RULES_OF_GROUPS = (*INGRESS_RULES, *EGRESS_RULES)


@cache
def deployed(stack: str) -> Stack:
    return state.parse(state_of(stack))


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_violates_no_rule_whatever_its_level(stack: str) -> None:
    result = reports.build(deployed(stack), stack, PACKS, NOW)
    assert {rule.rule.name for rule in result.rules if rule.verdict is Verdict.VIOLATED} == set()
    assert not [problem.message for rule in result.rules for problem in rule.exemption_problems]
    assert not result.totals[Verdict.UNKNOWN]


def test_production_has_resources_for_all_rules_but_a_few() -> None:
    stack = deployed("production")
    result = reports.build(stack, "production", PACKS, NOW)
    idle = without_resources(stack) | WITHOUT_SUBJECTS
    assert {rule.rule.name for rule in result.rules if not rule.counts[Verdict.PASSED]} == idle
    assert len(RULES) - len(idle) >= LEAST_RULES


def test_no_protective_argument_goes_unnoticed(tell: Tell) -> None:
    stack = deployed("production")
    total: Counter[str] = Counter()
    missed = []
    for mutation in (*MUTATIONS, *mutations_sharing.MUTATIONS):
        verdicts = judged(mutation.rule, stack)
        for label, resource, mutant in mutants(mutation, stack, verdicts):
            total[mutation.rule] += 1
            if Verdict.VIOLATED not in judged(mutation.rule, mutant, resource.urn).values():
                missed.append(f"{mutation.rule}: {resource.name} {label}")
    tell(f"mutations caught: {total.total() - len(missed)}/{total.total()}, by {len(total)} rules")
    assert not missed
    assert RULES.keys() - total.keys() == without_resources(stack) | WITHOUT_SUBJECTS


def mutants(mutation: Mutation, stack: Stack, verdicts: Mapping[str, Verdict]) -> Iterator[tuple[str, Resource, Stack]]:
    """The stack with one resource weakened, for each way to weaken one that the rule protects."""
    for resource in stack.of(*mutation.types):
        owners = [owner for path in OWNERS for owner in stack.sources(resource, path)] or [resource]
        if any(verdicts.get(owner.urn) is Verdict.EXEMPT for owner in owners):
            continue
        if mutation.with_rules and not stack.settings_of(resource, RULES_OF_GROUPS, by="securityGroupId"):
            continue
        for label, weak in mutation.weaken(dict(resource.properties)):
            yield label, resource, replaced(stack, resource, weak)


def replaced(stack: Stack, resource: Resource, properties: Properties | None) -> Stack:
    """The stack with other properties of one resource, without the provider's tags and protection; or without it."""
    resources = dict(stack.resources)
    del resources[resource.urn]
    if properties is not None:
        resources[resource.urn] = Resource(resource.urn, properties, dependencies=resource.dependencies)
    return Stack(resources.values())


def judged(rule_name: str, stack: Stack, urn: str | None = None) -> dict[str, Verdict]:
    """The verdicts of a rule, about one resource where it judges resources by themselves."""
    rule = RULES[rule_name]
    settings = reports.settings_for(PACK_OF[rule_name], "production")[rule_name]
    subjects = stack.of(*rule.types)
    if urn and not rule.joined:
        subjects = [subject for subject in subjects if subject.urn == urn]
    return {subject.urn: judge(rule, subject, settings, stack, NOW.date()).verdict for subject in subjects}
