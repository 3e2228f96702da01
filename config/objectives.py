"""Prints what a stack gives after each kind of loss: `python -m config.objectives --stack production`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from components.recovery import Objective, objectives
from config.files import read
from config.model import StackConfig
from config.parsing import ConfigError

_HEADS = ("store", "lost", "RPO", "RTO", "", "how")


def of(stack: StackConfig) -> list[Objective]:
    """The recovery objectives that a stack's configuration gives."""
    return objectives(
        postgres=stack.postgres,
        redis=stack.redis,
        buckets=stack.buckets,
        recovery=stack.recovery,
        thresholds=stack.observability.thresholds,
    )


def table(found: Sequence[Objective]) -> str:
    """The objectives for people: times in minutes, and a cross where the guide's limits are missed."""
    rows = [_HEADS, *(_row(each) for each in found)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    padded = (
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() + "\n" for row in rows
    )
    return "".join(padded)


def _row(each: Objective) -> tuple[str, ...]:
    data = each.data
    times = [f"{data[key]:g} min" if data[key] is not None else "never" for key in ("rpoMinutes", "rtoMinutes")]
    return (each.store, each.loss.value, *times, "" if each.meets else "✗", each.how)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m config.objectives", description="RPO and RTO of each store.")
    parser.add_argument("--stack", required=True, metavar="NAME", help="which stack")
    parser.add_argument("--json", action="store_true", help="write JSON; what never comes back is null")
    options = parser.parse_args(arguments)
    try:
        found = of(read(options.stack))
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if options.json:
        sys.stdout.write(json.dumps([each.data for each in found], indent=2) + "\n")
    else:
        sys.stdout.write(table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
