"""The compliance report: what every rule says about every resource of a stack, for an auditor.

It holds names of resources and properties, never their values.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pulumi_policy import EnforcementLevel

from policies.support.configuration import RuleSettings, defaults, load
from policies.support.resources import Stack
from policies.support.rules import Pack, Rule
from policies.support.verdicts import ExemptionProblem, Outcome, Verdict, exemption_problems, judge

ORDER = (Verdict.VIOLATED, Verdict.UNKNOWN, Verdict.EXEMPT, Verdict.PASSED, Verdict.NOT_APPLICABLE)
"""From what an auditor asks about first to what needs no question."""


@dataclass(frozen=True)
class RuleReport:
    """What one rule says."""

    pack: Pack
    rule: Rule
    level: EnforcementLevel
    outcomes: Sequence[Outcome]
    exemption_problems: Sequence[ExemptionProblem]

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


@dataclass(frozen=True)
class Report:
    """What all rules say about a stack."""

    stack: str
    time: datetime
    rules: Sequence[RuleReport]

    @property
    def totals(self) -> Counter[Verdict]:
        """Number of verdicts by kind, over all pairs of rules and resources."""
        return sum((rule.counts for rule in self.rules), Counter())

    @property
    def failed(self) -> bool:
        """Whether a mandatory rule is violated."""
        return any(rule.verdict is Verdict.VIOLATED and rule.level is EnforcementLevel.MANDATORY for rule in self.rules)

    @property
    def frameworks(self) -> Mapping[str, list[RuleReport]]:
        """The rules behind each id of a framework, in the order of the ids."""
        found: dict[str, list[RuleReport]] = defaultdict(list)
        for report in self.rules:
            for identifier in report.rule.frameworks:
                found[identifier].append(report)
        return dict(sorted(found.items()))


def build(stack: Stack, name: str, packs: Iterable[Pack], time: datetime) -> Report:
    """Judge the stack by the packs, each configured as its file for the stack says."""
    reports = []
    for pack in packs:
        settings = settings_for(pack, name)
        for rule in pack.rules:
            own = settings[rule.name]
            if own.level is EnforcementLevel.DISABLED:
                continue
            outcomes = [judge(rule, resource, own, stack, time.date()) for resource in stack.of(*rule.types)]
            problems = list(exemption_problems(rule, own, stack, time.date()))
            reports.append(RuleReport(pack, rule, own.level, outcomes, problems))
    return Report(name, time, reports)


def settings_for(pack: Pack, stack: str) -> Mapping[str, RuleSettings]:
    """The pack's configuration for a stack, or its defaults where there is none."""
    file = pack.configuration(stack)
    return load(file, pack.rules) if file.exists() else {rule.name: defaults(rule) for rule in pack.rules}


def write(report: Report, directory: Path) -> tuple[Path, Path]:
    """Write `compliance-<stack>.md` and `.json` into the directory and return their paths."""
    directory.mkdir(parents=True, exist_ok=True)
    markdown, data = (directory / f"compliance-{report.stack}.{suffix}" for suffix in ("md", "json"))
    markdown.write_text(to_markdown(report), encoding="utf-8")
    data.write_text(json.dumps(to_data(report), indent=2) + "\n", encoding="utf-8")
    return markdown, data


def to_data(report: Report) -> dict[str, object]:
    """The report as JSON values."""
    return {
        "stack": report.stack,
        "time": report.time.isoformat(),
        "totals": _counts(report.totals),
        "rules": [_rule_data(rule) for rule in report.rules],
        "frameworks": [
            {
                "id": identifier,
                "rules": [rule.rule.name for rule in rules],
                "verdict": _heaviest(rules).value,
                "totals": _counts(sum((rule.counts for rule in rules), Counter())),
            }
            for identifier, rules in report.frameworks.items()
        ],
    }


def _rule_data(report: RuleReport) -> dict[str, object]:
    rule = report.rule
    return {
        "name": rule.name,
        "pack": report.pack.name,
        "description": rule.description,
        "severity": rule.severity.value,
        "enforcementLevel": report.level.value,
        "frameworks": list(rule.frameworks),
        "remedy": rule.remedy,
        "verdict": report.verdict.value,
        "totals": _counts(report.counts),
        "exemptionProblems": [problem.message for problem in report.exemption_problems],
        "resources": [
            {"urn": outcome.urn, "verdict": outcome.verdict.value, "findings": list(outcome.findings)}
            for outcome in report.outcomes
        ],
    }


def _counts(counts: Counter[Verdict]) -> dict[str, int]:
    return {verdict.value: counts[verdict] for verdict in ORDER}


def _heaviest(rules: Iterable[RuleReport]) -> Verdict:
    return min((rule.verdict for rule in rules), key=ORDER.index)


def to_markdown(report: Report) -> str:
    """The report for people: totals, a table of rules, a table of framework ids, and the resources of each rule."""
    head = ["Verdict", *(verdict.value for verdict in ORDER)]
    lines = [
        f"# Compliance of the stack {report.stack}",
        "",
        f"{report.time:%Y-%m-%d %H:%M} UTC, {len(report.rules)} rules.",
        "",
        *_table([head, ["Number", *(str(report.totals[verdict]) for verdict in ORDER)]]),
        "",
        "## Rules",
        "",
        *_table([["Rule", "Severity", "Level", *head], *map(_rule_row, report.rules)]),
        "",
        "## Frameworks",
        "",
        *_table([["Id", "Rules", "Verdict"], *_framework_rows(report)]),
        "",
        "## Resources",
    ]
    for rule in report.rules:
        lines += ["", *_rule_section(rule)]
    return "\n".join(lines) + "\n"


def _rule_row(report: RuleReport) -> list[str]:
    rule = report.rule
    numbers = [str(report.counts[verdict]) for verdict in ORDER]
    return [rule.name, rule.severity.value, report.level.value, report.verdict.value, *numbers]


def _framework_rows(report: Report) -> Iterable[list[str]]:
    for identifier, rules in report.frameworks.items():
        yield [identifier, ", ".join(rule.rule.name for rule in rules), _heaviest(rules).value]


def _rule_section(report: RuleReport) -> Iterable[str]:
    yield f"### {report.rule.name}"
    yield ""
    yield f"{report.rule.description} {', '.join(report.rule.frameworks)}".rstrip()
    yield ""
    yield from (f"- **exemption**: {problem.message}" for problem in report.exemption_problems)
    for verdict in ORDER:
        groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for outcome in report.outcomes:
            if outcome.verdict is verdict:
                groups[outcome.findings].append(_short(outcome.urn))
        for findings, names in groups.items():
            why = f" ({'; '.join(findings)})" if findings else ""
            yield f"- **{verdict.value}**{why}: {', '.join(sorted(names))}"
    if not report.outcomes:
        yield "- **not applicable**: the stack has no such resource"


def _short(urn: str) -> str:
    """Type and logical name, without the chain of parents."""
    kind, name = urn.split("::", 3)[2:]
    return f"`{kind.rpartition('$')[2]} {name}`"


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    head, *body = [f"| {' | '.join(row)} |" for row in rows]
    return [head, "|---" * len(rows[0]) + "|", *body]
