"""What changed between two sets of inputs, by path, and whether that replaces the resource."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from local.providers.check import join
from local.providers.package import Replacement

Kind = Literal["add", "delete", "update"]


@dataclass(frozen=True)
class Change:
    """A property that was added, deleted or changed; `path` is `vpcConfig.subnetIds[0]`."""

    path: str
    kind: Kind

    @property
    def property(self) -> str:
        """The name of the resource's property in which the change is."""
        return re.split(r"[.\[]", self.path, maxsplit=1)[0]

    def replaces(self, replacement: Replacement) -> bool:
        """Whether this change replaces the resource."""
        # Tables name properties without the positions of list items.
        path = re.sub(r"\[\d+]", "", self.path)
        if self.kind == "delete" and path in replacement.removals:
            return True
        return any(path == entry or path.startswith(f"{entry}.") for entry in replacement.paths) or (
            # What was set as a whole before and is gone or exchanged now takes its properties along.
            replacement.taken_along
            and self.kind != "add"
            and any(entry.startswith(f"{path}.") for entry in replacement.paths)
        )


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """The changes from the old inputs to the new ones, as deep in them as they go. An unknown value is a change."""
    return list(_object_changes(old, new, ""))


def _object_changes(old: Mapping[str, Any], new: Mapping[str, Any], path: str) -> Iterator[Change]:
    for name in sorted(old.keys() | new.keys()):
        inner = join(path, name)
        if name not in new:
            yield Change(inner, "delete")
        elif name not in old:
            yield Change(inner, "add")
        else:
            yield from _value_changes(old[name], new[name], inner)


def _value_changes(old: Any, new: Any, path: str) -> Iterator[Change]:
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _object_changes(old, new, path)
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            inner = f"{path}[{index}]"
            if index >= len(new):
                yield Change(inner, "delete")
            elif index >= len(old):
                yield Change(inner, "add")
            else:
                yield from _value_changes(old[index], new[index], inner)
    elif old != new:
        yield Change(path, "update")
