"""Serves gRPC calls in the thread that reads them, on the core of Python's gRPC.

The server that comes with it hands each call from thread to thread, some ten times. Where a program runs beside it,
each of them waits for the interpreter's lock, and the engine waits for all. The library does not promise its core to
others: `requirements-dev.txt` pins the version.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Any, NoReturn

import grpc
from grpc._cython import cygrpc  # type: ignore[attr-defined]

# That of the library, which shows nothing unless somebody asks.
_LOG = logging.getLogger("grpc")
_NO_FLAGS = 0
_REQUESTED, _ANSWERED, _STOPPED = object(), object(), object()


class _Details(grpc.HandlerCallDetails):
    """What a service is asked for a handler with."""

    invocation_metadata = ()

    def __init__(self, method: str) -> None:
        self.method = method


class _AbortError(Exception):
    """A handler has refused its call."""


class _Context:
    """What a handler may know of its call, and how it refuses it."""

    def __init__(self, call: Any) -> None:
        self._call = call
        self.code, self.details, self.metadata = grpc.StatusCode.UNKNOWN, "", ()

    def peer(self) -> str:
        """The address of the other side."""
        return str(self._call.peer().decode())

    def set_code(self, code: grpc.StatusCode) -> None:
        """Say how the call ends if the handler fails."""
        self.code = code

    def set_details(self, details: str) -> None:
        """Say why."""
        self.details = details

    def abort(self, code: grpc.StatusCode, details: str) -> NoReturn:
        """End the call with an error."""
        self.code, self.details = code, details
        raise _AbortError

    def abort_with_status(self, status: Any) -> NoReturn:
        """End the call with an error that has more to say."""
        self.metadata = status.trailing_metadata
        self.abort(status.code, status.details)


class Server:
    """What `grpc.server` makes, for unary calls: it answers all but those of methods that may wait one by one."""

    def __init__(
        self,
        elsewhere: Callable[..., object],
        waiting: Collection[str],
        options: Sequence[tuple[str, int]],
        interceptors: Sequence[grpc.ServerInterceptor[Any, Any]] = (),
    ) -> None:
        """Have calls of `waiting` methods answered `elsewhere`, such as by the threads of a pool."""
        self._elsewhere = elsewhere
        self._waiting = waiting
        self._interceptors = interceptors
        self._queue = cygrpc.CompletionQueue()
        self._server = cygrpc.Server(tuple(options), False)
        self._server.register_completion_queue(self._queue)
        self._services: list[grpc.GenericRpcHandler[Any, Any]] = []
        self._lock = threading.Lock()
        self._due = 0
        self._open = True
        self._thread = threading.Thread(target=self._serve, name="rpc", daemon=True)

    def add_generic_rpc_handlers(self, services: Sequence[grpc.GenericRpcHandler[Any, Any]]) -> None:
        """Take services."""
        self._services += services

    def add_insecure_port(self, address: str) -> int:
        """Listen on an address, and return its port."""
        port: int = self._server.add_http2_port(address.encode())
        return port

    def start(self) -> None:
        """Begin to serve."""
        self._server.start()
        self._request()
        self._thread.start()

    def stop(self, grace: float | None = None) -> None:
        """Cancel what is under way and wait until nothing is read any more; there is no grace."""
        with self._lock:
            if self._open:
                self._open = False
                self._due += 1
                self._server.shutdown(self._queue, _STOPPED)
                self._server.cancel_all_calls()
        self._thread.join()

    def wait_for_termination(self) -> None:
        """Wait until it is stopped."""
        self._thread.join()

    def _request(self) -> None:
        with self._lock:
            if self._open:
                self._due += 1
                self._server.request_call(self._queue, self._queue, _REQUESTED)

    def _start(self, call: Any, tag: object, *operations: Any) -> None:
        """Have the core do something for a call; a call that is over by now needs it no more."""
        with self._lock:
            if self._open:
                self._due += 1
                call.start_server_batch(operations, tag)

    def _serve(self) -> None:
        while self._open or self._due:
            self._take(self._queue.poll())
        self._server.destroy()

    def _take(self, event: Any) -> None:
        with self._lock:
            self._due -= 1
        if event.tag is _REQUESTED:
            self._request()
            if event.success:
                self._read(event.call, event.call_details.method.decode())
        elif event.tag not in (_ANSWERED, _STOPPED) and (message := event.batch_operations[0].message()) is not None:
            event.tag(message)

    def _read(self, call: Any, method: str) -> None:
        """Read the request of a call, which is answered as soon as it is there."""
        handler = self._handler(_Details(method))
        if handler is None:
            self._end(call, grpc.StatusCode.UNIMPLEMENTED, f"there is no {method}")
            return
        answer: Callable[[bytes], object] = partial(self._answer, call, handler)
        if method.rpartition("/")[2] in self._waiting:
            answer = partial(self._elsewhere, answer)
        self._start(call, answer, cygrpc.ReceiveMessageOperation(_NO_FLAGS))

    def _handler(self, details: grpc.HandlerCallDetails) -> Any:
        find: Callable[[grpc.HandlerCallDetails], Any] = self._find
        for interceptor in reversed(self._interceptors):
            find = partial(interceptor.intercept_service, find)
        return find(details)

    def _find(self, details: grpc.HandlerCallDetails) -> Any:
        return next(filter(None, (each.service(details) for each in self._services)), None)

    def _answer(self, call: Any, handler: Any, message: bytes) -> None:
        context = _Context(call)
        try:
            response = handler.unary_unary(handler.request_deserializer(message), context)
            reply = cygrpc.SendMessageOperation(handler.response_serializer(response), _NO_FLAGS)
        except _AbortError:
            self._end(call, context.code, context.details, metadata=context.metadata)
        except Exception as error:
            _LOG.exception("a handler failed")
            self._end(call, context.code, context.details or f"Exception calling application: {error}")
        else:
            self._end(call, grpc.StatusCode.OK, "", reply)

    def _end(self, call: Any, code: grpc.StatusCode, details: str, *reply: Any, metadata: Sequence[Any] = ()) -> None:
        self._start(
            call,
            _ANSWERED,
            cygrpc.SendInitialMetadataOperation(None, _NO_FLAGS),
            *reply,
            cygrpc.ReceiveCloseOnServerOperation(_NO_FLAGS),
            cygrpc.SendStatusFromServerOperation(metadata, code.value[0], details.encode(), _NO_FLAGS),
        )
