"""What the official CLI has beside it: how it starts policy packs, and the providers that programs define."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

# Modules of a pack come from its own folder alone.
_POLICY_HOST = """\
import sys
sys.path.insert(0, {root!r})
from local import policy_host
sys.path.remove({root!r})
policy_host.main()
"""
_COMMANDS = {
    "analyzer-policy-python": 'exec {python} -u -c {host} "$1" "$2"',
    "resource-pulumi-python": 'cd {program} && PYTHONPATH=. exec {python} -B -u -m pulumi.dynamic "$@"',
}


def write(home: Path, program: Path | None) -> None:
    """Write the launchers among the plugins of `home`; providers import modules of the `program` in that folder."""
    host = _POLICY_HOST.format(root=str(Path(__file__).resolve().parents[1]))
    texts = {"python": sys.executable, "host": host, "program": str(program or ".")}
    quoted = {name: shlex.quote(text) for name, text in texts.items()}
    for plugin, command in _COMMANDS.items():
        launcher = home / "plugins" / f"{plugin}-v0.0.1" / f"pulumi-{plugin}"
        launcher.parent.mkdir(parents=True)
        launcher.write_text(f"#!/bin/sh\n{command.format(**quoted)}\n", encoding="utf-8")
        launcher.chmod(0o755)
