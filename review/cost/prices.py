"""Price tables: what AWS asks for in a region, as of a day, with the source."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from review.errors import ReviewError

_FOLDER = Path(__file__).parent / "prices"


@dataclass(frozen=True, kw_only=True)
class Commitment:
    """A discount for whoever promises to pay for a year."""

    plan: str
    saves: Decimal
    """Share of the list price, rounded."""


@dataclass(frozen=True, kw_only=True)
class Prices:
    """The price table of a region, in its currency."""

    region: str
    currency: str
    as_of: str
    source: str
    hours_per_month: Decimal
    hourly: Mapping[str, Decimal]
    """Price of an hour, by dotted name such as `ec2.m5.xlarge`."""
    monthly: Mapping[str, Decimal]
    """Price of a month, by dotted name."""
    commitments: Mapping[str, Commitment]

    def month_of(self, name: str) -> Decimal | None:
        """What something costs that is billed by the hour and runs all month; None if its price is not known."""
        price = self.hourly.get(name)
        return None if price is None else price * self.hours_per_month


def regions() -> list[str]:
    """The regions with a price table."""
    return sorted(path.stem for path in _FOLDER.glob("*.json"))


def load(region: str) -> Prices:
    """Read the table of a region.

    Raises:
        ReviewError: there is no such table.
    """
    file = _FOLDER / f"{region}.json"
    if not file.is_file():
        raise ReviewError(f"there is no price table of {region}; those that exist are: {', '.join(regions())}")
    data = json.loads(file.read_text(encoding="utf-8"), parse_float=Decimal, parse_int=Decimal)
    return Prices(
        region=data["region"],
        currency=data["currency"],
        as_of=data["asOf"],
        source=data["source"],
        hours_per_month=data["hoursPerMonth"],
        hourly=dict(_flat(data["hourly"])),
        monthly=dict(_flat(data["monthly"])),
        commitments={name: Commitment(**values) for name, values in data["commitments"].items()},
    )


def _flat(values: Mapping[str, object], prefix: str = "") -> list[tuple[str, Decimal]]:
    found: list[tuple[str, Decimal]] = []
    for name, value in values.items():
        if isinstance(value, Mapping):
            found += _flat(value, f"{prefix}{name}.")
        elif isinstance(value, Decimal):
            found.append((f"{prefix}{name}", value))
    return found
