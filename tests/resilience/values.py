"""Values that the configuration accepts, generated from its reference, and gathered into few stacks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from config import KEYS
from config.matrix import documented
from config.parsing import ConfigError, parse
from config.reference import rows
from config.schema import NAMESPACE
from config.sibling import Sibling
from local.project import Project
from review import settings
from tests.engine.deployed import ROOT


@dataclass(frozen=True)
class Value:
    """A value of a setting, on a stack of `review/settings.yaml`."""

    key: str
    base: str
    settings: Mapping[str, Any]
    """All that changes, by path."""


@dataclass(frozen=True)
class Gathered:
    """A stack file that holds many values at once."""

    base: str
    text: str
    values: Sequence[Value]


def values() -> Iterator[Value]:
    """The documented values of every setting, and those that it was changed to."""
    changed = settings.defined()
    for row in (row for key, info in KEYS.items() for row in rows(key, info) if row.is_setting):
        own = [change for change in changed if change.key == row.path]
        # Where everything is on, if the setting is there.
        change = next((change for change in own if change.base == "full"), own[0])
        for value in documented(row):
            yield Value(row.path, change.base, {change.path: value})
        yield from (Value(row.path, change.base, change.settings) for change in own)


@cache
def project() -> Project:
    """The program with production's file."""
    return Project.load(ROOT, settings.STACK)


def base(name: str) -> str:
    """The file of a base."""
    return settings.configured(project().config, settings.bases()[name])


def mistakes(text: str) -> Sequence[str]:
    """What the configuration refuses in a stack file."""
    found = yaml.safe_load(text)["config"].items()
    values = {key.partition(":")[2]: value for key, value in found if key.startswith(f"{NAMESPACE}:")}
    siblings: Mapping[str, Sibling] = {}
    try:
        parse(settings.STACK, values, siblings)
    except ConfigError as error:
        return error.mistakes
    return ()


def _holds(text: str, values: Sequence[Value]) -> str | None:
    """The file with these values; None where they do not go together."""
    try:
        for value in values:
            text = settings.configured(text, value.settings)
    except (IndexError, AttributeError, TypeError):
        return None
    return None if mistakes(text) else text


class _Gathering:
    """Puts as many values into one file as go together; `left` are the others."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.taken: list[Value] = []
        self.left: list[Value] = []

    def take(self, wanted: Sequence[Value]) -> None:
        """Halves what does not go together, until it does or is alone."""
        if not wanted:
            return
        text = _holds(self.text, wanted)
        if text:
            self.text = text
            self.taken += wanted
        elif len(wanted) == 1:
            self.left += wanted
        else:
            half = len(wanted) // 2
            self.take(wanted[:half])
            self.take(wanted[half:])


def gathered(wanted: Sequence[Value]) -> Iterator[Gathered]:
    """Stack files that hold the values, each once; all of one base, and each accepted by itself."""
    name, left = wanted[0].base, list(wanted)
    while left:
        gathering, paths, once, again = _Gathering(base(name)), set[str](), list[Value](), list[Value]()
        for value in left:
            if any(_overlap(path, other) for path in value.settings for other in paths):
                again.append(value)
            else:
                paths.update(value.settings)
                once.append(value)
        gathering.take(once)
        assert gathering.taken, [value.key for value in left]
        yield Gathered(name, gathering.text, gathering.taken)
        left = gathering.left + again


def _overlap(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")
