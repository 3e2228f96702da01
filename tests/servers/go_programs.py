"""Programs that are built from their Go modules, once for each version, into a cache of the user."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from local import golang
from local.cache import cache_directory
from local.processes import Report, StepError, locked, run_step
from tests.servers.packages import to_stderr

FETCH_SECONDS = 600.0
BUILD_SECONDS = 3600.0

Build = Callable[..., None]
"""Takes a toolchain, where to put the binary, and whom to tell."""

_ACTIONLINT = "github.com/rhysd/actionlint/cmd/actionlint"
_ACTIONLINT_VERSION = "v1.7.12"


def actionlint(*, report: Report = to_stderr) -> Path:
    """Return the linter of workflows, which is built if it is not in the cache.

    Raises:
        RuntimeError: neither the Go on PATH nor that of the Python package index can build it.
    """
    build = partial(from_module, command=_ACTIONLINT, version=_ACTIONLINT_VERSION)
    return built(f"actionlint-{_ACTIONLINT_VERSION}", "actionlint", build, report)


def built(name: str, program: str, build: Build, report: Report) -> Path:
    """Return a program, which is built if it is not in the cache.

    Raises:
        RuntimeError: neither the Go on PATH nor that of the Python package index can build it.
    """
    binary = cache_directory() / name / program
    if binary.exists():
        return binary
    with locked(binary.parent.with_suffix(".lock"), name, report):
        if not binary.exists():
            binary.parent.mkdir(parents=True, exist_ok=True)
            _build(name, partial(build, binary=binary, report=report), binary.parent, report)
    return binary


def _build(name: str, build: Callable[[golang.Toolchain], None], parent: Path, report: Report) -> None:
    try:
        return build(golang.on_path())
    except StepError as error:
        own = error
    try:
        with golang.from_pip(parent, report) as toolchain:
            return build(toolchain)
    except StepError as error:
        raise RuntimeError(
            f"{name} could not be built. With the `go` on PATH: {own}. With the Go toolchain from the Python package "
            f"index: {error}. Give this machine access to a Go module proxy, then run again."
        ) from error


@dataclass(frozen=True)
class ThrowawayModule:
    """A module that is there for one build."""

    folder: Path
    made: Path
    """Where the build puts the program."""
    _toolchain: golang.Toolchain
    _report: Report

    def step(self, title: str, *arguments: str, timeout: float = FETCH_SECONDS) -> None:
        """Run Go in the module."""
        command: list[str | Path] = [self._toolchain.go, *arguments]
        run_step(title, command, timeout=timeout, report=self._report, cwd=self.folder, env=self._toolchain.build_env)

    def download(self, module: str) -> dict[str, str]:
        """Where the files of another module are, whose version it names."""
        answer = subprocess.run(
            [self._toolchain.go, "mod", "download", "-json", module],
            check=True,
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=self._toolchain.build_env,
            timeout=FETCH_SECONDS,
        )
        found: dict[str, str] = json.loads(answer.stdout)
        return found


@contextmanager
def throwaway_module(toolchain: golang.Toolchain, binary: Path, report: Report) -> Iterator[ThrowawayModule]:
    """A new module beside the binary, which is what has been made when the block ends."""
    with tempfile.TemporaryDirectory(dir=binary.parent) as folder:
        module = ThrowawayModule(Path(folder), Path(folder) / binary.name, toolchain, report)
        module.step("Preparing the build", "mod", "init", "program")
        yield module
        module.made.replace(binary)


def from_module(toolchain: golang.Toolchain, *, command: str, version: str, binary: Path, report: Report) -> None:
    """Build in a throwaway module that needs exactly this version."""
    with throwaway_module(toolchain, binary, report) as module:
        module.step(f"Fetching {binary.name} {version}", "get", "-tool", f"{command}@{version}")
        build = ["build", "-trimpath", "-o", str(module.made), command]
        module.step(f"Building {binary.name} (a minute, once)", *build, timeout=BUILD_SECONDS)
