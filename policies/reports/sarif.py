"""The report as SARIF 2.1.0, which code scanning reads."""

from __future__ import annotations

from policies.reports.results import Report, RuleReport
from policies.support.verdicts import Outcome, Verdict

_LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
# By this number code scanning sorts findings into critical, high, medium and low.
_SCORES = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0"}
_TOLD = (Verdict.VIOLATED, Verdict.UNKNOWN, Verdict.EXEMPT)


def to_sarif(report: Report) -> dict[str, object]:
    """One run of all packs; exempt resources are suppressed results, disabled rules are there without results."""
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "trading-platform-policies",
                        "version": max(report.packs.values()),
                        "rules": [_descriptor(rule) for rule in report.rules],
                    }
                },
                "automationDetails": {"id": f"policies/{report.project}/{report.stack}/"},
                "properties": {"notJudged": dict(sorted(report.not_judged.items())), "commit": report.commit},
                "results": [
                    _result(report, index, rule, outcome)
                    for index, rule in enumerate(report.rules)
                    for outcome in rule.outcomes
                    if outcome.verdict in _TOLD
                ],
            }
        ],
    }


def _descriptor(report: RuleReport) -> dict[str, object]:
    rule = report.rule
    return {
        "id": rule.name,
        "shortDescription": {"text": rule.description},
        "help": {"text": f"{rule.remedy}."},
        "defaultConfiguration": {"enabled": not report.disabled, "level": _LEVELS[rule.severity.value]},
        "properties": {
            "tags": ["security", *rule.frameworks],
            "security-severity": _SCORES[rule.severity.value],
            "precision": "high",
        },
    }


def _result(report: Report, index: int, rule: RuleReport, outcome: Outcome) -> dict[str, object]:
    level = _LEVELS[rule.rule.severity.value] if outcome.verdict is not Verdict.UNKNOWN else "note"
    result: dict[str, object] = {
        "ruleId": rule.rule.name,
        "ruleIndex": index,
        "level": level,
        "message": {"text": f"{outcome.name}: {'; '.join(outcome.findings) or outcome.verdict.value}."},
        "locations": [
            {
                # A stack has no lines: its project file is what code scanning can point at.
                "physicalLocation": {"artifactLocation": {"uri": "Pulumi.yaml"}, "region": {"startLine": 1}},
                "logicalLocations": [{"fullyQualifiedName": outcome.urn, "name": outcome.name, "kind": "resource"}],
            }
        ],
        "partialFingerprints": {"resource/v1": f"{report.project}:{rule.rule.name}:{outcome.urn}"},
    }
    if outcome.verdict is Verdict.EXEMPT:
        reason = f"{'; '.join(outcome.findings)} (until {outcome.until})"
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": reason}]
    return result
