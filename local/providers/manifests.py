"""The components of the Kubernetes provider that read manifests: `yaml.v2.ConfigFile` and `ConfigGroup`."""

from __future__ import annotations

import glob
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from pulumi.runtime.proto import provider_pb2

from local.providers.check import Failure
from local.providers.monitor import Monitor, Options, Output, Registered, flatten
from local.providers.package import Refused
from local.providers.values import UNKNOWN, Secret, is_unknown, reveal

COMPONENTS = ("kubernetes:yaml/v2:ConfigFile", "kubernetes:yaml/v2:ConfigGroup")
# What others are made of or need: they come first, and the rest depends on them.
_FIRST = ("CustomResourceDefinition", "Namespace")


def documents(text: str) -> list[Any]:
    """What a manifest holds, without documents that are empty.

    Raises:
        Refused: The text is no YAML.
    """
    try:
        found = [each for each in yaml.safe_load_all(text) if each]
    except yaml.YAMLError as error:
        raise Refused(f"the manifest is no YAML: {error}") from error
    return list(json.loads(json.dumps(found, default=str)))


def _objects_of(text: str) -> list[dict[str, Any]]:
    """The objects of a manifest; those of a list one by one."""
    found: list[dict[str, Any]] = []
    for document in documents(text):
        if not isinstance(document, dict) or not document.get("apiVersion") or not document.get("kind"):
            raise Refused(f"the manifest holds no object of Kubernetes, but {json.dumps(document)[:80]}")
        found += document["items"] if document["kind"] == "List" else [document]
    return found


def construct(request: provider_pb2.ConstructRequest) -> provider_pb2.ConstructResponse:
    """Register the component and the objects of its manifests, namespaces and definitions first.

    Raises:
        Refused: A manifest cannot be read, or two objects have one name.
    """
    with Monitor(request) as monitor:
        component = monitor.component(request.parent)
        given, urns = flatten(monitor.inputs)
        if is_unknown(given):
            return monitor.finish(component, {"resources": Output(UNKNOWN, urns)})
        made = list(_register(monitor, component, list(_objects(given))))
        return monitor.finish(component, {"resources": [each.reference for each in made]})


def _objects(inputs: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The objects of the files, of the text, and those that are given as they are."""
    for pattern in [inputs["file"]] if "file" in inputs else inputs.get("files", []):
        for path in _paths(reveal(pattern)):
            yield from _objects_of(path.read_text(encoding="utf-8"))
    text, given = inputs.get("yaml", ""), inputs.get("objs", [])
    yield from _alike(_objects_of(reveal(text)), text)
    for each in given.value if isinstance(given, Secret) else given:
        plain = each.value if isinstance(each, Secret) else each
        yield from _alike([plain], Secret(each) if isinstance(given, Secret) else each)


def _alike(objects: list[dict[str, Any]], source: Any) -> list[dict[str, Any]]:
    """The objects, secret but for what names them where they come from a secret."""
    if not isinstance(source, Secret):
        return objects
    named = ("apiVersion", "kind", "metadata")
    return [{key: item if key in named else Secret(item) for key, item in each.items()} for each in objects]


def _paths(pattern: str) -> Sequence[Path]:
    if "://" in pattern:
        reason = "manifests are not downloaded offline: keep a copy beside the program"
        raise Refused(f"{pattern}: {reason}", (Failure("files", reason),))
    found = sorted(Path(name) for name in glob.glob(pattern, recursive=True) if Path(name).is_file())  # noqa: PTH207 - absolute ones, too
    if not found:
        raise Refused(f"there is no file {pattern}")
    return found


def _register(monitor: Monitor, component: Registered, objects: list[dict[str, Any]]) -> Iterator[Registered]:
    prefix = reveal(monitor["resourcePrefix"].otherwise(monitor.name).value)
    first: list[Registered] = []
    for each in sorted(objects, key=lambda one: one["kind"] not in _FIRST):
        metadata = reveal(each.get("metadata", {}))
        name = "/".join(filter(None, (metadata.get("namespace"), metadata.get("name"))))
        version = each["apiVersion"] if "/" in each["apiVersion"] else f"core/{each['apiVersion']}"
        leading = each["kind"] in _FIRST
        options = Options(depends_on=() if leading else tuple(first))
        kind = f"kubernetes:{version}:{each['kind']}"
        made = monitor.resource(kind, f"{prefix}:{name}", component, each, options)
        if leading:
            first.append(made)
        yield made
