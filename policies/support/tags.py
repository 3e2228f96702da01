"""Tags of a resource, wherever they come from."""

from __future__ import annotations

from policies.support.resources import Resource
from policies.support.values import UNKNOWN, UnknownValueError

REQUIRED = ("Environment", "Owner", "CostCenter", "Project", "ManagedBy")


def tag(resource: Resource, name: str) -> str | None:
    """The value of a tag, or `None` where it is missing.

    A resource's own tags come first, then the provider's defaults, then `tagsAll`. One unknown tag makes all of
    `tagsAll` unknown, and resources of the provider's newer framework have none yet when they are judged.
    """
    if ignored(resource, name):
        return None
    for holder, path in ((resource, "tags"), (resource.provider, "defaultTags.tags"), (resource, "tagsAll")):
        tags = holder.child(path).properties
        if tags.get(name) is UNKNOWN:
            raise UnknownValueError(f"{path}.{name}")
        if name in tags:
            return str(tags[name])
    return None


def ignored(resource: Resource, name: str) -> bool:
    """Whether the provider's `ignoreTags` keeps the tag away from AWS."""
    if "ignoreTags" not in resource.provider.properties:
        return False
    holder = resource.provider.child("ignoreTags")
    prefixes = (*holder.strings("keyPrefixes"), *holder.strings("key_prefixes"))
    return name in holder.strings("keys") or any(name.startswith(prefix) for prefix in prefixes)
