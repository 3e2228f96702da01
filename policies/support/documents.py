"""IAM policy documents as lists of statements."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from policies.support.values import Values


@dataclass(frozen=True)
class Statement:
    """One statement of a policy document. Lists are never single values, condition keys are lower case."""

    allows: bool
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    resources: tuple[str, ...]
    principals: tuple[str, ...]
    """Principals of every kind; `*` stands for anyone, also where only some are excepted."""
    federated: tuple[str, ...]
    conditions: Mapping[str, Mapping[str, tuple[str, ...]]]
    """Operator → key → values."""


def statements(values: Values, path: str) -> list[Statement]:
    """The statements of the document in a property; none where the property is absent or is no policy document."""
    document = values.get(path)
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except json.JSONDecodeError:
            return []
    if not isinstance(document, Mapping):
        return []
    found = document.get("Statement", [])
    return [_statement(item) for item in (found if isinstance(found, list) else [found]) if isinstance(item, Mapping)]


def _statement(item: Mapping[str, object]) -> Statement:
    principal = item.get("Principal", {})
    by_kind = principal if isinstance(principal, Mapping) else {"AWS": principal}
    principals = tuple(name for names in by_kind.values() for name in _texts(names))
    conditions = item.get("Condition")
    return Statement(
        allows=item.get("Effect") == "Allow",
        actions=_texts(item.get("Action")),
        not_actions=_texts(item.get("NotAction")),
        resources=_texts(item.get("Resource")),
        principals=("*",) if "NotPrincipal" in item else principals,
        federated=_texts(by_kind.get("Federated")),
        conditions={
            str(operator): {str(key).lower(): _texts(value) for key, value in keys.items()}
            for operator, keys in (conditions.items() if isinstance(conditions, Mapping) else ())
            if isinstance(keys, Mapping)
        },
    )


def _texts(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    items = value if isinstance(value, list) else [value]
    return tuple(str(item).lower() if isinstance(item, bool) else str(item) for item in items)
