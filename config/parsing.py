"""The configuration of a stack: read once, validated as a whole, before any resource is registered.

`load` is the only reader of Pulumi's configuration. Everything else takes the parts of a `StackConfig`.
"""

from __future__ import annotations

import copy
import difflib
import json
import re
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import pulumi
from pulumi.runtime import config as engine_config
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.alias_generators import to_snake

from config import lifecycle
from config.errors import Censor, broken, complaints, hidden, shown, suggestion
from config.model import KEYS, StackConfig, documented_keys
from config.rules import broken_rules
from config.schema import NAMESPACE, is_section, is_structured, key_path, plain, printable, remove
from config.sibling import Sibling
from config.siblings import read_siblings


class ConfigError(pulumi.RunError):
    """The configuration is wrong. The message has a line for each mistake; the engine prints no traceback with it."""

    def __init__(self, mistakes: Collection[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = tuple(mistakes)


# What is configured ends up in names, tags and rules. Only a refusal keeps a secret out of them.
_ENCRYPTED = (
    "is a secret, but shows in resources and state; set it without --secret. The platform makes its own passwords"
)

# Deeper than every section, with room.
_DEEPEST = 50
# How alike a namespace must be to be taken for a slip of the pen, before a key of the platform's and before others.
_NEAR, _VERY_NEAR = 0.75, 0.85


def parse(
    stack: str,
    values: Mapping[str, object],
    siblings: Mapping[str, Sibling],
    *,
    project: str = NAMESPACE,
    secrets: Collection[str] = (),
) -> StackConfig:
    """Turn the values of a stack file into a `StackConfig`.

    Args:
        stack: Name of the stack.
        values: Values by top-level key, as the engine hands them over (text, JSON for mappings) or as YAML reads them.
        siblings: What the project's other stacks take for themselves, by name.
        project: Name of the project.
        secrets: Keys whose values are secrets, which is a mistake; errors do not repeat them.

    Raises:
        ConfigError: Something is wrong; the error lists everything that is.
    """
    mistakes = [f"{key_path(key)}: is not a key; {suggestion(key, KEYS)}" for key in values if key not in KEYS]
    mistakes += [f"{key_path(key)}: {_ENCRYPTED}" for key in sorted(secrets) if key in values]
    censor = Censor(_decoded(values[key], dict) for key in secrets if key in values)
    parts: dict[str, Any] = {}
    for key, info in KEYS.items():
        value = values.get(key)
        # Pulumi.yaml declares required keys with an empty default, so that they are reported here and all together.
        if value is None or value == "":
            if info.is_required():
                mistakes.append(f"{key_path(key)}: is missing. {documented_keys()[key].description}")
            else:
                parts[to_snake(key)] = info.get_default(call_default_factory=True)
            continue
        if _is_too_deep(_decoded(value, dict)):
            mistakes.append(f"{key_path(key)}: is nested deeper than {_DEEPEST} levels; no key needs that")
            continue
        try:
            parts[to_snake(key)] = _parsed(key, value)
        except ValidationError as error:
            said = list(complaints(key, info.annotation, error, censor, hidden if key in secrets else shown))
            mistakes += said
            wrong = {line.partition(": ")[0] for line in said}
            mistakes += [line for line in _further(key, value, error, censor) if line.partition(": ")[0] not in wrong]
    found = broken_rules({"stack": stack, "project": project, "siblings": siblings, **parts})
    mistakes += [f"{key_path(*path)}: {censor.message(message)}" for path, message in found]
    if mistakes:
        raise ConfigError(mistakes)
    return StackConfig(stack=stack, project=project, **parts)


def misplaced(keys: Iterable[str]) -> list[str]:
    """A line for each key whose namespace is nearly the platform's: its value would be ignored."""
    found = []
    for key in sorted(keys):
        namespace, _, name = key.partition(":")
        near = difflib.SequenceMatcher(None, namespace[:80].lower(), NAMESPACE).ratio()
        if namespace != NAMESPACE and near > (_NEAR if name in KEYS else _VERY_NEAR):
            meant = f"{NAMESPACE}:{printable(name)}"
            found.append(f"{NAMESPACE}: {printable(key)} is in a namespace that nobody reads; did you mean {meant}?")
    return found


def _is_too_deep(value: object) -> bool:
    """Whether mappings and lists are nested deeper than any section is, without running out of stack to find out."""
    level = [value]
    for _ in range(_DEEPEST):
        children = (
            each.values() if isinstance(each, dict) else each for each in level if isinstance(each, dict | list)
        )
        level = [child for group in children for child in group]
        if not level:
            return False
    return True


def _decoded(value: object, kind: Any) -> object:
    """The value that a text stands for, or the text itself where it stands for no value of this kind."""
    if not isinstance(value, str):
        return value
    if kind is bool:
        return {"true": True, "false": False}.get(value, value)
    if kind is int:
        return int(value) if re.fullmatch(r"-?[0-9]{1,18}", value) else value
    if is_structured(kind):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _parsed(key: str, value: object) -> Any:
    """Check the value of a top-level key."""
    return _adapter(key).validate_python(_decoded(value, plain(KEYS[key].annotation)), by_alias=True, by_name=False)


def _further(key: str, value: object, error: ValidationError, censor: Censor) -> list[str]:
    """The broken rules of sections that were not judged because one of their values is wrong: without that value."""
    pruned = copy.deepcopy(_decoded(value, plain(KEYS[key].annotation)))
    for detail in error.errors(include_url=False):
        if detail["type"] not in ("missing", "rules"):
            remove(pruned, detail["loc"])
    try:
        _parsed(key, pruned)
    except ValidationError as second:
        return list(broken(key, second, censor))
    return []


@cache
def _adapter(key: str) -> TypeAdapter[Any]:
    info = KEYS[key]
    constrained: Any = Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation
    # A section is strict by itself, and refuses to be told.
    return TypeAdapter(constrained, config=None if is_section(plain(info.annotation)) else ConfigDict(strict=True))


def load() -> StackConfig:
    """Read the configuration of the current stack, and warn of versions that end and of what could not be checked.

    Raises:
        ConfigError: Something is wrong; the error lists everything that is.
    """
    stack, everything = pulumi.get_stack(), engine_config.CONFIG.get()
    prefix = f"{NAMESPACE}:"
    values = {key.removeprefix(prefix): value for key, value in everything.items() if key.startswith(prefix)}
    secrets = {key for key in values if engine_config.is_config_secret(prefix + key)}
    siblings, doubts = read_siblings(Path(__file__).parents[1], stack)
    strange = misplaced(everything)
    try:
        config = parse(stack, values, siblings, project=pulumi.get_project(), secrets=secrets)
    except ConfigError as error:
        raise ConfigError([*strange, *error.mistakes]) from error
    if strange:
        raise ConfigError(strange)
    for warning in (*doubts, *lifecycle.warnings(config, datetime.now(UTC).date())):
        pulumi.log.warn(warning)
    return config
