"""The real provider of Kubernetes beside the stand-in: both are told of the same objects and the same changes."""

from __future__ import annotations

import contextlib
import copy
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent import futures
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import grpc
import yaml
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2_grpc, plugin_pb2, provider_pb2, provider_pb2_grpc

from local.providers.check import join
from local.providers.kubernetes import Kubernetes
from local.providers.server import Servicer
from tests.kubernetes_api.provider import running_provider
from tests.kubernetes_api.server import ApiServer
from tests.limits import HANGING_SECONDS
from tests.servers.processes import LOOPBACK
from tests.unit.standins import Instance, instance

Inputs = dict[str, Any]

# What a change writes over a text, by the form that the text must have.
_TEXTS = (
    (re.compile(r"true|false"), lambda text: "false" if text == "true" else "true"),
    (re.compile(r"\d+(\.\d+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?"), lambda text: "7" + text),
    (re.compile(r"[A-Za-z0-9+/]+={1,2}"), lambda text: "b3RoZXI="),
    (re.compile(r".*", re.DOTALL), lambda text: f"{text}x"),
)


@dataclass(frozen=True)
class Changed:
    """An object with one thing changed."""

    what: str
    inputs: Inputs


@dataclass(frozen=True)
class Seen:
    """What a provider says of a change."""

    properties: Mapping[str, str]
    """Kinds of change by path."""
    replaces: frozenset[str]
    deletes_first: bool


def samples() -> list[Inputs]:
    """The objects of `samples.yaml`."""
    text = Path(__file__).with_name("samples.yaml").read_text(encoding="utf-8")
    return list(json.loads(json.dumps(yaml.safe_load(text))))


def token(inputs: Inputs) -> str:
    """The type of an object in programs."""
    version = inputs["apiVersion"]
    return f"kubernetes:{version if '/' in version else f'core/{version}'}:{inputs['kind']}"


def changes_of(inputs: Inputs) -> Iterator[Changed]:
    """The object with each value changed, and with each thing left out, one at a time."""
    for path in _paths(inputs):
        if path[0] in ("apiVersion", "kind"):
            continue
        name = ""
        for part in path:
            name = join(name, part) if isinstance(part, str) else f"{name}[{part}]"
        holder, value = _at(inputs, path)
        if not isinstance(value, dict | list):
            yield Changed(f"{name} changed", _with(inputs, path, _other(value)))
        if isinstance(holder, dict) or len(holder) > 1:
            yield Changed(f"{name} left out", _with(inputs, path, None))


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    items: Sequence[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    for key, inner in items:
        yield (*path, key)
        yield from _paths(inner, (*path, key))


def _at(inputs: Inputs, path: Sequence[str | int]) -> tuple[Any, Any]:
    holder: Any = inputs
    for part in path[:-1]:
        holder = holder[part]
    return holder, holder[path[-1]]


def _with(inputs: Inputs, path: Sequence[str | int], value: Any) -> Inputs:
    """A copy with another value at a path, or without it."""
    changed = copy.deepcopy(inputs)
    holder, _ = _at(changed, path)
    if value is None:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return changed


def _other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    return next(write(value) for pattern, write in _TEXTS if pattern.fullmatch(value))


def seen(response: provider_pb2.DiffResponse) -> Seen:
    """What a provider answers, in a form that compares."""
    kinds = {
        _unquoted(path): provider_pb2.PropertyDiff.Kind.Name(each.kind) for path, each in response.detailedDiff.items()
    }
    return Seen(kinds, frozenset(map(_unquoted, response.replaces)), response.deleteBeforeReplace)


def _unquoted(path: str) -> str:
    """A path without the quotes around keys: the stand-in writes them as the engine does, the provider rarely."""
    return path.replace('["', ".").replace('"]', "")


class _Engine(engine_pb2_grpc.EngineServicer):
    def Log(self, request: object, context: object) -> empty_pb2.Empty:  # noqa: N802 - of the protocol
        return empty_pb2.Empty()


class _Remote:
    """A provider in another process, with the face of one in this."""

    def __init__(self, port: int, engine: str) -> None:
        self._stub = provider_pb2_grpc.ResourceProviderStub(grpc.insecure_channel(f"{LOOPBACK}:{port}"))
        self._stub.Attach(plugin_pb2.PluginAttach(address=engine), timeout=HANGING_SECONDS)

    def Configure(self, request: provider_pb2.ConfigureRequest, context: object) -> object:  # noqa: N802
        """As the engine does it: variables, too."""
        for key, value in request.args.fields.items():
            request.variables[f"kubernetes:config:{key}"] = value.string_value
        request.acceptSecrets = True
        return self._stub.Configure(request, timeout=HANGING_SECONDS)

    def __getattr__(self, method: str) -> Any:
        call = getattr(self._stub, method)
        return lambda request, _: call(request, timeout=HANGING_SECONDS)


@contextlib.contextmanager
def both(server: ApiServer) -> Iterator[tuple[Instance, Instance]]:
    """The real provider of a cluster, and the stand-in."""
    kubeconfig = server.kubeconfig().read_text(encoding="utf-8")
    engine = grpc.server(futures.ThreadPoolExecutor(4))
    engine_pb2_grpc.add_EngineServicer_to_server(_Engine(), engine)
    address = f"{LOOPBACK}:{engine.add_insecure_port(f'{LOOPBACK}:0')}"
    engine.start()
    try:
        with running_provider() as port:
            remote = cast(Servicer, _Remote(port, address))
            yield Instance(remote, {"kubeconfig": kubeconfig}), instance(Kubernetes())
    finally:
        engine.stop(grace=None)
