"""The programs around the server: kube-apiserver and, where there are none, etcd and Helm are built into a cache."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from local import golang
from local.processes import Report
from tests.servers.go_programs import BUILD_SECONDS, ThrowawayModule, built, from_module, throwaway_module
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
_COMMAND = f"{_MODULE}/cmd/kube-apiserver"
_VERSION_VARIABLE = "k8s.io/component-base/version.gitVersion"
# Parts of Kubernetes that its own module takes from its own folders, and everybody else by version.
_STAGED = re.compile(r"^\s*(k8s\.io/\S+) => \./staging/", re.MULTILINE)


def kube_apiserver(minor: str, *, report: Report = to_stderr) -> Path:
    """Return the API server of a minor version such as `1.36`, which is built if it is not in the cache.

    Raises:
        KeyError: no release is known for this minor.
        RuntimeError: neither the Go on PATH nor that of the Python package index can build it.
    """
    version = RELEASES[minor]
    return built(f"kube-apiserver-v{version}", "kube-apiserver", partial(_build_apiserver, version=version), report)


def etcd(*, report: Report = to_stderr) -> Path:
    """Return the system's etcd, or one that is built if it is not in the cache.

    Raises:
        RuntimeError: neither the Go on PATH nor that of the Python package index can build it.
    """
    if found := shutil.which("etcd"):
        return Path(found)
    build = partial(from_module, command=_ETCD_COMMAND, version=ETCD)
    return built(f"etcd-{ETCD}", "etcd", build, report)


def helm(*, report: Report = to_stderr) -> Path:
    """Return the system's Helm, or one that is built if it is not in the cache.

    Raises:
        RuntimeError: neither the Go on PATH nor that of the Python package index can build it.
    """
    if found := shutil.which("helm"):
        return Path(found)
    build = partial(from_module, command=_HELM_COMMAND, version=HELM)
    return built(f"helm-{HELM}", "helm", build, report)


def _build_apiserver(toolchain: golang.Toolchain, *, binary: Path, version: str, report: Report) -> None:
    """Build in a throwaway module that needs exactly `version`, with its parts at the matching versions."""
    with throwaway_module(toolchain, binary, report) as module:
        module.step(f"Fetching Kubernetes {version}", "mod", "download", f"{_MODULE}@v{version}")
        (module.folder / "go.mod").write_text(_requirements(module, version), encoding="utf-8")
        module.step("Fetching its modules", "mod", "tidy")
        stamp = f"-s -w -X {_VERSION_VARIABLE}=v{version}"
        build = ["build", "-trimpath", "-ldflags", stamp, "-o", str(module.made), _COMMAND]
        module.step("Building kube-apiserver (about 4 minutes on two cores, once)", *build, timeout=BUILD_SECONDS)


def _requirements(module: ThrowawayModule, version: str) -> str:
    """The go.mod of the build: Kubernetes, its command, and a version for each part that Kubernetes keeps inside."""
    own = Path(module.download(f"{_MODULE}@v{version}")["GoMod"]).read_text(encoding="utf-8")
    part = f"v0.{version.partition('.')[2]}"
    replaced = [f"replace {name} => {name} {part}" for name in _STAGED.findall(own)]
    go = re.search(r"^go .*$", own, re.MULTILINE)
    lines = ["module apiserver", go[0] if go else "", f"require {_MODULE} v{version}", f"tool {_COMMAND}", *replaced]
    return "\n".join(lines) + "\n"
