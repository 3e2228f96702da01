"""Says what a preview holds that AWS refuses: `python -m changes events.jsonl`. Exit code 1 where there is anything."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from changes.refusals import refusals


def main(arguments: Sequence[str]) -> int:
    """Read a file of engine events, one a line (`pulumi preview --event-log`)."""
    (file,) = arguments
    lines = Path(file).read_text(encoding="utf-8").splitlines()
    found = refusals(json.loads(line) for line in lines if line.strip())
    for refusal in found:
        sys.stderr.write(f"error: AWS refuses this change. {refusal}\n")
    if found:
        sys.stderr.write("Nothing was changed. docs/configuration.md says of each setting how it can change.\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
