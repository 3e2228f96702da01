"""An API server that holds what a stack puts into its cluster."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.engine.deployed import Deployed
from tests.kubernetes_api.objects import KubernetesObject, objects_of
from tests.kubernetes_api.server import ApiServer, RefusedError, api_server

# What a new cluster of EKS brings along, and the platform changes.
_BROUGHT_ALONG: tuple[Mapping[str, Any], ...] = (
    {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "gp2"},
        "provisioner": "kubernetes.io/aws-ebs",
        "volumeBindingMode": "WaitForFirstConsumer",
    },
)

# What the add-on for snapshots of volumes defines: kind, and whether its objects are in namespaces.
_SNAPSHOTS = {"VolumeSnapshot": True, "VolumeSnapshotClass": False, "VolumeSnapshotContent": False}


def _definition(kind: str, *, namespaced: bool) -> dict[str, Any]:
    """A definition that takes any fields: names, places and rights are what counts here."""
    plural = f"{kind.lower()}s" if not kind.endswith("s") else f"{kind.lower()}es"
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    group = "snapshot.storage.k8s.io"
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": f"{plural}.{group}",
            # Kept for the project itself, which approves it so.
            "annotations": {"api-approved.kubernetes.io": "unapproved, for tests"},
        },
        "spec": {
            "group": group,
            "scope": "Namespaced" if namespaced else "Cluster",
            "names": {"kind": kind, "plural": plural},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
        },
    }


RESTRICTED: Mapping[str, Any] = {
    "securityContext": {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [
        {
            "name": "main",
            "image": "example",
            "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        }
    ],
}
"""A pod that every namespace admits."""


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """An API server after all objects of a stack."""

    server: ApiServer
    stack: Deployed = field(repr=False)
    objects: list[KubernetesObject]
    refused: Mapping[str, str]
    """Reasons by logical name."""

    def pod(self, namespace: str, name: str, spec: Mapping[str, Any]) -> dict[str, Any]:
        """Create a pod, and return it as admitted."""
        metadata = {"name": name, "namespace": namespace}
        return self.server.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})


@contextlib.contextmanager
def cluster_of(stack: Deployed) -> Iterator[Cluster]:
    """Run an API server of the cluster's version and apply every object of the stack."""
    objects = objects_of(stack)
    with api_server(stack.one("aws:eks/cluster:Cluster").inputs["version"]) as server:
        for manifest in _BROUGHT_ALONG:
            server.apply(manifest)
        if any(each.inputs["addonName"] == "snapshot-controller" for each in stack.of_type("aws:eks/addon:Addon")):
            for kind, namespaced in _SNAPSHOTS.items():
                server.apply(_definition(kind, namespaced=namespaced))
            while not server.serves("snapshot.storage.k8s.io/v1"):
                time.sleep(0.1)
        refused: dict[str, str] = {}
        for each in objects:
            try:
                server.apply(each.manifest)
            except RefusedError as reason:
                refused[each.resource.name] = str(reason)
        for namespace in {
            each.manifest["metadata"]["name"] for each in objects if each.manifest["kind"] == "Namespace"
        }:
            # A controller makes this account in a cluster; no pod is admitted without it.
            account = {"name": "default", "namespace": namespace}
            server.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account})
        yield Cluster(server=server, stack=stack, objects=objects, refused=refused)
