"""Whatever a stack file holds, its reader gets lines about keys: never a traceback, never a wall of text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import config
from tests.unit.stacks import put, values_of

NASTY_TEXTS = (
    *(
        "",
        " ",
        "\x00",
        "\ud800",
        "\u202e",
        "a\nb",
        "١٢٣",
        "nan",
        "1e999",
        "{}",
        "[]",
        "null",
        "true",
        "-1",
        "0x10",
        "../..",
    ),
    *(
        "10.0.0.0/99",
        "10.0.0.0/8\n",
        "999.0.0.0/8",
        "::/0",
        "25:00-26:00",
        "sun:05:00-sun:05:00",
        "sun:05:00-mon:05:00",
    ),
    *("aws:kms", "${x}", "%s", "{allowed}", "🦄" * 300, "[" * 3000, "[key]", "a.b", "0", "__class__", "x" * 10_000),
)
NASTY_NUMBERS = (float("nan"), float("inf"), -float("inf"), -0.0, 1e308, 2**63, -(2**63), 0, -1, True, 1.3)

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(NASTY_TEXTS),
    st.sampled_from(NASTY_NUMBERS),
    st.binary(max_size=4),
    # More digits than Python turns into text.
    st.just(5000).map(lambda digits: 10**digits),
)
junk = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.text(max_size=8), st.sampled_from(NASTY_TEXTS)), inner, max_size=4),
        st.dictionaries(st.one_of(st.integers(), st.none(), st.booleans()), inner, max_size=2),
    ),
    max_leaves=8,
)


def paths_of(values: dict[str, Any], prefix: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in values.items():
        yield (*prefix, key)
        if isinstance(value, dict):
            yield from paths_of(value, (*prefix, key))


PATHS = sorted(paths_of(values_of("production")), key=len)


@st.composite
def damaged_stacks(draw: st.DrawFn) -> dict[str, Any]:
    """A valid stack in which up to five places hold something else, nothing, or more than they should."""
    values = values_of("production")
    for _ in range(draw(st.integers(1, 5))):
        *parents, last = draw(st.sampled_from(PATHS))
        place: Any = values
        for parent in parents:
            place = place.get(parent) if isinstance(place, dict) else None
        if not isinstance(place, dict):
            continue
        how = draw(st.sampled_from(("replace", "remove", "add", "rename")))
        if how == "replace":
            place[last] = draw(junk)
        elif how == "add":
            place[draw(st.text(max_size=8))] = draw(junk)
        elif last in place:
            value = place.pop(last)
            if how == "rename":
                place[draw(st.one_of(st.text(max_size=8), st.sampled_from(NASTY_TEXTS)))] = value
    return values


def check(values: dict[str, Any], secrets: tuple[str, ...] = ()) -> None:
    """Parsing ends in a stack, or in an error that can be shown: whole lines that begin with a key."""
    mistakes: tuple[str, ...] = ()
    try:
        config.parse("production", values, {}, secrets=secrets)
    except config.ConfigError as error:
        mistakes = error.mistakes or ("an error without lines",)
    for line in mistakes:
        assert line.startswith("trading-platform:"), line
        assert line.isprintable(), line
        assert len(line) < 1000, line


many = settings(max_examples=1200, deadline=None, database=None, suppress_health_check=list(HealthCheck))


@many
@given(damaged_stacks())
def test_damaged_stacks_never_crash(values: dict[str, Any]) -> None:
    check(values)


@settings(many, max_examples=400)
@given(damaged_stacks())
def test_damaged_stacks_never_crash_when_they_come_from_the_engine(values: dict[str, Any]) -> None:
    texts = {}
    for key, value in values.items():
        try:
            texts[key] = value if isinstance(value, str) else json.dumps(value)
        except (TypeError, ValueError):
            continue
    check(texts, secrets=("postgres", "network"))


@settings(many, max_examples=300)
@given(st.dictionaries(st.one_of(st.text(max_size=8), st.sampled_from(sorted(config.KEYS))), junk, max_size=6))
def test_stacks_of_pure_junk_never_crash(values: dict[str, Any]) -> None:
    check(values)


@settings(many, max_examples=200)
@given(st.sampled_from(PATHS), st.text(max_size=30))
def test_any_text_anywhere_is_accepted_or_refused_by_its_own_key(path: tuple[str, ...], text: str) -> None:
    values = values_of("production")
    put(values, ".".join(path), text)
    check(values)
