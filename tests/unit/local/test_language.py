"""The language host of inline programs."""

from __future__ import annotations

import asyncio
import threading

from local.language import _own_loop_closed


async def stubborn() -> None:
    try:
        await asyncio.sleep(60)
    finally:
        raise ConnectionError


def begun(loop: asyncio.AbstractEventLoop) -> asyncio.Task[None]:
    task = loop.create_task(stubborn())
    loop.run_until_complete(asyncio.sleep(0))
    return task


def test_a_loop_is_closed_whatever_its_tasks_do_when_they_end() -> None:
    with _own_loop_closed():
        loop = asyncio.new_event_loop()
        # What the SDK does at a failed request.
        loop.set_exception_handler(lambda loop, _: loop.stop())
        task = begun(loop)
        loop.call_soon(loop.call_exception_handler, {"message": "a failed request"})
    assert loop.is_closed()
    assert isinstance(task.exception(), ConnectionError)


def test_a_loop_of_another_thread_is_left_alone() -> None:
    loops: list[asyncio.AbstractEventLoop] = []
    with _own_loop_closed():
        thread = threading.Thread(target=lambda: loops.append(asyncio.new_event_loop()))
        thread.start()
        thread.join()
    assert not loops[0].is_closed()
    loops[0].close()
