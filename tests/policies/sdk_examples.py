"""The examples of the SDK's documentation as stacks: literal values as they are, references as edges and unknowns."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from policies.support.resources import Resource, Stack
from policies.support.values import UNKNOWN
from tests.policies.sdk_types import classes

_BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
_PREFIX = "urn:pulumi:examples::sdk::"
# Maps whose keys are the user's own words.
_OWN_WORDS = frozenset(("tags", "variables", "parameters", "environment_variables", "default_arguments"))


def examples() -> Iterator[tuple[str, Stack]]:
    """Each example with where it stands; those without a resource of the SDK are left out."""
    spec = find_spec("pulumi_aws")
    assert spec is not None
    assert spec.origin is not None
    for file in sorted(Path(spec.origin).parent.glob("*/*.py")):
        if file.name.startswith(("get_", "_")):
            continue
        blocks = dict.fromkeys(textwrap.dedent(block) for block in _BLOCK.findall(file.read_text()))
        for number, block in enumerate(blocks, start=1):
            if stack := _stack(block):
                yield f"{file.parent.name}/{file.stem}[{number}]", stack


def _stack(source: str) -> Stack | None:
    try:
        program = ast.parse(source)
    except SyntaxError:
        return None
    urns: dict[str, str] = {}
    resources: list[Resource] = []
    for node in ast.walk(program):
        call = node.value if isinstance(node, ast.Assign | ast.Expr) else None
        token = _token(call) if isinstance(call, ast.Call) else None
        if token is None or not isinstance(call, ast.Call) or not call.args:
            continue
        urn = f"{_PREFIX}{token}::{ast.unparse(call.args[0])}-{len(resources)}"
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            urns[node.targets[0].id] = urn
        arguments = {item.arg: item.value for item in call.keywords if item.arg and item.arg != "opts"}
        edges = {_camel(name): _sources(value, urns) for name, value in arguments.items()}
        properties = {_camel(name): _value(value, name) for name, value in arguments.items()}
        resources.append(Resource(urn, properties, dependencies=edges))
    return Stack(resources) if resources else None


@cache
def _tokens() -> Mapping[str, str]:
    return classes()


def _token(call: ast.Call) -> str | None:
    return _tokens().get(ast.unparse(call.func).removeprefix("aws."))


def _sources(node: ast.expr, urns: Mapping[str, str]) -> list[str]:
    names = (each.id for each in ast.walk(node) if isinstance(each, ast.Name))
    return [urns[name] for name in names if name in urns]


def _value(node: ast.expr, name: str = "") -> object:
    """A literal; text that `json.dumps` makes; or a mark for what only a run would tell."""
    match node:
        case ast.Constant():
            return node.value
        case ast.List():
            return [_value(item, name) for item in node.elts]
        case ast.Dict():
            pairs = zip(node.keys, node.values, strict=True)
            return {
                _key(key, name): _value(value, str(getattr(key, "value", "")))
                for key, value in pairs
                if key is not None
            }
        case _:
            return UNKNOWN


def _key(node: ast.expr, holder: str) -> str:
    text = str(node.value) if isinstance(node, ast.Constant) else "unknown"
    return text if holder in _OWN_WORDS else _camel(text)


def _camel(name: str) -> str:
    first, *others = name.rstrip("_").split("_")
    return first + "".join(each[:1].upper() + each[1:] for each in others)
