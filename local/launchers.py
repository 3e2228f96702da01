"""What the official CLI has beside it: how it starts policy packs, and the providers that programs define."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

# A pack that this process serves only has its port told, for as long as the engine lives.
_COMMANDS = {
    "analyzer-policy-python": """\
served={ports}/$(pwd -P | tr / _)
[ -f "$served" ] || exec {python} -u -m pulumi.policy "$1" "$2"
cat "$served"
while kill -0 "$PPID" 2>/dev/null; do sleep 1; done""",
    "resource-pulumi-python": 'cd {program} && PYTHONPATH=. exec {python} -B -u -m pulumi.dynamic "$@"',
}
_PORTS = "ports"


def write(home: Path, program: Path | None) -> None:
    """Write the launchers among the plugins of `home`; providers import modules of the `program` in that folder."""
    (home / _PORTS).mkdir(parents=True)
    places = {
        "python": shlex.quote(sys.executable),
        "program": shlex.quote(str(program or ".")),
        "ports": shlex.quote(str(home / _PORTS)),
    }
    for plugin, command in _COMMANDS.items():
        launcher = home / "plugins" / f"{plugin}-v0.0.1" / f"pulumi-{plugin}"
        launcher.parent.mkdir(parents=True)
        launcher.write_text(f"#!/bin/sh\n{command.format(**places)}\n", encoding="utf-8")
        launcher.chmod(0o755)


def announce(home: Path, pack: Path, port: int) -> None:
    """Tell the launcher of packs in `home` that this process serves the one in the folder `pack`."""
    (home / _PORTS / str(pack).replace("/", "_")).write_text(f"{port}\n", encoding="utf-8")
