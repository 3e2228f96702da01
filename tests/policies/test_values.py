"""How rules see properties: known, unknown, secret, absent."""

import pytest
from google.protobuf import json_format, struct_pb2
from pulumi_policy.proxy import UNKNOWN_BOOLEAN_VALUE, UNKNOWN_STRING_VALUE

from policies.support.values import SECRET, SIGNATURE, UNKNOWN, UnknownValueError, Values, decode, plain

VALUES = Values(
    {
        "name": "logs",
        "on": True,
        "off": "false",
        "days": 30.0,
        "key": UNKNOWN,
        "nested": {"list": [{"key": "first"}, {"key": UNKNOWN}], "empty": []},
    }
)


def test_paths_walk_through_maps_and_into_the_first_item_of_a_list() -> None:
    assert VALUES.text("nested.list.key") == "first"
    assert VALUES.text("nested.missing.key") is None
    assert VALUES.text("name.deeper") is None


def test_flags_are_true_false_or_absent() -> None:
    assert VALUES.true("on")
    assert VALUES.false("off")
    assert not VALUES.true("missing")
    assert not VALUES.false("missing")


def test_numbers_come_from_numbers_and_from_text() -> None:
    assert VALUES.number("days") == 30
    assert Values({"days": "30"}).number("days") == 30
    assert Values({"days": "many"}).number("days") is None


def test_what_is_unknown_is_set_but_cannot_be_read() -> None:
    assert VALUES.has("key")
    with pytest.raises(UnknownValueError) as error:
        VALUES.text("key")
    assert error.value.path == "key"


def test_an_unknown_item_is_named_by_its_place() -> None:
    first, second = VALUES.each("nested.list")
    assert first.text("key") == "first"
    with pytest.raises(UnknownValueError) as error:
        second.text("key")
    assert error.value.path == "nested.list[1].key"


def test_a_container_is_known_only_when_all_of_it_is() -> None:
    with pytest.raises(UnknownValueError, match=r"nested\.list\[1\]\.key"):
        VALUES.get("nested.list")


def test_empty_containers_count_as_absent() -> None:
    assert not VALUES.has("nested.empty")
    assert VALUES.each("nested.empty") == []


@pytest.mark.parametrize("sentinel", [UNKNOWN_STRING_VALUE, UNKNOWN_BOOLEAN_VALUE])
def test_the_engine_s_marks_are_understood(sentinel: str) -> None:
    message = json_format.ParseDict(
        {"password": {SIGNATURE: SECRET, "value": "hunter2"}, "list": [sentinel, 1]}, struct_pb2.Struct()
    )
    assert decode(message) == {"password": "hunter2", "list": [UNKNOWN, 1]}


def test_secrets_of_a_state_are_read_where_they_are_in_clear() -> None:
    assert plain({SIGNATURE: SECRET, "plaintext": '{"a":["b"]}'}) == {"a": ["b"]}
    assert plain({SIGNATURE: SECRET, "ciphertext": "djE6"}) is UNKNOWN
