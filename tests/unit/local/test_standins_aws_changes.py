"""What a change does to a resource of the stand-in for AWS, and what it refuses."""

from __future__ import annotations

import re

import pytest
from pulumi.runtime.proto import provider_pb2

from local.providers.package import Refused
from local.providers.values import UNKNOWN, Values
from tests.unit.local.aws import (
    BUCKET,
    CACHE,
    CACHE_INPUTS,
    CLUSTER,
    CLUSTER_INPUTS,
    DATABASE,
    DATABASE_INPUTS,
    GROUP,
    KEY,
    ROLE,
    RULE,
    SUBNET,
    TEMPLATE,
    TRUST,
    VPC,
)
from tests.unit.standins import AbortedError, instance, urn


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
        updated = aws.update(known, {**DATABASE_INPUTS, "engineVersion": "16.4", "allowMajorVersionUpgrade": True})
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
        with pytest.raises(AbortedError, match="Declare its answer in"):
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
    ("aws:ec2/instance:Instance", {"instanceType": "t3.largee"}, "instanceType", r"does not have the form"),
    ("aws:ec2/instance:Instance", {"tenancy": "hosts"}, "tenancy", r"must be one of default, dedicated, host"),
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


NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
NODE_GROUP_INPUTS: Values = {"clusterName": "c", "nodeRoleArn": "arn:aws:iam::123456789012:role/n", "subnetIds": ["s"]}


def sizes(smallest: int, desired: int, largest: int) -> Values:
    bounds = {"minSize": smallest, "desiredSize": desired, "maxSize": largest}
    return {**NODE_GROUP_INPUTS, "scalingConfig": bounds}


@pytest.mark.parametrize(
    ("bounds", "refused"),
    [
        ((3, 3, 9), None),
        ((0, 3, 3), None),
        ((4, 3, 9), "Minimum capacity 4 can't be greater than desired size 3"),
        ((1, 3, 2), "desired capacity 3 can't be greater than max size 2"),
    ],
)
def test_eks_refuses_sizes_that_leave_the_desired_one_out(bounds: tuple[int, int, int], refused: str | None) -> None:
    aws = instance()
    group = aws.create(urn(NODE_GROUP), sizes(3, 3, 9))
    if refused is None:
        assert aws.update(group, sizes(*bounds)) is not None
        return
    with pytest.raises(Refused, match=re.escape(refused)):
        aws.update(group, sizes(*bounds))
    with pytest.raises(Refused, match=re.escape(refused)):
        aws.create(urn(NODE_GROUP, "other"), sizes(*bounds))
