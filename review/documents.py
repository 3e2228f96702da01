"""Writes what documentation shows of production, after one deployment offline: `python -m review.documents`."""

from __future__ import annotations

import sys

from review import offline
from review.diagram import drawing as diagram
from review.diagram.architecture import Architecture
from review.errors import ReviewError
from review.reference import components


def main() -> int:
    """Run the command and return its exit code."""
    try:
        inventory = offline.deployed(diagram.ROOT, "production")
        diagram.TARGET.write_text(diagram.draw(Architecture(inventory)), encoding="utf-8")
        components.TARGET.write_text(components.reference(components.SOURCE, inventory), encoding="utf-8")
    except ReviewError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
