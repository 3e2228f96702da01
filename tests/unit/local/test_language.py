"""The language host of inline programs: a run ends, whatever the program has left unfinished."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent import futures
from contextlib import contextmanager, suppress
from typing import Any

import grpc
import pulumi
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, language_pb2, language_pb2_grpc, resource_pb2_grpc
from pulumi.runtime.proto import resource_pb2 as resource

from local import language
from local.language import LanguageHost, language_host
from tests.limits import HANGING_SECONDS

Program = Callable[[], None]


class Engine(resource_pb2_grpc.ResourceMonitorServicer, engine_pb2_grpc.EngineServicer):
    """Registers what it is asked to, but for resources that it refuses by being gone, or never answers about."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.asked = threading.Event()

    def SupportsFeature(self, request: Any, context: Any) -> resource.SupportsFeatureResponse:  # noqa: N802
        return resource.SupportsFeatureResponse(hasSupport=False)

    def RegisterResource(self, request: Any, context: Any) -> resource.RegisterResourceResponse:  # noqa: N802
        if request.name == "unanswered":
            self.asked.set()
            self.over.wait()
        if request.name == "refused":
            self.asked.wait()
            context.abort(grpc.StatusCode.UNAVAILABLE, "the engine is gone")
        return resource.RegisterResourceResponse(urn=f"urn:pulumi:s::p::{request.type}::{request.name}")

    def RegisterResourceOutputs(self, request: Any, context: Any) -> empty_pb2.Empty:  # noqa: N802
        return empty_pb2.Empty()

    def SignalAndWaitForShutdown(self, request: Any, context: Any) -> empty_pb2.Empty:  # noqa: N802
        return empty_pb2.Empty()

    def GetRootResource(self, request: Any, context: Any) -> engine_pb2.GetRootResourceResponse:  # noqa: N802
        return engine_pb2.GetRootResourceResponse()

    def SetRootResource(self, request: Any, context: Any) -> engine_pb2.SetRootResourceResponse:  # noqa: N802
        return engine_pb2.SetRootResourceResponse()

    def GetDeploymentInfo(self, request: Any, context: Any) -> resource.DeploymentInfo:  # noqa: N802
        return resource.DeploymentInfo()

    def Log(self, request: Any, context: Any) -> empty_pb2.Empty:  # noqa: N802
        return empty_pb2.Empty()


@contextmanager
def served(add: Callable[[grpc.Server], None]) -> Iterator[str]:
    """A server, all of whose threads have ended when the block ends."""
    with futures.ThreadPoolExecutor(max_workers=8) as threads:
        server = grpc.server(threads)
        add(server)
        address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        server.start()
        try:
            yield address
        finally:
            server.stop(0).wait()


@contextmanager
def asked_to_run(program: Program) -> Iterator[grpc.Future[language_pb2.RunResponse]]:
    """The engine's call of the language host, as both are connected in fact."""
    engine = Engine()

    def add_engine(server: grpc.Server) -> None:
        resource_pb2_grpc.add_ResourceMonitorServicer_to_server(engine, server)
        engine_pb2_grpc.add_EngineServicer_to_server(engine, server)

    def add_host(server: grpc.Server) -> None:
        language_pb2_grpc.add_LanguageRuntimeServicer_to_server(LanguageHost(program), server)

    with (
        language_host(),
        served(add_engine) as address,
        served(add_host) as host,
        grpc.insecure_channel(host) as channel,
    ):
        request = language_pb2.RunRequest(
            project="p", stack="s", monitor_address=address, args=[address], parallel=4, dryRun=True
        )
        try:
            yield language_pb2_grpc.LanguageRuntimeStub(channel).Run.future(request)
        finally:
            engine.over.set()


@pytest.fixture(autouse=True)
def nothing_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A short wait for what never ends; what a run leaves open speaks up when it is collected, here and not later."""
    monkeypatch.setattr(language, "_WIND_UP_SECONDS", 0.5)
    yield
    gc.collect()


async def patient() -> None:
    await asyncio.sleep(3600)


async def deaf() -> None:
    """Takes no cancellation."""
    while True:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(3600)


async def sheltered() -> None:
    """Waits for something that nobody cancels."""
    try:
        await asyncio.sleep(3600)
    finally:
        await asyncio.get_running_loop().create_future()


async def failing() -> None:
    """Fails at its cancellation."""
    try:
        await asyncio.sleep(3600)
    finally:
        raise ConnectionError


TASKS = [patient, deaf, sheltered, failing]


def leaving(task: Callable[[], Awaitable[None]], then: Program) -> Program:
    def program() -> None:
        program.kept = asyncio.ensure_future(task())  # type: ignore[attr-defined]
        then()

    return program


def succeed() -> None:
    """Nothing more to do."""


def fail() -> None:
    raise ValueError("a mistake of the program")


def lose_the_engine() -> None:
    """One resource that is never registered, while the engine refuses the other."""
    pulumi.ComponentResource("p:tests:Part", "unanswered")
    pulumi.ComponentResource("p:tests:Part", "refused")


def stop_half_way() -> None:
    """A resource that is never registered, while a request that nobody awaits fails: at that the SDK stops the loop."""
    pulumi.ComponentResource("p:tests:Part", "unanswered").urn.apply(print)
    loop = asyncio.get_running_loop()
    loop.call_later(0.2, loop.call_exception_handler, {"exception": grpc.RpcError()})


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("then", [succeed, fail, lose_the_engine, stop_half_way])
def test_a_run_ends_whatever_its_tasks_do_at_its_end(task: Callable[[], Awaitable[None]], then: Program) -> None:
    with asked_to_run(leaving(task, then)) as call:
        answer = call.result(HANGING_SECONDS)
    assert answer.bail == (then is not succeed)


def lingering(running: threading.Event, stop: threading.Event) -> Program:
    def program() -> None:
        running.set()
        stop.wait()

    return program


def test_a_run_ends_with_its_engine_though_the_program_goes_on() -> None:
    running, stop = threading.Event(), threading.Event()
    hanging = threading.Timer(HANGING_SECONDS, stop.set)
    hanging.start()
    with asked_to_run(lingering(running, stop)) as call:
        assert running.wait(HANGING_SECONDS)
        call.cancel()
    hanging.cancel()
    assert not stop.is_set()
    stop.set()
