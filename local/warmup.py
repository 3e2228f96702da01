"""Loads what a program will need while the engine starts: libraries, and the SDKs' classes with their schema."""

from __future__ import annotations

import contextlib
import importlib
import re
import threading
from collections.abc import Iterator
from os.path import isfile
from pathlib import Path

import pulumi

from local import schema, sdks

_SDK = re.compile(r"^import (pulumi_\w+)(?: as (\w+))?$", re.MULTILINE)
_PART = re.compile(r"^from (pulumi_[\w.]+) import (\([^)]*\)|[^\n]*)", re.MULTILINE)
_IMPORTED = re.compile(r"^( *)(?:from ([\w.]+) import (\([^)]*\)|[^\n]*)|import ([\w.]+))", re.MULTILINE)


def named(directory: Path) -> tuple[set[str], set[str]]:
    """What the program in a directory and its own modules name at first sight.

    Returns:
        Libraries by the modules that are imported, and the names of SDKs: `pulumi_aws.ec2.Vpc`.
    """
    libraries, classes = set[str](), set[str]()
    sources, seen = [f"{directory}/__main__.py"], set[str]()
    while sources:
        text = Path(sources.pop()).read_text(encoding="utf-8")
        classes.update(_of_sdks(text))
        imports = list(_imports(text))
        libraries.update(name for always, name, _ in imports if always)
        modules = {module for _, name, names in imports for module in _modules(name, names)} - seen
        seen |= modules
        sources += (file for name in modules for file in _files(directory, name))
    own = {entry.name.removesuffix(".py") for entry in directory.iterdir()}
    return {name for name in libraries if name.partition(".")[0] not in own}, classes


def _files(directory: Path, module: str) -> list[str]:
    place = f"{directory}/{module.replace('.', '/')}"
    return list(filter(isfile, (f"{place}.py", f"{place}/__init__.py")))


def _imports(text: str) -> Iterator[tuple[bool, str, str]]:
    """The imports of a source but those of SDKs: whether it makes them in any case, the module, names that are taken.

    An indented one may be left out.
    """
    for indented, package, names, module in _IMPORTED.findall(text):
        if not (name := package or module).startswith((".", "pulumi")):
            yield not indented, name, names


def _modules(name: str, names: str) -> Iterator[str]:
    """What an import may stand for as modules, with the packages that these are in."""
    yield from (name[: dot.start()] for dot in re.finditer(r"\.", name))
    yield name
    yield from (f"{name}.{each}" for each in re.findall(r"\w+", names) if each.islower())


def _of_sdks(text: str) -> Iterator[str]:
    for part, names in _PART.findall(text):
        yield from (f"{part}.{name}" for name in re.findall(r"(?:^|[(,])\s*(\w+)", names))
    for package, alias in _SDK.findall(text):
        for path in re.findall(rf"\b{alias or package}((?:\.[a-z]\w*)+\.[A-Z]\w*)", text):
            yield f"{package}{path}"


def start(directory: Path | None) -> threading.Thread:
    """Start to load what the program in a directory names; nothing for one without a directory.

    Wait for the thread before the program runs: Python's own import makes another module of one that still waits.
    """
    thread = threading.Thread(target=_load, args=(directory,), name="warm-up", daemon=True)
    thread.start()
    return thread


def _load(directory: Path | None) -> None:
    if not directory or not (directory / "__main__.py").is_file():
        return
    libraries, names = named(directory)
    # What is not there is for the program to complain about.
    for name in sorted(names):
        with contextlib.suppress(Exception):
            _prepare(name)
    for name in sorted(libraries):
        with contextlib.suppress(Exception):
            importlib.import_module(name)


def _prepare(name: str) -> None:
    """Load what is named, a module or something in one, and read the schema of a resource."""
    module, _, last = name.rpartition(".")
    found = getattr(sdks.module(module), last)
    if isinstance(found, type) and issubclass(found, pulumi.CustomResource):
        schema.prepare(found)
