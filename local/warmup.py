"""Imports what a program will need while the engine starts: the SDKs of clouds take longer to load than the engine.

That is what the stack's last run needed; before the first, what the program's sources name.
"""

from __future__ import annotations

import contextlib
import importlib
import re
import threading
from collections.abc import Iterator
from os.path import isfile
from pathlib import Path
from urllib.parse import quote

from local import sdks
from local.project import Project

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


class WarmUp:
    """The modules of SDKs that a stack needs, on their way in a thread.

    Wait for it before anything else uses the SDKs: their packages load at first use, and not safely in two threads at
    once.
    """

    def __init__(self, project: Project) -> None:
        self._directory = project.directory
        self._file = sdks.cache() / "needed" / quote(f"{project.name}.{project.stack}", safe="")
        self._before = len(sdks.loaded)
        self._known: list[str] = []
        self._thread = threading.Thread(target=self._load, name="warm-up", daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Return when all is loaded."""
        self._thread.join()

    def note(self) -> None:
        """Keep what the run has loaded beside for the next one."""
        new = dict.fromkeys(sdks.loaded[self._before :]).keys() - set(self._known)
        if new and self._directory:
            with contextlib.suppress(OSError):
                sdks.write(self._file, "\n".join([*self._known, *sorted(new)]).encode())

    def _load(self) -> None:
        if self._directory is None:
            return
        with contextlib.suppress(OSError):
            self._known = self._file.read_text(encoding="utf-8").split()
        if not self._known and (self._directory / "__main__.py").is_file():
            names = sorted(sdk_modules(self._directory))
        else:
            names = self._known
        for name in names:
            # What is no module is for the program to complain about.
            with contextlib.suppress(ImportError):
                # A module of an SDK loads when it is asked for something.
                hasattr(importlib.import_module(name), "_utilities")
