"""What the project's other stacks take for themselves, read from their stack files."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import stack_files
from config.schema import NAMESPACE, printable
from config.sibling import Sibling


def read_siblings(folder: Path, stack: str) -> tuple[dict[str, Sibling], list[str]]:
    """Read what the project's other stacks take for themselves, from the stack files in a folder.

    Returns:
        The other stacks by name, and a warning for each file that cannot be read: it is that stack's own problem, but
        nothing was compared with it.
    """
    siblings: dict[str, Sibling] = {}
    warnings: list[str] = []
    for path in sorted(folder.glob("Pulumi.*.yaml")):
        name = path.name.removeprefix("Pulumi.").removesuffix(".yaml")
        if name == stack:
            continue
        try:
            siblings[name] = _sibling(stack_files.read(path)[1])
        except (OSError, stack_files.StackFileError) as error:
            reason = printable(" ".join(str(error).split()), longest=160)
            warnings.append(f"{path.name} cannot be read, so its network and switches were not compared: {reason}")
    return siblings, warnings


def _sibling(values: Mapping[str, object]) -> Sibling:
    """What a stack file says of its network, account and switches; nothing where it says nothing usable."""
    account = _mapping(values.get(f"{NAMESPACE}:account"))
    registry = _mapping(values.get(f"{NAMESPACE}:registry"))
    recovery = _mapping(values.get(f"{NAMESPACE}:recovery"))
    standby = _mapping(recovery.get("standby"))
    return Sibling(
        vpc_cidr=_network(_mapping(values.get(f"{NAMESPACE}:network")).get("vpcCidr")),
        standby_cidr=_network(standby.get("vpcCidr")),
        # Quotes may be missing in a file that is not the one being checked.
        account_id=str(values.get(f"{NAMESPACE}:accountId", "")),
        region=str(values.get(f"{NAMESPACE}:region", "")),
        recovery_region=str(recovery.get("region", "")),
        switches=frozenset(str(key) for key, value in account.items() if value is True),
        registry=frozenset(str(key) for key, value in registry.items() if value),
    )


def _network(value: object) -> IPv4Network | None:
    try:
        return IPv4Network(str(value))
    except ValueError:
        return None


def _mapping(value: object) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}
