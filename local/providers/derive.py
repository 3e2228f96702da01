"""Plausible values for computed properties that nothing names, from their names, types and descriptions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local.schema import Choice, ListOf, MapOf, Object, Property, Scalar

_DEFAULT = re.compile(r"(?:[Dd]efaults? (?:to|is|value is)|[Dd]efault:)\s*[`\"']+([^`\"'\s]+)[`\"']")
_DEEPEST = 3


@dataclass(frozen=True)
class Deriving:
    """Makes up the properties of one resource; `text` is what the cloud makes of one that is text."""

    text: Callable[[Property], str]

    def value(self, known: Property, settable: bool, depth: int = 0) -> Any:
        """A value for a property, or None for an object that was left out.

        `settable` properties, which the program might have given, get their documented default.
        """
        kind = known.type
        if isinstance(kind, ListOf):
            return []
        if isinstance(kind, MapOf):
            return {}
        if isinstance(kind, Object):
            return None if settable or depth == _DEEPEST else self._object(kind, depth)
        if isinstance(kind, Choice):
            default = _documented_default(known)
            return default if default in kind.values else "" if settable else kind.values[0]
        if isinstance(kind, Scalar) and kind.name != "string":
            return _number_or_flag(known, kind.name)
        return (_documented_default(known) or "") if settable else self.text(known)

    def _object(self, kind: Object, depth: int) -> dict[str, Any]:
        fields = [field for field in kind.properties.values() if field.required]
        return {field.name: self.value(field, False, depth + 1) for field in fields}


def text_by_name(forms: Mapping[str, str], name: str, parts: Mapping[str, str], otherwise: str) -> str:
    """What a table of forms, by patterns of names, makes of a property's text; the first pattern that fits counts."""
    found = (form for pattern, form in forms.items() if re.search(pattern, name))
    return next(found, otherwise).format_map(parts)


def _documented_default(known: Property) -> str | None:
    match = _DEFAULT.search(known.doc)
    return match[1] if match else None


def _number_or_flag(known: Property, kind: str) -> Any:
    default = _documented_default(known) or ""
    if kind == "boolean":
        return default.lower() == "true"
    return int(default) if default.isdecimal() else 0
