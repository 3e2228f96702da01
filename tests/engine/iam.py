"""A small evaluation of IAM policies: enough of the rules for the conditions that the platform's policies use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

Context = Mapping[str, str]


def is_allowed(statements: Iterable[Mapping[str, Any]], action: str, arn: str, context: Context) -> bool:
    """Whether some statement allows an action on a resource, and none denies it."""
    effects = {
        statement["Effect"]
        for statement in statements
        if _concerns(statement, "Action", action)
        and _concerns(statement, "Resource", arn)
        and _holds(statement.get("Condition", {}), context)
    }
    return effects == {"Allow"}


def _concerns(statement: Mapping[str, Any], key: str, value: str) -> bool:
    """Whether a statement names this action or resource, or names others and means the rest."""
    if f"Not{key}" in statement:
        return not _matches(statement[f"Not{key}"], value)
    return _matches(statement[key], value)


def _matches(patterns: str | list[str], value: str) -> bool:
    return any(fnmatchcase(value, pattern) for pattern in listed(patterns))


def listed(value: str | list[str]) -> list[str]:
    """One or many, as a list."""
    return [value] if isinstance(value, str) else value


def _holds(condition: Mapping[str, Mapping[str, Any]], context: Context) -> bool:
    return all(
        _key_holds(operator, context.get(key), listed(wanted))
        for operator, keys in condition.items()
        for key, wanted in keys.items()
    )


def _key_holds(operator: str, value: str | None, wanted: list[str]) -> bool:
    same, like = value in wanted, value is not None and _matches(wanted, value)
    answers = {
        "ArnEquals": like,
        "ArnLike": like,
        "ArnNotLike": not like,
        "BoolIfExists": value is None or same,
        "Bool": same,
        "ForAnyValue:StringEquals": same,
        "ForAnyValue:StringLike": like,
        "Null": (value is None) is (wanted == ["true"]),
        "StringEquals": same,
        "StringEqualsIfExists": value is None or same,
        "StringLike": like,
        "StringNotEquals": not same,
        "StringNotLikeIfExists": not like,
    }
    return answers[operator]
