"""The tools of Prometheus and of its alert manager, which judge files as the servers do."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.limits import HANGING_SECONDS
from tests.servers.packages import system_program


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """What promtool says.

    Raises:
        RuntimeError: it is missing; the message says what to install.
    """
    return _run("promtool", *arguments)


def amtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """What amtool says.

    Raises:
        RuntimeError: it is missing; the message says what to install.
    """
    return _run("amtool", *arguments)


def _run(program: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [system_program(program), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=HANGING_SECONDS)
