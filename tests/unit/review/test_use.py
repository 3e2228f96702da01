"""Costs by use: each assumption at its price, files of one's own, and extended support by the calendar."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from config.lifecycle import KUBERNETES, POSTGRES
from review.cost import estimate as cost
from review.cost import prices, use
from review.errors import ReviewError
from tests.unit.reviews import entry, inventory

TODAY = date(2026, 11, 29)
TABLE = prices.load("us-east-1", TODAY)
DATABASE = "aws:rds/instance:Instance"
COPIES = "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication"


def amounts(*entries: dict[str, Any], **assumed: float) -> dict[str, str]:
    """What assumed use costs, by what it is for; assumptions are those of the project, or those that are given."""
    changed = {name.replace("__", "."): Decimal(str(value)) for name, value in assumed.items()}
    found = cost.estimate(inventory(*entries), TABLE, use.Use({**use.load().amounts, **changed}))
    return {line.charge.what: f"{line.charge.monthly:.2f}" for line in found.use}


def database(**inputs: Any) -> dict[str, Any]:
    return entry(
        DATABASE, "db", {"engine": "postgres", "instanceClass": "db.r6g.xlarge", "allocatedStorage": 500, **inputs}
    )


# By hand from the list prices of us-east-1: quantity times price.
CASES: dict[str, tuple[dict[str, Any], dict[str, float], dict[str, str]]] = {
    "NAT gateway, $0.045 a GiB": (
        entry("aws:ec2/natGateway:NatGateway", "nat"),
        {"nat__gibPerGateway": 1000},
        {"GiB through the NAT gateway": "45.00"},
    ),
    "interface endpoint, $0.01 a GiB": (
        entry("aws:ec2/vpcEndpoint:VpcEndpoint", "e", {"vpcEndpointType": "Interface"}),
        {"endpoints__gibPerEndpoint": 300},
        {"GiB through the endpoint": "3.00"},
    ),
    "gateway endpoint, free": (entry("aws:ec2/vpcEndpoint:VpcEndpoint", "e", {"vpcEndpointType": "Gateway"}), {}, {}),
    "between zones, $0.01 on each side": (
        entry("aws:eks/nodeGroup:NodeGroup", "n", {"scalingConfig": {"desiredSize": 3}}),
        {"transfer__interZoneGibPerNode": 100},
        {"GiB between zones, each side": "6.00"},
    ),
    "to the internet, $0.09": (
        entry("aws:ec2/internetGateway:InternetGateway", "i"),
        {"transfer__internetGib": 100},
        {"GiB to the internet": "9.00"},
    ),
    "logs, $0.50 written and $0.03 kept": (
        entry("aws:cloudwatch/logGroup:LogGroup", "l", {"retentionInDays": 304}),
        {"logs__gibPerGroup": 100, "logs__storedShare": 0.1},
        {"GiB of logs written": "50.00", "GiB of logs kept": "3.00"},
    ),
    "backups within the size of the database, free": (database(backupRetentionPeriod=30), {}, {}),
    "backups beyond it, $0.095": (
        database(backupRetentionPeriod=30),
        {"databases__usedShare": 1, "databases__dailyChange": 0.02},
        {"GiB of backups beyond the free ones": "28.50"},
    ),
    "recovery points, $0.05": (
        entry("aws:backup/vault:Vault", "v"),
        {"vaults__gibPerVault": 1000},
        {"GiB of recovery points": "50.00"},
    ),
    "objects, $0.023": (
        entry("aws:s3/bucket:Bucket", "b"),
        {"buckets__gibPerBucket": 1000},
        {"GiB of objects": "23.00"},
    ),
    "replication with time control, $0.02 and $0.015": (
        entry(
            "aws:s3/bucketReplicationConfig:BucketReplicationConfig",
            "r",
            {"rules": [{"destination": {"replicationTime": {"status": "Enabled"}}}]},
        ),
        {"buckets__replicatedGibPerBucket": 100},
        {"GiB of objects sent to the other region": "2.00", "GiB of objects under replication time control": "1.50"},
    ),
    "load balancer, $0.008 a unit and hour": (
        entry("aws:lb/loadBalancer:LoadBalancer", "a", {"loadBalancerType": "application"}),
        {"loadBalancers__capacityUnits": 10},
        {"capacity unit": "58.40"},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_use_is_priced_by_the_list(name: str) -> None:
    resource, assumed, expected = CASES[name]
    assert amounts(resource, **assumed) == expected


def test_copies_of_backups_are_all_paid_for_and_sent() -> None:
    copies = entry(COPIES, "copies", {"retentionPeriod": 10})
    found = amounts(database(), copies, databases__usedShare=0.5, databases__dailyChange=0.1)
    # 250 GiB and ten days of a tenth of it; 30.4 days of 25 GiB.
    assert found == {"GiB of backups in the other region": "47.50", "GiB of backups sent to the other region": "15.20"}


def test_a_replica_in_another_region_is_sent_what_changes() -> None:
    inputs = {"replicateSourceDb": "arn:aws:rds:us-east-1:123456789012:db:db", "region": "us-west-2"}
    replica = entry(DATABASE, "standby", {"instanceClass": "db.r6g.xlarge", **inputs})
    near = entry(DATABASE, "near", {"instanceClass": "db.r6g.xlarge", **inputs, "region": "us-east-1"})
    assumed = {"databases__usedShare": 0.5, "databases__dailyChange": 0.1}
    assert amounts(database(), near, **assumed) == {}
    assert amounts(database(), replica, **assumed) == {"GiB sent to the replica in another region": "15.20"}


def test_use_counts_in_no_total_but_its_own() -> None:
    found = cost.estimate(inventory(entry("aws:s3/bucket:Bucket", "b")), TABLE)
    assert found.total == 0
    assert found.total_of_use == Decimal("2.300")


def test_a_file_of_ones_own_changes_what_it_names(tmp_path: Path) -> None:
    file = tmp_path / "use.yaml"
    file.write_text("nat: {gibPerGateway: 5}\n", encoding="utf-8")
    own, known = use.load(file).amounts, use.load().amounts
    assert own == {**known, "nat.gibPerGateway": Decimal(5)}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("nat: {gib: 5}", "nat.gib: there is no such assumption"),
        ("nat: {gibPerGateway: -1}", "nat.gibPerGateway: -1: must be a number, 0 or more"),
        ("nat: {gibPerGateway: lots}", "must be a number"),
        ("- nat", "holds no mapping"),
        ("{", "is no file of assumptions"),
    ],
)
def test_mistakes_in_it_are_named(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "use.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ReviewError, match=complaint):
        use.load(file)


def test_the_calendar_of_extended_support_is_that_of_the_configuration() -> None:
    eks, postgres = TABLE.standard_until["eks"], TABLE.standard_until["postgres"]
    assert dict(eks) == {version: KUBERNETES[version].standard for version in eks}
    assert dict(postgres) == {version: POSTGRES[version].standard for version in POSTGRES}


def extended(entry_: dict[str, Any], on: date) -> dict[str, str]:
    found = cost.estimate(inventory(entry_), prices.load("us-east-1", on))
    return {line.charge.what: f"{line.charge.monthly:.2f}" for line in found.lines if "extended" in line.charge.what}


def test_kubernetes_past_its_standard_support_costs_six_times_as_much() -> None:
    cluster = entry("aws:eks/cluster:Cluster", "c", {"version": "1.36"})
    assert extended(cluster, date(2027, 8, 2)) == {}
    assert extended(cluster, date(2027, 8, 3)) == {"extended support of Kubernetes 1.36": "365.00"}


def test_a_postgres_major_costs_by_processor_and_twice_as_much_from_the_third_year() -> None:
    one = database(engineVersion="15.14")
    what = "vCPU in extended support of PostgreSQL 15.14"
    assert extended(one, date(2028, 2, 29)) == {}
    assert extended(one, date(2028, 3, 1)) == {what: "292.00"}
    assert extended(database(engineVersion="15", multiAz=True), date(2028, 3, 1)) == {
        "vCPU in extended support of PostgreSQL 15": "584.00"
    }
    assert extended(one, date(2030, 3, 2)) == {what: "584.00"}
    disabled = database(engineVersion="15.14", engineLifecycleSupport="open-source-rds-extended-support-disabled")
    assert extended(disabled, date(2028, 3, 1)) == {}
