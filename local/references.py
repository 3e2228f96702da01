"""Lets a stack refer to the outputs of stacks that other projects, or its own, have deployed on this machine."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from unittest import mock

import pulumi

_STACKS = Path(".pulumi") / "stacks"
_META = Path(".pulumi") / "meta.yaml"
# Between organization, project and stack.
_SLASHES = 2


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


@contextlib.contextmanager
def any_organization() -> Iterator[None]:
    """Have programs refer to stacks on this machine by the name of whatever organization they belong to elsewhere."""
    construct = pulumi.StackReference.__init__

    def local(
        self: pulumi.StackReference,
        name: str,
        stack_name: str | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        full = name if stack_name is None else stack_name
        if isinstance(full, str) and full.count("/") == _SLASHES:
            full = f"organization/{full.partition('/')[2]}"
        construct(self, name, full, opts)

    with mock.patch.object(pulumi.StackReference, "__init__", local):
        yield
