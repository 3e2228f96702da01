"""The programs around the server: kube-apiserver and, where there are none, kubectl, etcd and Helm are built once."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from local import golang
from local.processes import Report
from tests.servers.go_programs import built, from_module
from tests.servers.packages import to_stderr

# The release that stands for each minor; other releases of these modules may not be served.
RELEASES: Mapping[str, str] = {"1.35": "1.35.4", "1.36": "1.36.1", "1.37": "1.37.2"}

MINOR = "1.36"
"""The minor that the tests ask for."""

ETCD = "v3.6.10"
HELM = "v3.22.0"

_ETCD_COMMAND = "go.etcd.io/etcd/server/v3"
_HELM_COMMAND = "helm.sh/helm/v3/cmd/helm"
_MODULE = "k8s.io/kubernetes"
_VERSION_VARIABLE = "k8s.io/component-base/version.gitVersion"
# Parts of Kubernetes that its own module takes from its own folders, and everybody else by version.
_STAGED = re.compile(r"^\s*(k8s\.io/\S+) => \./staging/", re.MULTILINE)


def kube_apiserver(minor: str, *, report: Report = to_stderr) -> Path:
    """Return the API server of a minor version such as `1.36`, which is built if it is not in the cache.

    Raises:
        KeyError: no release is known for this minor.
        RuntimeError: neither the Go on PATH nor that of the Python package index can build it.
    """
    return _part_of_kubernetes("kube-apiserver", RELEASES[minor], report)


def kubectl(*, report: Report = to_stderr) -> Path:
    """Return the system's kubectl, or one of the server's version that is built if it is not in the cache.

    Raises:
        RuntimeError: neither the Go on PATH nor that of the Python package index can build it.
    """
    return _of_the_system("kubectl") or _part_of_kubernetes("kubectl", RELEASES[MINOR], report)


def etcd(*, report: Report = to_stderr) -> Path:
    """Return the system's etcd, or one that is built if it is not in the cache.

    Raises:
        RuntimeError: neither the Go on PATH nor that of the Python package index can build it.
    """
    return _of_the_system("etcd") or from_module(_ETCD_COMMAND, ETCD, report, program="etcd")


def helm(*, report: Report = to_stderr) -> Path:
    """Return the system's Helm, or one that is built if it is not in the cache.

    Raises:
        RuntimeError: neither the Go on PATH nor that of the Python package index can build it.
    """
    return _of_the_system("helm") or from_module(_HELM_COMMAND, HELM, report, program="helm")


def _of_the_system(program: str) -> Path | None:
    found = shutil.which(program)
    return Path(found) if found else None


def _part_of_kubernetes(program: str, version: str, report: Report) -> Path:
    return built(f"{program}-v{version}", program, partial(_build_part, version=version), report)


def _build_part(toolchain: golang.Toolchain, *, binary: Path, version: str, report: Report) -> None:
    """Build in a throwaway module that needs exactly `version`, with its parts at the matching versions."""
    command = f"{_MODULE}/cmd/{binary.name}"
    with golang.throwaway_module(toolchain, binary, report) as module:
        module.step(f"Fetching Kubernetes {version}", "mod", "download", f"{_MODULE}@v{version}")
        (module.folder / "go.mod").write_text(_requirements(module, version, command), encoding="utf-8")
        module.step("Fetching its modules", "mod", "tidy")
        stamp = f"-s -w -X {_VERSION_VARIABLE}=v{version}"
        build = [*golang.quick_build("k8s.io/..."), "-ldflags", stamp, "-o", str(module.made), command]
        title = f"Building {binary.name} (about 4 minutes on two cores, once)"
        module.step(title, *build, timeout=golang.BUILD_SECONDS)


def _requirements(module: golang.ThrowawayModule, version: str, command: str) -> str:
    """The go.mod of the build: Kubernetes, its command, and a version for each part that Kubernetes keeps inside."""
    own = Path(module.download(f"{_MODULE}@v{version}")["GoMod"]).read_text(encoding="utf-8")
    part = f"v0.{version.partition('.')[2]}"
    replaced = [f"replace {name} => {name} {part}" for name in _STAGED.findall(own)]
    go = re.search(r"^go .*$", own, re.MULTILINE)
    lines = ["module kubernetes", go[0] if go else "", f"require {_MODULE} v{version}", f"tool {command}", *replaced]
    return "\n".join(lines) + "\n"
