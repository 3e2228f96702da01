"""Ingress rules of security groups in one form, wherever they are written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from policies.support.networks import is_internet
from policies.support.resources import Resource
from policies.support.values import Values

GROUPS = ("aws:ec2/securityGroup:SecurityGroup",)
DEFAULT_GROUPS = ("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",)
INGRESS_RULES = ("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",)
EGRESS_RULES = ("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",)
LEGACY_RULES = ("aws:ec2/securityGroupRule:SecurityGroupRule",)

INGRESS = (*GROUPS, *DEFAULT_GROUPS, *INGRESS_RULES, *LEGACY_RULES)
"""Every type that can let traffic in."""

_PREFIX_LIST = "a prefix list"
"""Stands for the ids of prefix lists, which say nothing of the networks in them and can be unknown."""


@dataclass(frozen=True)
class Ingress:
    """Traffic that a rule lets in."""

    where: str
    """The property that holds the rule, for messages; empty for a rule that is a resource."""
    protocol: str
    ports: range
    addresses: tuple[str, ...]
    """Networks that are sources, and a mark for prefix lists."""

    @property
    def from_anyone(self) -> bool:
        """Whether the sources together are as good as the internet."""
        return is_internet(self.addresses)

    def opens(self, port: int) -> bool:
        """Whether TCP traffic to the port gets in."""
        return self.protocol in ("tcp", "-1") and port in self.ports

    @property
    def says(self) -> str:
        """How a message begins that is about this rule."""
        return f"{self.where}: " if self.where else ""


def ingress(resource: Resource) -> Iterator[Ingress]:
    """The ingress rules that a resource of one of the types in `INGRESS` holds. Addresses are read last."""
    if resource.type in INGRESS_RULES:
        protocol = resource.text("ipProtocol") or ""
        addresses = [resource.text(name) for name in ("cidrIpv4", "cidrIpv6")]
        listed = [_PREFIX_LIST] if resource.has("prefixListId") else []
        yield _ingress(resource, "", protocol, [address for address in addresses if address] + listed)
    elif resource.type in LEGACY_RULES:
        if resource.text("type") == "ingress":
            yield _ingress(resource, "", resource.text("protocol") or "", _addresses(resource))
    else:
        for number, item in enumerate(resource.each("ingress")):
            yield _ingress(item, f"ingress[{number}]", item.text("protocol") or "", _addresses(item))


def _addresses(rule: Values) -> list[str]:
    addresses = [address for name in ("cidrBlocks", "ipv6CidrBlocks") for address in rule.strings(name)]
    return addresses + ([_PREFIX_LIST] if rule.has("prefixListIds") else [])


def _ingress(rule: Values, where: str, protocol: str, addresses: list[str]) -> Ingress:
    protocol = {"6": "tcp", "17": "udp", "all": "-1"}.get(protocol.lower(), protocol.lower())
    first, last = rule.number("fromPort"), rule.number("toPort")
    everything = protocol == "-1" or first is None or last is None
    ports = range(65536) if everything else range(int(first or 0), int(last or 0) + 1)
    return Ingress(where, protocol, ports, tuple(addresses))
