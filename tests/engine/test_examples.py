"""The stacks of examples/: each deploys, breaks no rule of any pack, settles, and costs no more than it says."""

from __future__ import annotations

import json

import pytest
import yaml

from policies.support.coverage import NAME as NOT_JUDGED
from review.cost.estimate import estimate_of
from review.resources import from_state
from tests.engine.deployed import ROOT
from tests.engine.examples import run
from tests.unit.stacks import EXAMPLES

pytestmark = pytest.mark.engine


each_example = pytest.mark.parametrize("example", EXAMPLES)


@each_example
def test_it_deploys_without_a_finding_of_any_pack(example: str) -> None:
    found = [event for event in run(example).created.violations if event.policy_name != NOT_JUDGED]
    assert [event.message for event in found] == []


@each_example
def test_a_second_deployment_changes_nothing(example: str) -> None:
    assert run(example).repeated.ok, run(example).repeated.stdout[-2000:]


@each_example
def test_every_resource_has_a_price_or_is_known_to_be_free_and_the_budget_holds(example: str) -> None:
    estimate = estimate_of(from_state(run(example).state))
    assert not [each for each in estimate.unpriced if each.startswith("resources of type")]
    assert estimate.budget is not None
    assert estimate.total < estimate.budget


def test_a_sandbox_costs_less_than_a_quarter_of_development() -> None:
    budget = yaml.safe_load((ROOT / "Pulumi.development.yaml").read_text(encoding="utf-8"))["config"]
    limit = budget["trading-platform:observability"]["monthlyBudgetUsd"]
    assert estimate_of(from_state(run("sandbox").state)).total < limit / 4


def test_a_sandbox_has_nothing_in_a_second_region_and_one_zone_for_the_database() -> None:
    resources = run("sandbox").resources
    abroad = [each.name for each in resources if each.inputs.get("region") not in (None, "us-east-1")]
    assert abroad == []
    assert resources.of_type("aws:backup/vault:Vault") == []
    assert [each["multiAz"] for each in resources.of_type("aws:rds/instance:Instance")] == [False]


def test_a_landing_zone_makes_no_network_of_its_own_but_the_standbys() -> None:
    resources = run("landing-zone").resources
    assert {each.name for each in resources.of_type("aws:ec2/vpc:Vpc")} == {"standby"}
    assert {each.name for each in resources.of_type("aws:ec2/subnet:Subnet")} == {
        f"standby-us-west-2{zone}" for zone in "abc"
    }
    assert resources.of_type("aws:ec2/natGateway:NatGateway") == []
    assert resources.outputs["vpcId"] == "vpc-0a1b2c3d4e5f60718"


def test_govcloud_names_its_own_partition_only() -> None:
    text = json.dumps([[each.inputs, each.outputs] for each in run("govcloud").resources])
    assert "arn:aws-us-gov:" in text
    assert "arn:aws:" not in text
