"""The stand-in for AWS: defaults at Check, the shapes of what is computed, what a change does, what is refused."""

from __future__ import annotations

import base64
import re
from typing import Any

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2

from local.providers import schema
from local.providers.aws import Aws
from local.providers.aws.shapes import SHAPES
from local.providers.server import Operation, Servicer
from local.providers.values import UNKNOWN, Values
from tests.unit.standins import CONFIGURATION, AbortedError, Instance, instance, urn

VPC = "aws:ec2/vpc:Vpc"
SUBNET = "aws:ec2/subnet:Subnet"
EIP = "aws:ec2/eip:Eip"
NAT = "aws:ec2/natGateway:NatGateway"
KEY = "aws:kms/key:Key"
ROLE = "aws:iam/role:Role"
BUCKET = "aws:s3/bucket:Bucket"
DATABASE = "aws:rds/instance:Instance"
CACHE = "aws:elasticache/replicationGroup:ReplicationGroup"
CLUSTER = "aws:eks/cluster:Cluster"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
GROUP = "aws:ec2/securityGroup:SecurityGroup"

AUTONAMING = provider_pb2.CheckRequest.AutonamingOptions
TRUST = '{"Version":"2012-10-17","Statement":[]}'
DATABASE_INPUTS: Values = {
    "identifier": "orders",
    "engine": "postgres",
    "engineVersion": "15.12",
    "instanceClass": "db.r6g.large",
    "allocatedStorage": 100,
    "skipFinalSnapshot": True,
}
CACHE_INPUTS: Values = {
    "replicationGroupId": "orders",
    "description": "d",
    "numNodeGroups": 2,
    "replicasPerNodeGroup": 1,
}
CLUSTER_INPUTS: Values = {
    "name": "c",
    "roleArn": "arn:aws:iam::210987654321:role/r",
    "vpcConfig": {"subnetIds": ["subnet-1"], "endpointPublicAccess": False},
}


class TestDefaults:
    def test_the_region_comes_from_the_provider_unless_the_program_says_otherwise(self) -> None:
        assert instance().check(urn(KEY), {})[0]["region"] == "us-east-1"
        assert instance().check(urn(KEY), {"region": "us-west-2"})[0]["region"] == "us-west-2"
        assert "region" not in instance().check(urn(ROLE), {"assumeRolePolicy": TRUST})[0]

    def test_names_are_made_of_the_logical_name_and_random_digits(self) -> None:
        checked, _ = instance().check(urn(ROLE, "reader"), {"assumeRolePolicy": TRUST})
        assert re.fullmatch("reader-[0-9a-f]{7}", checked["name"])

    def test_the_engines_proposal_comes_first_with_digits_of_our_own(self) -> None:
        proposal = AUTONAMING(mode=AUTONAMING.PROPOSE, proposed_name="test-Reader-0123456")
        checked, _ = instance().check(urn(ROLE, "Reader"), {"assumeRolePolicy": TRUST}, autonaming=proposal)
        assert re.fullmatch("test-Reader-[0-9a-f]{7}", checked["name"])
        again = AUTONAMING(mode=AUTONAMING.PROPOSE, proposed_name="test-Reader-fedcba9")
        assert instance().check(urn(ROLE, "Reader"), {"assumeRolePolicy": TRUST}, autonaming=again)[0] == checked
        plain = AUTONAMING(mode=AUTONAMING.PROPOSE, proposed_name="test-facade")
        assert instance().check(urn(BUCKET, "facade"), {}, autonaming=plain)[0]["bucket"] == "test-facade"

    def test_a_proposal_is_fitted_and_an_enforced_name_is_not(self) -> None:
        proposal = AUTONAMING(mode=AUTONAMING.PROPOSE, proposed_name="Test-Orders")
        assert instance().check(urn(BUCKET), {}, autonaming=proposal)[0]["bucket"] == "test-orders"
        enforced = AUTONAMING(mode=AUTONAMING.ENFORCE, proposed_name="Test-Orders")
        checked, failures = instance().check(urn(BUCKET), {}, autonaming=enforced)
        assert checked["bucket"] == "Test-Orders"
        assert "bucket" in failures

    def test_a_proposal_that_is_too_long_is_refused(self) -> None:
        proposal = AUTONAMING(mode=AUTONAMING.PROPOSE, proposed_name="r" * 65)
        _, failures = instance().check(urn(ROLE), {"assumeRolePolicy": TRUST}, autonaming=proposal)
        assert "64 are allowed" in failures["name"]

    def test_a_project_can_forbid_automatic_names(self) -> None:
        forbidden = AUTONAMING(mode=AUTONAMING.DISABLE)
        named = {"assumeRolePolicy": TRUST, "name": "r"}
        assert instance().check(urn(ROLE), named, autonaming=forbidden)[0]["name"] == "r"
        with pytest.raises(AbortedError, match="automatic naming is disabled"):
            instance().check(urn(ROLE), {"assumeRolePolicy": TRUST}, autonaming=forbidden)

    def test_names_are_kept_when_the_resource_exists(self) -> None:
        aws = instance()
        first, _ = aws.check(urn(ROLE), {"assumeRolePolicy": TRUST})
        again, _ = aws.check(urn(ROLE), {"assumeRolePolicy": TRUST}, old=first, seed=b"1" * 32)
        assert again["name"] == first["name"]

    def test_a_name_is_the_same_in_every_run_and_another_one_for_a_replacement(self) -> None:
        first, second = instance(), instance()
        known = first.create(urn(ROLE), {"assumeRolePolicy": TRUST})
        assert second.check(urn(ROLE), {"assumeRolePolicy": TRUST}, seed=b"1" * 32)[0]["name"] == known.outputs["name"]
        names = {first.check(urn(ROLE), {"assumeRolePolicy": TRUST}, seed=bytes([n]) * 32)[0]["name"] for n in range(5)}
        assert len(names | {known.outputs["name"]}) == 6

    @pytest.mark.parametrize(
        ("kind", "name"), [(BUCKET, "bucket"), (DATABASE, "identifier"), (CACHE, "replicationGroupId")]
    )
    def test_names_of_services_that_know_no_capitals_are_lowercase(self, kind: str, name: str) -> None:
        checked, _ = instance().check(urn(kind, "Orders"), {"description": "d"} if kind == CACHE else {})
        assert checked[name].startswith("orders-")

    def test_a_prefix_is_left_to_the_provider(self) -> None:
        known = instance().create(urn(ROLE), {"assumeRolePolicy": TRUST, "namePrefix": "reader-"})
        assert "name" not in known.inputs
        assert re.fullmatch(r"reader-\d{26}", known.outputs["name"])
        assert known.id == known.outputs["name"]

    def test_default_tags_are_merged_into_all_tags_and_never_into_tags(self) -> None:
        checked, _ = instance().check(urn(KEY), {"tags": {"Name": "k", "Owner": "data"}})
        assert checked["tags"] == {"Name": "k", "Owner": "data"}
        assert checked["tagsAll"] == {"Name": "k", "Owner": "data", "Environment": "test"}

    def test_one_unknown_tag_makes_all_tags_unknown(self) -> None:
        assert instance().check(urn(KEY), {"tags": {"Name": UNKNOWN}})[0]["tagsAll"] is UNKNOWN

    def test_rules_get_default_tags_after_check_only(self) -> None:
        rule = {"securityGroupId": "sg-1", "ipProtocol": "tcp", "fromPort": 1, "toPort": 2, "cidrIpv4": "10.0.0.0/8"}
        known = instance().create(urn(RULE), rule)
        assert "tagsAll" not in known.inputs
        assert known.outputs["tagsAll"] == {"Owner": "sre", "Environment": "test"}

    def test_ignored_tags_are_left_out(self) -> None:
        aws = instance(ignoreTags='{"keys":["Owner"],"keyPrefixes":["kubernetes.io/"]}')
        checked, _ = aws.check(urn(KEY), {"tags": {"kubernetes.io/x": "1", "Name": "k"}})
        assert checked["tagsAll"] == {"Environment": "test", "Name": "k"}

    def test_a_missing_description_is_filled_in(self) -> None:
        assert instance().check(urn(GROUP, "web"), {"vpcId": "vpc-1"})[0]["description"] == "Managed by Pulumi"


class TestConfiguration:
    def test_instances_are_told_apart_by_their_connections(self) -> None:
        servicer = Servicer(Aws())
        east = Instance(servicer, CONFIGURATION, "ipv4:127.0.0.1:1")
        west = Instance(servicer, {**CONFIGURATION, "region": "us-west-2"}, "ipv4:127.0.0.1:2")
        assert east.create(urn(KEY), {}).outputs["arn"].startswith("arn:aws:kms:us-east-1:210987654321:key/")
        assert west.create(urn(KEY), {}).outputs["arn"].startswith("arn:aws:kms:us-west-2:210987654321:key/")

    def test_a_mistake_in_the_configuration_names_its_path(self) -> None:
        values = Aws().configuration({"regoin": "us-east-1", "defaultTags": '{"tags":["a"]}'})[1]
        assert {failure.path for failure in values} == {"regoin", "defaultTags.tags"}


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
        source = aws.create(urn(DATABASE), {**DATABASE_INPUTS, "username": "admin", "kmsKeyId": "arn:k"})
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


class TestPreview:
    def test_what_is_computed_is_unknown_and_what_is_given_is_echoed(self) -> None:
        outputs = instance().preview(urn(KEY), {"description": "d", "tags": {"Name": "k"}})
        assert outputs["arn"] is UNKNOWN
        assert outputs["keyId"] is UNKNOWN
        assert outputs["description"] == "d"
        assert outputs["tagsAll"] == {"Name": "k", "Owner": "sre", "Environment": "test"}
        assert "deletionWindowInDays" not in outputs

    def test_additions_to_an_input_are_unknown(self) -> None:
        network = instance().preview(urn(CLUSTER), CLUSTER_INPUTS)["vpcConfig"]
        assert network["subnetIds"] == ["subnet-1"]
        assert network["clusterSecurityGroupId"] is UNKNOWN

    def test_an_update_keeps_what_is_known(self) -> None:
        aws = instance()
        known = aws.create(urn(KEY), {"description": "a"})
        assert aws.update(known, {"description": UNKNOWN}, preview=True).outputs["arn"] == known.outputs["arn"]


def kinds(response: provider_pb2.DiffResponse) -> dict[str, str]:
    return {path: provider_pb2.PropertyDiff.Kind.Name(diff.kind) for path, diff in response.detailedDiff.items()}


class TestChanges:
    def test_equal_inputs_are_no_change(self) -> None:
        aws = instance()
        response = aws.diff(aws.create(urn(KEY), {"description": "a"}), {"description": "a"})
        assert response.changes == provider_pb2.DiffResponse.DIFF_NONE
        assert not response.replaces

    def test_changes_are_named_by_path(self) -> None:
        aws = instance()
        known = aws.create(urn(KEY), {"description": "a", "tags": {"x": "1", "y": "2"}})
        assert kinds(aws.diff(known, {"tags": {"x": "2"}, "enableKeyRotation": True})) == {
            "description": "DELETE",
            "enableKeyRotation": "ADD",
            "tags.x": "UPDATE",
            "tags.y": "DELETE",
            "tagsAll.x": "UPDATE",
            "tagsAll.y": "DELETE",
        }

    @pytest.mark.parametrize(
        ("kind", "old", "new", "replaces"),
        [
            (DATABASE, DATABASE_INPUTS, {"kmsKeyId": "arn:k"}, ["kmsKeyId"]),
            (DATABASE, DATABASE_INPUTS, {"storageEncrypted": True}, ["storageEncrypted"]),
            (DATABASE, DATABASE_INPUTS, {"username": "u"}, ["username"]),
            (DATABASE, DATABASE_INPUTS, {"instanceClass": "db.r6g.xlarge", "engineVersion": "16.4"}, []),
            (CACHE, CACHE_INPUTS, {"subnetGroupName": "s"}, ["subnetGroupName"]),
            (CACHE, CACHE_INPUTS, {"nodeType": "cache.r6g.large", "replicasPerNodeGroup": 2}, []),
            (BUCKET, {"bucket": "bucket-a"}, {"objectLockEnabled": True}, ["objectLockEnabled"]),
            (VPC, {"cidrBlock": "10.0.0.0/16"}, {"cidrBlock": "10.1.0.0/16"}, ["cidrBlock"]),
            (VPC, {"cidrBlock": "10.0.0.0/16"}, {"region": "us-west-2"}, ["region"]),
            (CLUSTER, CLUSTER_INPUTS, {"version": "1.36", "vpcConfig": {"subnetIds": ["subnet-1", "subnet-2"]}}, []),
            (CLUSTER, CLUSTER_INPUTS, {"kubernetesNetworkConfig": {"serviceIpv4Cidr": "10.100.0.0/16"}}, []),
            (CLUSTER, CLUSTER_INPUTS, {"roleArn": "arn:aws:iam::210987654321:role/s"}, ["roleArn"]),
        ],
    )
    def test_what_replaces_a_resource(self, kind: str, old: Values, new: Values, replaces: list[str]) -> None:
        aws = instance()
        response = aws.diff(aws.create(urn(kind), old), {**old, **new})
        assert response.changes == provider_pb2.DiffResponse.DIFF_SOME
        assert list(response.replaces) == replaces

    def test_encryption_of_a_cluster_can_be_added_and_never_taken_away(self) -> None:
        aws = instance()
        encrypted = {**CLUSTER_INPUTS, "encryptionConfig": {"provider": {"keyArn": "arn:k"}, "resources": ["secrets"]}}
        assert not aws.diff(aws.create(urn(CLUSTER), CLUSTER_INPUTS), encrypted).replaces
        assert list(aws.diff(aws.create(urn(CLUSTER), encrypted), CLUSTER_INPUTS).replaces) == ["encryptionConfig"]

    def test_an_unknown_value_may_replace(self) -> None:
        aws = instance()
        known = aws.create(urn(SUBNET), {"vpcId": "vpc-1", "cidrBlock": "10.0.0.0/24"})
        assert list(aws.diff(known, {"vpcId": UNKNOWN, "cidrBlock": "10.0.0.0/24"}).replaces) == ["vpcId"]

    def test_a_name_of_the_programs_choice_has_to_be_free_first(self) -> None:
        aws = instance()
        named, automatic = {"name": "r", "assumeRolePolicy": TRUST}, {"assumeRolePolicy": TRUST}
        assert aws.diff(aws.create(urn(ROLE), named), {**named, "path": "/p/"}).deleteBeforeReplace
        assert not aws.diff(aws.create(urn(ROLE), automatic), {**automatic, "path": "/p/"}).deleteBeforeReplace
        assert not aws.diff(aws.create(urn(ROLE), named), {**named, "name": "s"}).deleteBeforeReplace

    def test_an_update_keeps_the_identity_and_follows_the_inputs(self) -> None:
        aws = instance()
        known = aws.create(urn(DATABASE), DATABASE_INPUTS)
        updated = aws.update(known, {**DATABASE_INPUTS, "engineVersion": "16.4"})
        assert updated.outputs["engineVersionActual"] == "16.4"
        assert updated.outputs["address"] == known.outputs["address"]

    def test_a_launch_template_counts_its_versions(self) -> None:
        aws = instance()
        known = aws.create(urn(TEMPLATE), {"name": "nodes", "instanceType": "m5.large"})
        assert (
            aws.update(known, {"name": "nodes", "instanceType": "m5.xlarge"}, preview=True).outputs["latestVersion"]
            is UNKNOWN
        )
        second = aws.update(known, {"name": "nodes", "instanceType": "m5.xlarge"})
        assert second.outputs["latestVersion"] == 2
        tagged = aws.update(second, {"name": "nodes", "instanceType": "m5.xlarge", "tags": {"a": "b"}})
        assert tagged.outputs["latestVersion"] == 2

    def test_reading_finds_what_is_in_the_state_and_nothing_else(self) -> None:
        aws = instance()
        known = aws.create(urn(KEY), {})
        assert aws.read(urn(KEY), known.id, known).id == known.id
        with pytest.raises(AbortedError, match="no cloud to look into"):
            aws.read(urn(KEY), "some-id")


REFUSED: list[tuple[str, Values, str, str]] = [
    (KEY, {"enableKeyRotaton": True}, "enableKeyRotaton", r"did you mean enableKeyRotation"),
    ("aws:kms/key:Kee", {}, "", r"not a resource of aws"),
    (BUCKET, {"bucket": "My_Bucket"}, "bucket", r"does not have the form"),
    (ROLE, {"name": "r" * 65, "assumeRolePolicy": TRUST}, "name", r"65 characters; 64 are allowed"),
    (ROLE, {"assumeRolePolicy": "{"}, "assumeRolePolicy", r"is not JSON"),
    ("aws:iam/policy:Policy", {"policy": '{"a":"%s"}' % ("x" * 7000)}, "policy", r"6144 are allowed"),
    (GROUP, {"name": "web", "vpcId": "v", "description": "it's"}, "description", r"does not have the form"),
    (GROUP, {"name": "sg-web", "vpcId": "v"}, "name", r"does not have the form"),
    (KEY, {"tags": {"aws:x": "1"}}, 'tags["aws:x"]', r"not a key"),
    (KEY, {"tags": {"x": "a|b"}}, "tags.x", r"not a value"),
    (KEY, {"tags": {str(n): "x" for n in range(60)}}, "tags", r"60 tags; 50 are allowed"),
    (DATABASE, {**DATABASE_INPUTS, "password": "p@ssword1"}, "password", r"does not have the form"),
    (DATABASE, {**DATABASE_INPUTS, "instanceClass": "db.t3.huge"}, "instanceClass", r"does not have the form"),
    (
        DATABASE,
        {"instanceClass": "db.t3.medium", "replicateSourceDb": "a", "username": "u"},
        "replicateSourceDb",
        r"username",
    ),
    (CACHE, {**CACHE_INPUTS, "authToken": "short"}, "authToken", r"does not have the form"),
    (CACHE, {**CACHE_INPUTS, "numCacheClusters": 2}, "numCacheClusters", r"cannot be combined with"),
    (RULE, {"securityGroupId": "sg-1", "ipProtocol": "tcp"}, "cidrIpv4", r"exactly one of"),
    (
        "aws:cloudwatch/logGroup:LogGroup",
        {"name": "/a", "retentionInDays": 10},
        "retentionInDays",
        r"must be one of 1, 3, 5",
    ),
    ("aws:ec2/instance:Instance", {"instanceType": "t3.largee"}, "instanceType", r"close to it: .*t3\.large"),
    (
        "aws:sns/topicSubscription:TopicSubscription",
        {"topic": "a", "protocol": "mail", "endpoint": "x"},
        "protocol",
        r"email",
    ),
]


@pytest.mark.parametrize(("kind", "inputs", "path", "reason"), REFUSED)
def test_what_aws_refuses_is_refused_at_check(kind: str, inputs: Values, path: str, reason: str) -> None:
    _, failures = instance().check(urn(kind), inputs)
    assert path in failures, failures
    assert re.search(reason, failures[path]), failures[path]


def test_no_secret_is_shown_in_a_refusal() -> None:
    _, failures = instance().check(urn(DATABASE), {**DATABASE_INPUTS, "password": "with a space"})
    assert "with a space" not in str(failures)


class TestDeletion:
    @pytest.mark.parametrize(
        ("kind", "inputs", "reason"),
        [
            (DATABASE, {**DATABASE_INPUTS, "deletionProtection": True}, "protected from deletion"),
            (DATABASE, {**DATABASE_INPUTS, "skipFinalSnapshot": False}, "finalSnapshotIdentifier is required"),
            (CLUSTER, {**CLUSTER_INPUTS, "deletionProtection": True}, "protected from deletion"),
        ],
    )
    def test_what_is_protected_stays(self, kind: str, inputs: dict[str, Any], reason: str) -> None:
        aws = instance()
        known = aws.create(urn(kind), inputs)
        with pytest.raises(AbortedError, match=reason):
            aws.delete(known)

    def test_protection_can_be_lifted_for_all(self) -> None:
        aws = instance(Aws(protects=False))
        aws.delete(aws.create(urn(DATABASE), {**DATABASE_INPUTS, "deletionProtection": True}))

    def test_a_database_that_leaves_a_snapshot_may_go(self) -> None:
        aws = instance()
        snapshot = {"skipFinalSnapshot": False, "finalSnapshotIdentifier": "last"}
        aws.delete(aws.create(urn(DATABASE), {**DATABASE_INPUTS, **snapshot}))


class TestHook:
    def test_it_hears_of_every_operation_but_of_no_preview(self) -> None:
        heard: list[Operation] = []
        aws = instance(hook=heard.append)
        aws.preview(urn(KEY), {})
        known = aws.create(urn(KEY), {"description": "a"})
        aws.delete(aws.update(known, {"description": "b"}))
        assert [(each.kind, each.id) for each in heard] == [(kind, known.id) for kind in ("create", "update", "delete")]
        assert heard[0].outputs["arn"] == known.outputs["arn"]
        assert "__defaults" not in heard[0].inputs

    def test_what_it_raises_fails_the_operation(self) -> None:
        def fail(operation: Operation) -> None:
            raise TimeoutError(f"{operation.type} took too long")

        with pytest.raises(AbortedError, match="aws:kms/key:Key took too long"):
            instance(hook=fail).create(urn(KEY), {})


class TestFunctions:
    def test_who_and_where_the_provider_is(self) -> None:
        aws = instance()
        assert aws.invoke("aws:index/getCallerIdentity:getCallerIdentity")["accountId"] == "210987654321"
        assert aws.invoke("aws:index/getRegion:getRegion")["region"] == "us-east-1"
        assert aws.invoke("aws:index/getPartition:getPartition")["partition"] == "aws"

    def test_everything_else_is_refused_by_name(self) -> None:
        with pytest.raises(AbortedError, match="aws:ec2/getAmi:getAmi looks something up") as refused:
            instance().invoke("aws:ec2/getAmi:getAmi")
        assert refused.value.code is grpc.StatusCode.INVALID_ARGUMENT
