"""The server of the stand-ins, called by the library's own client."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from pulumi.runtime.proto.analyzer_pb2_grpc import AnalyzerServicer

from local.rpc import Server

SERVICE = "test.Service"
SECONDS = 10
LIMITS = [(f"grpc.max_{way}_message_length", 64 * 1024 * 1024) for way in ("receive", "send")]


class Status(grpc.Status):
    """A refusal with something that is not text."""

    code = grpc.StatusCode.INVALID_ARGUMENT
    details = "no «such» thing"
    trailing_metadata = (("more-bin", b"\0\xff"),)


class Service:
    """Methods that take bytes and return them."""

    def __init__(self) -> None:
        self.held, self.release = threading.Event(), threading.Event()

    def echo(self, request: bytes, context: Any) -> bytes:
        """Return the request."""
        assert context.peer().startswith("ipv4:127.0.0.1:")
        return request

    def refuse(self, request: bytes, context: Any) -> bytes:
        """End with an error."""
        context.abort_with_status(Status())
        return request

    def fail(self, request: bytes, context: Any) -> bytes:
        """Be wrong."""
        raise ValueError("broken")

    def leave_out(self, request: bytes, context: Any) -> bytes:
        """Be what generated code has where a service lacks a method."""
        AnalyzerServicer().Handshake(request, context)
        return request

    def wait(self, request: bytes, context: Any) -> bytes:
        """Return when it is told."""
        self.held.set()
        assert self.release.wait(SECONDS)
        return request


@pytest.fixture
def service() -> Service:
    """What is served."""
    return Service()


@pytest.fixture
def server(service: Service) -> Iterator[tuple[Server, int]]:
    """The server and its port."""
    methods = {name: getattr(service, name) for name in ("echo", "refuse", "fail", "leave_out", "wait")}
    handlers = {name: grpc.unary_unary_rpc_method_handler(method, bytes, bytes) for name, method in methods.items()}
    with ThreadPoolExecutor(4) as pool:
        served = Server(pool.submit, {"wait"}, LIMITS)
        served.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(SERVICE, handlers)])
        port = served.add_insecure_port("127.0.0.1:0")
        served.start()
        yield served, port
        served.stop()
        service.release.set()


@pytest.fixture
def call(server: tuple[Server, int]) -> Iterator[Callable[[str], Any]]:
    """Makes the client's side of a method."""
    with grpc.insecure_channel(f"127.0.0.1:{server[1]}", options=LIMITS) as channel:
        yield lambda method: channel.unary_unary(f"/{SERVICE}/{method}", bytes, bytes)


@pytest.mark.parametrize("size", [0, 1, 100_000, 32 * 1024 * 1024])
def test_requests_and_answers_of_any_size_arrive(call: Callable[[str], Any], size: int) -> None:
    assert call("echo")(b"x" * size, timeout=SECONDS) == b"x" * size


def test_a_handler_refuses_with_all_that_it_has_to_say(call: Callable[[str], Any]) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        call("refuse")(b"", timeout=SECONDS)
    error: Any = refused.value
    assert (error.code(), error.details()) == (Status.code, Status.details)
    assert ("more-bin", b"\0\xff") in [tuple(each) for each in error.trailing_metadata()]


def test_an_error_of_a_handler_is_told(call: Callable[[str], Any], caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(grpc.RpcError, match="broken"):
        call("fail")(b"", timeout=SECONDS)
    assert "ValueError: broken" in caplog.text
    assert call("echo")(b"on", timeout=SECONDS) == b"on"


def test_a_method_that_is_left_out_ends_as_it_says(call: Callable[[str], Any]) -> None:
    with pytest.raises(grpc.RpcError, match="Method not implemented!") as refused:
        call("leave_out")(b"", timeout=SECONDS)
    error: Any = refused.value
    assert error.code() is grpc.StatusCode.UNIMPLEMENTED


def test_interceptors_come_before_the_service(service: Service) -> None:
    seen: list[str] = []

    class Interceptor(grpc.ServerInterceptor):  # type: ignore[type-arg]
        def __init__(self, name: str) -> None:
            self._name = name

        def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:
            seen.append(f"{self._name} {handler_call_details.method}")
            return continuation(handler_call_details)

    served = Server(lambda *_: None, (), (), [Interceptor("first"), Interceptor("second")])
    echo = grpc.unary_unary_rpc_method_handler(service.echo, bytes, bytes)
    served.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(SERVICE, {"echo": echo})])
    port = served.add_insecure_port("127.0.0.1:0")
    served.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        assert channel.unary_unary(f"/{SERVICE}/echo", bytes, bytes)(b"on", timeout=SECONDS) == b"on"
    served.stop()
    assert seen == [f"first /{SERVICE}/echo", f"second /{SERVICE}/echo"]


def test_a_method_that_nobody_serves_is_named(call: Callable[[str], Any]) -> None:
    with pytest.raises(grpc.RpcError, match=f"there is no /{SERVICE}/nothing") as refused:
        call("nothing")(b"", timeout=SECONDS)
    error: Any = refused.value
    assert error.code() is grpc.StatusCode.UNIMPLEMENTED


def test_what_waits_keeps_nobody_else_waiting(call: Callable[[str], Any], service: Service) -> None:
    waiting = call("wait").future(b"late", timeout=SECONDS)
    assert service.held.wait(SECONDS)
    assert [call("echo")(b"now", timeout=SECONDS) for _ in range(100)] == [b"now"] * 100
    service.release.set()
    assert waiting.result() == b"late"


def test_calls_of_many_threads_get_their_own_answers(call: Callable[[str], Any]) -> None:
    with ThreadPoolExecutor(32) as threads:
        asked = [f"{number}".encode() * number for number in range(1000)]
        assert list(threads.map(lambda request: call("echo")(request, timeout=SECONDS), asked)) == asked


def test_to_stop_ends_what_is_under_way(
    server: tuple[Server, int], call: Callable[[str], Any], service: Service
) -> None:
    waiting = call("wait").future(b"", timeout=SECONDS)
    assert service.held.wait(SECONDS)
    server[0].stop()
    assert waiting.exception(SECONDS).code() in (grpc.StatusCode.CANCELLED, grpc.StatusCode.UNAVAILABLE)


def test_a_caller_that_leaves_is_no_error(call: Callable[[str], Any], service: Service) -> None:
    waiting = call("wait").future(b"", timeout=SECONDS)
    assert service.held.wait(SECONDS)
    waiting.cancel()
    service.release.set()
    assert call("echo")(b"on", timeout=SECONDS) == b"on"
