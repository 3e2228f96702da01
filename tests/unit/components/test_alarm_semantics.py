"""The play of alarms itself: CloudWatch's evaluation by the tables of its guide, and mistakes that a play must find."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import botocore.session  # type: ignore[import-untyped]
import pytest

from tests.alarms.cloudwatch import ALARM, OK, SILENT, messages, state
from tests.alarms.composite import is_up
from tests.alarms.filters import matches
from tests.alarms.played import mistakes
from tests.alarms.scenario import Place
from tests.alarms.series import BROKEN, constant, gauge, idle_lag, restarts
from tests.alarms.trail import CALLS, log_mistakes

KEEPS = "keeps"
# CloudWatch user guide, Configuring how alarms treat missing data: the two tables, of three periods each. A dash is
# missing, X is bad, 0 is good; then the state where missing data is missing, ignored, bad and good.
THREE_OF_THREE = (
    ("0-X-X", OK, OK, OK, OK),
    ("----0", OK, OK, OK, OK),
    ("-----", SILENT, KEEPS, ALARM, OK),
    ("0XX-X", ALARM, ALARM, ALARM, ALARM),
    ("--X--", ALARM, KEEPS, ALARM, OK),
)
TWO_OF_THREE = (
    ("0-X-X", ALARM, ALARM, ALARM, ALARM),
    ("00X0X", ALARM, ALARM, ALARM, ALARM),
    ("0-X--", OK, OK, ALARM, OK),
    ("----0", OK, OK, ALARM, OK),
    ("---X-", ALARM, KEEPS, ALARM, OK),
)
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
ROWS = [(needed, *row) for needed, rows in ((3, THREE_OF_THREE), (2, TWO_OF_THREE)) for row in rows]


@pytest.mark.parametrize(("needed", "points", "expected"), [(needed, points, told) for needed, points, *told in ROWS])
def test_states_are_those_of_the_guide(needed: int, points: str, expected: list[str]) -> None:
    periods = [{"-": None, "X": True, "0": False}[point] for point in points]
    for treatment, told in zip(TREATMENTS, expected, strict=True):
        assert state(periods, needed=needed, of=3, missing=treatment, before=KEEPS) == told, treatment


def alarm(metric: str, namespace: str = "ContainerInsights", **changes: Any) -> Mapping[str, Any]:
    """An alarm as it is deployed, but for the changes."""
    return {
        "namespace": namespace,
        "metricName": metric,
        "statistic": "Maximum",
        "comparisonOperator": "GreaterThanThreshold",
        "threshold": 0,
        "period": 60,
        "evaluationPeriods": 3,
        "alarmActions": ["topic"],
        **changes,
    }


def test_windows_slide_by_the_minute() -> None:
    sums = alarm("m", statistic="Sum", period=300, evaluationPeriods=1, threshold=5)
    # Three in one clock's five minutes, three in the next.
    minutes = [[1.0] if minute in (12, 13, 14, 15, 16, 17) else [0.0] for minute in range(30)]
    assert messages(sums, {"m": minutes}) == []
    assert [told.minute for told in messages({**sums, "threshold": 4}, {"m": minutes})] == [16]


def test_the_share_of_periods_is_counted_where_an_alarm_names_one() -> None:
    turns = [[float(minute % 3 > 0)] for minute in range(60)]
    assert messages(alarm("m", evaluationPeriods=15), {"m": turns}) == []
    assert messages(alarm("m", evaluationPeriods=15, datapointsToAlarm=10), {"m": turns})


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        # The metric is a difference: back-off never lets it be as much as the threshold within a minute.
        (alarm("pod_number_of_container_restarts", threshold=10), "nobody is told"),
        # Storage at 20 % of the volume: RDS acts at 10 %.
        (
            alarm(
                "FreeStorageSpace",
                "AWS/RDS",
                comparisonOperator="LessThanThreshold",
                threshold=100 * 1024**3,
                statistic="Average",
                evaluationPeriods=5,
            ),
            "RDS grows it",
        ),
        # Below the mark from which on images are collected.
        (alarm("node_filesystem_utilization", threshold=80, period=300), "images are collected"),
        # A source that nobody writes to.
        (alarm("ReplicaLag", "AWS/RDS", threshold=60, treatMissingData="breaching"), "an idle source"),
        # The first days, before the application is there.
        (
            alarm(
                "EngineHeartbeat",
                "TradingPlatform/Trading",
                statistic="Sum",
                comparisonOperator="LessThanThreshold",
                threshold=1,
                evaluationPeriods=5,
                treatMissingData="breaching",
            ),
            "not deployed yet: ALARM",
        ),
        # A node that joins, while others are replaced.
        (alarm("cluster_failed_node_count", period=300), "nodes come, go and are replaced"),
        # Silence that nobody is told of.
        (alarm("cluster_node_count", comparisonOperator="LessThanThreshold", threshold=1), "the agent is gone: nobody"),
        (alarm("SomethingNew"), "no scenario"),
    ],
    ids=lambda value: value["metricName"] if isinstance(value, dict) else "",
)
def test_a_play_finds_alarms_that_mean_nothing(wrong: Mapping[str, Any], said: str) -> None:
    assert any(said in mistake for mistake in mistakes(wrong, Place()))


def test_restarts_are_differences_that_back_off_slows_down() -> None:
    pod = restarts(BROKEN, BROKEN + 60)
    assert max(points[0] for points in pod) <= 3
    assert sum(points[0] for points in pod[BROKEN : BROKEN + 15]) == 7


def test_an_idle_source_lags_by_less_than_five_minutes() -> None:
    assert {points[0] for points in idle_lag(0, 60)} == {0.0, 60.0, 120.0, 180.0, 240.0}


def test_metric_math_without_data_has_none() -> None:
    read = {"namespace": "n", "metricName": "m", "period": 60, "stat": "Average"}
    queries = [{"id": "all", "expression": "IF(m > 1, 1, 0)", "returnData": True}, {"id": "m", "metric": read}]
    watched = {**alarm("m", evaluationPeriods=1), "metricQueries": queries}
    assert messages(watched, {"m": gauge(constant(2), 30)})
    assert messages(watched, {"m": [[] for _ in range(30)]}) == []


@pytest.mark.parametrize(
    ("pattern", "event", "met"),
    [
        # CloudWatch Logs user guide, Filter pattern syntax: examples for JSON.
        ('{ $.eventType = "UpdateTrail" }', {"eventType": "UpdateTrail"}, True),
        ("{ $.sourceIPAddress != 123.123.* }", {"sourceIPAddress": "111.111.111.111"}, True),
        ("{ $.sourceIPAddress != 123.123.* }", {"sourceIPAddress": "123.123.1.1"}, False),
        ("{ $.SomeOtherObject NOT EXISTS }", {"eventType": "UpdateTrail"}, True),
        ('{ $.a.b = "x*" }', {"a": {"b": "xyz"}}, True),
        ('{ $.a.b = "x*" }', {"a": "x"}, False),
        ('{ $.a != "x" }', {"b": 1}, False),
        ("{ ($.a = 1) || ($.b = 2) && ($.c = 3) }", {"a": "1"}, True),
        ("{ (($.a = 1) || ($.b = 2)) && ($.c = 3) }", {"a": "1"}, False),
    ],
)
def test_patterns_count_what_the_guide_says(pattern: str, event: Mapping[str, Any], met: bool) -> None:
    assert matches(pattern, event) is met


@pytest.mark.parametrize("label", CALLS)
def test_the_calls_are_calls_of_their_services(label: str) -> None:
    service, names = CALLS[label]
    known = botocore.session.get_session().get_service_model(service).operation_names
    assert set(names) - set(known) == set()


def test_a_pattern_that_misses_a_call_or_counts_others_is_found() -> None:
    counts = alarm("m", "TradingPlatform/Audit", statistic="Sum", period=300, evaluationPeriods=1)
    one = '{ $.eventName = "DisableKey" }'
    assert [each for each in log_mistakes("key-deletion", one, counts) if "ScheduleKeyDeletion" in each]
    assert log_mistakes("key-deletion", "{ $.eventSource = kms.amazonaws.com }", counts)
    assert log_mistakes("something-new", one, counts) == ["no fault for something-new"]


def test_rules_bind_as_cloudwatch_says() -> None:
    rule = 'ALARM("a") OR ALARM("b") AND ALARM("c")'
    assert [is_up(rule, up) for up in ("a", "b", "bc", "")] == [True, False, True, False]
    assert not is_up('(ALARM("a") OR ALARM("b")) AND ALARM("c")', "a")
