"""What the platform knows of AWS's regions and types is what cfn-lint, botocore and the SDK know."""

from __future__ import annotations

import json

import botocore.session  # type: ignore[import-untyped]
import pulumi_aws as aws
import pytest
from cfnlint.helpers import AVAILABILITY_ZONES  # type: ignore[import-untyped]

from components.common import catalogue
from components.common.scope import Scope
from config.catalogue import catalogue as generated
from config.catalogue import text, types_by_region
from tests.unit.stacks import STACKS, mistakes, parsed, put, values_of

SESSION = botocore.session.get_session()


def test_the_file_is_up_to_date() -> None:
    content = catalogue.FILE.read_text(encoding="utf-8")
    assert content == text(generated(json.loads(content)["added"])), "run `make catalogue`"


@pytest.mark.parametrize("region", catalogue.regions())
def test_a_region_is_of_the_partition_that_botocore_says(region: str) -> None:
    scope = Scope(prefix="production", account_id="123456789012", region=region)
    assert scope.partition == SESSION.get_partition_for_region(region)
    client = SESSION.create_client("logs", region_name=region, aws_access_key_id="x", aws_secret_access_key="x")
    assert client.meta.endpoint_url == f"https://{scope.host('logs')}"


def test_every_type_of_every_region_is_known_where_it_is_and_only_there() -> None:
    offered = types_by_region()
    every = set().union(*offered.values())
    assert len(every) > 1800
    for region, types in offered.items():
        assert {kind for kind in every if catalogue.offers(region, kind)} == types, region


def test_types_of_the_sdk_are_known_but_for_those_that_are_no_longer_sold() -> None:
    unknown = {kind.value for kind in aws.ec2.InstanceType if not catalogue.exists(kind.value)}
    assert len(unknown) < 40, sorted(unknown)


@pytest.mark.parametrize("region", sorted(AVAILABILITY_ZONES))
def test_zones_are_those_of_the_region(region: str) -> None:
    if region in catalogue.regions():
        assert list(catalogue.zones(region)) == sorted(AVAILABILITY_ZONES[region])


@pytest.mark.parametrize(
    ("kind", "arm", "nitro", "accelerator"),
    [
        # From the EC2 user guide: processors, hypervisor and accelerators of instance types.
        ("m5.xlarge", False, True, None),
        ("m7g.large", True, True, None),
        ("c7gn.large", True, True, None),
        ("im4gn.large", True, True, None),
        ("is4gen.large", True, True, None),
        ("x2gd.large", True, True, None),
        ("a1.large", True, True, None),
        ("g5g.xlarge", True, True, "nvidia"),
        ("g4dn.xlarge", False, True, "nvidia"),
        ("g4ad.xlarge", False, True, "other"),
        ("gr6.4xlarge", False, True, "nvidia"),
        ("p5.48xlarge", False, True, "nvidia"),
        ("p6-b200.48xlarge", False, True, "nvidia"),
        ("p3.2xlarge", False, False, "nvidia"),
        ("p3dn.24xlarge", False, True, "nvidia"),
        ("inf2.xlarge", False, True, "neuron"),
        ("trn1.2xlarge", False, True, "neuron"),
        ("dl1.24xlarge", False, True, "other"),
        ("f2.6xlarge", False, True, "other"),
        ("vt1.3xlarge", False, True, "other"),
        ("t2.large", False, False, None),
        ("m4.large", False, False, None),
        ("i3.large", False, False, None),
        ("i3.metal", False, True, None),
        ("i3en.large", False, True, None),
        ("x1e.xlarge", False, False, None),
        ("d3en.xlarge", False, True, None),
        ("u7i-12tb.224xlarge", False, True, None),
        ("hpc7g.4xlarge", True, True, None),
    ],
)
def test_what_a_type_is(kind: str, arm: bool, nitro: bool, accelerator: str | None) -> None:
    found = catalogue.runs_on_arm(kind), catalogue.is_nitro(kind), catalogue.accelerator(kind)
    assert found == (arm, nitro, accelerator)


@pytest.mark.parametrize("region", ["zz-nowhere-9", "us-east1", "us-east-9", "eu-isoe-west-1", "us-iso-east-1", ""])
def test_regions_that_do_not_exist_or_cannot_work_are_refused(region: str) -> None:
    found = mistakes(values_of(region=region))
    assert any(line.startswith("region: ") for line in found)


@pytest.mark.parametrize(
    ("region", "recovery", "fine"),
    [
        ("us-gov-west-1", "us-gov-east-1", True),
        ("us-gov-west-1", "us-west-2", False),
        ("cn-north-1", "cn-northwest-1", True),
        ("cn-north-1", "ap-southeast-1", False),
        ("us-east-1", "us-gov-west-1", False),
    ],
)
def test_copies_stay_in_the_partition(region: str, recovery: str, fine: bool) -> None:
    found = mistakes(values_of(region=region, recovery__region=recovery, recovery__standby=...))
    assert any("nothing is copied between" in line for line in found) is not fine


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("nodeGroups.general.instanceTypes", ["zz9.large"]),
        ("postgres.instanceClass", "db.zz9.large"),
        ("postgres.replicas.read.instanceClass", "db.m5.huge"),
        ("redis.nodeType", "cache.r99g.large"),
    ],
)
def test_types_that_nobody_knows_are_refused_by_key(stack: str, path: str, kind: object) -> None:
    (found,) = mistakes(put_into(stack, path, kind), stack)
    assert found.startswith(path)
    assert "that cfn-lint" in found


@pytest.mark.parametrize(
    ("path", "kind", "complaint"),
    [
        ("nodeGroups.general.instanceTypes", ["m8gn.large"], "is not offered in af-south-1"),
        ("redis.nodeType", "cache.c7gn.large", "is not offered in af-south-1"),
        ("postgres.instanceClass", "db.x2g.large", "is not offered in ap-southeast-6"),
    ],
)
def test_types_that_another_region_has_are_refused_by_key(path: str, kind: object, complaint: str) -> None:
    (found,) = [
        line
        for line in mistakes(put_into("production", path, kind, complaint.rpartition(" ")[2]))
        if line.startswith(path)
    ]
    assert found.startswith(path)
    assert complaint in found


@pytest.mark.parametrize(
    ("region", "zones", "wrong"),
    [("us-west-2", "aby", "y"), ("ap-northeast-1", "abc", ""), ("ca-central-1", "abd", ""), ("us-west-1", "abc", "b")],
)
def test_zones_that_a_region_does_not_have_are_refused(region: str, zones: str, wrong: str) -> None:
    values = values_of(region=region)
    subnets = values["network"]["subnets"].values()
    values["network"]["subnets"] = dict(zip([f"{region}{zone}" for zone in zones], subnets, strict=True))
    found = [line for line in mistakes(values) if line.startswith("network.subnets")]
    assert [line.partition(": ")[0] for line in found] == [f"network.subnets.{region}{zone}" for zone in wrong]


def put_into(stack: str, path: str, value: object, region: str = "us-east-1") -> dict[str, object]:
    values = values_of(stack)
    if region != values["region"]:
        values["region"] = region
    put(values, path, value)
    return values


def test_a_newer_region_or_type_is_added_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = {**catalogue._facts(), "added": {"m12i.large": ["us-east-1"], "xa-west-1": [], "us-west-1b": ["us-west-1"]}}
    monkeypatch.setattr(catalogue, "_facts", lambda: facts)
    assert catalogue.exists("m12i.large")
    assert catalogue.offers("us-east-1", "m12i.large")
    assert not catalogue.offers("us-west-2", "m12i.large")
    assert "xa-west-1" in catalogue.regions()
    assert catalogue.zones("us-west-1") == ("us-west-1a", "us-west-1b", "us-west-1c")


def test_stacks_of_the_repository_are_offered_where_they_are() -> None:
    for stack in STACKS:
        parsed(stack)
