"""Estimates: the price of each kind of resource, and what is said about the rest."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from review.cost import coverage, prices
from review.cost import estimate as cost
from review.cost import report as cost_report
from review.cost.estimate import Estimate
from review.errors import ReviewError
from tests.unit.reviews import STACK, entry, inventory

PRICES = prices.load("us-east-1")
LAUNCH_TEMPLATE, NODE_GROUP = "aws:ec2/launchTemplate:LaunchTemplate", "aws:eks/nodeGroup:NodeGroup"
DATABASE, CACHE = "aws:rds/instance:Instance", "aws:elasticache/replicationGroup:ReplicationGroup"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"


def estimate(*entries: dict[str, Any]) -> Estimate:
    return cost.estimate_of(inventory(*entries))


def amounts(*entries: dict[str, Any]) -> dict[str, str]:
    """Monthly prices by what they are for."""
    return {line.charge.what: f"{line.charge.monthly:.2f}" for line in estimate(*entries).lines}


def nodes(**changes: Any) -> dict[str, Any]:
    inputs = {"instanceTypes": ["m5.xlarge"], "scalingConfig": {"desiredSize": 3, "minSize": 2}, **changes}
    return entry(NODE_GROUP, "nodes", inputs)


def template(**changes: Any) -> dict[str, Any]:
    disks = [{"ebs": {"volumeType": "gp3", "volumeSize": 100, "throughput": 225}}]
    return entry(LAUNCH_TEMPLATE, "nodes", {"blockDeviceMappings": disks, **changes}, id="lt-1")


def test_nodes_cost_their_desired_size_with_the_disks_of_their_launch_template() -> None:
    found = amounts(template(monitoring={"enabled": True}), nodes(launchTemplate={"id": "lt-1"}))
    assert found == {
        "m5.xlarge": "420.48",  # 3 * $0.192 * 730
        "GiB of gp3 disk": "24.00",  # 3 * 100 * $0.08
        "MiB/s beyond 125": "12.00",  # 3 * 100 * $0.04
        "metric of detailed monitoring": "6.30",  # 3 * 7 * $0.30
    }


def test_a_launch_template_that_does_not_exist_yet_is_found_by_its_name() -> None:
    unborn = {**template(), "id": ""}
    assert amounts(unborn, nodes(launchTemplate={"id": "04da6b54"}))["GiB of gp3 disk"] == "24.00"


def test_nodes_that_always_run_are_what_a_commitment_covers_and_interruptible_ones_are_not() -> None:
    steady, saved = estimate(nodes()).savings["ec2"]
    assert steady == 2 * Decimal("0.192") * 730
    assert saved == steady * PRICES.commitments["ec2"].saves
    spot = estimate(nodes(capacityType="SPOT"))
    assert spot.savings == {}
    assert "m5.xlarge (spot, at most)" in {line.charge.what for line in spot.lines}


def database(**changes: Any) -> dict[str, Any]:
    inputs = {"engine": "postgres", "instanceClass": "db.r6g.2xlarge", "allocatedStorage": 500, "storageType": "gp3"}
    return entry(DATABASE, "primary", {**inputs, **changes})


def test_a_standby_doubles_instance_and_storage_of_a_database() -> None:
    assert amounts(database(multiAz=True, databaseInsightsMode="advanced")) == {
        "db.r6g.2xlarge Multi-AZ": "1312.54",  # 2 * $0.899 * 730
        "GiB of gp3 storage Multi-AZ": "115.00",  # 2 * 500 * $0.115
        "vCPU with advanced Database Insights": "73.00",  # 8 * $0.0125 * 730
    }


def test_a_replica_has_engine_and_storage_of_its_source() -> None:
    replica = entry(
        DATABASE, "replica", {"instanceClass": "db.t4g.medium", "replicateSourceDb": "?", "storageType": "gp3"}
    )
    assert amounts(database(), replica)["db.t4g.medium"] == "47.45"
    assert estimate(database(), replica).total - estimate(database()).total == Decimal("47.45") + Decimal("57.5")


@pytest.mark.parametrize(("size", "vcpus"), [("large", 2), ("xlarge", 4), ("2xlarge", 8), ("16xlarge", 64)])
def test_vcpus_follow_from_the_size(size: str, vcpus: int) -> None:
    lines = estimate(database(instanceClass=f"db.r6g.{size}", databaseInsightsMode="advanced")).lines
    assert [each.charge.quantity for each in lines if each.charge.what.startswith("vCPU")] == [vcpus]


def test_each_node_of_a_cache_costs_and_valkey_less_than_redis() -> None:
    inputs = {"nodeType": "cache.r7g.2xlarge", "numNodeGroups": 2, "replicasPerNodeGroup": 2}
    assert amounts(entry(CACHE, "c", inputs)) == {"cache.r7g.2xlarge (redis)": "3823.74"}
    assert amounts(entry(CACHE, "c", {**inputs, "engine": "valkey"})) == {"cache.r7g.2xlarge (valkey)": "3058.99"}


def test_interface_endpoints_cost_in_each_zone_and_gateways_nothing() -> None:
    endpoint = "aws:ec2/vpcEndpoint:VpcEndpoint"
    inputs = {"vpcEndpointType": "Interface", "subnetIds": ["a", "b", "c"]}
    gateway = {"vpcEndpointType": "Gateway", "routeTableIds": ["a"]}
    assert amounts(entry(endpoint, "i", inputs), entry(endpoint, "g", gateway)) == {
        "interface endpoint in a zone": "21.90"
    }


def test_an_alarm_costs_by_the_metrics_that_it_reads() -> None:
    queries = [{"metric": {"period": 60}}, {"metric": {"period": 60}}, {"expression": "m1/m2"}]
    assert amounts(entry(ALARM, "ratio", {"metricQueries": queries})) == {"alarm metric": "0.20"}
    assert amounts(entry(ALARM, "fast", {"period": 10})) == {"alarm metric of high resolution": "0.30"}


def test_what_has_no_price_is_named_not_forgotten() -> None:
    result = estimate(nodes(instanceTypes=["x9.huge"]), entry("aws:new/thing:Thing", "thing"))
    assert result.unpriced == ["resources of type aws:new/thing:Thing", f"x9.huge ({NODE_GROUP} nodes)"]
    assert "- **no price known**: x9.huge" in cost_report.to_markdown(result, "test")


def test_every_type_is_either_priced_or_charged_by_use_or_free() -> None:
    assert not coverage.is_unknown("aws:iam/role:Role")
    assert not coverage.is_unknown("aws:s3/bucket:Bucket")
    assert not coverage.is_unknown(NODE_GROUP)
    assert coverage.is_unknown("aws:redshift/cluster:Cluster")


def test_the_region_of_the_stack_decides_about_the_table_and_others_are_said() -> None:
    provider = entry("pulumi:providers:aws", "aws", {"region": "eu-west-1"}, parent=STACK)
    result = estimate(provider, entry("aws:kms/key:Key", "key", {"region": "eu-west-1"}))
    assert result.prices.region == "us-east-1"
    assert "What is in eu-west-1 is priced as if it were in us-east-1." in cost_report.to_markdown(result, "test")
    with pytest.raises(ReviewError, match="no price table of eu-west-1; those that exist are: us-east-1"):
        prices.load("eu-west-1")


def test_the_report_compares_with_the_budget_and_adds_up() -> None:
    budget = entry("aws:budgets/budget:Budget", "budget", {"limitAmount": "1500", "timeUnit": "MONTHLY"})
    result = estimate(budget, database(), entry("aws:kms/key:Key", "a"), entry("aws:kms/key:Key", "b"))
    text = cost_report.to_markdown(result, "test")
    assert result.total == Decimal("715.77")
    assert "This is 48% of the stack's budget of $1,500.00" in text
    assert "| data | customer key: 2 resources | 2 | $1.00 | $2.00 |" in text
    assert "| data | GiB of gp3 storage: primary | 500 | $0.115 | $57.50 |" in text
    data = cost_report.to_data(result, "test")
    lines = data["lines"]
    assert isinstance(lines, list)
    assert round(sum(line["monthly"] for line in lines), 2) == data["monthly"] == 715.77


def test_the_table_says_from_when_and_where_its_prices_are() -> None:
    assert PRICES.as_of >= "2026"
    assert "AWS public price list" in PRICES.source
    assert all(price > 0 for price in (*PRICES.hourly.values(), *PRICES.monthly.values()))
    assert set(PRICES.commitments) == {"ec2", "rds", "elasticache"}


def test_the_report_counts_no_unknown_price_as_nothing() -> None:
    text = cost_report.to_markdown(estimate(nodes(instanceTypes=["x9.huge"]), entry(ALARM, "cpu")), "test")
    assert "and 1 price that nobody knows** a month" in text
    assert "| data: nodes: x9.huge | **unknown** |  |" in text
    assert "and 1 price that nobody knows** |  |" in text
