"""The settings of the network: VPC, subnets by zone, endpoints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from ipaddress import IPv4Network
from typing import Annotated, Literal

from pydantic import Field

from components.common.settings import DISTINCT, LIST, AvailabilityZone, Cidr, LogRetention, Problem, Section


class NatGateways(StrEnum):
    """How private subnets reach the internet."""

    PER_AZ = "perAz"
    SINGLE = "single"


class SubnetCidrs(Section):
    """The three subnets of one availability zone."""

    public: Cidr
    """Load balancers and NAT gateways."""
    private: Cidr
    """Nodes and pods. Pods take addresses of the VPC, so this one is large."""
    database: Cidr
    """PostgreSQL and Redis; no route to the internet."""


# VPC ranges: RFC 1918. Services of EKS clusters take 172.20.0.0/16 wherever the VPC is in 10.0.0.0/8.
VPC_RANGES = (IPv4Network("10.0.0.0/8"), IPv4Network("172.16.0.0/12"), IPv4Network("192.168.0.0/16"))
_SERVICE_CIDR = IPv4Network("172.20.0.0/16")

InterfaceEndpoint = Literal[
    "autoscaling",
    "ec2",
    "ec2messages",
    "ecr.api",
    "ecr.dkr",
    "eks",
    "eks-auth",
    "elasticloadbalancing",
    "kms",
    "logs",
    "monitoring",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
    "ssmmessages",
    "sts",
]


class NetworkSettings(Section):
    """VPC, subnets by availability zone, and how traffic leaves them (guide: VPC and Networking)."""

    vpc_cidr: Cidr
    """Addresses of the VPC, /16 to /24 of a private range, apart from those of the other stacks."""
    subnets: dict[AvailabilityZone, SubnetCidrs]
    """The subnets of exactly three availability zones of the region, by zone."""
    nat_gateways: NatGateways = Field(default=NatGateways.PER_AZ, strict=False)
    """One NAT gateway per zone, or a single one that all zones share and depend on."""
    flow_log_retention_days: LogRetention = 365
    """How long CloudWatch keeps the VPC's flow logs."""
    interface_endpoints: Annotated[tuple[InterfaceEndpoint, ...], LIST, DISTINCT] = (
        "ecr.api",
        "ecr.dkr",
        "sts",
        "ec2",
        "logs",
        "secretsmanager",
        "kms",
        "ssm",
    )
    """AWS services that are reached without leaving the VPC. S3 always is."""

    def problems(self) -> Iterator[Problem]:
        """Three zones; a VPC that EKS accepts; subnets inside it, apart from each other, of sizes that AWS accepts."""
        if len(self.subnets) != 3:
            yield Problem(("subnets",), f"names {len(self.subnets)} availability zones; exactly 3 are allowed")
        if self.vpc_cidr.overlaps(_SERVICE_CIDR):
            yield Problem(("vpcCidr",), f"{self.vpc_cidr} overlaps {_SERVICE_CIDR}, which services of the cluster use")
        yield from vpc_problems(self.vpc_cidr, dict(self._subnet_cidrs()))

    def _subnet_cidrs(self) -> Iterator[tuple[tuple[str, ...], IPv4Network]]:
        for zone, cidrs in self.subnets.items():
            yield ("subnets", zone, "public"), cidrs.public
            yield ("subnets", zone, "private"), cidrs.private
            yield ("subnets", zone, "database"), cidrs.database


def vpc_problems(vpc: IPv4Network, subnets: Mapping[tuple[str, ...], IPv4Network]) -> Iterator[Problem]:
    """What is wrong with a VPC and with its subnets by key."""
    if not 16 <= vpc.prefixlen <= 24:
        yield Problem(("vpcCidr",), f"{vpc} must have a prefix length between /16 and /24")
    elif not any(vpc.subnet_of(private) for private in VPC_RANGES):
        yield Problem(("vpcCidr",), f"{vpc} must be part of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16")
    seen: list[tuple[str, IPv4Network]] = []
    for key, cidr in subnets.items():
        if not cidr.subnet_of(vpc):
            yield Problem(key, f"{cidr} is outside of vpcCidr ({vpc})")
        if cidr.prefixlen > 28:
            yield Problem(key, f"{cidr} is too small; AWS allows subnets from /16 to /28")
        for other, taken in seen:
            if cidr.overlaps(taken):
                yield Problem(key, f"{cidr} overlaps {other} ({taken}); subnets must be apart")
        seen.append((".".join(key), cidr))
