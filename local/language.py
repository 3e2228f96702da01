"""The language server of inline programs, with the manners of the language host that comes with the official CLI."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Generator, Iterator
from concurrent.futures import Future, wait
from contextlib import ExitStack, contextmanager
from contextvars import copy_context
from functools import cache
from typing import Any, TypeVar
from unittest import mock

import grpc
from pulumi import _types
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import language_pb2, source_pb2
from pulumi.runtime.settings import SETTINGS

T = TypeVar("T")

_WIND_UP_SECONDS = 5
_READINGS_OF_A_CLASS = (
    *("_types_from_py_properties", "input_type_py_to_pulumi_names", "resource_types"),
    *("resource_pulumi_to_py_names", "resource_py_to_pulumi_names", "unwrap_type"),
)


class LanguageHost(LanguageServer):
    """Says once what is wrong with a program, and ends seconds after the program or the engine, whatever is left."""

    def Run(self, request: language_pb2.RunRequest, context: grpc.ServicerContext) -> language_pb2.RunResponse:  # noqa: N802
        """Run the program, for as long as the engine is there."""
        answer: Future[language_pb2.RunResponse] = Future()
        over = threading.Event()
        answer.add_done_callback(lambda _: over.set())
        if not context.add_callback(over.set):
            over.set()
        # The interpreter waits at its end for the threads of the server, and for no daemon.
        threading.Thread(target=copy_context().run, args=(self._answer, answer, request), daemon=True).start()
        over.wait()
        if context.is_active():
            return answer.result()
        # Nobody hears the answer, or that a message did not reach the engine.
        wait([answer], _WIND_UP_SECONDS)
        return language_pb2.RunResponse(bail=True)

    def _answer(self, answer: Future[language_pb2.RunResponse], request: language_pb2.RunRequest) -> None:
        try:
            answer.set_result(self._run(request))
        except BaseException as error:
            answer.set_exception(error)

    def _run(self, request: language_pb2.RunRequest) -> language_pb2.RunResponse:
        program = self.program

        async def settled() -> None:
            program()
            await _settle()

        self.program = settled
        # A run that failed leaves outputs behind which belong to its own event loop.
        SETTINGS.rpc_manager.clear()
        SETTINGS.outputs.clear()
        with _own_loop():
            response: language_pb2.RunResponse = super().Run(request, None)  # type: ignore[no-untyped-call]
        # The base class has logged the error: to return it as well makes the engine print it a second time.
        return language_pb2.RunResponse(bail=True) if response.error else response


class _Loop(asyncio.SelectorEventLoop):
    """The event loop of a program, which ends seconds after it, whatever its tasks do.

    The host's base class cancels and awaits one task after the other, and stops at the first that fails. Not each takes
    its cancellation: the SDK's own main task takes it for an error of the program, and then waits for the outputs of
    resources whose registration was cancelled before it, which nothing will settle.
    """

    _over = False

    def run_until_complete(self, future: Generator[Any, None, T] | Awaitable[T]) -> T:
        """Run the program, then end what it left unfinished; what does not end counts as cancelled from then on."""
        if self._over:
            raise asyncio.CancelledError
        self._over = True
        try:
            return super().run_until_complete(future)
        finally:
            self._wind_up()

    def _wind_up(self) -> None:
        # The base class's handler stops the loop at a failed request, of which there may be many now.
        self.set_exception_handler(_unsaid)
        unfinished = asyncio.all_tasks(self)
        for task in unfinished:
            task.cancel()
        if unfinished:
            super().run_until_complete(asyncio.wait(unfinished, timeout=_WIND_UP_SECONDS))


@contextmanager
def _own_loop() -> Iterator[None]:
    """Give the base class the event loop that it makes meanwhile in this thread; it leaves it open when it fails."""
    make, thread = asyncio.new_event_loop, threading.current_thread()
    loops: list[asyncio.AbstractEventLoop] = []

    def own() -> asyncio.AbstractEventLoop:
        if threading.current_thread() is not thread:
            return make()
        loops.append(_Loop())
        return loops[-1]

    with mock.patch.object(asyncio, "new_event_loop", own):
        try:
            yield
        finally:
            for loop in loops:
                loop.close()


async def _settle() -> None:
    """Wait for all outputs of a program at once.

    The SDK's own wait starts again with each output that settles, in time that grows with the square of their number:
    half of a preview's time at 500 resources. It still has the last word, and what to do about failures.
    """
    failed = False
    while (outputs := [output for output in SETTINGS.outputs if not output.done()]) and not failed:
        done, _ = await asyncio.wait(outputs, return_when=asyncio.FIRST_EXCEPTION)
        failed = any(output.cancelled() or output.exception() for output in done)


def _unsaid(*_: object, **__: object) -> None:
    """Take a message and do nothing with it."""


@contextmanager
def language_host() -> Iterator[None]:
    """Let the Automation API serve inline programs with `LanguageHost`, for which it has no parameter.

    The SDK's messages for its own debugging, four for each resource, are not sent, nor where in the program each
    resource was made: nothing shows them. What a class of an SDK has is worked out once, not for each resource of it.
    """
    with ExitStack() as patches:
        patches.enter_context(mock.patch("pulumi.automation._stack.LanguageServer", LanguageHost))
        patches.enter_context(mock.patch("pulumi.log.debug", _unsaid))
        patches.enter_context(mock.patch("pulumi.runtime.resource._get_stack_trace", source_pb2.StackTrace))
        for reading in _READINGS_OF_A_CLASS:
            patches.enter_context(mock.patch.object(_types, reading, cache(getattr(_types, reading))))
        yield
