"""A process that has loaded the AWS CLI and the engine's SDKs, and takes commands: each runs in a fork of it.

`python -m tests.runbooks.loaded SOCKET`. Pages call `aws` and `pulumi` hundreds of times, each loading them anew.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.runbooks import aws_cli, pulumi_cli
from tests.runbooks.pages import ROOT
from tests.servers.processes import running, wait_for

Program = Callable[[Sequence[str]], int]
PROGRAMS: dict[str, Program] = {"aws": aws_cli.play, "pulumi": pulumi_cli.play}


@contextmanager
def loaded(home: Path) -> Iterator[Path]:
    """Run the process, and yield the socket on which it listens."""
    path = home / "loaded.sock"
    command: list[str | Path] = ["env", f"PYTHONPATH={ROOT}", sys.executable, "-m", "tests.runbooks.loaded", path]
    with running("loaded", command, home) as process:
        wait_for(path.exists, [process])
        yield path


def serve(path: str) -> None:
    """Take commands until somebody ends the process."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        while True:
            connection, _ = server.accept()
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                server.close()
                os._exit(_answer(connection))
            connection.close()


def _answer(connection: socket.socket) -> int:
    _, files, _, _ = socket.recv_fds(connection, 1, 3)
    for target, file in enumerate(files):
        os.dup2(file, target)
    request: dict[str, Any] = json.loads(b"".join(iter(lambda: connection.recv(65536), b"")))
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    try:
        code = PROGRAMS[request["program"]](request["words"])
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    connection.sendall(str(code).encode())
    return code


if __name__ == "__main__":
    aws_cli.load()
    pulumi_cli.load(ROOT)
    serve(sys.argv[1])
