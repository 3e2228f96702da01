"""Prints the options that leave out what a pilot light waits with; nothing for a stack that is none.

`python -m config.pilot_light takeover`
"""

from __future__ import annotations

import sys
from pathlib import Path

import yaml

from components.recovery import exclusions
from config.schema import NAMESPACE

ROOT = Path(__file__).resolve().parent.parent


def options(stack: str, folder: Path = ROOT) -> list[str]:
    """Options for the engine, by the stack's file."""
    content = yaml.safe_load((folder / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))
    return exclusions() if content["config"].get(f"{NAMESPACE}:pilotLight") is True else []


if __name__ == "__main__":
    sys.stdout.write("".join(f"{option}\n" for option in options(sys.argv[1])))
