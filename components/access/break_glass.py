"""The way in when the administrator's guard stands in the way of an emergency: seen by everybody, and short."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.access.people import admin_trust
from components.access.settings import AccessSettings
from components.common.iam import policy_document
from components.common.scope import Scope

LABEL = "break-glass"


def break_glass_arn(scope: Scope) -> str:
    """The ARN of the role, known before it exists."""
    return scope.global_arn("iam", f"role/{scope.name(LABEL)}")


def break_glass_trust(scope: Scope, settings: AccessSettings) -> str:
    """The administrators' trust, by STS in the stack's region only: events of other regions have no rule there."""
    statements = json.loads(admin_trust(scope, settings))["Statement"]
    for statement in statements:
        statement["Condition"].setdefault("StringEquals", {})["aws:RequestedRegion"] = scope.region
    return policy_document(*statements)


def assumed_pattern(role_arn: str) -> str:
    """The event pattern of somebody who assumes the role, and of those who were refused."""
    return json.dumps(
        {
            "source": ["aws.sts"],
            "detail-type": ["AWS API Call via CloudTrail"],
            "detail": {
                "eventSource": ["sts.amazonaws.com"],
                "eventName": ["AssumeRole", "AssumeRoleWithSAML"],
                "requestParameters": {"roleArn": [role_arn]},
            },
        }
    )


@dataclass(frozen=True, kw_only=True)
class BreakGlassWatchArgs:
    """Whose use is told, and where."""

    scope: Scope
    topic_arn: pulumi.Input[str]
    """Topic that is told."""


class BreakGlassWatch(pulumi.ComponentResource):
    """Tells the alarm topic whenever somebody assumes the role `<prefix>-break-glass`.

    Creates the event rule and its target. Calls of STS that read count as reads, which a rule sees in this state only
    (EventBridge user guide, read-only management events); a trail of the account has to record them.
    """

    rule_name: pulumi.Output[str]
    """The rule that sees it."""

    def __init__(self, name: str, args: BreakGlassWatchArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform:access:BreakGlassWatch", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        rule = aws.cloudwatch.EventRule(
            name,
            description="Somebody breaks the glass",
            event_pattern=assumed_pattern(break_glass_arn(args.scope)),
            state="ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS",
            opts=child,
        )
        aws.cloudwatch.EventTarget(name, rule=rule.name, arn=args.topic_arn, opts=child)
        self.rule_name = rule.name
        self.register_outputs({"ruleName": self.rule_name})
