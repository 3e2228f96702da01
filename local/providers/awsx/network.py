"""`awsx:ec2:Vpc` and `awsx:ec2:DefaultVpc` with their children, after pulumi-awsx 3.11."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pulumi.runtime.proto import provider_pb2

from local import schema
from local.providers.awsx.subnets import ORDER, Subnet, layout
from local.providers.check import Failure
from local.providers.monitor import Monitor, Options, Output, Registered, combine
from local.providers.package import Refused

_VPC = "aws:ec2/vpc:Vpc"
_ZONES = 3
_NOT_OFFERED = ("assignGeneratedIpv6CidrBlock", "ipv4IpamPoolId", "ipv6CidrBlock", "ipv6IpamPoolId")
_EVERYWHERE = "0.0.0.0/0"


def construct_vpc(request: provider_pb2.ConstructRequest, monitor: Monitor) -> provider_pb2.ConstructResponse:
    """Create the network, its subnets with their routes, gateways and endpoints."""
    if failures := tuple(_failures(monitor)):
        raise Refused(f"the inputs of the network {request.name!r} are invalid", failures)
    given = {name: value.value for name, value in monitor.inputs.items()}
    zones = given.get("availabilityZoneNames") or _zones(monitor, int(given.get("numberOfAvailabilityZones") or _ZONES))
    subnets = layout(given.get("cidrBlock") or "10.0.0.0/16", len(zones), given)
    strategy = str((given.get("natGateways") or {}).get("strategy") or "OnePerAz").lower()
    kinds = {subnet.kind for subnet in subnets}
    if strategy != "none" and not ("public" in kinds and kinds & {"private", "isolated"}):
        raise Refused(
            "If NAT Gateway strategy is 'OnePerAz' or 'Single', public subnets must be declared to host the NAT "
            "Gateway resource, along with private or isolated subnets to route through it."
        )
    component = monitor.component(request.parent)
    return _Network(monitor, component, zones, strategy).construct(subnets)


def _failures(monitor: Monitor) -> Iterator[Failure]:
    for name in _NOT_OFFERED:
        if monitor[name].value:
            yield Failure(name, "the stand-in for awsx does not offer this")
    if monitor["availabilityZoneNames"].value and monitor["numberOfAvailabilityZones"].value:
        both = "Only one of [availabilityZoneNames] and [numberOfAvailabilityZones] can be specified"
        yield Failure("availabilityZoneNames", both)
    if monitor["vpcEndpointStrategy"].value == "Auto":
        yield Failure("vpcEndpointStrategy", "the stand-in for awsx offers Legacy only")


def _zones(monitor: Monitor, count: int) -> list[str]:
    arguments = {"region": monitor["region"]} if monitor["region"].value else {}
    names = monitor.invoke("aws:index/getAvailabilityZones:getAvailabilityZones", arguments).get("names").value
    if len(names) < count:
        raise Refused(
            f"The configured region for this provider does not have at least {count} Availability Zones. Either "
            "specify an explicit list of zones in availabilityZoneNames or choose a region with at least "
            f"{count} AZs."
        )
    return list(names[:count])


class _Network:
    """One network under construction."""

    def __init__(self, monitor: Monitor, component: Registered, zones: list[str], strategy: str) -> None:
        self.monitor = monitor
        self.component = component
        self.zones = zones
        self.strategy = strategy
        self.made: dict[str, list[Registered]] = {}
        """What there is several of, by the output that lists it."""
        self.gateways: dict[int, Registered] = {}
        """NAT gateways by the number of their zone."""

    def construct(self, subnets: list[Subnet]) -> provider_pb2.ConstructResponse:
        """Register everything, and hand out the outputs."""
        monitor = self.monitor
        known = schema.existing(_VPC).inputs.keys() & monitor.inputs.keys()
        inputs = {name: monitor[name] for name in known} | {"tags": self._tags()}
        inputs["cidrBlock"] = monitor["cidrBlock"].otherwise("10.0.0.0/16")
        self.vpc = monitor.resource(_VPC, monitor.name, self.component, inputs)
        self.internet = self._make("ec2/internetGateway:InternetGateway", monitor.name, self.vpc, tags=self._tags())
        for zone in range(1, len(self.zones) + 1):
            here = [subnet for subnet in subnets if subnet.zone == zone]
            for subnet in sorted(here, key=lambda each: ORDER.index(each.kind)):
                self._subnet(subnet)
        for spec in monitor["vpcEndpointSpecs"].value or []:
            own = {**spec, "tags": self._tags(spec.get("tags"))}
            self._list("vpcEndpoints", self._make("ec2/vpcEndpoint:VpcEndpoint", spec["serviceName"], self.vpc, **own))
        return monitor.finish(self.component, self._outputs())

    def _outputs(self) -> dict[str, Any]:
        several = {name: [each.reference for each in found] for name, found in self.made.items()}
        names = ("eips", "isolatedSubnets", "natGateways", "privateSubnets", "publicSubnets", "routes")
        kinds = ("isolated", "private", "public")
        ids = {f"{kind}SubnetIds": [each["id"] for each in self.made.get(f"{kind}Subnets", [])] for kind in kinds}
        return {
            **{name: [] for name in (*names, "vpcEndpoints")},
            **several,
            **ids,
            "vpc": self.vpc.reference,
            "vpcId": self.vpc["id"],
            "internetGateway": self.internet.reference,
            "subnetLayout": self.monitor["subnetSpecs"].otherwise([]),
        }

    def _subnet(self, subnet: Subnet) -> None:
        """A subnet with its table of routes, and the gateway that it holds for others."""
        monitor, name = self.monitor, f"{self.monitor.name}-{subnet.label}"
        zone = self.zones[subnet.zone - 1]
        kind = subnet.kind.capitalize()
        own = {"Name": self._shown(subnet, zone), "SubnetType": kind}
        made = self._make(
            "ec2/subnet:Subnet",
            name,
            self.vpc,
            availabilityZone=zone,
            mapPublicIpOnLaunch=subnet.kind == "public",
            cidrBlock=str(subnet.block),
            assignIpv6AddressOnCreation=bool(subnet.spec.get("assignIpv6AddressOnCreation")),
            tags=self._tags({**(subnet.spec.get("tags") or {}), **own}),
        )
        self._list("subnets", made)
        self._list(f"{subnet.kind}Subnets", made)
        table = self._make("ec2/routeTable:RouteTable", name, made, tags=self._tags(own))
        self._list("routeTables", table)
        association = "aws:ec2/routeTableAssociation:RouteTableAssociation"
        inputs = {"routeTableId": table["id"], "subnetId": made["id"], "region": monitor["region"]}
        self._list("routeTableAssociations", monitor.resource(association, name, table, inputs, Options((table,))))
        if subnet.kind == "public":
            self._gateway(subnet.zone, made)
            self._route(name, table, {"gatewayId": self.internet["id"]})
        elif subnet.kind == "private" and self.gateways:
            through = self.gateways.get(subnet.zone) or self.gateways[min(self.gateways)]
            self._route(name, table, {"natGatewayId": through["id"]})

    def _route(self, name: str, table: Registered, target: Mapping[str, Any]) -> None:
        inputs = {
            "routeTableId": table["id"],
            "destinationCidrBlock": _EVERYWHERE,
            "region": self.monitor["region"],
            **target,
        }
        route = self.monitor.resource("aws:ec2/route:Route", name, table, inputs, Options((table,)))
        self._list("routes", route)

    def _gateway(self, zone: int, subnet: Registered) -> None:
        """A NAT gateway in the first public subnet of the zone, or of all zones."""
        if self.strategy == "none" or zone in self.gateways or (self.strategy == "single" and self.gateways):
            return
        monitor, name = self.monitor, f"{self.monitor.name}-{zone}"
        allocated = (monitor["natGateways"].value or {}).get("elasticIpAllocationIds") or []
        options, region = Options((subnet,)), monitor["region"]
        tags = {**(monitor["tags"].value or {}), "Name": name}
        if allocated:
            address = allocated[zone - 1]
        else:
            inputs = {"tags": tags, "region": region}
            elastic = monitor.resource("aws:ec2/eip:Eip", name, subnet, inputs, options)
            self._list("eips", elastic)
            address = elastic["allocationId"]
        inputs = {"subnetId": subnet["id"], "allocationId": address, "tags": tags, "region": region}
        gateway = monitor.resource("aws:ec2/natGateway:NatGateway", name, subnet, inputs, options)
        self._list("natGateways", gateway)
        self.gateways[zone] = gateway

    def _make(self, kind: str, name: str, parent: Registered, **inputs: Any) -> Registered:
        """Something in the network, once its parent is there."""
        own = {"region": self.monitor["region"], **inputs, "vpcId": self.vpc["id"]}
        return self.monitor.resource(f"aws:{kind}", name, parent, own, Options((parent,)))

    def _list(self, output: str, made: Registered) -> None:
        self.made.setdefault(output, []).append(made)

    def _tags(self, own: Mapping[str, str] | None = None) -> Output:
        def merge(given: Mapping[str, str] | None) -> dict[str, str]:
            return {"Name": self.monitor.name, **(given or {}), **(own or {})}

        return combine(merge, self.monitor["tags"])

    def _shown(self, subnet: Subnet, zone: str) -> str:
        """The subnet's tag `Name`, by number or by zone."""
        if self.monitor["subnetNameTagStrategy"].value != "AvailabilityZone":
            return f"{self.monitor.name}-{subnet.label}"
        return f"{self.monitor.name}-{subnet.label.rpartition('-')[0]}-{zone.split('-', 2)[-1]}"


def construct_default_vpc(request: provider_pb2.ConstructRequest, monitor: Monitor) -> provider_pb2.ConstructResponse:
    """Create nothing, and tell of the account's default network."""
    component = monitor.component(request.parent)
    return monitor.finish(component, default_network(monitor))


def default_network(monitor: Monitor) -> dict[str, Output]:
    """The default network of the account with its subnets."""
    vpc = monitor.invoke("aws:ec2/getVpc:getVpc", {"default": True}).get("id")
    ids = monitor.invoke("aws:ec2/getSubnets:getSubnets", {"filters": [{"name": "vpc-id", "values": [vpc]}]}).get("ids")
    subnets = [monitor.invoke("aws:ec2/getSubnet:getSubnet", {"id": each}).value for each in ids.value]
    public = [each["id"] for each in subnets if each["mapPublicIpOnLaunch"]]
    private = [each["id"] for each in subnets if not each["mapPublicIpOnLaunch"]]
    return {"vpcId": vpc, "publicSubnetIds": Output(public), "privateSubnetIds": Output(private)}
