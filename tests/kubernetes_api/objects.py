"""The Kubernetes objects of a stack, as its provider sends them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.engine.deployed import Deployed, Resource

# What the provider of Kubernetes takes that is no object of the API.
NOT_OBJECTS: Mapping[str, str] = {
    "kubernetes:helm.sh/v3:Release": "a chart, which is fetched from its publisher and rendered at deployment",
}


@dataclass(frozen=True, kw_only=True)
class KubernetesObject:
    """One object, with the resource that it belongs to."""

    resource: Resource
    manifest: Mapping[str, Any]


def objects_of(stack: Deployed) -> list[KubernetesObject]:
    """The objects of a stack, in dependency order: the engine's state lists a resource after its needs."""
    return [
        KubernetesObject(resource=resource, manifest=_manifest(resource))
        for resource in stack
        if resource.type.startswith("kubernetes:") and resource.type not in NOT_OBJECTS
    ]


def _manifest(resource: Resource) -> Mapping[str, Any]:
    """The object; where the program gives it no name, under that of its resource, as the provider would do."""
    metadata = {"name": resource.name.lower(), **resource.inputs.get("metadata", {})}
    return {**resource.inputs, "metadata": metadata}
