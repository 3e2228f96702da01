"""Judging resources by rules: one verdict for each pair, with exemptions applied and unknown values named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from policies.support.configuration import RuleSettings
from policies.support.documents import InvalidDocumentError
from policies.support.resources import Resource, Stack
from policies.support.rules import Context, NotApplicable, Rule
from policies.support.values import UnknownValueError, recorded


class Verdict(StrEnum):
    """What a rule says about a resource."""

    PASSED = "passed"
    VIOLATED = "violated"
    EXEMPT = "exempt"
    NOT_APPLICABLE = "not applicable"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Outcome:
    """The verdict of a rule about a resource, with what was found. Holds names of properties, never their values."""

    rule: Rule
    urn: str
    verdict: Verdict
    findings: tuple[str, ...] = ()
    """Violations; or the reason of an exemption, of not being applicable, or the path of the unknown property."""
    until: date | None = None
    """Last day of the exemption."""
    evidence: tuple[str, ...] = ()
    """Properties of the resource, and of those joined with it, that the rule read."""

    @property
    def type(self) -> str:
        """Type token of the resource."""
        return self.urn.split("::")[2].rpartition("$")[2]

    @property
    def name(self) -> str:
        """Logical name of the resource."""
        return self.urn.split("::", 3)[3]


def judge(rule: Rule, resource: Resource, settings: RuleSettings, stack: Stack, today: date) -> Outcome:
    """Run one rule on one resource."""
    context = Context(settings.parameters, stack, today)
    violations: list[str] = []
    unknown: str | None = None
    with recorded() as evidence:
        try:
            for violation in rule.check(resource, context):
                violations.append(violation)
        except NotApplicable as reason:
            return Outcome(rule, resource.urn, Verdict.NOT_APPLICABLE, (str(reason),))
        except InvalidDocumentError as error:
            violations.append(str(error))
        except UnknownValueError as error:
            unknown = error.path
    if not violations and unknown is None:
        return Outcome(rule, resource.urn, Verdict.PASSED, evidence=tuple(evidence))
    for exemption in settings.exemptions:
        if exemption.covers(resource.urn) and not exemption.expired(today):
            return Outcome(rule, resource.urn, Verdict.EXEMPT, (exemption.reason,), until=exemption.expires)
    if violations:
        return Outcome(rule, resource.urn, Verdict.VIOLATED, tuple(dict.fromkeys(violations)), evidence=tuple(evidence))
    return Outcome(rule, resource.urn, Verdict.UNKNOWN, (unknown or "",))


@dataclass(frozen=True)
class ExemptionProblem:
    """An exemption that has expired, or that matches no resource."""

    rule: Rule
    message: str
    expired: bool


def exemption_problems(rule: Rule, settings: RuleSettings, stack: Stack, today: date) -> Iterator[ExemptionProblem]:
    """The exemptions of a rule that no longer do anything."""
    subjects = stack.of(*rule.types)
    for exemption in settings.exemptions:
        if exemption.expired(today):
            message = (
                f"the exemption for {exemption.urn} expired on {exemption.expires}: mend the resource, or renew it"
            )
            yield ExemptionProblem(rule, message, expired=True)
        elif not any(exemption.covers(subject.urn) for subject in subjects):
            message = f"the exemption for {exemption.urn} matches no resource that this rule judges: remove it"
            yield ExemptionProblem(rule, message, expired=False)
