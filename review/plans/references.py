"""Values that other resources compute, told by where they come from: `${Key keys-logs.arn}`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from review.resources import Inventory, Resource

# Of several outputs with the same value, the one that people know it by.
_PREFERRED = ("arn", "id", "name")
_ACCOUNT = re.compile(r"\b\d{12}\b")
# What nobody would write by hand: ARNs, random digits, host names of AWS, addresses, and encoded data.
_MADE_UP = re.compile(
    r"arn:aws[a-z-]*:.+|.*[0-9a-f]{7,}.*|.*[0-9A-Z]{20,}.*|.*[\w-]+\.[\w-]+\.amazonaws\.com.*|\d+\.\d+\.\d+\.\d+|[\w+/]{64,}=*",
    re.DOTALL,
)
_SCHEME = "https://"


class References:
    """What the resources of a stack computed, and how a plan writes it."""

    def __init__(self, resources: Inventory) -> None:
        self._origins: dict[str, str] = {}
        for resource in resources.values():
            if resource.custom:
                for path, value in _computed(resource):
                    self._add(value, f"${{{resource.type.rpartition(':')[2]} {resource.name}.{path}}}")
        # The longest first, since an ARN may be the beginning of another.
        longest_first = sorted(self._origins, key=len, reverse=True)
        self._known = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?![\w-])")

    def told(self, value: Any) -> Any:
        """A value in which everything that is computed elsewhere is replaced by its origin."""
        if isinstance(value, Mapping):
            return {self.told(name): self.told(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self.told(each) for each in value]
        if isinstance(value, str) and self._origins:
            return self._known.sub(lambda found: self._origins[found[0]], value)
        return value

    def _add(self, value: str, origin: str) -> None:
        """Remember a value; the first resource that has it made it, and trust policies leave out its scheme."""
        self._origins.setdefault(value, origin)
        if value.startswith(_SCHEME):
            self._origins.setdefault(value.removeprefix(_SCHEME), origin)


def _computed(resource: Resource) -> Iterator[tuple[str, str]]:
    """What the provider made up, by path, the best known first; that includes the defaults that it chose."""
    chosen = set(resource.inputs.get("__defaults") or ())
    given = {value for name, value in resource.inputs.items() if name not in chosen and isinstance(value, str)}
    found = {"id": resource.id}
    for name, value in resource.outputs.items():
        if name in chosen or name not in resource.inputs:
            found.update(_paths(name, value))
    rank = {name: position for position, name in enumerate(_PREFERRED)}
    for path, value in sorted(found.items(), key=lambda item: (rank.get(item[0], len(rank)), item[0])):
        if value not in given and _MADE_UP.fullmatch(_ACCOUNT.sub("", value)):
            yield path, value


def _paths(name: str, value: Any) -> dict[str, str]:
    """The texts in a value, by path."""
    if isinstance(value, str):
        return {name: value}
    if isinstance(value, Mapping):
        return {path: text for key, each in value.items() for path, text in _paths(f"{name}.{key}", each).items()}
    if isinstance(value, list):
        items = enumerate(value)
        return {path: text for position, each in items for path, text in _paths(f"{name}[{position}]", each).items()}
    return {}
