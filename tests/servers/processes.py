"""Servers as child processes: started on this machine only, in a folder of their own, and always ended."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.servers.packages import system_program

LOOPBACK = "127.0.0.1"
START_SECONDS = 60.0
STOP_SECONDS = 30.0
_POLL_SECONDS = 0.1
_LAST_LINES = 10


@dataclass(frozen=True)
class Account:
    """A user of the system that servers run as."""

    user: int
    group: int

    def own(self, folder: Path) -> None:
        """Give everything in a folder to this user."""
        for path in (folder, *folder.rglob("*")):
            os.chown(path, self.user, self.group)

    @property
    def options(self) -> Mapping[str, object]:
        """Arguments that let subprocess run a program as this user."""
        own = self.user == os.geteuid()
        return {} if own else {"user": self.user, "group": self.group, "extra_groups": []}


def unprivileged() -> Account:
    """This user; `nobody` in place of root, whom PostgreSQL refuses to serve."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    entry = pwd.getpwnam("nobody")
    return Account(entry.pw_uid, entry.pw_gid)


@dataclass(frozen=True)
class Server:
    """A process that serves, and the file with what it says."""

    name: str
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def last_words(self) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LAST_LINES:])


@contextlib.contextmanager
def folder(prefix: str) -> Iterator[Path]:
    """A folder for a server's data, gone afterwards whoever owns it."""
    path = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def running(
    name: str,
    arguments: Sequence[str | Path],
    home: Path,
    *,
    account: Account | None = None,
    stop: signal.Signals = signal.SIGKILL,
) -> Iterator[Server]:
    """Run a program until the block ends. Nothing is kept, so that most need not finish anything: `stop` ends them."""
    log = home / f"{name}.log"
    options = account.options if account else {}
    with log.open("wb") as out:
        process = subprocess.Popen(  # type: ignore[call-overload]  # the account's options are those of Popen
            list(map(str, arguments)), cwd=home, stdin=subprocess.DEVNULL, stdout=out, stderr=out, **options
        )
    try:
        yield Server(name, log, process)
    finally:
        process.send_signal(stop)
        process.wait(STOP_SECONDS)


def wait_for(ready: Callable[[], bool], servers: Sequence[Server]) -> None:
    """Wait until the servers are ready.

    Raises:
        RuntimeError: one of them ended, or the time is up; the message ends with what the servers said last.
    """
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        for server in servers:
            if server.process.poll() is not None:
                raise RuntimeError(f"{server.name} ended while starting:\n{server.last_words}")
        if time.monotonic() > deadline:
            raise RuntimeError(f"no answer within {START_SECONDS:.0f} s:\n{servers[-1].last_words}")
        time.sleep(_POLL_SECONDS)


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody listens on."""
    with contextlib.ExitStack() as sockets:
        bound = [sockets.enter_context(socket.socket()) for _ in range(count)]
        for each in bound:
            each.bind((LOOPBACK, 0))
        return [each.getsockname()[1] for each in bound]


def certificate(home: Path) -> tuple[Path, Path]:
    """A certificate for this machine that signs itself, and its key: two files below `home`."""
    files = home / "server.crt", home / "server.key"
    request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    subject = ["-subj", "/CN=localhost", "-addext", f"subjectAltName=DNS:localhost,IP:{LOOPBACK}"]
    command: list[str | Path] = [system_program("openssl"), *request, *subject, "-out", files[0], "-keyout", files[1]]
    subprocess.run(command, check=True, capture_output=True, timeout=START_SECONDS)
    return files
