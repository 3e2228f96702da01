"""How each setting of a stack can change after its deployment, in words.

`settings.json` holds what `make settings` found: each setting changed up and down on a deployed stack, with the
meanings of everything that its plan holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from changes.conditions import order
from changes.model import Effect

FILE = Path(__file__).with_name("settings.json")
_NAMED = (Effect.IRREVERSIBLE, Effect.LOSES_DATA, Effect.WEAKENS, Effect.UNKNOWN)
# New versions of a secret and tags are resources of their own; nobody loses one.
_PASSED_OVER = ("SecretVersion", "Tag")


class Found(NamedTuple):
    """What one part of a change does."""

    effect: Effect
    at_window: bool
    token: str
    path: str
    """The property; of a resource as a whole, what happens to it, in brackets."""
    note: str


class Record(NamedTuple):
    """One change of a setting, and what it does, the most dangerous first."""

    base: str
    old: Any
    new: Any
    effects: Sequence[Found]

    @property
    def refused(self) -> bool:
        """Whether AWS does not carry it out."""
        return any(found.effect is Effect.REFUSED for found in self.effects)


@cache
def records() -> Mapping[str, Sequence[Record]]:
    """The changes that were tried, by setting."""
    content = json.loads(FILE.read_text(encoding="utf-8"))
    return {key: [_record(each) for each in listed] for key, listed in content.items()}


def _record(said: Mapping[str, Any]) -> Record:
    effects = [Found(Effect(effect), when == "window", *rest) for effect, when, *rest in said["effects"]]
    return Record(said["on"], said["from"], said["to"], effects)


def how(key: str, default: Any = None) -> str:
    """Whether and how a setting can change, as a cell of a table; nothing for one that was not tried.

    `default` is what counts where the stack says nothing.
    """
    told: dict[str, list[str]] = {}
    for record in records().get(key, ()):
        old, new = (default if value is None else value for value in (record.old, record.new))
        told.setdefault(_words(record), []).append(direction(old, new))
    if len(told) < 2:
        return next(iter(told), "")
    return "; ".join(f"{' or '.join(dict.fromkeys(ways))}: {words}" for words, ways in told.items())


def _words(record: Record) -> str:
    if not record.effects:
        return "counts at creation only"
    worst = record.effects[0]
    note = next((each.note for each in record.effects if each.effect is worst.effect and each.note), "")
    reason = f" ({note})" if note else ""
    if record.refused:
        return f"**never**{reason}"
    return ", ".join(_how(record.effects)) + reason


def _how(effects: Sequence[Found]) -> Iterator[str]:
    yield "at the window" if any(each.at_window for each in effects) else "at once"
    if any(each.effect is Effect.INTERRUPTS for each in effects):
        yield "with interruption"
    replaced = dict.fromkeys(
        each.token.rpartition(":")[2]
        for each in effects
        if each.path == "(replace)" and each.effect is not Effect.HARMLESS
    )
    if names := [f"`{name}`" for name in replaced if name not in _PASSED_OVER]:
        yield f"replaces {' and '.join(names)}"
    if effects[0].effect in _NAMED:
        yield effects[0].effect.value


def direction(old: Any, new: Any) -> str:
    """Which way a setting goes."""
    if new is None or old is None:
        return "none" if new is None else "set"
    if isinstance(new, bool):
        return "true" if new else "false"
    if isinstance(new, list | dict) and isinstance(old, list | dict):
        had, has = (set(map(str, each)) for each in (old, new))
        return "more" if had < has else "less" if has < had else "others"
    before, after = order(old), order(new)
    if before is None or after is None:
        return f"to {new}"
    return "up" if after > before else "down"
