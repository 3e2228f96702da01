"""What a preview says: each change with its reason, what the policies found, and what went wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from pulumi.automation import EngineEvent

from review.errors import ReviewError
from review.resources import Inventory, Resource, is_default_provider

_COLORS = re.compile(r"<\{%.*?%\}>")
_MANDATORY = "mandatory"


class Kind(StrEnum):
    """What happens to a resource, in the order in which a reviewer asks."""

    DELETE = "delete"
    REPLACE = "replace"
    UPDATE = "update"
    CREATE = "create"
    IMPORT = "import"
    SAME = "same"


# Operations of the engine. A replacement takes several; whatever else happens to the resource, it is one replacement.
_KINDS: Mapping[str, Kind] = {
    "delete": Kind.DELETE,
    "replace": Kind.REPLACE,
    "create-replacement": Kind.REPLACE,
    "delete-replaced": Kind.REPLACE,
    "read-replacement": Kind.REPLACE,
    "import-replacement": Kind.REPLACE,
    "remove-pending-replace": Kind.REPLACE,
    "discard-replaced": Kind.REPLACE,
    "update": Kind.UPDATE,
    "create": Kind.CREATE,
    "import": Kind.IMPORT,
    "read": Kind.SAME,
    "discard": Kind.SAME,
    "same": Kind.SAME,
}
_REFRESH = "refresh"
_PREVIEW_FAILED = "preview failed"


@dataclass(frozen=True, kw_only=True)
class Change:
    """What happens to one resource."""

    urn: str
    kind: Kind
    before: Resource | None
    after: Resource | None
    properties: Sequence[str]
    """Inputs that differ; of a replacement, those that force it."""


@dataclass(frozen=True, kw_only=True)
class Violation:
    """What a policy found."""

    pack: str
    rule: str
    mandatory: bool
    urn: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Preview:
    """Everything that a preview reports."""

    changes: Sequence[Change] = ()
    """One for each resource, those that stay the same included where the preview tells."""
    violations: Sequence[Violation] = ()
    packs: Sequence[str] | None = None
    """The policy packs that looked on; None where the preview does not tell."""
    errors: Sequence[str] = field(default=())

    @property
    def failed(self) -> bool:
        """Whether this change cannot be deployed."""
        return bool(self.errors) or any(violation.mandatory for violation in self.violations)

    @property
    def before(self) -> Inventory:
        """The resources as they are."""
        return Inventory(change.before for change in self.changes if change.before)

    @property
    def after(self) -> Inventory:
        """The resources as they will be."""
        kept = (change for change in self.changes if change.kind is not Kind.DELETE)
        return Inventory(change.after for change in kept if change.after)


class _Step(NamedTuple):
    operation: str
    urn: str
    old: Mapping[str, Any] | None
    new: Mapping[str, Any] | None
    differences: Sequence[str]
    reasons: Sequence[str]


def read(file: Path) -> Preview:
    """Read a file of engine events, one a line, or what `pulumi preview --json` prints.

    Raises:
        ReviewError: the file holds neither.
    """
    try:
        text = file.read_text(encoding="utf-8")
        whole = _object(text)
        if whole is not None and whole.keys() & {"steps", "changeSummary"}:
            return _from_digest(whole)
        events = [EngineEvent.from_json(json.loads(line)) for line in text.splitlines() if line.strip()]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ReviewError(f"{file} is neither engine events nor a preview as JSON: {error}") from None
    if not any(event.summary_event or event.cancel_event for event in events):
        raise ReviewError(f"{file} does not hold a whole preview")
    return from_events(events)


def from_events(events: Iterable[EngineEvent]) -> Preview:
    """Read the events of a preview."""
    steps: list[_Step] = []
    violations: list[Violation] = []
    errors: list[str] = []
    packs: list[str] | None = None
    for event in events:
        if pre := event.resource_pre_event:
            steps.append(_step(pre.metadata))
        elif policy := event.policy_event:
            violations.append(_violation(policy))
        elif event.diagnostic_event and event.diagnostic_event.severity == "error":
            errors.append(_plain(event.diagnostic_event.message))
        elif event.summary_event:
            # A pack from a folder is called `name|local|folder`.
            packs = sorted({name.partition("|")[0] for name in event.summary_event.policy_packs})
    # The engine's last word after a violation, which is reported by itself.
    told = [error for error in errors if not (violations and error == _PREVIEW_FAILED)]
    return Preview(changes=_changes(steps), violations=_sorted(violations), packs=packs, errors=told)


def _from_digest(digest: Mapping[str, Any]) -> Preview:
    """Read `pulumi preview --json`, which leaves out policies and, unless asked, what stays the same."""
    steps = [
        _Step(
            step["op"],
            step["urn"],
            step.get("oldState"),
            step.get("newState"),
            step.get("diffReasons") or (),
            step.get("replaceReasons") or (),
        )
        for step in digest.get("steps") or ()
    ]
    found = (each for each in digest.get("diagnostics") or () if each["severity"] == "error")
    return Preview(changes=_changes(steps), errors=[_plain(each["message"]) for each in found])


def _object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _step(metadata: Any) -> _Step:
    def state(given: Any) -> dict[str, Any] | None:
        return {**vars(given), "retainOnDelete": given.retain_on_delete} if given else None

    operation = str(getattr(metadata.op, "value", metadata.op))
    old, new = state(metadata.old), state(metadata.new)
    return _Step(operation, metadata.urn, old, new, metadata.diffs or (), metadata.keys or ())


def _changes(steps: Iterable[_Step]) -> list[Change]:
    """Gather the steps of each resource that the engine counts, in the order of the first."""
    gathered: dict[str, list[_Step]] = {}
    for step in steps:
        if step.operation != _REFRESH and not is_default_provider(step.urn):
            gathered.setdefault(step.urn, []).append(step)
    return [_change(urn, own) for urn, own in gathered.items()]


def _change(urn: str, steps: Sequence[_Step]) -> Change:
    kinds = {_KINDS.get(step.operation, Kind.SAME) for step in steps}
    kind = Kind.REPLACE if Kind.REPLACE in kinds else min(kinds, key=list(Kind).index)
    reasons = [name for step in steps for name in step.reasons]
    differences = [name for step in steps for name in step.differences]
    old = next((step.old for step in steps if step.old), None)
    new = next((step.new for step in reversed(steps) if step.new), None)
    return Change(
        urn=urn,
        kind=kind,
        before=Resource.parse(old) if old else None,
        after=Resource.parse(new) if new and kind is not Kind.DELETE else None,
        properties=sorted(set(reasons if kind is Kind.REPLACE and reasons else differences)),
    )


def _violation(event: Any) -> Violation:
    # The rule's description comes first, in a paragraph of its own.
    _, _, finding = _plain(event.message).partition("\n")
    return Violation(
        pack=event.policy_pack_name,
        rule=event.policy_name,
        mandatory=event.enforcement_level == _MANDATORY,
        urn=event.resource_urn or "",
        message=finding.strip() or _plain(event.message),
    )


def _sorted(violations: Iterable[Violation]) -> list[Violation]:
    return sorted(violations, key=lambda each: (not each.mandatory, each.pack, each.rule, each.urn))


def _plain(message: str) -> str:
    return _COLORS.sub("", message).strip()


def changed(preview: Preview) -> Iterator[Change]:
    """What does not stay the same, counted as the engine counts: the stack, components and providers included."""
    return (change for change in preview.changes if change.kind is not Kind.SAME)
