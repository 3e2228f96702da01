"""Writes what documentation shows of the stacks, after one deployment of each: `python -m review.documents`."""

from __future__ import annotations

import sys

from review import offline
from review.cost import readme
from review.cost.estimate import estimate_of
from review.diagram import drawing as diagram
from review.diagram.architecture import Architecture
from review.errors import ReviewError
from review.reference import components, guarded


def main() -> int:
    """Run the command and return its exit code."""
    try:
        deployed = {stack: offline.deployed(diagram.ROOT, stack) for stack in readme.STACKS}
        inventory = deployed["production"]
        diagram.TARGET.write_text(diagram.draw(Architecture(inventory)), encoding="utf-8")
        guarded.TARGET.write_text(guarded.lists(), encoding="utf-8")
        components.TARGET.write_text(components.reference(components.SOURCE, inventory), encoding="utf-8")
        readme.write(diagram.ROOT / "README.md", {stack: estimate_of(each) for stack, each in deployed.items()})
    except ReviewError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
