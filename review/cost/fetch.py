"""Writes the price table of a region from AWS's price list: `make prices REGION=eu-central-1`, by any account.

What the list does not have, or has more than once, stays out of the table: an estimate says that it is unknown.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped]
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

from review.cost import prices
from review.cost.products import EVERYWHERE, SOURCES, Product, products
from review.errors import ReviewError

# Where the price list of commercial regions is served.
_ENDPOINT = "us-east-1"
_SECTIONS = ("hourly", "monthly", "use")


def fetch(region: str, on: date, client: Any = None) -> tuple[dict[str, Any], list[str]]:
    """The table of a region as of a day, and the names of what it lacks beside the model's table.

    Of that the list has no single price, or one in other units, by pairs of regions or by years: to be added by hand.

    Raises:
        ReviewError: the region's prices are not in this list, or it cannot be asked.
    """
    if region.startswith("cn-"):
        raise ReviewError(f"{region}: prices of China are in a list, and a currency, of their own")
    client = client or boto3.Session().client("pricing", region_name=_ENDPOINT)
    model = json.loads((prices.FOLDER / f"{prices.MODEL}.json").read_text(encoding="utf-8"), parse_float=Decimal)
    table: dict[str, Any] = {section: {} for section in _SECTIONS}
    found = dict.fromkeys(EVERYWHERE, f"the same everywhere: table of {prices.MODEL}")
    try:
        for product in products(_instances(model["hourly"])):
            price = _price(client, region, product)
            if price is not None:
                _put(table[product.section], product.name, price)
                found[product.name] = f"the price list; how it names the product: {SOURCES[product.source]}"
    except (BotoCoreError, ClientError) as error:
        raise ReviewError(f"the price list cannot be asked: {' '.join(str(error).split())}") from None
    for name in EVERYWHERE:
        _put(table["monthly"], name, _get(model["monthly"], name))
    missing = [name for section in _SECTIONS for name in _names(model[section]) if name not in found]
    return {
        **_heading(region, on),
        "sources": {source: [name for name, said in found.items() if said == source] for source in found.values()},
        "unconfirmed": [],
        **table,
        "commitments": model["commitments"],
        "extendedSupport": model["extendedSupport"],
    }, missing


def _names(table: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """The dotted names of a section's prices."""
    for name, value in table.items():
        yield from _names(value, f"{prefix}{name}.") if isinstance(value, Mapping) else (f"{prefix}{name}",)


def _heading(region: str, on: date) -> dict[str, Any]:
    return {
        "region": region,
        "currency": "USD",
        "asOf": on.isoformat(),
        "source": "AWS price list API (GetProducts): on demand, Linux, without free tiers, discounts and taxes",
        "note": f"Written by `make prices`. Commitments, and what costs the same everywhere: table of {prices.MODEL}.",
        "hoursPerMonth": 730,
    }


def _instances(hourly: Mapping[str, Any]) -> Iterator[str]:
    """Types of the model's table, as dotted names."""
    for kind in ("ec2", "rds", "elasticache"):
        for name, value in hourly[kind].items():
            if isinstance(value, Mapping):
                yield from (f"{kind}.{name}.{size}" for size in value)
            else:
                yield f"{kind}.{name}"


def _price(client: Any, region: str, product: Product) -> Decimal | None:
    """The price of a product, of its first tier; None where the list has none, or several that differ."""
    wanted = {"regionCode": region, **product.attributes}
    filters = [{"Type": "TERM_MATCH", "Field": name, "Value": value} for name, value in wanted.items()]
    pages = client.get_paginator("get_products").paginate(ServiceCode=product.service, Filters=filters)
    entries = [json.loads(text, parse_float=Decimal) for page in pages for text in page["PriceList"]]
    found = {
        price for entry in entries if product.is_meant(entry["product"]["attributes"]) for price in _first_tier(entry)
    }
    return found.pop() if len(found) == 1 else None


def _first_tier(entry: Mapping[str, Any]) -> Iterable[Decimal]:
    """On-demand prices in dollars of the first unit that is not free."""
    for term in (entry["terms"].get("OnDemand") or {}).values():
        tiers = sorted(term["priceDimensions"].values(), key=lambda tier: Decimal(tier.get("beginRange") or 0))
        amounts = [Decimal(tier["pricePerUnit"]["USD"]) for tier in tiers if "USD" in tier["pricePerUnit"]]
        yield from [amount.normalize() for amount in amounts if amount][:1]


def _put(table: dict[str, Any], name: str, value: Any) -> None:
    """Place a value at its dotted name; sizes and classes keep their own dots."""
    group, _, rest = name.partition(".")
    table = table.setdefault(group, {})
    if group in ("rds", "elasticache") and "." in rest:
        engine, _, rest = rest.partition(".")
        table = table.setdefault(engine, {})
    table[rest] = value


def _get(table: Mapping[str, Any], name: str) -> Any:
    group, _, rest = name.partition(".")
    return table[group][rest]


def write(region: str, on: date, folder: Path | None = None, client: Any = None) -> tuple[Path, list[str]]:
    """Write a region's table; see `fetch`."""
    table, missing = fetch(region, on, client)
    target = (folder or prices.FOLDER) / f"{region}.json"
    target.write_text(json.dumps(table, indent=2, default=float) + "\n", encoding="utf-8")
    return target, missing
