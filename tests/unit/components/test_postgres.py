"""The database: its instances, what surrounds them, and what clients are given."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from components.common.iam import policy_document
from components.common.thresholds import AlarmThresholds
from components.postgres.alarms import instance_alarms, replica_alarms
from components.postgres.documents import connect_statement, connection_document
from components.postgres.parameters import server_parameters
from components.postgres.postgres import Postgres, PostgresArgs, restore_point
from components.postgres.settings import PostgresSettings, ReplicaSettings, RestoreSettings, RotationSettings
from tests.unit.environments import SCOPE, environment
from tests.unit.harness import Recording, Registration, document, record
from tests.unit.policy_lint import findings

KEY = "arn:aws:kms:us-east-1:123456789012:key/rds"
LOGS_KEY = "arn:aws:kms:us-east-1:123456789012:key/logs"
SECRETS_KEY = "arn:aws:kms:us-east-1:123456789012:key/secrets"
TOPIC = "arn:aws:sns:us-east-1:123456789012:alarms"
THRESHOLDS = AlarmThresholds(
    database_free_memory_gib=8,
    database_free_storage_gib=100,
    database_connections=4000,
    redis_connections=20000,
)
SETTINGS: dict[str, Any] = {
    "engine_version": "15",
    "instance_class": "db.r6g.2xlarge",
    "allocated_storage_gib": 500,
    "max_allocated_storage_gib": 2000,
    "insights_retention_days": 465,
    "database_insights": "advanced",
    "replicas": {"read": ReplicaSettings(instance_class="db.r6g.xlarge")},
}
ARGS = PostgresArgs(
    environment=environment(
        logs_key_arn=LOGS_KEY,
        boundary_arn="arn:aws:iam::123456789012:policy/production-access-boundary",
        deletion_protection=True,
        alarm_topic_arn=TOPIC,
        thresholds=THRESHOLDS,
    ),
    settings=PostgresSettings(**SETTINGS),
    vpc_id="vpc-1",
    subnet_group_name="production-database",
    clients={"nodes": "sg-nodes"},
    storage_key_arn=KEY,
    secrets_key_arn=SECRETS_KEY,
    secret_recovery_days=30,
)

# What RDS refuses on a replica, or takes from the primary.
PRIMARY_ONLY = {
    "allocatedStorage",
    "backupRetentionPeriod",
    "backupWindow",
    "blueGreenUpdate",
    "databaseInsightsMode",
    "dbName",
    "engine",
    "engineVersion",
    "finalSnapshotIdentifier",
    "kmsKeyId",
    "password",
    "username",
}


def outputs(name: str, inputs: dict[str, Any]) -> dict[str, Any]:
    return {"address": f"{inputs['identifier']}.rds.example", "port": 5432, "resourceId": f"db-{name}"}


def database(*, deletion_protection: bool = True, **settings: Any) -> Recording:
    args = dataclasses.replace(
        ARGS,
        settings=PostgresSettings(**SETTINGS | settings),
        environment=dataclasses.replace(ARGS.environment, deletion_protection=deletion_protection),
    )
    return record(
        lambda: Postgres("postgres", args),
        outputs={
            "aws:rds/instance:Instance": outputs,
            "random:index/randomPassword:RandomPassword": lambda _name, _inputs: {"result": "correct-horse"},
            "random:index/randomId:RandomId": lambda _name, _inputs: {"hex": "0a1b2c3d"},
        },
    )


@pytest.fixture(scope="module")
def recording() -> Recording:
    return database()


@pytest.fixture(scope="module")
def primary(recording: Recording) -> Registration:
    return recording.one("aws:rds/instance:Instance", "postgres-primary")


@pytest.fixture(scope="module")
def replica(recording: Recording) -> Registration:
    return recording.one("aws:rds/instance:Instance", "postgres-replica-read")


def test_the_primary_is_what_the_guide_asks_for(primary: Registration) -> None:
    expected = {
        "identifier": "production-postgres",
        "engine": "postgres",
        "engineVersion": "15",
        "instanceClass": "db.r6g.2xlarge",
        "multiAz": True,
        "storageType": "gp3",
        "allocatedStorage": 500,
        "maxAllocatedStorage": 2000,
        "backupRetentionPeriod": 30,
        "backupWindow": "03:00-04:00",
        "dbName": "trading",
        "username": "trading_admin",
        "password": "correct-horse",
        "databaseInsightsMode": "advanced",
        "performanceInsightsRetentionPeriod": 465,
        "engineLifecycleSupport": "open-source-rds-extended-support-disabled",
        "allowMajorVersionUpgrade": False,
        "deleteAutomatedBackups": False,
    }
    assert expected.items() <= primary.inputs.items()


@pytest.mark.parametrize("name", ["postgres-primary", "postgres-replica-read"])
def test_every_instance_is_private_encrypted_and_watched(recording: Recording, name: str) -> None:
    inputs = recording.one("aws:rds/instance:Instance", name).inputs
    expected = {
        "publiclyAccessible": False,
        "storageEncrypted": True,
        "caCertIdentifier": "rds-ca-rsa2048-g1",
        "iamDatabaseAuthenticationEnabled": True,
        "copyTagsToSnapshot": True,
        "deletionProtection": True,
        "monitoringInterval": 60,
        "performanceInsightsEnabled": True,
        "performanceInsightsKmsKeyId": KEY,
        "enabledCloudwatchLogsExports": ["postgresql", "upgrade", "iam-db-auth-error"],
        "dbSubnetGroupName": "production-database",
        "vpcSecurityGroupIds": ["postgres-id"],
    }
    assert expected.items() <= inputs.items()


def test_a_replica_is_maintained_a_day_before_its_primary(primary: Registration, replica: Registration) -> None:
    assert primary.inputs["maintenanceWindow"] == "sun:05:00-sun:06:00"
    assert replica.inputs["maintenanceWindow"] == "sat:05:00-sat:06:00"


def test_storage_is_encrypted_under_the_key_that_is_given(primary: Registration) -> None:
    assert primary.inputs["kmsKeyId"] == KEY


@pytest.mark.parametrize(("version", "automatic"), [("15", True), ("15.4", False)])
def test_minors_are_automatic_unless_pinned(version: str, automatic: bool) -> None:
    for instance in database(engine_version=version).of_type("aws:rds/instance:Instance"):
        assert instance.inputs["autoMinorVersionUpgrade"] is automatic


def test_a_replica_has_nothing_that_rds_refuses(replica: Registration) -> None:
    assert not PRIMARY_ONLY & replica.inputs.keys()
    assert replica.inputs["replicateSourceDb"].startswith("arn:aws:")
    assert replica.inputs["identifier"] == "production-postgres-read"
    assert replica.inputs["instanceClass"] == "db.r6g.xlarge"
    assert replica.inputs["skipFinalSnapshot"] is True


def test_a_replica_keeps_insights_as_long_as_it_can_without_the_advanced_mode(replica: Registration) -> None:
    assert replica.inputs["performanceInsightsRetentionPeriod"] == 7


@pytest.mark.parametrize("name", ["postgres-primary", "postgres-replica-read"])
def test_an_instance_waits_for_its_role_and_its_logs(recording: Recording, name: str) -> None:
    waits_for = recording.depends_on(recording.one("aws:rds/instance:Instance", name))
    assert {
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment::postgres-monitoring",
        f"aws:cloudwatch/logGroup:LogGroup::{name}-postgresql",
        f"aws:cloudwatch/logGroup:LogGroup::{name}-upgrade",
        f"aws:cloudwatch/logGroup:LogGroup::{name}-iam-db-auth-error",
    } <= waits_for


def test_log_groups_have_the_names_that_rds_writes_to(recording: Recording) -> None:
    groups = recording.of_type("aws:cloudwatch/logGroup:LogGroup")
    assert {group.inputs["name"] for group in groups} == {
        f"/aws/rds/instance/{identifier}/{log_type}"
        for identifier in ("production-postgres", "production-postgres-read")
        for log_type in ("postgresql", "upgrade", "iam-db-auth-error")
    }
    assert {(group.inputs["kmsKeyId"], group.inputs["retentionInDays"]) for group in groups} == {(LOGS_KEY, 365)}


def test_only_client_groups_reach_the_database(recording: Recording) -> None:
    group = recording.one("aws:ec2/securityGroup:SecurityGroup")
    assert not {"ingress", "egress"} & group.inputs.keys()
    rule = recording.one("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule").inputs
    assert rule["referencedSecurityGroupId"] == "sg-nodes"
    assert (rule["fromPort"], rule["toPort"], rule["ipProtocol"]) == (5432, 5432, "tcp")
    assert not {"cidrIpv4", "cidrIpv6"} & rule.keys()
    assert rule["description"]
    assert not recording.of_type("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")


def test_parameters_demand_tls_and_log_slow_queries_with_plans(recording: Recording) -> None:
    group = recording.one("aws:rds/parameterGroup:ParameterGroup").inputs
    assert group["family"] == "postgres15"
    assert "name" not in group
    assert group["namePrefix"] == "production-postgres-postgres15-"
    found = {parameter["name"]: parameter for parameter in group["parameters"]}
    assert found["rds.force_ssl"]["value"] == "1"
    assert found["log_min_duration_statement"]["value"] == "1000"
    assert found["auto_explain.log_min_duration"]["value"] == "1000"
    assert found["shared_preload_libraries"]["value"] == "pg_stat_statements,auto_explain"


def test_only_the_static_parameter_waits_for_a_restart() -> None:
    methods = {parameter.name: parameter.apply_method for parameter in server_parameters(ARGS.settings)}
    waiting = {name for name, method in methods.items() if method == "pending-reboot"}
    assert waiting == {"shared_preload_libraries"}


def test_a_new_major_gets_a_parameter_group_beside_the_old_one() -> None:
    names = [
        database(engine_version=version).one("aws:rds/parameterGroup:ParameterGroup").name for version in ("15", "16")
    ]
    assert names == ["postgres-postgres15", "postgres-postgres16"]


def test_monitoring_trusts_rds_of_this_account_only(recording: Recording) -> None:
    (statement,) = document(recording.one("aws:iam/role:Role"), "assumeRolePolicy")
    assert statement["Principal"] == {"Service": "monitoring.rds.amazonaws.com"}
    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}
    attachment = recording.one("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
    assert attachment.inputs["policyArn"] == "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"


def test_the_password_has_only_characters_that_rds_and_urls_accept(recording: Recording) -> None:
    inputs = recording.one("random:index/randomPassword:RandomPassword").inputs
    assert not set(inputs["overrideSpecial"]) & set("/@\" '%\\")
    assert 8 <= inputs["length"] <= 128


def test_the_secret_holds_the_full_connection_document(recording: Recording) -> None:
    secret = recording.one("aws:secretsmanager/secret:Secret").inputs
    assert secret["kmsKeyId"] == SECRETS_KEY
    assert secret["recoveryWindowInDays"] == 30
    version = recording.one("aws:secretsmanager/secretVersion:SecretVersion").inputs
    assert json.loads(version["secretString"]) == {
        "engine": "postgres",
        "host": "production-postgres.rds.example",
        "port": 5432,
        "username": "trading_admin",
        "password": "correct-horse",
        "dbname": "trading",
        "dbInstanceIdentifier": "production-postgres",
        "sslmode": "verify-full",
        "replicaHosts": {"read": "production-postgres-read.rds.example"},
    }


def test_the_secret_never_takes_a_name_that_may_be_reserved(recording: Recording) -> None:
    secret = recording.one("aws:secretsmanager/secret:Secret").inputs
    assert "name" not in secret
    assert secret["namePrefix"] == "production/postgres-"


def test_a_database_without_replicas_has_a_connection_document_too() -> None:
    text = connection_document(ARGS.settings, "db", host="h", replica_hosts={}, password="p")
    assert json.loads(text)["replicaHosts"] == {}
    recording = database(replicas={})
    assert recording.names("aws:rds/instance:Instance") == {"postgres-primary"}
    version = recording.one("aws:secretsmanager/secretVersion:SecretVersion").inputs
    assert json.loads(version["secretString"])["replicaHosts"] == {}


@pytest.mark.parametrize("protected", [True, False])
def test_protection_and_final_snapshot_follow_one_setting(protected: bool) -> None:
    recording = database(deletion_protection=protected)
    for instance in recording.of_type("aws:rds/instance:Instance"):
        assert instance.protect is protected
        assert instance.inputs["deletionProtection"] is protected
    primary = recording.one("aws:rds/instance:Instance", "postgres-primary").inputs
    assert primary["skipFinalSnapshot"] is not protected


def test_the_final_snapshot_gets_another_name_with_what_replaces_the_instance(recording: Recording) -> None:
    primary = recording.one("aws:rds/instance:Instance", "postgres-primary").inputs
    assert primary["finalSnapshotIdentifier"] == "production-postgres-final-0a1b2c3d"
    keepers = recording.one("random:index/randomId:RandomId").inputs["keepers"]
    assert keepers == {"key": KEY, "username": "trading_admin"}


def test_rotation_is_attached_only_where_a_function_is_configured() -> None:
    assert not database().of_type("aws:secretsmanager/secretRotation:SecretRotation")
    arn = "arn:aws:lambda:us-east-1:123456789012:function:rotate"
    recording = database(rotation=RotationSettings(lambda_arn=arn, every_days=14))
    rotation = recording.one("aws:secretsmanager/secretRotation:SecretRotation")
    assert rotation.inputs["rotationLambdaArn"] == arn
    assert rotation.inputs["rotationRules"] == {"automaticallyAfterDays": 14}
    assert "aws:secretsmanager/secretVersion:SecretVersion::postgres" in recording.depends_on(rotation)


def test_a_restored_database_brings_its_own_databases() -> None:
    snapshot = database(restore=RestoreSettings(snapshot_identifier="before-migration"))
    inputs = snapshot.one("aws:rds/instance:Instance", "postgres-primary").inputs
    assert inputs["snapshotIdentifier"] == "before-migration"
    assert "dbName" not in inputs
    latest = database(restore=RestoreSettings(source_instance="production-postgres-old"))
    inputs = latest.one("aws:rds/instance:Instance", "postgres-primary").inputs
    assert inputs["restoreToPointInTime"] == {
        "sourceDbInstanceIdentifier": "production-postgres-old",
        "useLatestRestorableTime": True,
    }
    assert "dbName" not in inputs


def test_a_restored_database_keeps_the_key_of_its_source() -> None:
    restored = database(restore=RestoreSettings(snapshot_identifier="takeover"))
    assert "kmsKeyId" in restored.one("aws:rds/instance:Instance", "postgres-primary").ignored
    assert "kmsKeyId" not in database().one("aws:rds/instance:Instance", "postgres-primary").ignored


def test_a_point_in_time_is_a_moment_or_the_latest() -> None:
    point = restore_point(RestoreSettings(source_instance="old", restore_time="2026-01-31T12:00:00Z"))
    assert point.restore_time == "2026-01-31T12:00:00Z"
    assert point.use_latest_restorable_time is None
    arn = "arn:aws:rds:us-west-2:123456789012:auto-backup:ab-1"
    replicated = restore_point(RestoreSettings(source_instance=arn))
    assert replicated.source_db_instance_automated_backups_arn == arn
    assert replicated.source_db_instance_identifier is None


def test_each_instance_has_its_alarms(recording: Recording) -> None:
    alarms = recording.of_type("aws:cloudwatch/metricAlarm:MetricAlarm")
    watched = {(alarm.inputs["dimensions"]["DBInstanceIdentifier"], alarm.inputs["metricName"]) for alarm in alarms}
    common = {"CPUUtilization", "FreeableMemory", "FreeStorageSpace", "DatabaseConnections"}
    common |= {"ReadLatency", "WriteLatency"}
    assert watched == {
        *(("production-postgres", metric) for metric in common),
        *(("production-postgres-read", metric) for metric in common | {"ReplicaLag"}),
    }
    for alarm in alarms:
        assert alarm.inputs["alarmActions"] == [TOPIC]
        assert any("rds/instance:Instance" in name for name in recording.depends_on(alarm))


def test_thresholds_are_in_the_units_of_cloudwatch() -> None:
    alarms = instance_alarms("db", THRESHOLDS) | replica_alarms("db", THRESHOLDS)
    assert {label: alarm.threshold for label, alarm in alarms.items()} == {
        "cpu": 80,
        "free-memory": 8 * 1024**3,
        "free-storage": 100 * 1024**3,
        "connections": 4000,
        "read-latency": 0.02,
        "write-latency": 0.02,
        "lag": 60,
    }
    below = {label for label, alarm in alarms.items() if alarm.comparison == "below"}
    assert below == {"free-memory", "free-storage"}
    silent = {label for label, alarm in alarms.items() if alarm.missing_data == "breaching"}
    assert silent == {"cpu", "lag"}


def test_failovers_and_failures_are_told(recording: Recording) -> None:
    subscription = recording.one("aws:rds/eventSubscription:EventSubscription").inputs
    assert subscription["snsTopic"] == TOPIC
    assert subscription["sourceType"] == "db-instance"
    assert subscription["sourceIds"] == ["production-postgres", "production-postgres-read"]
    assert {"failover", "failure", "low storage"} <= set(subscription["eventCategories"])


def test_a_permission_to_connect_names_one_user_of_these_instances() -> None:
    statement = connect_statement(SCOPE, ["db-ABC", "db-DEF"], "trading")
    assert statement["Action"] == "rds-db:connect"
    assert statement["Resource"] == [
        "arn:aws:rds-db:us-east-1:123456789012:dbuser:db-ABC/trading",
        "arn:aws:rds-db:us-east-1:123456789012:dbuser:db-DEF/trading",
    ]
    assert not findings(policy_document(statement))


def test_every_resource_is_a_child_of_the_component(recording: Recording) -> None:
    assert recording.unparented() == ["postgres"]
