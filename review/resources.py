"""Resources as the engine describes them: in a state, in its events, and in a preview as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from local.wire import SECRET_SIGNATURE, SIGNATURE

SECRET = "[secret]"  # noqa: S105 - what the engine itself prints in the place of a secret
STACK_TYPE = "pulumi:pulumi:Stack"
STACK_COMPONENT = "stack"
"""Where resources are counted that no component of the platform owns."""


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One resource with its properties; secrets are hidden."""

    urn: str
    custom: bool = True
    """Whether a provider manages it; a component is not."""
    id: str = ""
    parent: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    protect: bool = False
    retained: bool = False
    """Whether it stays in the cloud when it leaves the stack."""
    ignored: Sequence[str] = ()
    """Inputs whose changes are ignored."""

    @classmethod
    def parse(cls, entry: Mapping[str, Any]) -> Self:
        """Read an entry of a state; the engine's events have the same shape."""
        return cls(
            urn=entry["urn"],
            custom=bool(entry.get("custom")),
            id=entry.get("id") or "",
            parent=entry.get("parent") or "",
            inputs=visible(entry.get("inputs") or {}),
            outputs=visible(entry.get("outputs") or {}),
            protect=bool(entry.get("protect")),
            retained=bool(entry.get("retainOnDelete")),
            ignored=tuple(entry.get("ignoreChanges") or ()),
        )

    @property
    def type(self) -> str:
        """Type token, such as `aws:ec2/vpc:Vpc`."""
        return type_of(self.urn)

    @property
    def name(self) -> str:
        """Logical name."""
        return name_of(self.urn)


class Inventory(Mapping[str, Resource]):
    """The resources of a stack by URN, in the order in which they were given."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._resources = {resource.urn: resource for resource in resources}

    def __getitem__(self, urn: str) -> Resource:
        return self._resources[urn]

    def __iter__(self) -> Iterator[str]:
        return iter(self._resources)

    def __len__(self) -> int:
        return len(self._resources)

    def component(self, resource: Resource) -> str:
        """Name of the component of the program that owns a resource.

        Where the chain of parents is incomplete, as in a preview that leaves out what stays the same, the last parent
        that is known stands for the component.
        """
        while resource.parent and type_of(resource.parent) != STACK_TYPE:
            parent = self.get(resource.parent)
            if parent is None:
                return name_of(resource.parent)
            resource = parent
        return STACK_COMPONENT if resource.custom or not resource.parent else resource.name

    def of_type(self, *types: str) -> Iterator[Resource]:
        """The resources of these types."""
        return (resource for resource in self.values() if resource.type in types)


def from_state(state: Mapping[str, Any]) -> Inventory:
    """Read what `pulumi stack export` writes, without resources that wait for their deletion."""
    entries = (state.get("deployment") or {}).get("resources") or []
    return Inventory(Resource.parse(entry) for entry in entries if not entry.get("delete"))


def type_of(urn: str) -> str:
    """Type token of a URN, without the types of its parents."""
    return urn.split("::")[2].rpartition("$")[2]


def name_of(urn: str) -> str:
    """Logical name of a URN, which may hold colons itself."""
    return urn.split("::", 3)[3]


def is_default_provider(urn: str) -> bool:
    """Whether the engine made this provider by itself. It counts none of these, in no total."""
    return type_of(urn).startswith("pulumi:providers:") and name_of(urn).partition("_")[0] == "default"


def short_type(token: str) -> str:
    """A type token without its repetition: `aws:ec2:Vpc` for `aws:ec2/vpc:Vpc`."""
    package, module, name = token.split(":", 2)
    return ":".join((package, module.partition("/")[0], name))


def visible(value: Any) -> Any:
    """A value of the engine as plain data, with secrets hidden and references as the id of what they refer to."""
    if isinstance(value, Mapping):
        kind = value.get(SIGNATURE)
        if kind == SECRET_SIGNATURE:
            return SECRET
        if kind:
            return value.get("id") or value.get("hash") or value.get("urn")
        return {name: visible(each) for name, each in value.items()}
    if isinstance(value, list):
        return [visible(each) for each in value]
    return value
