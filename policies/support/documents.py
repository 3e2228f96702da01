"""IAM policy documents as AWS reads them: parsed once, in one form, and refused where AWS would refuse them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from policies.support.values import Values

_VERSIONS = ("2008-10-17", "2012-10-17")
_QUALIFIERS = ("forallvalues", "foranyvalue")


class InvalidDocumentError(ValueError):
    """AWS would refuse the document, for the reason given."""


@dataclass(frozen=True)
class Condition:
    """One key of a condition block: the values are alternatives, all conditions of a statement must hold."""

    operator: str
    """Lower case, without qualifier and `IfExists`."""
    qualifier: str
    """`forallvalues`, `foranyvalue` or nothing."""
    if_exists: bool
    key: str
    """Lower case."""
    values: tuple[str, ...]


@dataclass(frozen=True)
class Statement:
    """One statement of a policy document. Lists are never single values."""

    allows: bool
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    resources: tuple[str, ...]
    not_resources: tuple[str, ...]
    principals: tuple[tuple[str, str], ...]
    """Kind in lower case (`aws`, `service`, `federated`, `canonicaluser`, `*`) and name."""
    not_principals: tuple[tuple[str, str], ...]
    conditions: tuple[Condition, ...]

    def names(self, kind: str) -> tuple[str, ...]:
        """The principals of a kind."""
        return tuple(name for of_kind, name in self.principals if of_kind == kind)


def statements(values: Values, path: str) -> list[Statement]:
    """The statements of the document in a property; none where the property is absent.

    Raises `InvalidDocumentError` for text or a structure that AWS refuses.
    """
    document = values.get(path)
    if document in (None, ""):
        return []
    try:
        return list(parse(document if isinstance(document, str) else json.dumps(document)))
    except InvalidDocumentError as error:
        raise InvalidDocumentError(f"{path} is no policy document that AWS accepts: {error}") from None


@lru_cache(maxsize=4096)
def parse(text: str) -> tuple[Statement, ...]:
    """The statements of a document. Raises `InvalidDocumentError`."""
    try:
        document = json.loads(text, object_pairs_hook=_without_duplicates)
    except (json.JSONDecodeError, RecursionError):
        raise InvalidDocumentError("it is not JSON") from None
    if not isinstance(document, Mapping):
        raise InvalidDocumentError("it is not a JSON object")
    members = _folded(document)
    if members.get("version", _VERSIONS[0]) not in _VERSIONS:
        raise InvalidDocumentError("its Version is unknown")
    found = members.get("statement")
    items = found if isinstance(found, list) else [found]
    maps = [item for item in items if isinstance(item, Mapping)]
    if not maps or len(maps) < len(items):
        raise InvalidDocumentError("it has no Statement")
    return tuple(_statement(_folded(item)) for item in maps)


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise InvalidDocumentError("a member is there twice")
    return members


def _folded(members: Mapping[str, object]) -> dict[str, object]:
    """The members by name in lower case: AWS does not tell `effect` from `Effect`."""
    folded = {name.lower(): value for name, value in members.items()}
    if len(folded) != len(members):
        raise InvalidDocumentError("a member is there twice")
    return folded


def _statement(item: Mapping[str, object]) -> Statement:
    if item.get("effect") not in ("Allow", "Deny"):
        raise InvalidDocumentError("Effect of a statement is neither Allow nor Deny")
    if ("action" in item) is ("notaction" in item):
        raise InvalidDocumentError("a statement needs either Action or NotAction")
    for one, other in (("resource", "notresource"), ("principal", "notprincipal")):
        if one in item and other in item:
            raise InvalidDocumentError(f"a statement has both {one} and {other}")
    return Statement(
        allows=item["effect"] == "Allow",
        actions=_texts(item.get("action")),
        not_actions=_texts(item.get("notaction")),
        resources=_texts(item.get("resource")),
        not_resources=_texts(item.get("notresource")),
        principals=tuple(_principals(item.get("principal"))),
        not_principals=tuple(_principals(item.get("notprincipal"))),
        conditions=tuple(_conditions(item.get("condition"))),
    )


def _principals(value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for kind, names in value.items():
            yield from ((str(kind).lower(), name) for name in _texts(names))
    elif value == "*":
        yield "*", "*"
    elif value is not None:
        raise InvalidDocumentError("Principal of a statement is neither * nor an object")


def _conditions(value: object) -> Iterator[Condition]:
    if value is None:
        return
    if not isinstance(value, Mapping) or not all(isinstance(keys, Mapping) for keys in value.values()):
        raise InvalidDocumentError("Condition of a statement does not map operators to keys")
    for name, keys in value.items():
        qualifier, _, operator = name.lower().rpartition(":")
        if qualifier and qualifier not in _QUALIFIERS:
            raise InvalidDocumentError("Condition of a statement has an unknown qualifier")
        if_exists = operator.endswith("ifexists")
        operator = operator.removesuffix("ifexists")
        for key, values in keys.items():
            yield Condition(operator, qualifier, if_exists, key.lower(), _texts(values))


def _texts(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    items = value if isinstance(value, list) else [value]
    if any(isinstance(item, Mapping | list) for item in items):
        raise InvalidDocumentError("a list in a statement holds something else than text")
    return tuple(str(item).lower() if isinstance(item, bool) else str(item) for item in items)
