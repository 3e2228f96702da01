"""The report in its forms: Markdown for people, JSON, SARIF for code scanning and ASFF for Security Hub.

None of them holds a value of a resource: names of resources and of properties only.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from policies.reports import findings, mappings, sarif
from policies.reports.results import DISABLED, ORDER, ControlReport, Report, RuleReport
from policies.support.verdicts import Outcome, Verdict

SEVERITIES = ("critical", "high", "medium", "low")


def write(report: Report, directory: Path) -> list[Path]:
    """Write `compliance-<stack>` into the directory in each form and return the paths.

    Findings for Security Hub need an account and a region, and are left out where these are not known.
    """
    directory.mkdir(parents=True, exist_ok=True)
    forms = {".md": to_markdown(report), ".json": _json(to_data(report)), ".sarif": _json(sarif.to_sarif(report))}
    if report.accounts and report.regions:
        forms[".asff.json"] = _json(findings.to_asff(report))
    written = []
    for suffix, text in forms.items():
        file = directory / f"compliance-{report.stack}{suffix}"
        file.write_text(text, encoding="utf-8")
        written.append(file)
    return written


def _json(data: object) -> str:
    return json.dumps(data, indent=2) + "\n"


def to_data(report: Report) -> dict[str, object]:
    """The report as JSON values."""
    return {
        "stack": report.stack,
        "project": report.project,
        "time": report.time.isoformat(),
        "commit": report.commit,
        "accounts": list(report.accounts),
        "regions": list(report.regions),
        "packs": [{"name": name, "version": version} for name, version in report.packs.items()],
        "totals": _counts(report.totals),
        "severities": {severity: report.severities[severity] for severity in SEVERITIES},
        "notJudged": {
            "resources": sum(report.not_judged.values()),
            "types": dict(sorted(report.not_judged.items())),
        },
        "disabled": [rule.rule.name for rule in report.rules if rule.disabled],
        "exemptions": [
            {"rule": item.rule, "urn": item.urn, "reason": item.reason, "expires": item.expires.isoformat()}
            for item in report.exemptions
        ],
        "rules": [_rule_data(rule) for rule in report.rules],
        "frameworks": [_control_data(control) for control in report.frameworks],
    }


def _control_data(control: ControlReport) -> dict[str, object]:
    return {
        "id": control.name,
        "rules": [rule.rule.name for rule in control.rules],
        "verdict": control.verdict,
        "totals": _counts(control.counts),
    }


def _rule_data(report: RuleReport) -> dict[str, object]:
    rule = report.rule
    return {
        "name": rule.name,
        "pack": report.pack.name,
        "description": rule.description,
        "severity": rule.severity.value,
        "enforcementLevel": report.level.value,
        "parameters": dict(report.settings.parameters),
        "frameworks": list(rule.frameworks),
        "requirements": mappings.requirements(rule.name),
        "remedy": rule.remedy,
        "verdict": DISABLED if report.disabled else report.verdict.value,
        "totals": _counts(report.counts),
        "exemptionProblems": [problem.message for problem in report.exemption_problems],
        "resources": [_outcome_data(outcome) for outcome in report.outcomes],
    }


def _outcome_data(outcome: Outcome) -> dict[str, object]:
    told: dict[str, object] = {
        "urn": outcome.urn,
        "verdict": outcome.verdict.value,
        "findings": list(outcome.findings),
        "evidence": list(outcome.evidence),
    }
    return told | ({"until": outcome.until.isoformat()} if outcome.until else {})


def _counts(counts: Counter[Verdict]) -> dict[str, int]:
    return {verdict.value: counts[verdict] for verdict in ORDER}


def to_markdown(report: Report) -> str:
    """The report for people: totals, what is not judged, rules, framework ids, and the resources of each rule."""
    head = ["Verdict", *(verdict.value for verdict in ORDER)]
    severities = [["Violations", *SEVERITIES], ["Number", *(str(report.severities[each]) for each in SEVERITIES)]]
    lines = [
        f"# Compliance of the stack {report.stack}",
        "",
        *_circumstances(report),
        "",
        *_table([head, ["Number", *(str(report.totals[verdict]) for verdict in ORDER)]]),
        "",
        *_table(severities),
        "",
        *_left_out(report),
        "## Rules",
        "",
        *_table([["Rule", "Severity", "Level", *head], *map(_rule_row, report.rules)]),
        "",
        "## Frameworks",
        "",
        *_table([["Id", "Rules", "Verdict"], *map(_control_row, report.frameworks)]),
        "",
        f"## Requirements (mapping of {mappings.DATE})",
        "",
        *_table([["Framework", "Requirement", "Rules", "Violated"], *mappings.rows(report)]),
        "",
        "## Resources",
    ]
    for rule in report.rules:
        lines += ["", *_rule_section(rule)]
    return "\n".join(lines) + "\n"


def _circumstances(report: Report) -> Iterable[str]:
    yield f"- {report.time:%Y-%m-%d %H:%M} UTC, project {report.project}, {len(report.rules)} rules"
    yield f"- accounts: {', '.join(report.accounts) or 'not known'}"
    yield f"- regions: {', '.join(report.regions) or 'not known'}"
    yield f"- packs: {', '.join(f'{name} {version}' for name, version in report.packs.items())}"
    yield f"- commit: {report.commit or 'not known'}"


def _left_out(report: Report) -> Iterable[str]:
    """What the verdicts do not speak of: types without a rule, disabled rules, exemptions."""
    yield f"## Not judged: {sum(report.not_judged.values())} resources of {len(report.not_judged)} types"
    yield ""
    yield from (f"- `{token}`: {number}" for token, number in sorted(report.not_judged.items()))
    yield from [] if not report.not_judged else [""]
    disabled = [rule.rule.name for rule in report.rules if rule.disabled]
    yield f"Disabled rules: {', '.join(disabled) or 'none'}."
    yield ""
    if report.exemptions:
        rows = [[item.rule, f"`{item.urn}`", item.reason, f"{item.expires}"] for item in report.exemptions]
        yield from _table([["Exempt from", "Resource", "Reason", "Last day"], *rows])
        yield ""


def _rule_row(report: RuleReport) -> list[str]:
    rule = report.rule
    numbers = [str(report.counts[verdict]) for verdict in ORDER]
    verdict = DISABLED if report.disabled else report.verdict.value
    return [rule.name, rule.severity.value, report.level.value, verdict, *numbers]


def _control_row(control: ControlReport) -> list[str]:
    return [control.name, ", ".join(rule.rule.name for rule in control.rules), control.verdict]


def _rule_section(report: RuleReport) -> Iterable[str]:
    yield f"### {report.rule.name}"
    yield ""
    yield f"{report.rule.description} {', '.join(report.rule.frameworks)}".rstrip()
    yield ""
    if report.verdict is Verdict.VIOLATED:
        yield f"Remedy: {report.rule.remedy}."
        yield ""
    yield from (f"- **exemption**: {problem.message}" for problem in report.exemption_problems)
    for verdict in ORDER:
        groups: dict[str, list[str]] = defaultdict(list)
        for outcome in report.outcomes:
            if outcome.verdict is verdict:
                groups[_why(outcome)].append(_short(outcome.urn))
        for why, names in groups.items():
            yield f"- **{verdict.value}**{why}: {', '.join(sorted(names))}"
    if report.disabled:
        yield "- **disabled** by configuration"
    elif not report.outcomes:
        yield "- **not applicable**: the stack has no such resource"


def _why(outcome: Outcome) -> str:
    """Findings or reasons; for a pass, the properties that the rule read."""
    told = [*outcome.findings]
    if outcome.until:
        told.append(f"until {outcome.until}")
    if outcome.verdict is Verdict.PASSED and outcome.evidence:
        told.append(f"read: {', '.join(outcome.evidence)}")
    return f" ({'; '.join(told)})" if told else ""


def _short(urn: str) -> str:
    """Type and logical name, without the chain of parents."""
    kind, name = urn.split("::", 3)[2:]
    return f"`{kind.rpartition('$')[2]} {name}`"


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    head, *body = [f"| {' | '.join(row)} |" for row in rows]
    return [head, "|---" * len(rows[0]) + "|", *body]
