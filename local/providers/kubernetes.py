"""The stand-in for the Kubernetes provider: a cluster that takes what an API server would take, and runs nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pulumi.runtime.proto import provider_pb2

from local import schema
from local.providers import manifests
from local.providers.check import Checker, Failure, join
from local.providers.identity import CREATED, Identity
from local.providers.package import DEFAULTS, Package, Refused, Replacement, Resource, without_defaults
from local.providers.values import UNKNOWN, Values

_RELEASE = "kubernetes:helm.sh/v3:Release"
_DECODE = "kubernetes:yaml:decode"
_RENDERED = ("kubernetes:helm:template", "kubernetes:kustomize:directory")
_NOT_RENDERED = (
    "is not rendered offline: install the chart with helm.v3.Release, or render it beside the program "
    "(`helm template`, `kubectl kustomize`) and read the result with yaml.v2.ConfigFile"
)
_BALANCED = ("Service", "LoadBalancer")
# Where addresses of load balancers seem to be: a cluster does not say where it is.
_REGION = "us-east-1"
_RANDOM_DIGITS = 8
_AUTONAMED = "pulumi.com/autonamed"
# Kinds that no namespace holds.
_CLUSTER_SCOPED = frozenset(
    [
        "APIService",
        "CertificateSigningRequest",
        "ClusterIssuer",
        "ClusterRole",
        "ClusterRoleBinding",
        "CSIDriver",
        "CSINode",
        "CustomResourceDefinition",
        "IngressClass",
        "IngressClassParams",
        "MutatingWebhookConfiguration",
        "Namespace",
        "Node",
        "PersistentVolume",
        "PodSecurityPolicy",
        "PriorityClass",
        "RuntimeClass",
        "StorageClass",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
        "VolumeAttachment",
        "VolumeSnapshotClass",
    ]
)
# Quantities are text in the schema, and may be written as numbers.
_QUANTITIES = re.compile(
    r"\b(allocatable|capacity|default|defaultRequest|hard|limits|max|min|overhead|requests)\.[^.]+$"
)
_NAME = r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?"
# Roles and their bindings may be called `system:node`.
_RBAC_NAME = r"(?!\.\.?$)[^/%]+"
_LABEL = r"([A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)?"
_LABEL_KEY = r"([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?"

_ALWAYS = ("apiVersion", "kind", "metadata.name", "metadata.namespace")
# What an API server does not let change, and what the provider replaces rather than changes.
_IMMUTABLE: Mapping[str, tuple[str, ...]] = {
    "ClusterRoleBinding": ("roleRef",),
    "ConfigMap": ("binaryData", "data"),
    "DaemonSet": ("spec.selector",),
    "Deployment": ("spec.selector",),
    "Job": ("spec.completions", "spec.selector", "spec.template"),
    "PersistentVolumeClaim": ("spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName"),
    "PriorityClass": ("value",),
    "RoleBinding": ("roleRef",),
    "Secret": ("data", "stringData", "type"),
    "Service": ("spec.clusterIP",),
    "StatefulSet": ("spec.podManagementPolicy", "spec.selector", "spec.serviceName", "spec.volumeClaimTemplates"),
    "StorageClass": (
        "allowedTopologies",
        "mountOptions",
        "parameters",
        "provisioner",
        "reclaimPolicy",
        "volumeBindingMode",
    ),
}


class Kubernetes(Package):
    """Objects and Helm releases that are checked, named and stored."""

    name = "kubernetes"
    constructs = True

    def check(self, resource: Resource, old: Values, seed: bytes) -> tuple[Values, list[Failure]]:
        """Name the object, put it into a namespace, and check it as strictly as an API server does."""
        inputs = (
            _named_release(resource, old, seed) if resource.type == _RELEASE else _named_object(resource, old, seed)
        )
        checker = Checker(lenient=False, quantities=_QUANTITIES)
        found = schema.resource(resource.type)
        checked = checker.properties(found.inputs if found else _custom_resource(inputs), without_defaults(inputs))
        return {**inputs, **checked}, [*checker.findings, *_object_failures(resource, inputs)]

    def create(self, resource: Resource) -> tuple[str, Values]:
        """Store the object."""
        inputs = without_defaults(resource.inputs)
        if resource.type == _RELEASE:
            return _release(inputs)
        metadata = inputs.get("metadata", {})
        name, namespace = metadata.get("name", ""), metadata.get("namespace")
        identity = Identity(resource.urn, {"name": name, "namespace": namespace})
        stored = {"uid": identity.uuid(), "resourceVersion": str(identity.number(1000, 999999)), "generation": 1}
        outputs = {**inputs, "metadata": {**metadata, **stored, "creationTimestamp": CREATED}}
        if _kind(resource) == "Service" and "clusterIP" not in inputs.get("spec", {}):
            address = f"172.20.{identity.number(0, 255, 'c')}.{identity.number(1, 254, 'd')}"
            outputs["spec"] = {**inputs.get("spec", {}), "clusterIP": address, "clusterIPs": [address]}
        if _kind(resource) == "Ingress" or (_kind(resource), inputs.get("spec", {}).get("type")) == _BALANCED:
            host = f"{identity.hex(32, 'lb')}.elb.{_REGION}.amazonaws.com"
            outputs["status"] = {"loadBalancer": {"ingress": [{"hostname": host}]}}
        return f"{namespace}/{name}" if namespace else name, outputs

    def invoke(self, token: str, arguments: Values, config: Mapping[str, Any]) -> Values:
        """Read manifests; what needs a cluster or the network has to be declared."""
        if token in _RENDERED:
            raise Refused(f"{token} {_NOT_RENDERED}")
        if token != _DECODE:
            return super().invoke(token, arguments, config)
        return {"result": manifests.documents(arguments["text"])}

    def construct(self, request: provider_pb2.ConstructRequest) -> provider_pb2.ConstructResponse:
        """Register the objects of manifests; charts and overlays are not rendered."""
        if request.type in manifests.COMPONENTS:
            return manifests.construct(request)
        raise Refused(f"{request.type} {_NOT_RENDERED}")

    def preview(self, resource: Resource) -> Values:
        """A preview without a cluster knows the inputs; what a release becomes is unknown."""
        unknown = {"status": UNKNOWN} if resource.type == _RELEASE else {}
        return {**without_defaults(resource.inputs), **unknown}

    def replacement(self, resource: Resource) -> Replacement:
        """What replaces an object of this kind."""
        if resource.type == _RELEASE:
            return Replacement(frozenset(("name", "namespace")))
        return Replacement(frozenset((*_ALWAYS, *_IMMUTABLE.get(_kind(resource), ()))))

    def delete_before_replace(self, resource: Resource, old: Values) -> bool:
        """Two objects cannot have one name, unless the provider makes up another one."""
        if resource.type == _RELEASE:
            return "name" not in resource.inputs.get(DEFAULTS, []) and resource.inputs.get("name") == old.get("name")
        new_metadata, old_metadata = resource.inputs.get("metadata", {}), old.get("metadata", {})
        same = all(new_metadata.get(key) == old_metadata.get(key) for key in ("name", "namespace"))
        return same and _AUTONAMED not in new_metadata.get("annotations", {})


def _kind(resource: Resource) -> str:
    return resource.type.rsplit(":", 1)[-1].removesuffix("Patch")


def _named_release(resource: Resource, old: Values, seed: bytes) -> Values:
    inputs = {"namespace": resource.config.get("namespace", "default"), **resource.inputs}
    if "name" in inputs:
        return inputs
    kept = old.get("name") if "name" in old.get(DEFAULTS, []) else None
    return {**inputs, "name": kept or resource.automatic_name(seed, _RANDOM_DIGITS), DEFAULTS: ["name"]}


def _named_object(resource: Resource, old: Values, seed: bytes) -> Values:
    inputs = dict(resource.inputs)
    metadata = inputs.get("metadata", {})
    if metadata is UNKNOWN or not isinstance(metadata, dict):
        return inputs
    if not metadata.get("name") and not metadata.get("generateName") and not resource.type.endswith("Patch"):
        earlier = old.get("metadata", {})
        kept = earlier.get("name") if _AUTONAMED in earlier.get("annotations", {}) else None
        annotations = {**metadata.get("annotations", {}), _AUTONAMED: "true"}
        metadata = {
            **metadata,
            "name": kept or resource.automatic_name(seed, _RANDOM_DIGITS),
            "annotations": annotations,
        }
    if _kind(resource) not in _CLUSTER_SCOPED:
        metadata = {"namespace": resource.config.get("namespace", "default"), **metadata}
    return {**inputs, "metadata": metadata}


def _custom_resource(inputs: Values) -> Mapping[str, schema.Property]:
    """What is known of a resource whose definition is not in the SDK: its frame."""
    free = {name: schema.Property(name, Any, {}, required=False, doc="") for name in inputs}
    object_of_the_sdk = schema.existing("kubernetes:core/v1:ConfigMap")
    return {**free, "metadata": object_of_the_sdk.inputs["metadata"]}


def _object_failures(resource: Resource, inputs: Values) -> Iterator[Failure]:
    """What an API server refuses in the metadata of an object."""
    metadata = inputs.get("metadata", {})
    if resource.type == _RELEASE or not isinstance(metadata, dict):
        return
    name = metadata.get("name", "")
    if resource.type.endswith("Patch") and not name:
        yield Failure("metadata.name", "a patch has to name the object that it changes")
    pattern = _RBAC_NAME if ":rbac" in resource.type or "rbac.authorization" in resource.type else _NAME
    if name and name is not UNKNOWN and not re.fullmatch(pattern, str(name)):
        yield Failure("metadata.name", f"{name!r} does not have the form {pattern}")
    labels = metadata.get("labels", {})
    for key, value in labels.items() if isinstance(labels, dict) else ():
        if not re.fullmatch(_LABEL_KEY, key):
            yield Failure(join("metadata.labels", key), f"the key does not have the form {_LABEL_KEY}")
        if isinstance(value, str) and not re.fullmatch(_LABEL, value):
            yield Failure(join("metadata.labels", key), f"{value!r} does not have the form {_LABEL}")


def _release(inputs: Values) -> tuple[str, Values]:
    name, namespace = inputs["name"], inputs["namespace"]
    chart, version = str(inputs.get("chart", "")).rsplit("/", 1)[-1], inputs.get("version", "")
    status = {"name": name, "namespace": namespace, "chart": chart, "version": version, "appVersion": version}
    return f"{namespace}/{name}", {**inputs, "status": {**status, "revision": 1, "status": "deployed"}}
