"""Price tables from AWS's price list, with answers in the list's own form; no account is asked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped]
import pytest
from botocore.awsrequest import AWSResponse  # type: ignore[import-untyped]

from review.cost import fetch, prices
from review.errors import ReviewError

REGION, DAY = "eu-central-1", date(2026, 11, 29)


def entry(service: str, attributes: Mapping[str, str], *tiers: str) -> dict[str, Any]:
    """A product as `GetProducts` returns it (AWS Billing user guide, reading price lists); more tiers begin later."""
    dimensions = {
        f"SKU.JRTCKXETXF.{index}": {
            "unit": "Hrs",
            "beginRange": str(index * 10),
            "endRange": "Inf",
            "pricePerUnit": {"USD": price},
        }
        for index, price in enumerate(tiers)
    }
    terms = {"OnDemand": {"SKU.JRTCKXETXF": {"priceDimensions": dimensions, "sku": "SKU"}}, "Reserved": {}}
    return {
        "product": {"attributes": {"regionCode": REGION, **attributes}, "sku": "SKU"},
        "serviceCode": service,
        "terms": terms,
    }


LINUX = {
    "operatingSystem": "Linux",
    "tenancy": "Shared",
    "preInstalledSw": "NA",
    "capacitystatus": "Used",
    "licenseModel": "No License required",
}
LIST = [
    entry("AmazonEC2", {**LINUX, "instanceType": "m5.xlarge", "usagetype": "EUC1-BoxUsage:m5.xlarge"}, "0.2300000000"),
    entry("AmazonEC2", {**LINUX, "tenancy": "Dedicated", "instanceType": "m5.xlarge", "usagetype": "x"}, "0.99"),
    # Twice with different prices: nobody knows which is meant.
    entry("AmazonEC2", {**LINUX, "instanceType": "c5.xlarge", "usagetype": "EUC1-BoxUsage:c5.xlarge"}, "0.194"),
    entry("AmazonEC2", {**LINUX, "instanceType": "c5.xlarge", "usagetype": "EUC1-BoxUsage:c5.xlarge"}, "0.195"),
    entry(
        "AmazonRDS",
        {
            "databaseEngine": "PostgreSQL",
            "deploymentOption": "Single-AZ",
            "instanceType": "db.r6g.2xlarge",
            "productFamily": "Database Instance",
            "usagetype": "EUC1-InstanceUsage:db.r6g.2xlarge",
        },
        "1.0470000000",
    ),
    entry(
        "AmazonElastiCache",
        {
            "cacheEngine": "Valkey",
            "instanceType": "cache.r7g.large",
            "productFamily": "Cache Instance",
            "usagetype": "EUC1-NodeUsage:cache.r7g.large",
        },
        "0.2088",
    ),
    entry("AmazonEKS", {"usagetype": "EUC1-AmazonEKS-Hours:perCluster"}, "0.1"),
    entry("AmazonEKS", {"usagetype": "EUC1-AmazonEKS-Hours:perClusterX"}, "7"),
    # The first tier is free.
    entry("AmazonCloudWatch", {"usagetype": "EUC1-CW:AlarmMonitorUsage"}, "0.0000000000", "0.1000000000"),
    entry("AmazonEC2", {"productFamily": "NAT Gateway", "usagetype": "EUC1-NatGateway-Bytes"}, "0.052"),
    entry("AmazonEC2", {"productFamily": "NAT Gateway", "usagetype": "EUC1-NatGateway-Hours"}, "0.052"),
]


@pytest.fixture
def client() -> Any:
    """The real client of the price list, whose answers are filtered as the service filters."""
    session = boto3.Session("key", "secret")

    def answer(params: Mapping[str, Any], **_: Any) -> tuple[AWSResponse, dict[str, Any]]:
        asked = json.loads(params["body"])
        found = [
            json.dumps(each)
            for each in LIST
            if each["serviceCode"] == asked["ServiceCode"]
            and all(each["product"]["attributes"].get(one["Field"]) == one["Value"] for one in asked["Filters"])
        ]
        ok = {"HTTPStatusCode": 200}
        return AWSResponse("", 200, {}, None), {"PriceList": found, "ResponseMetadata": ok}

    session.events.register("before-call.pricing.GetProducts", answer)
    return session.client("pricing", region_name="us-east-1")


def test_a_table_holds_what_the_list_says_with_date_and_source(
    client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, missing = fetch.write(REGION, DAY, tmp_path, client)
    monkeypatch.setattr(prices, "FOLDER", tmp_path)
    table = prices.load(REGION, DAY)
    assert target == tmp_path / "eu-central-1.json"
    assert (table.region, table.as_of, table.currency) == (REGION, "2026-11-29", "USD")
    assert "GetProducts" in table.source
    assert dict(table.hourly) == {
        "ec2.m5.xlarge": Decimal("0.23"),
        "rds.postgres.db.r6g.2xlarge": Decimal("1.047"),
        "elasticache.valkey.cache.r7g.large": Decimal("0.2088"),
        "eks.cluster": Decimal("0.1"),
        "vpc.natGateway": Decimal("0.052"),
    }
    assert table.monthly["cloudWatch.alarm"] == Decimal("0.1")
    assert table.use["nat.perGib"] == Decimal("0.052")
    assert {"ec2.c5.xlarge", "ec2.m5.large", "kms.key"} <= set(missing)
    assert table.month_of("ec2.c5.xlarge") is None


def test_every_price_of_the_table_at_hand_is_in_the_new_one_or_told(client: Any) -> None:
    known = prices.load("us-east-1")
    table, missing = fetch.fetch(REGION, DAY, client)
    assert missing == sorted(set(missing), key=missing.index)
    assert "transfer.interRegionPerGib" in missing
    asked = {*missing, *(name for section in ("hourly", "monthly", "use") for name in flat(table[section]))}
    assert asked == {*known.hourly, *known.monthly, *known.use}


def flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for name, value in table.items():
        yield from flat(value, f"{prefix}{name}.") if isinstance(value, Mapping) else (f"{prefix}{name}",)


def test_prices_of_china_are_in_another_list() -> None:
    with pytest.raises(ReviewError, match="cn-north-1: prices of China"):
        fetch.fetch("cn-north-1", DAY, object())


def test_a_list_that_cannot_be_asked_leaves_no_table(tmp_path: Path) -> None:
    session = boto3.Session("key", "secret")

    def denied(**_: Any) -> tuple[AWSResponse, dict[str, Any]]:
        error = {
            "Error": {"Code": "AccessDeniedException", "Message": "no"},
            "ResponseMetadata": {"HTTPStatusCode": 400},
        }
        return AWSResponse("", 400, {}, None), error

    session.events.register("before-call.pricing.GetProducts", denied)
    with pytest.raises(ReviewError, match="cannot be asked"):
        fetch.write(REGION, DAY, tmp_path, session.client("pricing", region_name="us-east-1"))
    assert list(tmp_path.iterdir()) == []
