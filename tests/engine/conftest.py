"""What the engine tests share: a copy of this project to run and to break, and sessions of small programs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.limits import HANGING_SECONDS

ROOT = Path(__file__).parents[2]

_NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "docs", "tests", "*.pyc")


@dataclass(frozen=True)
class Checkout:
    """A copy of this project with local state of its own."""

    path: Path
    state: Path
    env: Mapping[str, str] = field(repr=False)
    python: Path = Path(sys.executable)

    def start(self, *arguments: str, **env: str) -> subprocess.Popen[str]:
        """Start `python -m local` with `arguments`."""
        return subprocess.Popen(
            [self.python, "-m", "local", *arguments],
            cwd=self.path,
            env={**self.env, **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run `python -m local` with `arguments` to its end."""
        process = self.start(*arguments, **env)
        stdout, stderr = process.communicate(timeout=HANGING_SECONDS)
        return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)

    def succeed(self, *arguments: str, **env: str) -> str:
        """Run `python -m local` with `arguments`, expect success and return what it prints."""
        done = self.run(*arguments, **env)
        assert done.returncode == 0, reason(done.stdout, done.stderr)
        return done.stdout

    def replace(self, file: str, old: str, new: str) -> None:
        """Change the one place where `old` stands in `file`."""
        path = self.path / file
        text = path.read_text()
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new))

    def files(self) -> dict[str, bytes]:
        """Return all files but Python's caches, with their contents."""
        found = (path for path in self.path.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        return {str(path.relative_to(self.path)): path.read_bytes() for path in found}


def reason(stdout: str, stderr: str) -> str:
    """Return the lines that say why a run failed; the plan of the whole platform is too long to read."""
    told = [line for line in stdout.splitlines() if re.search(r"error: |\[mandatory\]", line)]
    return "\n".join([*told, *stderr.splitlines()[-30:]])


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """Return a fresh copy of this project, without its tests."""
    return copy_checkout(tmp_path)


def copy_checkout(folder: Path) -> Checkout:
    """A copy of this project in a folder, without its tests."""
    path = folder / "checkout"
    shutil.copytree(ROOT, path, ignore=_NOT_COPIED)
    state = folder / "state"
    return Checkout(path, state, {**os.environ, "XDG_STATE_HOME": str(state)})
