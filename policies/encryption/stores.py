"""Stores and carriers of data: what a reviewed table asks of each type of the SDK."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pulumi_policy import Severity

from policies.support.keys import key_in
from policies.support.resources import Resource
from policies.support.rules import Context, Control, Findings, NotApplicable, rule
from policies.support.values import Values

TABLE = Path(__file__).with_name("stores.txt")


@dataclass(frozen=True)
class Requirement:
    """What one property must be."""

    kind: str
    path: str
    values: tuple[str, ...] = ()
    optional: bool = False
    """Only where the block around the property is set."""


@dataclass(frozen=True)
class Store:
    """A line of the table."""

    type: str
    at_rest: tuple[Requirement, ...] = ()
    in_transit: tuple[Requirement, ...] = ()
    unless: tuple[str, ...] = ()
    """Properties that, once set, leave encryption to another resource."""
    rules: tuple[str, ...] = ()
    """Rules of its own that judge the type instead."""
    reason: str = ""
    """Why the type is not judged."""
    controls: Mapping[bool, tuple[str, ...]] = field(default_factory=dict)
    """Ids that the line decides, by whether they are about data in transit."""


def read_table(file: Path = TABLE) -> dict[str, Store]:
    """The lines of the table by type."""
    lines = (line for line in file.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#"))
    return {store.type: store for store in map(_store, lines)}


def _store(line: str) -> Store:
    told, _, ids = line.partition(" = ")
    token, *words = told.split()
    sections: dict[bool, list[str]] = {False: [], True: []}
    transit = False
    for word in words:
        transit = transit or word == "tls"
        if word != "tls":
            sections[transit].append(word)
    settings = [word.partition(":") for word in words if word != "tls"]
    return Store(
        type=token,
        at_rest=tuple(_requirements(sections[False])),
        in_transit=tuple(_requirements(sections[True])),
        unless=tuple(path for kind, _, path in settings if kind == "unless"),
        rules=tuple(name for kind, _, name in settings if kind == "by"),
        reason=next((reason.replace("-", " ") for kind, _, reason in settings if kind == "none"), ""),
        controls=_controls(ids.replace("CIS5 ", "CIS5_").split()),
    )


def _requirements(words: Sequence[str]) -> Iterator[Requirement]:
    for word in words:
        kind, _, path = word.partition(":")
        optional = kind.startswith("?")
        path, _, values = path.partition("=")
        if kind not in ("unless", "by", "none"):
            yield Requirement(kind.removeprefix("?"), path, tuple(values.split("|")) if values else (), optional)


def _controls(words: Sequence[str]) -> dict[bool, tuple[str, ...]]:
    place = words.index("tls") if "tls" in words else len(words)
    named = [word.replace("CIS5_", "CIS5 ") for word in words]
    return {False: tuple(named[:place]), True: tuple(named[place + 1 :])}


STORES = read_table()


def _judged(section: Callable[[Store], Sequence[Requirement]]) -> tuple[str, ...]:
    return tuple(token for token, store in STORES.items() if section(store))


def _ids(*, transit: bool) -> list[Control]:
    types: dict[str, list[str]] = {}
    for store in STORES.values():
        for name in store.controls[transit]:
            types.setdefault(name, []).append(store.type)
    return [Control(name, types=tuple(of_types)) for name, of_types in sorted(types.items())]


def _skip_followers(resource: Resource) -> Store:
    store = STORES[resource.type]
    for path in store.unless:
        if resource.has(path):
            raise NotApplicable(f"its encryption follows {path}")
    return store


@rule(
    "data-customer-key",
    types=_judged(lambda store: store.at_rest),
    severity=Severity.HIGH,
    frameworks=_ids(transit=False),
    remedy="Encrypt with a customer key: set the property to its ARN",
)
def data_customer_key(resource: Resource, context: Context) -> Findings:
    """Whatever stores data encrypts it with a customer key."""
    for requirement in _skip_followers(resource).at_rest:
        yield from _findings(requirement, resource, context)


@rule(
    "data-in-transit-encrypted",
    types=_judged(lambda store: store.in_transit),
    severity=Severity.HIGH,
    frameworks=_ids(transit=True),
    remedy="Ask clients for TLS 1.2 or newer, and encrypt between nodes",
)
def data_in_transit_encrypted(resource: Resource, context: Context) -> Findings:
    """Whatever carries data encrypts it on the way."""
    for requirement in STORES[resource.type].in_transit:
        yield from _findings(requirement, resource, context)


def _findings(requirement: Requirement, resource: Resource, context: Context) -> Findings:
    holder, _, name = requirement.path.rpartition(".")
    top = requirement.path.partition(".")[0]
    holders = _reached(resource, holder.split(".")) if holder else [resource]
    if not holders and not requirement.optional:
        holders = [Values({}, holder)]
    for values in holders:
        if requirement.kind == "key":
            if values.properties or not requirement.optional:
                yield from key_in(values, name, resource, top, context, shown=requirement.path)
        elif not _fulfilled(requirement, values, name):
            yield f"{requirement.path} {_WISHES[requirement.kind].format(' or '.join(requirement.values))}"


def _reached(values: Values, way: Sequence[str]) -> list[Values]:
    """The maps at a path, through every item of each list on the way."""
    found = values.each(way[0])
    for name in way[1:]:
        found = [item for holder in found for item in holder.each(name)]
    return found


_WISHES = {
    "true": "is not true",
    "not-true": "is true",
    "not-false": "is false",
    "is": "is not {}",
}


def _fulfilled(requirement: Requirement, values: Values, name: str) -> bool:
    match requirement.kind:
        case "true":
            return values.true(name)
        case "not-true":
            return not values.true(name)
        case "not-false":
            return not values.false(name)
        case _:
            given = values.text(name)
            return (given.lower() if given else "unset") in [value.lower() for value in requirement.values]
