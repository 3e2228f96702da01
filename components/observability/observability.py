"""Alarm delivery, alarms on the applications' own metrics, application logs, dashboard and budget."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import pulumi
import pulumi_aws as aws

from components.common.alarms import Alarm, described, metric_alarm
from components.common.environment import Environment
from components.common.iam import Statement, policy_document
from components.common.logs import log_group
from components.common.scope import Scope
from components.observability.dashboard import Watched, dashboard_body
from components.observability.settings import CustomAlarmSettings, ObservabilitySettings

# Services that name the account of the resource that they publish for. EventBridge does not, so it stands apart.
_PUBLISHERS = ("cloudwatch", "events.rds", "budgets")

# What one composite alarm may name in its rule (CloudWatch API, PutCompositeAlarm).
CHILDREN_MAX = 100
RULE_CHARACTERS_MAX = 10_240


def _from_prometheus(topic_arn: str, scope: Scope) -> Statement:
    """The alert managers of this account's workspaces (AMP user guide, Permission to send to your topic)."""
    return {
        "Sid": "PublishFromPrometheus",
        "Effect": "Allow",
        "Principal": {"Service": "aps.amazonaws.com"},
        "Action": ["sns:GetTopicAttributes", "sns:Publish"],
        "Resource": topic_arn,
        "Condition": {
            "StringEquals": {"aws:SourceAccount": scope.account_id},
            "ArnLike": {"aws:SourceArn": scope.arn("aps", "workspace/*")},
        },
    }


def topic_policy(topic_arn: str, scope: Scope, *, prometheus: bool = False) -> str:
    """Who may publish to the alarm topic: services acting for this account, over TLS only.

    EventBridge sends no account and no rule with its messages: AWS documents that a condition on its statement drops
    them silently. Publishing also needs the topic's key.
    """
    publishers: Statement = {
        "Sid": "PublishForThisAccount",
        "Effect": "Allow",
        "Principal": {"Service": [f"{service}.amazonaws.com" for service in _PUBLISHERS]},
        "Action": "sns:Publish",
        "Resource": topic_arn,
        "Condition": {"StringEquals": {"aws:SourceAccount": scope.account_id}},
    }
    events: Statement = {
        "Sid": "PublishFromEventRules",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": topic_arn,
    }
    plain_text: Statement = {
        "Sid": "DenyPlainText",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sns:Publish",
        "Resource": topic_arn,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    further = [_from_prometheus(topic_arn, scope)] if prometheus else []
    return policy_document(publishers, events, *further, plain_text)


@dataclass(frozen=True, kw_only=True)
class AlarmTopicArgs:
    """Where alarms go."""

    scope: Scope
    key_arn: pulumi.Input[str]
    """Key of the domain `sns`. Its policy must let the publishing services use it, or messages vanish silently."""
    emails: Sequence[str]
    """Each address gets a mail with a link that it must open once."""
    label: str = "alarms"
    """Second part of its name, after the prefix."""
    prometheus: bool = False
    """Whether alert managers of Prometheus publish, too. The key must let `aps` use it."""


class AlarmTopic(pulumi.ComponentResource):
    """The encrypted SNS topic `<prefix>-<label>`, its policy and a subscription for each address (guide: Alarms)."""

    arn: pulumi.Output[str]
    """Known once the policy is in place, so that nobody publishes before it is allowed."""

    def __init__(self, name: str, args: AlarmTopicArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform:observability:AlarmTopic", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        scope = args.scope
        topic = aws.sns.Topic(
            name,
            name=scope.name(args.label),
            kms_master_key_id=args.key_arn,
            region=scope.region,
            tags={"Name": scope.name(args.label)},
            opts=child,
        )
        policy = aws.sns.TopicPolicy(
            name,
            arn=topic.arn,
            policy=topic.arn.apply(lambda arn: topic_policy(arn, scope, prometheus=args.prometheus)),
            region=scope.region,
            opts=child,
        )
        for email in args.emails:
            aws.sns.TopicSubscription(
                # A digest: logical names are public in plans and logs, addresses need not be.
                f"{name}-{hashlib.sha256(email.encode()).hexdigest()[:8]}",
                topic=topic.arn,
                protocol="email",
                endpoint=email,
                region=scope.region,
                opts=child,
            )
        self.arn = policy.arn
        self.register_outputs({"arn": self.arn})


@dataclass(frozen=True, kw_only=True)
class ObservabilityArgs:
    """What to watch, and whom to tell."""

    environment: Environment
    settings: ObservabilitySettings
    application_namespaces: Sequence[str]
    """Kubernetes namespaces of applications, each with a log group."""
    watched: Watched
    """What the dashboard draws."""
    alarm_arns: Mapping[str, Mapping[str, Sequence[pulumi.Input[str]]]] = field(default_factory=dict)
    """Alarms of other components, drawn and combined: part of the platform → group within it → ARNs.

    A group is what always has few alarms, however large the stack: an instance of the database, a shard of the cache.
    """


class Observability(pulumi.ComponentResource):
    """What watches the platform as a whole (guide: Monitoring and Observability).

    Creates:
        an alarm for each custom metric of the settings;
        a log group `/trading-platform/<prefix>/<namespace>` for each namespace of applications;
        a composite alarm for each part of the platform, and one that fires when two parts are in alarm together;
        below a part of several groups, a composite alarm for each group;
        the dashboard `<prefix>-platform`;
        a monthly budget, where the settings name an amount.
    """

    application_log_groups: dict[str, pulumi.Output[str]]
    """Names by namespace."""
    dashboard_name: pulumi.Output[str]
    """Of the dashboard `<prefix>-platform`."""
    custom_alarm_arns: dict[str, pulumi.Output[str]]
    """By the alarm's label in the settings."""

    def __init__(self, name: str, args: ObservabilityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform:observability:Observability", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self.application_log_groups = {
            namespace: self._log_group(namespace).name for namespace in args.application_namespaces
        }
        self.custom_alarm_arns = {
            label: self._custom_alarm(label, alarm).arn for label, alarm in args.settings.custom_alarms.items()
        }
        parts = {part: groups for part, groups in args.alarm_arns.items() if any(groups.values())}
        if self.custom_alarm_arns:
            parts["application"] = {"custom": list(self.custom_alarm_arns.values())}
        self._incident_alarm([self._part_alarm(part, groups) for part, groups in parts.items()])
        everything = [arn for groups in parts.values() for arns in groups.values() for arn in arns]
        self.dashboard_name = self._dashboard(everything).dashboard_name
        if args.settings.monthly_budget_usd is not None:
            self._budget(args.settings.monthly_budget_usd)
        self.register_outputs(
            {"dashboardName": self.dashboard_name, "applicationLogGroups": self.application_log_groups}
        )

    @property
    def exports(self) -> dict[str, pulumi.Input[object]]:
        """What the stack exports of it, by the name of the output."""
        return {
            "dashboardName": self.dashboard_name,
            "applicationLogGroups": self.application_log_groups,
        }

    def _log_group(self, namespace: str) -> aws.cloudwatch.LogGroup:
        return log_group(
            f"{self._name}-{namespace}",
            f"/trading-platform/{self._args.environment.scope.prefix}/{namespace}",
            retention_days=self._args.settings.log_retention_days,
            key_arn=self._args.environment.logs_key_arn,
            opts=self._child,
        )

    def _custom_alarm(self, label: str, settings: CustomAlarmSettings) -> aws.cloudwatch.MetricAlarm:
        side = f"is {settings.comparison} {settings.threshold:g}{f' {settings.unit}' if settings.unit else ''}"
        return metric_alarm(
            f"{self._name}-{label}",
            self._args.environment.scope.name(f"application-{label}"),
            Alarm(
                namespace=settings.namespace,
                metric=settings.metric,
                description=f"{settings.statistic} of {settings.metric} {side}; look at the application's log group",
                runbook=settings.runbook or "alarms.md#applications",
                threshold=settings.threshold,
                comparison=settings.comparison,
                statistic=settings.statistic,
                dimensions=settings.dimensions,
                unit=settings.unit,
                period_seconds=settings.period_seconds,
                evaluation_periods=settings.evaluation_periods,
                missing_data=settings.missing_data,
                tells_silence=settings.tell_silence,
            ),
            topic_arn=self._args.environment.alarm_topic_arn,
            runbooks=self._args.environment.runbooks,
            opts=self._child,
        )

    def _part_alarm(
        self, part: str, groups: Mapping[str, Sequence[pulumi.Input[str]]]
    ) -> aws.cloudwatch.CompositeAlarm:
        """A silent alarm on the part. Its groups stand between where there are several: a rule takes 100 alarms."""
        children: Sequence[pulumi.Input[str]]
        if len(groups) == 1:
            (children,) = groups.values()
        else:
            children = [self._any_of(f"{part}-{group}", arns).arn for group, arns in groups.items()]
        return self._any_of(part, children)

    def _any_of(self, label: str, alarm_arns: Sequence[pulumi.Input[str]]) -> aws.cloudwatch.CompositeAlarm:
        return aws.cloudwatch.CompositeAlarm(
            f"{self._name}-{label}",
            alarm_name=self._args.environment.scope.name(f"part-{label}"),
            alarm_description=self._description(f"At least one alarm of the {label} is up"),
            alarm_rule=pulumi.Output.all(*alarm_arns).apply(any_of),
            opts=self._child,
        )

    def _description(self, description: str) -> str:
        return described(description, "alarms.md#incident", self._args.environment.runbooks)

    def _incident_alarm(self, parts: Sequence[aws.cloudwatch.CompositeAlarm]) -> None:
        """The loud one tells an incident from a hot spot."""
        if len(parts) > 1:
            aws.cloudwatch.CompositeAlarm(
                f"{self._name}-incident",
                alarm_name=self._args.environment.scope.name("incident"),
                alarm_description=self._description(
                    "Two parts of the platform are in alarm together: treat it as an incident"
                ),
                alarm_rule=pulumi.Output.all(*[part.arn for part in parts]).apply(any_two_of),
                alarm_actions=[self._args.environment.alarm_topic_arn],
                ok_actions=[self._args.environment.alarm_topic_arn],
                opts=self._child,
            )

    def _dashboard(self, alarm_arns: Sequence[pulumi.Input[str]]) -> aws.cloudwatch.Dashboard:
        scope, settings, watched = self._args.environment.scope, self._args.settings, self._args.watched
        return aws.cloudwatch.Dashboard(
            self._name,
            dashboard_name=scope.name("platform"),
            dashboard_body=pulumi.Output.all(*alarm_arns).apply(
                lambda arns: dashboard_body(
                    region=scope.region, watched=watched, custom_metrics=settings.custom_alarms, alarm_arns=arns
                )
            ),
            opts=self._child,
        )

    def _budget(self, monthly_usd: float) -> aws.budgets.Budget:
        """Counts what carries the stack's Environment tag.

        The account's owner must activate that tag for cost allocation once, or the budget sees no costs.
        """
        scope = self._args.environment.scope
        return aws.budgets.Budget(
            self._name,
            name=scope.name("monthly"),
            account_id=scope.account_id,
            budget_type="COST",
            time_unit="MONTHLY",
            limit_amount=f"{monthly_usd:.2f}",
            limit_unit="USD",
            cost_filters=[
                aws.budgets.BudgetCostFilterArgs(name="TagKeyValue", values=[f"user:Environment${scope.prefix}"])
            ],
            notifications=[
                aws.budgets.BudgetNotificationArgs(
                    notification_type=kind,
                    comparison_operator="GREATER_THAN",
                    threshold=percent,
                    threshold_type="PERCENTAGE",
                    subscriber_sns_topic_arns=[self._args.environment.alarm_topic_arn],
                )
                for kind, percent in (("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100))
            ],
            opts=self._child,
        )


def any_of(alarm_arns: Sequence[str]) -> str:
    """The rule of a composite alarm that fires with at least one of these."""
    return " OR ".join(f'ALARM("{arn}")' for arn in alarm_arns)


def any_two_of(alarm_arns: Sequence[str]) -> str:
    """The rule of a composite alarm that fires with at least two of these."""
    return " OR ".join(f'(ALARM("{one}") AND ALARM("{other}"))' for one, other in combinations(alarm_arns, 2))
