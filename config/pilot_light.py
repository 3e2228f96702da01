"""Prints the options that leave out what a pilot light waits with; nothing for a stack that is none.

`python -m config.pilot_light takeover`
"""

from __future__ import annotations

import sys
from pathlib import Path

from components.recovery import exclusions
from config.files import ROOT, values
from config.parsing import ConfigError


def options(stack: str, folder: Path = ROOT) -> list[str]:
    """Options for the engine, by the stack's file."""
    return exclusions() if values(stack, folder).get("pilotLight") is True else []


if __name__ == "__main__":
    try:
        sys.stdout.write("".join(f"{option}\n" for option in options(sys.argv[1])))
    except ConfigError as error:
        sys.exit(f"error: {error}")
