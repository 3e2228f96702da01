"""The settings of the network: VPC, subnets by zone, endpoints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from ipaddress import IPv4Network
from typing import Annotated, Literal

from pydantic import Field

from components.common.settings import (
    DISTINCT,
    LIST,
    PRIVATE_RANGES,
    AvailabilityZone,
    Cidr,
    Label,
    LogRetention,
    Problem,
    Section,
    is_private,
    text,
)


class NatGateways(StrEnum):
    """How private subnets reach the internet."""

    PER_AZ = "perAz"
    SINGLE = "single"


class SubnetCidrs(Section):
    """The three subnets of one availability zone."""

    public: Cidr | None = None
    """Load balancers and NAT gateways. Only an existing VPC may lack them."""
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


SubnetId = Annotated[
    str, text("the id of a subnet, such as subnet-0123456789abcdef0", r"subnet-([0-9a-f]{8}|[0-9a-f]{17})")
]


class ExistingSubnets(Section):
    """The subnets of one zone in an existing VPC, by id."""

    public: SubnetId | None = None
    """Internet-facing load balancers. Without it there are none in this zone."""
    private: SubnetId
    """Nodes, pods and internal load balancers."""
    database: SubnetId
    """PostgreSQL and Redis."""


class ExistingVpcSettings(Section):
    """A VPC that somebody else made, with all that leads in and out of it: routes, gateways, access lists, flow logs.

    Its owner lets the nodes reach the internet or endpoints, and tags the subnets for load balancers
    (`kubernetes.io/role/elb` and `kubernetes.io/role/internal-elb`). A tag Environment, where it has one, is this
    stack's: the deploy role touches nothing of other environments.
    """

    id: Annotated[str, text("the id of a VPC, such as vpc-0123456789abcdef0", r"vpc-([0-9a-f]{8}|[0-9a-f]{17})")]
    """The VPC, whose addresses `vpcCidr` and `subnets` say. Names must resolve in it, hostnames included."""
    subnets: dict[AvailabilityZone, ExistingSubnets]
    """Its subnets by zone, for the same zones as `network.subnets`."""

    @property
    def resources(self) -> list[str]:
        """The VPC and its subnets, as the ends of their ARNs."""
        ids = [id_ for zone in self.subnets.values() for id_ in (zone.public, zone.private, zone.database) if id_]
        return [f"vpc/{self.id}", *(f"subnet/{id_}" for id_ in ids)]


class TransitGatewaySettings(Section):
    """A transit gateway that connects the VPC with other private networks."""

    id: Annotated[str, text("the id of a transit gateway, such as tgw-0123456789abcdef0", r"tgw-[0-9a-f]{17}")]
    """The gateway, of this account or shared with it. One that does not accept attachments by itself stops the first
    deployment until its owner has accepted this one."""
    networks: Annotated[tuple[Cidr, ...], LIST, DISTINCT, Field(min_length=1, max_length=8)]
    """Private networks that are reached through it, and that reach internal load balancers by HTTPS."""

    def problems(self) -> Iterator[Problem]:
        """Private networks: what leads to the internet are the NAT gateways."""
        for index, network in enumerate(self.networks):
            if not is_private(network):
                allowed = ", ".join(map(str, PRIVATE_RANGES))
                yield Problem(("networks", str(index)), f"{network} is not part of a private range ({allowed})")


class EgressSettings(Section):
    """Where load balancers connect to beside the pods."""

    cidr: Cidr
    """Network; 0.0.0.0/0 for identity providers on the internet."""
    port: Annotated[int, Field(ge=1, le=65535)] = 443
    """TCP port."""


class NetworkSettings(Section):
    """VPC, subnets by availability zone, and how traffic leaves them (guide: VPC and Networking)."""

    vpc_cidr: Cidr
    """Addresses of the VPC, /16 to /24 of a private range, apart from those of the other stacks."""
    subnets: dict[AvailabilityZone, SubnetCidrs]
    """The subnets of three availability zones of the region, by zone; two are enough for a sandbox."""
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
    """AWS services that are reached without leaving the VPC. S3 always is. In an existing VPC, none by default."""
    existing: ExistingVpcSettings | None = None
    """Use this VPC instead of making one. By default the stack makes its own. Another VPC replaces everything."""
    transit_gateway: TransitGatewaySettings | None = None
    """Connects the own VPC with other private networks. None by default."""
    alb_egress: Annotated[dict[Label, EgressSettings], Field(max_length=20)] = {}
    """What load balancers reach beside the pods, by label: sign-in by OIDC or Cognito needs 443. None by default."""

    @property
    def endpoints(self) -> tuple[InterfaceEndpoint, ...]:
        """Interface endpoints that the stack makes: those of an existing VPC belong to its owner, unless named here."""
        given = "interface_endpoints" in self.model_fields_set
        return self.interface_endpoints if given or not self.existing else ()

    def problems(self) -> Iterator[Problem]:
        """Three zones; a VPC that EKS accepts; subnets inside it, apart from each other, of sizes that AWS accepts."""
        yield from self._existing_problems()
        yield from self._transit_problems()
        if len(self.subnets) not in (2, 3):
            yield Problem(("subnets",), f"names {len(self.subnets)} availability zones; 3 are allowed, or 2 to save")
        if self.vpc_cidr.overlaps(_SERVICE_CIDR):
            yield Problem(("vpcCidr",), f"{self.vpc_cidr} overlaps {_SERVICE_CIDR}, which services of the cluster use")
        yield from vpc_problems(self.vpc_cidr, dict(self._subnet_cidrs()), is_ours=not self.existing)

    def _existing_problems(self) -> Iterator[Problem]:
        """Ids for the same subnets as addresses."""
        ids = self.existing.subnets if self.existing else {}
        for zone, cidrs in self.subnets.items():
            if not self.existing:
                if cidrs.public is None:
                    yield Problem(("subnets", zone, "public"), "is missing; only an existing VPC may lack it")
            elif zone not in ids:
                yield Problem(("existing", "subnets", zone), "is missing; subnets names the zone")
            elif (ids[zone].public is None) != (cidrs.public is None):
                yield Problem(("existing", "subnets", zone, "public"), "needs both its id here and its CIDR in subnets")
        for zone in ids:
            if zone not in self.subnets:
                yield Problem(("existing", "subnets", zone), "is not a zone of subnets")
        named = [id_ for each in ids.values() for id_ in (each.public, each.private, each.database) if id_]
        for id_ in sorted({id_ for id_ in named if named.count(id_) > 1}):
            yield Problem(("existing", "subnets"), f"names {id_} twice; each tier of each zone has its own")

    def _transit_problems(self) -> Iterator[Problem]:
        """A gateway that leads elsewhere, from a VPC that is the stack's own."""
        if self.transit_gateway and self.existing:
            yield Problem(("transitGateway",), "belongs to the owner of the existing VPC; leave one of the two out")
        for index, network in enumerate(self.transit_gateway.networks if self.transit_gateway else ()):
            if network.overlaps(self.vpc_cidr):
                yield Problem(
                    ("transitGateway", "networks", str(index)), f"{network} overlaps vpcCidr ({self.vpc_cidr})"
                )

    def _subnet_cidrs(self) -> Iterator[tuple[tuple[str, ...], IPv4Network]]:
        for zone, cidrs in self.subnets.items():
            if cidrs.public:
                yield ("subnets", zone, "public"), cidrs.public
            yield ("subnets", zone, "private"), cidrs.private
            yield ("subnets", zone, "database"), cidrs.database


def vpc_problems(
    vpc: IPv4Network, subnets: Mapping[tuple[str, ...], IPv4Network], *, is_ours: bool = True
) -> Iterator[Problem]:
    """What is wrong with a VPC and with its subnets by key. One that exists may be any that AWS lets people make."""
    if not is_ours:
        if vpc.prefixlen > 28 or not is_private(vpc):
            yield Problem(("vpcCidr",), f"{vpc} must be a private network of /16 to /28")
    elif not 16 <= vpc.prefixlen <= 24:
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
