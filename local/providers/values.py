"""Property values as providers see them, and their form on the wire.

The engine sends property maps as protobuf structs in which unknown values, secrets and resource references are marked
with signatures. Here they become plain Python values, with `UNKNOWN` and two small classes for what JSON cannot say.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, final

from google.protobuf.struct_pb2 import ListValue, Struct, Value

from local.wire import SECRET_SIGNATURE, SIGNATURE

Values = dict[str, Any]

# Further signatures of the engine's wire protocol.
_RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_ASSETS = ("c44067f5952c0a294b673a41bacd8c17", "0def7320c3a5731c473e5ecbe6d01bc7")
_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_TYPED_UNKNOWNS = (
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # boolean
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
    "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
    "e48ece36-62e2-4504-bad9-02848725956a",  # archive
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
)
_UNKNOWNS = frozenset((_UNKNOWN, *_TYPED_UNKNOWNS))


@final
class Unknown:
    """A value that a preview cannot know yet."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __deepcopy__(self, _: object) -> Unknown:
        return self


UNKNOWN: Final = Unknown()


@dataclass(frozen=True)
class Secret:
    """A value that the engine encrypts."""

    value: Any


@dataclass(frozen=True)
class Reference:
    """A resource that stands for itself in a property: `id` is None for components."""

    urn: str
    id: Any = None
    version: str = ""


def is_unknown(value: object) -> bool:
    """Whether the value, or anything inside it, is unknown."""
    if isinstance(value, Secret):
        return is_unknown(value.value)
    if isinstance(value, Mapping):
        return any(map(is_unknown, value.values()))
    if isinstance(value, list):
        return any(map(is_unknown, value))
    return value is UNKNOWN


def reveal(value: Any) -> Any:
    """The value without its secret marks."""
    if isinstance(value, Secret):
        return reveal(value.value)
    if isinstance(value, dict):
        return {key: reveal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [reveal(item) for item in value]
    return value


# What Go's encoder of JSON writes for these, so that the text may stand in HTML.
_ESCAPED = str.maketrans({each: f"\\u{ord(each):04x}" for each in "<>&\u2028\u2029"})


def json_document(value: Any) -> Any:
    """A document as JSON in the words of Go's encoder; unknown when anything inside it is."""
    if is_unknown(value):
        return UNKNOWN
    return json.dumps(reveal(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False).translate(_ESCAPED)


def as_secret(value: Any, given: Any) -> Any:
    """The value with secret marks where `given` has them, as the engine does for providers that know no secrets.

    What has become text is secret as a whole.
    """
    became_text = isinstance(given, dict | list) and not isinstance(value, dict | list)
    if isinstance(given, Secret) or (became_text and reveal(given) != given):
        return value if isinstance(value, Secret) else Secret(value)
    if isinstance(value, dict) and isinstance(given, dict):
        return {key: as_secret(item, given.get(key)) for key, item in value.items()}
    if isinstance(value, list) and isinstance(given, list):
        return [as_secret(item, other) for item, other in zip(value, given, strict=False)] + value[len(given) :]
    return value


def is_asset(value: object) -> bool:
    """Whether the value is an asset or an archive."""
    return isinstance(value, Mapping) and value.get(SIGNATURE) in _ASSETS


def decode(struct: Struct) -> Values:
    """The properties of a wire struct; nulls are left out, since they mean that a property is not set."""
    return {key: _decode(value) for key, value in struct.fields.items() if value.WhichOneof("kind") != "null_value"}


def _decode(value: Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return UNKNOWN if value.string_value in _UNKNOWNS else value.string_value
    if kind == "number_value":
        return int(value.number_value) if value.number_value.is_integer() else value.number_value
    if kind == "bool_value":
        return value.bool_value
    if kind == "list_value":
        return [_decode(item) for item in value.list_value.values]
    if kind == "struct_value":
        return _marked(decode(value.struct_value))
    return None


def _marked(properties: Values) -> Any:
    signature = properties.get(SIGNATURE)
    if signature == SECRET_SIGNATURE:
        return Secret(properties.get("value"))
    if signature == _RESOURCE:
        return Reference(properties["urn"], properties.get("id"), properties.get("packageVersion", ""))
    if signature == _OUTPUT:
        value = properties.get("value", UNKNOWN)
        return Secret(value) if properties.get("secret") else value
    return properties


def encode(properties: Mapping[str, Any]) -> Struct:
    """The wire form of a property map."""
    struct = Struct()
    for key, value in properties.items():
        _encode(value, struct.fields[key])
    return struct


def _encode(value: Any, target: Value) -> None:
    if value is UNKNOWN:
        target.string_value = _UNKNOWN
    elif value is None:
        target.null_value = 0  # type: ignore[assignment]
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, int | float):
        target.number_value = value
    elif isinstance(value, str):
        target.string_value = value
    elif isinstance(value, Secret):
        _encode({SIGNATURE: SECRET_SIGNATURE, "value": value.value}, target)
    elif isinstance(value, Reference):
        _encode(_reference(value), target)
    elif isinstance(value, Mapping):
        target.struct_value.CopyFrom(encode(value))
    else:
        target.list_value.CopyFrom(_encode_list(value))


def _reference(reference: Reference) -> Values:
    properties = {SIGNATURE: _RESOURCE, "urn": reference.urn, "packageVersion": reference.version}
    return properties if reference.id is None else {**properties, "id": reference.id}


def _encode_list(values: Iterable[Any]) -> ListValue:
    encoded = ListValue()
    for value in values:
        _encode(value, encoded.values.add())
    return encoded
