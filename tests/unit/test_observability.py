"""Alarm delivery, custom alarms, dashboard, budget."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components.dashboard import GRID_WIDTH, Watched, dashboard_body
from components.observability import (
    AlarmTopic,
    AlarmTopicArgs,
    Observability,
    ObservabilityArgs,
    any_two_of,
    topic_policy,
)
from components.scope import Scope
from components.settings import AlarmThresholds, CustomAlarmSettings, ObservabilitySettings
from tests.unit.harness import Recording, document, record

SCOPE = Scope(prefix="production", account_id="123456789012", region="us-east-1")
TOPIC = "arn:aws:sns:us-east-1:123456789012:production-alarms"
THRESHOLDS = AlarmThresholds(
    database_free_memory_gib=8, database_free_storage_gib=50, database_connections=400, redis_connections=10_000
)
LATENCY = CustomAlarmSettings(
    namespace="TradingPlatform/Api",
    metric="Latency",
    statistic="p99",
    threshold=250,
    unit="Milliseconds",
    missing_data="breaching",
    dimensions={"Service": "orders"},
)
ORDERS = CustomAlarmSettings(
    namespace="TradingPlatform/Trading",
    metric="OrdersFilled",
    statistic="Sum",
    comparison="below",
    threshold=1,
    missing_data="notBreaching",
)
WATCHED = Watched(
    cluster_name="production-eks-cluster",
    database_ids=["production-postgres", "production-postgres-reader"],
    redis_node_ids=["production-redis-0001-001", "production-redis-0001-002"],
)


def observe(**settings: Any) -> Recording:
    def program() -> None:
        Observability(
            "observability",
            ObservabilityArgs(
                scope=SCOPE,
                settings=ObservabilitySettings(thresholds=THRESHOLDS, **settings),
                topic_arn=TOPIC,
                logs_key_arn="arn:key",
                application_namespaces=["trading", "ml"],
                watched=WATCHED,
                alarm_arns={"database": ["arn:alarm:cpu", "arn:alarm:memory"], "cache": ["arn:alarm:redis"]},
            ),
        )

    return record(program)


def topic() -> Recording:
    args = AlarmTopicArgs(scope=SCOPE, key_arn="arn:key", emails=["oncall@example.com", "desk@example.com"])
    return record(lambda: AlarmTopic("alarms", args).arn)


def test_the_topic_is_encrypted_under_the_platforms_key() -> None:
    inputs = topic().one("aws:sns/topic:Topic").inputs
    assert inputs["name"] == "production-alarms"
    assert inputs["kmsMasterKeyId"] == "arn:key"


def test_the_topic_is_known_only_once_its_policy_is_in_place() -> None:
    recording = topic()
    assert recording.result == recording.one("aws:sns/topicPolicy:TopicPolicy").inputs["arn"]


def test_services_publish_for_this_account_only() -> None:
    statements = {statement["Sid"]: statement for statement in document(topic().one("aws:sns/topicPolicy:TopicPolicy"))}
    own = statements["PublishForThisAccount"]
    assert own["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    assert set(own["Principal"]["Service"]) == {
        "cloudwatch.amazonaws.com",
        "events.rds.amazonaws.com",
        "elasticache.amazonaws.com",
        "budgets.amazonaws.com",
    }
    assert statements["PublishForTheOwner"]["Condition"] == {"StringEquals": {"AWS:SourceOwner": "123456789012"}}


def test_event_rules_publish_without_a_condition_that_eventbridge_cannot_meet() -> None:
    statements = {statement["Sid"]: statement for statement in json.loads(topic_policy(TOPIC, SCOPE))["Statement"]}
    assert "Condition" not in statements["PublishFromEventRules"]


def test_nobody_publishes_in_plain_text() -> None:
    deny = next(item for item in json.loads(topic_policy(TOPIC, SCOPE))["Statement"] if item["Effect"] == "Deny")
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_each_address_is_subscribed_and_none_shows_in_a_logical_name() -> None:
    subscriptions = topic().of_type("aws:sns/topicSubscription:TopicSubscription")
    assert {item.inputs["endpoint"] for item in subscriptions} == {"oncall@example.com", "desk@example.com"}
    assert not any("@" in item.name or "oncall" in item.name for item in subscriptions)


def test_a_percentile_alarm_uses_the_extended_statistic() -> None:
    alarm = observe(custom_alarms={"api-latency": LATENCY}).one(
        "aws:cloudwatch/metricAlarm:MetricAlarm", "observability-api-latency"
    )
    assert alarm.inputs["extendedStatistic"] == "p99"
    assert "statistic" not in alarm.inputs
    assert alarm.inputs["dimensions"] == {"Service": "orders"}
    assert alarm.inputs["treatMissingData"] == "breaching"
    assert alarm.inputs["alarmActions"] == [TOPIC]


def test_a_plain_custom_alarm_keeps_its_statistic_and_side() -> None:
    inputs = (
        observe(custom_alarms={"orders": ORDERS})
        .one("aws:cloudwatch/metricAlarm:MetricAlarm", "observability-orders")
        .inputs
    )
    assert inputs["statistic"] == "Sum"
    assert inputs["comparisonOperator"] == "LessThanThreshold"
    assert inputs["treatMissingData"] == "notBreaching"
    assert inputs["name"] == "production-application-orders"


def test_application_logs_are_kept_encrypted_by_namespace() -> None:
    groups = observe(log_retention_days=365).of_type("aws:cloudwatch/logGroup:LogGroup")
    assert {group.inputs["name"] for group in groups} == {
        "/trading-platform/production/trading",
        "/trading-platform/production/ml",
    }
    assert all(group.inputs["kmsKeyId"] == "arn:key" for group in groups)
    assert all(group.inputs["retentionInDays"] == 365 for group in groups)


def test_one_part_in_alarm_is_silent_and_two_are_an_incident() -> None:
    composites = {
        item.inputs["alarmName"]: item.inputs
        for item in observe().of_type("aws:cloudwatch/compositeAlarm:CompositeAlarm")
    }
    assert set(composites) == {"production-part-database", "production-part-cache", "production-incident"}
    database = composites["production-part-database"]
    assert database["alarmRule"] == 'ALARM("arn:alarm:cpu") OR ALARM("arn:alarm:memory")'
    assert "alarmActions" not in database
    assert composites["production-incident"]["alarmActions"] == [TOPIC]


def test_any_two_of_three_pairs_them_all() -> None:
    assert any_two_of(["a", "b", "c"]) == (
        '(ALARM("a") AND ALARM("b")) OR (ALARM("a") AND ALARM("c")) OR (ALARM("b") AND ALARM("c"))'
    )


@pytest.mark.parametrize("alarm_arns", [[], ["arn:alarm:cpu"]])
def test_the_dashboard_fits_its_grid_without_overlaps(alarm_arns: list[str]) -> None:
    body = dashboard_body(
        region="us-east-1", watched=WATCHED, custom_metrics={"api-latency": LATENCY}, alarm_arns=alarm_arns
    )
    cells: set[tuple[int, int]] = set()
    for widget in json.loads(body)["widgets"]:
        assert widget["x"] + widget["width"] <= GRID_WIDTH
        taken = {
            (column, row)
            for column in range(widget["x"], widget["x"] + widget["width"])
            for row in range(widget["y"], widget["y"] + widget["height"])
        }
        assert not taken & cells
        cells |= taken


def test_the_dashboard_draws_every_instance_node_and_custom_metric() -> None:
    recording = observe(custom_alarms={"api-latency": LATENCY})
    body = recording.one("aws:cloudwatch/dashboard:Dashboard").inputs["dashboardBody"]
    for identifier in (*WATCHED.database_ids, *WATCHED.redis_node_ids, WATCHED.cluster_name, "TradingPlatform/Api"):
        assert f'"{identifier}"' in body
    assert json.loads(body)["widgets"][0]["properties"]["alarms"][:2] == ["arn:alarm:cpu", "arn:alarm:memory"]


def test_the_primary_has_no_replica_lag() -> None:
    body = dashboard_body(region="us-east-1", watched=WATCHED, custom_metrics={}, alarm_arns=[])
    lag = [line for widget in json.loads(body)["widgets"] for line in widget["properties"]["metrics"]]
    assert [line[3] for line in lag if line[1] == "ReplicaLag"] == ["production-postgres-reader"]


def test_a_budget_exists_only_where_an_amount_is_set() -> None:
    assert not observe().of_type("aws:budgets/budget:Budget")
    budget = observe(monthly_budget_usd=12_500).one("aws:budgets/budget:Budget").inputs
    assert budget["limitAmount"] == "12500"
    assert budget["costFilters"] == [{"name": "TagKeyValue", "values": ["user:Environment$production"]}]
    assert all(item["subscriberSnsTopicArns"] == [TOPIC] for item in budget["notifications"])


def test_every_resource_is_a_child_of_the_component() -> None:
    assert observe(custom_alarms={"orders": ORDERS}, monthly_budget_usd=10).unparented() == ["observability"]
