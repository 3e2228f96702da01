"""Filter patterns of CloudWatch Logs for JSON events (CloudWatch Logs user guide, Filter pattern syntax)."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping
from typing import Any

Event = Mapping[str, Any]

_TOKEN = re.compile(r'\s*(\(|\)|&&|\|\||!=|=|"[^"]*"|[^\s()=!&|]+)')
_MISSING = object()


def matches(pattern: str, event: Event) -> bool:
    """Whether a metric filter counts the event. A condition on a field that the event lacks is not met."""
    inside = re.fullmatch(r"\s*\{(.*)\}\s*", pattern, re.DOTALL)
    assert inside, f"no pattern for JSON: {pattern}"
    parser = _Parser(_TOKEN.findall(inside[1]), event)
    found = parser.either()
    assert parser.tokens == [], f"left over: {parser.tokens}"
    return found


class _Parser:
    """`||` binds less than `&&`."""

    def __init__(self, tokens: list[str], event: Event) -> None:
        self.tokens = tokens
        self._event = event

    def either(self) -> bool:
        found = self._both()
        while self._takes("||"):
            found = self._both() or found
        return found

    def _both(self) -> bool:
        found = self._condition()
        while self._takes("&&"):
            found = self._condition() and found
        return found

    def _takes(self, token: str) -> bool:
        if self.tokens[:1] == [token]:
            self.tokens.pop(0)
            return True
        return False

    def _condition(self) -> bool:
        if self._takes("("):
            found = self.either()
            assert self._takes(")"), self.tokens
            return found
        field = self._field(self.tokens.pop(0))
        operator = self.tokens.pop(0)
        if operator == "NOT":
            assert self._takes("EXISTS"), self.tokens
            return field is _MISSING
        assert operator in ("=", "!="), operator
        wanted = self.tokens.pop(0).strip('"')
        # Patterns compare case by case; only the asterisk is special.
        same = fnmatch.fnmatchcase(str(field), wanted.replace("[", "[[]").replace("?", "[?]"))
        return field is not _MISSING and same == (operator == "=")

    def _field(self, path: str) -> Any:
        root, *steps = path.split(".")
        assert root == "$", path
        found: Any = self._event
        for step in steps:
            found = found.get(step, _MISSING) if isinstance(found, Mapping) else _MISSING
        return found
