"""Rows R34 to R54: PostgreSQL and Redis."""

from __future__ import annotations

import json

from tests.engine.deployed import Deployed
from tests.engine.requirements.support import (
    key_arn,
    log_groups,
    parameters,
    primary,
    proves,
    redis,
    replica,
)


@proves("production-postgres: PostgreSQL 15 on db.r6g.2xlarge, Multi-AZ, gp3 that grows", 34, 35, 36)
def postgres(d: Deployed) -> None:
    found = primary(d)
    assert (found["identifier"], found["engine"], found["engineVersion"]) == ("production-postgres", "postgres", "15")
    assert found["instanceClass"] == "db.r6g.2xlarge"
    assert found["multiAz"] is True
    assert found["storageType"] == "gp3"
    assert found["maxAllocatedStorage"] > found["allocatedStorage"]
    assert not {"iops", "storageThroughput"} & set(found.inputs)


@proves("read replica of the primary's ARN, without what replicas refuse", 37)
def read_replica(d: Deployed) -> None:
    found = replica(d)
    assert found["replicateSourceDb"] == primary(d)["arn"]
    assert not {"username", "password", "dbName", "backupWindow", "engine", "databaseInsightsMode"} & set(found.inputs)
    assert found["performanceInsightsEnabled"] is True
    assert found["enabledCloudwatchLogsExports"] == primary(d)["enabledCloudwatchLogsExports"]


@proves("30 days of backups with point-in-time recovery", 38)
def backups(d: Deployed) -> None:
    found = primary(d)
    assert found["backupRetentionPeriod"] == 30
    assert found["copyTagsToSnapshot"] is True
    assert found["deleteAutomatedBackups"] is False


@proves("database encrypted at rest under the rds key and in transit by force", 39, 40)
def postgres_encryption(d: Deployed) -> None:
    found = primary(d)
    assert found["storageEncrypted"] is True
    assert found["kmsKeyId"] == key_arn(d, "rds")
    assert found["caCertIdentifier"] == "rds-ca-rsa2048-g1"
    parameter_group = d.one("aws:rds/parameterGroup:ParameterGroup", "postgres-postgres15")
    assert found["parameterGroupName"] == parameter_group["name"]
    assert parameters(parameter_group)["rds.force_ssl"] == "1"


@proves("enhanced monitoring every minute with a role that is ready; Performance Insights under a key", 41, 42)
def monitoring(d: Deployed) -> None:
    attachment = d.one("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "postgres-monitoring")
    for instance in (primary(d), replica(d)):
        assert instance["monitoringInterval"] == 60
        assert attachment.urn in d.needs(instance)
        assert instance["performanceInsightsKmsKeyId"] == key_arn(d, "rds")
    assert primary(d)["databaseInsightsMode"] == "advanced"
    assert primary(d)["performanceInsightsRetentionPeriod"] == 465


@proves("PostgreSQL and slow-query logs, in groups that exist before both instances", 43, 44)
def postgres_logs(d: Deployed) -> None:
    for instance in (primary(d), replica(d)):
        for kind in ("postgresql", "upgrade"):
            assert kind in instance["enabledCloudwatchLogsExports"]
            logs = log_groups(d)[f"/aws/rds/instance/{instance['identifier']}/{kind}"]
            assert logs.urn in d.needs(instance)
    parameter_group = d.one("aws:rds/parameterGroup:ParameterGroup", "postgres-postgres15")
    values = parameters(parameter_group)
    assert values["log_min_duration_statement"] == "1000"
    assert {"pg_stat_statements", "auto_explain"} <= set(values["shared_preload_libraries"].split(","))
    methods = {p["name"]: p["applyMethod"] for p in parameter_group.inputs["parameters"]}
    assert methods["shared_preload_libraries"] == "pending-reboot"


@proves("database credentials generated, and a full connection document in Secrets Manager", 45)
def postgres_secret(d: Deployed) -> None:
    secret = d.one("aws:secretsmanager/secret:Secret", "postgres")
    assert secret["kmsKeyId"] == key_arn(d, "secrets")
    document = json.loads(d.one("aws:secretsmanager/secretVersion:SecretVersion", "postgres")["secretString"])
    assert {"engine", "host", "port", "username", "password", "dbname"} <= set(document)
    assert document["host"] == primary(d)["address"]
    assert not set(document["password"]) & set('/@" ')


@proves("databases refuse deletion and leave a final snapshot", 46)
def deletion_safety(d: Deployed) -> None:
    found = primary(d)
    assert found["deletionProtection"] is True
    assert found["skipFinalSnapshot"] is False
    assert str(found["finalSnapshotIdentifier"]).startswith("production-postgres-final-")
    assert found.protect
    assert replica(d).protect


@proves("production-redis: Redis 7.0 in cluster mode, three r7g.2xlarge nodes in three zones", 47, 48, 49, 50)
def redis_cluster(d: Deployed) -> None:
    found = redis(d)
    assert (found["replicationGroupId"], found["engineVersion"]) == ("production-redis", "7.0")
    assert found["nodeType"] == "cache.r7g.2xlarge"
    assert found["numNodeGroups"] * (1 + found["replicasPerNodeGroup"]) == 3
    assert found["multiAzEnabled"]
    assert found["automaticFailoverEnabled"]
    parameter_group = d.one("aws:elasticache/parameterGroup:ParameterGroup")
    assert (parameter_group["family"], parameters(parameter_group)["cluster-enabled"]) == ("redis7", "yes")


@proves("Redis demands a token and TLS, and encrypts at rest under its key", 51, 52)
def redis_encryption(d: Deployed) -> None:
    found = redis(d)
    assert len(found["authToken"]) == 64
    assert found["transitEncryptionEnabled"] is True
    assert found["transitEncryptionMode"] == "required"
    assert found["atRestEncryptionEnabled"] in (True, "true")
    assert found["kmsKeyId"] == key_arn(d, "redis")


@proves("seven days of Redis snapshots; slow and engine logs as JSON", 53, 54)
def redis_snapshots(d: Deployed) -> None:
    found = redis(d)
    assert found["snapshotRetentionLimit"] == 7
    deliveries = {c["logType"]: c for c in found["logDeliveryConfigurations"]}
    assert set(deliveries) == {"slow-log", "engine-log"}
    for delivery in deliveries.values():
        assert delivery["logFormat"] == "json"
        assert log_groups(d)[delivery["destination"]].urn in d.needs(found)
