"""Whether a packet arrives, and whether its answer does: routes, network ACLs and security groups as AWS applies them.

Sources: VPC user guide (network ACLs: stateless, in the order of their numbers, not within a subnet; security groups:
stateful; NAT gateways: ports 1024 to 65535; gateway endpoints: by route table), transit gateway guide (network ACLs:
an attachment's subnet is judged by what leaves it for another subnet, and by what enters it from one).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from tests.engine.deployed import Deployed, Resource

# Ports that systems draw for outgoing connections: NAT gateways and load balancers, Linux, Windows.
EPHEMERAL = (1024, 32768, 49152, 60999, 65535)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Who sends or answers."""

    address: IPv4Address
    subnet: str = ""
    """Of its interface; nothing outside of the VPC."""
    groups: tuple[str, ...] = ()
    is_public: bool = False
    """Whether the internet gateway has a public address for it."""
    behind: str = "internet"
    """What leads to a place outside: `internet`, `transit`, or a service with a gateway endpoint, such as `s3`."""


@dataclass(frozen=True, kw_only=True)
class Packet:
    """What network ACLs and security groups look at."""

    source: IPv4Address
    target: IPv4Address
    protocol: str
    port: int
    """Destination; of ICMP the type."""
    code: int = 0


class LostError(Exception):
    """The packet ends here, because of what the message says."""


class Network:
    """The networks of a deployed stack."""

    def __init__(self, stack: Deployed, open_groups: Sequence[str] = ()) -> None:
        self._open = frozenset(open_groups)
        self._nat = {each.id: each.inputs["subnetId"] for each in stack.of_type("aws:ec2/natGateway:NatGateway")}
        self._attachments = stack.of_type("aws:ec2transitgateway/vpcAttachment:VpcAttachment")
        self._endpoints = stack.of_type("aws:ec2/vpcEndpoint:VpcEndpoint")
        self._routes = [each for each in stack.of_type("aws:ec2/route:Route") if "destinationCidrBlock" in each.inputs]
        self._group_rules = {
            direction: stack.of_type(f"aws:vpc/securityGroup{direction.capitalize()}Rule:SecurityGroup{kind}Rule")
            for direction, kind in (("ingress", "Ingress"), ("egress", "Egress"))
        }
        self.subnets = {each.id: each for each in stack.of_type("aws:ec2/subnet:Subnet")}
        self._acls = {
            subnet: acl for acl in stack.of_type("aws:ec2/networkAcl:NetworkAcl") for subnet in acl.inputs["subnetIds"]
        }
        self._tables = {
            each["subnetId"]: each["routeTableId"]
            for each in stack.of_type("aws:ec2/routeTableAssociation:RouteTableAssociation")
        }

    def connects(self, source: Place, target: Place, protocol: str, port: int) -> None:
        """A packet to a port of the target, and the answers to all ports that it may have come from.

        Raises:
            LostError: one of them does not arrive.
        """
        there = Packet(source=source.address, target=target.address, protocol=protocol, port=port)
        self._travels(source, target, there)
        for ephemeral in EPHEMERAL:
            self.answers(source, target, protocol, ephemeral)

    def answers(self, source: Place, target: Place, protocol: str, port: int, code: int = 0) -> None:
        """A packet from the target that answers to this port of the source. Security groups let answers through.

        Raises:
            LostError: it does not arrive.
        """
        back = Packet(source=target.address, target=source.address, protocol=protocol, port=port, code=code)
        self._travels(target, source, back, is_answer=True)

    def _travels(self, source: Place, target: Place, packet: Packet, *, is_answer: bool = False) -> None:
        if source.subnet and not is_answer:
            self._asks(source, target, packet, "egress")
        if source.subnet and target.subnet and self._same_network(source, target):
            if source.subnet != target.subnet:
                self._passes(source.subnet, "egress", packet)
                self._passes(target.subnet, "ingress", packet)
        elif source.subnet:
            self._leaves(source, target, packet, is_answer=is_answer)
        elif target.subnet:
            self._enters(source, target, packet, is_answer=is_answer)
        if target.subnet and not is_answer:
            self._asks(target, source, packet, "ingress")

    def _same_network(self, one: Place, other: Place) -> bool:
        return bool(self.subnets[one.subnet]["vpcId"] == self.subnets[other.subnet]["vpcId"])

    def _leaves(self, source: Place, target: Place, packet: Packet, *, is_answer: bool) -> None:
        self._passes(source.subnet, "egress", packet)
        kind, via = self._route(source.subnet, target)
        if kind == "natGatewayId" and target.behind != "transit":
            public = self._nat[via]
            if is_answer:
                raise LostError("nothing answers from behind a NAT gateway to who asked from outside")
            self._passes(public, "ingress", packet)
            self._passes(public, "egress", replace(packet, source=self._host(public)))
            if self._route(public, target)[0] != "gatewayId":
                raise LostError("the NAT gateway has no way out")
        elif kind == "gatewayId" and target.behind != "transit":
            if not source.is_public:
                raise LostError("it has no public address")
        elif kind == "transitGatewayId" and target.behind == "transit":
            self._crosses(source.subnet, "ingress", packet)
        elif kind != "endpoint":
            raise LostError(f"the route leads to {kind}, where nobody knows {target.address}")

    def _enters(self, source: Place, target: Place, packet: Packet, *, is_answer: bool) -> None:
        if source.behind == "transit":
            kind, _ = self._route(target.subnet, source)
            if kind != "transitGatewayId":
                raise LostError("no transit gateway leads there and back")
            self._crosses(target.subnet, "egress", packet)
        elif source.behind != "internet":
            self._route(target.subnet, source)
        elif not target.is_public:
            kind, via = self._route(target.subnet, source)
            if not is_answer or kind != "natGatewayId":
                raise LostError("it has no public address")
            public = self._nat[via]
            self._passes(public, "ingress", replace(packet, target=self._host(public)))
            self._passes(public, "egress", packet)
        self._passes(target.subnet, "ingress", packet)

    def _crosses(self, subnet: str, direction: str, packet: Packet) -> None:
        """The attachment's subnet of the same zone, where it is another one."""
        zone = self.subnets[subnet]["availabilityZone"]
        for attachment in self._attachments:
            for own in attachment.inputs["subnetIds"]:
                if own != subnet and self.subnets[own]["availabilityZone"] == zone:
                    self._passes(own, direction, packet)

    def _host(self, subnet: str) -> IPv4Address:
        """Some address of a subnet."""
        return IPv4Network(self.subnets[subnet]["cidrBlock"])[20]

    def _route(self, subnet: str, target: Place) -> tuple[str, str]:
        """The narrowest route to an address outside of the VPC: what it leads to, and its id."""
        table = self._tables.get(subnet)
        for endpoint in self._endpoints:
            service = str(endpoint["serviceName"]).rpartition(".")[2]
            if service == target.behind and table in (endpoint.inputs.get("routeTableIds") or ()):
                return "endpoint", endpoint.id
        routes = [
            (IPv4Network(route["destinationCidrBlock"]), route)
            for route in self._routes
            if route["routeTableId"] == table
        ]
        fitting = [(cidr.prefixlen, route) for cidr, route in routes if target.address in cidr]
        if not fitting:
            raise LostError(f"no route leads to {target.address}")
        found = max(fitting, key=lambda each: each[0])[1]
        return next(
            (kind, str(found.inputs[kind]))
            for kind in ("natGatewayId", "gatewayId", "transitGatewayId")
            if found.inputs.get(kind)
        )

    def _passes(self, subnet: str, direction: str, packet: Packet) -> None:
        """The subnet's network ACL; the VPC's own, which subnets without one have, lets all through."""
        acl = self._acls.get(subnet)
        if acl is None:
            return
        other = packet.source if direction == "ingress" else packet.target
        for rule in sorted(acl.inputs[direction], key=lambda rule: int(rule["ruleNo"])):
            if _fits(rule, packet) and other in IPv4Network(rule["cidrBlock"]):
                if rule["action"] == "allow":
                    return
                break
        raise LostError(f"the access list of {acl.name} closes {direction} of {packet.protocol} {packet.port}")

    def _asks(self, place: Place, other: Place, packet: Packet, direction: str) -> None:
        """The security groups of an interface: any rule of any of them that fits."""
        if direction == "egress" and self._open & set(place.groups):
            return
        for rule in self._group_rules[direction]:
            if rule["securityGroupId"] in place.groups and _permits(rule, packet, other):
                return
        raise LostError(f"no security group of it has {direction} for {packet.protocol} {packet.port}")


def _fits(rule: Mapping[str, Any], packet: Packet) -> bool:
    """Whether an entry of an access list is about the packet, beside addresses."""
    if rule["protocol"] == "-1":
        return True
    if rule["protocol"] != packet.protocol:
        return False
    if packet.protocol == "icmp":
        return bool((rule["icmpType"], rule["icmpCode"]) == (packet.port, packet.code))
    return int(rule["fromPort"]) <= packet.port <= int(rule["toPort"])


def _permits(rule: Resource, packet: Packet, other: Place) -> bool:
    protocol = str(rule["ipProtocol"])
    if protocol != "-1":
        if protocol != packet.protocol:
            return False
        if not int(rule.inputs["fromPort"]) <= packet.port <= int(rule.inputs["toPort"]):
            return False
    if cidr := rule.inputs.get("cidrIpv4"):
        return other.address in IPv4Network(cidr)
    return rule.inputs.get("referencedSecurityGroupId") in other.groups
