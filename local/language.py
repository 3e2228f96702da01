"""The language server of inline programs, with the manners of the language host that comes with the official CLI."""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager
from unittest import mock

import grpc
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import language_pb2


class LanguageHost(LanguageServer):
    """Says once what is wrong with a program, and closes the event loop of one that the engine ended early."""

    def Run(self, request: language_pb2.RunRequest, context: grpc.ServicerContext) -> language_pb2.RunResponse:  # noqa: N802
        """Run the program."""
        loops: list[asyncio.AbstractEventLoop] = []
        program = self.program

        def noted() -> None:
            loops.append(asyncio.get_running_loop())
            program()

        self.program = noted
        try:
            response: language_pb2.RunResponse = super().Run(request, context)  # type: ignore[no-untyped-call]
        finally:
            for loop in loops:
                loop.close()
        # The base class has logged the error: to return it as well makes the engine print it a second time.
        return language_pb2.RunResponse(bail=True) if response.error else response


def language_host() -> AbstractContextManager[object]:
    """Let the Automation API serve inline programs with `LanguageHost`, for which it has no parameter."""
    return mock.patch("pulumi.automation._stack.LanguageServer", LanguageHost)
