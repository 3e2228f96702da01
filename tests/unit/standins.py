"""Talk to the stand-in providers as the engine does, without the engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NoReturn, cast

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import errors_pb2, provider_pb2, resource_pb2, resource_pb2_grpc, status_pb2

from local.providers.aws import Aws
from local.providers.package import Package
from local.providers.server import Hook, Servicer
from local.providers.values import UNKNOWN, Values, decode, encode

SEED = b"0" * 32
CONFIGURATION: Values = {
    "region": "us-east-1",
    "allowedAccountIds": '["210987654321"]',
    "defaultTags": '{"tags":{"Owner":"sre","Environment":"test"}}',
}


class AbortedError(Exception):
    """The servicer refused a request; `failures` are the paths and reasons that it gave."""

    def __init__(self, code: grpc.StatusCode, message: str, failures: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.failures = failures


class _Context:
    """The connection of one provider instance."""

    def __init__(self, peer: str) -> None:
        self._peer = peer

    def peer(self) -> str:
        return self._peer

    def abort(self, code: grpc.StatusCode, details: str) -> NoReturn:
        raise AbortedError(code, details)

    def abort_with_status(self, status: grpc.Status) -> NoReturn:
        [(_, details)] = status.trailing_metadata or ()
        assert isinstance(details, bytes)
        found = status_pb2.Status.FromString(details)
        errors = errors_pb2.InputPropertiesError()
        found.details[0].Unpack(errors)
        raise AbortedError(status.code, status.details, [(each.property_path, each.reason) for each in errors.errors])


@dataclass(frozen=True)
class Known:
    """A resource that a stand-in has created."""

    urn: str
    id: str
    inputs: Values
    outputs: Values


class Instance:
    """A configured provider instance, spoken to as the engine speaks to it."""

    def __init__(self, servicer: Servicer, configuration: Mapping[str, Any], peer: str = "ipv4:127.0.0.1:1") -> None:
        self._servicer = servicer
        self._context = cast(grpc.ServicerContext, _Context(peer))
        servicer.Configure(provider_pb2.ConfigureRequest(args=encode(configuration)), self._context)

    def check(
        self,
        urn: str,
        inputs: Values,
        old: Values | None = None,
        seed: bytes = SEED,
        autonaming: provider_pb2.CheckRequest.AutonamingOptions | None = None,
    ) -> tuple[Values, dict[str, str]]:
        """The checked inputs, and the reasons of failures by path."""
        request = provider_pb2.CheckRequest(
            urn=urn, news=encode(inputs), olds=encode(old or {}), randomSeed=seed, autonaming=autonaming
        )
        response = self._servicer.Check(request, self._context)
        return decode(response.inputs), {failure.property: failure.reason for failure in response.failures}

    def create(self, urn: str, inputs: Values) -> Known:
        """Check and create a resource."""
        checked, failures = self.check(urn, inputs)
        assert not failures, failures
        response = self._servicer.Create(provider_pb2.CreateRequest(urn=urn, properties=encode(checked)), self._context)
        return Known(urn, response.id, checked, decode(response.properties))

    def preview(self, urn: str, inputs: Values) -> Values:
        """What a preview says of a resource to be created."""
        checked, failures = self.check(urn, inputs)
        assert not failures, failures
        request = provider_pb2.CreateRequest(urn=urn, properties=encode(checked), preview=True)
        return decode(self._servicer.Create(request, self._context).properties)

    def diff(self, known: Known, inputs: Values) -> provider_pb2.DiffResponse:
        """The difference between a resource and new inputs for it."""
        checked, failures = self.check(known.urn, inputs, old=known.inputs)
        assert not failures, failures
        request = provider_pb2.DiffRequest(
            urn=known.urn,
            id=known.id,
            olds=encode(known.outputs),
            old_inputs=encode(known.inputs),
            news=encode(checked),
        )
        return self._servicer.Diff(request, self._context)

    def update(self, known: Known, inputs: Values, preview: bool = False) -> Known:
        """Give a resource new inputs."""
        checked, failures = self.check(known.urn, inputs, old=known.inputs)
        assert not failures, failures
        request = provider_pb2.UpdateRequest(
            urn=known.urn,
            id=known.id,
            olds=encode(known.outputs),
            old_inputs=encode(known.inputs),
            news=encode(checked),
            preview=preview,
        )
        return Known(known.urn, known.id, checked, decode(self._servicer.Update(request, self._context).properties))

    def read(self, urn: str, identifier: str, known: Known | None = None) -> provider_pb2.ReadResponse:
        """Read a resource that is in the state, or one that is not."""
        request = provider_pb2.ReadRequest(urn=urn, id=identifier)
        if known:
            request.properties.CopyFrom(encode(known.outputs))
            request.inputs.CopyFrom(encode(known.inputs))
        return self._servicer.Read(request, self._context)

    def delete(self, known: Known) -> None:
        """Delete a resource."""
        request = provider_pb2.DeleteRequest(
            urn=known.urn, id=known.id, properties=encode(known.outputs), old_inputs=encode(known.inputs)
        )
        self._servicer.Delete(request, self._context)

    def invoke(self, token: str, **arguments: Any) -> Values:
        """Call a function."""
        request = provider_pb2.InvokeRequest(tok=token, args=encode(arguments))
        return decode(getattr(self._servicer.Invoke(request, self._context), "return"))

    def construct(self, request: provider_pb2.ConstructRequest) -> provider_pb2.ConstructResponse:
        """Construct a remote component."""
        return self._servicer.Construct(request, self._context)

    def call(self, request: provider_pb2.CallRequest) -> provider_pb2.CallResponse:
        """Call a method of a remote component."""
        return self._servicer.Call(request, self._context)


def instance(package: Package | None = None, hook: Hook | None = None, **configuration: Any) -> Instance:
    """A provider instance of a package: AWS in us-east-1 unless told otherwise."""
    servicer = Servicer(package or Aws(), hook)
    return Instance(servicer, {**CONFIGURATION, **configuration} if package is None else configuration)


def urn(kind: str, name: str = "it") -> str:
    """The URN of a resource in the stack `test`."""
    return f"urn:pulumi:test::trading-platform::{kind}::{name}"


@dataclass(frozen=True)
class Registration:
    """A resource that was registered with the fake engine."""

    request: resource_pb2.RegisterResourceRequest
    inputs: Values
    outputs: Values


@dataclass
class FakeEngine(resource_pb2_grpc.ResourceMonitorServicer):
    """A resource monitor that creates AWS resources with the stand-in, and remembers what was registered."""

    preview: bool = False
    aws: Instance = field(default_factory=instance)
    registered: dict[str, Registration] = field(default_factory=dict)
    given: dict[str, Values] = field(default_factory=dict)

    def RegisterResource(self, request: resource_pb2.RegisterResourceRequest, context: object) -> Any:  # noqa: N802
        own = urn(request.type, request.name)
        inputs = decode(request.object)
        identifier, outputs = "", inputs
        if request.type.startswith("aws:"):
            identifier, outputs = self._create(own, inputs)
        elif request.custom:
            identifier = "provider"
        self.registered[request.name if request.custom else f"{request.name} ({request.type})"] = Registration(
            request, inputs, outputs
        )
        return resource_pb2.RegisterResourceResponse(urn=own, id=identifier, object=encode(outputs))

    def RegisterResourceOutputs(self, request: Any, context: object) -> empty_pb2.Empty:  # noqa: N802
        self.given[request.urn] = decode(request.outputs)
        return empty_pb2.Empty()

    def Invoke(self, request: resource_pb2.ResourceInvokeRequest, context: object) -> provider_pb2.InvokeResponse:  # noqa: N802
        arguments = decode(request.args)
        if request.tok == "pulumi:pulumi:getResource":
            asked = arguments["urn"]
            answer = {"urn": asked, "id": "", "state": self.given.get(asked) or self._state(asked)}
        else:
            answer = self.aws.invoke(request.tok, **arguments)
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(encode(answer))
        return response

    def _create(self, own: str, inputs: Values) -> tuple[str, Values]:
        if self.preview:
            return "", self.aws.preview(own, inputs)
        known = self.aws.create(own, inputs)
        return known.id, known.outputs

    def _state(self, asked: str) -> Values:
        return next(r.outputs for r in self.registered.values() if urn(r.request.type, r.request.name) == asked)


@contextmanager
def monitor(engine: FakeEngine) -> Iterator[str]:
    """Serve the fake engine and yield its address."""
    server = grpc.server(futures.ThreadPoolExecutor(16))
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(engine, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(grace=None).wait()


__all__ = ["UNKNOWN", "AbortedError", "FakeEngine", "Instance", "Known", "instance", "monitor", "urn"]
