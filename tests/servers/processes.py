"""Servers as child processes: started on this machine only, in a folder of their own, and always ended."""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.limits import HANGING_SECONDS
from tests.servers.packages import system_program

LOOPBACK = "127.0.0.1"
_POLL_SECONDS = 0.1
BUS = 10_000
"""How far above its own port a node of a cluster talks to others."""
_PORTS = range(11_000, 11_000 + BUS)
_MARKS: list[socket.socket] = []
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
        process.wait(HANGING_SECONDS)


def wait_for(ready: Callable[[], bool], servers: Sequence[Server] = ()) -> None:
    """Wait until something is so that takes the servers a while.

    Raises:
        RuntimeError: one of them ended, or the time is up; the message ends with what the servers said last.
    """
    deadline = time.monotonic() + HANGING_SECONDS
    while not ready():
        for server in servers:
            if server.process.poll() is not None:
                raise RuntimeError(f"{server.name} ended while starting:\n{server.last_words}")
        if time.monotonic() > deadline:
            said = "\n".join(server.last_words for server in servers)
            raise RuntimeError(f"nothing within {HANGING_SECONDS:.0f} s:\n{said}")
        time.sleep(_POLL_SECONDS)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, and that no other tests are given as long as this process goes on.

    They and those 10,000 above, where nodes of a cluster talk, lie below what systems give to whoever asks for any.
    """
    candidates = random.sample(_PORTS, len(_PORTS))
    return list(itertools.islice(filter(_taken, candidates), count))


def _taken(port: int) -> bool:
    """Take a port if it is free: that of UDP with its number, which nothing here uses, says so to other processes."""
    mark = socket.socket(type=socket.SOCK_DGRAM)
    try:
        mark.bind((LOOPBACK, port))
        for each in (port, port + BUS):
            with socket.socket() as probe:
                probe.bind((LOOPBACK, each))
    except OSError:
        mark.close()
        return False
    _MARKS.append(mark)
    return True


def certificate(home: Path) -> tuple[Path, Path]:
    """A certificate for this machine that signs itself, and its key: two files below `home`."""
    files = home / "server.crt", home / "server.key"
    request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    subject = ["-subj", "/CN=localhost", "-addext", f"subjectAltName=DNS:localhost,IP:{LOOPBACK}"]
    command: list[str | Path] = [system_program("openssl"), *request, *subject, "-out", files[0], "-keyout", files[1]]
    subprocess.run(command, check=True, capture_output=True, timeout=HANGING_SECONDS)
    return files
