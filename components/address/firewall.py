"""The web ACL before the load balancers, and the log of what it blocks and counts."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from components.address.settings import FirewallSettings, ManagedRules
from components.common.environment import Environment
from components.common.iam import policy_document
from components.common.logs import log_group
from components.common.scope import Scope

# Names of the groups (WAF developer guide, AWS Managed Rules rule groups list).
MANAGED_GROUPS: Mapping[ManagedRules, str] = {
    "common": "AWSManagedRulesCommonRuleSet",
    "knownBadInputs": "AWSManagedRulesKnownBadInputsRuleSet",
    "ipReputation": "AWSManagedRulesAmazonIpReputationList",
    "anonymousIps": "AWSManagedRulesAnonymousIpList",
    "sqlInjection": "AWSManagedRulesSQLiRuleSet",
    "linux": "AWSManagedRulesLinuxRuleSet",
    "posix": "AWSManagedRulesUnixRuleSet",
    "adminPages": "AWSManagedRulesAdminProtectionRuleSet",
}
RATE_LIMIT = "rate-limit"
_WINDOW_SECONDS = 300
# Headers that let whoever reads the log become the sender.
_SECRET_HEADERS = ("authorization", "cookie")
# WAF delivers to groups whose names begin so, and to no others.
_LOG_PREFIX = "aws-waf-logs-"


def acl_name(scope: Scope) -> str:
    """Of the web ACL, and of its metrics."""
    return scope.name("address")


def log_policy(scope: Scope, group: str) -> str:
    """Lets the delivery of logs write to the group, for this account only (WAF guide, logging to CloudWatch Logs)."""
    return policy_document(
        {
            "Sid": "DeliverFirewallLogs",
            "Effect": "Allow",
            "Principal": {"Service": "delivery.logs.amazonaws.com"},
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": scope.arn("logs", f"log-group:{group}:log-stream:*"),
            "Condition": {
                "StringEquals": {"aws:SourceAccount": scope.account_id},
                "ArnLike": {"aws:SourceArn": scope.arn("logs", "*")},
            },
        }
    )


def rules(settings: FirewallSettings) -> list[aws.wafv2.WebAclRuleArgs]:
    """The limit of requests by address first: what it refuses needs no further look."""
    limit = aws.wafv2.WebAclRuleArgs(
        name=RATE_LIMIT,
        priority=0,
        action=aws.wafv2.WebAclRuleActionArgs(block=aws.wafv2.WebAclRuleActionBlockArgs()),
        statement=aws.wafv2.WebAclRuleStatementArgs(
            rate_based_statement=aws.wafv2.WebAclRuleStatementRateBasedStatementArgs(
                limit=settings.requests_per_five_minutes,
                aggregate_key_type="IP",
                evaluation_window_sec=_WINDOW_SECONDS,
            )
        ),
        visibility_config=_visibility(RATE_LIMIT),
    )
    return [limit, *(_managed(settings, group, place) for place, group in enumerate(settings.managed_rules, start=1))]


def _visibility(metric: str) -> aws.wafv2.WebAclRuleVisibilityConfigArgs:
    return aws.wafv2.WebAclRuleVisibilityConfigArgs(
        cloudwatch_metrics_enabled=True, metric_name=metric, sampled_requests_enabled=True
    )


def _managed(settings: FirewallSettings, group: ManagedRules, priority: int) -> aws.wafv2.WebAclRuleArgs:
    counted = [
        aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideArgs(
            name=name,
            action_to_use=aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideActionToUseArgs(
                count=aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideActionToUseCountArgs()
            ),
        )
        for name in settings.counted_rules.get(group, ())
    ]
    return aws.wafv2.WebAclRuleArgs(
        name=group,
        priority=priority,
        override_action=aws.wafv2.WebAclRuleOverrideActionArgs(
            none=aws.wafv2.WebAclRuleOverrideActionNoneArgs()  # type: ignore[no-untyped-call]  # the SDK forgot its types
        ),
        statement=aws.wafv2.WebAclRuleStatementArgs(
            managed_rule_group_statement=aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementArgs(
                vendor_name="AWS", name=MANAGED_GROUPS[group], rule_action_overrides=counted or None
            )
        ),
        visibility_config=_visibility(group),
    )


def create_firewall(
    name: str, environment: Environment, settings: FirewallSettings, parent: pulumi.Resource
) -> aws.wafv2.WebAcl:
    """The web ACL with its log: requests that no rule stops go through, and are not logged."""
    scope, child = environment.scope, pulumi.ResourceOptions(parent=parent)
    acl = aws.wafv2.WebAcl(
        name,
        name=acl_name(scope),
        description=f"{scope.prefix}: before every load balancer of the address",
        scope="REGIONAL",
        default_action=aws.wafv2.WebAclDefaultActionArgs(allow=aws.wafv2.WebAclDefaultActionAllowArgs()),
        rules=rules(settings),
        visibility_config=aws.wafv2.WebAclVisibilityConfigArgs(
            cloudwatch_metrics_enabled=True, metric_name=acl_name(scope), sampled_requests_enabled=True
        ),
        tags={"Name": acl_name(scope)},
        opts=child,
    )
    group = log_group(
        f"{name}-firewall",
        f"{_LOG_PREFIX}{scope.name('address')}",
        retention_days=settings.log_retention_days,
        key_arn=environment.logs_key_arn,
        opts=child,
    )
    delivery = aws.cloudwatch.LogResourcePolicy(
        f"{name}-firewall",
        policy_name=scope.name("address-firewall"),
        policy_document=log_policy(scope, f"{_LOG_PREFIX}{scope.name('address')}"),
        opts=child,
    )
    _log(name, acl, group, pulumi.ResourceOptions(parent=parent, depends_on=[delivery]))
    return acl


def _log(
    name: str, acl: aws.wafv2.WebAcl, group: aws.cloudwatch.LogGroup, opts: pulumi.ResourceOptions
) -> aws.wafv2.WebAclLoggingConfiguration:
    """What was blocked or counted, without what would let a reader become the sender."""
    kept = [
        aws.wafv2.WebAclLoggingConfigurationLoggingFilterFilterConditionArgs(
            action_condition=aws.wafv2.WebAclLoggingConfigurationLoggingFilterFilterConditionActionConditionArgs(
                action=action
            )
        )
        for action in ("BLOCK", "COUNT", "EXCLUDED_AS_COUNT")
    ]
    return aws.wafv2.WebAclLoggingConfiguration(
        f"{name}-firewall",
        resource_arn=acl.arn,
        log_destination_configs=[group.arn],
        logging_filter=aws.wafv2.WebAclLoggingConfigurationLoggingFilterArgs(
            default_behavior="DROP",
            filters=[
                aws.wafv2.WebAclLoggingConfigurationLoggingFilterFilterArgs(
                    behavior="KEEP", requirement="MEETS_ANY", conditions=kept
                )
            ],
        ),
        redacted_fields=[
            aws.wafv2.WebAclLoggingConfigurationRedactedFieldArgs(
                single_header=aws.wafv2.WebAclLoggingConfigurationRedactedFieldSingleHeaderArgs(name=header)
            )
            for header in _SECRET_HEADERS
        ],
        opts=opts,
    )
