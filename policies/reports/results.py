"""What all rules say about a stack, those that are disabled and what none of them judges included."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pulumi_policy import EnforcementLevel

from policies.support.accounts import stack_accounts
from policies.support.configuration import RuleSettings, defaults, load
from policies.support.coverage import judged_types, not_judged
from policies.support.resources import Stack
from policies.support.rules import Pack, Rule
from policies.support.verdicts import ExemptionProblem, Outcome, Verdict, exemption_problems, judge

ORDER = (Verdict.VIOLATED, Verdict.UNKNOWN, Verdict.EXEMPT, Verdict.PASSED, Verdict.NOT_APPLICABLE)
"""From what an auditor asks about first to what needs no question."""

PARTLY = "passed where applicable"
"""What a control is whose rules pass some resources and are not about others: no pass of all."""
DISABLED = "disabled"


@dataclass(frozen=True)
class Exempted:
    """An exemption as it is configured."""

    rule: str
    urn: str
    reason: str
    expires: date


@dataclass(frozen=True)
class RuleReport:
    """What one rule says."""

    pack: Pack
    rule: Rule
    settings: RuleSettings
    outcomes: Sequence[Outcome]
    exemption_problems: Sequence[ExemptionProblem]

    @property
    def level(self) -> EnforcementLevel:
        """How the rule is enforced."""
        return self.settings.level

    @property
    def disabled(self) -> bool:
        """Whether configuration has switched the rule off."""
        return self.level is EnforcementLevel.DISABLED

    @property
    def counts(self) -> Counter[Verdict]:
        """Number of resources by verdict."""
        return Counter(outcome.verdict for outcome in self.outcomes)

    @property
    def verdict(self) -> Verdict:
        """The verdict that weighs most; a rule without resources is not applicable."""
        if any(problem.expired for problem in self.exemption_problems):
            return Verdict.VIOLATED
        return next((verdict for verdict in ORDER if self.counts[verdict]), Verdict.NOT_APPLICABLE)

    def decided(self, control: str) -> list[Outcome]:
        """The outcomes that decide a control: of its types, where the rule asks for as much as the control does."""
        scope = next(item for item in self.rule.controls if item.name == control)
        types = {token for token in self.rule.types if scope.decided(token, self.settings.parameters)}
        return [outcome for outcome in self.outcomes if outcome.type in types]


@dataclass(frozen=True)
class ControlReport:
    """What the rules behind one id of a framework say together."""

    name: str
    rules: Sequence[RuleReport]

    @property
    def counts(self) -> Counter[Verdict]:
        """Number of outcomes by verdict."""
        return Counter(outcome.verdict for rule in self.rules for outcome in rule.decided(self.name))

    @property
    def verdict(self) -> str:
        """The verdict that weighs most; passing some and being about no more than these is not passing."""
        if all(rule.disabled for rule in self.rules):
            return DISABLED
        counts = self.counts
        heaviest = next((verdict for verdict in ORDER if counts[verdict]), Verdict.NOT_APPLICABLE)
        if heaviest is Verdict.PASSED and counts[Verdict.NOT_APPLICABLE]:
            return PARTLY
        return heaviest.value


@dataclass(frozen=True)
class Report:
    """What all rules say about a stack."""

    stack: str
    project: str
    time: datetime
    commit: str
    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    rules: Sequence[RuleReport]
    not_judged: Mapping[str, int]
    """Number of resources by type that no enabled rule judges."""

    @property
    def packs(self) -> dict[str, str]:
        """Versions of the packs by name."""
        return {rule.pack.name: rule.pack.version for rule in self.rules}

    @property
    def totals(self) -> Counter[Verdict]:
        """Number of verdicts by kind, over all pairs of rules and resources."""
        return sum((rule.counts for rule in self.rules), Counter())

    @property
    def severities(self) -> Counter[str]:
        """Number of violations by the severity of their rule."""
        found: Counter[str] = Counter()
        for rule in self.rules:
            found[rule.rule.severity.value] += rule.counts[Verdict.VIOLATED]
        return found

    @property
    def failed(self) -> bool:
        """Whether a mandatory rule is violated."""
        return any(rule.verdict is Verdict.VIOLATED and rule.level is EnforcementLevel.MANDATORY for rule in self.rules)

    @property
    def exemptions(self) -> list[Exempted]:
        """Every exemption of every rule, whether it covers something or not."""
        return [
            Exempted(rule.rule.name, item.urn, item.reason, item.expires)
            for rule in self.rules
            for item in rule.settings.exemptions
        ]

    @property
    def frameworks(self) -> list[ControlReport]:
        """The rules behind each id of a framework, in the order of the ids."""
        found: dict[str, list[RuleReport]] = defaultdict(list)
        for report in self.rules:
            for identifier in report.rule.frameworks:
                found[identifier].append(report)
        return [ControlReport(name, rules) for name, rules in sorted(found.items())]


def build(stack: Stack, name: str, packs: Iterable[Pack], time: datetime, commit: str = "") -> Report:
    """Judge the stack by the packs, each configured as its file for the stack says."""
    reports = []
    settings: dict[str, RuleSettings] = {}
    for pack in packs:
        settings |= settings_for(pack, name)
        reports += [_judged(pack, rule, settings[rule.name], stack, time.date()) for rule in pack.rules]
    judged = judged_types((report.rule for report in reports), settings)
    return Report(
        stack=name,
        project=next((urn.split("::")[1] for urn in stack.resources), ""),
        time=time,
        commit=commit,
        accounts=tuple(sorted(stack_accounts(stack))),
        regions=tuple(sorted(_regions(stack))),
        rules=reports,
        not_judged=not_judged(stack, judged),
    )


def _judged(pack: Pack, rule: Rule, settings: RuleSettings, stack: Stack, today: date) -> RuleReport:
    if settings.level is EnforcementLevel.DISABLED:
        return RuleReport(pack, rule, settings, [], [])
    outcomes = [judge(rule, resource, settings, stack, today) for resource in stack.of(*rule.types)]
    return RuleReport(pack, rule, settings, outcomes, list(exemption_problems(rule, settings, stack, today)))


def _regions(stack: Stack) -> set[str]:
    """The regions of the AWS providers that made the stack."""
    providers = stack.of("pulumi:providers:aws")
    return {region for provider in providers if isinstance(region := provider.properties.get("region"), str)}


def settings_for(pack: Pack, stack: str) -> Mapping[str, RuleSettings]:
    """The pack's configuration for a stack, or its defaults where there is none."""
    file = pack.configuration(stack)
    return load(file, pack.rules) if file.exists() else {rule.name: defaults(rule) for rule in pack.rules}
