"""Properties of a resource as rules see them: plain values, and an exception that names what is still unknown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum

from google.protobuf import json_format, struct_pb2
from pulumi_policy import proxy

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - marks a secret in the engine's protocol, is none itself

_SENTINELS = frozenset(value for name, value in vars(proxy).items() if name.startswith("UNKNOWN_"))


class Unknown(Enum):
    """A value that only the update will know."""

    VALUE = "unknown"


UNKNOWN = Unknown.VALUE


class UnknownValueError(Exception):
    """A rule needs a property whose value is unknown."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


def decode(message: struct_pb2.Struct) -> dict[str, object]:
    """The properties in a message of the engine: secrets unwrapped, unknown values marked as `UNKNOWN`."""
    return {name: plain(value) for name, value in json_format.MessageToDict(message).items()}


def plain(value: object) -> object:
    """One value of the engine's protocol, or of an exported state, as a plain value.

    Assets and archives keep their markers. A secret that the state holds encrypted is unknown.
    """
    if isinstance(value, str):
        return UNKNOWN if value in _SENTINELS else value
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET:
            return plain(json.loads(value["plaintext"]) if "plaintext" in value else value.get("value", UNKNOWN))
        return {name: plain(item) for name, item in value.items()}
    return value


_READS: ContextVar[list[str] | None] = ContextVar("reads", default=None)


@contextmanager
def recorded() -> Iterator[list[str]]:
    """The paths of the properties that are read meanwhile, in the order of their first reading."""
    reads: list[str] = []
    token = _READS.set(reads)
    try:
        yield reads
    finally:
        _READS.reset(token)


def _record(location: str) -> None:
    reads = _READS.get()
    if reads is not None and location not in reads:
        reads.append(location)


class Values:
    """A tree of properties, read by dotted paths (`encryptionConfig.provider.keyArn`).

    A list in the way yields its first item. Every getter raises `UnknownValueError` for an unknown value and answers
    `None`, or an empty list, for an absent one.
    """

    def __init__(self, properties: Mapping[str, object], location: str = "") -> None:
        self.properties = properties
        self._location = location

    def has(self, path: str) -> bool:
        """Whether the property is set, be its value known or not. Empty text, lists and maps count as absent."""
        try:
            return self.get(path) not in (None, "", [], {})
        except UnknownValueError:
            return True

    def get(self, path: str) -> object:
        """The value as it is, wholly known."""
        value: object = self.properties
        walked = self._location
        for name in path.split("."):
            if isinstance(value, list):
                value = value[0] if value else None
            if not isinstance(value, Mapping):
                return None
            walked = f"{walked}.{name}" if walked else name
            value = value.get(name)
            if value is UNKNOWN:
                raise UnknownValueError(walked)
        _record(walked)
        _require_known(value, walked)
        return value

    def text(self, path: str) -> str | None:
        """The value as text."""
        value = self.get(path)
        return None if value is None else str(value)

    def number(self, path: str) -> float | None:
        """The value as a number; text that holds one counts, as it does for the provider."""
        value = self.get(path)
        try:
            return None if value is None else float(str(value))
        except ValueError:
            return None

    def true(self, path: str) -> bool:
        """Whether the value is true; absent is not true."""
        return self.get(path) in (True, "true")

    def false(self, path: str) -> bool:
        """Whether the value is false; absent is not false."""
        return self.get(path) in (False, "false")

    def strings(self, path: str) -> list[str]:
        """The value as a list of text; a single value is a list of one."""
        value = self.get(path)
        if value is None:
            return []
        return [str(item) for item in value] if isinstance(value, list) else [str(value)]

    def each(self, path: str) -> list[Values]:
        """The maps in a list, or the one map, as trees of their own. Unknown values inside count once they are read."""
        holder, _, name = path.rpartition(".")
        parent = self.child(holder) if holder else self
        value = parent.properties.get(name)
        location = f"{parent._location}.{name}" if parent._location else name
        if value is UNKNOWN:
            raise UnknownValueError(location)
        if isinstance(value, Mapping):
            return [Values(value, location)]
        items = value if isinstance(value, list) else []
        if UNKNOWN in items:
            raise UnknownValueError(location)
        return [Values(item, f"{location}[{index}]") for index, item in enumerate(items) if isinstance(item, Mapping)]

    def child(self, path: str) -> Values:
        """The map below a path, empty when absent."""
        found = self.each(path)
        return found[0] if found else Values({}, path)


def _require_known(value: object, location: str) -> None:
    if value is UNKNOWN:
        raise UnknownValueError(location)
    if isinstance(value, list):
        for index, item in enumerate(value):
            _require_known(item, f"{location}[{index}]")
    elif isinstance(value, Mapping):
        for name, item in value.items():
            _require_known(item, f"{location}.{name}")


def decoded_json(values: Values, path: str) -> Values:
    """The object that a property holds as JSON text, the first of a list; empty where it is none."""
    return next(iter(decoded_list(values, path)), Values({}, path))


def decoded_list(values: Values, path: str) -> list[Values]:
    """The objects that a property holds as JSON text, one or a list."""
    value = values.get(path)
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (json.JSONDecodeError, RecursionError):
            return []
    items = value if isinstance(value, list) else [value]
    return [Values(item, path) for item in items if isinstance(item, Mapping)]
