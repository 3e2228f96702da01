"""The stacks of examples/: each deploys, breaks no rule of any pack, settles, and costs no more than it says."""

from __future__ import annotations

import json
import re
from decimal import Decimal

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


def test_govcloud_reaches_other_networks_by_its_transit_gateway_from_every_private_subnet() -> None:
    resources = run("govcloud").resources
    (attachment,) = resources.of_type("aws:ec2transitgateway/vpcAttachment:VpcAttachment")
    assert len(attachment["subnetIds"]) == 3
    private = {each.id for each in resources.of_type("aws:ec2/subnet:Subnet") if "private" in each.name}
    tables = {
        each["routeTableId"]
        for each in resources.of_type("aws:ec2/route:Route")
        if (each["destinationCidrBlock"], each["transitGatewayId"]) == ("10.0.0.0/12", "tgw-0a1b2c3d4e5f60718")
    }
    associations = resources.of_type("aws:ec2/routeTableAssociation:RouteTableAssociation")
    assert private <= {each["subnetId"] for each in associations if each["routeTableId"] in tables}
    # $0.05 an hour, as published in 2026, for 730 hours.
    lines = [each for each in estimate_of(from_state(run("govcloud").state)).lines if "vpcAttachment" in each.resource]
    assert [each.charge.monthly for each in lines] == [Decimal("36.50")]


def test_a_landing_zones_charts_run_images_of_its_own_registry() -> None:
    resources = run("landing-zone").resources
    host = "345678901234.dkr.ecr.us-east-1.amazonaws.com/landing-zone-"
    found = {each.name: each["values"] for each in resources.of_type("kubernetes:helm.sh/v3:Release")}
    assert {name: values["image"]["repository"] for name, values in found.items()} == {
        "workloads-autoscaler": f"{host}kubernetes/autoscaling/cluster-autoscaler",
        "workloads-external-dns": f"{host}kubernetes/external-dns/external-dns",
        "workloads-load-balancers": f"{host}ecr-public/eks/aws-load-balancer-controller",
        "workloads-velero": f"{host}docker-hub/velero/velero",
    }
    (plugin,) = found["workloads-velero"]["initContainers"]
    assert plugin["image"].startswith(f"{host}docker-hub/velero/velero-plugin-for-aws:")
    rules = resources.of_type("aws:ecr/pullThroughCacheRule:PullThroughCacheRule")
    assert {each["ecrRepositoryPrefix"] for each in rules} >= {
        "landing-zone-kubernetes",
        "landing-zone-ecr-public",
        "landing-zone-docker-hub",
    }


def test_research_has_accelerators_of_both_makers_in_its_own_region() -> None:
    resources = run("research").resources
    groups = {each.name: each for each in resources.of_type("aws:eks/nodeGroup:NodeGroup")}
    images = {name.removeprefix("cluster-"): group["amiType"] for name, group in groups.items()}
    # Images as EKS names them for what the instances have: Graviton, NVIDIA, Inferentia.
    assert images == {
        "general": "AL2023_ARM_64_STANDARD",
        "ml": "AL2023_x86_64_NVIDIA",
        "training-us-west-2a": "AL2023_x86_64_NVIDIA",
        "training-us-west-2b": "AL2023_x86_64_NVIDIA",
        "neuron": "AL2023_x86_64_NEURON",
        "trading": "AL2023_ARM_64_STANDARD",
    }
    plugins = {each.inputs["metadata"]["name"] for each in resources.of_type("kubernetes:apps/v1:DaemonSet")}
    assert plugins == {"nvidia-device-plugin", "neuron-device-plugin"}
    classes = {
        each["metadata"]["name"]: each["parameters"]
        for each in resources.of_type("kubernetes:storage.k8s.io/v1:StorageClass")
    }
    assert classes["checkpoints"].items() >= {"type": "io2", "iops": "20000"}.items()
    key = resources.one("aws:kms/key:Key", "keys-ebs")["arn"]
    assert {each["kmsKeyId"] for each in classes.values()} == {key}
    assert key.split(":")[3] == "us-west-2"


# What capabilities add, by the resources that they bring; each figure stands on their page.
ADDED = (
    ("govcloud", r".*vpcAttachment:VpcAttachment network", "", "$438"),
    ("landing-zone", r"aws:(?!cloudwatch/log).* (observability-)?address(-.*)?", "", "$155 for the example"),
    ("landing-zone", r"aws:wafv2/webAcl:WebAcl address", "", "$120"),
    ("landing-zone", r"aws:cloudwatch/.*Alarm (observability-)?address(-.*)?", "", "$17"),
    ("landing-zone", r"aws:route53/healthCheck:HealthCheck address-orders", "", "$18"),
    ("sandbox", r".*", "", "$3,971 in all"),
    ("landing-zone", r".*registry-keys-ecr", "", "$12 for the key"),
    ("landing-zone", r".*registry-copy-keys-ecr", "", "$12 for the key there"),
    ("landing-zone", r".*metrics-keys-metrics", "", "$12 for its key"),
    ("landing-zone", r"aws:amp/scraper:Scraper metrics", "collector", "$350.40 for the collector"),
    ("landing-zone", r"aws:grafana/workspace:Workspace .*", "", "$108 for each active administrator"),
    ("landing-zone", r".*secret:Secret redis-orders", "", "$4.80 a user"),
    ("landing-zone", r"aws:rds/instance:Instance .*", "beyond", "$9,600 for primary, replica and standby"),
)


@pytest.mark.parametrize(("example", "resource", "what", "said"), ADDED)
def test_the_page_of_capabilities_says_what_the_estimate_does(
    example: str, resource: str, what: str, said: str
) -> None:
    page = (ROOT / "docs/capabilities.md").read_text(encoding="utf-8")
    assert said in page
    lines = estimate_of(from_state(run(example).state)).lines
    found = [
        each.charge.monthly for each in lines if re.fullmatch(resource, each.resource) and what in each.charge.what
    ]
    figure = Decimal(said.split(maxsplit=1)[0].strip("$").replace(",", ""))
    assert (sum(found, Decimal()) * 12).quantize(figure) == figure


def test_samples_of_metrics_are_estimated_for_the_nodes_that_there_are() -> None:
    lines = estimate_of(from_state(run("landing-zone").state)).lines
    (found,) = (each.charge for each in lines if "million samples" in each.charge.what)
    # 4,000 series of the cluster and 800 of each of 8 nodes, in 43,800 minutes, at $0.90 for ten million.
    assert found.monthly == Decimal((4_000 + 8 * 800) * 43_800) / 10_000_000 * Decimal("0.90")
    assert f"${found.monthly * 12:.0f} for the samples" in (ROOT / "docs/capabilities.md").read_text(encoding="utf-8")


def test_govcloud_names_its_own_partition_only() -> None:
    text = json.dumps([[each.inputs, each.outputs] for each in run("govcloud").resources])
    assert "arn:aws-us-gov:" in text
    assert "arn:aws:" not in text
