"""The language server of inline programs, with the manners of the language host that comes with the official CLI."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from unittest import mock

import grpc
from pulumi import _types
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import language_pb2, source_pb2
from pulumi.runtime.settings import SETTINGS

_WIND_UP_SECONDS = 5
_READINGS_OF_A_CLASS = (
    *("_types_from_py_properties", "input_type_py_to_pulumi_names", "resource_types"),
    *("resource_pulumi_to_py_names", "resource_py_to_pulumi_names", "unwrap_type"),
)


class LanguageHost(LanguageServer):
    """Says once what is wrong with a program, and closes the event loop of one that the engine ended early."""

    def Run(self, request: language_pb2.RunRequest, context: grpc.ServicerContext) -> language_pb2.RunResponse:  # noqa: N802
        """Run the program."""
        program = self.program

        async def settled() -> None:
            program()
            await _settle()

        self.program = settled
        # A run that failed leaves outputs behind which belong to its own event loop.
        SETTINGS.rpc_manager.clear()
        SETTINGS.outputs.clear()
        with _own_loop_closed():
            response: language_pb2.RunResponse = super().Run(request, context)  # type: ignore[no-untyped-call]
        # The base class has logged the error: to return it as well makes the engine print it a second time.
        return language_pb2.RunResponse(bail=True) if response.error else response


@contextmanager
def _own_loop_closed() -> Iterator[None]:
    """Close the event loop that this thread makes meanwhile, which the base class leaves open when a task fails."""
    make, thread = asyncio.new_event_loop, threading.current_thread()
    loops: list[asyncio.AbstractEventLoop] = []

    def noted() -> asyncio.AbstractEventLoop:
        loop = make()
        if threading.current_thread() is thread:
            loops.append(loop)
        return loop

    with mock.patch.object(asyncio, "new_event_loop", noted):
        try:
            yield
        finally:
            for loop in loops:
                _wind_up(loop)


def _wind_up(loop: asyncio.AbstractEventLoop) -> None:
    """End what a run left unfinished. The base class stops at the first task that fails while it is cancelled."""
    if loop.is_closed():
        return
    # The base class's handler stops the loop at a failed request, of which there may be many now.
    loop.set_exception_handler(_unsaid)
    unfinished = asyncio.all_tasks(loop)
    for task in unfinished:
        task.cancel()
    try:
        if unfinished:
            loop.run_until_complete(asyncio.wait(unfinished, timeout=_WIND_UP_SECONDS))
    finally:
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
