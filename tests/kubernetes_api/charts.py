"""The pinned charts as their publishers made them, in a cache folder that `make charts` fills, and Helm for them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import yaml

from local.cache import cache_directory
from local.processes import Report, StepError, run_step
from tests.engine.deployed import Resource
from tests.kubernetes_api.programs import helm
from tests.limits import HANGING_SECONDS
from tests.servers.packages import to_stderr

_FETCH_SECONDS = 120.0


class _Chart(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def repository(self) -> str: ...


def archive(name: str, version: str) -> Path:
    """Where the archive of a chart is, if it was fetched."""
    return cache_directory() / "charts" / f"{name}-{version}.tgz"


def fetch(charts: Iterable[_Chart], *, report: Report = to_stderr) -> list[Path]:
    """Fetch the archives that are not in the cache, and return all.

    Raises:
        RuntimeError: Helm cannot be had, or a chart cannot be fetched; the message names it.
    """
    found = [(chart, archive(chart.name, chart.version)) for chart in charts]
    for chart, path in found:
        if path.exists():
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        options = ["--version", chart.version, "--repo", chart.repository, "--destination", str(path.parent)]
        title = f"Fetching the chart {chart.name} {chart.version}"
        try:
            run_step(title, [helm(), "pull", chart.name, *options], timeout=_FETCH_SECONDS, report=report)
        except StepError as error:
            raise RuntimeError(f"the chart {chart.name} {chart.version} could not be fetched: {error}") from error
    return [path for _, path in found]


def run_helm(*arguments: str | Path, kubeconfig: Path | None = None, values: Mapping[str, Any] | None = None) -> str:
    """Run Helm, with values on its standard input if there are some, and return what it prints.

    Raises:
        AssertionError: it fails; the message is its own.
    """
    command = [helm(), *arguments, *(["--values", "-"] if values is not None else [])]
    env = {**os.environ, **({"KUBECONFIG": str(kubeconfig)} if kubeconfig else {})}
    text = json.dumps(values) if values is not None else None
    done = subprocess.run(
        command, check=False, input=text, capture_output=True, text=True, env=env, timeout=HANGING_SECONDS
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def install(release: Resource, kubeconfig: Path) -> list[dict[str, Any]]:
    """Install a release of a stack, or upgrade it, and return its objects as the chart rendered them."""
    name, namespace = release.inputs["name"], release.inputs["namespace"]
    chart = archive(release.inputs["chart"], release.inputs["version"])
    place = ("--namespace", namespace)
    run_helm("upgrade", name, chart, "--install", *place, values=release.inputs["values"], kubeconfig=kubeconfig)
    return documents(run_helm("get", "manifest", name, *place, kubeconfig=kubeconfig))


def documents(text: str) -> list[dict[str, Any]]:
    """The objects of a rendered chart, those of lists one by one."""
    found = [document for document in yaml.safe_load_all(text) if document]
    return [each for document in found for each in (document["items"] if document["kind"] == "List" else [document])]


def containers(objects: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The containers of all Deployments of a chart, those that run first included."""
    pods = [each["spec"]["template"]["spec"] for each in objects if each["kind"] == "Deployment"]
    return [container for pod in pods for container in (*pod.get("initContainers", ()), *pod["containers"])]
