"""Compiled modules in the user's cache: a checkout's own, where Python is told to write nothing beside them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from local import bytecode, cache


def checkout(folder: Path) -> Path:
    """A checkout with the offline engine's package and one module."""
    (folder / "local").mkdir(parents=True)
    for module in (bytecode, cache):
        shutil.copy(str(module.__file__), folder / "local")
    (folder / "local" / "sdks.py").touch()
    (folder / "local" / "__init__.py").write_text("from local import bytecode\n\nbytecode.keep()\n")
    return folder


def value(folder: Path, cache: Path, *, write: str = "") -> str:
    """What the module of the checkout says to a new process."""
    done = subprocess.run(
        [sys.executable, "-c", "import local, module; print(module.VALUE)"],
        cwd=folder,
        env={**os.environ, "XDG_CACHE_HOME": str(cache), "PYTHONDONTWRITEBYTECODE": write},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def test_a_module_is_compiled_once_until_it_changes(tmp_path: Path) -> None:
    folder, home = checkout(tmp_path / "checkout"), tmp_path / "cache"
    module = folder / "module.py"
    module.write_text("VALUE = 1\n")
    os.utime(module, (1, 1))
    assert value(folder, home, write="1") == "1"
    # Another text of the same size and time goes unseen, and so what was compiled is in use.
    module.write_text("VALUE = 2\n")
    os.utime(module, (1, 1))
    assert value(folder, home, write="1") == "1"
    os.utime(module, (2, 2))
    assert value(folder, home, write="1") == "2"
    kept = list(home.glob("trading-platform/code/*/module-*"))
    assert len(kept) == 1
    kept[0].write_bytes(kept[0].read_bytes()[:40])
    assert value(folder, home, write="1") == "2"
    assert not list(folder.rglob("__pycache__"))


def test_two_checkouts_have_each_their_own(tmp_path: Path) -> None:
    home = tmp_path / "cache"
    folders = [checkout(tmp_path / name) for name in ("one", "two")]
    for number, folder in enumerate(folders):
        (folder / "module.py").write_text(f"VALUE = {number}\n")
        os.utime(folder / "module.py", (1, 1))
    assert [value(folder, home, write="1") for folder in folders] == ["0", "1"]


def test_python_keeps_them_itself_where_it_may(tmp_path: Path) -> None:
    folder, home = checkout(tmp_path / "checkout"), tmp_path / "cache"
    (folder / "module.py").write_text("VALUE = 1\n")
    assert value(folder, home) == "1"
    assert not home.exists()
    assert list(folder.rglob("__pycache__/module.*.pyc"))
