"""What a change costs: the difference, which resources make it with quantities old and new, and what nobody knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from review.cost.estimate import Estimate
from review.markdown import count, dollars

_SHOWN = 8


@dataclass(frozen=True, kw_only=True)
class _Change:
    """What one resource costs otherwise than before."""

    name: str
    quantities: str
    amount: Decimal | None
    """None where a price is not known on one of the sides: the difference is not known either."""


def told(before: Estimate, after: Estimate) -> Iterator[str]:
    """The lines of the summary on costs. Unknown is never counted as zero."""
    estimate = (
        f"{_total(after)} a month ({after.prices.region} list prices of {after.prices.as_of}, without use)"
        f"{_missing(after)}"
    )
    changes = _changes(before, after) if before.lines else []
    if not changes:
        yield f"**Cost**: {'unchanged, ' if before.lines else ''}{estimate}"
        yield from _use(before, after)
        return
    known = sum((each.amount for each in changes if each.amount is not None), Decimal())
    unknown = [each for each in changes if each.amount is None]
    share = f" ({known / before.total:+.1%})" if before.total and not unknown else ""
    difference = f"**{dollars(known, signed=True)}** a month{share}"
    if unknown:
        difference = f"**unknown**: no price of {count(len(unknown), 'resource')}; {difference} in what is known"
    yield f"**Cost**: {difference}, from {_total(before)} to {estimate}"
    yield ""
    yield from (_line(each) for each in changes[:_SHOWN])
    if rest := changes[_SHOWN:]:
        amount = sum((each.amount for each in rest if each.amount is not None), Decimal())
        yield f"- {dollars(amount, signed=True)} in {count(len(rest), 'other')}"
    yield from _use(before, after)


def _use(before: Estimate, after: Estimate) -> Iterator[str]:
    """What the assumed use costs otherwise, such as by a gateway, a copy or a bucket more."""
    if before.lines and before.total_of_use != after.total_of_use:
        difference = dollars(after.total_of_use - before.total_of_use, signed=True)
        yield ""
        yield f"Assumed use: {difference} a month, from {dollars(before.total_of_use)} to {dollars(after.total_of_use)}"


def _total(estimate: Estimate) -> str:
    return f"{dollars(estimate.total)}{' and what is unknown' if estimate.unknown else ''}"


def _missing(estimate: Estimate) -> str:
    whats = sorted({what for found in estimate.unknown.values() for what in found})
    return f"; no price is known of {', '.join(whats)}" if whats else ""


def _line(change: _Change) -> str:
    amount = "unknown" if change.amount is None else dollars(change.amount, signed=True)
    return f"- {amount} {change.name}{f': {change.quantities}' if change.quantities else ''}"


def _changes(before: Estimate, after: Estimate) -> list[_Change]:
    """What differs by resource: first what is not known, then the largest amounts."""
    old, new = _charges(before), _charges(after)
    found = []
    for name in {*old, *new, *before.unknown, *after.unknown}:
        amounts = [sum(amount for _, amount in side.get(name, {}).values()) for side in (old, new)]
        unknown = before.unknown.get(name) != after.unknown.get(name)
        if unknown or amounts[0] != amounts[1]:
            quantities = _quantities(_told(before, old, name), _told(after, new, name))
            amount = None if unknown else Decimal(amounts[1] - amounts[0])
            found.append(_Change(name=name, quantities=quantities, amount=amount))
    return sorted(found, key=lambda each: (each.amount is not None, -abs(each.amount or Decimal()), each.name))


Charges = Mapping[str, Mapping[str, tuple[Decimal, Decimal]]]
"""Quantity and price of each charge by resource."""


def _charges(estimate: Estimate) -> Charges:
    found: dict[str, dict[str, tuple[Decimal, Decimal]]] = {}
    for line in estimate.lines:
        own = found.setdefault(line.name, {})
        quantity, amount = own.get(line.charge.what, (Decimal(), Decimal()))
        own[line.charge.what] = (quantity + line.charge.quantity, amount + line.charge.monthly)
    return found


def _told(estimate: Estimate, charges: Charges, name: str) -> list[str]:
    known = {what: f"{quantity.normalize():f} {what}" for what, (quantity, _) in charges.get(name, {}).items()}
    return [*known.values(), *(f"{what} (no price)" for what in estimate.unknown.get(name, ()))]


def _quantities(old: Sequence[str], new: Sequence[str]) -> str:
    """What is charged, without what stays the same."""
    gone, come = [each for each in old if each not in new], [each for each in new if each not in old]
    return f"{', '.join(gone) or 'nothing'} → {', '.join(come) or 'nothing'}"
