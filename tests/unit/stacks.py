"""The repository's own stack files as material for tests: read as YAML, changed by path."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml

import config
from config.sibling import Sibling

ROOT = Path(__file__).parents[2]
STACKS = ("production", "staging", "development")
"""The stacks that the repository comes with, production first."""
EVERY_STACK = tuple(sorted(file.name.split(".")[1] for file in ROOT.glob("Pulumi.*.yaml")))
"""All that have a file, those of whoever uses the repository included."""
EXAMPLES = tuple(sorted(file.name.split(".")[1] for file in (ROOT / "examples").glob("Pulumi.*.yaml")))
"""Stacks to start from."""


@cache
def _stack_file(stack: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))["config"]
    return content


def stack_file(stack: str) -> dict[str, Any]:
    """Everything under `config:` in a stack file, with namespaces."""
    return copy.deepcopy(_stack_file(stack))


def values_of(stack: str = "production", **changes: Any) -> dict[str, Any]:
    """The platform's keys of a stack file, without their namespace; `changes` map paths (`a__b`) to new values."""
    found = stack_file(stack).items()
    values = {key.partition(":")[2]: value for key, value in found if key.startswith("trading-platform:")}
    for path, value in changes.items():
        put(values, path.replace("__", "."), value)
    return values


def put(values: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Set the value at a dotted path; `...` removes the key."""
    *parents, last = path.split(".")
    for parent in parents:
        values = values.setdefault(parent, {})
    if value is ...:
        del values[last]
    else:
        values[last] = copy.deepcopy(value)
    return values


def parsed(stack: str = "production", **changes: Any) -> config.StackConfig:
    """A stack file as the program sees it, with changes."""
    return config.parse(stack, values_of(stack, **changes), {})


def mistakes(
    values: dict[str, Any], stack: str = "production", siblings: dict[str, Sibling] | None = None, **options: Any
) -> list[str]:
    """What is wrong with the values of a stack, without the namespace before each key; empty if nothing is."""
    try:
        config.parse(stack, values, siblings or {}, **options)
    except config.ConfigError as error:
        return [line.removeprefix("trading-platform:") for line in error.mistakes]
    return []


def as_engine(values: dict[str, Any]) -> dict[str, str]:
    """Values as the engine hands them to a program: text, JSON for everything that has structure or is no text."""
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}
