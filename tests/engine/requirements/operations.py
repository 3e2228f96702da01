"""Rows R64 to R80: alarms, recovery, cost, identity, audit."""

from __future__ import annotations

import json

from components.recovery.objectives import missed
from config import objectives
from tests.engine.deployed import ROOT, Deployed
from tests.engine.requirements.support import (
    CLUSTER,
    TAGS,
    alarms,
    bucket_name,
    key_arn,
    log_groups,
    node_group,
    primary,
    proves,
    redis,
    release,
)
from tests.unit.stacks import parsed


@proves("alarms delivered through an encrypted topic that CloudWatch may use", 64)
def alarm_topic(d: Deployed) -> None:
    topic = d.one("aws:sns/topic:Topic", "alarms")
    assert topic["kmsMasterKeyId"] == key_arn(d, "sns")
    policy = json.dumps(d.one("aws:sns/topicPolicy:TopicPolicy", "alarms").document())
    assert "cloudwatch.amazonaws.com" in policy
    for alarm in d.of_type("aws:cloudwatch/metricAlarm:MetricAlarm"):
        assert alarm["alarmActions"]


@proves("RDS alarms on both instances: CPU, memory, storage, connections, latencies, lag", 65)
def postgres_alarms(d: Deployed) -> None:
    metrics = {"CPUUtilization", "FreeableMemory", "FreeStorageSpace", "DatabaseConnections"}
    metrics |= {"ReadLatency", "WriteLatency"}
    found = alarms(d, DBInstanceIdentifier="production-postgres")
    assert set(found) == metrics
    assert found["FreeableMemory"]["threshold"] == 8 * 1024**3
    assert found["ReadLatency"]["threshold"] == 0.02
    assert set(alarms(d, DBInstanceIdentifier="production-postgres-read")) == metrics | {"ReplicaLag"}


@proves("Redis alarms on every node: CPU, memory, connections, hit rate", 66)
def redis_alarms(d: Deployed) -> None:
    for node in ("001", "002", "003"):
        found = alarms(d, CacheClusterId=f"production-redis-0001-{node}")
        assert {
            "CPUUtilization",
            "EngineCPUUtilization",
            "DatabaseMemoryUsagePercentage",
            "CurrConnections",
            "CacheHitRate",
        } <= set(found)


@proves("EKS alarms: failed nodes, node resources, pods", 67)
def cluster_alarms(d: Deployed) -> None:
    found = alarms(d, ClusterName=CLUSTER)
    assert {
        "cluster_failed_node_count",
        "node_cpu_utilization",
        "node_memory_utilization",
        "node_filesystem_utilization",
        "pod_number_of_container_restarts",
    } <= set(found)
    assert {str(alarm["namespace"]) for alarm in found.values()} == {"ContainerInsights"}


@proves("alarms on trading performance and API latency, at p99", 68)
def custom_alarms(d: Deployed) -> None:
    found = alarms(d)
    for metric in ("OrderLatency", "RequestLatency"):
        assert found[metric]["extendedStatistic"] == "p99"
        assert found[metric]["treatMissingData"] in ("breaching", "notBreaching", "ignore", "missing")


@proves("RPO under 15 minutes and RTO under 4 hours for the database and compliance data", 69)
def recovery_objectives(d: Deployed) -> None:
    promised = objectives.of(parsed("production"))
    assert missed(promised, ["postgres", "bucket compliance"]) == []
    assert missed(promised, ["redis"]), "snapshots of Redis miss the limit: it is declared rebuildable"


@proves("backups copied to another region", 70)
def cross_region_backups(d: Deployed) -> None:
    replicated = d.one("aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication")
    assert replicated["region"] == "us-west-2"
    assert replicated["kmsKeyId"] == d.one("aws:kms/key:Key", "recovery-keys-rds")["arn"]
    vaults = {str(vault["region"]): vault for vault in d.of_type("aws:backup/vault:Vault")}
    assert set(vaults) == {"us-east-1", "us-west-2"}
    (rule,) = d.one("aws:backup/plan:Plan")["rules"]
    assert [copy["destinationVaultArn"] for copy in rule["copyActions"]] == [vaults["us-west-2"]["arn"]]
    assert d.of_type("aws:backup/selection:Selection")


@proves("Velero with a schedule, writing to the backups bucket under its key", 71)
def velero(d: Deployed) -> None:
    values = release(d, "velero").inputs["values"]
    (location,) = values["configuration"]["backupStorageLocation"]
    assert location["bucket"] == bucket_name("backups")
    assert location["config"]["kmsKeyId"] == key_arn(d, "s3")
    assert values["schedules"]
    policy = json.dumps(d.one("aws:iam/rolePolicy:RolePolicy", "workloads-velero").document())
    assert "kms:GenerateDataKey" in policy


@proves("staging and development: the same topology, smaller", 72)
def other_environments(d: Deployed) -> None:
    for stack in ("staging", "development"):
        settings = parsed(stack)
        assert {"general", "ml", "trading"} <= set(settings.node_groups)
        assert len(settings.network.subnets) == 3
        assert settings.postgres.replicas
        assert settings.postgres.instance_class != primary(d)["instanceClass"]
        assert settings.redis.node_type != redis(d)["nodeType"]


@proves("guidance on reserved instances, never a purchase in code", 73)
def reserved_instances(d: Deployed) -> None:
    assert "Instances of RDS and ElastiCache nodes and a Savings Plan" in (ROOT / "docs" / "review.md").read_text()
    assert not [r.type for r in d if "reserv" in r.type.lower()]


@proves("a spot group for batch work: a choice of types, tainted, empty while idle", 74)
def spot_group(d: Deployed) -> None:
    batch = node_group(d, "batch")
    assert batch["capacityType"] == "SPOT"
    assert len(batch["instanceTypes"]) >= 3
    assert batch["scalingConfig"]["minSize"] == 0
    assert batch["taints"][0]["value"] == "batch"


@proves("cost tags on all that AWS can tag, on nodes and on what controllers create", 75)
def cost_tags(d: Deployed) -> None:
    tagged = [r for r in d if r.type.startswith("aws:") and r.outputs.get("tagsAll")]
    assert len(tagged) > 100
    for resource in tagged:
        assert set(resource["tagsAll"]) >= TAGS, resource.urn
    propagated = {
        (tag["tags"][0] if isinstance(tag["tags"], list) else tag["tag"])["key"]
        for tag in d.of_type("aws:autoscaling/tag:Tag")
    }
    assert propagated >= TAGS
    assert set(release(d, "aws-load-balancer-controller").inputs["values"]["defaultTags"]) >= TAGS


@proves("least privilege: no full access, an admin role that demands MFA, CI through OIDC", 76, 77)
def identity(d: Deployed) -> None:
    trust = d.one("aws:iam/role:Role", "access-admin").document("assumeRolePolicy")
    assert '"aws:MultiFactorAuthPresent": "true"' in json.dumps(trust)
    (deploy,) = d.one("aws:iam/role:Role", "access-deploy").document("assumeRolePolicy")
    condition = deploy["Condition"]["StringEquals"]
    assert condition["token.actions.githubusercontent.com:aud"] == "sts.amazonaws.com"
    assert condition["token.actions.githubusercontent.com:sub"].endswith(":environment:production")
    boundary = d.one("aws:iam/policy:Policy", "access-boundary")
    attachments = d.of_type("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
    assert boundary["arn"] not in {attachment["policyArn"] for attachment in attachments}
    for type_ in ("aws:iam/policy:Policy", "aws:iam/rolePolicy:RolePolicy"):
        for policy in d.of_type(type_):
            if policy is boundary:
                continue
            for statement in policy.document():
                if statement["Effect"] == "Allow":
                    actions = statement["Action"]
                    actions = [actions] if isinstance(actions, str) else actions
                    assert not [action for action in actions if action == "*" or action.endswith(":*")], policy.urn


@proves("a trail of all regions with data events, validated, encrypted, and alarms on it", 78, 79)
def trail(d: Deployed) -> None:
    found = d.one("aws:cloudtrail/trail:Trail")
    assert found["isMultiRegionTrail"]
    assert found["enableLogFileValidation"]
    assert found["kmsKeyId"] == key_arn(d, "trail")
    assert str(found["cloudWatchLogsGroupArn"]).startswith(
        str(log_groups(d)["/aws/cloudtrail/production-trail"]["arn"])
    )
    selectors = json.dumps(found["advancedEventSelectors"])
    for label in ("data", "models", "backups", "compliance"):
        assert bucket_name(label) in selectors
    filters = {f["metricTransformation"]["name"] for f in d.of_type("aws:cloudwatch/logMetricFilter:LogMetricFilter")}
    assert filters <= set(alarms(d))
    assert len(filters) >= 14


@proves("secrets under a customer key, with a recovery window", 80)
def secrets(d: Deployed) -> None:
    found = d.of_type("aws:secretsmanager/secret:Secret")
    assert {secret.name for secret in found} == {"postgres", "redis"}
    for secret in found:
        assert secret["kmsKeyId"] == key_arn(d, "secrets")
        assert secret["recoveryWindowInDays"] == 30
