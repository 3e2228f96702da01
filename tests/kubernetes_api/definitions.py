"""Kinds that add-ons and controllers bring into a cluster, as far as a stack's own objects are of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.engine.deployed import Deployed

_ANYTHING: Mapping[str, Any] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
_TEXT, _NUMBER = {"type": "string"}, {"type": "integer"}


def _list(items: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _fields(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def _texts(*values: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(values)}


_ATTRIBUTES = _list(_fields(key=_TEXT, value=_TEXT))
_EXPRESSIONS = _list(_fields(key=_TEXT, operator=_TEXT, values=_list(_TEXT)))
# What the controller of 3.5.0 takes in `spec`: a field that it does not know is refused here, as it is there.
_CLASS_PARAMETERS = _fields(
    certificateArn=_list(_TEXT),
    group=_fields(name=_TEXT),
    inboundCIDRs=_list(_TEXT),
    ipAddressType=_texts("ipv4", "dualstack", "dualstack-without-public-ipv4"),
    ipamConfiguration=_fields(ipv4IPAMPoolId=_TEXT),
    listeners=_list(_fields(port=_NUMBER, protocol=_TEXT, listenerAttributes=_ATTRIBUTES)),
    loadBalancerAttributes=_ATTRIBUTES,
    loadBalancerName=_TEXT,
    minimumLoadBalancerCapacity=_fields(capacityUnits=_NUMBER),
    namespaceSelector=_fields(
        matchExpressions=_EXPRESSIONS, matchLabels={"type": "object", "additionalProperties": _TEXT}
    ),
    prefixListsIDs=_list(_TEXT),
    scheme=_texts("internal", "internet-facing"),
    sslPolicy=_TEXT,
    sslRedirectPort=_TEXT,
    subnets=_fields(ids=_list(_TEXT), tags={"type": "object", "additionalProperties": _list(_TEXT)}),
    tags=_ATTRIBUTES,
    targetType=_texts("instance", "ip"),
    wafv2AclArn=_TEXT,
    wafv2AclName=_TEXT,
)

# Of the add-on for snapshots of volumes: kind, and whether its objects are in namespaces.
_SNAPSHOTS = {"VolumeSnapshot": True, "VolumeSnapshotClass": False, "VolumeSnapshotContent": False}


def _definition(
    group: str, version: str, kind: str, plural: str, *, namespaced: bool, schema: Mapping[str, Any]
) -> dict[str, Any]:
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
            "versions": [{"name": version, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
        },
    }


def definitions_for(stack: Deployed) -> Iterator[tuple[str, dict[str, Any]]]:
    """The group and version, and the definition, of what the stack's own objects are of."""
    if any(each.inputs["addonName"] == "snapshot-controller" for each in stack.of_type("aws:eks/addon:Addon")):
        for kind, namespaced in _SNAPSHOTS.items():
            plural = f"{kind.lower()}s" if not kind.endswith("s") else f"{kind.lower()}es"
            group = "snapshot.storage.k8s.io"
            # Any fields: names, places and rights are what counts of snapshots.
            yield f"{group}/v1", _definition(group, "v1", kind, plural, namespaced=namespaced, schema=_ANYTHING)
    if any(each.type.endswith(":IngressClassParams") for each in stack):
        group, plural = "elbv2.k8s.aws", "ingressclassparams"
        schema = _fields(spec=_CLASS_PARAMETERS)
        definition = _definition(group, "v1beta1", "IngressClassParams", plural, namespaced=False, schema=schema)
        yield f"{group}/v1beta1", definition
