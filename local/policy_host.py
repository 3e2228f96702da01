"""Runs policy packs with the server of the stand-ins: the engine waits for each answer, a thousand in a run."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Sequence
from typing import Any

import grpc

from local.rpc import Server


def main() -> None:
    """Run a pack in the way of `python -m pulumi.policy`."""
    grpc.server = _server  # type: ignore[assignment]
    # A pack may have a module of this name.
    del sys.modules["local"]
    runpy.run_module("pulumi.policy", run_name="__main__", alter_sys=True)


def _server(
    pool: Any,
    *,
    interceptors: Sequence[grpc.ServerInterceptor[Any, Any]] = (),
    options: Sequence[tuple[str, int]] = (),
) -> Server:
    return Server(pool.submit, (), options, interceptors)
