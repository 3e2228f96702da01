"""Property values keep their meaning on the way to the wire and back."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.struct_pb2 import Struct
from hypothesis import given
from hypothesis import strategies as st
from pulumi.output import Unknown
from pulumi.runtime import rpc

from local.providers.values import (
    UNKNOWN,
    Reference,
    Secret,
    decode,
    encode,
    is_unknown,
    reveal,
)
from local.wire import SECRET_SIGNATURE, SIGNATURE

_JSON = st.recursive(
    st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), _JSON, max_size=5))
def test_plain_values_survive(properties: dict[str, Any]) -> None:
    assert decode(encode(properties)) == properties


@pytest.mark.parametrize(
    "value", [UNKNOWN, Secret("s"), Secret(UNKNOWN), Reference("urn", "id", "1"), Reference("urn")]
)
def test_marked_values_survive(value: object) -> None:
    assert decode(encode({"a": [value], "b": {"c": value}})) == {"a": [value], "b": {"c": value}}


def test_nulls_mean_that_a_property_is_not_set() -> None:
    assert decode(encode({"a": None, "b": 1})) == {"b": 1}


def test_the_sdk_reads_what_is_written() -> None:
    read = rpc.deserialize_properties(encode({"a": UNKNOWN, "b": Secret("s"), "c": [1, "x"]}), keep_unknowns=True)
    assert isinstance(read["a"], Unknown)
    assert rpc.unwrap_rpc_secret(read["b"]) == "s"
    assert read["c"] == [1, "x"]


def test_what_is_marked_by_hand_carries_the_marks_of_the_sdk() -> None:
    assert {rpc._special_sig_key: rpc._special_secret_sig} == {SIGNATURE: SECRET_SIGNATURE}


def test_unknowns_of_every_type_are_read() -> None:
    array_of_unknown_type = "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2"
    struct = Struct()
    struct.update({"a": array_of_unknown_type})
    assert decode(struct) == {"a": UNKNOWN}


def test_an_unknown_is_found_wherever_it_is() -> None:
    assert is_unknown({"a": [{"b": Secret(UNKNOWN)}]})
    assert not is_unknown({"a": [{"b": Secret(1)}]})


def test_secrets_are_revealed_wherever_they_are() -> None:
    assert reveal({"a": [Secret({"b": Secret(1)})]}) == {"a": [{"b": 1}]}
