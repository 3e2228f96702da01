"""Which changes make a new resource, and which AWS does not carry out: by the table of changes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import changes
from changes import Effect
from local.providers.package import Refused, Replacement, Resource
from local.providers.values import is_unknown


@cache
def replacement(token: str) -> Replacement:
    """What replaces a resource of this type; of a type that the table does not know, another name or region.

    Where only some changes of a property replace, these are removals: a test holds the table to that.
    """
    rules = changes.replacing(token)
    always = {path for path, own in rules.items() if all(rule.meaning.replaces for rule in own)}
    return Replacement(frozenset(always), frozenset(rules.keys() - always))


def refuse(resource: Resource, old: Mapping[str, Any], changed: frozenset[str]) -> None:
    """Refuse an update that AWS refuses.

    Raises:
        Refused: The table of changes says that one of the changed inputs never changes in this way.
    """
    before = {name: old[name] for name in changed if name in old and not is_unknown(old[name])}
    after = {name: resource.inputs[name] for name in changed if name in resource.inputs}
    for difference in changes.differences(before, after):
        meaning = changes.meaning_of(resource.type, difference, resource.inputs)
        if meaning.effect is Effect.REFUSED and not is_unknown(difference.new):
            raise Refused(f"InvalidParameterValue: {difference.shown}: {meaning.note}")
