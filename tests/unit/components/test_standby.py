"""The standby of the database in the recovery region."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import pulumi_aws as aws
import pytest

from components.common.scope import Scope
from components.postgres.standby import Standby, StandbyArgs
from components.recovery.recovery import recovery_domains
from tests.unit.environments import environment
from tests.unit.harness import Recording, Registration, document, record
from tests.unit.stacks import mistakes, parsed, put, values_of

SCOPE = Scope(prefix="production", account_id="123456789012", region="us-west-2")
STACK = parsed("production")
SUBNETS = ["10.100.0.0/24", "10.100.1.0/24", "10.100.2.0/24"]


TAKEOVER: dict[str, Any] = {
    "instanceClass": "db.r6g.2xlarge",
    "network": {
        "vpcId": "vpc-0123456789abcdef0",
        "subnetIds": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
        "clients": {"nodes": "sg-0123456789abcdef0"},
    },
    "keyArn": "arn:aws:kms:us-west-2:123456789012:key/00000000-0000-0000-0000-000000000000",
}


@cache
def recording(*, deletion_protection: bool = True, takeover: bool = False) -> Recording:
    stack = parsed("production", recovery__standby=TAKEOVER) if takeover else STACK
    standby = stack.recovery.standby
    assert standby
    args = partial(
        StandbyArgs,
        environment=environment(
            scope=SCOPE,
            boundary_arn="arn:boundary",
            logs_key_arn="arn:recovery-logs",
            alarm_topic_arn="arn:recovery-topic",
            thresholds=STACK.observability.thresholds,
            deletion_protection=deletion_protection,
        ),
        settings=standby,
        postgres=STACK.postgres,
        source_arn="arn:primary",
        monitoring_role_arn="arn:monitoring",
        storage_key_arn="arn:recovery-rds",
        flow_log_retention_days=365,
    )

    def program() -> None:
        replica = aws.rds.Instance("read", instance_class="db.r6g.large")
        Standby("standby", args(source_copies=[replica]))

    return record(program)


def instance(**options: Any) -> Registration:
    return recording(**options).one("aws:rds/instance:Instance", "standby")


def test_everything_regional_is_in_the_recovery_region() -> None:
    worldwide = ("aws:iam/",)
    regional = [
        resource for resource in recording().resources if resource.custom and not resource.type.startswith(worldwide)
    ]
    assert {resource.type: resource.inputs.get("region") for resource in regional} == {
        resource.type: "us-west-2" for resource in regional
    }


def test_it_waits_for_the_other_copies_of_the_primary() -> None:
    assert "aws:rds/instance:Instance::read" in recording().depends_on(instance())


def test_it_replicates_the_primary_under_the_key_of_its_own_region() -> None:
    inputs = instance().inputs
    assert inputs["identifier"] == "production-postgres-standby"
    assert inputs["replicateSourceDb"] == "arn:primary"
    assert (inputs["storageEncrypted"], inputs["kmsKeyId"]) == (True, "arn:recovery-rds")
    assert (inputs["performanceInsightsKmsKeyId"], inputs["performanceInsightsRetentionPeriod"]) == (
        "arn:recovery-rds",
        7,
    )
    assert inputs["monitoringRoleArn"] == "arn:monitoring"


def test_it_has_nothing_that_rds_refuses_a_replica() -> None:
    refused = {
        "allocatedStorage",
        "backupWindow",
        "databaseInsightsMode",
        "dbName",
        "engine",
        "engineVersion",
        "finalSnapshotIdentifier",
        "manageMasterUserPassword",
        "password",
        "username",
    }
    inputs = instance().inputs
    assert not refused & inputs.keys()
    assert inputs["skipFinalSnapshot"] is True


def test_it_is_as_large_as_the_primary_and_backed_up_from_its_promotion_on() -> None:
    inputs = instance().inputs
    assert inputs["instanceClass"] == STACK.postgres.instance_class
    assert inputs["backupRetentionPeriod"] == STACK.postgres.backup_retention_days
    assert inputs["maxAllocatedStorage"] == STACK.postgres.max_allocated_storage_gib
    assert inputs["parameterGroupName"] == "standby-postgres15"


def test_it_is_protected_where_the_stack_is() -> None:
    assert (instance().protect, instance().inputs["deletionProtection"]) == (True, True)
    open_ = instance(deletion_protection=False)
    assert (open_.protect, open_.inputs["deletionProtection"]) == (False, False)


def test_nobody_reaches_it_and_nothing_leaves() -> None:
    assert instance().inputs["publiclyAccessible"] is False
    assert instance().inputs["vpcSecurityGroupIds"] == ["standby-id"]
    for type_ in ("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "aws:ec2/route:Route"):
        assert not recording().of_type(type_)
    default = recording().one("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup").inputs
    assert (default["ingress"], default["egress"]) == ([], [])


def test_the_access_list_knows_the_tier_alone() -> None:
    acl = recording().one("aws:ec2/networkAcl:NetworkAcl").inputs
    assert acl["subnetIds"] == [f"standby-us-west-2{letter}-id" for letter in "abc"]
    for direction in ("ingress", "egress"):
        assert [rule["cidrBlock"] for rule in acl[direction]] == SUBNETS
        assert {rule["action"] for rule in acl[direction]} == {"allow"}


def test_its_subnets_are_in_the_zones_of_the_settings() -> None:
    found = {r.inputs["availabilityZone"]: r.inputs["cidrBlock"] for r in recording().of_type("aws:ec2/subnet:Subnet")}
    assert found == dict(zip(("us-west-2a", "us-west-2b", "us-west-2c"), SUBNETS, strict=True))
    assert len(recording().of_type("aws:ec2/routeTableAssociation:RouteTableAssociation")) == len(SUBNETS)


def test_log_groups_exist_before_it_under_the_regions_key() -> None:
    groups = {g.inputs["name"]: g.inputs["kmsKeyId"] for g in recording().of_type("aws:cloudwatch/logGroup:LogGroup")}
    assert groups == dict.fromkeys(
        (
            "/aws/rds/instance/production-postgres-standby/postgresql",
            "/aws/rds/instance/production-postgres-standby/upgrade",
            "/aws/rds/instance/production-postgres-standby/iam-db-auth-error",
            "/aws/vpc/production/standby-flow-logs",
        ),
        "arn:recovery-logs",
    )
    assert {
        f"aws:cloudwatch/logGroup:LogGroup::standby-{log}" for log in instance().inputs["enabledCloudwatchLogsExports"]
    } <= recording().depends_on(instance())


def test_flow_logs_trust_the_service_in_the_recovery_region() -> None:
    (statement,) = document(recording().one("aws:iam/role:Role"), "assumeRolePolicy")
    assert statement["Condition"]["ArnLike"] == {"aws:SourceArn": "arn:aws:ec2:us-west-2:123456789012:vpc-flow-log/*"}


def test_its_lag_and_its_silence_are_told_in_its_own_region() -> None:
    alarms = {alarm.name: alarm for alarm in recording().of_type("aws:cloudwatch/metricAlarm:MetricAlarm")}
    lag = alarms["standby-lag"].inputs
    assert (lag["metricName"], lag["namespace"], lag["threshold"]) == ("ReplicaLag", "AWS/RDS", 60)
    assert lag["dimensions"] == {"DBInstanceIdentifier": "production-postgres-standby"}
    assert lag["treatMissingData"] == "breaching"
    assert len(alarms) > 1
    for alarm in alarms.values():
        assert alarm.inputs["alarmActions"] == ["arn:recovery-topic"]
        assert "aws:rds/instance:Instance::standby" in recording().depends_on(alarm)
    subscription = recording().one("aws:rds/eventSubscription:EventSubscription").inputs
    assert "read replica" in subscription["eventCategories"]
    assert subscription["snsTopic"] == "arn:recovery-topic"


@pytest.mark.parametrize("stack", ["production", "staging"])
def test_the_recovery_region_has_the_keys_that_it_needs(stack: str) -> None:
    settings = parsed(stack).recovery
    surroundings = {"logs"} if settings.standby else set()
    assert set(recovery_domains(settings)) == {"rds", "s3", "backup", "sns"} | surroundings


def test_every_resource_is_a_child_of_the_component() -> None:
    assert recording().unparented() == ["read", "standby"]


def test_in_the_network_of_a_takeover_it_makes_none_of_its_own() -> None:
    found = recording(takeover=True)
    own = ("aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet", "aws:ec2/networkAcl:NetworkAcl", "aws:ec2/flowLog:FlowLog")
    assert [resource for resource in found.resources if resource.type in own] == []
    network = TAKEOVER["network"]
    assert found.one("aws:rds/subnetGroup:SubnetGroup", "standby").inputs["subnetIds"] == network["subnetIds"]
    group = found.one("aws:ec2/securityGroup:SecurityGroup", "standby").inputs
    assert group["vpcId"] == network["vpcId"]
    (opening,) = found.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    assert opening.inputs["referencedSecurityGroupId"] == network["clients"]["nodes"]
    assert (opening.inputs["fromPort"], opening.inputs["toPort"]) == (5432, 5432)


def test_a_key_that_outlives_the_stack_encrypts_all_of_it() -> None:
    inputs = recording(takeover=True).one("aws:rds/instance:Instance", "standby").inputs
    assert (inputs["kmsKeyId"], inputs["performanceInsightsKmsKeyId"]) == (TAKEOVER["keyArn"],) * 2


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"vpcCidr": "10.100.0.0/20"}, "vpcCidr: is for a network of the standby's own"),
        ({"network": ...}, "vpcCidr: is missing"),
        ({"network.subnetIds": ["subnet-0123456789abcdef0"]}, "RDS wants at least 2"),
        ({"network.vpcId": "vpc-1"}, "the id of a VPC"),
        ({"network.clients": {"nodes": "sg-nodes"}}, "the id of a security group"),
        ({"keyArn": "alias/takeover-rds"}, "the ARN of a KMS key"),
        ({"keyArn": TAKEOVER["keyArn"].replace("us-west-2", "us-east-1")}, "is not in recovery.region (us-west-2)"),
    ],
)
def test_half_a_network_is_refused(changes: dict[str, Any], complaint: str) -> None:
    values = values_of("production", recovery__standby=TAKEOVER)
    for path, value in changes.items():
        put(values["recovery"]["standby"], path, value)
    assert complaint in "\n".join(mistakes(values))
