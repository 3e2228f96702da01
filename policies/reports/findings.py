"""The report as findings of Security Hub (ASFF, 2018-10-08), for `aws securityhub batch-import-findings`."""

from __future__ import annotations

import hashlib

from policies.reports.results import Report, RuleReport
from policies.support.verdicts import Outcome, Verdict

_STATUS = {
    Verdict.VIOLATED: "FAILED",
    Verdict.UNKNOWN: "WARNING",
    Verdict.EXEMPT: "FAILED",
    Verdict.PASSED: "PASSED",
}
_LONGEST_TITLE = 256
_LONGEST_TEXT = 1024
_MOST_REQUIREMENTS = 32
_LONGEST_REQUIREMENT = 64


def to_asff(report: Report) -> list[dict[str, object]]:
    """A finding for each pair of rule and resource that the rule is about; exempt ones are suppressed.

    Security Hub takes 100 of them a call.
    """
    return [
        _finding(report, rule, outcome)
        for rule in report.rules
        for outcome in rule.outcomes
        if outcome.verdict in _STATUS
    ]


def _finding(report: Report, rule: RuleReport, outcome: Outcome) -> dict[str, object]:
    account, region = report.accounts[0], report.regions[0]
    time = report.time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    partition = {"us-gov": "aws-us-gov", "cn": "aws-cn"}.get(region.rpartition("-")[0].rpartition("-")[0], "aws")
    digest = hashlib.sha256(f"{rule.rule.name}:{outcome.urn}".encode()).hexdigest()[:32]
    told = "; ".join(outcome.findings) or rule.rule.description
    until = f" (until {outcome.until})" if outcome.until else ""
    return {
        "SchemaVersion": "2018-10-08",
        "Id": f"{rule.pack.name}/{report.project}/{report.stack}/{digest}",
        "ProductArn": f"arn:{partition}:securityhub:{region}:{account}:product/{account}/default",
        "GeneratorId": f"{rule.pack.name}/{rule.rule.name}",
        "AwsAccountId": account,
        "Types": ["Software and Configuration Checks/AWS Security Best Practices"],
        "CreatedAt": time,
        "UpdatedAt": time,
        "Severity": {
            "Label": "INFORMATIONAL" if outcome.verdict is Verdict.PASSED else rule.rule.severity.value.upper()
        },
        "Title": rule.rule.description[:_LONGEST_TITLE],
        "Description": f"{told}{until}"[:_LONGEST_TEXT],
        "Remediation": {"Recommendation": {"Text": rule.rule.remedy[:512]}},
        "Resources": [{"Type": "Other", "Id": outcome.urn[:512], "Partition": partition, "Region": region}],
        "Compliance": {
            "Status": _STATUS[outcome.verdict],
            "RelatedRequirements": [name[:_LONGEST_REQUIREMENT] for name in rule.rule.frameworks][:_MOST_REQUIREMENTS],
        },
        "Workflow": {"Status": _workflow(outcome.verdict)},
        "RecordState": "ACTIVE",
    }


def _workflow(verdict: Verdict) -> str:
    return {Verdict.EXEMPT: "SUPPRESSED", Verdict.PASSED: "RESOLVED"}.get(verdict, "NEW")
