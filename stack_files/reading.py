"""Reading a stack's file: what the engine and the program would stumble over is refused by line, before either runs."""

from __future__ import annotations

import math
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

# No stack needs more; files beyond these are mistakes, and would keep every reader busy for minutes.
_DEEPEST = 50
_LARGEST = 1_000_000
_MOST_VALUES = 50_000

SafeLoader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The reader that is written in C takes a tenth of the time, where PyYAML has it."""


class StackFileError(ValueError):
    """The file cannot be read; the message says why, with the line where there is one."""


def read(path: Path) -> tuple[str, dict[str, Any]]:
    """The text of a stack's file, and the values under `config`.

    Raises:
        StackFileError: It is no UTF-8, no YAML, too large, nested too deep, repeats a key, or holds a number that JSON
            cannot carry or a key that is no text.
    """
    if path.stat().st_size > _LARGEST:
        raise StackFileError(f"it has more than {_LARGEST:,} bytes")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise StackFileError(f"it is not UTF-8 (byte {error.start})") from error
    try:
        _measure(text)
        content = yaml.load(text, Loader=_StrictLoader)  # noqa: S506 a SafeLoader
    except (yaml.YAMLError, ValueError) as error:
        raise StackFileError(" ".join(str(error).split())) from error
    config = {} if content is None else content.get("config") if isinstance(content, dict) else content
    if not isinstance(config, dict | None):
        raise StackFileError(f"config must be a mapping, not a {type(config).__name__}")
    return text, config or {}


def _measure(text: str) -> None:
    """Refuse what is nested too deep, or becomes too much once aliases are resolved, without building it."""
    sizes: dict[str, int] = {}
    open_anchors: list[tuple[str | None, int]] = []
    values = 0
    for event in yaml.parse(text, Loader=SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            if event.anchor in (anchor for anchor, _ in open_anchors):
                raise StackFileError(f"{_line(event)}: the alias {event.anchor} contains itself")
            values += sizes.get(str(event.anchor), 1)
        elif isinstance(event, yaml.CollectionStartEvent):
            open_anchors.append((event.anchor, values))
            if len(open_anchors) > _DEEPEST:
                raise StackFileError(f"{_line(event)}: values are nested deeper than {_DEEPEST}")
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = open_anchors.pop()
            if anchor:
                sizes[anchor] = values - before
        elif isinstance(event, yaml.ScalarEvent):
            values += 1
        if values > _MOST_VALUES:
            raise StackFileError(f"{_line(event)}: there are more than {_MOST_VALUES:,} values")


def _line(event: yaml.Event) -> str:
    return f"line {event.start_mark.line + 1}" if event.start_mark else "somewhere"


class _StrictLoader(SafeLoader):  # type: ignore[valid-type,misc]  # one of two, by the installation
    """YAML without keys that come twice or are no text, and without numbers that JSON does not have."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        self.flatten_mapping(node)
        seen: set[str] = set()
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if key.tag != "tag:yaml.org,2002:str":
                raise StackFileError(f"line {line}: a key must be text, in quotes if it is a number: {key.value!s:.40}")
            if key.value in seen:
                raise StackFileError(f"line {line}: the key {key.value:.80} is there twice")
            seen.add(key.value)
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return mapping


def _finite(loader: _StrictLoader, node: yaml.ScalarNode) -> float:
    number = loader.construct_yaml_float(node)
    if not math.isfinite(number):
        raise StackFileError(f"line {node.start_mark.line + 1}: {node.value} is not a number that a setting can have")
    return float(number)


_StrictLoader.add_constructor("tag:yaml.org,2002:float", _finite)
