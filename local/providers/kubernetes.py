"""The stand-in for the Kubernetes provider: a cluster that takes what an API server would take, and runs nothing."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pulumi.runtime.proto import provider_pb2

from local import schema
from local.providers import manifests
from local.providers.check import Checker, Failure, join
from local.providers.identity import CREATED, Identity
from local.providers.kinds import CLUSTER_SCOPED, CONTENT, FIXED, IDENTITY, REPLACED, UNCOUNTED
from local.providers.package import DEFAULTS, Package, Refused, Replacement, Resource, without_defaults
from local.providers.values import UNKNOWN, Secret, Values, is_unknown, reveal

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
_DEFAULT_NAMESPACE = "default"
_AUTONAMED = "pulumi.com/autonamed"
_SECRET = "kubernetes:core/v1:Secret"  # noqa: S105 - a kind of object
# What the provider does not read into its own types, which drop what is empty.
_AS_WRITTEN = (_SECRET, "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition")
# Quantities are text in the schema, and may be written as numbers.
_QUANTITIES = re.compile(
    r"\b(allocatable|capacity|default|defaultRequest|hard|limits|max|min|overhead|requests)\.[^.]+$"
)
_NAME = r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?"
# Roles and their bindings may be called `system:node`.
_RBAC_NAME = r"(?!\.\.?$)[^/%]+"
_LABEL = r"([A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)?"
_LABEL_KEY = r"([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?"


class Kubernetes(Package):
    """Objects and Helm releases that are checked, named and stored."""

    name = "kubernetes"
    constructs = True
    replaces_by_path = True

    def check(self, resource: Resource, old: Values, seed: bytes) -> tuple[Values, list[Failure]]:
        """Name the object, put it into a namespace, and check it as strictly as an API server does."""
        inputs = (
            _named_release(resource, old, seed) if resource.type == _RELEASE else _named_object(resource, old, seed)
        )
        found = schema.resource(resource.type)
        checker = Checker(
            lenient=False, quantities=_QUANTITIES, sparse=found is not None and resource.type not in _AS_WRITTEN
        )
        checked = checker.properties(found.inputs if found else _custom_resource(inputs), without_defaults(inputs))
        if resource.type == _SECRET:
            checked = _encoded(checked)
        bookkeeping = {DEFAULTS: inputs[DEFAULTS]} if DEFAULTS in inputs else {}
        return {**checked, **bookkeeping}, [*checker.findings, *_object_failures(resource, inputs)]

    def create(self, resource: Resource) -> tuple[str, Values]:
        """Store the object."""
        inputs = without_defaults(resource.inputs)
        if resource.type == _RELEASE:
            return _release(inputs)
        metadata = inputs.get("metadata", {})
        name, namespace = metadata.get("name", ""), _namespace(resource)
        identity = Identity(resource.urn, {"name": name, "namespace": namespace})
        inputs = _secret_data(resource, inputs)
        stored: Values = {"uid": identity.uuid(), "resourceVersion": str(identity.number(1000, 999999))}
        if _kind(resource) not in UNCOUNTED:
            stored["generation"] = 1
        place = {"namespace": namespace} if namespace else {}
        outputs = {**inputs, "metadata": {**metadata, **place, **stored, "creationTimestamp": CREATED}}
        if _kind(resource) == "Service" and "clusterIP" not in inputs.get("spec", {}):
            address = f"172.20.{identity.number(0, 255, 'c')}.{identity.number(1, 254, 'd')}"
            outputs["spec"] = {**inputs.get("spec", {}), "clusterIP": address, "clusterIPs": [address]}
        if _kind(resource) == "Ingress" or (_kind(resource), inputs.get("spec", {}).get("type")) == _BALANCED:
            host = f"{identity.hex(32, 'lb')}.elb.{_REGION}.amazonaws.com"
            outputs["status"] = {"loadBalancer": {"ingress": [{"hostname": host}]}}
        known = schema.resource(resource.type)
        if known and "status" in known.outputs:
            # What controllers would say; a program that asks finds nothing rather than no status.
            outputs.setdefault("status", {})
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
        if resource.type.endswith("Patch"):
            return Replacement(frozenset(IDENTITY), taken_along=False)
        switch, content = CONTENT.get(_kind(resource), ("", ()))
        changeable = resource.config.get(switch) is True and resource.inputs.get("immutable") is not True
        kept = () if changeable else content
        paths = frozenset((*IDENTITY, *REPLACED.get(_kind(resource), ()), *kept))
        return Replacement(paths, frozenset(("metadata",)), taken_along=False)

    def compared(self, resource: Resource, inputs: Values) -> Values:
        """An object that names no namespace is in the default one."""
        namespace = None if resource.type == _RELEASE else _namespace(resource)
        metadata = inputs.get("metadata", {})
        if namespace is None or not isinstance(metadata, dict):
            return inputs
        return {**inputs, "metadata": {"namespace": _DEFAULT_NAMESPACE, **metadata}}

    def update(self, resource: Resource, old: Values, changed: frozenset[str], preview: bool) -> Values:
        """Change the object, unless an API server would not; the provider asks it in a preview, too."""
        if reason := _fixed(resource, old):
            raise Refused(reason)
        return super().update(resource, old, changed, preview)

    def delete_before_replace(self, resource: Resource, old: Values) -> bool:
        """Two objects cannot have one name, unless the provider makes up another one."""
        if resource.type == _RELEASE:
            return "name" not in resource.inputs.get(DEFAULTS, []) and resource.inputs.get("name") == old.get("name")
        new_metadata, old_metadata = resource.inputs.get("metadata", {}), old.get("metadata", {})
        places = (each.get("namespace", _DEFAULT_NAMESPACE) for each in (new_metadata, old_metadata))
        same = new_metadata.get("name") == old_metadata.get("name") and len(set(places)) == 1
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
        if earlier and not kept:
            # The name is gone, which replaces the object; the new one is asked for once more, as if there were none.
            return inputs
        annotations = {**metadata.get("annotations", {}), _AUTONAMED: "true"}
        metadata = {
            **metadata,
            "name": kept or resource.automatic_name(seed, _RANDOM_DIGITS),
            "annotations": annotations,
        }
    if _kind(resource) not in CLUSTER_SCOPED and "namespace" in resource.config:
        metadata = {"namespace": resource.config["namespace"], **metadata}
    return {**inputs, "metadata": metadata}


def _namespace(resource: Resource) -> Any:
    """Where the object is: in the default namespace if it does not say, unless none holds its kind."""
    if _kind(resource) in CLUSTER_SCOPED:
        return None
    metadata = resource.inputs.get("metadata", {})
    return metadata.get("namespace", _DEFAULT_NAMESPACE) if isinstance(metadata, dict) else UNKNOWN


def _encoded(inputs: Values) -> Values:
    """A secret as an API server stores it: its texts among its data, which nobody may read."""
    texts, data = reveal(inputs.get("stringData", {})), reveal(inputs.get("data", {}))
    if is_unknown(texts) or is_unknown(data):
        return inputs
    encoded = {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}
    others = {name: value for name, value in inputs.items() if name not in ("stringData", "data")}
    return others if len(others) == len(inputs) else {**others, "data": Secret({**data, **encoded})}


def _secret_data(resource: Resource, inputs: Values) -> Values:
    if resource.type != _SECRET:
        return inputs
    return {"type": "Opaque", **inputs, **({"data": Secret(inputs["data"])} if "data" in inputs else {})}


def _fixed(resource: Resource, old: Values) -> str | None:
    """Why an API server would not let the object change."""
    kind, name = _kind(resource), resource.inputs.get("metadata", {}).get("name")
    fixed = dict(FIXED.get(kind, {}))
    if old.get("immutable") is True:
        fixed["immutable"] = None
    for path, default in fixed.items():
        before, after = (_at(values, path, default) for values in (old, resource.inputs))
        if before != after and not is_unknown(after):
            return f'{kind} "{name}" is invalid: {path}: Invalid value: {json.dumps(after)}: field is immutable'
    return None


def _at(values: Mapping[str, Any], path: str, default: Any) -> Any:
    for part in path.split("."):
        if not isinstance(values, Mapping) or part not in values:
            return default
        values = values[part]
    return values


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
