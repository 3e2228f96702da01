"""Lets a stack refer to the outputs of stacks that other projects, or its own, have deployed on this machine."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

_STACKS = Path(".pulumi") / "stacks"
_META = Path(".pulumi") / "meta.yaml"


def link_stacks(backend: Path, others: Iterable[Path], own: str) -> None:
    """Have `backend` show the stacks of other backends, but for its `own` (`project/stack`)."""
    for link in (backend / _STACKS).glob("*/*"):
        if link.is_symlink() and not link.exists():
            link.unlink(missing_ok=True)
    for state in (file for other in others if other != backend for file in (other / _STACKS).glob("*/*.json")):
        if state.is_symlink() or f"{state.parent.name}/{state.stem}" == own:
            continue
        shown = backend / _STACKS / state.parent.name / state.name
        shown.parent.mkdir(parents=True, exist_ok=True)
        # What the backend has itself is what counts.
        with contextlib.suppress(FileExistsError):
            shown.symlink_to(state)
    if (backend / _STACKS).exists() and not (backend / _META).exists():
        # Without it the engine takes a backend that is not empty for one of before there were projects.
        (backend / _META).write_text("version: 1\n", encoding="utf-8")
