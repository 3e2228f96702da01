"""The language server of inline programs, with the manners of the language host that comes with the official CLI."""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager
from unittest import mock

import grpc
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import language_pb2
from pulumi.runtime.settings import SETTINGS


class LanguageHost(LanguageServer):
    """Says once what is wrong with a program, and closes the event loop of one that the engine ended early."""

    def Run(self, request: language_pb2.RunRequest, context: grpc.ServicerContext) -> language_pb2.RunResponse:  # noqa: N802
        """Run the program."""
        loops: list[asyncio.AbstractEventLoop] = []
        program = self.program

        async def noted() -> None:
            loops.append(asyncio.get_running_loop())
            program()
            await _settle()

        self.program = noted
        try:
            response: language_pb2.RunResponse = super().Run(request, context)  # type: ignore[no-untyped-call]
        finally:
            for loop in loops:
                loop.close()
        # The base class has logged the error: to return it as well makes the engine print it a second time.
        return language_pb2.RunResponse(bail=True) if response.error else response


async def _settle() -> None:
    """Wait for all outputs of a program at once.

    The SDK's own wait starts again with each output that settles, in time that grows with the square of their number:
    half of a preview's time at 500 resources. It still has the last word, and what to do about failures.
    """
    failed = False
    while (outputs := [output for output in SETTINGS.outputs if not output.done()]) and not failed:
        done, _ = await asyncio.wait(outputs, return_when=asyncio.FIRST_EXCEPTION)
        failed = any(output.cancelled() or output.exception() for output in done)


def language_host() -> AbstractContextManager[object]:
    """Let the Automation API serve inline programs with `LanguageHost`, for which it has no parameter."""
    return mock.patch("pulumi.automation._stack.LanguageServer", LanguageHost)
