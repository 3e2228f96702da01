"""`make stack`: writes the file of a stack of one's own, made from one that there is.

What belongs to the other stack is replaced: account, region, zones, networks, recovery region, names of state and of
the GitHub environment. Sizes and switches stay, with their comments, and so do settings and exemptions of the policy
packs. The file is checked as any other.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

from components.common import catalogue
from config.files import ROOT, values
from config.parsing import ConfigError, parse
from config.schema import NAMESPACE
from config.sibling import Sibling
from config.siblings import read_siblings

SCHEMA = "docs/stack-file.schema.json"
_NETWORKS = IPv4Network("10.0.0.0/8")
_NAME = re.compile(r"[a-z][a-z0-9-]{1,19}")
_CIDR = re.compile(r"\b\d+\.\d+\.\d+\.\d+/\d+\b")
_ARN = re.compile(r"\barn:aws[a-z-]*:")
# Switches that one stack of an account turns on for all: another stack of it leaves them out.
_SWITCHES = re.compile(rf"^  {NAMESPACE}:account:.*\n(?:    .*\n)*", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a new stack is to be; what is empty is chosen, or stays as in the other stack."""

    name: str
    like: str
    """The stack whose sizes it gets: of the project, or of its examples."""
    account: str
    region: str
    recovery: str = ""
    """Region of the copies; another one of the same partition."""
    repository: str = ""
    """GitHub repository whose workflows deploy."""
    email: str = ""
    """Who is told of alarms."""


def write(wish: Wish, folder: Path = ROOT) -> list[Path]:
    """Write the file of a new stack, and the settings of the policy packs for it.

    Raises:
        ConfigError: the name is taken or none, there is no such other stack, or the file would be refused.
    """
    target = folder / f"Pulumi.{wish.name}.yaml"
    if not _NAME.fullmatch(wish.name):
        raise ConfigError([f"{wish.name}: is no name of a stack: 2 to 20 lowercase letters, digits and hyphens"])
    if target.exists():
        raise ConfigError([f"{target.name}: is there already; choose another name"])
    home = folder if (folder / f"Pulumi.{wish.like}.yaml").exists() else folder / "examples"
    model = values(wish.like, home)
    siblings, _ = read_siblings(folder, wish.name)
    text = render(wish, (home / f"Pulumi.{wish.like}.yaml").read_text(encoding="utf-8"), model, siblings)
    target.write_text(text, encoding="utf-8")
    try:
        parse(wish.name, values(wish.name, folder), siblings)
    except ConfigError:
        target.unlink()
        raise
    return [target, *_packs(wish, folder)]


def _packs(wish: Wish, folder: Path) -> Iterator[Path]:
    """Settings of the policy packs as the other stack has them."""
    for file in sorted(folder.glob(f"policies/*/config/{wish.like}.json")):
        text = file.read_text(encoding="utf-8").replace(f"urn:pulumi:{wish.like}::", f"urn:pulumi:{wish.name}::")
        target = file.with_name(f"{wish.name}.json")
        target.write_text(text, encoding="utf-8")
        yield target


def render(wish: Wish, text: str, model: Mapping[str, Any], siblings: Mapping[str, Sibling]) -> str:
    """The text of the other stack's file with the new one's values.

    Raises:
        ConfigError: there is no such region, or it has too few zones or networks left.
    """
    places, networks = _places(wish, model), _networks(model, siblings)
    known = re.compile("|".join(rf"\b{re.escape(name)}(?![\w-]*\d)" for name in sorted(places, key=len, reverse=True)))
    text = known.sub(lambda found: places[found[0]], text)
    text = _CIDR.sub(lambda found: _moved(found[0], networks), text)
    text = _ARN.sub(f"arn:{catalogue.partition_of(wish.region)}:", text).replace(str(model["accountId"]), wish.account)
    text = re.sub(rf"(githubEnvironment: ){wish.like}\b", rf"\g<1>{wish.name}", text)
    text = (
        re.sub(r"(alarmEmails: ).*", rf"\g<1>[{wish.email}]", text)
        if wish.email
        else text.replace(f"-{wish.like}@", f"-{wish.name}@")
    )
    if wish.repository:
        text = re.sub(r"(githubRepository: ).*", rf"\g<1>{wish.repository}", text)
    text = re.sub(rf"(replicatedStacks: .*)\b{wish.like}\b", rf"\g<1>{wish.name}", text)
    if wish.account in {each.account_id for each in siblings.values()}:
        text = _SWITCHES.sub("", text)
    _, _, body = text.partition("config:\n")
    return f"# yaml-language-server: $schema={SCHEMA}\n# {wish.name}: made from {wish.like}.\nconfig:\n{body}"


def _places(wish: Wish, model: Mapping[str, Any]) -> dict[str, str]:
    """Regions and zones of the other stack, and what takes their places."""
    if wish.region not in catalogue.regions():
        raise ConfigError([f"{wish.region}: is no region; known are {', '.join(catalogue.regions())}"])
    own = catalogue.partition_of(wish.region)
    near = [name for name in catalogue.regions() if catalogue.partition_of(name) == own and name != wish.region]
    old = str(model["recovery"]["region"])
    recovery = wish.recovery or (old if old in near else near[0])
    standby = (model["recovery"].get("standby") or {}).get("subnets") or {}
    return {
        str(model["region"]): wish.region,
        old: recovery,
        **_zones(list(model["network"]["subnets"]), wish.region),
        **_zones(list(standby), recovery),
    }


def _zones(old: Sequence[str], region: str) -> dict[str, str]:
    """A zone of the region for each zone of the other stack."""
    there = catalogue.zones(region) or tuple(f"{region}{letter}" for letter in "abcdef")
    if len(there) < len(old):
        raise ConfigError([f"{region}: has {len(there)} zones, and {len(old)} are needed"])
    return dict(zip(old, there, strict=False))


def _networks(model: Mapping[str, Any], siblings: Mapping[str, Sibling]) -> dict[IPv4Network, IPv4Network]:
    """The other stack's networks, and free ones of the same size in their places."""
    taken = [cidr for each in siblings.values() for cidr in (each.vpc_cidr, each.standby_cidr) if cidr]
    routed = (model["network"].get("transitGateway") or {}).get("networks") or ()
    taken += [IPv4Network(cidr) for cidr in routed]
    standby = (model["recovery"].get("standby") or {}).get("vpcCidr")
    moved: dict[IPv4Network, IPv4Network] = {}
    for old in (IPv4Network(cidr) for cidr in (model["network"]["vpcCidr"], standby) if cidr):
        free = (net for net in _NETWORKS.subnets(new_prefix=old.prefixlen) if not any(map(net.overlaps, taken)))
        moved[old] = next(free)
        taken.append(moved[old])
    return moved


def _moved(cidr: str, networks: Mapping[IPv4Network, IPv4Network]) -> str:
    network = IPv4Network(cidr, strict=False)
    for old, new in networks.items():
        if network.subnet_of(old):
            offset = int(network.network_address) - int(old.network_address)
            return f"{IPv4Address(int(new.network_address) + offset)}/{network.prefixlen}"
    return cidr


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m config.new_stack", description=(__doc__ or "").partition(": ")[2])
    parser.add_argument("--stack", required=True, dest="name", metavar="NAME", help="name of the new stack")
    parser.add_argument("--like", default="development", metavar="NAME", help="stack or example to start from")
    parser.add_argument("--account", required=True, metavar="DIGITS", help="the 12 digits of its account")
    parser.add_argument("--region", default="us-east-1", metavar="REGION", help="where it is")
    parser.add_argument("--recovery", default="", metavar="REGION", help="where its copies are")
    parser.add_argument("--repository", default="", metavar="OWNER/NAME", help="whose workflows deploy it")
    parser.add_argument("--email", default="", metavar="ADDRESS", help="who is told of alarms")
    try:
        written = write(Wish(**vars(parser.parse_args(arguments))))
    except ConfigError as error:
        sys.stderr.writelines(f"error: {mistake}\n" for mistake in error.mistakes)
        return 1
    sys.stdout.writelines(f"{line}\n" for line in _next_steps(written))
    return 0


def _next_steps(written: Sequence[Path]) -> Iterator[str]:
    name = written[0].name.split(".")[1]
    yield from (str(file.relative_to(ROOT)) for file in written)
    yield "Read them, then:"
    yield f"  make preview STACK={name}      offline, under all policies"
    yield f"  make cost STACK={name}         what it costs a month"
    yield f"  make preflight STACK={name}    what its account must have"


if __name__ == "__main__":
    sys.exit(main())
