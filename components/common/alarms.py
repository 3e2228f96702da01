"""CloudWatch alarms: children of the component that they watch, delivered to a topic from outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pulumi
import pulumi_aws as aws

MissingData = Literal["breaching", "notBreaching", "ignore", "missing"]

_OPERATORS = {"above": "GreaterThanThreshold", "below": "LessThanThreshold"}


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """What to watch and when to tell. `threshold` is in the unit that CloudWatch stores the metric in."""

    namespace: str = ""
    """Of the metric; empty where a query finds the metrics by itself."""
    metric: str = ""
    query: str | None = None
    """A query of CloudWatch Metrics Insights, in place of one metric."""
    threshold: float
    description: str
    """What is wrong when the alarm fires, and what to look at first."""
    runbook: str
    """Page and heading of docs/runbooks that say what to do, such as `alarms.md#node-disk`; or an address."""
    comparison: Literal["above", "below"] = "above"
    statistic: str = "Average"
    """A CloudWatch statistic, or a percentile such as `p99`."""
    dimensions: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    unit: str | None = None
    period_seconds: int = 60
    evaluation_periods: int = 5
    missing_data: MissingData = "missing"


def described(description: str, runbook: str, runbooks: str) -> str:
    """What a message says: what is wrong, and where it is written what to do. `runbooks` is where all pages are."""
    address = runbook if runbook.startswith("https://") else f"{runbooks}/{runbook}"
    return f"{description.removesuffix('.')}. Runbook: {address}"


def metric_alarm(
    logical_name: str,
    physical_name: str,
    alarm: Alarm,
    *,
    topic_arn: pulumi.Input[str],
    runbooks: str,
    region: str | None = None,
    opts: pulumi.ResourceOptions,
) -> aws.cloudwatch.MetricAlarm:
    """An alarm that tells the topic when it fires and when it clears; in the provider's region unless one is named.

    Metrics and topic are those of the alarm's own region. `runbooks` is where the pages are that alarms name.
    """
    return aws.cloudwatch.MetricAlarm(
        logical_name,
        name=physical_name,
        alarm_description=described(alarm.description, alarm.runbook, runbooks),
        **_watched(alarm),
        comparison_operator=_OPERATORS[alarm.comparison],
        threshold=alarm.threshold,
        evaluation_periods=alarm.evaluation_periods,
        treat_missing_data=alarm.missing_data,
        alarm_actions=[topic_arn],
        ok_actions=[topic_arn],
        region=region,
        opts=opts,
    )


def _watched(alarm: Alarm) -> dict[str, Any]:
    """The figure: a statistic of a metric, or what a query finds."""
    if alarm.query:
        query = aws.cloudwatch.MetricAlarmMetricQueryArgs(
            id="all", expression=alarm.query, period=alarm.period_seconds, return_data=True
        )
        return {"metric_queries": [query]}
    percentile = alarm.statistic.startswith("p")
    return {
        "namespace": alarm.namespace,
        "metric_name": alarm.metric,
        "dimensions": dict(alarm.dimensions),
        "statistic": None if percentile else alarm.statistic,
        "extended_statistic": alarm.statistic if percentile else None,
        "unit": alarm.unit,
        "period": alarm.period_seconds,
    }
