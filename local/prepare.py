"""`python3 -m local.prepare .venv`: make the virtual environment, and at the same time the CLI where it must be built.

It runs on the system's Python, before anything is installed. An environment that cannot be made stops both.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from local.processes import beside, ends_in_order

REQUIREMENTS = "requirements-dev.txt"


def main(arguments: Sequence[str]) -> int:
    """Prepare both and return 0, or what stopped the environment; the CLI is looked for once more afterwards."""
    (environment,) = arguments
    make: list[str | Path] = [sys.executable, "-m", "venv", environment]
    python = Path(environment) / "bin" / "python"
    install: list[str | Path] = [
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "-r",
        REQUIREMENTS,
    ]
    with beside([sys.executable, "-m", "local.ahead"]) as build:
        for command in (make, install):
            if code := subprocess.run(command, check=False).returncode:
                return code
        build.wait()
    return 0


if __name__ == "__main__":
    ends_in_order()
    sys.exit(main(sys.argv[1:]))
