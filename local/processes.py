"""Child processes that take long: bounded in time, with visible progress, and never left behind."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

Report = Callable[[str], object]

PROGRESS_SECONDS = 15.0
"""How often a running step says that it still runs."""

_REQUESTS = (signal.SIGINT, signal.SIGTERM)


class StepError(Exception):
    """Why a step failed, in one line."""


def run_step(  # noqa: PLR0913 - a command line, where it runs, and how it is watched
    title: str,
    command: Sequence[str | Path],
    *,
    timeout: float,
    report: Report,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> None:
    """Run `command` for at most `timeout` seconds and report its start, every 15 seconds, and its end.

    Raises:
        StepError: the command cannot start, exits with a failure (then its last line is the reason) or takes too long.
    """
    started = time.monotonic()
    report(f"{title} …")
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log:
        with _process_group(command, stdout=log, cwd=cwd, env=env) as process:
            while process.poll() is None:
                elapsed = time.monotonic() - started
                if elapsed >= timeout:
                    raise StepError(f"no result within {timeout:.0f} s")
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(min(PROGRESS_SECONDS, timeout - elapsed))
                    break
                report(f"{title} … {time.monotonic() - started:.0f} s")
        if process.returncode:
            log.seek(0)
            raise StepError(_last_line(log.read()) or f"exit code {process.returncode}")
    report(f"{title}: done in {time.monotonic() - started:.0f} s")


@contextlib.contextmanager
def signals_left_to_children() -> Iterator[None]:
    """Keep this process alive when the user interrupts it: its children are told as well, and end in good order."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # A function and not SIG_IGN, which the children would inherit.
    before = {number: signal.signal(number, lambda *_: None) for number in _REQUESTS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def ends_in_order() -> None:
    """From now on the first request to end this process, or Ctrl-C, ends its steps; others do not disturb that."""

    def end(number: int, _: object) -> None:
        for each in _REQUESTS:
            signal.signal(each, signal.SIG_IGN)
        sys.exit(128 + number)

    for each in _REQUESTS:
        signal.signal(each, end)


@contextlib.contextmanager
def beside(command: Sequence[str | Path]) -> Iterator[subprocess.Popen[bytes]]:
    """Run `command` while the block runs, and ask it to end if the block ends first.

    It hears Ctrl-C as this process does, and has to end what it started: see `ends_in_order`.
    """
    process = None
    try:
        with _signals_held():
            process = subprocess.Popen(command)
        yield process
    finally:
        if process:
            process.terminate()
            process.wait()


@contextlib.contextmanager
def locked(path: Path, what: str, report: Report) -> Iterator[None]:
    """Hold the lock file `path`, so that one process installs `what` while others wait for its result."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report(f"Another process is installing {what}: waiting for it …")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _process_group(
    command: Sequence[str | Path], *, stdout: object, cwd: Path | None, env: Mapping[str, str] | None
) -> Iterator[subprocess.Popen[bytes]]:
    """Start `command` in a group of its own, and end the whole group however the block is left."""
    process = None
    try:
        with _signals_held():
            process = _started(command, stdout=stdout, cwd=cwd, env=env)
        yield process
    finally:
        if process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _started(
    command: Sequence[str | Path], *, stdout: object, cwd: Path | None, env: Mapping[str, str] | None
) -> subprocess.Popen[bytes]:
    try:
        process: subprocess.Popen[bytes] = subprocess.Popen(  # type: ignore[call-overload]  # an open file is a stdout
            list(map(str, command)),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=env,
            start_new_session=True,
        )
    except OSError as error:
        raise StepError(str(error)) from error
    return process


@contextlib.contextmanager
def _signals_held() -> Iterator[None]:
    """Let a request to end this process wait for the end of the block: a process that just starts would be left."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []
    before = {each: signal.signal(each, lambda number, _: held.append(number)) for each in _REQUESTS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for request in held:
            signal.raise_signal(request)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def to_stderr(line: str) -> None:
    """Show what a step reports."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
