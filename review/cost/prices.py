"""Price tables: what AWS asks for in a region, as of a day, with the source."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from review.errors import ReviewError

_YEAR = 365
FOLDER = Path(__file__).parent / "prices"
"""Where the tables are."""
MODEL = "us-east-1"
"""The region whose table the others follow."""


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
    use: Mapping[str, Decimal]
    """Price of a unit of use, by dotted name such as `nat.perGib`."""
    standard_until: Mapping[str, Mapping[str, date]]
    """Last day of standard support by version, of `eks` and `postgres`; after it extended support is charged."""
    on: date
    """The day for which something is priced."""
    commitments: Mapping[str, Commitment]
    sources: Mapping[str, Sequence[str]]
    """Where prices come from: patterns of their names by source."""
    unconfirmed: Sequence[str]
    """Prices of which no publication was found."""

    def month_of(self, name: str) -> Decimal | None:
        """What something costs that is billed by the hour and runs all month; None if its price is not known."""
        price = self.hourly.get(name)
        return None if price is None else price * self.hours_per_month

    def years_of_extended_support(self, kind: str, version: str) -> int:
        """Which year of extended support a version is in; 0 while standard support lasts."""
        known = self.standard_until.get(kind, {})
        last = known.get(version) or known.get(version.partition(".")[0])
        return 0 if last is None or self.on <= last else (self.on - last).days // _YEAR + 1


def regions() -> list[str]:
    """The regions with a price table."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def load(region: str, on: date | None = None) -> Prices:
    """Read the table of a region, for a day (today).

    Raises:
        ReviewError: there is no such table.
    """
    file = FOLDER / f"{region}.json"
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
        use=dict(_flat(data["use"])),
        standard_until={
            kind: {version: date.fromisoformat(day) for version, day in versions.items()}
            for kind, versions in data["extendedSupport"].items()
        },
        on=on or datetime.now(tz=UTC).date(),
        commitments={name: Commitment(**values) for name, values in data["commitments"].items()},
        sources=data["sources"],
        unconfirmed=data["unconfirmed"],
    )


def _flat(values: Mapping[str, object], prefix: str = "") -> list[tuple[str, Decimal]]:
    found: list[tuple[str, Decimal]] = []
    for name, value in values.items():
        if isinstance(value, Mapping):
            found += _flat(value, f"{prefix}{name}.")
        elif isinstance(value, Decimal):
            found.append((f"{prefix}{name}", value))
    return found
