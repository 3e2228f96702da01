"""The VPC: three tiers of subnets in three zones, and what may flow between them (guide: VPC and Networking)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi
import pulumi_aws as aws

from components.common.alarms import metric_alarm
from components.common.environment import Environment
from components.network import acls
from components.network.alarms import port_alarm
from components.network.alb import create_alb_security_group
from components.network.settings import ExistingVpcSettings, NatGateways, NetworkSettings
from components.network.transit import attach_transit_gateway, route_to_transit_gateway
from components.network.vpc import create_flow_logs, create_vpc


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """What the network looks like."""

    environment: Environment
    settings: NetworkSettings
    api_cidrs: Sequence[IPv4Network] = ()
    """Private networks outside of the VPC that may reach the Kubernetes API."""
    client_cidrs: Sequence[IPv4Network] = ()
    """Networks outside of the private subnets whose clients reach the data stores."""


class Network(pulumi.ComponentResource):
    """VPC, subnets, routes, NAT and internet gateways, network ACLs, flow logs, VPC endpoints and the ALB's group.

    The default security group is emptied. `private_egress` lists what nodes need before they can reach the internet.
    An existing VPC is taken with its subnets as it is: only subnet groups, the ALB's group and the endpoints that the
    settings name are made in it.
    """

    vpc_id: pulumi.Output[str]
    """Of the VPC `<prefix>-vpc`, or of the existing one."""
    public_subnet_ids: dict[str, pulumi.Output[str]]
    """By zone: for internet-facing load balancers and NAT gateways."""
    private_subnet_ids: dict[str, pulumi.Output[str]]
    """By zone: for nodes, pods and internal load balancers."""
    database_subnet_ids: dict[str, pulumi.Output[str]]
    """By zone: for data stores, without a route to the internet."""
    database_subnet_group_name: pulumi.Output[str]
    """The database subnets, as RDS takes them."""
    cache_subnet_group_name: pulumi.Output[str]
    """The database subnets, as ElastiCache takes them."""
    alb_security_group_id: pulumi.Output[str]
    """Group of load balancers, which ingresses name."""
    nat_public_ips: dict[str, pulumi.Output[str]]
    """Addresses of outgoing traffic, by zone of the NAT gateway."""
    private_egress: list[pulumi.Resource]
    """Routes and network ACLs that nodes need before they can reach the internet. None in an existing VPC."""

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform:network:Network", name, None, opts)
        self._name = name
        self._scope = args.environment.scope
        self._environment = args.environment
        self._settings = args.settings
        self._child = pulumi.ResourceOptions(parent=self)

        if args.settings.existing:
            self._take(args.settings.existing)
            tables: list[aws.ec2.RouteTable] = []
        else:
            tables = self._create_own(args)
        self._create_subnet_groups()
        self._create_endpoints(tables)
        self.alb_security_group_id = create_alb_security_group(
            name, self._scope, self._settings, vpc_id=self.vpc_id, opts=self._child
        )
        self.register_outputs(
            {
                "vpcId": self.vpc_id,
                "publicSubnetIds": self.public_subnet_ids,
                "privateSubnetIds": self.private_subnet_ids,
                "databaseSubnetIds": self.database_subnet_ids,
            }
        )

    def _take(self, existing: ExistingVpcSettings) -> None:
        """The ids of an existing VPC. What leads in and out of it is there already."""
        known = pulumi.Output.from_input
        self.vpc_id = known(existing.id)
        self.public_subnet_ids = {zone: known(ids.public) for zone, ids in existing.subnets.items() if ids.public}
        self.private_subnet_ids = {zone: known(ids.private) for zone, ids in existing.subnets.items()}
        self.database_subnet_ids = {zone: known(ids.database) for zone, ids in existing.subnets.items()}
        self.nat_public_ips = {}
        self.private_egress = []

    def _create_own(self, args: NetworkArgs) -> list[aws.ec2.RouteTable]:
        """The VPC with everything that leads in and out of it. Returns the tables of its private tiers."""
        name = self._name
        vpc = create_vpc(name, self._scope, "vpc", cidr=self.vpc_cidr, opts=self._child)
        self.vpc_id = vpc.id
        public = self._create_subnets("public", {"kubernetes.io/role/elb": "1"})
        private = self._create_subnets("private", {"kubernetes.io/role/internal-elb": "1"})
        database = self._create_subnets("database", {})
        self.public_subnet_ids = {zone: subnet.id for zone, subnet in public.items()}
        self.private_subnet_ids = {zone: subnet.id for zone, subnet in private.items()}
        self.database_subnet_ids = {zone: subnet.id for zone, subnet in database.items()}

        gateway = self._create_internet_gateway()
        public_routes = self._create_public_routes(gateway)
        nat_gateways = self._create_nat_gateways(gateway)
        private_routes, private_tables = self._create_private_routes(nat_gateways)
        database_table = self._create_database_routes()
        networks = args.settings.transit_gateway.networks if args.settings.transit_gateway else ()
        tier_acls = self._create_acls(
            [str(cidr) for cidr in dict.fromkeys((*args.api_cidrs, *networks))],
            [str(cidr) for cidr in args.client_cidrs],
        )
        self._attach_transit_gateway(private_tables, database_table, args.client_cidrs)
        self.private_egress = [*public_routes, *private_routes, tier_acls["public"], tier_acls["private"]]
        create_flow_logs(
            f"{name}-flow-logs",
            args.environment.scope,
            "flow-logs",
            vpc=vpc,
            retention_days=args.settings.flow_log_retention_days,
            key_arn=args.environment.logs_key_arn,
            boundary_arn=args.environment.boundary_arn,
            opts=self._child,
        )
        return [*private_tables.values(), database_table]

    @property
    def exports(self) -> dict[str, pulumi.Input[object]]:
        """What the stack exports of it, by the name of the output."""
        return {
            "vpcId": self.vpc_id,
            "vpcCidr": self.vpc_cidr,
            "publicSubnetIds": self.public_subnet_ids,
            "privateSubnetIds": self.private_subnet_ids,
            "databaseSubnetIds": self.database_subnet_ids,
            "natPublicIps": self.nat_public_ips,
            "albSecurityGroupId": self.alb_security_group_id,
        }

    @property
    def vpc_cidr(self) -> str:
        """The VPC's CIDR block."""
        return str(self._settings.vpc_cidr)

    @property
    def public_subnet_cidrs(self) -> list[str]:
        """CIDR blocks of the public subnets, where load balancers stand."""
        return self._cidrs("public")

    @property
    def private_subnet_cidrs(self) -> list[str]:
        """CIDR blocks of the private subnets, where nodes and pods run."""
        return self._cidrs("private")

    @property
    def database_subnet_cidrs(self) -> list[str]:
        """CIDR blocks of the database subnets."""
        return self._cidrs("database")

    def _cidrs(self, tier: str) -> list[str]:
        return [str(cidr) for each in self._settings.subnets.values() if (cidr := getattr(each, tier))]

    def _tags(self, label: str) -> dict[str, str]:
        return {"Name": self._scope.name(label)}

    def _create_subnets(self, tier: str, discovery_tags: Mapping[str, str]) -> dict[str, aws.ec2.Subnet]:
        return {
            zone: aws.ec2.Subnet(
                f"{self._name}-{tier}-{zone}",
                vpc_id=self.vpc_id,
                availability_zone=zone,
                cidr_block=str(getattr(cidrs, tier)),
                map_public_ip_on_launch=False,
                tags={**self._tags(f"{tier}-{zone}"), **discovery_tags},
                opts=self._child,
            )
            for zone, cidrs in self._settings.subnets.items()
        }

    def _create_internet_gateway(self) -> aws.ec2.InternetGateway:
        return aws.ec2.InternetGateway(
            self._name, vpc_id=self.vpc_id, tags=self._tags("internet-gateway"), opts=self._child
        )

    def _create_route_table(self, label: str) -> aws.ec2.RouteTable:
        return aws.ec2.RouteTable(f"{self._name}-{label}", vpc_id=self.vpc_id, tags=self._tags(label), opts=self._child)

    def _associate(
        self, tier: str, zone: str, subnet_id: pulumi.Input[str], table: aws.ec2.RouteTable
    ) -> aws.ec2.RouteTableAssociation:
        return aws.ec2.RouteTableAssociation(
            f"{self._name}-{tier}-{zone}", subnet_id=subnet_id, route_table_id=table.id, opts=self._child
        )

    def _create_public_routes(self, gateway: aws.ec2.InternetGateway) -> list[pulumi.Resource]:
        table = self._create_route_table("public")
        route = aws.ec2.Route(
            f"{self._name}-public",
            route_table_id=table.id,
            destination_cidr_block=acls.ANYWHERE,
            gateway_id=gateway.id,
            opts=self._child,
        )
        return [route, *(self._associate("public", zone, id_, table) for zone, id_ in self.public_subnet_ids.items())]

    def _create_nat_gateways(self, gateway: aws.ec2.InternetGateway) -> dict[str, aws.ec2.NatGateway]:
        """One NAT gateway in each zone, or a single one in the first zone by name."""
        zones = sorted(self.public_subnet_ids)
        if self._settings.nat_gateways is NatGateways.SINGLE:
            zones = zones[:1]
        after_gateway = pulumi.ResourceOptions(parent=self, depends_on=[gateway])
        addresses = {
            zone: aws.ec2.Eip(
                f"{self._name}-nat-{zone}", domain="vpc", tags=self._tags(f"nat-{zone}"), opts=after_gateway
            )
            for zone in zones
        }
        self.nat_public_ips = {zone: address.public_ip for zone, address in addresses.items()}
        gateways = {
            zone: aws.ec2.NatGateway(
                f"{self._name}-{zone}",
                subnet_id=self.public_subnet_ids[zone],
                allocation_id=address.allocation_id,
                tags=self._tags(f"nat-{zone}"),
                opts=after_gateway,
            )
            for zone, address in addresses.items()
        }
        for zone, nat in gateways.items():
            metric_alarm(
                f"{self._name}-nat-{zone}-ports",
                self._scope.name(f"nat-{zone}-ports"),
                port_alarm(zone, nat.id),
                topic_arn=self._environment.alarm_topic_arn,
                runbooks=self._environment.runbooks,
                opts=self._child,
            )
        return gateways

    def _create_private_routes(
        self, nat_gateways: Mapping[str, aws.ec2.NatGateway]
    ) -> tuple[list[pulumi.Resource], dict[str, aws.ec2.RouteTable]]:
        """A route table for each zone, through the zone's own NAT gateway where it has one."""
        shared = next(iter(nat_gateways.values()))
        tables: dict[str, aws.ec2.RouteTable] = {}
        ready: list[pulumi.Resource] = []
        for zone, subnet_id in self.private_subnet_ids.items():
            table = tables[zone] = self._create_route_table(f"private-{zone}")
            route = aws.ec2.Route(
                f"{self._name}-private-{zone}",
                route_table_id=table.id,
                destination_cidr_block=acls.ANYWHERE,
                nat_gateway_id=nat_gateways.get(zone, shared).id,
                opts=self._child,
            )
            ready += [route, self._associate("private", zone, subnet_id, table)]
        return ready, tables

    def _create_database_routes(self) -> aws.ec2.RouteTable:
        """A table of local routes only: nothing leads from the database tier to the internet."""
        table = self._create_route_table("database")
        for zone, subnet_id in self.database_subnet_ids.items():
            self._associate("database", zone, subnet_id, table)
        return table

    def _attach_transit_gateway(
        self,
        private_tables: Mapping[str, aws.ec2.RouteTable],
        database_table: aws.ec2.RouteTable,
        client_cidrs: Sequence[IPv4Network],
    ) -> None:
        """Where configured: to all of its networks from the private tier, from the database tier to clients alone."""
        if not (settings := self._settings.transit_gateway):
            return
        attachment = attach_transit_gateway(
            self._name,
            settings,
            vpc_id=self.vpc_id,
            subnet_ids=list(self.private_subnet_ids.values()),
            tags=self._tags("transit"),
            opts=self._child,
        )
        abroad = [cidr for cidr in client_cidrs if any(cidr.subnet_of(network) for network in settings.networks)]
        tables = {f"private-{zone}": (table, settings.networks) for zone, table in private_tables.items()}
        for label, (table, networks) in {**tables, "database": (database_table, abroad)}.items():
            route_to_transit_gateway(
                f"{self._name}-{label}", attachment, table=table, networks=networks, opts=self._child
            )

    def _create_acls(self, api_cidrs: Sequence[str], client_cidrs: Sequence[str]) -> dict[str, pulumi.Resource]:
        clients, database = [*self.private_subnet_cidrs, *client_cidrs], self.database_subnet_cidrs
        tiers = {
            "public": (self.public_subnet_ids, acls.public_ingress(self.vpc_cidr), acls.open_egress()),
            "private": (self.private_subnet_ids, acls.private_ingress(self.vpc_cidr, api_cidrs), acls.open_egress()),
            "database": (
                self.database_subnet_ids,
                acls.database_ingress(clients, database),
                acls.database_egress(clients, database),
            ),
        }
        return {
            tier: aws.ec2.NetworkAcl(
                f"{self._name}-{tier}",
                vpc_id=self.vpc_id,
                subnet_ids=list(subnet_ids.values()),
                ingress=acls.numbered(ingress),
                egress=acls.numbered(egress),
                tags=self._tags(tier),
                opts=self._child,
            )
            for tier, (subnet_ids, ingress, egress) in tiers.items()
        }

    def _create_subnet_groups(self) -> None:
        subnet_ids = list(self.database_subnet_ids.values())
        self.database_subnet_group_name = aws.rds.SubnetGroup(
            f"{self._name}-database",
            description="Database subnets of the platform",
            subnet_ids=subnet_ids,
            tags=self._tags("database"),
            opts=self._child,
        ).name
        self.cache_subnet_group_name = aws.elasticache.SubnetGroup(
            f"{self._name}-cache",
            description="Database subnets of the platform",
            subnet_ids=subnet_ids,
            tags=self._tags("cache"),
            opts=self._child,
        ).name

    def _create_endpoints(self, route_tables: Sequence[aws.ec2.RouteTable]) -> None:
        """Private ways to AWS services, so that images, secrets and keys never cross the internet."""
        if route_tables:
            aws.ec2.VpcEndpoint(
                f"{self._name}-s3",
                vpc_id=self.vpc_id,
                service_name=self._scope.endpoint_service("s3"),
                vpc_endpoint_type="Gateway",
                route_table_ids=[table.id for table in route_tables],
                tags=self._tags("s3"),
                opts=self._child,
            )
        if not self._settings.endpoints:
            return
        group = aws.ec2.SecurityGroup(
            f"{self._name}-endpoints",
            description="Interface endpoints: HTTPS from the VPC",
            vpc_id=self.vpc_id,
            tags=self._tags("endpoints"),
            opts=self._child,
        )
        rule = aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-endpoints-https",
            security_group_id=group.id,
            description="HTTPS from the VPC",
            ip_protocol="tcp",
            from_port=443,
            to_port=443,
            cidr_ipv4=self.vpc_cidr,
            opts=self._child,
        )
        for service in self._settings.endpoints:
            aws.ec2.VpcEndpoint(
                f"{self._name}-{service}",
                vpc_id=self.vpc_id,
                service_name=self._scope.endpoint_service(service),
                vpc_endpoint_type="Interface",
                subnet_ids=list(self.private_subnet_ids.values()),
                security_group_ids=[group.id],
                private_dns_enabled=True,
                tags=self._tags(service),
                # From its first moment an endpoint draws all calls of the VPC to its service.
                opts=pulumi.ResourceOptions(parent=self, depends_on=[rule]),
            )
