"""An estimate for people, and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from review.cost.estimate import Estimate, Line
from review.markdown import count, dollars, table

# Charges of a resource below this are shown together with their like.
_SMALL = Decimal(50)


def to_markdown(estimate: Estimate, stack: str) -> str:
    """The estimate as a page: the sum, components, resources, savings, and what is left out."""
    prices = estimate.prices
    lines = [
        f"# Monthly estimate of the stack {stack}",
        "",
        f"**{dollars(estimate.total)}{_and_unknown(estimate)}** a month in {prices.region}, before anybody uses it. "
        f"The use that `review/cost/use.yaml` assumes adds **{dollars(estimate.total_of_use)}**. "
        f"{prices.source}; as of {prices.as_of}; a month has {prices.hours_per_month} hours.",
        *_elsewhere(estimate),
        *_unconfirmed(estimate),
        *_budget(estimate),
        "",
        "## Components",
        "",
        *table(["Component", "Monthly", "Share"], list(_components(estimate)), right=(1, 2)),
        "",
        "## Resources",
        "",
        *table(["Component", "What", "Quantity", "Each", "Monthly"], list(_resources(estimate)), right=(2, 3, 4)),
        "",
        "## Assumed use",
        "",
        *_use(estimate),
        "",
        "## Commitments",
        "",
        *_savings(estimate),
        "",
        "## Not covered",
        "",
        *_left_out(estimate),
    ]
    return "\n".join(lines) + "\n"


def _and_unknown(estimate: Estimate) -> str:
    missing = sum(len(found) for found in estimate.unknown.values())
    return f" and {count(missing, 'price')} that nobody knows" if missing else ""


def _unconfirmed(estimate: Estimate) -> Iterator[str]:
    if estimate.prices.unconfirmed:
        yield ""
        yield f"No publication was found of {', '.join(f'`{name}`' for name in estimate.prices.unconfirmed)}."


def _elsewhere(estimate: Estimate) -> Iterator[str]:
    if estimate.elsewhere:
        yield ""
        yield f"What is in {' and '.join(estimate.elsewhere)} is priced as if it were in {estimate.prices.region}."


def _budget(estimate: Estimate) -> Iterator[str]:
    if estimate.budget:
        share = estimate.total / estimate.budget
        yield ""
        yield f"This is {share:.0%} of the stack's budget of {dollars(estimate.budget)}; the rest is for its use."


def _components(estimate: Estimate) -> Iterator[list[str]]:
    for component, monthly in estimate.components.items():
        yield [component, dollars(monthly), f"{monthly / estimate.total:.1%}"]
    for name, whats in estimate.unknown.items():
        yield [f"{name}: {', '.join(whats)}", "**unknown**", ""]
    yield ["**all**", f"**{dollars(estimate.total)}{_and_unknown(estimate)}**", ""]


def _use(estimate: Estimate) -> Iterator[str]:
    yield "Floors by stated assumptions: what really is transferred, written and kept is for the bill to say."
    yield ""
    yield from table(["Component", "What", "Quantity", "Each", "Monthly"], list(_rows(estimate.use)), right=(2, 3, 4))


def _resources(estimate: Estimate) -> Iterator[list[str]]:
    return _rows(estimate.lines)


def _rows(lines: Sequence[Line]) -> Iterator[list[str]]:
    """Rows by falling price; small charges of one kind share a row."""
    groups: dict[tuple[str, ...], list[Line]] = {}
    for line in lines:
        alone = "" if line.charge.monthly < _SMALL else line.resource
        groups.setdefault((line.component, line.charge.what, str(line.charge.unit_price), alone), []).append(line)
    rows = []
    for (component, what, _, alone), group in groups.items():
        charge, quantity = group[0].charge, sum((line.charge.quantity for line in group), Decimal())
        monthly = sum((line.charge.monthly for line in group), Decimal())
        name = alone.partition(" ")[2] or _names(group)
        row = [
            component,
            f"{what}: {name}",
            f"{round(quantity, 2).normalize():f}",
            _unit(charge.unit_price),
            dollars(monthly),
        ]
        rows.append((monthly, row))
    return (row for _, row in sorted(rows, key=lambda item: (-item[0], item[1])))


def _unit(price: Decimal | None) -> str:
    """A unit's price with the digits that a rounded one lacks where a unit costs cents."""
    whole, _, digits = f"{price or Decimal():,.4f}".partition(".")
    return f"${whole}.{digits.rstrip('0').ljust(2, '0')}"


def _names(group: Sequence[Line]) -> str:
    names = sorted({line.resource.partition(" ")[2] for line in group})
    return names[0] if len(names) == 1 else count(len(names), "resource")


def _savings(estimate: Estimate) -> Iterator[str]:
    """Guidance: nothing here is ever bought by the program."""
    yield "What runs in every hour of the month is cheaper for whoever commits to it for a year. Once sizes have"
    yield "proved themselves for a month or two, compare these with what AWS's own recommendations say:"
    yield ""
    rows = [
        [name, dollars(steady), estimate.prices.commitments[name].plan, f"about {dollars(saved)}"]
        for name, (steady, saved) in estimate.savings.items()
    ]
    yield from table(["Service", "Steady, monthly", "Commitment", "Saves a month"], rows, right=(1, 3))


def _left_out(estimate: Estimate) -> Iterator[str]:
    yield from (f"- **no price known**: {what}" for what in estimate.unpriced)
    yield from (f"- {what}" for what in estimate.usage)


def to_data(estimate: Estimate, stack: str) -> dict[str, object]:
    """The estimate as JSON values, every resource by itself; amounts in cents' precision."""
    return {
        "stack": stack,
        "region": estimate.prices.region,
        "currency": estimate.prices.currency,
        "asOf": estimate.prices.as_of,
        "source": estimate.prices.source,
        "monthly": _number(estimate.total),
        "monthlyOfUse": _number(estimate.total_of_use),
        "budget": _number(estimate.budget) if estimate.budget else None,
        "components": {name: _number(monthly) for name, monthly in estimate.components.items()},
        "lines": [_data(line) for line in estimate.lines],
        "use": [_data(line) for line in estimate.use],
        "commitments": {
            name: {"steadyMonthly": _number(steady), "savesMonthly": _number(saved)}
            for name, (steady, saved) in estimate.savings.items()
        },
        "unknown": {name: list(whats) for name, whats in estimate.unknown.items()},
        "unpriced": list(estimate.unpriced),
        "notCovered": list(estimate.usage),
    }


def _data(line: Line) -> dict[str, object]:
    return {
        "component": line.component,
        "resource": line.resource,
        "what": line.charge.what,
        "quantity": float(line.charge.quantity),
        "monthly": _number(line.charge.monthly),
    }


def _number(amount: Decimal) -> float:
    return round(float(amount), 2)
