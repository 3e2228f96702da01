"""The schema of stack files: valid by its dialect, never stricter than the program, and few mistakes pass it."""

from __future__ import annotations

import copy
import json
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

import config
from config import editors
from config.model import documented_keys
from config.reference import rows
from tests.unit.stacks import EVERY_STACK, EXAMPLES, ROOT, values_of

SCHEMA = editors.schema()
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)
# One of each kind of value, and values that some key or other takes.
VALUES: tuple[Any, ...] = (None, True, -1, 0, 7, 10**9, 1.5, "", "x", "1.36", "10.0.0.0/8", [], ["x"], {}, {"x": 1})


def file_of(values: dict[str, Any]) -> dict[str, Any]:
    return {"config": {f"trading-platform:{key}": value for key, value in values.items()}}


def refused(values: dict[str, Any]) -> bool:
    try:
        config.parse("production", values, {})
    except config.ConfigError:
        return True
    return False


def paths(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*path, key)
            yield from paths(inner, (*path, key))


def put(values: dict[str, Any], path: Sequence[str], value: Any) -> None:
    place = values
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value


def test_it_is_a_schema_of_its_dialect() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)


def test_the_file_is_that_of_the_types() -> None:
    assert editors.TARGET.read_text(encoding="utf-8") == editors.render(), "run `make docs`"


@pytest.mark.parametrize(
    "file", [*(f"Pulumi.{name}.yaml" for name in EVERY_STACK), *(f"examples/Pulumi.{name}.yaml" for name in EXAMPLES)]
)
def test_every_stack_file_is_accepted_and_names_the_schema(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    assert [error.message for error in VALIDATOR.iter_errors(yaml.safe_load(text))] == []
    named = text.splitlines()[0].removeprefix("# yaml-language-server: $schema=")
    assert ((ROOT / file).parent / named).resolve() == editors.TARGET.resolve()


def test_what_it_refuses_the_program_refuses_and_most_mistakes_do_not_pass() -> None:
    tried, wrong, caught = 0, 0, 0
    original = values_of("production")
    for path in paths(original):
        for value in VALUES:
            values = copy.deepcopy(original)
            put(values, path, value)
            tried += 1
            invalid, mistaken = not VALIDATOR.is_valid(file_of(values)), refused(values)
            assert mistaken or not invalid, (path, value)
            wrong, caught = wrong + mistaken, caught + invalid
    assert tried > 3000
    # The rest are rules that span several keys, such as a limit below another.
    assert caught / wrong > 0.95, f"{caught} of {wrong}"


@pytest.mark.parametrize(
    "path", ["nodeGroup", "network.vpcCIDR", "postgres.class", "nodeGroups.Upper", "buckets.data.lock"]
)
def test_unknown_keys_are_marked(path: str) -> None:
    values = values_of("production")
    put(values, path.split("."), {})
    assert not VALIDATOR.is_valid(file_of(values))


def test_keys_of_other_namespaces_are_nobodys_business() -> None:
    values = file_of(values_of("production"))
    values["config"]["pulumi:disable-default-providers"] = ["aws"]
    assert VALIDATOR.is_valid(values)


def test_every_key_of_the_reference_is_completed_and_explained() -> None:
    for key, info in documented_keys().items():
        for row in rows(key, info):
            assert " ".join(row.description.split()) in descriptions(row.path), row.path


def descriptions(path: str) -> set[str]:
    """What an editor shows for a key, by the schema alone."""
    places = [SCHEMA["properties"]["config"]]
    for name in path.replace("[]", ".[]").split("."):
        step = f"trading-platform:{name}" if places[0] is SCHEMA["properties"]["config"] else name
        places = [inner for place in places for inner in below(place, step)]
    return {" ".join(place["description"].split()) for place in places if "description" in place}


def below(place: dict[str, Any], name: str) -> Iterator[dict[str, Any]]:
    for form in forms(place):
        if name == "[]":
            yield from forms(form.get("items", {}))
        elif name.startswith("<"):
            yield from form.get("patternProperties", {}).values()
            if isinstance(form.get("additionalProperties"), dict):
                yield form["additionalProperties"]
        elif name in form.get("properties", {}):
            yield form["properties"][name]


def forms(place: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A schema and all that it is made of."""
    yield place
    if reference := place.get("$ref"):
        yield from forms(SCHEMA["definitions"][reference.rpartition("/")[2]])
    for part in (*place.get("allOf", ()), *place.get("anyOf", ())):
        yield from forms(part)


def patterns(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("pattern"), str):
            yield value["pattern"]
        yield from value.get("patternProperties", {})
        for inner in value.values():
            yield from patterns(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from patterns(inner)


def test_editors_understand_every_pattern() -> None:
    found = sorted(set(patterns(SCHEMA)))
    assert len(found) > 20
    program = "JSON.parse(require('fs').readFileSync(0)).forEach(each => new RegExp(each, 'u'))"
    node = Path(ROOT, ".venv", "bin", "node")
    run = subprocess.run([node, "-e", program], input=json.dumps(found), text=True, capture_output=True, check=False)
    assert run.returncode == 0, run.stderr
