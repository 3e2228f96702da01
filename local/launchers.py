"""What the official CLI has beside it: how it starts policy packs, and the providers that programs define."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

_COMMANDS = {
    "analyzer-policy-python": 'exec {python} -u -m pulumi.policy "$1" "$2"',
    "resource-pulumi-python": 'cd {program} && PYTHONPATH=. exec {python} -B -u -m pulumi.dynamic "$@"',
}


def write(home: Path, program: Path | None) -> None:
    """Write the launchers among the plugins of `home`; providers import modules of the `program` in that folder."""
    places = {"python": shlex.quote(sys.executable), "program": shlex.quote(str(program or "."))}
    for plugin, command in _COMMANDS.items():
        launcher = home / "plugins" / f"{plugin}-v0.0.1" / f"pulumi-{plugin}"
        launcher.parent.mkdir(parents=True)
        launcher.write_text(f"#!/bin/sh\n{command.format(**places)}\n", encoding="utf-8")
        launcher.chmod(0o755)
