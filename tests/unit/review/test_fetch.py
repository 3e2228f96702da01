"""Price tables from AWS's price list, with answers in the list's own form; no account is asked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped]
import pytest
from botocore.awsrequest import AWSResponse  # type: ignore[import-untyped]

from review.cost import fetch, prices
from review.cost.products import SOURCES, Product, products
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
    entry("AmazonEKS", {"productFamily": "Compute", "usagetype": "EUC1-AmazonEKS-Hours:perCluster"}, "0.1"),
    entry("AmazonEKS", {"productFamily": "Compute", "usagetype": "EUC1-AmazonEKS-Hours:perClusterX"}, "7"),
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
    assert {name for names in table.sources.values() for name in names} == {
        *table.hourly,
        *table.monthly,
        *table.use,
    }


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


# Types of usage as bills and lists of 2026 show them, and the one price that each stands for; nothing: none of ours.
USAGE: Mapping[tuple[str, str], str] = {
    ("AmazonEKS", "EUW2-AmazonEKS-Hours:perCluster"): "eks.cluster",
    ("AmazonEKS", "APN2-AmazonEKS-Hours:extendedSupport"): "eks.extendedSupport",
    ("AmazonEKS", "USE1-AmazonEKS-Hours:perClusterX"): "",
    ("AmazonEC2", "EU-NatGateway-Hours"): "vpc.natGateway",
    ("AmazonEC2", "APN2-NatGateway-Bytes"): "nat.perGib",
    ("AmazonVPC", "TransitGateway-Hours"): "vpc.transitGatewayAttachment",
    ("AmazonVPC", "CAN1-PublicIPv4:InUseAddress"): "vpc.publicIpv4Address",
    ("AmazonVPC", "EU-PublicIPv4:IdleAddress"): "",
    ("AmazonVPC", "EU-VpcEndpoint-Hours"): "vpc.interfaceEndpointPerZone",
    ("AmazonVPC", "EUW2-VpcEndpoint-Bytes"): "endpoint.perGib",
    ("AWSELB", "EUC1-LoadBalancerUsage"): "loadBalancer.application loadBalancer.network",
    ("AWSELB", "CAN1-TS-LoadBalancerUsage"): "",
    ("AWSELB", "TS-LoadBalancerUsage"): "",
    ("AWSELB", "CAN1-LCUUsage"): "loadBalancer.capacityUnitHour",
    ("AmazonEC2", "EBS:VolumeUsage.gp3"): "ebs.gp3PerGib",
    ("AmazonEC2", "APS2-EBS:VolumeUsage.gp2"): "ebs.gp2PerGib",
    ("AmazonEC2", "EUC1-EBS:VolumeP-IOPS.gp3"): "ebs.gp3PerIopsOver3000",
    ("AmazonEC2", "APS2-EBS:SnapshotUsage"): "backup.perGib",
    ("AmazonEC2", "BoxUsage:m5.xlarge"): "ec2.m5.xlarge",
    ("AmazonEC2", "UnusedBox:m5.xlarge"): "",
    ("AmazonRDS", "EUC1-RDS:GP3-Storage"): "rds.gp3PerGib",
    ("AmazonRDS", "EUC1-RDS:Multi-AZ-GP3-Storage"): "",
    ("AmazonRDS", "APS3-RDS:GP2-Storage"): "rds.gp2PerGib",
    ("AmazonRDS", "EUC1-RDS:GP3-PIOPS"): "rds.gp3PerIopsOver12000",
    ("AmazonRDS", "USE1-RDS:ChargedBackupUsage"): "rds.backupPerGib",
    ("AmazonRDS", "APS3-InstanceUsage:db.r6g.large"): "rds.postgres.db.r6g.large",
    ("AmazonRDS", "EU-InstanceUsageIOOptimized:db.r6g.large"): "",
    ("AmazonElastiCache", "NodeUsage:cache.r7g.large"): (
        "elasticache.redis.cache.r7g.large elasticache.valkey.cache.r7g.large"
    ),
    ("AmazonElastiCache", "USE1-Outpost-NodeUsage:cache.r7g.large"): "",
    ("awskms", "eu-central-1-KMS-Keys"): "kms.key",
    ("AWSSecretsManager", "EUW2-AWSSecretsManager-Secrets"): "secretsManager.secret",
    ("AmazonCloudWatch", "APN2-CW:AlarmMonitorUsage"): "cloudWatch.alarm",
    ("AmazonCloudWatch", "APN2-CW:HighResAlarmMonitorUsage"): "cloudWatch.highResolutionAlarm",
    ("AmazonCloudWatch", "APN2-CW:CompositeAlarmMonitorUsage"): "cloudWatch.compositeAlarm",
    ("AmazonCloudWatch", "EUC1-CW:MetricMonitorUsage"): "cloudWatch.customMetric",
    ("AmazonCloudWatch", "APN2-DataProcessing-Bytes"): "logs.writtenPerGib",
    ("AmazonCloudWatch", "USE1-TimedStorage-ByteHrs"): "logs.storedPerGib",
    ("AmazonS3", "TimedStorage-ByteHrs"): "s3.standardPerGib",
    ("AmazonS3", "EU-TimedStorage-SIA-ByteHrs"): "",
    ("AmazonGrafana", "USE1-Grafana:EditorUser"): "grafana.editor",
}
INSTANCES = (
    "ec2.m5.xlarge",
    "rds.postgres.db.r6g.large",
    "elasticache.redis.cache.r7g.large",
    "elasticache.valkey.cache.r7g.large",
)
PRODUCTS = tuple(products(iter(INSTANCES)))


@pytest.mark.parametrize(("service", "usage"), USAGE)
def test_a_type_of_usage_is_meant_by_its_own_price_alone(service: str, usage: str) -> None:
    meant = [each.name for each in PRODUCTS if each.service == service and each.is_meant({"usagetype": usage})]
    assert sorted(meant) == USAGE[service, usage].split()


def test_every_price_that_is_asked_for_has_been_seen_and_has_its_source() -> None:
    seen = {name for names in USAGE.values() for name in names.split()}
    assert {each.name for each in PRODUCTS} == seen
    assert {each.source for each in PRODUCTS} == set(SOURCES)


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda each: each.name)
def test_region_and_size_belong_to_what_is_asked(product: Product) -> None:
    for region in ("", "EUC1-", "EU-", "us-gov-west-1-"):
        assert product.is_meant({"usagetype": f"{region}{product.usage}"})
    for other in ("TS-", "USE1-LAX1-", "EUC1-X"):
        assert not product.is_meant({"usagetype": f"{other}{product.usage}"})


def test_each_price_at_hand_has_one_source_or_is_named_as_unconfirmed() -> None:
    table = prices.load("us-east-1")
    for name in (*table.hourly, *table.monthly, *table.use):
        sources = [
            source for source, patterns in table.sources.items() if any(fnmatch(name, each) for each in patterns)
        ]
        assert len(sources) == (0 if name in table.unconfirmed else 1), (name, sources)


# A figure of each group, from what Infracost expects of the list for us-east-1 (August 2026): total, by quantity.
EXPECTED: Mapping[str, tuple[str, int]] = {
    "vpc.natGateway": ("32.85", 730),
    "nat.perGib": ("4.50", 100),
    "eks.cluster": ("73.00", 730),
    "kms.key": ("1.00", 1),
    "secretsManager.secret": ("0.40", 1),
    "cloudWatch.alarm": ("0.20", 2),
    "cloudWatch.highResolutionAlarm": ("0.30", 1),
    "cloudWatch.dashboard": ("3.00", 1),
    "logs.writtenPerGib": ("500.00", 1000),
    "logs.storedPerGib": ("15.00", 500),
    "endpoint.perGib": ("10.00", 1000),
    "vpc.interfaceEndpointPerZone": ("7.30", 730),
    "vpc.transitGatewayAttachment": ("36.50", 730),
    "ebs.gp3PerGib": ("3.20", 40),
    "ebs.gp2PerGib": ("1.00", 10),
    "ebs.gp3PerIopsOver3000": ("5.00", 1000),
    "ebs.gp3PerMibpsOver125": ("0.20", 5),
    "rds.gp3PerGib": ("46.00", 400),
    "rds.gp2PerGib": ("2.30", 20),
    "rds.gp3PerIopsOver12000": ("40.00", 2000),
    "rds.backupPerGib": ("95.00", 1000),
    "rdsExtendedSupport.perVcpu": ("146.00", 1460),
    "backup.perGib": ("0.50", 10),
    "transfer.internetPerGib": ("921.60", 10240),
    "transfer.interRegionPerGib": ("15.00", 750),
    "transfer.interZonePerGib": ("20.00", 2000),
    "route53.hostedZone": ("0.50", 1),
    "route53.healthCheckAwsEndpoint": ("0.50", 1),
    "route53.healthCheckFeature": ("2.00", 2),
    "waf.webAcl": ("5.00", 1),
    "waf.rule": ("16.00", 16),
    "grafana.editor": ("18.00", 2),
    "ec2.m5.xlarge": ("420.48", 2190),
    "ec2.t3.medium": ("91.10", 2190),
    "rds.postgres.db.t4g.small": ("23.36", 730),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_price_at_hand_is_what_others_find_in_the_list(name: str) -> None:
    table = prices.load("us-east-1")
    price = {**table.hourly, **table.monthly, **table.use}[name]
    total, quantity = EXPECTED[name]
    assert (price * quantity).quantize(Decimal("0.01")) == Decimal(total)


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
