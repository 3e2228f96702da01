"""What holds for every component, read from the source."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from review.reference import components
from review.reference.components import SOURCE, Source
from review.resources import Inventory

COMPONENTS = [source for source in components.sources(SOURCE) if source.is_component]
CAMEL_CASE = re.compile(r"[a-z][A-Za-z0-9]*")

DOCUMENTED = '''
class Cache(pulumi.ComponentResource):
    """A cache."""

    def __init__(
        self,
        name: str,
        *,
        size_gib: pulumi.Input[int],
        label: str = "cache",
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Create the cache.

        Args:
            name: Logical name.
            size_gib: Memory: what is asked for, and
                what is got.
            label: Part of its name.

        Raises:
            ValueError: never.
        """
        super().__init__("platform:cache:Cache", name, None, opts)
'''


def outputs(source: Source) -> list[ast.expr]:
    """What the class gives to `register_outputs`, once for each call."""
    calls = (node for node in ast.walk(source.node) if isinstance(node, ast.Call))
    return [call.args[0] for call in calls if ast.unparse(call.func) == "self.register_outputs"]


def test_every_argument_and_output_of_the_reference_has_a_meaning() -> None:
    section, empty = "", []
    for line in components.reference(SOURCE, Inventory([])).splitlines():
        section = line.removeprefix("## ") if line.startswith("## ") else section
        if re.search(r"\|\s*\|$", line):
            empty.append(f"{section}: {line}")
    assert empty == []


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.name)
def test_a_component_registers_its_outputs_once_in_camel_case(component: Source) -> None:
    (registered,) = outputs(component)
    assert isinstance(registered, ast.Dict)
    keys = [key.value if isinstance(key, ast.Constant) else key for key in registered.keys]
    assert keys
    assert [key for key in keys if not (isinstance(key, str) and CAMEL_CASE.fullmatch(key))] == []


def test_arguments_that_are_taken_one_by_one_are_explained_by_the_constructor(tmp_path: Path) -> None:
    (tmp_path / "cache.py").write_text(DOCUMENTED, encoding="utf-8")
    (source,) = components.sources(tmp_path)
    assert [(each.name, each.default, each.meaning) for each in source.parameters()] == [
        ("size_gib", "", "Memory: what is asked for, and what is got."),
        ("label", "'cache'", "Part of its name."),
    ]
