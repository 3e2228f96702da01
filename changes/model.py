"""The words of the table: what a change can do, and under which condition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Effect(StrEnum):
    """What a change does, the most dangerous first."""

    REFUSED = "refused"
    """AWS, or the engine where something is protected, does not carry it out."""
    IRREVERSIBLE = "irreversible"
    LOSES_DATA = "loses data"
    WEAKENS = "weakens protection"
    INTERRUPTS = "interrupts"
    UNKNOWN = "unknown"
    """Nobody has said what it does."""
    REPLACES = "replaces"
    """A new resource takes the place of the old one; neither data nor service is lost."""
    HARMLESS = "harmless"

    @property
    def danger(self) -> int:
        """Place in the order, 0 for the most dangerous."""
        return list(Effect).index(self)


class Severity(StrEnum):
    """What weighs more among changes with the same effect, the heaviest first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """What one change means, and who says so."""

    effect: Effect
    note: str = ""
    """What happens, how long it takes and when."""
    source: str = ""
    """Key of the source in `sources()`."""
    replaces: bool = False
    """Whether the provider makes a new resource for it."""
    at_window: bool = False
    """Whether AWS waits with it for the resource's maintenance window."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A meaning under a condition, with the names of `changes.conditions`."""

    meaning: Meaning
    when: str = ""
    """Condition on the old and the new value; always, where it is empty."""
    where: Mapping[str, str] = field(default_factory=dict)
    """What other new inputs of the resource are, by path: a pattern, or `< new` and `> new` for numbers."""


@dataclass(frozen=True, kw_only=True)
class Type:
    """What the table says of a type of resource."""

    token: str
    source: str
    holds: str = ""
    """What is lost with the resource, if anything is."""
    cloudformation: str = ""
    """The same type in the resource schemas of AWS."""
    severity: Severity = Severity.MEDIUM
    """How much depends on it: that of `control`, where AWS has one that asks for the type."""
    control: str = ""
    """A control of Security Hub."""
    created: Meaning | None = None
    deleted: Meaning | None = None
    replaced: Meaning | None = None
    properties: Mapping[str, Sequence[Rule]]
    """Rules by path without positions, such as `scalingConfig.minSize`; the first that applies counts."""
