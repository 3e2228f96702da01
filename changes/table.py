"""Reads the table and looks changes up in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from fnmatch import fnmatch
from functools import cache
from operator import gt, lt
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from changes.conditions import applies, becomes, known, text
from changes.differences import Difference
from changes.model import Effect, Meaning, Rule, Severity, Type

_DATA = Path(__file__).parent / "data"
# The one in C where there is one: the offline engine reads the table in each run.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SOURCES, _EVERY = "sources", "every"
_WHOLE, _REMOVED = "*", "removed"
_ENTRY = re.compile(r"\[[^\]]*\]")
_COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {"< new": lt, "> new": gt}

UNKNOWN = Meaning(effect=Effect.UNKNOWN, note="the table of changes does not know it")
_UNDECIDED = "depends on a value that only the deployment can tell"


class Operation(StrEnum):
    """What happens to a resource as a whole."""

    CREATED = "created"
    DELETED = "deleted"
    REPLACED = "replaced"


@cache
def _files() -> Mapping[str, Mapping[str, Any]]:
    """The content of the table by file."""
    return {file.stem: _content(file) for file in sorted(_DATA.glob("*.yaml"))}


def _content(file: Path) -> Mapping[str, Any]:
    content: Mapping[str, Any] = yaml.load(file.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 a SafeLoader
    return content


@cache
def sources() -> Mapping[str, str]:
    """Where the meanings come from: title and address by key."""
    return {key: text for content in _files().values() for key, text in (content.get(_SOURCES) or {}).items()}


@cache
def types() -> Mapping[str, Type]:
    """Every type that the table knows, by token; a token that ends with `*` stands for a whole package."""
    return {
        token: _type(token, said or {})
        for content in _files().values()
        for token, said in content.items()
        if token not in (_SOURCES, _EVERY)
    }


@cache
def _everywhere() -> Mapping[str, Sequence[Rule]]:
    """Rules for properties that mean the same in every type."""
    found: dict[str, Sequence[Rule]] = {}
    for content in _files().values():
        if said := content.get(_EVERY):
            found.update(_type(_EVERY, said).properties)
    return found


def _type(token: str, said: Mapping[str, Any]) -> Type:
    source = str(said.get("source", ""))
    properties: dict[str, Sequence[Rule]] = {}
    for names, effect, replaces in (
        (said.get("harmless"), Effect.HARMLESS, False),
        (said.get("replaces"), Effect.REPLACES, True),
    ):
        for name in str(names or "").split():
            properties[name] = (Rule(meaning=Meaning(effect=effect, source=source, replaces=replaces)),)
    for name, rules in (said.get("properties") or {}).items():
        listed = rules if isinstance(rules, list) else [rules]
        properties[name] = tuple(
            Rule(meaning=_meaning(each, source), when=_when(token, each), where=each.get("where") or {})
            for each in listed
        )
    whole = {each.value: _meaning(said[each], source) for each in Operation if each in said}
    return Type(
        token=token,
        source=source,
        holds=str(said.get("holds", "")),
        cloudformation=str(said.get("cloudformation", "")),
        severity=Severity(said.get("severity", Severity.MEDIUM)),
        control=str(said.get("control", "")),
        properties=properties,
        **whole,
    )


def _when(token: str, said: Mapping[str, Any]) -> str:
    when = str(said.get("when", ""))
    if not known(when):
        raise ValueError(f"{token}: there is no condition {when!r}")
    return when


def _meaning(said: Mapping[str, Any], source: str) -> Meaning:
    return Meaning(
        effect=Effect(said["effect"]),
        note=" ".join(str(said.get("note", "")).split()),
        source=str(said.get("source", source)),
        replaces=bool(said.get("replaces", False)),
        at_window=said.get("at") == "window",
    )


def _find(token: str) -> Type | None:
    known_types = types()
    if token in known_types:
        return known_types[token]
    return next(
        (each for name, each in known_types.items() if name.endswith("*") and token.startswith(name[:-1])), None
    )


def replacing(token: str) -> Mapping[str, Sequence[Rule]]:
    """The rules of all properties of a type of which some replace the resource."""
    found = _find(token)
    known_rules = {**_everywhere(), **(found.properties if found else {})}
    return {path: rules for path, rules in known_rules.items() if any(rule.meaning.replaces for rule in rules)}


def holds(token: str) -> str:
    """What is lost with a resource of this type; nothing where it holds no data."""
    found = _find(token)
    return found.holds if found else ""


def rank(token: str) -> tuple[int, int]:
    """Place of a type among changes with the same effect: by severity, then as the table lists them."""
    found = _find(token)
    severity = found.severity if found else Severity.MEDIUM
    listed = list(types())
    return list(Severity).index(severity), listed.index(found.token) if found else len(listed)


class Permanent(NamedTuple):
    """An input that nobody takes back once a resource has it."""

    token: str
    path: str
    value: str
    """The one value that does it; any, where empty."""
    note: str


def permanent() -> Iterator[Permanent]:
    """Every such input that can be told without what was there before: what a policy sees."""
    for token, said in types().items():
        for path, listed in said.properties.items():
            first, *others = listed
            for rule in listed:
                if rule.meaning.effect is Effect.IRREVERSIBLE and becomes(rule.when):
                    yield Permanent(token, path, becomes(rule.when), rule.meaning.note)
            if first.when == _REMOVED and [each.meaning.effect for each in others] == [Effect.IRREVERSIBLE]:
                yield Permanent(token, path, "", others[0].meaning.note)


def operation(token: str, what: Operation) -> Meaning:
    """What it means that a resource of a type is created, deleted or replaced as a whole."""
    found = _find(token)
    if found is None:
        return UNKNOWN
    said: Meaning | None = getattr(found, what.value)
    if said:
        return said
    if what is Operation.CREATED:
        return Meaning(effect=Effect.HARMLESS, source=found.source)
    if found.holds:
        return Meaning(effect=Effect.LOSES_DATA, note=f"{found.holds} will be lost", source=found.source)
    return Meaning(effect=Effect.REPLACES, source=found.source) if what is Operation.REPLACED else UNKNOWN


def meaning_of(token: str, difference: Difference, inputs: Mapping[str, Any] | None = None) -> Meaning:
    """What it means that a property of a resource changes; `inputs` are all of its new inputs."""
    undecided = False
    for rule in rules(token, difference):
        if not all(_is(inputs or {}, name, wanted, difference.new) for name, wanted in rule.where.items()):
            continue
        holds_here = applies(rule.when, difference.old, difference.new)
        if holds_here and not undecided:
            return rule.meaning
        undecided = undecided or holds_here is None
    return Meaning(effect=Effect.UNKNOWN, note=_UNDECIDED) if undecided else UNKNOWN


def _is(inputs: Mapping[str, Any], path: str, wanted: str, new: Any) -> bool:
    """Whether another input is as a rule says, compared with the new value where it says so."""
    value: Any = inputs
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    if wanted in _COMPARED:
        numbers = all(isinstance(each, int | float) for each in (value, new))
        return numbers and _COMPARED[wanted](value, new)
    return fnmatch(text(value), wanted)


def rules(token: str, difference: Difference) -> Iterable[Rule]:
    """The rules of the longest path that the table knows: of the type, of every type, or of the type as a whole."""
    found = _find(token)
    tables = [found.properties if found else {}, _everywhere() if found else {}]
    # The longest first: an entry of a list by its name, then any entry.
    shown = [name for part in _ancestors(difference.shown) for name in (part, _ENTRY.sub("", part))]
    for part in (*shown, *_ancestors(difference.path)):
        for table in tables:
            if part in table:
                return table[part]
    return tables[0].get(_WHOLE, ())


def _ancestors(path: str) -> Iterator[str]:
    """A path and all above it: `rules[archive].days`, `rules[archive]`, `rules`."""
    while path:
        yield path
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
