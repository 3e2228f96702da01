"""The programs that come with the system, and the Debian packages that bring them."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.processes import Report, StepError, run_step

POSTGRES_MAJOR = "15"
REDIS_MINOR = "7.0"

# Command → Debian package.
PACKAGES: Mapping[str, str] = {
    "etcd": "etcd-server",
    "initdb": f"postgresql-{POSTGRES_MAJOR}",
    "openssl": "openssl",
    "postgres": f"postgresql-{POSTGRES_MAJOR}",
    "psql": f"postgresql-{POSTGRES_MAJOR}",
    "redis-cli": "redis-server",
    "redis-server": "redis-server",
}

# Debian keeps the programs of each major of PostgreSQL in a folder of their own, off PATH.
_FOLDERS = (f"/usr/lib/postgresql/{POSTGRES_MAJOR}/bin",)
_INSTALL_SECONDS = 300.0


def to_stderr(line: str) -> None:
    """Report progress where a test runner does not hold it back."""
    if sys.__stderr__:
        sys.__stderr__.write(f"{line}\n")
        sys.__stderr__.flush()


def _find(command: str) -> str | None:
    return shutil.which(command, path=os.pathsep.join([*_FOLDERS, os.environ.get("PATH", "")]))


def system_program(command: str) -> Path:
    """Return a program that comes with the system.

    Raises:
        RuntimeError: it is missing; the message says what to install.
    """
    if path := _find(command):
        return Path(path)
    raise RuntimeError(
        f"`{command}` is missing: install it, on Debian and Ubuntu with `apt-get install {PACKAGES[command]}`"
    )


def _missing() -> list[str]:
    return sorted({package for command, package in PACKAGES.items() if not _find(command)})


def install_packages(report: Report = to_stderr) -> None:
    """Install the Debian packages of missing programs, where this user may.

    Raises:
        RuntimeError: programs are missing and cannot be installed; the message names all that has to be.
    """
    missing = _missing()
    apt = shutil.which("apt-get")
    if missing and apt and os.geteuid() == 0:
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        install = [apt, "install", "--yes", "--quiet", "--no-install-recommends", *missing]
        try:
            run_step("Updating the package lists", [apt, "update", "--quiet"], timeout=_INSTALL_SECONDS, report=report)
            run_step(f"Installing {', '.join(missing)}", install, timeout=_INSTALL_SECONDS, report=report, env=env)
        except StepError as error:
            raise RuntimeError(f"{_asked_for(missing)}. They could not be installed from here: {error}") from error
        missing = _missing()
    if missing:
        raise RuntimeError(_asked_for(missing))


def _asked_for(packages: Sequence[str]) -> str:
    return (
        f"the tests start servers that are missing here. Install them as root, on Debian 12 with "
        f"`apt-get install --no-install-recommends {' '.join(packages)}`; elsewhere PostgreSQL {POSTGRES_MAJOR}, "
        f"Redis {REDIS_MINOR}, etcd and OpenSSL from packages of that system. `make check` needs none of them"
    )
