"""The conditions of the table: each decides from the old and the new value, None where they do not tell."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from changes.differences import document

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""The engine's sign for a value that only a deployment can tell."""

Condition = Callable[[Any, Any], bool | None]

_BECOMES, _WAS, _CROSSES = "becomes ", "was ", "crosses "
_ABSENT_VALUES: tuple[Any, ...] = (None, "", [], {})


def applies(when: str, old: Any, new: Any) -> bool | None:
    """Whether a condition holds; None where it depends on a value that only a deployment can tell."""
    if not when:
        return True
    if UNKNOWN in (old, new):
        return None
    if when.startswith(_BECOMES):
        return text(new) == when.removeprefix(_BECOMES)
    if when.startswith(_WAS):
        return text(old) == when.removeprefix(_WAS)
    if when.startswith(_CROSSES):
        limit = when.removeprefix(_CROSSES)
        return _rises(old, new) and _rises(old, limit) and not _rises(new, limit)
    return CONDITIONS[when](old, new)


def known(when: str) -> bool:
    """Whether there is such a condition."""
    return not when or when in CONDITIONS or when.startswith((_BECOMES, _WAS, _CROSSES))


def becomes(when: str) -> str:
    """The value that a condition waits for; nothing where it waits for something else."""
    return when.removeprefix(_BECOMES) if when.startswith(_BECOMES) else ""


def text(value: Any) -> str:
    """A value as the table writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def order(value: Any) -> tuple[float, ...] | None:
    """Numbers and versions in their order: 15.10 is after 15.9."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return (float(value),)
    parts = re.fullmatch(r"v?(\d+(?:\.\d+)*)(?:-eksbuild\.(\d+))?", str(value))
    if not parts:
        return None
    numbers = [*parts[1].split("."), *([parts[2]] if parts[2] else [])]
    return tuple(float(number) for number in numbers)


def _rises(old: Any, new: Any) -> bool:
    before, after = order(old), order(new)
    if before is None or after is None:
        return False
    # A version without its minor follows the minors: neither more nor less than one of them.
    shared = min(len(before), len(after))
    return after[:shared] > before[:shared]


def _major(old: Any, new: Any) -> bool:
    before, after = order(old), order(new)
    return before is not None and after is not None and after[0] > before[0]


def _skips(old: Any, new: Any) -> bool:
    """Whether a version of the form major.minor rises by more than one minor."""
    before, after = order(old), order(new)
    if before is None or after is None or len(before) < 2 or len(after) < 2:
        return False
    return before[0] == after[0] and after[1] - before[1] > 1


def _members(value: Any) -> set[str]:
    entries = value if isinstance(value, list) else [] if value in _ABSENT_VALUES else [value]
    return {json.dumps(entry, sort_keys=True) for entry in entries}


def _statements(value: Any) -> list[Mapping[str, Any]] | None:
    content = document(value) if isinstance(value, str) else value
    if value in _ABSENT_VALUES:
        return []
    if not isinstance(content, Mapping) or "Statement" not in content:
        return None
    found = content["Statement"]
    return [found] if isinstance(found, Mapping) else list(found)


def _grants(statements: list[Mapping[str, Any]], effect: str) -> set[tuple[str, ...]]:
    """What the statements of an effect cover, one entry for each action, resource and principal."""
    return {atom for each in statements if each.get("Effect") == effect for atom in _atoms(each)}


def _atoms(statement: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    def parts(*names: str) -> list[str]:
        for name in names:
            if name in statement:
                value = statement[name]
                return [f"{name}={each}" for each in sorted(map(_json, value if isinstance(value, list) else [value]))]
        return [""]

    condition = _json(statement.get("Condition") or {})
    for action in parts("Action", "NotAction"):
        for resource in parts("Resource", "NotResource"):
            for principal in parts("Principal", "NotPrincipal"):
                yield action, resource, principal, condition


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _widens(old: Any, new: Any) -> bool | None:
    """Whether a policy document allows something that it did not, or no longer denies something that it did."""
    before, after = _statements(old), _statements(new)
    if before is None or after is None:
        return None
    more = _grants(after, "Allow") - _grants(before, "Allow")
    return bool(more or _grants(before, "Deny") - _grants(after, "Deny"))


def _expires(_old: Any, new: Any) -> bool:
    """Whether an added rule of a bucket's lifecycle deletes something."""
    if not isinstance(new, Mapping):
        return False
    expiry = new.get("expiration") or {}
    return bool(expiry.get("days") or expiry.get("date") or new.get("noncurrentVersionExpiration"))


CONDITIONS: Mapping[str, Condition] = {
    "rises": _rises,
    "falls": lambda old, new: _rises(new, old),
    "major": _major,
    "skips a minor": _skips,
    "on": lambda old, new: new is True and old is not True,
    "off": lambda old, new: old is True and new is not True,
    "added": lambda old, new: old in _ABSENT_VALUES and new not in _ABSENT_VALUES,
    "removed": lambda old, new: new in _ABSENT_VALUES and old not in _ABSENT_VALUES,
    "gains": lambda old, new: bool(_members(new) - _members(old)),
    "loses": lambda old, new: bool(_members(old) - _members(new)),
    "widens": _widens,
    "expires": _expires,
}
"""All conditions by name, beside `becomes <value>`, `was <value>` and `crosses <number>`, upwards."""
