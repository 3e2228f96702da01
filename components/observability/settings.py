"""The settings of alarms and logs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from components.common.settings import (
    DISTINCT,
    LIST,
    Email,
    Label,
    LogRetention,
    Number,
    Problem,
    Rule,
    Section,
    one_of,
    text,
)
from components.common.thresholds import AlarmThresholds

# What CloudWatch knows as a unit.
_BYTES = ("Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes")
_BITS = ("Bits", "Kilobits", "Megabits", "Gigabits", "Terabits")
METRIC_UNITS: tuple[str, ...] = ("Seconds", "Microseconds", "Milliseconds", "Percent", "Count", "Count/Second", "None")
METRIC_UNITS += (*_BYTES, *_BITS, *(f"{unit}/Second" for unit in _BYTES + _BITS))
_SHORT_TEXT = text("1 to 255 printable characters, no colon first", r"[!-9;-~][ -~]*", 255)


class CustomAlarmSettings(Section):
    """An alarm on a metric that the applications publish (guide: Custom Metrics)."""

    namespace: Annotated[str, _SHORT_TEXT]
    """CloudWatch namespace, such as TradingPlatform/Trading."""
    metric: Annotated[str, _SHORT_TEXT]
    """Name of the metric."""
    statistic: Annotated[
        str,
        text(
            "Average, Maximum, Minimum, Sum, SampleCount or a percentile such as p99 or p99.9",
            r"Average|Maximum|Minimum|Sum|SampleCount|p(\d{1,2}(\.\d{1,2})?|100)",
        ),
    ] = "Average"
    """What is computed for each period."""
    comparison: Literal["above", "below"] = "above"
    """Which side of the threshold is bad."""
    threshold: Number
    """Limit, in the metric's unit."""
    unit: (
        Annotated[str, AfterValidator(Rule("a CloudWatch unit, such as Milliseconds", METRIC_UNITS.__contains__))]
        | None
    ) = None
    """Only data points that were published with this unit count. All by default."""
    period_seconds: Annotated[int, one_of(10, 30, 60, 300, 900, 3600)] = 60
    """Length of a period. Below 60, the metric must be published with high resolution."""
    evaluation_periods: Annotated[int, Field(ge=1, le=100)] = 5
    """Bad periods in a row before the alarm fires."""
    missing_data: Literal["breaching", "notBreaching", "ignore", "missing"]
    """What a period without data means. Chosen for each alarm: silence can be good or bad."""
    tell_silence: bool = False
    """Also tell when data stops to come, where `missingData` is `missing`. Before its first data, as before the
    application is there, the alarm rests."""
    runbook: (
        Annotated[str, text("an address, such as https://wiki.example.com/orders", r"https://[!-~]+", 512)] | None
    ) = None
    """Where it is written what to do. By default the page of this repository on alarms of applications."""
    dimensions: Annotated[dict[Annotated[str, _SHORT_TEXT], Annotated[str, _SHORT_TEXT]], Field(max_length=30)] = {}
    """Dimensions of the metric."""

    def problems(self) -> Iterator[Problem]:
        """CloudWatch looks back a day at most, for periods of less than an hour; a week otherwise."""
        longest = 86_400 if self.period_seconds < 3600 else 7 * 86_400
        if (seconds := self.period_seconds * self.evaluation_periods) > longest:
            yield Problem(
                ("evaluationPeriods",),
                f"{self.evaluation_periods} periods of {self.period_seconds} s make {seconds} s, over {longest} s",
            )
        if self.tell_silence and self.missing_data != "missing":
            yield Problem(
                ("tellSilence",), f"true has no effect while missingData is {self.missing_data}; it goes with missing"
            )


class ObservabilitySettings(Section):
    """Alarms and logs (guide: Monitoring and Observability)."""

    alarm_emails: Annotated[tuple[Email, ...], LIST, DISTINCT] = ()
    """Who is told. Each address must confirm once."""
    log_retention_days: LogRetention = 365
    """How long CloudWatch keeps the logs of applications and nodes."""
    thresholds: AlarmThresholds
    """When the alarms of databases, caches and nodes fire."""
    custom_alarms: Annotated[dict[Label, CustomAlarmSettings], Field(max_length=80)] = {}
    """Alarms on the applications' own metrics, by label; at most 80, since one more alarm combines them."""
    monthly_budget_usd: Annotated[Number, Field(ge=1, le=1_000_000_000)] | None = None
    """Costs of the stack per month that trigger a warning, at least 1. No budget by default."""
