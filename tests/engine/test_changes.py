"""The table of changes knows every property that a stack sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

import changes
from changes.table import UNKNOWN
from tests.conftest import Tell
from tests.engine.deployed import STACKS, Deployed, deployed
from tests.engine.examples import run
from tests.unit.stacks import EXAMPLES

pytestmark = pytest.mark.engine

# What the type of an object of Kubernetes says already.
IN_THE_TYPE = ("apiVersion", "kind")


def paths(value: Any, path: str) -> Iterator[str]:
    """The properties below one, as the table writes them: without the positions of lists."""
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from paths(inner, f"{path}.{name}")
    elif isinstance(value, list) and any(isinstance(each, Mapping) for each in value):
        for each in value:
            yield from paths(each, path)
    else:
        yield path


def is_known(token: str, path: str) -> bool:
    """Whether the table says something of another text or of another version."""
    probes = (("a", "b"), ("1.35", "1.36"))
    return any(changes.meaning_of(token, changes.Difference(path, path, *probe)) is not UNKNOWN for probe in probes)


@pytest.mark.parametrize("stack", STACKS)
def test_no_property_of_aws_that_a_stack_sets_is_unknown_to_the_table(stack: str, tell: Tell) -> None:
    tell(f"{stack}: {check(deployed(stack))}")


@pytest.mark.parametrize("example", EXAMPLES)
def test_no_property_of_aws_that_an_example_sets_is_unknown_to_the_table(example: str, tell: Tell) -> None:
    tell(f"{example}: {check(run(example).resources)}")


def check(resources: Deployed) -> str:
    """Each property of each type that is set; how many of them the table knows."""
    pairs = {
        (resource.type, path)
        for resource in resources
        if resource.type.startswith(("aws:", "kubernetes:"))
        for name, value in resource.inputs.items()
        if not name.startswith("__") and name not in IN_THE_TYPE
        for path in paths(value, name)
    }
    assert len(pairs) > 400
    known = {pair for pair in pairs if is_known(*pair)}
    assert sorted(pairs - known) == []
    types = {token for token, _ in pairs}
    return f"known to the table of changes: {len(known)} / {len(pairs)} properties of {len(types)} types"
