"""The provider of Kubernetes that users run, built from its Go module; nothing but nightly tests needs it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local import golang
from local.processes import Report
from tests.servers.go_programs import built
from tests.servers.packages import to_stderr

VERSION = "v4.0.0-20260115033456-f47bc2d6f199"
"""Of its module, between 4.24 and 4.25 of the provider; its releases carry no tag that a module proxy knows."""

_MODULE = "github.com/pulumi/pulumi-kubernetes/provider/v4"
_COMMAND = f"{_MODULE}/cmd/pulumi-resource-kubernetes"
# What its own build generates from files beside it, and its module leaves out.
_EMBEDDED = ("schema", "terraform-mapping")


def kubernetes_provider(*, report: Report = to_stderr) -> Path:
    """Return the provider, which is built if it is not in the cache.

    Raises:
        RuntimeError: neither the Go on PATH nor that of the Python package index can build it.
    """
    return built(f"pulumi-kubernetes-{VERSION}", "pulumi-resource-kubernetes", _build, report)


def _build(toolchain: golang.Toolchain, *, binary: Path, report: Report) -> None:
    """Build with the provider's module from a folder, as its files are written beside it."""
    with golang.throwaway_module(toolchain, binary, report) as module:
        module.step("Fetching the provider of Kubernetes", "get", "-tool", f"{_COMMAND}@{VERSION}")
        _copy(module)
        module.step("Taking its module from here", "mod", "edit", "-replace", f"{_MODULE}=./own")
        build = ["build", "-mod=mod", "-trimpath", "-ldflags", "-s -w", "-o", str(module.made), _COMMAND]
        title = "Building the provider of Kubernetes (about 8 minutes on two cores, once)"
        module.step(title, *build, timeout=golang.BUILD_SECONDS)


def _copy(module: golang.ThrowawayModule) -> None:
    """Copy the provider's module, whose place in the cache is read-only, and write what it embeds."""
    source = module.download(f"{_MODULE}@{VERSION}")["Dir"]
    own = module.folder / "own"
    shutil.copytree(source, own, copy_function=shutil.copyfile)
    for path in (own, *own.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    for name in _EMBEDDED:
        command = own / "cmd" / "pulumi-resource-kubernetes"
        shutil.copyfile(command / f"{name}.json", command / f"{name}-embed.json")


@contextmanager
def running_provider() -> Iterator[int]:
    """The port of a provider that has no engine yet, until the block ends. It serves one operation of an engine."""
    with subprocess.Popen(
        [kubernetes_provider()], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout
            yield int(process.stdout.readline())
        finally:
            process.kill()
