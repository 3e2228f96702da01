"""The stand-in for AWS: defaults at Check, what a preview knows, functions, deletions."""

from __future__ import annotations

import re
from typing import Any

import grpc
import pytest

from local.providers.aws import Aws
from local.providers.server import Operation, Servicer
from local.providers.values import UNKNOWN
from tests.unit.local.aws import (
    AUTONAMING,
    BUCKET,
    CACHE,
    CLUSTER,
    CLUSTER_INPUTS,
    DATABASE,
    DATABASE_INPUTS,
    GROUP,
    KEY,
    ROLE,
    RULE,
    TRUST,
)
from tests.unit.standins import CONFIGURATION, AbortedError, Instance, instance, urn


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

    @pytest.mark.parametrize(("kind", "taken"), [("aws:ec2/eip:Eip", True), ("aws:sqs/queue:Queue", False)])
    def test_only_ec2_takes_any_character_in_tags(self, kind: str, taken: bool) -> None:
        _, failures = instance().check(urn(kind), {"tags": {"Name": "ssh, http, (any)"}})
        assert (not failures) is taken
        _, failures = instance().check(urn(kind), {"tags": {"aws:Name": "reserved"}})
        assert failures

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
