"""The programs that come with the system, and the packages that bring them."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.processes import Report, StepError, run_step

POSTGRES_MAJOR = "15"
REDIS_MINOR = "7.0"
"""The oldest Redis, or Valkey that says it is one, that the tests ask of the system."""

# Program → the commands that do, and its package by the manager that installs it.
PROGRAMS: Mapping[str, tuple[tuple[str, ...], Mapping[str, str]]] = {
    "amtool": (
        ("amtool",),
        {"apt-get": "prometheus-alertmanager", "dnf": "golang-github-prometheus-alertmanager"},
    ),
    "jq": (("jq",), {"apt-get": "jq", "dnf": "jq"}),
    "openssl": (("openssl",), {"apt-get": "openssl", "dnf": "openssl"}),
    "promtool": (("promtool",), {"apt-get": "prometheus", "dnf": "golang-github-prometheus"}),
    "redis-cli": (("redis-cli", "valkey-cli"), {"apt-get": "redis-server", "dnf": "valkey"}),
    "redis-server": (("redis-server", "valkey-server"), {"apt-get": "redis-server", "dnf": "valkey"}),
}
# Others that are built or fetched where the system has none; its own are there sooner.
SOONER: Mapping[str, Mapping[str, str]] = {"etcd": {"apt-get": "etcd-server"}}

_INSTALL_SECONDS = 300.0


def to_stderr(line: str) -> None:
    """Report progress where a test runner does not hold it back."""
    if sys.__stderr__:
        sys.__stderr__.write(f"{line}\n")
        sys.__stderr__.flush()


def system_program(program: str) -> Path:
    """Return a program that comes with the system.

    Raises:
        RuntimeError: it is missing; the message says what to install.
    """
    if path := _find(program):
        return Path(path)
    raise RuntimeError(f"`{program}` is missing: install {_asked_for([program])}")


def _find(program: str) -> str | None:
    commands, _ = PROGRAMS[program]
    return next((found for command in commands if (found := shutil.which(command))), None)


def _missing() -> list[str]:
    return [program for program in PROGRAMS if not _find(program)]


def install_packages(report: Report = to_stderr) -> None:
    """Install the packages of missing programs, where this user may and the system's package manager is known.

    Raises:
        RuntimeError: programs are missing and cannot be installed; the message names all that has to be.
    """
    missing = _missing()
    late = [program for program in SOONER if not shutil.which(program)]
    manager = next((name for name in ("apt-get", "dnf") if shutil.which(name)), None)
    if (missing or late) and manager and os.geteuid() == 0:
        packages = [PROGRAMS[program][1][manager] for program in missing]
        packages += [SOONER[program][manager] for program in late if manager in SOONER[program]]
        try:
            _install(manager, sorted(set(packages)), report)
        except StepError as error:
            if missing:
                raise RuntimeError(f"{_told(missing)}. They could not be installed from here: {error}") from error
        missing = _missing()
    if missing:
        raise RuntimeError(_told(missing))


def _install(manager: str, packages: Sequence[str], report: Report) -> None:
    if not packages:
        return
    options = ["--yes", "--quiet"]
    if manager == "apt-get":
        options.append("--no-install-recommends")
        run_step("Updating the package lists", [manager, "update", "--quiet"], timeout=_INSTALL_SECONDS, report=report)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = [manager, "install", *options, *packages]
    run_step(f"Installing {', '.join(packages)}", command, timeout=_INSTALL_SECONDS, report=report, env=env)


def _asked_for(programs: Sequence[str]) -> str:
    """What to install for programs, by package manager."""
    managers = ("apt-get", "dnf")
    packages = {manager: sorted({PROGRAMS[program][1][manager] for program in programs}) for manager in managers}
    return " or ".join(f"`{manager} install {' '.join(names)}`" for manager, names in packages.items())


def _told(programs: Sequence[str]) -> str:
    return (
        f"the tests use programs that are missing here ({', '.join(programs)}). Install them as root, with "
        f"{_asked_for(programs)}; elsewhere Redis {REDIS_MINOR} or newer, or Valkey, with TLS, OpenSSL, jq, and the "
        "tools of Prometheus and Alertmanager from packages of that system. `make check` needs none of them"
    )
