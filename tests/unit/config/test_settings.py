"""The rules inside each section: what AWS refuses is refused here, in words that name what is allowed."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from components.common.settings import Section
from components.kms.settings import KmsSettings
from components.network.settings import NetworkSettings
from config.schema import fields_by_key
from tests.unit.config.complaints import complaints
from tests.unit.stacks import parsed


def test_sections_are_immutable_and_strict() -> None:
    settings = KmsSettings()
    with pytest.raises(ValidationError):
        settings.rotation_period_days = 90  # type: ignore[misc]
    with pytest.raises(ValidationError):
        KmsSettings(rotation_period_days="90")  # type: ignore[arg-type]


def test_every_field_of_every_section_says_what_it_means() -> None:
    sections = Section.__subclasses__()
    assert len(sections) > 20
    silent = [
        f"{section.__name__}.{name}"
        for section in sections
        for name, f in fields_by_key(section).items()
        if not f.description
    ]
    assert silent == []


class TestObservability:
    def test_an_alarm_looks_back_a_day_at_most(self) -> None:
        (found,) = complaints(
            "observability.customAlarms.api-latency.periodSeconds", 900,
            "observability.customAlarms.api-latency.evaluationPeriods", 97,
        )  # fmt: skip
        assert "evaluationPeriods: 97 periods of 900 s make 87300 s, over 86400 s" in found

    @pytest.mark.parametrize("statistic", ["p99", "p99.9", "p100", "Sum"])
    def test_percentiles_are_statistics(self, statistic: str) -> None:
        assert complaints("observability.customAlarms.api-latency.statistic", statistic) == []

    @pytest.mark.parametrize("statistic", ["P99", "p101", "p99.999", "average"])
    def test_other_statistics_are_not(self, statistic: str) -> None:
        assert complaints("observability.customAlarms.api-latency.statistic", statistic)

    def test_units_are_those_of_cloudwatch(self) -> None:
        (found,) = complaints("observability.customAlarms.api-latency.unit", "ms")
        assert 'unit: "ms" must be a CloudWatch unit, such as Milliseconds' in found


def test_python_code_builds_sections_by_field_name() -> None:
    subnets = parsed("production").network.subnets
    network = NetworkSettings(vpc_cidr=parsed("production").network.vpc_cidr, subnets=subnets)
    assert network.flow_log_retention_days == 365
