"""The Kubernetes objects in a stack's state, as the provider sends them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# What the provider of Kubernetes takes that is no object of the API.
NOT_OBJECTS: Mapping[str, str] = {
    "pulumi:providers:kubernetes": "the provider itself",
    "kubernetes:helm.sh/v3:Release": "a chart, which is fetched from its publisher and rendered at deployment",
}

# The engine's mark for a secret in a state.
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"


@dataclass(frozen=True, kw_only=True)
class KubernetesObject:
    """One object, with the resource that it belongs to."""

    urn: str
    manifest: Mapping[str, Any]


def objects_of(state: Mapping[str, Any]) -> list[KubernetesObject]:
    """The objects of an exported state, in dependency order: the engine's state lists a resource after its needs."""
    return [
        KubernetesObject(urn=resource["urn"], manifest=_manifest(resource))
        for resource in state["deployment"]["resources"]
        if resource["type"].startswith("kubernetes:") and resource["type"] not in NOT_OBJECTS
    ]


def _manifest(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    """The object; where the program gives it no name, under that of its resource, as the provider would do."""
    manifest: dict[str, Any] = _plain(resource["inputs"])
    manifest["metadata"] = {"name": resource["urn"].rpartition("::")[2].lower(), **manifest.get("metadata", {})}
    return manifest


def _plain(value: Any) -> Any:
    """Secrets in clear."""
    if isinstance(value, dict):
        if value.get(_SIGNATURE) == _SECRET:
            return _plain(json.loads(value["plaintext"]))
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
