"""The first preview of a fresh clone: a user's empty home, no environment, no caches, and no CLI unless on PATH."""

from __future__ import annotations

import os
import resource
import subprocess
import time
from pathlib import Path
from typing import Any

from benchmarks.programs import ROOT, STACK

# Of whoever runs the benchmark; without them everything is fetched and compiled anew.
_CACHES = ("GOCACHE", "GOMODCACHE", "GOPATH", "PIP_CACHE_DIR", "XDG_CACHE_HOME", "VIRTUAL_ENV")


def preview(folder: Path) -> dict[str, Any]:
    """What `make preview` takes in a clone of what is committed, and whether it had to build the CLI."""
    clone, home = folder / "clone", folder / "home"
    home.mkdir()
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)  # noqa: S607
    environment = {name: value for name, value in os.environ.items() if name not in _CACHES}
    # Go makes its module cache read-only, which would outlive the folder.
    environment |= {"HOME": str(home), "GOFLAGS": f"{os.environ.get('GOFLAGS', '')} -modcacherw".strip()}
    started, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        ["make", "--no-print-directory", "preview", f"STACK={STACK}"],  # noqa: S607
        cwd=clone,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "seconds": round(time.monotonic() - started, 1),
        "cpu_seconds": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1),
        "cli_built": "Building the Pulumi CLI" in done.stderr,
    }
