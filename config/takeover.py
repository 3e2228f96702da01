"""Writes the file of a stack that takes over another one's work in its recovery region.

`python -m config.takeover --stack production --name takeover --vpc-cidr 10.3.0.0/16
--recovery-region us-east-2 --standby-zones us-east-2a us-east-2b us-east-2c --standby-cidr 10.101.0.0/20`
"""

from __future__ import annotations

import argparse
import copy
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import yaml

import config
from config.files import values
from config.schema import NAMESPACE

ROOT = Path(__file__).resolve().parent.parent

_HEADER = "# Takes over the work of {stack} in {region}. Written by `python -m config.takeover`.\n"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the new stack lives, and what its database starts from."""

    name: str
    """Of the new stack."""
    vpc_cidr: IPv4Network
    """Its network, at least as large as the old one."""
    recovery_region: str
    """Where its own copies go."""
    region: str | None = None
    """Where it lives; None for the recovery region of the old one. Another one takes zones by name."""
    zones: Sequence[str] = ()
    """Its zones, in the order of the old ones. Without any, those of the old stack's standby."""
    standby_zones: Sequence[str] = ()
    """Zones of its own standby; none where the old stack has no standby, or the new one is to have none."""
    standby_cidr: IPv4Network | None = None
    """Network of its own standby."""
    without_standby: bool = False
    """The new stack has no standby although the old one has."""
    snapshot: str | None = None
    """Snapshot that its database starts from."""
    storage_gib: int | None = None
    """What the snapshot needs, if its storage has grown."""
    pilot_light: bool = False
    """The stack waits: what costs by the hour comes on the day."""
    hosted_zone: str | None = None
    """Zone of the address, where the old stack made it."""
    successor_of: str = ""
    """The old stack, whose records of the address the new one goes on with."""


def moved(source: Mapping[str, Any], place: Place) -> dict[str, Any]:
    """The values of a stack for the same platform in its recovery region.

    Subnets keep their place within the VPC; zones are named, since their letters are not the same everywhere. The
    account's switches stay with the stack that has them, and with their region the registry, a rotation function, a
    transit gateway, the further clients of the data stores, and Prometheus, whose collector has a role that only the
    global part of IAM can make.

    Raises:
        ValueError: The new VPC is smaller than the old one, or zones are missing; the message names the option. Or the
            stack lives in an existing VPC, whose like in the recovery region only its owner knows.
    """
    found = copy.deepcopy(dict(source))
    region = place.region or found["recovery"]["region"]
    found["network"] = _moved_network(found["network"], found["recovery"], place, region)
    if state := found["access"].get("state"):
        state["bucket"] = state["bucket"].replace(found["region"], region)
    found["access"]["githubEnvironment"] = place.name
    found["region"] = region
    found["recovery"] = _moved_recovery(found["recovery"], place)
    found.pop("account", None)
    found.pop("registry", None)
    found.pop("metrics", None)
    found["postgres"].pop("rotation", None)
    found["postgres"].pop("restore", None)
    for store in ("postgres", "redis"):
        found[store].pop("clients", None)
    if place.snapshot:
        found["postgres"]["restore"] = {"snapshotIdentifier": place.snapshot}
    if place.storage_gib:
        _hold(found["postgres"], place.storage_gib)
    if "address" in found:
        found["address"] = _moved_address(found["address"], place)
    found.pop("pilotLight", None)
    return {"pilotLight": True, **found} if place.pilot_light else found


def _moved_address(address: Mapping[str, Any], place: Place) -> dict[str, Any]:
    """The same domain in the same zone, with records that belonged to the old stack."""
    zone = place.hosted_zone or address.get("hostedZoneId")
    if not zone:
        raise ValueError("--hosted-zone: name the zone that the old stack made for its address (output addressZoneId)")
    found = {key: value for key, value in address.items() if key != "parentZoneId"}
    owner = address.get("dns", {}).get("owner") or place.successor_of
    return {**found, "hostedZoneId": zone, "dns": {**address.get("dns", {}), "owner": owner}}


def _moved_network(
    network: Mapping[str, Any], recovery: Mapping[str, Any], place: Place, region: str
) -> dict[str, Any]:
    if network.get("existing"):
        raise ValueError(
            f"network.existing: the VPC of {region} is known to its owner only; write the new stack's file"
            " by hand, with its ids"
        )
    network = {key: value for key, value in network.items() if key != "transitGateway"}
    old, new = IPv4Network(network["vpcCidr"]), place.vpc_cidr
    if new.prefixlen > old.prefixlen:
        raise ValueError(f"--vpc-cidr: {new} is smaller than {old}; the subnets need a network of the same size")
    offset = int(new.network_address) - int(old.network_address)
    tiers = list(network["subnets"].values())
    standby = (recovery.get("standby") or {}).get("subnets", {}) if region == recovery["region"] else {}
    zones = place.zones or list(standby)
    if len(set(zones)) != len(tiers):
        named = ", ".join(zones) or "none"
        raise ValueError(f"--zones: name {len(tiers)} different zones of {region}, not {named}")
    subnets = {
        zone: {tier: _shifted(cidr, offset) for tier, cidr in cidrs.items()}
        for zone, cidrs in zip(zones, tiers, strict=True)
    }
    return {**network, "vpcCidr": str(new), "subnets": subnets}


def _moved_recovery(recovery: Mapping[str, Any], place: Place) -> dict[str, Any]:
    """The standby keeps its class and its other settings, in a network and in zones of the next region."""
    found = {**recovery, "region": place.recovery_region}
    standby = found.pop("standby", None)
    if standby is None or place.without_standby:
        return found
    if not place.standby_zones or not place.standby_cidr:
        raise ValueError(
            f"--standby-zones, --standby-cidr: name zones of {place.recovery_region} and a network for the new stack's"
            " standby, or leave it out with --without-standby"
        )
    kept = {key: value for key, value in standby.items() if key not in ("vpcCidr", "subnets", "network", "keyArn")}
    blocks = place.standby_cidr.subnets(new_prefix=min(28, max(24, place.standby_cidr.prefixlen + 2)))
    # The lists differ in length on purpose: the network has room for more zones.
    subnets = {zone: str(cidr) for zone, cidr in zip(place.standby_zones, blocks, strict=False)}
    return {**found, "standby": {**kept, "vpcCidr": str(place.standby_cidr), "subnets": subnets}}


def _hold(postgres: dict[str, Any], storage_gib: int) -> None:
    """RDS restores into no less than the snapshot has; storage that has grown may grow on."""
    postgres["allocatedStorageGib"] = max(storage_gib, postgres["allocatedStorageGib"])
    least = -(-postgres["allocatedStorageGib"] * 11 // 10)
    postgres["maxAllocatedStorageGib"] = max(least, postgres["maxAllocatedStorageGib"])


def _shifted(cidr: str, offset: int) -> str:
    network = IPv4Network(cidr)
    return f"{network.network_address + offset}/{network.prefixlen}"


def stack_file(source: Mapping[str, Any], *, stack: str) -> str:
    """The text of a stack file with these values."""
    content = {
        "pulumi:disable-default-providers": ["aws", "kubernetes"],
        **{f"{NAMESPACE}:{key}": value for key, value in source.items()},
    }
    text = yaml.safe_dump({"config": content}, sort_keys=False, width=120, default_flow_style=None)
    return _HEADER.format(stack=stack, region=source["region"]) + text


def _place(arguments: Sequence[str] | None) -> tuple[str, Place]:
    """Whose work is taken over, and where."""
    parser = argparse.ArgumentParser(prog="python -m config.takeover", description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--stack", required=True, metavar="NAME", help="whose work is taken over")
    add("--name", required=True, metavar="NAME", help="name of the new stack")
    add("--vpc-cidr", required=True, type=IPv4Network, metavar="CIDR", help="its network")
    add("--zones", nargs="+", default=[], metavar="ZONE", help="its zones (those of the old stack's standby)")
    add("--region", metavar="REGION", help="where it lives (the recovery region of the old stack)")
    add("--recovery-region", required=True, metavar="REGION", help="where its own copies go")
    add("--standby-zones", nargs="+", default=[], metavar="ZONE", help="zones of its own standby")
    add("--standby-cidr", type=IPv4Network, metavar="CIDR", help="network of its own standby")
    add("--without-standby", action="store_true", help="the new stack has none, although the old one has")
    add("--snapshot", metavar="NAME", help="snapshot that its database starts from")
    add("--storage-gib", type=int, metavar="GIB", help="what the snapshot needs, if its storage has grown")
    add("--pilot-light", action="store_true", help="the stack waits: what costs by the hour comes on the day")
    add("--hosted-zone", metavar="ID", help="zone of the address, where the old stack made it")
    options = vars(parser.parse_args(arguments))
    stack = options.pop("stack")
    return stack, Place(successor_of=stack, **options)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    stack, place = _place(arguments)
    try:
        siblings, _ = config.read_siblings(ROOT, place.name)
        found = moved(values(stack, ROOT), place)
        found["access"]["predecessor"] = stack
        config.parse(place.name, found, siblings)
    except (config.ConfigError, OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    target = ROOT / f"Pulumi.{place.name}.yaml"
    target.write_text(stack_file(found, stack=stack) + _engines_own(target), encoding="utf-8")
    sys.stdout.write(f"{target.name}\n")
    for rules in sorted(ROOT.glob(f"policies/*/config/{stack}.json")):
        # The new stack is judged as the old one is, exemptions included.
        text = rules.read_text(encoding="utf-8").replace(f"urn:pulumi:{stack}::", f"urn:pulumi:{place.name}::")
        rules.with_name(f"{place.name}.json").write_text(text, encoding="utf-8")
    return 0


def _engines_own(target: Path) -> str:
    """What the engine wrote into the file of a stack that exists: without it, its secrets cannot be read."""
    lines = target.read_text(encoding="utf-8").splitlines() if target.exists() else []
    return "".join(f"{line}\n" for line in lines if line.startswith(("secretsprovider:", "encryptedkey:")))


if __name__ == "__main__":
    sys.exit(main())
