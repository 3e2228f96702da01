"""What the rules do not look at, and what they were told to leave alone: nothing of it goes without a word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from pulumi_policy import EnforcementLevel

from policies.support.configuration import RuleSettings
from policies.support.resources import Stack
from policies.support.rules import Rule

NAME = "not-judged"
"""Under which a preview reports all of this."""


def judged_types(rules: Iterable[Rule], settings: Mapping[str, RuleSettings]) -> set[str]:
    """Types that some rule looks at for what they are: rules about tags look at all that can have some."""
    return {
        token
        for rule in rules
        if not rule.about_tags and settings[rule.name].level is not EnforcementLevel.DISABLED
        for token in (*rule.types, *rule.joins)
    }


def not_judged(stack: Stack, judged: set[str]) -> Counter[str]:
    """Number of resources by type that no rule looks at. Components and providers are made of other resources."""
    return Counter(
        resource.type
        for resource in stack.resources.values()
        if resource.custom and resource.type not in judged and not resource.type.startswith("pulumi:")
    )


def notes(
    stack: Stack, rules: Iterable[Rule], settings: Mapping[str, RuleSettings], left_out: Iterable[str] = ()
) -> Iterator[str]:
    """Sentences about what no rule judges, what this run leaves out, what is disabled, and what is exempt until when.

    `left_out` has a type for each resource that the engine was told to leave out.
    """
    rules = tuple(rules)
    missing = not_judged(stack, judged_types(rules, settings))
    for what, types in (("judged by no rule", missing), ("left out of this run, not judged", Counter(left_out))):
        if types:
            listed = ", ".join(f"{token} ({number})" for token, number in sorted(types.items()))
            yield f"{types.total()} resources of {len(types)} types are {what}: {listed}"
    disabled = [rule.name for rule in rules if settings[rule.name].level is EnforcementLevel.DISABLED]
    if disabled:
        yield f"{len(disabled)} rules are disabled: {', '.join(disabled)}"
    for rule in rules:
        for exemption in settings[rule.name].exemptions:
            yield f"{rule.name} leaves {exemption.urn} alone until {exemption.expires}: {exemption.reason}"
