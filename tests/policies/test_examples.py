"""Rules on what users copy: every example of the SDK's documentation."""

from __future__ import annotations

from collections import Counter

from policies.support.configuration import defaults
from policies.support.verdicts import Verdict, judge
from tests.conftest import Tell
from tests.policies.sdk_examples import examples
from tests.policies.support import RULES, TODAY

LEAST_EXAMPLES = 2500


def test_rules_have_a_verdict_on_every_example(tell: Tell) -> None:
    settings = {name: defaults(rule) for name, rule in RULES.items()}
    verdicts: Counter[Verdict] = Counter()
    total = resources = 0
    for _, stack in examples():
        total += 1
        resources += len(stack.resources)
        for name, rule in RULES.items():
            for resource in stack.of(*rule.types):
                verdicts[judge(rule, resource, settings[name], stack, TODAY).verdict] += 1
    tell(f"examples judged: {total}, resources: {resources}, verdicts: {verdicts.total()}")
    assert total >= LEAST_EXAMPLES
    assert all(verdicts[verdict] for verdict in (Verdict.PASSED, Verdict.VIOLATED, Verdict.NOT_APPLICABLE))
