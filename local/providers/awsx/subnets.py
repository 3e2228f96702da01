"""Which subnets `awsx:ec2:Vpc` lays out in a network, after pulumi-awsx 3.11."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from itertools import combinations
from typing import Any

from local.providers.package import Refused

ORDER = ("public", "private", "isolated", "unused")
"""In which order the subnets of a zone are made."""
_LARGEST = {"private": 19, "public": 20, "isolated": 24}
# A zone needs this much for subnets of the default layout.
_SMALLEST_ZONE = 26
_DEFAULT: tuple[Mapping[str, Any], ...] = ({"type": "Private"}, {"type": "Public"})


@dataclass(frozen=True)
class Subnet:
    """One subnet, by the number of its zone from 1 on."""

    zone: int
    kind: str
    spec: Mapping[str, Any]
    block: IPv4Network

    @property
    def label(self) -> str:
        """What follows the network's name in the subnet's."""
        return f"{self.spec.get('name') or self.kind}-{self.zone}"


def layout(network: str, zones: int, given: Mapping[str, Any]) -> list[Subnet]:
    """The subnets of a network by the component's inputs `subnetSpecs`, `subnetStrategy` and the masks.

    Raises:
        Refused: The component refuses the specifications.
    """
    specs, strategy = given.get("subnetSpecs"), given.get("subnetStrategy") or "Legacy"
    whole = IPv4Network(network, strict=False)
    wanted = [_normal(each) for each in specs] if specs is not None else None
    if strategy == "AutoMerge":
        wanted = _merged(wanted or [])
    if strategy in ("Auto", "Exact", "AutoMerge"):
        if wanted and all("cidrBlocks" in each for each in wanted):
            found = _explicit(wanted, zones)
        else:
            found = list(_in_order(whole, zones, wanted, given.get("availabilityZoneCidrMask")))
    else:
        found = list(_legacy(whole, zones, wanted))
    used = [each for each in found if each.kind != "unused"]
    for one, other in combinations(used, 2):
        if one.block.overlaps(other.block):
            reason = f"{one.label}: {one.block}, {other.label}: {other.block}"
            raise Refused(f"The following subnets overlap with at least one other subnet. {reason}")
    return used


def _normal(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """A specification whose size, if it has one, is a mask."""
    size = int(spec.get("size") or 0)
    return {**spec, "cidrMask": 32 - (size.bit_length() - 1)} if size else spec


def _kind(spec: Mapping[str, Any]) -> str:
    return str(spec["type"]).lower()


def _bits(count: int) -> int:
    return max(count - 1, 0).bit_length()


def _next(before: IPv4Network, mask: int) -> IPv4Network:
    """The next block with a mask after the one of that mask in which another ends."""
    size = 2 ** (32 - mask)
    start = (int(before.broadcast_address) // size + 1) * size
    return IPv4Network((start, mask))


def _legacy(whole: IPv4Network, zones: int, specs: Sequence[Mapping[str, Any]] | None) -> Iterator[Subnet]:
    """Private subnets first, then public and isolated ones, in an equal part of the network for each zone."""
    mask = whole.prefixlen + _bits(zones)
    share = int(len(specs) > 1) if specs else 1
    for zone in range(1, zones + 1):
        base = IPv4Network((int(whole.network_address) + (zone - 1) * 2 ** (32 - mask), mask))
        if specs is None:
            private = IPv4Network((int(base.network_address), mask + 1))
            yield Subnet(zone, "private", _DEFAULT[0], private)
            yield Subnet(zone, "public", _DEFAULT[1], _next(private, mask + 2))
            continue
        last: IPv4Network | None = None
        for kind in ("private", "public", "isolated"):
            start = int(last.broadcast_address) + 1 if last else int(base.network_address)
            for number, spec in enumerate(each for each in specs if _kind(each) == kind):
                own = int(spec.get("cidrMask") or max(mask + share, _LARGEST[kind]))
                block = IPv4Network((start + number * 2 ** (32 - own), own), strict=False)
                if last and block.overlaps(last):
                    block = _next(last, own)
                yield Subnet(zone, kind, spec, block)
                last = block


def _in_order(
    whole: IPv4Network, zones: int, specs: Sequence[Mapping[str, Any]] | None, zone_mask: int | None
) -> Iterator[Subnet]:
    """The subnets in the order of the specifications, in a part of the network for each zone."""
    mask = int(zone_mask or whole.prefixlen + _bits(zones))
    if specs is None or any("default" in each for each in specs):
        if mask > _SMALLEST_ZONE:
            raise Refused(f"Automatic subnet creation requires a VPC with at least /26 available per AZ, not /{mask}")
        largest = max(mask, 16)
        defaults = [{**each, "cidrMask": largest + number} for number, each in enumerate(_DEFAULT, 1)]
        # What the program says of a default subnet is said on top of it.
        specs = [{**defaults[each["default"]], **each} if "default" in each else each for each in specs or defaults]
    own = [int(each.get("cidrMask") or mask + _bits(len(specs))) for each in specs]
    if (needed := sum(2 ** (32 - each) for each in own)) > 2 ** (32 - mask):
        reason = f"VPC has {2 ** (32 - mask)} addresses, but subnets require {needed} addresses."
        raise Refused(f"Subnets are too large for VPC. {reason}")
    for zone in range(1, zones + 1):
        block: IPv4Network | None = None
        for spec, prefix in zip(specs, own, strict=True):
            start = int(whole.network_address) + (zone - 1) * 2 ** (32 - mask)
            block = _next(block, prefix) if block else IPv4Network((start, prefix), strict=False)
            yield Subnet(zone, _kind(spec), spec, block)


def _merged(specs: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The default subnets with what the program says of them, then its own."""
    kinds = [_kind(each) for each in _DEFAULT]
    changed = {_kind(each): each for each in specs if _kind(each) in kinds and not each.get("name")}
    own = [each for each in specs if each not in changed.values()]
    return [
        {**each, **changed.get(kind, {}), "default": kinds.index(kind)}
        for kind, each in zip(kinds, _DEFAULT, strict=True)
    ] + own


def _explicit(specs: Sequence[Mapping[str, Any]], zones: int) -> list[Subnet]:
    for number, spec in enumerate(specs):
        if len(spec["cidrBlocks"]) != zones:
            counted = f"the number of availability zones ({zones})"
            raise Refused(f"The number of CIDR blocks in subnetSpecs[{number}] must match {counted}.")
    return [
        Subnet(zone, _kind(spec), spec, IPv4Network(spec["cidrBlocks"][zone - 1]))
        for zone in range(1, zones + 1)
        for spec in specs
    ]
