"""Checks inputs against the schema: unknown, missing and mistyped properties and bad values, wherever they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from local.providers.values import UNKNOWN, Reference, Secret, Values, is_asset
from local.schema import Anything, Choice, ListOf, MapOf, Matching, Object, OneOf, Property, Scalar, Type

_PLAIN_KEY = re.compile(r"[A-Za-z_$][\w$]*")
_SHOWN_CHOICES = 40


@dataclass(frozen=True)
class Failure:
    """A property that the provider refuses, by its path, and why."""

    path: str
    reason: str
    refused: bool = True
    """Whether the provider refuses it; otherwise this is advice, which is shown and stops nothing."""


@dataclass
class Checker:
    """Walks inputs and collects failures.

    `lenient` accepts what the Terraform bridge coerces ("20" for 20), which a Kubernetes API server refuses.
    `quantities` matches the paths where such a server takes a number for text.
    `sparse` leaves out lists and maps that are empty.
    `choices` adds allowed values by path (`rules[].status`), where the SDK does not know them.
    """

    lenient: bool = True
    quantities: re.Pattern[str] | None = None
    choices: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    sparse: bool = False
    failures: list[Failure] = field(default_factory=list)
    advice: list[Failure] = field(default_factory=list)

    @property
    def findings(self) -> list[Failure]:
        """What is wrong, and what may be."""
        return [*self.failures, *self.advice]

    def properties(self, schema: Mapping[str, Property], values: Mapping[str, Any], path: str = "") -> Values:
        """The values, coerced to their types; what is wrong with them is added to `failures`."""
        for name, known in schema.items():
            if known.required and values.get(name) is None:
                self._fail(join(path, name), "required property is missing")
        checked: Values = {}
        for name, value in values.items():
            if name not in schema:
                self._fail(join(path, name), _unknown_property(name, schema))
            elif value is not None and not (self.sparse and _is_empty(schema[name].type, value)):
                checked[name] = self.value(schema[name].type, value, join(path, name))
                self._advise(schema[name], checked[name], join(path, name))
        return checked

    def _advise(self, known: Property, value: Any, path: str) -> None:
        """Tell of a value that the property's description does not list; secrets are left alone."""
        if known.suggested and isinstance(value, str | int) and str(value) not in known.suggested:
            listed = ", ".join(known.suggested)
            self.advice.append(
                Failure(path, f"{value!r} is not among what the SDK's description lists: {listed}", False)
            )

    def value(self, expected: Type, value: Any, path: str) -> Any:
        """The value, coerced to its type where the provider does that."""
        if value is UNKNOWN or isinstance(value, Reference) or isinstance(expected, Anything):
            return value
        if isinstance(value, Secret):
            return Secret(self.value(expected, value.value, path))
        if allowed := self.choices.get(re.sub(r"\[\d+]", "[]", path)):
            expected = Choice(allowed)
        if isinstance(expected, Scalar):
            return self._scalar(expected, value, path)
        if isinstance(expected, Choice | Matching):
            return self._choice(expected, value, path)
        if isinstance(expected, OneOf):
            return self._one_of(expected, value, path)
        return self._collection(expected, value, path)

    def _scalar(self, expected: Scalar, value: Any, path: str) -> Any:
        lenient = self.lenient or bool(self.quantities and self.quantities.search(path))
        for found in _readings(expected.name, value, lenient):
            return found
        return self._fail(path, f"must be {_article(expected.name)}, not {_kind(value)}")

    def _choice(self, expected: Choice | Matching, value: Any, path: str) -> Any:
        if isinstance(expected, Matching):
            if not isinstance(value, str) or not re.fullmatch(expected.pattern, value):
                self._fail(path, f"{value!r} does not have the form {expected.pattern}")
            return value
        if value in expected.values and not isinstance(value, bool):
            return value
        for allowed in expected.values:
            if self.lenient and not isinstance(value, dict | list) and str(allowed) == str(value):
                return allowed
        return self._fail(path, f"{value!r} is not allowed; {_one_of(expected.values, value)}")

    def _one_of(self, expected: OneOf, value: Any, path: str) -> Any:
        attempts = [Checker(self.lenient, self.quantities, self.choices, self.sparse) for _ in expected.options]
        results = [
            attempt.value(option, value, path) for attempt, option in zip(attempts, expected.options, strict=True)
        ]
        for attempt, result in zip(attempts, results, strict=True):
            if not attempt.failures:
                self.advice.extend(attempt.advice)
                return result
        # The option that fails deepest in the value is the one that was meant.
        closest = max(attempts, key=lambda attempt: len(attempt.failures[0].path))
        self.failures.extend(closest.failures)
        return value

    def _collection(self, expected: ListOf | MapOf | Object, value: Any, path: str) -> Any:
        if isinstance(expected, ListOf):
            if isinstance(value, list):
                return [self.value(expected.item, item, f"{path}[{index}]") for index, item in enumerate(value)]
            return self._fail(path, f"must be a list, not {_kind(value)}")
        if not isinstance(value, dict) or is_asset(value):
            return self._fail(
                path, f"must be {'a map' if isinstance(expected, MapOf) else 'an object'}, not {_kind(value)}"
            )
        if isinstance(expected, MapOf):
            return {key: self.value(expected.item, item, join(path, key)) for key, item in value.items()}
        return self.properties(expected.properties, value, path)

    def _fail(self, path: str, reason: str) -> None:
        self.failures.append(Failure(path, reason))


def _is_empty(expected: Type, value: Any) -> bool:
    return not value and isinstance(expected, ListOf | MapOf) and isinstance(value, list | dict)


def join(path: str, key: str) -> str:
    """The path of a property below another one, as the engine writes it."""
    if not _PLAIN_KEY.fullmatch(key):
        return f'{path}["{key}"]'
    return f"{path}.{key}" if path else key


def _unknown_property(name: str, schema: Mapping[str, Property]) -> str:
    close = get_close_matches(name, schema, 1)
    hint = f" (did you mean {close[0]}?)" if close else ""
    return f"unknown property{hint}; allowed: {', '.join(sorted(schema)) or 'none'}"


def _one_of(values: tuple[Any, ...], value: Any) -> str:
    if len(values) > _SHOWN_CHOICES:
        close = get_close_matches(str(value), map(str, values), 5)
        return f"close to it: {', '.join(close)}" if close else f"there are {len(values)} others"
    return f"must be one of {', '.join(map(str, values))}"


def _readings(expected: str, value: Any, lenient: bool) -> Iterator[Any]:
    """The value itself when it has the expected type, or else what the bridge makes of it."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if expected == "string" and (isinstance(value, str) or (lenient and isinstance(value, bool | int | float))):
        yield value if isinstance(value, str) else str(value).lower()
    elif expected == "boolean" and (isinstance(value, bool) or (lenient and value in ("true", "false"))):
        yield value in (True, "true")
    elif expected == "number" and number:
        yield value
    elif expected == "integer" and number and float(value).is_integer():
        yield int(value)
    elif expected in ("integer", "number") and lenient and isinstance(value, str):
        yield from _parsed(expected, value)


def _parsed(expected: str, text: str) -> Iterator[int | float]:
    try:
        yield int(text) if expected == "integer" else float(text)
    except ValueError:
        return


def _article(name: str) -> str:
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, list):
        return "a list"
    return "an asset" if is_asset(value) else "an object"
