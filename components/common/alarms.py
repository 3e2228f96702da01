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
class Reading:
    """A metric that an expression reads."""

    metric: str
    dimensions: Mapping[str, pulumi.Input[str]]
    statistic: str = "Average"


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """What to watch and when to tell. `threshold` is in the unit that CloudWatch stores the metric in."""

    namespace: str = ""
    """Of the metrics; empty where a query finds them by itself."""
    metric: str = ""
    """Empty where an expression says what is watched."""
    expression: str | None = None
    """Metric math over `readings`, or a query of CloudWatch Metrics Insights."""
    readings: Mapping[str, Reading] = field(default_factory=dict)
    """What the expression reads, by the name in it; all by the alarm's period."""
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
    datapoints: int | None = None
    """How many of the periods are bad when the alarm fires. All by default."""
    missing_data: MissingData = "missing"
    tells_silence: bool = False
    """Also tell when data stops to come. Before the first data there is nothing to tell, unlike with `breaching`."""


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
        datapoints_to_alarm=alarm.datapoints,
        treat_missing_data=alarm.missing_data,
        alarm_actions=[topic_arn],
        ok_actions=[topic_arn],
        insufficient_data_actions=[topic_arn] if alarm.tells_silence else None,
        region=region,
        opts=opts,
    )


def _watched(alarm: Alarm) -> dict[str, Any]:
    """The figure: a statistic of a metric, or what an expression makes of several."""
    if alarm.expression:
        # A query has a period of its own; metric math has that of what it reads.
        period = None if alarm.readings else alarm.period_seconds
        result = aws.cloudwatch.MetricAlarmMetricQueryArgs(
            id="all", expression=alarm.expression, period=period, return_data=True
        )
        return {"metric_queries": [result, *(_read(id_, alarm) for id_ in alarm.readings)]}
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


def _read(id_: str, alarm: Alarm) -> aws.cloudwatch.MetricAlarmMetricQueryArgs:
    reading = alarm.readings[id_]
    return aws.cloudwatch.MetricAlarmMetricQueryArgs(
        id=id_,
        metric=aws.cloudwatch.MetricAlarmMetricQueryMetricArgs(
            namespace=alarm.namespace,
            metric_name=reading.metric,
            dimensions=dict(reading.dimensions),
            stat=reading.statistic,
            period=alarm.period_seconds,
        ),
    )
