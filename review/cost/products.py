"""Where the price list of AWS has each price of a table: service, and attributes of the product.

Attributes and their values: AWS price list API, GetAttributeValues; documented in the Billing user guide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Product:
    """A product of the price list."""

    name: str
    """Dotted name in the table, below its section."""
    section: str
    """`hourly`, `monthly` or `use`."""
    service: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    usage: str = ""
    """How the type of usage ends; it begins with the region."""


_LINUX = {
    "operatingSystem": "Linux",
    "tenancy": "Shared",
    "preInstalledSw": "NA",
    "capacitystatus": "Used",
    "licenseModel": "No License required",
}
_POSTGRES = {"databaseEngine": "PostgreSQL", "deploymentOption": "Single-AZ"}

_FIXED: tuple[tuple[str, str, str, Mapping[str, str], str], ...] = (
    ("hourly", "eks.cluster", "AmazonEKS", {}, "AmazonEKS-Hours:perCluster"),
    ("hourly", "eks.extendedSupport", "AmazonEKS", {}, "AmazonEKS-Hours:extendedSupport"),
    ("hourly", "vpc.natGateway", "AmazonEC2", {"productFamily": "NAT Gateway"}, "NatGateway-Hours"),
    ("hourly", "vpc.transitGatewayAttachment", "AmazonVPC", {"operation": "TransitGatewayVPC"}, "TransitGateway-Hours"),
    ("hourly", "vpc.publicIpv4Address", "AmazonVPC", {}, "PublicIPv4:InUseAddress"),
    ("hourly", "vpc.interfaceEndpointPerZone", "AmazonVPC", {"productFamily": "VpcEndpoint"}, "VpcEndpoint-Hours"),
    (
        "hourly",
        "loadBalancer.application",
        "AWSELB",
        {"productFamily": "Load Balancer-Application"},
        "LoadBalancerUsage",
    ),
    ("hourly", "loadBalancer.network", "AWSELB", {"productFamily": "Load Balancer-Network"}, "LoadBalancerUsage"),
    ("monthly", "ebs.gp3PerGib", "AmazonEC2", {"productFamily": "Storage", "volumeApiName": "gp3"}, "VolumeUsage.gp3"),
    ("monthly", "ebs.gp2PerGib", "AmazonEC2", {"productFamily": "Storage", "volumeApiName": "gp2"}, "VolumeUsage.gp2"),
    ("monthly", "ebs.gp3PerIopsOver3000", "AmazonEC2", {"volumeApiName": "gp3"}, "VolumeP-IOPS.gp3"),
    ("monthly", "rds.gp3PerGib", "AmazonRDS", {**_POSTGRES, "volumeType": "General Purpose-GP3"}, "GP3-Storage"),
    ("monthly", "rds.gp2PerGib", "AmazonRDS", {**_POSTGRES, "volumeType": "General Purpose"}, "GP2-Storage"),
    ("monthly", "kms.key", "awskms", {}, "KMS-Keys"),
    ("monthly", "secretsManager.secret", "AWSSecretsManager", {}, "AWSSecretsManager-Secrets"),
    ("monthly", "cloudWatch.alarm", "AmazonCloudWatch", {}, "CW:AlarmMonitorUsage"),
    ("monthly", "cloudWatch.highResolutionAlarm", "AmazonCloudWatch", {}, "CW:HighResAlarmMonitorUsage"),
    ("monthly", "cloudWatch.compositeAlarm", "AmazonCloudWatch", {}, "CW:CompositeAlarmMonitorUsage"),
    ("monthly", "cloudWatch.customMetric", "AmazonCloudWatch", {}, "CW:MetricMonitorUsage"),
    ("use", "nat.perGib", "AmazonEC2", {"productFamily": "NAT Gateway"}, "NatGateway-Bytes"),
    ("use", "endpoint.perGib", "AmazonVPC", {"productFamily": "VpcEndpoint"}, "VpcEndpoint-Bytes"),
    ("use", "logs.writtenPerGib", "AmazonCloudWatch", {}, "DataProcessing-Bytes"),
    ("use", "logs.storedPerGib", "AmazonCloudWatch", {}, "TimedStorage-ByteHrs"),
    ("use", "rds.backupPerGib", "AmazonRDS", {"databaseEngine": "PostgreSQL"}, "RDS:ChargedBackupUsage"),
    ("use", "backup.perGib", "AWSBackup", {}, "WarmStorage-ByteHrs-EBS"),
    ("use", "s3.standardPerGib", "AmazonS3", {"volumeType": "Standard"}, "TimedStorage-ByteHrs"),
    ("use", "loadBalancer.capacityUnitHour", "AWSELB", {"productFamily": "Load Balancer-Application"}, "LCUUsage"),
)
EVERYWHERE = ("cloudWatch.dashboard", "route53.hostedZone", "waf.webAcl", "waf.rule")
"""Prices that are the same in every region of a partition."""


def products(instances: Iterator[str]) -> Iterator[Product]:
    """Every product of a table, with these types of instances, databases (`rds.postgres.db.…`) and cache nodes."""
    for section, name, service, attributes, usage in _FIXED:
        yield Product(name=name, section=section, service=service, attributes=attributes, usage=usage)
    for name in instances:
        yield _instance(name)


def _instance(name: str) -> Product:
    kind, _, rest = name.partition(".")
    if kind == "ec2":
        return Product(name=name, section="hourly", service="AmazonEC2", attributes={**_LINUX, "instanceType": rest})
    engine, _, size = rest.partition(".")
    if kind == "rds":
        attributes = {**_POSTGRES, "instanceType": size, "productFamily": "Database Instance"}
        return Product(name=name, section="hourly", service="AmazonRDS", attributes=attributes)
    attributes = {"cacheEngine": engine.capitalize(), "instanceType": size, "productFamily": "Cache Instance"}
    return Product(name=name, section="hourly", service="AmazonElastiCache", attributes=attributes)
