"""Whatever a stack file holds, its reader gets lines about keys: never a traceback, never a wall of text."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import config
import stack_files
from review import settings as reviewed
from tests.unit.stacks import ROOT, put

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


def _files() -> Mapping[str, str]:
    """Valid stack files that have every section: production with what the bases of `review/settings.yaml` change."""
    text = (ROOT / "Pulumi.production.yaml").read_text(encoding="utf-8")
    found = {name: reviewed.configured(text, changes) for name, changes in reviewed.bases().items()}
    return {**found, "pilot": reviewed.configured(text, {"pilotLight": True})}


FILES = _files()
VALUES = {
    name: {key.partition(":")[2]: value for key, value in yaml.safe_load(text)["config"].items() if "platform:" in key}
    for name, text in FILES.items()
}
PATHS = sorted({path for values in VALUES.values() for path in paths_of(values)}, key=lambda path: (len(path), path))
OWN_PATHS = {name: sorted(paths_of(values), key=len) for name, values in VALUES.items()}

# What YAML can hold that no stack file should: lines at any place of the file, and bytes.
_DEEP = "[" * 500 + "]" * 500
_LAUGHS = "&a0 [x, x]" + "".join(f", &a{level} [*a{level - 1}, *a{level - 1}]" for level in range(1, 40))
NASTY_LINES = (
    *(b"  trading-platform:region: us-west-2", b"  trading-platform:network: {}", b"config: {}", b"config: [1]"),
    *(b"config:", b"config: text", b"  trading-platform:x: .inf", b"  trading-platform:x: -.inf", b"  y: .nan"),
    *(f"  trading-platform:x: {_DEEP}".encode(), f"  trading-platform:x: [{_LAUGHS}]".encode(), b"  x: &a {b: *a}"),
    *(b"  x: \xe9", b"\xff\xfe", b"  x: \x00", b"\t- x", b"  ~: 1", b"  1: 1", b"  true: 1", b"  [a, b]: 1", b"---"),
    *(b"  x: !!python/object:os.system {}", b"  x: !!binary aGk=", b"  x: 2026-01-01", b"  <<: [1]", b"  x: *none"),
    *(b"  trading-platform:region: 'us", b"  ? {a: b} : c", b"%YAML 9.9", b"  x: 0o17", b"  x: 1_000", b"  x: 1:30"),
)


@st.composite
def damaged_files(draw: st.DrawFn) -> bytes:
    """The bytes of a valid stack file of which up to three lines are gone, moved in, cut, or something else."""
    lines = FILES[draw(st.sampled_from(sorted(FILES)))].encode().splitlines()
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(lines) - 1))
        how = draw(st.sampled_from(("insert", "replace", "remove", "twice", "cut", "indent", "bytes")))
        if how in ("insert", "replace"):
            lines[place : place + (how == "replace")] = [draw(st.sampled_from(NASTY_LINES))]
        elif how == "remove" and len(lines) > 1:
            del lines[place]
        elif how == "twice":
            lines.insert(place, lines[place])
        elif how == "cut":
            lines[place] = lines[place][: draw(st.integers(0, 40))]
        elif how == "indent":
            lines[place] = b"   " + lines[place]
        else:
            lines[place] += draw(st.binary(max_size=6))
    return b"\n".join(lines)


@st.composite
def damaged_stacks(draw: st.DrawFn) -> dict[str, Any]:
    """A valid stack in which up to five places hold something else, nothing, or more than they should."""
    name = draw(st.sampled_from(sorted(VALUES)))
    values = copy.deepcopy(VALUES[name])
    for _ in range(draw(st.integers(1, 5))):
        *parents, last = draw(st.sampled_from(OWN_PATHS[name]))
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
    values = copy.deepcopy(next(own for name, own in VALUES.items() if path in OWN_PATHS[name]))
    put(values, ".".join(path), text)
    check(values)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "Pulumi.odd.yaml"


@settings(many, max_examples=600)
@given(content=damaged_files())
def test_damaged_files_never_crash(file: Path, content: bytes) -> None:
    """Read as the program's tools read them: a line that says why they cannot, or values that are parsed."""
    file.write_bytes(content)
    try:
        _, found = stack_files.read(file)
    except stack_files.StackFileError as error:
        told = str(error)
        assert told, "an error without words"
        assert "\n" not in told
        assert "Traceback" not in told
        assert len(told) < 1000
        return
    check({key.partition(":")[2]: value for key, value in found.items() if key.startswith("trading-platform:")})


def test_every_section_of_the_configuration_is_damaged() -> None:
    assert {path[0] for path in PATHS} >= set(config.KEYS) - {"pilotLight"}
    assert VALUES["pilot"]["pilotLight"] is True
