"""What the table of changes gives the policy packs: which types hold data, and which inputs are permanent.

A pack is published by itself and starts with each preview, so it reads a list and not the table.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import changes
from changes import Severity

TARGET = Path(__file__).resolve().parents[2] / "policies" / "baseline" / "changes.txt"
_HEADING = (
    "# Written by `make docs` from the table of changes: kind, type, then what it holds, or input, value, meaning."
)
_GUARDED = (Severity.CRITICAL, Severity.HIGH)


def lists() -> str:
    """The list, a line an entry, with tabs between its fields."""
    return "\n".join((_HEADING, *("\t".join(fields) for fields in _entries()))) + "\n"


def _entries() -> Iterator[tuple[str, ...]]:
    for token, said in sorted(changes.types().items()):
        if token.startswith("aws:") and said.holds and said.severity in _GUARDED:
            yield "holds", token, said.holds
    for each in changes.permanent():
        if each.token.startswith("aws:"):
            yield "permanent", *each
