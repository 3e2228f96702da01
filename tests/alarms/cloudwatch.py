"""How CloudWatch evaluates an alarm, minute by minute (CloudWatch user guide, Alarm evaluation; missing data).

Alarms are given as the engine deploys them: the inputs of `aws.cloudwatch.MetricAlarm`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Inputs = Mapping[str, Any]
Minutes = Sequence[Sequence[float]]
"""What a metric publishes in each minute: several data points, one, or none."""
Metrics = Mapping[str, Minutes]
"""By the metric's name, or by the name that it has in an expression where several are of the same metric."""
Figure = float | None

_STATISTICS: dict[str, Callable[[Sequence[float]], float]] = {
    "Average": lambda points: sum(points) / len(points),
    "Maximum": max,
    "Minimum": min,
    "Sum": sum,
    "SampleCount": len,
}
_INSIGHTS = {"AVG": "Average", "MAX": "Maximum", "MIN": "Minimum", "SUM": "Sum", "COUNT": "SampleCount"}
_QUERY = re.compile(r"SELECT (\w+)\((\w+)\) FROM .+")
_BREACHES: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
}
_BEYOND = 2
"""CloudWatch looks at more periods than it evaluates, to make up for missing ones; two more in the guide's examples."""
_MADE = 10
"""Minutes for which the metric, if it is published from the start, is there before the alarm is."""
OK, ALARM, SILENT = "OK", "ALARM", "INSUFFICIENT_DATA"


def state(periods: Sequence[bool | None], *, needed: int, of: int, missing: str, before: str) -> str:
    """The state by the latest periods, oldest first: bad, good, or without data."""
    known = [period for period in periods if period is not None]
    if len(known) >= of:
        return ALARM if sum(known[-of:]) >= needed else OK
    absent = of - len(known)
    if missing == "breaching":
        return ALARM if sum(known) + absent >= needed else OK
    if missing == "notBreaching":
        return ALARM if sum(known) >= needed else OK
    if not known:
        return SILENT if missing == "missing" else before
    if sum(known) >= needed or _only_bad_since(periods, needed):
        return ALARM if missing == "missing" or sum(known) >= needed else before
    return OK


def _only_bad_since(periods: Sequence[bool | None], needed: int) -> bool:
    """A bad period that is old enough, and nothing good since: the rest of the data may be late."""
    first = next(index for index, period in enumerate(periods) if period is not None)
    return len(periods) - first >= needed and all(period is not False for period in periods)


@dataclass(frozen=True)
class Message:
    """What the topic is told."""

    minute: int
    state: str


def messages(alarm: Inputs, metrics: Metrics) -> list[Message]:
    """Bad news of an alarm, for which it has an action. It is made after what it watches: not in the first minute."""
    figures, now, found = _figures(alarm, metrics), SILENT, []
    of = alarm["evaluationPeriods"]
    needed, missing = alarm.get("datapointsToAlarm", of), alarm.get("treatMissingData", "missing")
    breaches, threshold = _BREACHES[alarm["comparisonOperator"]], alarm["threshold"]
    bad = [None if figure is None else breaches(figure, threshold) for figure in figures]
    length = _period(alarm) // 60
    told = {ALARM: alarm.get("alarmActions"), SILENT: alarm.get("insufficientDataActions")}
    for minute in range(_MADE, len(bad)):
        window = bad[minute::-length][: of + _BEYOND][::-1]
        after = state(window, needed=needed, of=of, missing=missing, before=now)
        if after != now and told.get(after):
            found.append(Message(minute, after))
        now = after
    return found


def _period(alarm: Inputs) -> int:
    if queries := alarm.get("metricQueries"):
        periods = {each.get("period") for query in queries for each in (query, query.get("metric", {}))}
        (period,) = periods - {None}
        return int(period)
    return int(alarm["period"])


def _figures(alarm: Inputs, metrics: Metrics) -> list[Figure]:
    """The figure of the period that ends with each minute. Windows slide by the minute (Alarm evaluation window)."""
    length = _period(alarm) // 60
    queries = alarm.get("metricQueries")
    if not queries:
        statistic = alarm.get("statistic") or alarm["extendedStatistic"]
        return _over(metrics[alarm["metricName"]], statistic, length)
    (result,) = (query for query in queries if query.get("returnData"))
    if found := _QUERY.fullmatch(result["expression"]):
        return _over(metrics[found[2]], _INSIGHTS[found[1]], length)
    readings = {
        query["id"]: _over(
            metrics[query["id"] if query["id"] in metrics else query["metric"]["metricName"]],
            query["metric"]["stat"],
            length,
        )
        for query in queries
        if "metric" in query
    }
    return [
        _math(result["expression"], dict(zip(readings, each, strict=True)))
        for each in zip(*readings.values(), strict=True)
    ]


def _over(minutes: Minutes, statistic: str, length: int) -> list[Figure]:
    compute = _STATISTICS.get(statistic) or (lambda points: _percentile(points, float(statistic.removeprefix("p"))))
    if length == 1:
        return [compute(points) if points else None for points in minutes]
    found: list[Figure] = []
    window: list[tuple[int, float]] = []
    for minute, points in enumerate(minutes):
        window = [each for each in window if each[0] > minute - length]
        window += [(minute, point) for point in points]
        values = [value for _, value in window]
        found.append(compute(values) if values else None)
    return found


def _percentile(points: Sequence[float], percent: float) -> float:
    ordered = sorted(points)
    return ordered[min(len(ordered) - 1, math.ceil(len(ordered) * percent / 100) - 1)]


def _math(expression: str, values: Mapping[str, Figure]) -> Figure:
    """Metric math of one moment: arithmetic, IF and FILL. What reads a missing value is missing."""
    text = re.sub(r"\bAND\b", "and", re.sub(r"\bOR\b", "or", expression))

    def fill(value: Figure, other: float) -> float:
        return other if value is None else value

    functions = {"IF": lambda condition, yes, no: yes if condition else no, "FILL": fill}
    try:
        return float(eval(text, {"__builtins__": {}}, {**functions, **values}))  # noqa: S307 (the platform's own text)
    except TypeError:
        return None
