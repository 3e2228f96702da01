"""An API server that holds what a stack puts into its cluster."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tests.engine.deployed import Deployed
from tests.kubernetes_api.definitions import definitions_for
from tests.kubernetes_api.objects import KubernetesObject, objects_of
from tests.kubernetes_api.server import ApiServer, RefusedError, api_server
from tests.servers.processes import wait_for

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

_RBAC = "rbac.authorization.k8s.io"
_ADMISSION = "admissionregistration.k8s.io/v1"
_NAMESPACE = {"namespace": "default"}


def _binding(kind: str) -> dict[str, Any]:
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": f"{kind}Binding",
        "roleRef": {"apiGroup": _RBAC, "kind": kind, "name": "last"},
        "subjects": [{"apiGroup": _RBAC, "kind": "Group", "name": "last"}],
    }


def _role(kind: str, resource: str) -> dict[str, Any]:
    rule = {"apiGroups": [""], "resources": [resource], "verbs": ["get"]}
    return {"apiVersion": f"{_RBAC}/v1", "kind": kind, "rules": [rule]}


# One of each kind that takes a while: what they allow and forbid concerns nobody.
_LAST: tuple[Mapping[str, Any], ...] = (
    {**_role("Role", "pods"), "metadata": _NAMESPACE},
    {**_binding("Role"), "metadata": _NAMESPACE},
    _role("ClusterRole", "nodes"),
    _binding("ClusterRole"),
    {
        "apiVersion": _ADMISSION,
        "kind": "ValidatingAdmissionPolicy",
        "spec": {
            "matchConstraints": {
                "resourceRules": [
                    {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}
                ]
            },
            "validations": [{"expression": "object.metadata.name != 'last'"}],
        },
    },
    {
        "apiVersion": _ADMISSION,
        "kind": "ValidatingAdmissionPolicyBinding",
        "spec": {"policyName": "last", "validationActions": ["Deny"]},
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
            wait_for(partial(server.serves, version))
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
        _wait_until_known(server)
        yield Cluster(server=server, stack=stack, objects=objects, refused=refused)


def _wait_until_known(server: ApiServer) -> None:
    """The server learns of roles and policies a while later, of each kind in order: once it knows the last, of all."""
    for each in _LAST:
        server.apply({**each, "metadata": {"name": "last", **each.get("metadata", {})}})
    forbidden = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "last", "namespace": "default"}}

    wait_for(lambda: server.may("last", "get", "pods", namespace="default") and server.may("last", "get", "nodes"))
    wait_for(lambda: not server.admits(forbidden))
