"""The repositories and images of `awsx:ecr` with their children, after pulumi-awsx 3.11."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from pulumi.runtime.proto import provider_pb2

from local import schema
from local.providers.monitor import Monitor, Output, combine
from local.providers.package import Refused

_REPOSITORY = "aws:ecr/repository:Repository"
_UNTAGGED = {"description": "remove untagged images", "tagStatus": "untagged", "maximumNumberOfImages": 1}


def construct_repository(request: provider_pb2.ConstructRequest, monitor: Monitor) -> provider_pb2.ConstructResponse:
    """A repository with a rule for images that nobody needs any more."""
    component, name = monitor.component(request.parent), request.name.lower()
    known = schema.existing(_REPOSITORY).inputs.keys() & monitor.inputs.keys()
    repository = monitor.resource(_REPOSITORY, name, component, {each: monitor[each] for each in known})
    outputs = {"repository": repository.reference, "url": repository["repositoryUrl"]}
    lifecycle = monitor["lifecyclePolicy"].value or {}
    if not lifecycle.get("skip"):
        rules = Output(lifecycle.get("rules") or [_UNTAGGED])
        inputs = {"repository": repository["name"], "policy": combine(_policy, rules), "region": monitor["region"]}
        policy = monitor.resource("aws:ecr/lifecyclePolicy:LifecyclePolicy", name, component, inputs)
        outputs["lifecyclePolicy"] = policy.reference
    return monitor.finish(component, outputs)


def _policy(rules: list[Mapping[str, Any]]) -> str:
    """The document, with a rule for any image last."""
    ordered = sorted(rules, key=lambda rule: rule.get("tagStatus") == "any")
    if sum(rule.get("tagStatus") == "any" for rule in rules) > 1:
        raise Refused('At most one [selection: "any"] rule can be provided.')
    return json.dumps({"rules": [_rule(number, rule) for number, rule in enumerate(ordered, 1)]})


def _rule(priority: int, given: Mapping[str, Any]) -> dict[str, Any]:
    if given.get("maximumNumberOfImages") is not None:
        count = {"countType": "imageCountMoreThan", "countNumber": given["maximumNumberOfImages"]}
    elif given.get("maximumAgeLimit") is not None:
        count = {"countType": "sinceImagePushed", "countNumber": given["maximumAgeLimit"], "countUnit": "days"}
    else:
        raise Refused("Either [maximumNumberOfImages] or [maximumAgeLimit] must be provided with a rule.")
    tagged: dict[str, Any] = {"tagStatus": given.get("tagStatus")}
    if given.get("tagStatus") not in ("any", "untagged"):
        if not given.get("tagPrefixList"):
            raise Refused("tagPrefixList cannot be empty.")
        tagged = {"tagStatus": "tagged", "tagPrefixList": given["tagPrefixList"]}
    described = {"description": given["description"]} if given.get("description") else {}
    return {"rulePriority": priority, **described, "selection": {**tagged, **count}, "action": {"type": "expire"}}


def construct_image(request: provider_pb2.ConstructRequest, monitor: Monitor) -> provider_pb2.ConstructResponse:
    """An image that is built and pushed elsewhere; nothing is built here."""
    component, repository = monitor.component(request.parent), monitor["repositoryUrl"]
    tag = next((monitor[name] for name in ("imageName", "imageTag") if monitor[name].value), None)
    name = str(tag.value) if tag else _unique_name(monitor, component.urn.split("::")[0].rsplit(":", 1)[-1])
    full = combine(lambda url: f"{url}:{name}", repository)
    caches = [{"registry": {"ref": each}} for each in monitor["cacheFrom"].value or [full]]
    registry = combine(lambda url: url.removeprefix("https://").partition(".")[0], repository)
    identifier = monitor["registryId"] if monitor["registryId"].value else registry
    token = monitor.invoke("aws:ecr/getAuthorizationToken:getAuthorizationToken", {"registryId": identifier})
    login = {"address": token.get("proxyEndpoint"), "username": "AWS", "password": token.get("password")}
    inputs = {
        "tags": [full],
        "buildArgs": monitor["args"],
        "cacheFrom": caches,
        "cacheTo": [{"inline": {}}],
        "context": {"location": monitor["context"].otherwise(".")},
        "dockerfile": {"location": monitor["dockerfile"]},
        "platforms": [monitor["platform"]] if monitor["platform"].value else [],
        "target": monitor["target"],
        "push": True,
        "registries": [login],
    }
    image = monitor.resource("docker-build:index:Image", name, component, inputs)
    uri = combine(lambda url, digest: f"{url}@{digest}", repository, image["digest"])
    return monitor.finish(component, {"imageUri": uri})


def _unique_name(monitor: Monitor, stack: str) -> str:
    """A name that follows from what is built, and for which stack."""
    parts = [monitor["context"].otherwise(".").value, monitor["dockerfile"].value, monitor["args"].value, stack]
    digest = hashlib.sha1(json.dumps(parts, sort_keys=True, default=str).encode(), usedforsecurity=False).hexdigest()
    return f"{digest[:8]}-container"
