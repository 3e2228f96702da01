"""The shape of the configuration: which keys a section has, what they mean, and how a path to one is written."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
import types
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from components.common.settings import Section

NAMESPACE = "trading-platform"

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")


def key_path(*parts: str | int) -> str:
    """Write a path as Pulumi does: `trading-platform:nodeGroups.general.taints[0].key`, odd keys as `["a.b"]`."""
    path = ""
    for part in parts:
        if isinstance(part, int) or (path and part.isdigit()):
            path += f"[{part}]"
        elif _PLAIN_KEY.fullmatch(part):
            path += f".{printable(part)}" if path else printable(part)
        else:
            path += f'["{printable(part)}"]'
    return f"{NAMESPACE}:{path}" if path else NAMESPACE


def printable(text: str, longest: int = 80) -> str:
    """Text that any terminal and log can hold: shortened, with control characters and broken Unicode escaped."""
    if len(text) > longest:
        text = text[:longest] + "…"
    return text if text.isprintable() else repr(text)[1:-1]


def plain(annotation: Any) -> Any:
    """The type without its constraints and without `None`."""
    if get_origin(annotation) is Annotated:
        return plain(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return plain(next(kind for kind in get_args(annotation) if kind is not type(None)))
    return annotation


def is_section(kind: Any) -> bool:
    """Whether a plain type is a section with named keys."""
    return isinstance(kind, type) and issubclass(kind, Section)


def is_structured(kind: Any) -> bool:
    """Whether values of a plain type are mappings, which the engine hands over as JSON."""
    return is_section(kind) or dict in (kind, get_origin(kind))


def fields_by_key(section: type[Section]) -> dict[str, FieldInfo]:
    """The fields of a section by their keys in stack files, each with the text below it as its description."""
    describe(section, section.model_fields)
    return {field.alias or name: field for name, field in section.model_fields.items()}


def describe(cls: type, fields: Mapping[str, FieldInfo]) -> None:
    """Give the fields of a class, by name, the texts below them as their descriptions."""
    texts = _texts(cls)
    for name, field in fields.items():
        field.description = field.description or texts.get(name)


@cache
def _texts(section: type) -> dict[str, str]:
    """The texts below the fields, by name; those of the classes that it is made of come first."""
    texts: dict[str, str] = {}
    for cls in (each for each in reversed(section.__mro__) if each not in Section.__mro__):
        (definition,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
        for field, text in pairwise(definition.body if isinstance(definition, ast.ClassDef) else ()):
            match field, text:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(said))):
                    texts[name] = inspect.cleandoc(said)
    return texts


def field_at(annotation: Any, path: Sequence[str | int]) -> FieldInfo | None:
    """The field that a path below a section leads to; None for entries of mappings and lists, and unknown keys."""
    field: FieldInfo | None = None
    for part in path:
        kind = plain(annotation)
        if is_section(kind):
            field = fields_by_key(kind).get(str(part))
            annotation = field.annotation if field else None
        else:
            field, annotation = None, _entry_type(kind)
    return field


def section_at(annotation: Any, path: Sequence[str | int]) -> type[Section] | None:
    """The section that a path leads to, if it leads to one."""
    for part in path:
        kind = plain(annotation)
        if is_section(kind):
            field = fields_by_key(kind).get(str(part))
            annotation = field.annotation if field else None
        else:
            annotation = _entry_type(kind)
    kind = plain(annotation)
    return kind if is_section(kind) else None


def _entry_type(kind: Any) -> Any:
    """The type of the values of a mapping or a list."""
    arguments = get_args(kind)
    if get_origin(kind) is dict:
        return arguments[1]
    return arguments[0] if get_origin(kind) is tuple else None


def remove(value: object, path: Sequence[str | int]) -> None:
    """Take what a path leads to out of nested mappings; a path into a list or a text takes the whole of it."""
    holder: dict[Any, Any] | None = None
    last: str | int = ""
    for step in path:
        if not isinstance(value, dict) or step not in value:
            break
        holder, last, value = value, step, value[step]
    if holder is not None:
        del holder[last]
