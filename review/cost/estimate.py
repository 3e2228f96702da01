"""A monthly estimate of what a stack costs before anybody uses it, from its resolved resources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from review.cost import coverage, prices, pricing
from review.cost import use as assumptions
from review.cost.prices import Prices
from review.cost.pricing import Charge
from review.cost.use import Use
from review.resources import Inventory

_DEFAULT_REGION = "us-east-1"


@dataclass(frozen=True, kw_only=True)
class Line:
    """What one resource costs in one respect."""

    component: str
    resource: str
    """Type and logical name."""
    charge: Charge

    @property
    def name(self) -> str:
        """Component and logical name."""
        return f"{self.component}: {self.resource.partition(' ')[2]}"


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What a stack costs a month, as far as its configuration tells."""

    prices: Prices
    lines: Sequence[Line]
    use: Sequence[Line]
    """What the assumed use adds; no total of `lines` counts it."""
    unknown: Mapping[str, Sequence[str]]
    """What the table has no price of, by component and logical name. No total counts it."""
    unpriced: Sequence[str]
    """What should have a price, but is not in the table."""
    usage: Sequence[str]
    """What depends on use, of which the assumptions cover a part."""
    elsewhere: Sequence[str]
    """Regions whose resources are priced by this table for want of their own."""
    budget: Decimal | None
    """The stack's own monthly budget, in dollars."""

    @property
    def total(self) -> Decimal:
        """Sum of all lines."""
        return sum((line.charge.monthly for line in self.lines), Decimal())

    @property
    def total_of_use(self) -> Decimal:
        """Sum of what the assumed use adds."""
        return sum((line.charge.monthly for line in self.use), Decimal())

    @property
    def components(self) -> Mapping[str, Decimal]:
        """Sums by component, the largest first."""
        sums: dict[str, Decimal] = {}
        for line in self.lines:
            sums[line.component] = sums.get(line.component, Decimal()) + line.charge.monthly
        return dict(sorted(sums.items(), key=lambda item: (-item[1], item[0])))

    @property
    def savings(self) -> Mapping[str, tuple[Decimal, Decimal]]:
        """What runs all the time by kind of commitment: its monthly price, and what the commitment would save."""
        steady: dict[str, Decimal] = {}
        for line in self.lines:
            if line.charge.commitment and line.charge.steady:
                steady[line.charge.commitment] = steady.get(line.charge.commitment, Decimal()) + line.charge.steady
        return {name: (sum_, sum_ * self.prices.commitments[name].saves) for name, sum_ in sorted(steady.items())}


def estimate_of(resources: Inventory, use: Use | None = None) -> Estimate:
    """Price every resource of a stack by the table of its region, or by another where there is none.

    `use` are the assumptions on its use (those of the project).
    """
    providers = resources.of_type("pulumi:providers:aws")
    wanted = next((str(each.inputs["region"]) for each in providers if each.inputs.get("region")), _DEFAULT_REGION)
    return estimate(resources, prices.load(wanted if wanted in prices.regions() else _DEFAULT_REGION), use)


def estimate(resources: Inventory, table: Prices, use: Use | None = None) -> Estimate:
    """Price every resource of a stack by one table."""
    lines: list[Line] = []
    used: list[Line] = []
    assumed = use or assumptions.load()
    unknown: dict[str, list[str]] = {}
    unpriced: set[str] = set()
    regions: set[str] = set()
    for resource in resources.values():
        component, label = resources.component(resource), f"{resource.type} {resource.name}"
        for charge in pricing.charges(resource, resources, table):
            line = Line(component=component, resource=label, charge=charge)
            if charge.unit_price is None and charge.quantity:
                unknown.setdefault(line.name, []).append(charge.what)
                unpriced.add(f"{charge.what} ({label})")
            elif charge.quantity:
                lines.append(line)
                regions.add(str(resource.inputs.get("region") or table.region))
        for charge in assumptions.charges(resource, resources, table, assumed):
            if charge.unit_price is None and charge.quantity:
                unpriced.add(charge.what)
            elif charge.quantity:
                used.append(Line(component=component, resource=label, charge=charge))
    for resource in resources.values():
        if resource.custom and coverage.is_unknown(resource.type):
            unknown[f"{resources.component(resource)}: {resource.name}"] = [f"resources of type {resource.type}"]
    types = {resource.type for resource in resources.values() if resource.custom}
    unpriced |= {f"resources of type {type_}" for type_ in types if coverage.is_unknown(type_)}
    return Estimate(
        prices=table,
        lines=sorted(lines, key=lambda line: (-line.charge.monthly, line.component, line.resource, line.charge.what)),
        use=sorted(used, key=lambda line: (-line.charge.monthly, line.component, line.resource, line.charge.what)),
        unknown=unknown,
        unpriced=sorted(unpriced),
        usage=coverage.usage(types),
        elsewhere=sorted(regions - {table.region}),
        budget=_budget(resources),
    )


def _budget(resources: Inventory) -> Decimal | None:
    """The smallest monthly budget of the stack, if it has one."""
    found = (resource.inputs for resource in resources.of_type("aws:budgets/budget:Budget"))
    limits = [Decimal(str(each["limitAmount"])) for each in found if each.get("timeUnit") == "MONTHLY"]
    return min(limits, default=None)
