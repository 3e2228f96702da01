"""Programs that are built from their Go modules, once for each version, into a cache of the user."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from local import golang
from local.cli import cache_directory
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


def from_module(toolchain: golang.Toolchain, *, command: str, version: str, binary: Path, report: Report) -> None:
    """Build in a throwaway module that needs exactly this version."""
    with tempfile.TemporaryDirectory(dir=binary.parent) as folder:
        made = Path(folder) / binary.name
        steps: list[tuple[str, list[str | Path], float]] = [
            ("Preparing the build", [toolchain.go, "mod", "init", "program"], FETCH_SECONDS),
            (
                f"Fetching {binary.name} {version}",
                [toolchain.go, "get", "-tool", f"{command}@{version}"],
                FETCH_SECONDS,
            ),
            (
                f"Building {binary.name} (a minute, once)",
                [toolchain.go, "build", "-trimpath", "-o", str(made), command],
                BUILD_SECONDS,
            ),
        ]
        for title, arguments, timeout in steps:
            run_step(title, arguments, timeout=timeout, report=report, cwd=Path(folder), env=toolchain.build_env)
        made.replace(binary)
