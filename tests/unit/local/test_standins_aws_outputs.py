"""The shapes of what the stand-in for AWS computes."""

from __future__ import annotations

import base64
import re

import pytest

from local import schema
from local.providers.aws.shapes import SHAPES
from local.providers.values import UNKNOWN, Values
from tests.unit.local.aws import (
    BUCKET,
    CACHE,
    CACHE_INPUTS,
    CLUSTER,
    CLUSTER_INPUTS,
    DATABASE,
    DATABASE_INPUTS,
    EIP,
    KEY,
    NAT,
    ROLE,
    SUBNET,
    TRUST,
    VPC,
)
from tests.unit.standins import instance, urn

SHAPED: list[tuple[str, Values, str, dict[str, str]]] = [
    (
        VPC,
        {"cidrBlock": "10.0.0.0/16"},
        r"vpc-[0-9a-f]{17}",
        {"arn": r"arn:aws:ec2:us-east-1:210987654321:vpc/vpc-\w{17}"},
    ),
    (
        SUBNET,
        {"vpcId": "vpc-1", "availabilityZone": "us-east-1b"},
        r"subnet-[0-9a-f]{17}",
        {"availabilityZoneId": "use1-az2"},
    ),
    (
        EIP,
        {},
        r"eipalloc-[0-9a-f]{17}",
        {"publicIp": r"52\.\d+\.\d+\.\d+", "publicDns": r"ec2-52-\d+-\d+-\d+\.compute-1\..*"},
    ),
    (
        KEY,
        {},
        r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        {"arn": r"arn:aws:kms:us-east-1:210987654321:key/[0-9a-f-]{36}"},
    ),
    (
        "aws:kms/alias:Alias",
        {"name": "alias/x", "targetKeyId": "k"},
        "alias/x",
        {"arn": r"arn:aws:kms:us-east-1:\d+:alias/x"},
    ),
    (
        ROLE,
        {"name": "r", "assumeRolePolicy": TRUST},
        "r",
        {"arn": r"arn:aws:iam::210987654321:role/r", "uniqueId": r"AROA\w{17}"},
    ),
    (
        ROLE,
        {"name": "r", "path": "/p/", "assumeRolePolicy": TRUST},
        "r",
        {"arn": r"arn:aws:iam::210987654321:role/p/r"},
    ),
    (
        "aws:iam/policy:Policy",
        {"name": "p", "policy": TRUST},
        r"arn:aws:iam::210987654321:policy/p",
        {"policyId": r"ANPA\w{17}"},
    ),
    (BUCKET, {"bucket": "my-bucket"}, "my-bucket", {"arn": "arn:aws:s3:::my-bucket", "bucketRegion": "us-east-1"}),
    (
        "aws:s3/bucketVersioning:BucketVersioning",
        {"bucket": "b", "versioningConfiguration": {"status": "Enabled"}},
        "b",
        {},
    ),
    (
        DATABASE,
        DATABASE_INPUTS,
        r"db-[A-Z0-9]{26}",
        {
            "arn": r"arn:aws:rds:us-east-1:210987654321:db:orders",
            "address": r"orders\.\w{12}\.us-east-1\.rds\.amazonaws\.com",
            "endpoint": r"orders\..*\.amazonaws\.com:5432",
            "engineVersionActual": r"15\.12",
            "parameterGroupName": r"default\.postgres15",
        },
    ),
    (
        CACHE,
        CACHE_INPUTS,
        "orders",
        {
            "arn": r"arn:aws:elasticache:us-east-1:210987654321:replicationgroup:orders",
            "configurationEndpointAddress": r"clustercfg\.orders\.\w{6}\.use1\.cache\.amazonaws\.com",
            "primaryEndpointAddress": "",
        },
    ),
    (
        CLUSTER,
        CLUSTER_INPUTS,
        "c",
        {
            "arn": r"arn:aws:eks:us-east-1:210987654321:cluster/c",
            "endpoint": r"https://[0-9A-F]{32}\.gr7\.us-east-1\.eks\.amazonaws\.com",
        },
    ),
    (
        "aws:eks/addon:Addon",
        {"clusterName": "c", "addonName": "coredns"},
        "c:coredns",
        {"arn": r"arn:aws:eks:.*:addon/c/coredns/.*"},
    ),
    (
        "aws:eks/nodeGroup:NodeGroup",
        {
            "clusterName": "c",
            "nodeGroupName": "n",
            "nodeRoleArn": "r",
            "subnetIds": ["s"],
            "scalingConfig": {"desiredSize": 1, "minSize": 1, "maxSize": 1},
        },
        "c:n",
        {"arn": r"arn:aws:eks:.*:nodegroup/c/n/[0-9a-f-]{36}"},
    ),
    (
        "aws:cloudwatch/logGroup:LogGroup",
        {"name": "/a/b"},
        "/a/b",
        {"arn": r"arn:aws:logs:us-east-1:\d+:log-group:/a/b"},
    ),
    ("aws:sns/topic:Topic", {"name": "t"}, r"arn:aws:sns:us-east-1:210987654321:t", {}),
    (
        "aws:secretsmanager/secret:Secret",
        {"name": "s"},
        r"arn:aws:secretsmanager:us-east-1:\d+:secret:s-[A-Za-z]{6}",
        {},
    ),
    ("aws:backup/vault:Vault", {"name": "v1"}, "v1", {"arn": r"arn:aws:backup:us-east-1:\d+:backup-vault:v1"}),
    (
        "aws:cloudtrail/trail:Trail",
        {"name": "trail", "s3BucketName": "b"},
        r"arn:aws:cloudtrail:us-east-1:\d+:trail/trail",
        {},
    ),
    (
        "aws:accessanalyzer/archiveRule:ArchiveRule",
        {"analyzerName": "a", "ruleName": "r", "filters": []},
        r"[0-9a-f]{17}",
        {},
    ),
]


@pytest.mark.parametrize(("kind", "inputs", "identifier", "outputs"), SHAPED)
def test_what_is_computed_looks_like_what_aws_computes(
    kind: str, inputs: Values, identifier: str, outputs: dict[str, str]
) -> None:
    known = instance().create(urn(kind), inputs)
    assert re.fullmatch(identifier, known.id)
    for name, pattern in outputs.items():
        assert re.fullmatch(pattern, known.outputs[name]), (name, known.outputs[name])


def test_every_shape_belongs_to_a_resource_of_the_sdk() -> None:
    assert [token for token in SHAPES if schema.resource(token) is None] == []


class TestOutputs:
    def test_the_same_resource_always_gets_the_same_outputs(self) -> None:
        assert instance().create(urn(VPC), {"cidrBlock": "10.0.0.0/16"}) == instance().create(
            urn(VPC), {"cidrBlock": "10.0.0.0/16"}
        )

    def test_no_two_resources_share_what_is_theirs(self) -> None:
        aws = instance()
        known = [aws.create(urn(EIP, f"e{n}"), {}) for n in range(200)]
        for name in ("arn", "publicIp", "allocationId"):
            assert len({each.outputs[name] for each in known}) == 200

    def test_a_replacement_gets_an_identity_of_its_own(self) -> None:
        aws = instance()
        first, second = (aws.create(urn(VPC), {"cidrBlock": cidr}) for cidr in ("10.0.0.0/16", "10.1.0.0/16"))
        assert first.id != second.id

    def test_tags_do_not_change_an_identity(self) -> None:
        aws = instance()
        assert aws.create(urn(KEY), {"tags": {"a": "b"}}).id == aws.create(urn(KEY), {}).id

    def test_nothing_computed_is_unknown_and_every_promised_output_is_there(self) -> None:
        known = instance().create(urn(VPC), {"cidrBlock": "10.0.0.0/16"})
        promised = {name for name, known in schema.existing(VPC).outputs.items() if known.required}
        assert promised <= known.outputs.keys()
        assert UNKNOWN not in known.outputs.values()

    def test_a_nat_gateway_has_the_address_of_its_allocation(self) -> None:
        aws = instance()
        eip = aws.create(urn(EIP), {})
        nat = aws.create(urn(NAT), {"allocationId": eip.id, "subnetId": "subnet-1"})
        assert nat.outputs["publicIp"] == eip.outputs["publicIp"]

    def test_a_vpc_and_its_default_group_agree(self) -> None:
        aws = instance()
        vpc = aws.create(urn(VPC), {"cidrBlock": "10.0.0.0/16"})
        group = aws.create(urn("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"), {"vpcId": vpc.id})
        assert group.id == vpc.outputs["defaultSecurityGroupId"]

    def test_a_subnet_group_knows_the_vpc_of_its_subnets(self) -> None:
        aws = instance()
        subnet = aws.create(urn(SUBNET), {"vpcId": "vpc-7", "cidrBlock": "10.0.0.0/24"})
        group = aws.create(urn("aws:rds/subnetGroup:SubnetGroup"), {"subnetIds": [subnet.id]})
        assert group.outputs["vpcId"] == "vpc-7"

    def test_a_replica_takes_over_what_its_source_has(self) -> None:
        aws = instance()
        source = aws.create(
            urn(DATABASE), {**DATABASE_INPUTS, "username": "admin", "kmsKeyId": "arn:k", "backupRetentionPeriod": 7}
        )
        replica_inputs = {
            "identifier": "replica",
            "instanceClass": "db.r6g.large",
            "replicateSourceDb": source.outputs["arn"],
        }
        replica = aws.create(urn(DATABASE, "replica"), replica_inputs)
        for name in ("allocatedStorage", "engineVersion", "kmsKeyId", "username"):
            assert replica.outputs[name] == source.outputs[name]

    def test_a_major_version_becomes_a_minor_one(self) -> None:
        database = instance().create(urn(DATABASE), {**DATABASE_INPUTS, "engineVersion": "15"})
        assert database.outputs["engineVersionActual"] == "15.19"

    def test_a_sharded_cache_has_a_node_for_every_replica(self) -> None:
        cache = instance().create(urn(CACHE), CACHE_INPUTS)
        assert cache.outputs["memberClusters"] == [f"orders-{s:04}-{n:03}" for s in (1, 2) for n in (1, 2)]
        assert cache.outputs["clusterEnabled"] is True

    def test_a_cluster_has_an_issuer_a_certificate_and_its_own_group(self) -> None:
        outputs = instance().create(urn(CLUSTER), CLUSTER_INPUTS).outputs
        issuer = outputs["identities"][0]["oidcs"][0]["issuer"]
        assert re.fullmatch(r"https://oidc\.eks\.us-east-1\.amazonaws\.com/id/[0-9A-F]{32}", issuer)
        assert base64.b64decode(outputs["certificateAuthority"]["data"]).startswith(b"-----BEGIN CERTIFICATE-----")
        assert re.fullmatch("sg-[0-9a-f]{17}", outputs["vpcConfig"]["clusterSecurityGroupId"])
        assert outputs["vpcConfig"]["subnetIds"] == ["subnet-1"]

    def test_documented_defaults_are_taken(self) -> None:
        outputs = instance().create(urn(VPC), {"cidrBlock": "10.0.0.0/16"}).outputs
        assert outputs["enableDnsHostnames"] is False
        assert outputs["ipv6CidrBlock"] == ""
