"""Writes the file of a stack that takes over another one's work in its recovery region.

`python -m config.takeover --stack production --name takeover --vpc-cidr 10.3.0.0/16
--recovery-region us-east-2 --snapshot production-postgres-takeover`
"""

from __future__ import annotations

import argparse
import copy
import shutil
import sys
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import yaml

import config
from config.schema import NAMESPACE

ROOT = Path(__file__).resolve().parent.parent
STATE_KEY = "state"

_HEADER = "# Takes over the work of {stack} in {region}. Written by `python -m config.takeover`.\n"


def moved(
    values: Mapping[str, Any], *, name: str, vpc_cidr: IPv4Network, recovery_region: str, snapshot: str | None
) -> dict[str, Any]:
    """The values of a stack for the same platform in its recovery region.

    Zones keep their letters and subnets their place within the VPC. The account's switches stay with the stack that
    has them, the standby with the database that it follows, and the state of the new stack in the recovery region.

    Raises:
        ValueError: The new VPC is smaller than the old one.
    """
    found = copy.deepcopy(dict(values))
    region, network, access = found["recovery"]["region"], found["network"], found["access"]
    old_cidr = IPv4Network(network["vpcCidr"])
    if vpc_cidr.prefixlen > old_cidr.prefixlen:
        raise ValueError(f"{vpc_cidr} is smaller than {old_cidr}; the subnets need a network of the same size")
    offset = int(vpc_cidr.network_address) - int(old_cidr.network_address)
    network["vpcCidr"] = str(vpc_cidr)
    network["subnets"] = {
        f"{region}{zone[-1]}": {tier: _shifted(cidr, offset) for tier, cidr in cidrs.items()}
        for zone, cidrs in network["subnets"].items()
    }
    if state := access.get(STATE_KEY):
        state["bucket"] = state["bucket"].replace(found["region"], region)
    access["githubEnvironment"] = name
    found["region"] = region
    found["recovery"]["region"] = recovery_region
    found["recovery"].pop("standby", None)
    found.pop("account", None)
    if snapshot:
        found["postgres"]["restore"] = {"snapshotIdentifier": snapshot}
    return found


def _shifted(cidr: str, offset: int) -> str:
    network = IPv4Network(cidr)
    return f"{network.network_address + offset}/{network.prefixlen}"


def stack_file(values: Mapping[str, Any], *, stack: str) -> str:
    """The text of a stack file with these values."""
    content = {
        "pulumi:disable-default-providers": ["aws", "kubernetes"],
        **{f"{NAMESPACE}:{key}": value for key, value in values.items()},
    }
    text = yaml.safe_dump({"config": content}, sort_keys=False, width=120, default_flow_style=None)
    return _HEADER.format(stack=stack, region=values["region"]) + text


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m config.takeover", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--stack", required=True, metavar="NAME", help="whose work is taken over")
    parser.add_argument("--name", required=True, metavar="NAME", help="name of the new stack")
    parser.add_argument("--vpc-cidr", required=True, type=IPv4Network, metavar="CIDR", help="its network")
    parser.add_argument("--recovery-region", required=True, metavar="REGION", help="where its own copies go")
    parser.add_argument("--snapshot", metavar="NAME", help="snapshot that its database starts from")
    options = parser.parse_args(arguments)
    source = yaml.safe_load((ROOT / f"Pulumi.{options.stack}.yaml").read_text(encoding="utf-8"))["config"]
    values = {key.partition(":")[2]: value for key, value in source.items() if key.startswith(f"{NAMESPACE}:")}
    siblings, _ = config.read_siblings(ROOT, options.name)
    try:
        found = moved(
            values,
            name=options.name,
            vpc_cidr=options.vpc_cidr,
            recovery_region=options.recovery_region,
            snapshot=options.snapshot,
        )
        config.parse(options.name, found, siblings)
    except (config.ConfigError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    target = ROOT / f"Pulumi.{options.name}.yaml"
    target.write_text(stack_file(found, stack=options.stack), encoding="utf-8")
    sys.stdout.write(f"{target.name}\n")
    for rules in sorted(ROOT.glob(f"policies/*/config/{options.stack}.json")):
        # The new stack is judged as the old one is, exemptions included.
        shutil.copyfile(rules, rules.with_name(f"{options.name}.json"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
