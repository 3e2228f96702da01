"""Resources for rules to judge, and ways to spoil them."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from policies.packs import PACKS
from policies.support.configuration import Exemption, defaults
from policies.support.resources import Resource, Stack
from policies.support.rules import Pack, Rule
from policies.support.values import UNKNOWN
from policies.support.verdicts import Outcome, judge

TODAY = date(2026, 11, 24)
STACK = "production"
KEY = "arn:aws:kms:us-east-1:123456789012:key/0f0f0f0f-1111-2222-3333-444444444444"
REMOVED = object()

RULES: Mapping[str, Rule] = {rule.name: rule for pack in PACKS for rule in pack.rules}
PACK_OF: Mapping[str, Pack] = {rule.name: pack for pack in PACKS for rule in pack.rules}


def urn(token: str, name: str) -> str:
    """URN of a resource at the top of the stack."""
    return f"urn:pulumi:{STACK}::trading-platform::{token}::{name}"


@dataclass(frozen=True)
class Given:
    """A resource of a scenario; `edges` maps a property to the names of the resources that it comes from."""

    token: str
    name: str
    properties: Mapping[str, Any]
    edges: Mapping[str, Sequence[str]] = field(default_factory=dict)
    provider: Mapping[str, Any] = field(default_factory=dict)
    protected: bool = False


Edit = tuple[str, str, Any]
"""Name of a resource, dotted path in its properties (numbers index lists), and the new value."""


def edited(scenario: Sequence[Given], *edits: Edit) -> list[Given]:
    """The scenario with some properties changed."""
    resources = list(scenario)
    for name, path, value in edits:
        index = next(i for i, given in enumerate(resources) if given.name == name)
        properties = copy.deepcopy(dict(resources[index].properties))
        _put(properties, path.split("."), value)
        resources[index] = replace(resources[index], properties=properties)
    return resources


def without(scenario: Sequence[Given], name: str) -> list[Given]:
    """The scenario without one of its resources."""
    return [given for given in scenario if given.name != name]


def _put(target: Any, path: Sequence[str], value: Any) -> None:
    *way, last = path
    for step in way:
        target = target[int(step)] if isinstance(target, list) else target[step]
    place = int(last) if isinstance(target, list) else last
    if value is REMOVED:
        del target[place]
    else:
        target[place] = value


def outcome(name: str, scenario: Sequence[Given], *, exempt: bool = False, **parameters: Any) -> Outcome:
    """What a rule says about the first resource of a scenario."""
    urns = {given.name: urn(given.token, given.name) for given in scenario}
    stack = Stack(
        Resource(
            urns[given.name],
            given.properties,
            provider=given.provider,
            protected=given.protected,
            dependencies={
                path: [urns[source] for source in sources if source in urns] for path, sources in given.edges.items()
            },
        )
        for given in scenario
    )
    subject = urns[scenario[0].name]
    settings = defaults(RULES[name])
    settings = replace(settings, parameters={**settings.parameters, **parameters})
    if exempt:
        settings = replace(settings, exemptions=(Exemption(f"*::{scenario[0].name}", "agreed", date(2027, 1, 1)),))
    return judge(RULES[name], stack.resources[subject], settings, stack, TODAY)


@dataclass(frozen=True, kw_only=True)
class Case:
    """What one rule must say about one scenario and its variants."""

    rule: str
    good: Sequence[Given]
    bad: Mapping[str, Sequence[Edit] | Sequence[Given]]
    """Label → edits of the good scenario, or a scenario of its own."""
    unknown: Edit | None
    """The edit that hides what the rule needs; its value is `UNKNOWN`."""
    not_applicable: Mapping[str, Sequence[Edit] | Sequence[Given]] = field(default_factory=dict)
    also_good: Mapping[str, Sequence[Edit] | Sequence[Given]] = field(default_factory=dict)

    def variant(self, change: Sequence[Edit] | Sequence[Given]) -> list[Given]:
        """The good scenario with a change applied."""
        if all(isinstance(item, Given) for item in change):
            return [item for item in change if isinstance(item, Given)]
        return edited(self.good, *[item for item in change if not isinstance(item, Given)])


def hidden(name: str, path: str) -> Edit:
    """The edit that makes a property unknown."""
    return (name, path, UNKNOWN)
