"""What differs between two sets of inputs, by path, with the old and the new value."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ABSENT: Any = None
"""The value of a property that is not set; a program cannot set it to null."""

# What identifies an entry of a list, by which old and new entries are paired: a shift in a list is no change.
_KEYS = ("id", "name", "key", "ruleNo", "ruleName", "resourceType", "deviceName", "logType", "Sid", "sid")


@dataclass(frozen=True)
class Difference:
    """One property that differs."""

    path: str
    """Where, as the table writes it: `rules.transitions.days`."""
    shown: str
    """Where, with the entry of each list: `rules[archive].transitions[0].days`."""
    old: Any
    new: Any
    details: tuple[Difference, ...] = ()
    """Of a document, what differs inside of it."""


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Difference]:
    """All differences between two sets of inputs; of lists of plain values and of documents as a whole."""
    return list(_mapping(old, new, "", ""))


def document(value: Any) -> Any:
    """The content of a text that is a JSON document, None for anything else."""
    if not isinstance(value, str) or value[:1] not in ("{", "["):
        return None
    try:
        return json.loads(value)
    except ValueError:
        return None


def _mapping(old: Mapping[str, Any], new: Mapping[str, Any], path: str, shown: str) -> Iterator[Difference]:
    for name in sorted({*old, *new}):
        if name.startswith("__"):
            continue
        before, after = old.get(name, ABSENT), new.get(name, ABSENT)
        if before != after:
            inner, place = (f"{path}.{name}" if path else name), (f"{shown}.{name}" if shown else name)
            yield from _values(before, after, inner, place)


def _values(old: Any, new: Any, path: str, shown: str) -> Iterator[Difference]:
    before, after = document(old), document(new)
    if before is not None and after is not None:
        inside = tuple(_values(before, after, "", ""))
        if inside:
            yield Difference(path, shown, old, new, inside)
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _mapping(old, new, path, shown)
    elif _entries(old) and _entries(new):
        yield from _paired(old, new, path, shown)
    else:
        yield Difference(path, shown, old, new)


def _entries(value: Any) -> bool:
    """Whether a value is a list with entries that have properties of their own."""
    return isinstance(value, list) and bool(value) and all(isinstance(entry, Mapping) for entry in value)


def _paired(old: Sequence[Any], new: Sequence[Any], path: str, shown: str) -> Iterator[Difference]:
    key = next((key for key in _KEYS if _unique(old, key) and _unique(new, key)), None)
    before = {str(entry[key]) if key else str(index): entry for index, entry in enumerate(old)}
    after = {str(entry[key]) if key else str(index): entry for index, entry in enumerate(new)}
    for name in dict.fromkeys((*before, *after)):
        place = f"{shown}[{name}]"
        if name not in after:
            yield Difference(path, place, before[name], ABSENT)
        elif name not in before:
            yield Difference(path, place, ABSENT, after[name])
        else:
            yield from _mapping(before[name], after[name], path, place)


def _unique(entries: Sequence[Mapping[str, Any]], key: str) -> bool:
    values = [entry.get(key) for entry in entries]
    return all(isinstance(value, str | int) for value in values) and len(set(values)) == len(values)
