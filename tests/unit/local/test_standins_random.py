"""The stand-in for the random provider keeps the constraints of the program, and gives the same values every time."""

from __future__ import annotations

import base64
import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.providers.random import Random
from local.providers.values import Values
from tests.unit.standins import instance, urn

PASSWORD = "random:index/randomPassword:RandomPassword"
ID = "random:index/randomId:RandomId"
TEXT = "random:index/randomString:RandomString"
UUID = "random:index/randomUuid:RandomUuid"


def outputs(kind: str, inputs: Values, name: str = "it") -> Values:
    return instance(Random()).create(urn(kind, name), inputs).outputs


@given(
    length=st.integers(16, 64),
    minimums=st.fixed_dictionaries(
        {f"min{kind}": st.integers(0, 4) for kind in ("Lower", "Upper", "Numeric", "Special")}
    ),
    special=st.sampled_from(["!#", "!&#$^<>-", None]),
)
def test_a_password_keeps_its_constraints(length: int, minimums: dict[str, int], special: str | None) -> None:
    given_special = {"overrideSpecial": special} if special else {}
    password = outputs(PASSWORD, {"length": length, **minimums, **given_special})["result"]
    classes = {"Lower": string.ascii_lowercase, "Upper": string.ascii_uppercase, "Numeric": string.digits}
    counts = {kind: sum(character in letters for character in password) for kind, letters in classes.items()}
    counts["Special"] = length - sum(counts.values())
    assert len(password) == length
    assert all(counts[kind] >= minimums[f"min{kind}"] for kind in counts)
    assert special is None or set(password) <= set(string.ascii_letters + string.digits + special)


@pytest.mark.parametrize(
    ("without", "letters"),
    [("special", string.punctuation), ("numeric", string.digits), ("upper", string.ascii_uppercase)],
)
def test_a_class_that_is_switched_off_does_not_occur(without: str, letters: str) -> None:
    assert not set(outputs(PASSWORD, {"length": 200, without: False})["result"]) & set(letters)


def test_values_depend_on_the_urn_alone() -> None:
    assert outputs(PASSWORD, {"length": 32}) == outputs(PASSWORD, {"length": 32})
    assert outputs(PASSWORD, {"length": 32})["result"] != outputs(PASSWORD, {"length": 32}, "other")["result"]


def test_a_password_has_a_hash_in_the_form_of_bcrypt() -> None:
    assert re.fullmatch(r"\$2a\$10\$[./A-Za-z0-9]{53}", outputs(PASSWORD, {"length": 16})["bcryptHash"])


def test_every_form_of_an_id_says_the_same() -> None:
    found = outputs(ID, {"byteLength": 6, "prefix": "p-"})
    assert found["dec"] == f"p-{int(found['hex'].removeprefix('p-'), 16)}"
    assert base64.b64decode(found["b64Std"].removeprefix("p-")).hex() == found["hex"].removeprefix("p-")


def test_a_uuid_and_a_string() -> None:
    assert re.fullmatch(
        r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", outputs(UUID, {})["result"]
    )
    assert re.fullmatch(
        r"[a-z]{12}", outputs(TEXT, {"length": 12, "special": False, "upper": False, "numeric": False})["result"]
    )


def test_every_change_draws_anew() -> None:
    random = instance(Random())
    known = random.create(urn(PASSWORD), {"length": 16})
    assert list(random.diff(known, {"length": 20}).replaces) == ["length"]


def test_more_required_characters_than_the_length_allows_are_refused() -> None:
    _, failures = instance(Random()).check(urn(PASSWORD), {"length": 3, "minLower": 2, "minUpper": 2})
    assert failures == {"length": "4 characters are required by minLower, minUpper; length is 3"}


@pytest.mark.parametrize("name", [f"it{number}" for number in range(20)])
def test_an_integer_is_within_its_bounds_and_a_shuffle_has_all_items(name: str) -> None:
    drawn = outputs("random:index/randomInteger:RandomInteger", {"min": 3, "max": 5}, name)["result"]
    assert drawn in (3, 4, 5)
    kind, items = "random:index/randomShuffle:RandomShuffle", ["a", "b", "c"]
    assert sorted(outputs(kind, {"inputs": items}, name)["results"]) == items
    assert len(outputs(kind, {"inputs": items, "resultCount": 5}, name)["results"]) == 5


def test_a_pet_has_the_words_that_were_asked_for() -> None:
    pet = instance(Random()).create(urn("random:index/randomPet:RandomPet", "it"), {"length": 3, "prefix": "p"})
    assert re.fullmatch(r"p(-[a-z]+){3}", pet.id)


def test_bytes_say_the_same_in_both_forms() -> None:
    drawn = outputs("random:index/randomBytes:RandomBytes", {"length": 5})
    assert base64.b64decode(drawn["base64"]).hex() == drawn["hex"]
    assert len(drawn["hex"]) == 10
