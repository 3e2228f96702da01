"""Whether a preview is the one that was reviewed: same operations on the same resources, same inputs where known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import changes
from changes.conditions import UNKNOWN
from review.previews import Change, Kind, Preview
from review.resources import Resource, name_of, short_type, type_of
from review.summary.verdicts import shown

_NOTHING = "nothing"


def differences(reviewed: Preview, now: Preview) -> list[str]:
    """What a preview does otherwise than the reviewed one, a line each; nothing where they agree.

    What the reviewed preview could not know may have become known. What was known has to be the same, and so has the
    state that changes start from. Digits that the engine draws for the name of a new resource are new in each preview.
    Secrets are hidden in both, and not compared.
    """
    failed = [what for what, preview in (("reviewed", reviewed), ("present", now)) if preview.failed]
    if failed:
        return [f"the {what} preview failed: nothing can be deployed by it" for what in failed]
    before, after = ({change.urn: change for change in preview.changes} for preview in (reviewed, now))
    drawn = _drawn((*reviewed.changes, *now.changes))
    urns = dict.fromkeys((*before, *after))
    return [line for urn in urns for line in _compared(before.get(urn), after.get(urn), drawn)]


def _drawn(found: Iterable[Change]) -> re.Pattern[str]:
    """The digits in the names of what is made anew, by the project's `pulumi:autonaming`, wherever a name appears."""
    new = {change.urn for change in found if change.kind in (Kind.CREATE, Kind.REPLACE)}
    names = sorted({f"{urn.split(':')[2]}-{name_of(urn)}" for urn in new})
    return re.compile(rf"\b({'|'.join(map(re.escape, names)) or '(?!)'})-[0-9a-f]{{7}}\b")


def _compared(reviewed: Change | None, now: Change | None, drawn: re.Pattern[str]) -> Iterator[str]:
    known = reviewed or now
    if known is None:
        return
    label = f"{short_type(type_of(known.urn))} {name_of(known.urn)}"
    kinds = [change.kind.value if change else _NOTHING for change in (reviewed, now)]
    if kinds[0] != kinds[1]:
        yield f"{label}: {kinds[0]} was reviewed, now it is {kinds[1]}"
    elif reviewed and now and now.kind is not Kind.SAME:
        for when, old, new in (
            ("", reviewed.after, now.after),
            ("from a state that has changed since, ", reviewed.before, now.before),
        ):
            yield from (f"{label}: {now.kind.value} {when}{each}" for each in _unlike(old, new, drawn))


def _unlike(reviewed: Resource | None, now: Resource | None, drawn: re.Pattern[str]) -> Iterator[str]:
    """What differs between a resource of the reviewed preview and the same one of another."""
    if reviewed is None or now is None:
        if reviewed is not now:
            yield "with other sides"
        return
    for option in ("protect", "retained"):
        if getattr(reviewed, option) != getattr(now, option):
            yield f"with another option `{option}`"
    for each in changes.differences(reviewed.inputs, now.inputs):
        if not _agrees(each.old, each.new, drawn):
            yield f"with {shown(each)}"


def _agrees(reviewed: Any, now: Any, drawn: re.Pattern[str]) -> bool:
    """Whether a value is the reviewed one, as far as that was known."""
    if reviewed == UNKNOWN:
        return True
    if isinstance(reviewed, Mapping) and isinstance(now, Mapping):
        return reviewed.keys() == now.keys() and all(_agrees(reviewed[name], now[name], drawn) for name in reviewed)
    if isinstance(reviewed, list) and isinstance(now, list):
        return len(reviewed) == len(now) and all(
            _agrees(old, new, drawn) for old, new in zip(reviewed, now, strict=True)
        )
    if isinstance(reviewed, str) and isinstance(now, str):
        return drawn.sub(r"\1-*", reviewed) == drawn.sub(r"\1-*", now)
    return bool(reviewed == now)
