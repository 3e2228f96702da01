"""Where the price list of AWS has each price of a table: service, and attributes of the product.

Attributes and types of usage: of each row, who publishes them stands in `SOURCES`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

SOURCES: Mapping[str, str] = {
    "client": "queries that Infracost sends to the price list, with the prices that they find (August 2026)",
    "cloudwatch": "Amazon CloudWatch user guide, billing and cost: types of usage by feature",
    "s3": "Amazon S3 user guide, billing and usage reports: types of usage",
    "bills": "bills and price lists of 2026 that their owners have published",
}
"""Who says how the price list names a product."""

# How a type of usage begins: with the region, by its short or its own name; in us-east-1 with nothing for older ones.
_REGION = r"(?:[A-Z]{3}\d-|EU-|[a-z]{2}(?:-[a-z]+)+-\d-)?"


@dataclass(frozen=True, kw_only=True)
class Product:
    """A product of the price list."""

    name: str
    """Dotted name in the table, below its section."""
    section: str
    """`hourly`, `monthly` or `use`."""
    service: str
    source: str
    """Key of `SOURCES`."""
    usage: str
    """Type of usage without the region that it begins with."""
    attributes: Mapping[str, str] = field(default_factory=dict)

    def is_meant(self, attributes: Mapping[str, Any]) -> bool:
        """Whether a product of the list is this one, by its type of usage: the list has others that end alike."""
        return bool(re.fullmatch(_REGION + re.escape(self.usage), str(attributes.get("usagetype", ""))))


_LINUX = {
    "operatingSystem": "Linux",
    "tenancy": "Shared",
    "preInstalledSw": "NA",
    "capacitystatus": "Used",
    "licenseModel": "No License required",
}
_POSTGRES = {"databaseEngine": "PostgreSQL", "deploymentOption": "Single-AZ"}
# Storage of RDS costs the same whatever the engine, and the list has it once.
_STORAGE = {"databaseEngine": "Any", "deploymentOption": "Single-AZ"}


def _family(name: str) -> Mapping[str, str]:
    return {"productFamily": name}


_ENDPOINTS, _NAT = _family("VpcEndpoint"), _family("NAT Gateway")
_APPLICATION, _NETWORK = _family("Load Balancer-Application"), _family("Load Balancer-Network")
_GENERAL = {**_STORAGE, "volumeType": "General Purpose"}
_GENERAL_3 = {**_STORAGE, "volumeType": "General Purpose-GP3"}
_ATTACHMENT = {"operation": "TransitGatewayVPC"}

_Row = tuple[str, str, str, str, Mapping[str, str], str]
"""Section, name, service, type of usage, attributes, source."""
_FIXED: tuple[_Row, ...] = (
    ("hourly", "eks.cluster", "AmazonEKS", "AmazonEKS-Hours:perCluster", {}, "client"),
    ("hourly", "eks.extendedSupport", "AmazonEKS", "AmazonEKS-Hours:extendedSupport", {}, "bills"),
    ("hourly", "vpc.natGateway", "AmazonEC2", "NatGateway-Hours", _NAT, "client"),
    ("hourly", "vpc.transitGatewayAttachment", "AmazonVPC", "TransitGateway-Hours", _ATTACHMENT, "client"),
    ("hourly", "vpc.publicIpv4Address", "AmazonVPC", "PublicIPv4:InUseAddress", {}, "bills"),
    ("hourly", "vpc.interfaceEndpointPerZone", "AmazonVPC", "VpcEndpoint-Hours", _ENDPOINTS, "client"),
    ("hourly", "loadBalancer.application", "AWSELB", "LoadBalancerUsage", _APPLICATION, "client"),
    ("hourly", "loadBalancer.network", "AWSELB", "LoadBalancerUsage", _NETWORK, "client"),
    ("monthly", "ebs.gp3PerGib", "AmazonEC2", "EBS:VolumeUsage.gp3", {"volumeApiName": "gp3"}, "bills"),
    ("monthly", "ebs.gp2PerGib", "AmazonEC2", "EBS:VolumeUsage.gp2", {"volumeApiName": "gp2"}, "bills"),
    ("monthly", "ebs.gp3PerIopsOver3000", "AmazonEC2", "EBS:VolumeP-IOPS.gp3", {"volumeApiName": "gp3"}, "client"),
    ("monthly", "rds.gp3PerGib", "AmazonRDS", "RDS:GP3-Storage", _GENERAL_3, "client"),
    ("monthly", "rds.gp2PerGib", "AmazonRDS", "RDS:GP2-Storage", _GENERAL, "bills"),
    ("monthly", "rds.gp3PerIopsOver12000", "AmazonRDS", "RDS:GP3-PIOPS", _STORAGE, "client"),
    ("monthly", "kms.key", "awskms", "KMS-Keys", {}, "client"),
    ("monthly", "secretsManager.secret", "AWSSecretsManager", "AWSSecretsManager-Secrets", {}, "bills"),
    ("monthly", "cloudWatch.alarm", "AmazonCloudWatch", "CW:AlarmMonitorUsage", {}, "cloudwatch"),
    (
        "monthly",
        "cloudWatch.highResolutionAlarm",
        "AmazonCloudWatch",
        "CW:HighResAlarmMonitorUsage",
        {},
        "cloudwatch",
    ),
    ("monthly", "cloudWatch.compositeAlarm", "AmazonCloudWatch", "CW:CompositeAlarmMonitorUsage", {}, "cloudwatch"),
    ("monthly", "cloudWatch.customMetric", "AmazonCloudWatch", "CW:MetricMonitorUsage", {}, "cloudwatch"),
    ("monthly", "grafana.editor", "AmazonGrafana", "Grafana:EditorUser", {}, "client"),
    ("use", "nat.perGib", "AmazonEC2", "NatGateway-Bytes", _NAT, "client"),
    ("use", "endpoint.perGib", "AmazonVPC", "VpcEndpoint-Bytes", _ENDPOINTS, "client"),
    ("use", "logs.writtenPerGib", "AmazonCloudWatch", "DataProcessing-Bytes", {}, "cloudwatch"),
    ("use", "logs.storedPerGib", "AmazonCloudWatch", "TimedStorage-ByteHrs", {}, "cloudwatch"),
    ("use", "rds.backupPerGib", "AmazonRDS", "RDS:ChargedBackupUsage", {"databaseEngine": "Any"}, "client"),
    # What AWS Backup keeps of volumes is charged as a snapshot.
    ("use", "backup.perGib", "AmazonEC2", "EBS:SnapshotUsage", _family("Storage Snapshot"), "client"),
    ("use", "s3.standardPerGib", "AmazonS3", "TimedStorage-ByteHrs", {"volumeType": "Standard"}, "s3"),
    ("use", "loadBalancer.capacityUnitHour", "AWSELB", "LCUUsage", _APPLICATION, "client"),
)
EVERYWHERE = ("cloudWatch.dashboard", "route53.hostedZone", "waf.webAcl", "waf.rule")
"""Prices that are the same in every region of a partition."""


def products(instances: Iterator[str]) -> Iterator[Product]:
    """Every product of a table, with these types of instances, databases (`rds.postgres.db.…`) and cache nodes."""
    for section, name, service, usage, attributes, source in _FIXED:
        yield Product(name=name, section=section, service=service, usage=usage, attributes=attributes, source=source)
    for name in instances:
        yield _instance(name)


def _instance(name: str) -> Product:
    kind, _, rest = name.partition(".")
    engine, _, size = rest.partition(".")
    service, usage, attributes = {
        "ec2": ("AmazonEC2", f"BoxUsage:{rest}", {**_LINUX, "instanceType": rest}),
        "rds": (
            "AmazonRDS",
            f"InstanceUsage:{size}",
            {**_POSTGRES, "instanceType": size, **_family("Database Instance")},
        ),
        "elasticache": (
            "AmazonElastiCache",
            f"NodeUsage:{size}",
            {"cacheEngine": engine.capitalize(), "instanceType": size, **_family("Cache Instance")},
        ),
    }[kind]
    return Product(name=name, section="hourly", service=service, usage=usage, attributes=attributes, source="client")
