"""Preflight: what a stack needs of an account, against emulated accounts and the quotas that an emulator publishes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3  # type: ignore[import-untyped]
import moto
import pytest
from botocore.awsrequest import AWSResponse  # type: ignore[import-untyped]
from moto.servicequotas.resources.default_quotas.vpc import VPC_DEFAULT_QUOTAS

from review.preflight import checks, command, needs, quotas
from review.preflight.account import Account
from review.preflight.checks import Mark
from tests.unit.reviews import entry, inventory

ACCOUNT, REGION, RECOVERY = "123456789012", "us-east-1", "us-west-2"
PROVIDER = entry("pulumi:providers:aws", "aws", {"region": REGION, "allowedAccountIds": json.dumps([ACCOUNT])})


def stack(*more: dict[str, Any]) -> needs.Needs:
    return needs.needs_of(inventory(PROVIDER, *more), "production")


def group(kind: str, most: int, **more: Any) -> dict[str, Any]:
    inputs = {"instanceTypes": [kind], "scalingConfig": {"maxSize": most}, "version": "1.36", "subnetIds": ["subnet-1"]}
    return entry("aws:eks/nodeGroup:NodeGroup", f"{kind}-{most}", {**inputs, **more})


def subnet(zone: str = "us-east-1a") -> dict[str, Any]:
    return entry("aws:ec2/subnet:Subnet", zone, {"availabilityZone": zone, "vpcId": "vpc-1"}, id="subnet-1")


CLUSTER = entry("aws:eks/cluster:Cluster", "c", {"name": "production-eks-cluster", "version": "1.36"})
DATABASE = entry(
    "aws:rds/instance:Instance",
    "d",
    {"identifier": "production-postgres", "engine": "postgres", "engineVersion": "15", "instanceClass": "db.r6g.large"},
)
CACHE = entry(
    "aws:elasticache/replicationGroup:ReplicationGroup",
    "r",
    {"replicationGroupId": "production-redis", "engine": "redis", "engineVersion": "7.0"},
)


def counted(*entries: dict[str, Any]) -> dict[tuple[str, str], int]:
    return {(region, quota.code): number for region, quota, number in stack(*entries).quotas}


def test_quotas_of_networks_are_those_that_are_published() -> None:
    published = {each["QuotaCode"]: each["Value"] for each in VPC_DEFAULT_QUOTAS}
    own = {each.code: each.default for each in quotas.QUOTAS if each.service == "vpc"}
    assert own == {code: published[code] for code in own}


def test_nodes_are_counted_at_their_largest_by_what_they_are() -> None:
    found = counted(
        group("m5.xlarge", 10),
        group("c5.4xlarge", 5),
        group("g5.2xlarge", 2),
        group("c5.large", 4, capacityType="SPOT"),
    )
    assert found[REGION, "L-1216C47A"] == 10 * 4 + 5 * 16
    assert found[REGION, "L-DB2E81BA"] == 2 * 8
    assert found[REGION, "L-34B43A08"] == 4 * 2
    assert found[REGION, "L-BD136A63"] == 10


def test_each_region_has_its_own_quotas_and_the_account_one_for_all() -> None:
    vpcs = [entry("aws:ec2/vpc:Vpc", name, {"region": region}) for name, region in (("a", REGION), ("b", RECOVERY))]
    buckets = [
        entry("aws:s3/bucket:Bucket", name, {"bucket": name, "region": region})
        for name, region in (("a", REGION), ("b", RECOVERY))
    ]
    found = counted(*vpcs, *buckets)
    assert (found[REGION, "L-F678F1CE"], found[RECOVERY, "L-F678F1CE"]) == (1, 1)
    assert found[REGION, "L-DC2B2D3D"] == 2
    assert (RECOVERY, "L-DC2B2D3D") not in found


def test_rules_of_a_list_are_counted_by_direction() -> None:
    acl: dict[str, Any] = {"ingress": [{}] * 7, "egress": [{}] * 9}
    assert counted(entry("aws:ec2/networkAcl:NetworkAcl", "a", acl))[REGION, "L-2AEEBF1A"] == 9


ALLOWED: dict[str, float] = {}
"""Quotas that the account was given, by code; of all others there is plenty."""


@pytest.fixture(scope="module")
def models() -> boto3.Session:
    """Reads the models of services once; what the emulator lacks has the answers below."""
    found = boto3.Session()
    answers(found)
    return found


@pytest.fixture
def session(models: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[boto3.Session]:
    """An empty account."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    ALLOWED.clear()
    with moto.mock_aws():
        yield models


def answer(session: boto3.Session, event: str, parsed: dict[str, Any], status: int = 200) -> None:
    def handler(**_: Any) -> tuple[AWSResponse, dict[str, Any]]:
        return AWSResponse("", status, {}, None), {**parsed, "ResponseMetadata": {"HTTPStatusCode": status}}

    session.events.register_first(f"before-call.{event}", handler)


def allowed(params: dict[str, Any], **_: Any) -> tuple[AWSResponse, dict[str, Any]]:
    value = ALLOWED.get(json.loads(params["body"])["QuotaCode"], 1_000_000.0)
    found = {"Quota": {"Value": value}, "ResponseMetadata": {"HTTPStatusCode": 200}}
    return AWSResponse("", 200, {}, None), found


def answers(session: boto3.Session) -> None:
    session.events.register_first("before-call.service-quotas.GetServiceQuota", allowed)
    answer(session, "eks.DescribeClusterVersions", {"clusterVersions": [{"clusterVersion": "1.36"}]})
    addons = {"addons": [{"addonName": "coredns", "addonVersions": [{"addonVersion": "v1.14.3-eksbuild.22"}]}]}
    answer(session, "eks.DescribeAddonVersions", addons)
    versions = [{"Engine": "redis", "EngineVersion": "7.0"}]
    answer(session, "elasticache.DescribeCacheEngineVersions", {"CacheEngineVersions": versions})
    options = [{"Engine": "postgres", "EngineVersion": "15.14", "DBInstanceClass": "db.r6g.large"}]
    answer(session, "rds.DescribeOrderableDBInstanceOptions", {"OrderableDBInstanceOptions": options})


def findings(session: boto3.Session, title: str, *entries: dict[str, Any]) -> list[checks.Finding]:
    account, wanted = Account(session), stack(*entries)
    return list(checks.CHECKS[title](account, wanted, checks.is_deployed(account, wanted)))


def marks(session: boto3.Session, title: str, *entries: dict[str, Any]) -> dict[str, Mark]:
    return {each.subject: each.mark for each in findings(session, title, *entries)}


def test_what_others_use_of_a_quota_counts(session: boto3.Session) -> None:
    ALLOWED["L-0263D0A3"] = 5
    eips = [entry("aws:ec2/eip:Eip", str(index), {}) for index in range(3)]
    subject = "us-east-1: EC2-VPC Elastic IPs (ec2 L-0263D0A3)"
    ec2 = session.client("ec2", region_name=REGION)
    for taken, mark in ((0, Mark.READY), (2, Mark.READY), (3, Mark.MISSING)):
        while len(ec2.describe_addresses()["Addresses"]) < taken:
            ec2.allocate_address(Domain="vpc")
        assert marks(session, "Quotas", *eips)[subject] is mark, taken


def test_running_instances_count_by_their_processors(session: boto3.Session) -> None:
    ALLOWED["L-1216C47A"] = 24
    subject = "us-east-1: vCPUs of on-demand standard instances (ec2 L-1216C47A)"
    assert marks(session, "Quotas", group("m5.xlarge", 6))[subject] is Mark.READY
    image = session.client("ec2", region_name=REGION).describe_images()["Images"][0]["ImageId"]
    session.client("ec2", region_name=REGION).run_instances(
        ImageId=image, InstanceType="m5.large", MinCount=1, MaxCount=1
    )
    assert marks(session, "Quotas", group("m5.xlarge", 6))[subject] is Mark.MISSING


def test_zones_must_be_open_and_have_eks(session: boto3.Session) -> None:
    zones = session.client("ec2", region_name=REGION).describe_availability_zones()["AvailabilityZones"]
    without = next(each["ZoneName"] for each in zones if each["ZoneId"] == "use1-az3")
    with_ = next(each["ZoneName"] for each in zones if each["ZoneId"] != "use1-az3")
    found = marks(session, "Zones", subnet(with_), subnet(without), subnet("us-east-1z"))
    assert found == {with_: Mark.READY, without: Mark.MISSING, "us-east-1z": Mark.MISSING}


def test_a_zone_that_lacks_a_type_is_named(session: boto3.Session) -> None:
    found = findings(session, "Zones", subnet(), group("zz9.large", 1))
    assert [each.found for each in found if each.mark is Mark.MISSING] == ["does not have zz9.large"]


def test_service_roles_that_are_missing_are_told(session: boto3.Session) -> None:
    session.client("iam").create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")
    found = marks(session, "Roles of services", group("m5.large", 1))
    assert found.pop("AWSServiceRoleForAutoScaling") is Mark.READY
    assert set(found) == {"AWSServiceRoleForAmazonEKSNodegroup", "AWSServiceRoleForElasticLoadBalancing"}
    assert set(found.values()) == {Mark.NOTE}


def test_versions_that_aws_no_longer_creates_are_missing(session: boto3.Session) -> None:
    old = [
        entry("aws:eks/cluster:Cluster", "old", {"name": "x", "version": "1.28"}),
        entry("aws:rds/instance:Instance", "old", {**DATABASE["inputs"], "engineVersion": "15.4"}),
        entry("aws:elasticache/replicationGroup:ReplicationGroup", "old", {**CACHE["inputs"], "engineVersion": "5.0"}),
    ]
    found = marks(session, "Versions", CLUSTER, DATABASE, CACHE, *old)
    assert {subject.partition(": ")[2]: mark for subject, mark in found.items()} == {
        "eks 1.36": Mark.READY,
        "eks 1.28": Mark.MISSING,
        "postgres 15 on db.r6g.large": Mark.READY,
        "postgres 15.4 on db.r6g.large": Mark.MISSING,
        "redis 7.0": Mark.READY,
        "redis 5.0": Mark.MISSING,
    }


NAMES: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "aws:s3/bucket:Bucket": (
        "bucket",
        lambda made: made.client("s3", region_name=REGION).create_bucket(Bucket="taken"),
    ),
    "aws:iam/role:Role": (
        "name",
        lambda made: made.client("iam").create_role(RoleName="taken", AssumeRolePolicyDocument="{}"),
    ),
    "aws:cloudwatch/logGroup:LogGroup": (
        "name",
        lambda made: made.client("logs", region_name=REGION).create_log_group(logGroupName="taken"),
    ),
    "aws:sns/topic:Topic": ("name", lambda made: made.client("sns", region_name=REGION).create_topic(Name="taken")),
    "aws:ecr/repository:Repository": (
        "name",
        lambda made: made.client("ecr", region_name=REGION).create_repository(repositoryName="taken"),
    ),
    "aws:secretsmanager/secret:Secret": (
        "name",
        lambda made: made.client("secretsmanager", region_name=REGION).create_secret(Name="taken", SecretString="x"),
    ),
    "aws:backup/vault:Vault": (
        "name",
        lambda made: made.client("backup", region_name=REGION).create_backup_vault(BackupVaultName="taken"),
    ),
}


@pytest.mark.parametrize("type_", NAMES)
def test_names_that_are_taken_are_found(session: boto3.Session, type_: str) -> None:
    key, make = NAMES[type_]
    make(session)
    found = findings(session, "Names", *(entry(type_, name, {key: name}) for name in ("taken", "free")))
    told = {each.subject.rpartition(" ")[2]: each.mark for each in found}
    assert told == {"taken": Mark.MISSING, "names": Mark.READY}
    assert [each.found for each in found if each.subject == "names"] == ["1 of 2 are free"]


def test_every_name_of_the_table_can_be_looked_up(session: boto3.Session) -> None:
    entries = [
        entry(type_, type_, {key: "free"}) for type_, key in needs.NAMED.items() if "cluster" not in type_.lower()
    ]
    found = findings(session, "Names", *entries)
    assert [each.found for each in found] == [f"{len(entries)} of {len(entries)} are free"]


def test_a_name_that_waits_for_its_deletion_is_taken(session: boto3.Session) -> None:
    secrets = session.client("secretsmanager", region_name=REGION)
    secrets.create_secret(Name="gone", SecretString="x")
    secrets.delete_secret(SecretId="gone", RecoveryWindowInDays=7)
    found = findings(session, "Names", entry("aws:secretsmanager/secret:Secret", "s", {"name": "gone"}))
    assert "its deletion is scheduled; the name is taken until then" in [each.found for each in found]


def test_what_exists_once_is_found(session: boto3.Session) -> None:
    detector = entry("aws:guardduty/detector:Detector", "d", {})
    assert marks(session, "Names", detector)["us-east-1: detector of GuardDuty"] is Mark.READY
    session.client("guardduty", region_name=REGION).create_detector(Enable=True)
    assert marks(session, "Names", detector)["us-east-1: detector of GuardDuty"] is Mark.MISSING


def test_names_of_a_stack_that_is_deployed_are_its_own(session: boto3.Session) -> None:
    tags = {"Environment": "production", "ManagedBy": "Pulumi"}
    network = {"subnetIds": ["subnet-1"]}
    eks = session.client("eks", region_name=REGION)
    eks.create_cluster(
        name="production-eks-cluster", roleArn="arn:aws:iam::123456789012:role/r", resourcesVpcConfig=network, tags=tags
    )
    assert marks(session, "Names", CLUSTER) == {"names": Mark.READY}


def test_what_cannot_be_read_is_unknown_and_never_ready(session: boto3.Session) -> None:
    denied = {"Error": {"Code": "AccessDeniedException", "Message": "no"}}
    session = boto3.Session(region_name=REGION)
    answer(session, "*.*", denied, status=403)
    bucket = entry("aws:s3/bucket:Bucket", "b", {"bucket": "b"})
    found = checks.compare(Account(session), stack(subnet(), CLUSTER, DATABASE, CACHE, group("m5.xlarge", 1), bucket))
    said = {each.mark for findings in found.values() for each in findings if each.subject != "names"}
    assert said == {Mark.UNKNOWN}


def test_without_an_account_the_needs_stand_beside_what_a_new_one_has() -> None:
    text = "\n".join(command.alone(stack(subnet(), CLUSTER, group("m5.xlarge", 10))))
    assert "**1 quota of a new account is too small**; no account was asked" in text
    assert "| ✘ | us-east-1 | vCPUs of on-demand standard instances | ec2 L-1216C47A | 40 | 5 |" in text
    assert "use1-az3" in text


def test_what_is_missing_comes_first_and_is_in_the_verdict(session: boto3.Session) -> None:
    ALLOWED["L-1194D53C"] = 0
    found = checks.compare(Account(session), stack(CLUSTER, DATABASE))
    lines = list(command.compared(stack(CLUSTER, DATABASE), found))
    assert lines[2] == "**✘ 1 thing missing**"
    section = lines[lines.index("## Quotas") + 2 :]
    assert section[0] == "- ✘ us-east-1: Clusters (eks L-1194D53C): needs 1, 0 in use, 0 allowed; ask for 1"


def test_credentials_of_another_account_are_refused(
    session: boto3.Session, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        "review.offline.deployed",
        lambda *_: inventory(
            entry("pulumi:providers:aws", "aws", {"region": REGION, "allowedAccountIds": '["210987654321"]'})
        ),
    )
    monkeypatch.setattr(command, "Account", lambda: Account(session))
    assert command.main(["--stack", "production"]) == 2
    assert "accountId of production is 210987654321" in capsys.readouterr().err
