"""The provider of Kubernetes that users run, built from its Go module; nothing but nightly tests needs it."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local import golang
from local.processes import Report, run_step
from tests.servers.go_programs import BUILD_SECONDS, FETCH_SECONDS, built
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
    """Build in a throwaway module that takes the provider's from a folder, as its files are written beside it."""
    with tempfile.TemporaryDirectory(dir=binary.parent) as folder:
        module = Path(folder)

        def step(title: str, *arguments: str, timeout: float = FETCH_SECONDS) -> None:
            command: list[str | Path] = [toolchain.go, *arguments]
            run_step(title, command, timeout=timeout, report=report, cwd=module, env=toolchain.build_env)

        step("Preparing the build", "mod", "init", "provider")
        step("Fetching the provider of Kubernetes", "get", "-tool", f"{_COMMAND}@{VERSION}")
        _copy(toolchain, module)
        step("Taking its module from here", "mod", "edit", "-replace", f"{_MODULE}=./own")
        made = module / binary.name
        build = ["build", "-mod=mod", "-trimpath", "-ldflags", "-s -w", "-o", str(made), _COMMAND]
        step("Building the provider of Kubernetes (about 8 minutes on two cores, once)", *build, timeout=BUILD_SECONDS)
        made.replace(binary)


def _copy(toolchain: golang.Toolchain, module: Path) -> None:
    """Copy the provider's module, whose place in the cache is read-only, and write what it embeds."""
    answer = subprocess.run(
        [toolchain.go, "mod", "download", "-json", f"{_MODULE}@{VERSION}"],
        check=True,
        capture_output=True,
        text=True,
        cwd=module,
        env=toolchain.build_env,
        timeout=FETCH_SECONDS,
    )
    own = module / "own"
    shutil.copytree(json.loads(answer.stdout)["Dir"], own, copy_function=shutil.copyfile)
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
