"""An API server that holds what a stack puts into its cluster."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.engine.deployed import Deployed
from tests.kubernetes_api.definitions import definitions_for
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
def new_cluster(stack: Deployed) -> Iterator[ApiServer]:
    """Run an API server of the cluster's version, with what a new cluster has and the stack's charts define."""
    with api_server(stack.one("aws:eks/cluster:Cluster").inputs["version"]) as server:
        for manifest in _BROUGHT_ALONG:
            server.apply(manifest)
        for version, definition in definitions_for(stack):
            server.apply(definition)
            while not server.serves(version):
                time.sleep(0.1)
        yield server


@contextlib.contextmanager
def cluster_of(stack: Deployed) -> Iterator[Cluster]:
    """Run an API server of the cluster's version and apply every object of the stack."""
    objects = objects_of(stack)
    with new_cluster(stack) as server:
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
