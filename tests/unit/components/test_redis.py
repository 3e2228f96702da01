"""The cache cluster, what surrounds it, and what clients are given."""

from __future__ import annotations

import dataclasses
import json
from ipaddress import IPv4Network
from typing import Any

import pytest

from components.common.scope import Scope
from components.common.settings import ClientSettings
from components.common.thresholds import AlarmThresholds
from components.redis.alarms import node_alarms
from components.redis.redis import RedisCluster, RedisClusterArgs, node_ids, parameter_family
from components.redis.settings import RedisSettings, UserSettings
from tests.unit.environments import environment
from tests.unit.harness import Recording, Registration, record

KEY = "arn:aws:kms:us-east-1:123456789012:key/redis"
LOGS_KEY = "arn:aws:kms:us-east-1:123456789012:key/logs"
SECRETS_KEY = "arn:aws:kms:us-east-1:123456789012:key/secrets"
TOPIC = "arn:aws:sns:us-east-1:123456789012:alarms"
THRESHOLDS = AlarmThresholds(
    database_free_memory_gib=8,
    database_free_storage_gib=100,
    database_connections=4000,
    redis_connections=20000,
)
ARGS = RedisClusterArgs(
    environment=environment(
        scope=Scope(prefix="production", account_id="123456789012", region="us-east-1"),
        logs_key_arn=LOGS_KEY,
        deletion_protection=True,
        alarm_topic_arn=TOPIC,
        thresholds=THRESHOLDS,
    ),
    settings=RedisSettings(engine_version="7.0", node_type="cache.r7g.2xlarge"),
    vpc_id="vpc-1",
    subnet_group_name="production-cache",
    clients={"nodes": "sg-nodes"},
    key_arn=KEY,
    secrets_key_arn=SECRETS_KEY,
    secret_recovery_days=30,
)
GROUP = "aws:elasticache/replicationGroup:ReplicationGroup"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
NODES = [f"production-redis-0001-00{node}" for node in (1, 2, 3)]
ENDPOINT = "clustercfg.production-redis.example"


def cluster(*, deletion_protection: bool = True, **settings: Any) -> Recording:
    args = dataclasses.replace(
        ARGS,
        settings=ARGS.settings.model_copy(update=settings),
        environment=dataclasses.replace(ARGS.environment, deletion_protection=deletion_protection),
    )
    return record(
        lambda: RedisCluster("redis", args).port,
        outputs={
            GROUP: lambda _name, _inputs: {"configurationEndpointAddress": ENDPOINT},
            "random:index/randomPassword:RandomPassword": lambda _name, _inputs: {"result": "correct-horse"},
            "random:index/randomId:RandomId": lambda _name, _inputs: {"hex": "0a1b2c3d"},
        },
    )


@pytest.fixture(scope="module")
def recording() -> Recording:
    return cluster()


@pytest.fixture(scope="module")
def group(recording: Recording) -> Registration:
    return recording.one(GROUP)


def test_three_nodes_in_cluster_mode_fail_over_across_zones(group: Registration) -> None:
    expected = {
        "replicationGroupId": "production-redis",
        "engine": "redis",
        "engineVersion": "7.0",
        "nodeType": "cache.r7g.2xlarge",
        "numNodeGroups": 1,
        "replicasPerNodeGroup": 2,
        "automaticFailoverEnabled": True,
        "multiAzEnabled": True,
        "autoMinorVersionUpgrade": False,
    }
    assert expected.items() <= group.inputs.items()
    assert "numCacheClusters" not in group.inputs


def test_data_is_encrypted_at_rest_and_on_the_way(group: Registration) -> None:
    expected = {
        "atRestEncryptionEnabled": True,
        "kmsKeyId": KEY,
        "transitEncryptionEnabled": True,
        "transitEncryptionMode": "required",
        "authToken": "correct-horse",
        "authTokenUpdateStrategy": "ROTATE",
    }
    assert expected.items() <= group.inputs.items()
    assert "userGroupIds" not in group.inputs


def test_a_version_without_a_transit_mode_gets_none() -> None:
    assert "transitEncryptionMode" not in cluster(engine_version="6.2").one(GROUP).inputs


def test_snapshots_and_maintenance_have_their_windows(group: Registration) -> None:
    assert group.inputs["snapshotRetentionLimit"] == 7
    assert group.inputs["snapshotWindow"] == "03:00-04:00"
    assert group.inputs["maintenanceWindow"] == "sun:07:00-sun:08:00"


def test_the_parameter_group_switches_cluster_mode_on(recording: Recording, group: Registration) -> None:
    parameters = recording.one("aws:elasticache/parameterGroup:ParameterGroup")
    assert parameters.inputs["family"] == "redis7"
    found = {parameter["name"]: parameter["value"] for parameter in parameters.inputs["parameters"]}
    assert found["cluster-enabled"] == "yes"
    assert parameters.urn in group.property_dependencies["parameterGroupName"]


@pytest.mark.parametrize(("version", "family"), [("6.2", "redis6.x"), ("7.0", "redis7"), ("7.1", "redis7")])
def test_the_family_follows_from_the_version(version: str, family: str) -> None:
    assert parameter_family("redis", version) == family


def test_the_token_is_one_that_elasticache_accepts(recording: Recording) -> None:
    token = recording.one("random:index/randomPassword:RandomPassword").inputs
    assert token["length"] == 64
    assert set(token["overrideSpecial"]) <= set("!&#$^<>-")


def test_logs_go_as_json_to_groups_that_exist_first(recording: Recording, group: Registration) -> None:
    groups = recording.of_type("aws:cloudwatch/logGroup:LogGroup")
    names = {f"/aws/vendedlogs/elasticache/production-redis/{log_type}" for log_type in ("slow-log", "engine-log")}
    assert {log_group.inputs["name"] for log_group in groups} == names
    assert {log_group.inputs["kmsKeyId"] for log_group in groups} == {LOGS_KEY}
    deliveries = group.inputs["logDeliveryConfigurations"]
    assert {delivery["destination"] for delivery in deliveries} == names
    for delivery in deliveries:
        assert delivery["destinationType"] == "cloudwatch-logs"
        assert delivery["logFormat"] == "json"
        assert delivery["destination"].endswith(delivery["logType"])
    assert {log_group.urn for log_group in groups} <= group.dependencies


def test_only_client_groups_reach_the_cluster(recording: Recording) -> None:
    assert not {"ingress", "egress"} & recording.one("aws:ec2/securityGroup:SecurityGroup").inputs.keys()
    rule = recording.one("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule").inputs
    assert rule["referencedSecurityGroupId"] == "sg-nodes"
    assert (rule["fromPort"], rule["toPort"], rule["ipProtocol"]) == (6379, 6379, "tcp")
    assert not {"cidrIpv4", "cidrIpv6"} & rule.keys()


def test_the_secret_tells_how_to_connect(recording: Recording) -> None:
    secret = recording.one("aws:secretsmanager/secret:Secret").inputs
    assert (secret["kmsKeyId"], secret["recoveryWindowInDays"]) == (SECRETS_KEY, 30)
    assert secret["namePrefix"] == "production/redis-"
    version = recording.one("aws:secretsmanager/secretVersion:SecretVersion").inputs
    assert json.loads(version["secretString"]) == {
        "engine": "redis",
        "host": ENDPOINT,
        "port": 6379,
        "authToken": "correct-horse",
        "tls": True,
        "clusterMode": True,
    }


def test_protection_and_final_snapshot_follow_one_setting(group: Registration) -> None:
    assert group.protect is True
    assert group.inputs["finalSnapshotIdentifier"] == "production-redis-final-0a1b2c3d"
    disposable = cluster(deletion_protection=False).one(GROUP)
    assert disposable.protect is False
    assert "finalSnapshotIdentifier" not in disposable.inputs


def test_node_ids_are_those_that_elasticache_gives() -> None:
    assert node_ids("g", 2, 1) == ["g-0001-001", "g-0001-002", "g-0002-001", "g-0002-002"]


def test_every_node_has_every_alarm(recording: Recording) -> None:
    alarms = recording.of_type(ALARM)
    watched = {
        (read["dimensions"]["CacheClusterId"], read["metricName"])
        for alarm in alarms
        for read in [query.get("metric") for query in alarm.inputs.get("metricQueries", ())] or [alarm.inputs]
        if read
    }
    metrics = {"EngineCPUUtilization", "CPUUtilization", "DatabaseMemoryUsagePercentage", "CurrConnections"}
    metrics |= {"Evictions", "CacheHitRate", "CacheHits", "CacheMisses", "ReplicationLag", "IsMaster"}
    assert watched == {(node, metric) for node in NODES for metric in metrics}
    for alarm in alarms:
        assert alarm.inputs["alarmActions"] == [TOPIC]
        assert f"{GROUP}::redis" in recording.depends_on(alarm)


def test_thresholds_are_in_the_units_of_cloudwatch() -> None:
    alarms = node_alarms("n", THRESHOLDS)
    assert alarms["engine-cpu"].threshold == 75
    assert alarms["memory"].threshold == 80
    assert alarms["connections"].threshold == 20000
    assert alarms["replication-lag"].threshold == 60
    assert (alarms["hit-rate"].threshold, alarms["hit-rate"].comparison) == (80, "below")


def test_the_port_is_an_output(recording: Recording) -> None:
    assert recording.result == 6379


def test_a_failover_is_told_by_an_alarm_since_events_do_not_reach_an_encrypted_topic(
    recording: Recording, group: Registration
) -> None:
    assert "notificationTopicArn" not in group.inputs
    (alarm,) = (each for each in recording.of_type(ALARM) if each.inputs["name"].endswith("-0001-failover"))
    read = [query["metric"] for query in alarm.inputs["metricQueries"] if "metric" in query]
    assert {each["metricName"] for each in read} == {"IsMaster"}
    assert [each["dimensions"]["CacheClusterId"] for each in read] == NODES
    assert len(read) <= 10, "metric math in an alarm reads ten metrics at most"


def test_every_resource_is_a_child_of_the_component(recording: Recording) -> None:
    assert recording.unparented() == ["redis"]


USERS = {
    "orders": UserSettings(keys=("orders:*",), commands=("@read", "@write", "-@dangerous"), channels=("orders",)),
    "reports": UserSettings(keys=("*",), commands=("get", "mget")),
}
USER = "aws:elasticache/user:User"


def of_label(recording: Recording, type_: str) -> dict[str, dict[str, Any]]:
    return {each.name.removeprefix("redis-"): each.inputs for each in recording.of_type(type_)}


@pytest.mark.parametrize(
    ("version", "family"), [("7.2", "valkey7"), ("8.0", "valkey8"), ("8.2", "valkey8"), ("9.1", "valkey9")]
)
def test_valkey_takes_the_place_of_redis_in_the_same_cluster(version: str, family: str) -> None:
    recording = cluster(engine="valkey", engine_version=version)
    group = recording.one(GROUP)
    assert (group.inputs["engine"], group.inputs["engineVersion"]) == ("valkey", version)
    assert group.inputs["replicationGroupId"] == "production-redis"
    assert group.inputs["transitEncryptionMode"] == "required"
    assert group.inputs["authToken"] == "correct-horse"
    assert recording.one("aws:elasticache/parameterGroup:ParameterGroup").inputs["family"] == family


def test_users_take_the_place_of_the_token() -> None:
    recording = cluster(users=USERS)
    group = recording.one(GROUP)
    # Together ElastiCache takes neither; and a token that gives way is deleted, not rotated.
    assert "authToken" not in group.inputs
    assert group.inputs["authTokenUpdateStrategy"] == "DELETE"
    members = recording.one("aws:elasticache/userGroup:UserGroup")
    assert group.inputs["userGroupIds"] == [f"{members.name}-id"]
    assert set(members.inputs["userIds"]) == {"production-orders", "production-reports", "production-default"}
    users = of_label(recording, USER)
    assert users["orders"]["accessString"] == "on ~orders:* resetchannels &orders -@all +@read +@write -@dangerous"
    assert users["reports"]["accessString"] == "on ~* resetchannels -@all +get +mget"
    assert users["default"]["userName"] == "default"
    assert users["default"]["accessString"].split()[0] == "off"
    # Clusters of both engines take users of Redis, clusters of Redis take no others.
    assert {user["engine"] for user in [*users.values(), members.inputs]} == {"redis"}


def test_clients_with_the_token_stay_connected_while_they_move() -> None:
    users = of_label(cluster(users=USERS, keep_token=True), USER)
    assert users["default"]["accessString"] == "on ~* &* +@all"
    assert users["default"]["passwords"] == ["correct-horse"]


@pytest.mark.parametrize("keep_token", [True, False])
def test_each_user_has_a_secret_of_its_own(*, keep_token: bool) -> None:
    versions = of_label(cluster(users=USERS, keep_token=keep_token), "aws:secretsmanager/secretVersion:SecretVersion")
    documents = {label: json.loads(inputs["secretString"]) for label, inputs in versions.items()}
    assert documents.keys() == {"redis", "orders", "reports"}
    assert documents["orders"]["username"] == "orders"
    assert documents["orders"]["password"] == "correct-horse"
    assert "authToken" not in documents["orders"]
    assert ("authToken" in documents["redis"]) is keep_token


def test_further_clients_reach_the_cluster_by_group_or_network() -> None:
    clients = {
        "bastion": ClientSettings(security_group_id="sg-0123456789abcdef0"),
        "office": ClientSettings(cidr=IPv4Network("10.200.0.0/16")),
    }
    rules = of_label(cluster(clients=clients), "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    assert rules.keys() == {"from-nodes", "from-bastion", "from-office"}
    assert rules["from-bastion"]["referencedSecurityGroupId"] == "sg-0123456789abcdef0"
    assert rules["from-office"]["cidrIpv4"] == "10.200.0.0/16"
    assert {(rule["fromPort"], rule["toPort"]) for rule in rules.values()} == {(6379, 6379)}
