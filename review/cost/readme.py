"""The README's table of what each stack costs, written by `make docs`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from review.cost.estimate import Estimate
from review.errors import ReviewError
from review.markdown import dollars, table

STACKS = ("production", "staging", "development")
MARKS = ("<!-- costs: written by `make docs` -->\n", "<!-- end of the costs -->\n")


def rows(estimates: Mapping[str, Estimate]) -> str:
    """A row for each stack: before anybody uses it, and what the assumed use adds."""
    amounts = [(stack, dollars(each.total), dollars(each.total_of_use)) for stack, each in estimates.items()]
    return "\n".join(table(("stack", "a month", "assumed use"), amounts, right=(1, 2))) + "\n"


def write(target: Path, estimates: Mapping[str, Estimate]) -> None:
    """Put the table between its marks.

    Raises:
        ReviewError: the page has no marks.
    """
    text = target.read_text(encoding="utf-8")
    if not all(mark in text for mark in MARKS):
        raise ReviewError(f"{target} has no place for the costs")
    before, after = text.partition(MARKS[0])[0], text.partition(MARKS[1])[2]
    target.write_text(f"{before}{MARKS[0]}{rows(estimates)}{MARKS[1]}{after}", encoding="utf-8")
