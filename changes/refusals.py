"""What a plan of the engine holds that AWS does not carry out: found before anything is touched."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from changes.conditions import text
from changes.differences import Difference, differences
from changes.model import Effect, Meaning
from changes.table import Operation, meaning_of, operation, sources

_UPDATED, _REPLACED, _DELETED = "update", "replace", "delete"
_LONGEST_VALUE = 80


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A change of a plan that ends in an error, as a rule after others have been made."""

    urn: str
    meaning: Meaning
    difference: Difference | None = None
    """None where the resource as a whole is meant."""

    def __str__(self) -> str:
        """One line: which resource, what of it, from what to what, why, and who says so."""
        _, _, kind, name = self.urn.split("::", 3)
        what = ""
        if self.difference:
            old, new = (_short(value) for value in (self.difference.old, self.difference.new))
            what = f"{self.difference.shown}: {old} → {new}: "
        source = sources().get(self.meaning.source, "")
        return f"{kind.rpartition('$')[2]} {name}: {what}{self.meaning.note}" + (f" ({source})" if source else "")


def refusals(events: Iterable[Mapping[str, Any]]) -> list[Refusal]:
    """What of the engine's events of a preview is refused, in their order."""
    return [found for event in events if (step := event.get("resourcePreEvent")) for found in _of(step["metadata"])]


def _of(step: Mapping[str, Any]) -> Iterator[Refusal]:
    what, urn, token = step["op"], step["urn"], step["type"]
    if what == _DELETED and (meaning := operation(token, Operation.DELETED)).effect is Effect.REFUSED:
        yield Refusal(urn=urn, meaning=meaning)
    if what not in (_UPDATED, _REPLACED):
        return
    old, new = ((step.get(side) or {}).get("inputs") or {} for side in ("old", "new"))
    told = set(step.get("diffs") or ())
    found = False
    for difference in differences(old, new):
        # A provider may know better than the inputs: storage that has grown by itself is no change.
        if told and difference.path.partition(".")[0] not in told:
            continue
        meaning = meaning_of(token, difference, new)
        if meaning.effect is Effect.REFUSED:
            found = True
            yield Refusal(urn=urn, meaning=meaning, difference=difference)
    whole = operation(token, Operation.REPLACED)
    if what == _REPLACED and not found and whole.effect is Effect.REFUSED:
        yield Refusal(urn=urn, meaning=whole)


def _short(value: Any) -> str:
    if value is None:
        return "unset"
    shown = json.dumps(value) if isinstance(value, dict | list) else text(value)
    return shown if len(shown) <= _LONGEST_VALUE else f"{shown[:_LONGEST_VALUE]}…"
