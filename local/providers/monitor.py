"""Registers resources with the engine on behalf of a remote component."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import grpc
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2, resource_pb2, resource_pb2_grpc

from local.providers.package import Refused
from local.providers.values import UNKNOWN, Reference, Secret, Values, decode, encode, is_unknown, reveal

_MESSAGE_LIMIT = 400 * 1024 * 1024


@dataclass(frozen=True)
class Output:
    """A value and the URNs of the resources that it comes from."""

    value: Any
    urns: frozenset[str] = frozenset()

    def get(self, name: str) -> Output:
        """A property of the value, unknown when the value is; None when it is not there."""
        if self.value is UNKNOWN:
            return self
        return Output((self.value or {}).get(name), self.urns)

    def otherwise(self, default: Any) -> Output:
        """The value, or a default when there is none."""
        return Output(default, self.urns) if self.value is None else self


@dataclass(frozen=True)
class Registered:
    """A resource that the engine knows, with the outputs that it has or will have."""

    urn: str
    id: Any
    outputs: Values

    def __getitem__(self, name: str) -> Output:
        return Output(self.id if name == "id" else self.outputs.get(name), frozenset(filter(None, (self.urn,))))

    @property
    def reference(self) -> Output:
        """The resource itself, as a value."""
        return Output(Reference(self.urn, self.id), frozenset((self.urn,)))


def _reference(provider: Registered | None) -> str:
    """How the engine is told of a provider."""
    if provider is None:
        return ""
    return f"{provider.urn}::{rpc.UNKNOWN if provider.id is UNKNOWN else provider.id}"


def flatten(value: Any) -> tuple[Any, frozenset[str]]:
    """The plain value of something made of outputs, without what is None, and the URNs behind it."""
    if isinstance(value, Output):
        plain, urns = flatten(value.value)
        return plain, urns | value.urns
    if isinstance(value, Mapping):
        parts = {key: flatten(item) for key, item in value.items()}
        plain = {key: part for key, (part, _) in parts.items() if part is not None}
        return plain, frozenset().union(*(urns for _, urns in parts.values()))
    if isinstance(value, list):
        items = [flatten(item) for item in value]
        return [part for part, _ in items], frozenset().union(*(urns for _, urns in items))
    return value, frozenset()


def combine(function: Callable[..., Any], *outputs: Output) -> Output:
    """A function of known values; unknown when one of them is, secret when one of them is."""
    plain, urns = flatten([Output(output.value, output.urns) for output in outputs])
    if is_unknown(plain):
        return Output(UNKNOWN, urns)
    result = function(*reveal(plain))
    return Output(Secret(result) if reveal(plain) != plain else result, urns)


def json_text(value: Any) -> Output:
    """JSON as Pulumi's components write it: sorted and without blanks; None when there is no value."""
    plain, urns = flatten(value)
    if plain is None:
        return Output(None, urns)
    return combine(lambda known: json.dumps(known, sort_keys=True, separators=(",", ":")), Output(plain, urns))


def short_digest(text: str) -> str:
    """The digits that Pulumi's components put into names: the first eight of SHA-1."""
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()[:8]


@dataclass(frozen=True)
class Options:
    """What a resource has besides its inputs."""

    depends_on: tuple[Registered, ...] = ()
    ignore_changes: tuple[str, ...] = ()
    version: str = ""
    provider: Registered | None = None
    """Instead of the component's."""


class Monitor:
    """The engine's resource monitor, as a component that is being constructed sees it."""

    def __init__(self, request: provider_pb2.ConstructRequest) -> None:
        self._request = request
        limits = [("grpc.max_receive_message_length", _MESSAGE_LIMIT), ("grpc.max_send_message_length", _MESSAGE_LIMIT)]
        self._channel = grpc.insecure_channel(request.monitorEndpoint, options=limits)
        self._stub = resource_pb2_grpc.ResourceMonitorStub(self._channel)
        self.name = request.name
        self.inputs = {name: self._input(name, value) for name, value in decode(request.inputs).items()}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()

    def __getitem__(self, name: str) -> Output:
        """An input of the component; its value is None when the program did not give it."""
        return self.inputs.get(name, Output(None))

    def component(self, parent: str) -> Registered:
        """Register the component that is being constructed."""
        request = self._component(self._request.type, self._request.name, parent)
        request.dependencies.extend(self._request.dependencies)
        request.aliases.extend(self._request.aliases)
        return self._register(request)

    def inner_component(self, kind: str, name: str, parent: Registered) -> Registered:
        """Register a component inside it."""
        return self._register(self._component(kind, name, parent.urn))

    def resource(
        self,
        kind: str,
        name: str,
        parent: Registered,
        inputs: Mapping[str, Any],
        options: Options = Options(),
    ) -> Registered:
        """Register a resource, with the component's provider for its package."""
        flat = {key: flatten(value) for key, value in inputs.items()}
        given = {key: value for key, (value, _) in flat.items() if value is not None}
        behind = frozenset().union(*(flat[key][1] for key in given))
        request = resource_pb2.RegisterResourceRequest(
            type=kind,
            name=name,
            parent=parent.urn,
            custom=True,
            object=encode(given),
            protect=self._request.protect,
            retainOnDelete=self._request.retainOnDelete,
            dependencies=sorted(behind | {dependency.urn for dependency in options.depends_on}),
            provider=_reference(options.provider) or self._request.providers.get(kind.split(":", 1)[0], ""),
            version=options.version,
            ignoreChanges=options.ignore_changes,
            supportsPartialValues=True,
        )
        for key in given:
            request.propertyDependencies[key].urns.extend(sorted(flat[key][1]))
        return self._register(request)

    def read(self, reference: Output) -> Output:
        """The outputs of a resource that was given as an input."""
        if not isinstance(reference.value, Reference):
            return reference
        arguments = encode({"urn": reference.value.urn})
        request = resource_pb2.ResourceInvokeRequest(
            tok="pulumi:pulumi:getResource", args=arguments, acceptResources=True
        )
        answer = decode(getattr(self._stub.Invoke(request), "return"))
        return Output(answer["state"], reference.urns | {reference.value.urn})

    def invoke(self, token: str, arguments: Mapping[str, Any]) -> Output:
        """The result of a function of AWS; unknown as long as an argument is."""
        given, urns = flatten(arguments)
        if is_unknown(given):
            return Output(UNKNOWN, urns)
        provider = self._request.providers.get("aws", "")
        answer = self._stub.Invoke(resource_pb2.ResourceInvokeRequest(tok=token, args=encode(given), provider=provider))
        if answer.failures:
            raise Refused(f"{token}: {answer.failures[0].reason}")
        return Output(decode(getattr(answer, "return")), urns)

    def finish(self, component: Registered, outputs: Mapping[str, Any]) -> provider_pb2.ConstructResponse:
        """Store the component's outputs and hand them to the program."""
        flat = {key: flatten(value) for key, value in outputs.items()}
        state = encode({key: value for key, (value, _) in flat.items() if value is not None})
        self._stub.RegisterResourceOutputs(
            resource_pb2.RegisterResourceOutputsRequest(urn=component.urn, outputs=state)
        )
        response = provider_pb2.ConstructResponse(urn=component.urn, state=state)
        for key, (_, urns) in flat.items():
            response.stateDependencies[key].urns.extend(sorted(urns))
        return response

    def _input(self, name: str, value: Any) -> Output:
        dependencies = self._request.inputDependencies
        return Output(value, frozenset(dependencies[name].urns) if name in dependencies else frozenset())

    def _component(self, kind: str, name: str, parent: str) -> resource_pb2.RegisterResourceRequest:
        return resource_pb2.RegisterResourceRequest(
            type=kind, name=name, parent=parent, protect=self._request.protect, providers=self._request.providers
        )

    def _register(self, request: resource_pb2.RegisterResourceRequest) -> Registered:
        request.aliasSpecs = request.acceptSecrets = request.acceptResources = True
        response = self._stub.RegisterResource(request)
        identifier = response.id or UNKNOWN if request.custom else None
        return Registered(response.urn, identifier, decode(response.object))
