"""Tags of a resource, wherever they come from."""

from __future__ import annotations

import json
from collections.abc import Mapping

from policies.support.resources import Resource
from policies.support.values import UNKNOWN, UnknownValueError, Values

REQUIRED = ("Environment", "Owner", "CostCenter", "Project", "ManagedBy")


def tag(resource: Resource, name: str) -> str | None:
    """The value of a tag, or `None` where it is missing.

    A resource's own tags come first, then the provider's defaults, then `tagsAll`. One unknown tag makes all of
    `tagsAll` unknown, and resources of the provider's newer framework have none yet when they are judged.
    """
    for holder, path in ((resource, "tags"), (_defaults(resource), "tags"), (resource, "tagsAll")):
        tags = holder.child(path).properties
        if tags.get(name) is UNKNOWN:
            raise UnknownValueError(f"{path}.{name}")
        if name in tags:
            return str(tags[name])
    return None


def _defaults(resource: Resource) -> Values:
    """The provider's `defaultTags`, which the engine keeps as JSON text."""
    defaults = resource.provider.get("defaultTags")
    if isinstance(defaults, str):
        defaults = json.loads(defaults)
    return Values(defaults if isinstance(defaults, Mapping) else {}, "provider.defaultTags")
