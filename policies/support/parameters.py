"""Parameters of rules: their JSON schema for the engine, and values checked to the last item."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["number", "numbers", "strings", "names", "accounts", "patterns"]
Setting = int | list[int] | list[str] | dict[str, str]

_SCHEMAS: Mapping[Kind, dict[str, object]] = {
    "number": {"type": "integer"},
    "numbers": {"type": "array", "items": {"type": "integer"}},
    "strings": {"type": "array", "items": {"type": "string"}},
    "names": {"type": "array", "items": {"type": "string"}},
    "accounts": {"type": "array", "items": {"type": "string"}},
    "patterns": {"type": "object", "additionalProperties": {"type": "string"}},
}


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A setting of a rule that configuration may change."""

    name: str
    kind: Kind
    """`number` and `numbers` are whole numbers, `strings` a list of patterns, `names` one of text without wildcards,
    `accounts` one of account ids, `patterns` names with regular expressions."""
    default: Setting
    description: str
    least: int = 0
    """Least value of a number. No value may switch the rule off."""
    most: int = 65535
    """Greatest value of a number."""
    required: tuple[str, ...] = ()
    """What a list must hold."""

    def schema(self) -> dict[str, object]:
        """The JSON schema by which the engine checks and completes configuration."""
        return {**_SCHEMAS[self.kind], "description": self.description, "default": self.default}

    def parse(self, value: object) -> Setting:
        """The value in its own type. Raises `ValueError` in words that name what is allowed.

        Whole numbers arrive from the engine as floats.
        """
        match self.kind:
            case "number":
                return self._bounded(value)
            case "numbers":
                if not isinstance(value, list) or not value:
                    raise ValueError("must be a list of whole numbers that is not empty")
                return [self._bounded(item) for item in value]
            case "strings" | "names" | "accounts":
                return self._texts(value)
            case "patterns":
                if not isinstance(value, dict) or not value or not all(_is_pattern(item) for item in value.values()):
                    raise ValueError("must map names to regular expressions")
                everything = [name for name, item in value.items() if all(re.fullmatch(item, odd) for odd in _ODD)]
                if everything:
                    raise ValueError(f"the pattern of {everything[0]} matches everything, so that nothing is checked")
                return value

    def _bounded(self, value: object) -> int:
        number = _whole(value)
        if not self.least <= number <= self.most:
            raise ValueError(f"must be between {self.least} and {self.most}")
        return number

    def _texts(self, value: object) -> list[str]:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise ValueError("must be a list of text")
        if self.kind == "accounts":
            if not all(re.fullmatch(r"\d{12}", item) for item in value):
                raise ValueError("must be a list of account ids of twelve digits")
            return value
        if self.default and not value:
            raise ValueError("must not be empty, so that the rule has something to check")
        if any(not re.search(r"\w", item) for item in value):
            raise ValueError("must be a list of names: each holds a letter or a digit")
        if self.kind == "names" and any(re.search(r"[*?\[]", item) for item in value):
            raise ValueError("must be a list of names without wildcards")
        if missing := [item for item in self.required if item not in value]:
            raise ValueError(f"must hold {', '.join(missing)}")
        return value


# What no tag's value should look like: a pattern that takes all of it checks nothing.
_ODD = (" ", "\t~", "<{|}>", " zzqq 0 ")


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
