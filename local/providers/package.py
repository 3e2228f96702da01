"""What a stand-in for one package has to say; the rest of the protocol is the server's business."""

from __future__ import annotations

import importlib.metadata
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from pulumi.runtime.proto import provider_pb2

from local import schema
from local.providers.check import Checker, Failure
from local.providers.lookups import Lookups, how_to_declare
from local.providers.values import UNKNOWN, Values, is_unknown, json_document

# Where the engine keeps which inputs the provider itself chose, as the Terraform bridge does.
DEFAULTS = "__defaults"


class Refused(Exception):  # noqa: N818
    """A request that the stand-in, like the provider it stands for, does not carry out."""

    def __init__(self, message: str, failures: tuple[Failure, ...] = ()) -> None:
        super().__init__(message)
        self.failures = failures


@dataclass(frozen=True)
class Autonaming:
    """What the engine says, from the project's `pulumi:autonaming`, of a name that the program leaves out."""

    mode: str
    """`PROPOSE`, `ENFORCE` or `DISABLE`."""
    proposed: str

    def with_digits(self, logical_name: str, drawn: str) -> str:
        """The proposal with the digits behind the logical name replaced: the engine draws others in each run."""
        head, name, digits = self.proposed.rpartition(f"{logical_name}-")
        is_random = name and re.fullmatch("[0-9a-f]+", digits)
        return f"{head}{name}{drawn[: len(digits)]}" if is_random else self.proposed


@dataclass(frozen=True)
class Resource:
    """One resource as a provider is told about it: its inputs and the configuration of the provider instance."""

    urn: str
    type: str
    name: str
    inputs: Values
    config: Mapping[str, Any]
    autonaming: Autonaming | None = None

    def automatic_name(self, seed: bytes, digits: int, lowercase: bool = False) -> str:
        """The name that the engine proposes, or the logical name with digits; the same for the same seed.

        Raises:
            Refused: The project allows no automatic names.
        """
        drawn = sha256(seed + self.urn.encode()).hexdigest()
        if self.autonaming is None:
            name = f"{self.name}-{drawn[:digits]}"
        elif self.autonaming.mode == "DISABLE":
            raise Refused("automatic naming is disabled but no explicit name was provided")
        else:
            name = self.autonaming.with_digits(self.name, drawn)
        enforced = self.autonaming is not None and self.autonaming.mode == "ENFORCE"
        return name.lower() if lowercase and not enforced else name


@dataclass(frozen=True)
class Replacement:
    """What replaces a resource: a change at or below one of `paths`, or the removal of one of `removals`."""

    paths: frozenset[str] = frozenset()
    removals: frozenset[str] = frozenset()
    taken_along: bool = True
    """Whether one of `paths` counts, too, when something is gone or exchanged as a whole that it is in."""


class Package(ABC):
    """A stand-in for one package. The defaults here suit packages whose resources follow the SDK's schema."""

    name: str
    accepts_references = False
    constructs = False
    """Whether it has remote components, for whose sake it is told which values are secret."""
    replaces_by_path = False
    """Whether it says what of a property replaces the resource, and not the property alone."""
    lookups = Lookups()
    """What programs may look up."""

    @property
    def version(self) -> str:
        """The version of the installed SDK."""
        return importlib.metadata.version(f"pulumi_{self.name}")

    def configuration(self, variables: Mapping[str, Any]) -> tuple[Values, list[Failure]]:
        """The checked configuration of a provider instance; structured values arrive as JSON text."""
        known = schema.provider(self.name).inputs
        values = {key: _parsed(known[key].type, value) if key in known else value for key, value in variables.items()}
        checker = Checker()
        return checker.properties(known, {k: v for k, v in values.items() if k != "version"}), checker.failures

    def check(self, resource: Resource, old: Values, seed: bytes) -> tuple[Values, list[Failure]]:
        """The inputs with the provider's own defaults, and what is wrong with them."""
        found = schema.resource(resource.type)
        if found is None:
            return resource.inputs, [Failure("", f"{resource.type} is not a resource of {self.name} {self.version}")]
        checker = Checker()
        return checker.properties(found.inputs, resource.inputs), checker.findings

    @abstractmethod
    def create(self, resource: Resource) -> tuple[str, Values]:
        """The id and the outputs of the resource, now that it exists. It must give the same answer every time."""

    def preview(self, resource: Resource) -> Values:
        """The outputs as a preview of the creation knows them: inputs are echoed, what is computed is unknown."""
        found = schema.resource(resource.type)
        computed = [name for name, known in found.outputs.items() if known.required] if found else []
        return {**dict.fromkeys(computed, UNKNOWN), **without_defaults(resource.inputs)}

    def update(self, resource: Resource, old: Values, changed: frozenset[str], preview: bool) -> Values:
        """The outputs after an update in place, which keeps the identity; `changed` names the changed inputs."""
        if is_unknown(resource.inputs):
            return {**self.preview(resource), **_unchanged(old, resource.inputs)}
        return self.create(resource)[1]

    def delete(self, resource: Resource, identifier: str) -> None:  # noqa: B027
        """Let the resource go, or raise `Refused`."""

    def observe(self, resource_type: str, identifier: str, outputs: Values) -> None:  # noqa: B027
        """Take notice of a resource that exists."""

    def replacement(self, resource: Resource) -> Replacement:
        """The changes that replace the resource."""
        return Replacement()

    def compared(self, resource: Resource, inputs: Values) -> Values:
        """The inputs in the form in which old and new ones are compared."""
        return inputs

    def delete_before_replace(self, resource: Resource, old: Values) -> bool:
        """Whether the old resource has to go first, since both would have the same name."""
        return False

    def invoke(self, token: str, arguments: Values, config: Mapping[str, Any]) -> Values:
        """The result of a function of the package."""
        return self.look_up(token, arguments, config)

    def look_up(self, token: str, arguments: Values, config: Mapping[str, Any]) -> Values:
        """The declared answer of a function, or of `get` for a type of resource.

        Raises:
            Refused: None is declared.
        """
        if answer := self.lookups.find(token, arguments, self.place(arguments, config)):
            return answer
        raise Refused(how_to_declare(token, arguments))

    def place(self, arguments: Values, config: Mapping[str, Any]) -> Mapping[str, str]:
        """What declared answers may name of the place that the question is about."""
        return {}

    def construct(self, request: provider_pb2.ConstructRequest) -> provider_pb2.ConstructResponse:
        """Registers a remote component and its children with the engine."""
        raise Refused(f"{request.type} is not a remote component of {self.name} {self.version}")

    def call(self, request: provider_pb2.CallRequest) -> provider_pb2.CallResponse:
        """The result of a method of a remote component."""
        raise Refused(f"the stand-in for {self.name} does not offer {request.tok}")


def without_defaults(inputs: Mapping[str, Any]) -> Values:
    """The inputs without the provider's own bookkeeping."""
    return {name: value for name, value in inputs.items() if name != DEFAULTS}


def _unchanged(old: Values, inputs: Values) -> Values:
    return {name: value for name, value in old.items() if name not in inputs}


def _parsed(known: schema.Type, value: Any) -> Any:
    if known == schema.Scalar("string") and isinstance(value, dict | list):
        # The engine hands what is no text to a provider as JSON, such as a kubeconfig that is an object.
        return json_document(value)
    if not isinstance(value, str) or known == schema.Scalar("string"):
        return value
    try:
        return _on_the_wire(known, json.loads(value))
    except ValueError:
        return value


def _on_the_wire(known: schema.Type, value: Any) -> Any:
    """A value of a provider with the names that it takes: the SDK leaves those of dictionaries as they are written."""
    if isinstance(known, schema.ListOf) and isinstance(value, list):
        return [_on_the_wire(known.item, item) for item in value]
    if not isinstance(known, schema.Object) or not isinstance(value, dict):
        return value
    names = {key: re.sub("_([a-z])", lambda letter: letter[1].upper(), key) for key in value}
    properties = known.properties
    renamed = {names[key] if key not in properties and names[key] in properties else key: key for key in value}
    return {
        name: _on_the_wire(properties[name].type, value[key]) if name in properties else value[key]
        for name, key in renamed.items()
    }
