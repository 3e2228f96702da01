"""What each change of a preview means, by the table of changes, with the old and the new value."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import changes
from changes import Difference, Effect, Meaning, Operation
from changes.conditions import UNKNOWN
from review.previews import Change, Kind, Preview, changed
from review.resources import type_of

_LONGEST_VALUE = 60
_SHOWN_DETAILS = 4
_WHOLE = {Kind.DELETE: Operation.DELETED, Kind.REPLACE: Operation.REPLACED, Kind.CREATE: Operation.CREATED}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What one part of a change means."""

    change: Change
    meaning: Meaning
    difference: Difference | None = None
    """None where the resource as a whole is meant."""

    @property
    def effect(self) -> Effect:
        """What it does."""
        return self.meaning.effect


def verdicts(preview: Preview) -> list[Verdict]:
    """Everything that changes: the most dangerous first, of the same danger what matters most."""
    found = [verdict for change in changed(preview) for verdict in _of(change)]
    return sorted(found, key=lambda each: (each.effect.danger, *_rank(each), each.change.urn))


def _rank(verdict: Verdict) -> tuple[int, int]:
    return changes.rank(type_of(verdict.change.urn))


def endangered(preview: Preview) -> list[Change]:
    """Deletions and replacements of what holds data, deletions first."""
    found = [change for change in changed(preview) if change.kind in (Kind.DELETE, Kind.REPLACE)]
    return sorted(
        (change for change in found if changes.holds(type_of(change.urn))), key=lambda each: (each.kind.value, each.urn)
    )


def _of(change: Change) -> Iterator[Verdict]:
    about = change.after or change.before
    if about and not about.custom:
        # A component is a name for its children, and they speak for themselves.
        return
    token = type_of(change.urn)
    if change.kind in _WHOLE:
        yield Verdict(change=change, meaning=_whole(change, token))
    if not (change.before and change.after):
        return
    if change.before.protect and not change.after.protect:
        lifted = Meaning(effect=Effect.WEAKENS, note="the engine no longer refuses to delete it")
        yield Verdict(change=change, meaning=lifted)
    for difference in changes.differences(change.before.inputs, change.after.inputs):
        yield Verdict(
            change=change,
            meaning=changes.meaning_of(token, difference, change.after.inputs),
            difference=difference,
        )


def _whole(change: Change, token: str) -> Meaning:
    meaning = changes.operation(token, _WHOLE[change.kind])
    kept = change.before
    if meaning.effect is Effect.LOSES_DATA and kept and kept.retained:
        return Meaning(effect=Effect.HARMLESS, note="it stays in the cloud, outside of this stack")
    if meaning.effect is Effect.LOSES_DATA and kept and kept.protect:
        return Meaning(effect=Effect.REFUSED, note=f"{meaning.note}; the engine refuses, because it is protected")
    return meaning


def shown(difference: Difference) -> str:
    """A difference as a reader takes it in: where, from what, to what; of a document only what differs inside."""
    if not difference.details:
        return f"`{difference.shown}`: {_value(difference.old)} → {_value(difference.new)}"
    inside = [
        f"`{difference.shown}` {each.shown}: {_value(each.old)} → {_value(each.new)}"
        for each in difference.details[:_SHOWN_DETAILS]
    ]
    more = len(difference.details) - len(inside)
    return "; ".join(inside) + (f"; and {more} more" if more > 0 else "")


def _value(value: Any) -> str:
    if value is None:
        return "unset"
    if value == UNKNOWN:
        return "known after the deployment"
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    text = text.replace(UNKNOWN, "(known after the deployment)")
    return f"`{text[:_LONGEST_VALUE]}{'…' if len(text) > _LONGEST_VALUE else ''}`".replace("\n", " ")


def headline(found: Sequence[Verdict]) -> str:
    """The line that nobody misses: the worst that happens, with how often each effect occurs."""
    counts = {effect: sum(each.effect is effect for each in found) for effect in Effect}
    told = [f"{effect.value}: {counts[effect]}" for effect in Effect if counts[effect] and effect in DANGEROUS]
    if told:
        return f"**⛔ Verdict**: {', '.join(told)}"
    if counts[Effect.UNKNOWN]:
        return f"**❔ Verdict**: nothing dangerous is known; unknown: {counts[Effect.UNKNOWN]}"
    return "**✅ Verdict**: nothing that is known to be dangerous"


DANGEROUS = (Effect.REFUSED, Effect.IRREVERSIBLE, Effect.LOSES_DATA, Effect.WEAKENS, Effect.INTERRUPTS)
"""Effects that somebody has to agree to, one by one."""
