"""`python3 -m local.ahead`: build the Pulumi CLI where it will have to be built, before there is an environment.

That takes longest of all that a fresh clone needs, and asks for nothing of the rest: the standard library does.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import urllib.error
import urllib.request
from pathlib import Path

from local import gobuild
from local.cache import cli_home, cli_lock, moved_into_place
from local.processes import StepError, ends_in_order, locked, run_step, to_stderr

_REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements.txt"
# What the official installer starts with.
_INSTALLER = "https://get.pulumi.com/install.sh"
_PROBE_SECONDS = 10.0


def main() -> int:
    """Build what is missing; 1 where that failed, which is told, and tried again by `python -m local setup`."""
    version = pinned()
    home = cli_home(version)
    binary = home / "bin" / "pulumi"
    if shutil.which("pulumi") or os.access(binary, os.X_OK) or _downloads():
        return 0
    try:
        with locked(cli_lock(home), "the Pulumi CLI", to_stderr):
            if not binary.exists():
                _build(home, version)
    except StepError as reason:
        to_stderr(f"The Pulumi CLI could not be built: {reason}")
        return 1
    return 0


def pinned() -> str:
    """The version of the SDK, which the CLI has to match."""
    (version,) = re.findall(r"^pulumi==(\S+)$", _REQUIREMENTS.read_text(encoding="utf-8"), re.MULTILINE)
    return str(version)


def _downloads() -> bool:
    """Whether the official installer answers, which comes with the environment and takes seconds."""
    try:
        with urllib.request.urlopen(_INSTALLER, timeout=_PROBE_SECONDS):
            return True
    except (OSError, urllib.error.URLError):
        return False


def _build(home: Path, version: str) -> None:
    to_stderr(f"The Pulumi CLI {version} cannot be downloaded: building it while the environment is prepared")
    with moved_into_place(home) as root:
        way = gobuild.with_go_on_path if shutil.which("go") else gobuild.with_go_from_pip
        way(root, version, to_stderr)
        run_step("Starting it", [root / "bin" / "pulumi", "version"], timeout=60, report=to_stderr)


if __name__ == "__main__":
    ends_in_order()
    sys.exit(main())
