"""The few forms of Markdown that the reports use."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal


def table(head: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> list[str]:
    """A table; the columns of numbers (`right`) are set flush right."""
    rule = ["---:" if column in right else "---" for column in range(len(head))]
    return [f"| {' | '.join(row)} |" for row in (head, rule, *rows)]


def folded(title: str, lines: Sequence[str]) -> list[str]:
    """Lines that the reader opens with a click."""
    return ["<details>", f"<summary>{title}</summary>", "", *lines, "", "</details>"]


def cell(text: str) -> str:
    """Text that may hold anything, fit for one line and for a table."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def dollars(amount: Decimal, *, signed: bool = False) -> str:
    """An amount such as `$1,234.50`, with its sign when it is a difference."""
    sign = "-" if amount < 0 else "+" if signed and amount > 0 else ""
    return f"{sign}${abs(amount):,.2f}"


def count(number: int, singular: str, plural: str = "") -> str:
    """A number with its noun."""
    return f"{number} {singular if number == 1 else plural or f'{singular}s'}"
