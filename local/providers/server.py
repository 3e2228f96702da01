"""The gRPC side that all stand-ins share: it speaks the engine's provider protocol and leaves the rest to a package.

A server answers for every provider instance of its package at once. Requests do not say which instance they mean, but
each instance has a connection of its own, so the configuration is kept by the peer's address.
"""

# The methods' names are those of the protocol.
# ruff: noqa: N802

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent import futures
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NoReturn

import grpc
from google.protobuf import empty_pb2
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    errors_pb2,
    plugin_pb2,
    provider_pb2,
    provider_pb2_grpc,
    status_pb2,
)

from local.providers.apigateway import RestApis
from local.providers.aws import ACCOUNT_LOOKUPS, Aws
from local.providers.awsx import Awsx
from local.providers.check import Failure
from local.providers.diff import Change, changes
from local.providers.eks import Eks
from local.providers.kubernetes import Kubernetes
from local.providers.lookups import Lookups
from local.providers.package import Autonaming, Package, Refused, Resource, without_defaults
from local.providers.plain import Plain
from local.providers.random import Random
from local.providers.values import Values, as_secret, decode, encode, reveal
from local.rpc import Server
from local.sdks import defer, installed

Context = grpc.ServicerContext
ResourceRequest = (
    provider_pb2.CheckRequest
    | provider_pb2.CreateRequest
    | provider_pb2.DeleteRequest
    | provider_pb2.DiffRequest
    | provider_pb2.UpdateRequest
)

# Packages of components, which are served where their SDK is installed.
_COMPONENTS: Mapping[str, Callable[[], Package]] = {Awsx.name: Awsx, RestApis.name: RestApis}

_MESSAGE_LIMIT = 400 * 1024 * 1024
# More than the engine runs in parallel, so that an operation that waits never keeps another from starting.
_WORKERS = 256
# Methods that wait for other calls, and those that a hook may delay.
_BUILDING = frozenset({"Construct", "Call"})
_WAITING = _BUILDING | {"Create", "Update", "Delete"}


Kind = Literal["create", "update", "delete"]


@dataclass(frozen=True)
class Operation:
    """Something that is about to happen to a resource in the made-up cloud.

    `outputs` are what the resource has afterwards, or had until now when it is deleted.
    """

    kind: Kind
    urn: str
    type: str
    id: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]


Hook = Callable[[Operation], None]


class Unfinished(Exception):  # noqa: N818
    """A creation or an update that has begun, but whose end the provider did not live to see.

    A hook raises it where a wait times out: the engine keeps the resource as it is, and goes on with it another time.
    """


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """The provider protocol for one package."""

    def __init__(self, package: Package, hook: Hook | None = None) -> None:
        self._package = package
        self._hook = hook
        self._configurations: dict[str, Values] = {}
        self._existing: set[str] = set()
        self._engines: dict[str, engine_pb2_grpc.EngineStub] = {}

    def Handshake(self, request: Message, context: Context) -> provider_pb2.ProviderHandshakeResponse:
        """Agree on what may be marked in property values."""
        return provider_pb2.ProviderHandshakeResponse(
            accept_secrets=self._package.constructs,
            accept_resources=self._package.accepts_references,
            supports_autonaming_configuration=True,
        )

    def Attach(self, request: plugin_pb2.PluginAttach, context: Context) -> empty_pb2.Empty:
        """Accept the engine's connection, and remember where it listens to what we have to say."""
        self._engines[context.peer()] = engine_pb2_grpc.EngineStub(grpc.insecure_channel(request.address))
        return empty_pb2.Empty()

    def Cancel(self, request: Message, context: Context) -> empty_pb2.Empty:
        """Nothing runs that could be cancelled."""
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Message, context: Context) -> plugin_pb2.PluginInfo:
        """Pass for the provider of the installed SDK's version."""
        return plugin_pb2.PluginInfo(version=self._package.version)

    def CheckConfig(self, request: provider_pb2.CheckRequest, context: Context) -> provider_pb2.CheckResponse:
        """Check the configuration of a provider instance."""
        _, failures = self._package.configuration(decode(request.news))
        return _check_response(decode(request.news), failures)

    def DiffConfig(self, request: provider_pb2.DiffRequest, context: Context) -> provider_pb2.DiffResponse:
        """A new configuration never replaces the provider, and with it all of its resources."""
        old, new = decode(request.old_inputs), decode(request.news)
        return _diff_response(changes(old, {key: _as_before(old.get(key), value) for key, value in new.items()}))

    def Configure(self, request: provider_pb2.ConfigureRequest, context: Context) -> provider_pb2.ConfigureResponse:
        """Remember the configuration of the instance behind this connection."""
        self._configurations[context.peer()], _ = self._package.configuration(decode(request.args))
        return provider_pb2.ConfigureResponse(
            acceptSecrets=self._package.constructs,
            supportsPreview=True,
            acceptResources=self._package.accepts_references,
            supports_autonaming_configuration=True,
        )

    def Check(self, request: provider_pb2.CheckRequest, context: Context) -> provider_pb2.CheckResponse:
        """Fill in the provider's own defaults and check the inputs."""
        resource = self._resource(request, without_defaults(_plain(request.news)), context)
        # A new resource gets the same name in every run; only one that replaces another needs a random one.
        seed = request.randomSeed if request.urn in self._existing else b""
        try:
            inputs, found = self._package.check(resource, _plain(request.olds), seed)
        except Refused as refused:
            _abort(refused, context)
        self._advise(request.urn, [failure for failure in found if not failure.refused], context)
        marked = as_secret(inputs, decode(request.news))
        return _check_response(marked, [failure for failure in found if failure.refused])

    def Diff(self, request: provider_pb2.DiffRequest, context: Context) -> provider_pb2.DiffResponse:
        """Compare old inputs with new ones."""
        old, new = without_defaults(_plain(request.old_inputs)), without_defaults(_plain(request.news))
        resource = self._resource(request, _plain(request.news), context)
        self._observe(resource, request.id, _plain(request.olds))
        replacement = self._package.replacement(resource)
        found = changes(self._package.compared(resource, old), self._package.compared(resource, new))
        replaces = [change for change in found if change.replaces(replacement)]
        delete_first = bool(replaces) and self._package.delete_before_replace(resource, old)
        response = _diff_response(found, replaces, delete_first)
        if self._package.replaces_by_path:
            response.replaces[:] = sorted(change.path for change in replaces)
        return response

    def Create(self, request: provider_pb2.CreateRequest, context: Context) -> provider_pb2.CreateResponse:
        """Create the resource, or foresee it in a preview."""
        given = decode(request.properties)
        resource = self._resource(request, reveal(given), context)
        if request.preview:
            return provider_pb2.CreateResponse(properties=encode(as_secret(self._package.preview(resource), given)))
        identifier, outputs = self._package.create(resource)
        self._announce("create", resource, identifier, outputs, context)
        self._observe(resource, identifier, outputs)
        return provider_pb2.CreateResponse(id=identifier, properties=encode(as_secret(outputs, given)))

    def Read(self, request: provider_pb2.ReadRequest, context: Context) -> provider_pb2.ReadResponse:
        """The resource is as it was left, as nothing else could have changed it; one of others has to be declared."""
        if not request.properties.fields:
            config = self._configurations.get(context.peer(), {})
            kind = request.type or request.urn.split("::")[2].split("$")[-1]
            try:
                found = self._package.look_up(kind, {"id": request.id}, config)
            except Refused as refused:
                _abort(refused, context)
            return provider_pb2.ReadResponse(id=request.id, properties=encode(found))
        return provider_pb2.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)

    def Update(self, request: provider_pb2.UpdateRequest, context: Context) -> provider_pb2.UpdateResponse:
        """Change the resource in place, or foresee it in a preview."""
        given = decode(request.news)
        resource = self._resource(request, reveal(given), context)
        changed = changes(without_defaults(_plain(request.old_inputs)), without_defaults(resource.inputs))
        properties = frozenset(change.property for change in changed)
        outputs = self._package.update(resource, _plain(request.olds), properties, request.preview)
        if not request.preview:
            self._announce("update", resource, request.id, outputs, context)
            self._observe(resource, request.id, outputs)
        return provider_pb2.UpdateResponse(properties=encode(as_secret(outputs, given)))

    def Delete(self, request: provider_pb2.DeleteRequest, context: Context) -> empty_pb2.Empty:
        """Delete the resource."""
        resource = self._resource(request, _plain(request.old_inputs), context)
        try:
            self._package.delete(resource, request.id)
        except Refused as refused:
            _abort(refused, context)
        self._announce("delete", resource, request.id, _plain(request.properties), context)
        return empty_pb2.Empty()

    def Invoke(self, request: provider_pb2.InvokeRequest, context: Context) -> provider_pb2.InvokeResponse:
        """Answer the few functions that need no cloud."""
        config = self._configurations.get(context.peer(), {})
        try:
            answer = self._package.invoke(request.tok, _plain(request.args), config)
        except Refused as refused:
            _abort(refused, context)
        response = provider_pb2.InvokeResponse()
        # The field's name is a keyword.
        getattr(response, "return").CopyFrom(encode(answer))
        return response

    def Construct(self, request: provider_pb2.ConstructRequest, context: Context) -> provider_pb2.ConstructResponse:
        """Build a remote component."""
        try:
            return self._package.construct(request)
        except Refused as refused:
            _abort(refused, context)
        except grpc.RpcError as error:
            # The engine says why it did not take a child.
            context.abort(error.code(), error.details() or str(error))

    def Call(self, request: provider_pb2.CallRequest, context: Context) -> provider_pb2.CallResponse:
        """Call a method of a remote component."""
        try:
            return self._package.call(request)
        except Refused as refused:
            _abort(refused, context)

    def GetMapping(self, request: Message, context: Context) -> provider_pb2.GetMappingResponse:
        """There is no mapping from other ecosystems."""
        return provider_pb2.GetMappingResponse()

    def _advise(self, urn: str, advice: Sequence[Failure], context: Context) -> None:
        """Have the engine show what may be wrong with a resource, and stops nothing."""
        engine = self._engines.get(context.peer())
        if engine is None:
            return
        for each in advice:
            message = f"{each.path}: {each.reason}"
            engine.Log(engine_pb2.LogRequest(severity=engine_pb2.WARNING, message=message, urn=urn))

    def _observe(self, resource: Resource, identifier: str, outputs: Values) -> None:
        self._existing.add(resource.urn)
        self._package.observe(resource.type, identifier, outputs)

    def _resource(self, request: ResourceRequest, inputs: Values, context: Context) -> Resource:
        kind, name = request.urn.split("::")[2].split("$")[-1], request.urn.split("::", 3)[3]
        config = self._configurations.get(context.peer(), {})
        return Resource(request.urn, kind, name, inputs, config, _autonaming(request))

    def _announce(self, kind: Kind, resource: Resource, identifier: str, outputs: Values, context: Context) -> None:
        """Tell the hook what is about to happen; whatever it raises fails the operation, `Unfinished` half of it."""
        if self._hook is None:
            return
        operation = Operation(kind, resource.urn, resource.type, identifier, without_defaults(resource.inputs), outputs)
        try:
            self._hook(operation)
        except Unfinished as unfinished:
            self._observe(resource, identifier, outputs)
            context.abort_with_status(_Unready(resource, identifier, outputs, str(unfinished)))
        except Exception as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))


class _Status(grpc.Status):
    """An error with the properties that cause it, in the form in which the engine shows them."""

    def __init__(self, refused: Refused) -> None:
        errors = [
            errors_pb2.InputPropertiesError.PropertyError(property_path=failure.path, reason=failure.reason)
            for failure in refused.failures
        ]
        self.code = grpc.StatusCode.INVALID_ARGUMENT
        self.details = str(refused)
        status = status_pb2.Status(code=self.code.value[0], message=self.details)
        status.details.add().Pack(errors_pb2.InputPropertiesError(errors=errors))
        self.trailing_metadata = (("grpc-status-details-bin", status.SerializeToString()),)


class _Unready(grpc.Status):
    """The failure of a resource that exists nonetheless."""

    def __init__(self, resource: Resource, identifier: str, outputs: Values, reason: str) -> None:
        self.code = grpc.StatusCode.UNKNOWN
        self.details = reason
        status = status_pb2.Status(code=self.code.value[0], message=reason)
        failed = provider_pb2.ErrorResourceInitFailed(
            id=identifier, properties=encode(outputs), inputs=encode(resource.inputs), reasons=[reason]
        )
        status.details.add().Pack(failed)
        self.trailing_metadata = (("grpc-status-details-bin", status.SerializeToString()),)


def _plain(struct: Struct) -> Values:
    """The properties of a wire struct without their secret marks."""
    return {key: reveal(value) for key, value in decode(struct).items()}


def _as_before(old: Any, new: Any) -> Any:
    """The old text where the new one is the same JSON: a program writes the keys of a kubeconfig in any order."""
    try:
        return old if json.loads(old) == json.loads(new) else new
    except (TypeError, ValueError):
        return new


def _autonaming(request: ResourceRequest) -> Autonaming | None:
    """What the engine says of names at Check."""
    if not isinstance(request, provider_pb2.CheckRequest) or not request.HasField("autonaming"):
        return None
    modes = provider_pb2.CheckRequest.AutonamingOptions.Mode
    return Autonaming(modes.Name(request.autonaming.mode), request.autonaming.proposed_name)


def _abort(refused: Refused, context: Context) -> NoReturn:
    if refused.failures:
        context.abort_with_status(_Status(refused))
    context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(refused))


def _check_response(inputs: Values, failures: list[Any]) -> provider_pb2.CheckResponse:
    found = [provider_pb2.CheckFailure(property=failure.path, reason=failure.reason) for failure in failures]
    return provider_pb2.CheckResponse(inputs=encode(inputs), failures=found)


def _diff_response(
    found: list[Change], replaces: Sequence[Change] = (), delete_first: bool = False
) -> provider_pb2.DiffResponse:
    response = provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME if found else provider_pb2.DiffResponse.DIFF_NONE,
        diffs=sorted({change.property for change in found}),
        replaces=sorted({change.property for change in replaces}),
        deleteBeforeReplace=delete_first,
        hasDetailedDiff=True,
    )
    for change in found:
        name = f"{change.kind}_replace" if change in replaces else change.kind
        response.detailedDiff[change.path].kind = provider_pb2.PropertyDiff.Kind.Value(name.upper())
        response.detailedDiff[change.path].inputDiff = True
    return response


@contextmanager
def serve(hook: Hook | None = None, *, protects: bool = True, lookups: Path | None = None) -> Iterator[dict[str, int]]:
    """Serve the stand-ins on 127.0.0.1 and yield their ports by package, until the context ends.

    `hook` hears of every creation, update and deletion before it happens, and may delay it, or fail it by raising:
    `Unfinished` for what has happened but is not ready, anything else for what has not happened.
    With `protects` off, AWS deletes even what asks it not to. `lookups` is a file with what programs may look up.
    """
    defer()
    answers = Lookups.read(*([lookups] if lookups else []), ACCOUNT_LOOKUPS)
    with ExitStack() as stack:
        packages: list[Package] = [Aws(protects=protects), Eks(), Kubernetes(), Random()]
        others = sorted(installed().keys() - {package.name for package in packages})
        packages += [_COMPONENTS[name]() if name in _COMPONENTS else Plain(name) for name in others]
        for package in packages:
            package.lookups = answers
        yield {package.name: stack.enter_context(_serve(package, hook)) for package in packages}


@contextmanager
def _serve(package: Package, hook: Hook | None) -> Iterator[int]:
    pool = futures.ThreadPoolExecutor(_WORKERS, thread_name_prefix=f"stand-in-{package.name}")
    limits = [("grpc.max_receive_message_length", _MESSAGE_LIMIT), ("grpc.max_send_message_length", _MESSAGE_LIMIT)]
    server: Any = Server(pool.submit, _WAITING if hook else _BUILDING, limits)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(package, hook), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port
    finally:
        server.stop()
        pool.shutdown(wait=False, cancel_futures=True)
