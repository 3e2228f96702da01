"""Runs a program against a recording monitor: what was registered, with which inputs, parents and dependencies."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
from google.protobuf import json_format, struct_pb2
from pulumi.runtime import mocks, rpc, settings
from pulumi.runtime.proto import callback_pb2, resource_pb2
from pulumi.runtime.stack import run_pulumi_func

ACCOUNT = "123456789012"

Outputs = Callable[[str, dict[str, Any]], dict[str, Any]]
"""Computes further outputs of a resource from its logical name and inputs."""


@dataclass(frozen=True, kw_only=True)
class Registration:
    """One resource as the program asked for it."""

    urn: str
    type: str
    name: str
    inputs: dict[str, Any]
    parent: str
    dependencies: frozenset[str]
    property_dependencies: dict[str, frozenset[str]]
    provider: str
    protect: bool
    custom: bool
    ignored: frozenset[str]
    """Inputs whose changes are ignored."""
    replacing: frozenset[str]
    """Inputs whose changes replace it, whatever its provider says."""


@dataclass(frozen=True, kw_only=True)
class Child:
    """A resource that a remote component makes and returns by reference: an output in `outputs` of `record`."""

    type: str
    name: str
    state: dict[str, Any]


@dataclass
class Recording:
    """All registrations of a run, in order, and the program's own return value."""

    resources: list[Registration] = field(default_factory=list)
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What components give to `register_outputs`, by URN."""
    result: Any = None

    def of_type(self, type_: str) -> list[Registration]:
        return [resource for resource in self.resources if resource.type == type_]

    def one(self, type_: str, name: str | None = None) -> Registration:
        """The only resource of this type (and logical name)."""
        found = [resource for resource in self.of_type(type_) if name in (None, resource.name)]
        assert len(found) == 1, f"{len(found)} resources {type_} {name or ''}: {[resource.name for resource in found]}"
        return found[0]

    def names(self, type_: str) -> set[str]:
        return {resource.name for resource in self.of_type(type_)}

    def depends_on(self, resource: Registration) -> set[str]:
        """Logical names of the resources that this one waits for directly, as `type::name`."""
        return {"::".join(urn.split("::")[2:]).split("$")[-1] for urn in resource.dependencies}

    def unparented(self) -> list[str]:
        """Resources whose parent is the stack itself."""
        return [resource.name for resource in self.resources if resource.parent.split("::")[2] == "pulumi:pulumi:Stack"]


class _RecordingMonitor(mocks.MockMonitor):
    """Answers like a monitor whose every resource exists; keeps each request without deserialising it."""

    def __init__(self, recording: Recording, outputs: Mapping[str, Outputs]):
        super().__init__(_NoMocks())
        self._recording = recording
        self._outputs = outputs

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 the name is the protocol's
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == "pulumi:pulumi:Stack":
            return resource_pb2.RegisterResourceResponse(urn=urn)
        inputs = _plain(json_format.MessageToDict(request.object))
        self._recording.resources.append(
            Registration(
                urn=urn,
                type=request.type,
                name=request.name,
                inputs=inputs,
                parent=request.parent,
                dependencies=frozenset(request.dependencies),
                property_dependencies={
                    key: frozenset(value.urns) for key, value in request.propertyDependencies.items()
                },
                provider=request.provider,
                protect=bool(request.protect),
                custom=request.custom,
                ignored=frozenset(request.ignoreChanges),
                replacing=frozenset(request.replaceOnChanges),
            )
        )
        if not request.custom and not request.remote:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        state = {"arn": f"arn:aws:mock:us-east-1:{ACCOUNT}:{request.name}", "name": request.name, **inputs}
        if further := self._outputs.get(request.type):
            state |= further(request.name, inputs)
        state = {key: self._refer(urn, value) if isinstance(value, Child) else value for key, value in state.items()}
        answer = struct_pb2.Struct()
        json_format.ParseDict(state, answer)
        self._keep(urn, request.name, state)
        return resource_pb2.RegisterResourceResponse(urn=urn, id=f"{request.name}-id", object=answer)

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 the name is the protocol's
        self._recording.outputs[request.urn] = _plain(json_format.MessageToDict(request.outputs))
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call]

    def Invoke(self, request: Any) -> Any:  # noqa: N802 the name is the protocol's
        """Answer for references to resources; components look nothing else up."""
        if request.tok != "pulumi:pulumi:getResource":
            raise AssertionError(f"a component looks something up: {request.tok}")
        answer = struct_pb2.Struct()
        json_format.ParseDict(self.resources[request.args["urn"]]._asdict(), answer)
        return resource_pb2.ResourceInvokeResponse(**{"return": answer})  # type: ignore[arg-type]

    def _keep(self, urn: str, name: str, state: dict[str, Any]) -> str:
        """Let references to this resource find its state."""
        id_ = f"{name}-id"
        self.resources[urn] = self.ResourceRegistration(urn, id_, state)
        return id_

    def _refer(self, parent: str, child: Child) -> dict[str, str]:
        urn = self.make_urn(parent, child.type, child.name)
        id_ = self._keep(urn, child.name, child.state)
        return {rpc._special_sig_key: rpc._special_resource_sig, "urn": urn, "id": id_}


class _NoMocks(mocks.Mocks):
    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        raise AssertionError(f"the recording monitor answers for {args.typ}")

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        raise AssertionError(f"the recording monitor answers for {args.token}")


class _NoCallbacks:
    """Takes transforms, which nobody calls: what they change is made by remote components, on the engine."""

    def register_transform(self, _transform: pulumi.ResourceTransform) -> callback_pb2.Callback:
        return callback_pb2.Callback(token="unused", target="unused")


def _plain(value: Any) -> Any:
    """Secrets as their values; whole numbers as integers."""
    if isinstance(value, dict):
        if value.get(rpc._special_sig_key) == rpc._special_secret_sig:
            return _plain(value["value"])
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def record(
    program: Callable[[], Any],
    *,
    stack: str = "production",
    outputs: Mapping[str, Outputs] | None = None,
) -> Recording:
    """Run `program` and return what it registered.

    Args:
        program: Creates resources; an Output that it returns is resolved into `Recording.result`.
        stack: The stack's name.
        outputs: Further outputs by resource type token, from the logical name and the inputs.
    """
    recording = Recording()
    asyncio.set_event_loop(asyncio.new_event_loop())
    mocks.set_mocks(
        _NoMocks(), project="trading-platform", stack=stack, monitor=_RecordingMonitor(recording, outputs or {})
    )
    settings.SETTINGS.rpc_manager.clear()
    settings.SETTINGS.outputs.clear()
    settings.SETTINGS.callbacks = _NoCallbacks()

    async def run() -> None:
        result = program()
        recording.result = await result.future() if isinstance(result, pulumi.Output) else result

    loop = asyncio.get_event_loop()
    try:
        loop.run_until_complete(run_pulumi_func(run))
    finally:
        loop.close()
        asyncio.set_event_loop(None)
    return recording


def document(resource: Registration, key: str = "policy") -> list[dict[str, Any]]:
    """The statements of a policy document in a resource's inputs."""
    statements: list[dict[str, Any]] = json.loads(resource.inputs[key])["Statement"]
    return statements
