"""The objects of production on a real API server, with a node, pods and the kinds that charts would bring."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.engine.deployed import Deployed
from tests.kubernetes_api.objects import objects_of
from tests.kubernetes_api.programs import kubectl
from tests.kubernetes_api.server import ApiServer, api_server

CHART_KINDS = {
    "velero.io/v1": ("Backup", "BackupStorageLocation", "Restore", "Schedule"),
    "snapshot.storage.k8s.io/v1": ("VolumeSnapshot", "VolumeSnapshotClass", "VolumeSnapshotContent"),
}
"""Kinds that charts and add-ons bring along."""


def chart_kind(group_version: str, kind: str) -> dict[str, Any]:
    """A kind of a chart, as far as the runbooks see it."""
    group, _, version = group_version.partition("/")
    plural = f"{kind.lower()}{'es' if kind.endswith('s') else 's'}"
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    served = {"name": version, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    # The server wants to be told that the community agreed on the kinds of its own groups.
    agreed = {"api-approved.kubernetes.io": "https://github.com/kubernetes-csi/external-snapshotter"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}", "annotations": agreed if group.endswith("k8s.io") else {}},
        "spec": {
            "group": group,
            "scope": "Cluster" if kind.endswith(("Class", "Content")) else "Namespaced",
            "names": {"kind": kind, "plural": plural, "singular": kind.lower()},
            "versions": [served],
        },
    }


def _pods(app: str) -> dict[str, Any]:
    container = {
        "name": "main",
        "image": "example",
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    security = {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}}
    return {"metadata": {"labels": {"app": app}}, "spec": {"securityContext": security, "containers": [container]}}


def _workload(kind: str, name: str, namespace: str = "trading", **own: Any) -> dict[str, Any]:
    spec: dict[str, Any] = {"selector": {"matchLabels": {"app": name}}, "template": _pods(name), **own}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec | ({"serviceName": name} if kind == "StatefulSet" else {}),
    }


WRITERS = {"Deployment/orders": 3, "Deployment/quotes": 7, "StatefulSet/ledger": 1}
"""Workloads of the namespace `trading`, and how many pods each has."""

OPERATORS = (
    ("Deployment", "coredns", "kube-system"),
    ("DaemonSet", "aws-node", "kube-system"),
    ("DaemonSet", "cloudwatch-agent", "amazon-cloudwatch"),
    ("Deployment", "velero", "velero"),
)
"""Some of what add-ons and charts bring."""

INGRESS: Mapping[str, Any] = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "Ingress",
    "metadata": {"name": "orders", "namespace": "trading"},
    "spec": {"defaultBackend": {"service": {"name": "orders", "port": {"number": 80}}}},
}

VELERO = {
    "BackupStorageLocation": "default",
    "Schedule": "velero-hourly",
    "Backup": "velero-hourly-20260131121500",
}
"""What Velero keeps in its namespace, by kind, once it has run for an hour."""


CLAIM: Mapping[str, Any] = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "data-ledger-0", "namespace": "trading"},
    "spec": {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "gp3",
        "volumeName": "pvc-1",
        "resources": {"requests": {"storage": "20Gi"}},
    },
}
VOLUME: Mapping[str, Any] = {
    "apiVersion": "v1",
    "kind": "PersistentVolume",
    "metadata": {"name": "pvc-1"},
    "spec": {
        "accessModes": ["ReadWriteOnce"],
        "capacity": {"storage": "20Gi"},
        "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", **CLAIM["metadata"]},
        "csi": {"driver": "ebs.csi.aws.com", "volumeHandle": "vol-0123456789abcdef0", "fsType": "ext4"},
        "nodeAffinity": {
            "required": {
                "nodeSelectorTerms": [
                    {
                        "matchExpressions": [
                            {"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["us-east-1a"]}
                        ]
                    }
                ]
            }
        },
        "persistentVolumeReclaimPolicy": "Delete",
        "storageClassName": "gp3",
    },
}
"""A claim and its volume, in one of the zones."""


@contextmanager
def cluster(stack: Deployed, home: Path) -> Iterator[Cluster]:
    """The server with everything that the platform keeps in it, and a node."""
    with api_server("1.36") as server:
        storage = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "gp2"}}
        server.apply({**storage, "provisioner": "kubernetes.io/aws-ebs"})
        for each in objects_of(stack):
            server.apply(each.manifest)
        # It comes with the add-on.
        server.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "amazon-cloudwatch"}})
        for namespace in ("trading", "data", "velero"):
            account = {"name": "default", "namespace": namespace}
            server.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account})
        for group_version, kinds in CHART_KINDS.items():
            for kind in kinds:
                server.apply(chart_kind(group_version, kind))
        server.apply({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1"}})
        config = home / "kubeconfig"
        config.write_text(json.dumps(_client(server)), encoding="utf-8")
        found = Cluster(server, config)
        ready = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
        found.kubectl("patch", "node", "node-1", "--subresource", "status", "--patch", json.dumps(ready))
        yield found


@dataclass(frozen=True)
class Cluster:
    """The server, and a file by which kubectl reaches it."""

    server: ApiServer
    kubeconfig: Path

    def kubectl(self, *words: str) -> str:
        """Run one command as the administrator."""
        return subprocess.check_output([kubectl(), "--kubeconfig", str(self.kubeconfig), *words], text=True)

    def reset(self, pending: Container[str] = ()) -> None:
        """Applications as pages find them: the workloads of `trading`, and pods, which run but for the `pending`."""
        for name, number in WRITERS.items():
            kind, _, label = name.partition("/")
            self.server.apply(_workload(kind, label, replicas=number))
        for operator in OPERATORS:
            self.server.apply(_workload(*operator))
        self.server.apply(INGRESS)
        for app, label in (("orders", "order-1"), ("ledger", "ledger-0")):
            metadata = {"name": label, "namespace": "trading", "labels": {"app": app}}
            self.server.apply({"apiVersion": "v1", "kind": "Pod", **_pods(app), "metadata": metadata})
            status = json.dumps({"status": {"phase": "Pending" if label in pending else "Running"}})
            place = ("--namespace", "trading", "--subresource", "status")
            self.kubectl("patch", "pod", label, *place, "--patch", status)
        self._reset_volume()
        for kind, label in VELERO.items():
            found = {"apiVersion": "velero.io/v1", "kind": kind, "metadata": {"name": label, "namespace": "velero"}}
            self.server.apply({**found, "spec": {}})

    def _reset_volume(self) -> None:
        """A claim and its volume. No controller takes the finalizers away, for which a deletion would wait."""
        place = ("--namespace", "trading")
        for kind, name, manifest in (("pvc", "data-ledger-0", CLAIM), ("pv", "pvc-1", VOLUME)):
            self.kubectl("delete", kind, name, *place, "--ignore-not-found", "--wait=false")
            if self.kubectl("get", kind, name, *place, "--ignore-not-found"):
                self.kubectl("patch", kind, name, *place, "--patch", '{"metadata": {"finalizers": null}}')
            self.server.apply(manifest)
            self.kubectl("patch", kind, name, *place, "--patch", '{"metadata": {"finalizers": null}}')

    def replicas(self) -> dict[str, int]:
        """How many pods each workload of `trading` is to have."""
        found = json.loads(
            self.kubectl("get", "deployments,statefulsets", "--namespace", "trading", "--output", "json")
        )
        return {f"{item['kind']}/{item['metadata']['name']}": item["spec"]["replicas"] for item in found["items"]}


def _client(server: ApiServer) -> dict[str, Any]:
    place = {"server": f"https://127.0.0.1:{server.port}", "certificate-authority": str(server.certificate)}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "test", "cluster": place}],
        "users": [{"name": "test", "user": {"token": server.token}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "current-context": "test",
    }
