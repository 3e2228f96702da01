"""What quotas, limit ranges and priorities admit of what teams write: production's objects on a real API server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from components.workloads.namespaces import APPLICATIONS
from tests.engine.deployed import deployed
from tests.kubernetes_api.cluster import RESTRICTED, Cluster, cluster_of
from tests.kubernetes_api.server import RefusedError
from tests.servers.processes import wait_for

pytestmark = pytest.mark.engine

_MAIN = RESTRICTED["containers"][0]


def _container(name: str = "main", **changes: Any) -> dict[str, Any]:
    return {**_MAIN, "name": name, **changes}


def _pod(*containers: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    return {**RESTRICTED, "containers": list(containers or [_MAIN]), **changes}


def _of(**resources: Mapping[str, str]) -> dict[str, Any]:
    return _pod(_container(resources=resources))


_NOTHING = {"requests": {"cpu": "0", "memory": "0"}}
_SCRATCH = {"name": "scratch", "mountPath": "/scratch"}

ORDINARY: Mapping[str, dict[str, Any]] = {
    "no resources at all": _pod(),
    "requests only": _of(requests={"cpu": "1", "memory": "2Gi"}),
    "limits only": _of(limits={"cpu": "2", "memory": "1Gi"}),
    "limits below the defaults": _of(limits={"cpu": "10m", "memory": "16Mi"}),
    "one of two": _of(requests={"cpu": "2"}, limits={"memory": "4Gi"}),
    "much memory": _of(requests={"cpu": "4", "memory": "40Gi"}, limits={"memory": "40Gi"}),
    "nothing, said aloud": _of(**_NOTHING),
    "scratch space": _of(limits={"ephemeral-storage": "10Gi"}),
    "an accelerator": _of(limits={"nvidia.com/gpu": "1"}),
    "an init container": _pod(initContainers=[_container("init")]),
    "a large init container": _pod(
        initContainers=[_container("init", resources={"requests": {"cpu": "8", "memory": "16Gi"}})]
    ),
    "a sidecar": _pod(
        initContainers=[_container("proxy", restartPolicy="Always", resources={"limits": {"memory": "32Mi"}})]
    ),
    "several containers": _pod(_container(), _container("proxy"), _container("logs")),
    "memory as a file system": _pod(
        _container(volumeMounts=[_SCRATCH]),
        volumes=[{"name": "scratch", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}}],
    ),
    "of a job": _pod(restartPolicy="Never", activeDeadlineSeconds=3600),
    "of the class batch": _pod(priorityClassName="batch"),
    "resources of the whole pod, none of its containers": _pod(
        _container(resources=_NOTHING),
        _container("proxy", resources=_NOTHING),
        resources={"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": "150m", "memory": "256Mi"}},
    ),
}
"""Pods as teams write them, each of which every namespace of applications admits."""

TOO_MUCH: Mapping[str, tuple[dict[str, Any], str]] = {
    "more CPU than the namespace has": (_of(requests={"cpu": "1000"}), "exceeded quota: resources"),
    "more memory than the namespace has": (_of(requests={"memory": "4Ti"}), "exceeded quota: resources"),
    "of the class system-cluster-critical": (
        _pod(priorityClassName="system-cluster-critical"),
        "exceeded quota: reserved-priorities",
    ),
    "of the class system-node-critical": (
        _pod(priorityClassName="system-node-critical"),
        "exceeded quota: reserved-priorities",
    ),
}
"""Pods that every namespace of applications refuses, and why."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with cluster_of(deployed("production")) as running:
        for each in running.objects:
            if each.manifest["kind"] == "ResourceQuota":
                # As the controller of quotas does, without which the server counts nothing.
                hard = each.manifest["spec"]["hard"]
                running.server.set_status(each.manifest, {"hard": hard, "used": dict.fromkeys(hard, "0")})
        _wait_for_quotas(running)
        yield running


def _wait_for_quotas(running: Cluster) -> None:
    """The server reads quotas from its cache, which follows within a second or so."""
    too_much, _ = TOO_MUCH["more CPU than the namespace has"]
    wait_for(lambda: all(_refusal(running, namespace, too_much) for namespace in APPLICATIONS))


def _refusal(running: Cluster, namespace: str, spec: Mapping[str, Any]) -> str | None:
    """Why a pod is refused, without making one."""
    return _refused(running, {"apiVersion": "v1", "kind": "Pod", "spec": spec}, namespace)


def _refused(running: Cluster, manifest: Mapping[str, Any], namespace: str) -> str | None:
    try:
        running.server.create({**manifest, "metadata": {"name": "tried", "namespace": namespace}}, dry_run=True)
    except RefusedError as reason:
        return str(reason)
    return None


@pytest.mark.parametrize("namespace", APPLICATIONS)
@pytest.mark.parametrize("written", ORDINARY)
def test_ordinary_pods_are_admitted(cluster: Cluster, namespace: str, written: str) -> None:
    assert _refusal(cluster, namespace, ORDINARY[written]) is None


@pytest.mark.parametrize("namespace", APPLICATIONS)
@pytest.mark.parametrize("written", TOO_MUCH)
def test_pods_that_ask_for_too_much_are_refused(cluster: Cluster, namespace: str, written: str) -> None:
    spec, reason = TOO_MUCH[written]
    assert reason in str(_refusal(cluster, namespace, spec))


def test_only_trading_evicts_others(cluster: Cluster) -> None:
    critical = _pod(priorityClassName="trading-critical")
    refused = {namespace for namespace in APPLICATIONS if _refusal(cluster, namespace, critical)}
    assert refused == APPLICATIONS.keys() - {"trading"}


@pytest.mark.parametrize("namespace", APPLICATIONS)
@pytest.mark.parametrize(
    ("type_", "admitted"), [("ClusterIP", True), ("NodePort", False), ("LoadBalancer", False), ("ExternalName", True)]
)
def test_services_stay_inside(cluster: Cluster, namespace: str, type_: str, admitted: bool) -> None:
    spec = {"type": type_, "externalName": "example.org"} if type_ == "ExternalName" else {"type": type_}
    service = {"apiVersion": "v1", "kind": "Service", "spec": {**spec, "ports": [{"port": 80}]}}
    refused = _refused(cluster, service, namespace)
    assert refused is None if admitted else "exceeded quota: resources" in str(refused)


@pytest.mark.parametrize(("gib", "admitted"), [(100, True), (100_000, False)])
def test_claims_are_counted(cluster: Cluster, gib: int, admitted: bool) -> None:
    wanted = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": f"{gib}Gi"}}}
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "spec": wanted}
    refused = _refused(cluster, claim, "data")
    assert refused is None if admitted else "exceeded quota: resources" in str(refused)
