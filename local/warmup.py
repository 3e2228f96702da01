"""Imports what a program will need while the engine starts: the SDKs of clouds take longer to load than the engine."""

from __future__ import annotations

import contextlib
import importlib
import re
import threading
from collections.abc import Iterator
from os.path import isfile
from pathlib import Path

_SDK = re.compile(r"^import (pulumi_\w+)(?: as (\w+))?$", re.MULTILINE)
_PART = re.compile(r"^from (pulumi_[\w.]+) import \(?\s*(\w+)", re.MULTILINE)
_IMPORTED = re.compile(r"^\s*(?:from ([\w.]+) import (\([^)]*\)|[^\n]*)|import ([\w.]+))", re.MULTILINE)


def sdk_modules(directory: Path) -> set[str]:
    """The SDK modules that the program in a directory and its own modules name: `pulumi_aws.ec2`."""
    found: set[str] = set()
    sources, seen = [f"{directory}/__main__.py"], set[str]()
    while sources:
        text = Path(sources.pop()).read_text(encoding="utf-8")
        found.update(_named(text))
        modules = set(_modules(text)) - seen
        seen |= modules
        places = [f"{directory}/{name.replace('.', '/')}" for name in modules]
        sources += filter(isfile, (file for place in places for file in (f"{place}.py", f"{place}/__init__.py")))
    return found


def _modules(text: str) -> Iterator[str]:
    """What the imports of a source may stand for as modules, with the packages that these are in."""
    for package, names, module in _IMPORTED.findall(text):
        name = package or module
        if name.startswith((".", "pulumi")):
            continue
        yield from (name[: dot.start()] for dot in re.finditer(r"\.", name))
        yield name
        yield from (f"{name}.{each}" for each in re.findall(r"\w+", names) if each.islower())


def _named(text: str) -> Iterator[str]:
    for part, name in _PART.findall(text):
        yield f"{part}.{name}" if name.islower() else part
    for package, alias in _SDK.findall(text):
        for path in re.findall(rf"\b{alias or package}((?:\.[a-z]\w*)+)\.[A-Z]", text):
            yield f"{package}{path}"


def import_sdks(directory: Path | None) -> threading.Thread:
    """Start to import the SDK modules that the program in a directory names; nothing for one without a directory.

    Wait for the thread before anything else uses the SDKs: their packages load at first use, and not safely in two
    threads at once.
    """
    thread = threading.Thread(target=_import, args=(directory,), name="warm-up", daemon=True)
    thread.start()
    return thread


def _import(directory: Path | None) -> None:
    for name in sorted(sdk_modules(directory)) if directory and (directory / "__main__.py").is_file() else ():
        # What is no module is for the program to complain about.
        with contextlib.suppress(ImportError):
            # A module of an SDK loads when it is asked for something.
            hasattr(importlib.import_module(name), "_utilities")
