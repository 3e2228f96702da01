"""Alarm delivery, custom alarms, dashboard, budget."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any

import pytest

from components.cluster.alarms import cluster_alarms
from components.common.scope import Scope
from components.common.thresholds import AlarmThresholds
from components.observability.dashboard import ALARMS_MAX, GRID_WIDTH, Watched, dashboard_body
from components.observability.observability import (
    CHILDREN_MAX,
    RULE_CHARACTERS_MAX,
    AlarmTopic,
    AlarmTopicArgs,
    Observability,
    ObservabilityArgs,
    any_two_of,
    topic_policy,
)
from components.observability.settings import CustomAlarmSettings, ObservabilitySettings
from components.postgres.postgres import Postgres
from components.redis.redis import RedisCluster
from tests.unit.components import test_postgres, test_redis
from tests.unit.environments import SCOPE, environment
from tests.unit.harness import Recording, document, record
from tests.unit.stacks import mistakes, parsed, values_of

COMPOSITE = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
METRIC_ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
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
                environment=environment(alarm_topic_arn=TOPIC, logs_key_arn="arn:key"),
                settings=ObservabilitySettings(thresholds=THRESHOLDS, **settings),
                application_namespaces=["trading", "ml"],
                watched=WATCHED,
                alarm_arns={
                    "database": {"primary": ["arn:alarm:cpu", "arn:alarm:memory"]},
                    "cache": {"0001": ["arn:alarm:redis"]},
                },
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
        "budgets.amazonaws.com",
    }


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


def test_a_part_of_several_groups_is_up_when_one_of_them_is() -> None:
    def program() -> None:
        Observability(
            "observability",
            ObservabilityArgs(
                environment=environment(alarm_topic_arn=TOPIC, logs_key_arn="arn:key"),
                settings=ObservabilitySettings(thresholds=THRESHOLDS),
                application_namespaces=[],
                watched=WATCHED,
                alarm_arns={"cache": {"0001": ["arn:alarm:cpu", "arn:alarm:memory"], "0002": ["arn:alarm:redis"]}},
            ),
        )

    rules = {r.inputs["alarmName"]: r.inputs["alarmRule"] for r in record(program).of_type(COMPOSITE)}
    arn = "arn:aws:mock:us-east-1:123456789012:observability-cache"
    assert rules == {
        "production-part-cache": f'ALARM("{arn}-0001") OR ALARM("{arn}-0002")',
        "production-part-cache-0001": 'ALARM("arn:alarm:cpu") OR ALARM("arn:alarm:memory")',
        "production-part-cache-0002": 'ALARM("arn:alarm:redis")',
    }


LARGEST: dict[str, Any] = {
    "redis__shards": 45,
    "redis__replicasPerShard": 1,
    "postgres__replicas": {f"replica-{number:012d}": {"instanceClass": "db.r6g.2xlarge"} for number in range(14)},
    "observability__customAlarms": {
        f"custom-{number:013d}": {
            "namespace": "TradingPlatform/Api",
            "metric": "Latency",
            "threshold": 250,
            "missingData": "breaching",
        }
        for number in range(80)
    },
}
"""As much as the configuration allows, with labels as long as it allows."""


@pytest.fixture(scope="module", params=[1, 5])
def largest(request: pytest.FixtureRequest) -> Recording:
    """Alarms of the largest stack that the configuration allows, under the longest names: many shards, large shards."""
    replicas = request.param
    shards = min(45, 90 // (1 + replicas))
    stack = parsed(**LARGEST | {"redis__shards": shards, "redis__replicasPerShard": replicas})
    scope = Scope(prefix="a" * 14, account_id="123456789012", region="us-gov-west-1")

    def program() -> None:
        there = environment(scope=scope)
        database = dataclasses.replace(test_postgres.ARGS, environment=there, settings=stack.postgres)
        postgres = Postgres("postgres", database)
        redis = RedisCluster("redis", dataclasses.replace(test_redis.ARGS, environment=there, settings=stack.redis))
        nodes = [scope.arn("cloudwatch", f"alarm:{label}") for label in cluster_alarms("a" * 100, THRESHOLDS)]
        Observability(
            "observability",
            ObservabilityArgs(
                environment=environment(scope=scope, alarm_topic_arn=TOPIC, logs_key_arn="arn:key"),
                settings=stack.observability,
                application_namespaces=["trading"],
                watched=Watched(cluster_name="eks", database_ids=postgres.identifiers, redis_node_ids=redis.node_ids),
                alarm_arns={
                    "cluster": {"nodes": nodes},
                    "database": postgres.alarm_arns,
                    "cache": redis.alarm_arns,
                },
            ),
        )

    return record(
        program,
        outputs={
            METRIC_ALARM: lambda _name, inputs: {"arn": scope.arn("cloudwatch", f"alarm:{inputs['name']}")},
            COMPOSITE: lambda _name, inputs: {"arn": scope.arn("cloudwatch", f"alarm:{inputs['alarmName']}")},
            "aws:rds/instance:Instance": test_postgres.outputs,
            "aws:elasticache/replicationGroup:ReplicationGroup": lambda _name, _inputs: {
                "configurationEndpointAddress": "redis.example"
            },
            "random:index/randomPassword:RandomPassword": lambda _name, _inputs: {"result": "correct-horse"},
            "random:index/randomId:RandomId": lambda _name, _inputs: {"hex": "0a1b2c3d"},
        },
    )


def test_no_composite_alarm_outgrows_what_its_rule_may_hold(largest: Recording) -> None:
    for composite in largest.of_type(COMPOSITE):
        rule = composite.inputs["alarmRule"]
        assert len(set(re.findall(r'"([^"]+)"', rule))) <= CHILDREN_MAX, composite.name
        assert len(rule) <= RULE_CHARACTERS_MAX, composite.name


def test_every_alarm_of_the_largest_stack_reaches_its_part(largest: Recording) -> None:
    rules = {
        composite.inputs["alarmName"]: re.findall(r'alarm:([^"]+)"', composite.inputs["alarmRule"])
        for composite in largest.of_type(COMPOSITE)
    }

    def below(name: str) -> set[str]:
        return set().union(*map(below, rules[name])) if name in rules else {name}

    alarms = {alarm.inputs["name"] for alarm in largest.of_type(METRIC_ALARM)}
    assert len(alarms) > 800
    assert alarms < below("a" * 14 + "-incident")


def test_the_dashboard_of_the_largest_stack_drops_no_alarm(largest: Recording) -> None:
    body = json.loads(largest.one("aws:cloudwatch/dashboard:Dashboard").inputs["dashboardBody"])
    drawn = [widget["properties"]["alarms"] for widget in body["widgets"] if widget["type"] == "alarm"]
    assert all(len(alarms) <= ALARMS_MAX for alarms in drawn)
    names = {alarm.inputs["name"] for alarm in largest.of_type(METRIC_ALARM)}
    assert names < {arn.rpartition(":")[2] for alarms in drawn for arn in alarms}


def test_more_custom_alarms_than_one_rule_holds_are_refused() -> None:
    assert not mistakes(values_of(**LARGEST))
    custom = LARGEST["observability__customAlarms"]
    values = values_of(observability__customAlarms=custom | {"one-more": custom["custom-0000000000000"]})
    (mistake,) = mistakes(values)
    assert mistake.startswith("observability.customAlarms: ")
    assert "80" in mistake


@pytest.mark.parametrize("alarm_arns", [[], ["arn:alarm:cpu"], [f"arn:alarm:{number}" for number in range(201)]])
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
    budget = observe(monthly_budget_usd=1_250_000.5).one("aws:budgets/budget:Budget").inputs
    assert budget["limitAmount"] == "1250000.50"
    assert budget["costFilters"] == [{"name": "TagKeyValue", "values": ["user:Environment$production"]}]
    assert all(item["subscriberSnsTopicArns"] == [TOPIC] for item in budget["notifications"])


def test_every_resource_is_a_child_of_the_component() -> None:
    assert observe(custom_alarms={"orders": ORDERS}, monthly_budget_usd=10).unparented() == ["observability"]
