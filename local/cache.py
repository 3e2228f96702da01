"""The folder of a user that keeps what is expensive to get, shared by all checkouts."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path


def cache_directory() -> Path:
    """Return the folder, which need not be there yet."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "trading-platform"


def cli_home(version: object, cache: Path | None = None) -> Path:
    """Where the Pulumi CLI of a version has its folder `bin`."""
    return (cache or cache_directory()) / f"pulumi-{version}"


def cli_lock(home: Path) -> Path:
    """What a process holds that installs the CLI into `home`."""
    return home.with_name(f"{home.name}.lock")


@contextlib.contextmanager
def moved_into_place(home: Path) -> Iterator[Path]:
    """A folder beside `home` with an empty `bin`, which becomes `home` when the block ends without an error."""
    with tempfile.TemporaryDirectory(dir=home.parent, prefix=f"{home.name}.") as folder:
        root = Path(folder) / home.name
        (root / "bin").mkdir(parents=True)
        yield root
        shutil.rmtree(home, ignore_errors=True)
        root.replace(home)
