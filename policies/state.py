"""Reading the resources of a stack from an exported state."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from policies.support.resources import Resource, Stack
from policies.support.values import plain


class StateError(Exception):
    """The file is no exported state."""


def read(file: Path) -> Stack:
    """The stack in a file of `pulumi stack export`."""
    try:
        return parse(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StateError(f"{file} is not what `pulumi stack export` writes: {error!r}") from None


def name_of(stack: Stack) -> str:
    """The name of the stack that a state is of. Raises `StateError` for a state without resources."""
    name = next((resource.stack for resource in stack.resources.values()), None)
    if name is None:
        raise StateError("the state holds no resources: name its stack with --stack")
    return name


def parse(state: Mapping[str, Any]) -> Stack:
    """The stack in an exported state, with the inputs of its resources and the edges between them."""
    live = [entry for entry in (state["deployment"].get("resources") or []) if not entry.get("delete")]
    inputs = {entry["urn"]: _properties(entry) for entry in live}
    return Stack(
        Resource(
            entry["urn"],
            inputs[entry["urn"]],
            provider=inputs.get(entry.get("provider", "").rpartition("::")[0]),
            dependencies={name: urns or [] for name, urns in (entry.get("propertyDependencies") or {}).items()},
            arn=_arn(entry),
            custom=bool(entry.get("custom", True)),
            protected=bool(entry.get("protect")),
        )
        for entry in live
    )


def _arn(entry: Mapping[str, object]) -> str:
    outputs = entry.get("outputs")
    arn = outputs.get("arn") if isinstance(outputs, Mapping) else None
    return arn if isinstance(arn, str) else ""


def _properties(entry: Mapping[str, object]) -> dict[str, object]:
    values = plain(entry.get("inputs", {}))
    return values if isinstance(values, dict) else {}
