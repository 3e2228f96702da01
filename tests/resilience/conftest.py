"""What the tests of resilience share: a program that nobody edits meanwhile."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.engine.deployed import ROOT

_NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "docs", "tests", "*.pyc")


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this project, without its tests: runs of a minute are to see the same program from first to last."""
    path = tmp_path_factory.mktemp("program") / "checkout"
    shutil.copytree(ROOT, path, ignore=_NOT_COPIED)
    return path


@contextmanager
def replaced(file: Path, old: str, new: str) -> Iterator[None]:
    """Change the one place where `old` stands in a file, for a while."""
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
    file.write_text(text.replace(old, new), encoding="utf-8")
    yield
    file.write_text(text, encoding="utf-8")
