"""Audit: trails and how long logs are kept."""

from __future__ import annotations

from pulumi_policy import Severity

from policies.support.parameters import Parameter
from policies.support.resources import Resource
from policies.support.rules import Context, Control, Findings, NotApplicable, rule

TRAILS = ("aws:cloudtrail/trail:Trail",)
WORKSPACES = ("aws:amp/workspace:Workspace",)
LOG_GROUPS = ("aws:cloudwatch/logGroup:LogGroup",)


@rule(
    "cloudtrail-multi-region",
    types=TRAILS,
    severity=Severity.HIGH,
    frameworks=("CKV_AWS_67", "CKV_AWS_251", "CloudTrail.1", "CIS5 3.1"),
    remedy="Set isMultiRegionTrail to true and leave enableLogging on",
)
def cloudtrail_multi_region(trail: Resource, _context: Context) -> Findings:
    """Trails record every region."""
    if not trail.true("isMultiRegionTrail"):
        yield "isMultiRegionTrail is not true"
    if trail.false("enableLogging"):
        yield "enableLogging is false"


@rule(
    "cloudtrail-validation",
    types=TRAILS,
    severity=Severity.MEDIUM,
    frameworks=("CKV_AWS_36", "CloudTrail.4", "CIS5 3.2"),
    remedy="Set enableLogFileValidation to true",
)
def cloudtrail_validation(trail: Resource, _context: Context) -> Findings:
    """Changes to the files of a trail can be detected."""
    if not trail.true("enableLogFileValidation"):
        yield "enableLogFileValidation is not true"


@rule(
    "cloudtrail-log-group",
    types=TRAILS,
    severity=Severity.MEDIUM,
    frameworks=("CKV2_AWS_10", "CloudTrail.5"),
    remedy="Set cloudWatchLogsGroupArn and cloudWatchLogsRoleArn",
)
def cloudtrail_log_group(trail: Resource, _context: Context) -> Findings:
    """Trails also write to CloudWatch Logs, where alarms can watch them."""
    for name in ("cloudWatchLogsGroupArn", "cloudWatchLogsRoleArn"):
        if not trail.has(name):
            yield f"{name} is not set"


@rule(
    "logs-retention",
    types=LOG_GROUPS,
    severity=Severity.MEDIUM,
    frameworks=(
        Control("CKV_AWS_338", minimum=("minimumDays", 365)),
        Control("CloudWatch.16", minimum=("minimumDays", 365)),
        "CKV_AWS_66",
    ),
    remedy="Set retentionInDays to the number of days asked for",
    parameters=(
        Parameter(
            name="minimumDays", kind="number", default=365, least=1, most=3653, description="Days that logs are kept."
        ),
    ),
)
def logs_retention(group: Resource, context: Context) -> Findings:
    """Log groups keep their logs for long enough, and not for ever."""
    if group.text("logGroupClass") == "DELIVERY":
        raise NotApplicable("its class keeps logs for two days, whatever is set")
    days = group.number("retentionInDays") or 0
    if not days:
        yield "retentionInDays is not set, so that logs are kept for ever"
    elif days < context.number("minimumDays"):
        yield f"retentionInDays is less than {context.number('minimumDays')} days"


@rule(
    "prometheus-logging",
    types=WORKSPACES,
    severity=Severity.LOW,
    remedy="Set loggingConfiguration.logGroupArn to a log group",
)
def prometheus_logging(workspace: Resource, _context: Context) -> Findings:
    """Workspaces of Prometheus log what their rules and alerts could not do."""
    if not workspace.has("loggingConfiguration.logGroupArn"):
        yield "loggingConfiguration is not set, so that nobody learns of rules and alerts that fail"
