"""Parameters of rules: their JSON schema for the engine, and values checked to the last item."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["number", "numbers", "strings", "patterns"]
Setting = int | list[int] | list[str] | dict[str, str]

_SCHEMAS: Mapping[Kind, dict[str, object]] = {
    "number": {"type": "integer"},
    "numbers": {"type": "array", "items": {"type": "integer"}},
    "strings": {"type": "array", "items": {"type": "string"}},
    "patterns": {"type": "object", "additionalProperties": {"type": "string"}},
}


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A setting of a rule that configuration may change."""

    name: str
    kind: Kind
    """`number` and `numbers` are whole numbers, `strings` a list of text, `patterns` names with regular expressions."""
    default: Setting
    description: str

    def schema(self) -> dict[str, object]:
        """The JSON schema by which the engine checks and completes configuration."""
        return {**_SCHEMAS[self.kind], "description": self.description, "default": self.default}

    def parse(self, value: object) -> Setting:
        """The value in its own type. Raises `ValueError` in words that name what is allowed.

        Whole numbers arrive from the engine as floats.
        """
        match self.kind:
            case "number":
                return _whole(value)
            case "numbers":
                if not isinstance(value, list):
                    raise ValueError("must be a list of whole numbers")
                return [_whole(item) for item in value]
            case "strings":
                if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                    raise ValueError("must be a list of text")
                return value
            case "patterns":
                if not isinstance(value, dict) or not all(_is_pattern(item) for item in value.values()):
                    raise ValueError("must map names to regular expressions")
                return value


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise ValueError("must be a whole number")
    return int(value)


def _is_pattern(value: object) -> bool:
    try:
        re.compile(value if isinstance(value, str) else "(")
    except re.error:
        return False
    return True
