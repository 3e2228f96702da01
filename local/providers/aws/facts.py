"""What a computed property may be made of: a resource's inputs, made-up identity, and other computed properties."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.providers.identity import Identity
from local.providers.partitions import partition_of
from local.providers.values import Values

Template = str | Callable[["Facts"], Any] | int | list[Any] | None


@dataclass(frozen=True)
class Shape:
    """How AWS shapes what it computes for a type of resource.

    Text is a format string over the resource's inputs and other computed properties, with `{region}`, `{account}`,
    `{partition}`, `{suffix}`, `{id}` and made-up parts: `{hex:17}`, `{alnum:26}`, `{digits:18}`, `{uuid:}`, each with
    an optional salt (`{hex:17/eni}`). A function gets all facts; anything else is the value itself. `completes` names
    the inputs that come back with additions.
    """

    id: Template
    computed: Mapping[str, Template] = field(default_factory=dict)
    completes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Part:
    """A made-up part of a format string, whose length and salt follow the colon."""

    make: Callable[[int, str], str]

    def __format__(self, spec: str) -> str:
        length, _, salt = spec.partition("/")
        return self.make(int(length or 0), salt)


@dataclass(frozen=True)
class Place:
    """Where in the made-up cloud a resource is, and what else is there by id."""

    region: str
    account: str
    others: Mapping[str, Values]


class Facts(Mapping[str, Any]):
    """The facts about one resource, by name; an input wins over a computed property, an unknown name is empty."""

    def __init__(self, shape: Shape, inputs: Values, identity: Identity, place: Place) -> None:
        self.inputs = inputs
        self.identity = identity
        self._others = place.others
        self._templates = {**shape.computed, "id": shape.id}
        partition, suffix = partition_of(place.region)
        capitals = string.ascii_uppercase + string.digits
        self._known: Values = {
            "account": place.account,
            "alnum": _Part(identity.letters),
            "digits": _Part(lambda length, salt: identity.letters(length, salt, string.digits)),
            "hex": _Part(identity.hex),
            "mixed": _Part(lambda length, salt: identity.letters(length, salt, string.ascii_letters)),
            "partition": partition,
            "region": place.region,
            "suffix": suffix,
            "upper": _Part(lambda length, salt: identity.letters(length, salt, capitals)),
            "uuid": _Part(lambda _, salt: identity.uuid(salt)),
        }

    def __getitem__(self, name: str) -> Any:
        if name in self._known:
            return self._known[name]
        if name in self.inputs:
            return self.inputs[name]
        self._known[name] = self.computed(name)
        return self._known[name]

    def computed(self, name: str) -> Any:
        """What the shape makes of a property, whatever the program gave."""
        template = self._templates.get(name, "")
        if isinstance(template, str):
            return template.format_map(self)
        return template(self) if callable(template) else template

    def __iter__(self) -> Iterator[str]:
        return iter(self._templates)

    def __len__(self) -> int:
        return len(self._templates)

    @property
    def region(self) -> str:
        """The region that the resource is in."""
        return str(self["region"])

    @property
    def suffix(self) -> str:
        """The domain of the services of the resource's partition."""
        return str(self["suffix"])

    @property
    def account(self) -> str:
        """The account that the resource is in."""
        return str(self["account"])

    def arn(self, service: str, resource: str, regional: bool = True) -> str:
        """An ARN in the resource's account, and in its region unless the service is global."""
        return f"arn:{self['partition']}:{service}:{self.region if regional else ''}:{self.account}:{resource}"

    def other(self, identifier: Any) -> Values:
        """What is known of another resource, by its id; nothing when it is not there."""
        return self._others.get(str(identifier), {})

    def vpc_of(self, identifiers: Any) -> str:
        """The VPC that a subnet or security group, or the first of several, is in."""
        listed = identifiers if isinstance(identifiers, list) else [identifiers]
        return next((str(self.other(each)["vpcId"]) for each in listed if "vpcId" in self.other(each)), "")
