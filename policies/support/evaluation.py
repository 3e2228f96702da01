"""What a policy document decides about a request: the one reading of globs, conditions and denials for all rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache
from ipaddress import ip_address, ip_network

from policies.support.documents import Condition, Statement


class Decision(Enum):
    """What the statements of a policy say about a request."""

    ALLOWED = "allowed"
    DENIED = "denied"
    IMPLICITLY_DENIED = "implicitly denied"


@dataclass(frozen=True)
class Request:
    """What somebody asks for. Keys of the context are lower case."""

    action: str
    resource: str
    principal: str = "*"
    """ARN or account of an AWS principal; `*` is somebody of whom nothing is known."""
    context: Mapping[str, Sequence[str]] = field(default_factory=dict)


def decide(statements: Iterable[Statement], request: Request) -> Decision:
    """The decision of a policy by itself: any denial counts, then any permission."""
    matching = [statement for statement in statements if applies(statement, request)]
    if any(not statement.allows for statement in matching):
        return Decision.DENIED
    return Decision.ALLOWED if matching else Decision.IMPLICITLY_DENIED


def applies(statement: Statement, request: Request) -> bool:
    """Whether a statement is about the request."""
    return (
        covers_action(statement, request.action)
        and covers_resource(statement, request.resource)
        and _covers_principal(statement, request.principal)
        and all(holds(condition, request.context) for condition in statement.conditions)
    )


def covers_action(statement: Statement, action: str) -> bool:
    """Whether a statement is about an action. Neither services nor actions have a case."""
    if statement.not_actions:
        return not any(matches(pattern.lower(), action.lower()) for pattern in statement.not_actions)
    return any(matches(pattern.lower(), action.lower()) for pattern in statement.actions)


def covers_resource(statement: Statement, resource: str) -> bool:
    """Whether a statement is about a resource; one that names none is about what it is attached to."""
    if statement.not_resources:
        return not any(matches(pattern, resource) for pattern in statement.not_resources)
    return not statement.resources or any(matches(pattern, resource) for pattern in statement.resources)


def _covers_principal(statement: Statement, principal: str) -> bool:
    if statement.not_principals:
        return principal not in _forms(statement.not_principals)
    return not statement.principals or bool({"*", principal} & _forms(statement.principals))


def _forms(principals: Iterable[tuple[str, str]]) -> set[str]:
    """The principals, an account also by the ARN of its root."""
    names = {name for _, name in principals}
    return names | {f"arn:aws:iam::{name}:root" for name in names if re.fullmatch(r"\d{12}", name)}


def matches(pattern: str, text: str) -> bool:
    """Whether a text is among those that a pattern with `*` and `?` stands for."""
    if "?" in pattern:
        return bool(_expression(pattern).fullmatch(text))
    head, *rest = pattern.split("*")
    if not rest:
        return pattern == text
    *middle, tail = rest
    place, end = len(head), len(text) - len(tail)
    if place > end or not text.startswith(head) or not text.endswith(tail):
        return False
    for part in middle:  # the first place of each is as good as any other
        place = text.find(part, place, end)
        if place < 0:
            return False
        place += len(part)
    return True


@lru_cache(maxsize=1024)
def _expression(pattern: str) -> re.Pattern[str]:
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(character) or re.escape(character) for character in pattern), re.DOTALL)


def arn_matches(pattern: str, arn: str) -> bool:
    """The same for ARNs, whose first five colons are no part of what `*` stands for."""
    patterns, parts = pattern.split(":", 5), arn.split(":", 5)
    return len(patterns) == len(parts) and all(map(matches, patterns, parts))


Comparison = Callable[[str, str], bool]
"""Of a value in the policy with a value of the request."""


def _number(compare: Callable[[float, float], bool]) -> Comparison:
    return lambda wanted, given: _both(float, compare, wanted, given)


def _date(compare: Callable[[float, float], bool]) -> Comparison:
    return lambda wanted, given: _both(_seconds, compare, wanted, given)


def _both(convert: Callable[[str], float], compare: Callable[[float, float], bool], wanted: str, given: str) -> bool:
    try:
        return compare(convert(given), convert(wanted))
    except ValueError:
        return False


def _seconds(text: str) -> float:
    """Seconds since 1970 of a time that is given so, or in the form of ISO 8601."""
    try:
        return float(text)
    except ValueError:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _within(network: str, address: str) -> bool:
    try:
        return ip_address(address) in ip_network(network, strict=False)
    except ValueError:
        return False


_COMPARISONS: Mapping[str, Comparison] = {
    "stringequals": lambda wanted, given: wanted == given,
    "stringequalsignorecase": lambda wanted, given: wanted.lower() == given.lower(),
    "stringlike": matches,
    "arnequals": arn_matches,
    "arnlike": arn_matches,
    "bool": lambda wanted, given: wanted.lower() == given.lower(),
    "binaryequals": lambda wanted, given: wanted == given,
    "ipaddress": _within,
    "numericequals": _number(lambda given, wanted: given == wanted),
    "numericlessthan": _number(lambda given, wanted: given < wanted),
    "numericlessthanequals": _number(lambda given, wanted: given <= wanted),
    "numericgreaterthan": _number(lambda given, wanted: given > wanted),
    "numericgreaterthanequals": _number(lambda given, wanted: given >= wanted),
    "dateequals": _date(lambda given, wanted: given == wanted),
    "datelessthan": _date(lambda given, wanted: given < wanted),
    "datelessthanequals": _date(lambda given, wanted: given <= wanted),
    "dategreaterthan": _date(lambda given, wanted: given > wanted),
    "dategreaterthanequals": _date(lambda given, wanted: given >= wanted),
}
_NEGATIONS: Mapping[str, str] = {
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "arnnotequals": "arnequals",
    "arnnotlike": "arnlike",
    "notipaddress": "ipaddress",
    "numericnotequals": "numericequals",
    "datenotequals": "dateequals",
}


def negates(condition: Condition) -> bool:
    """Whether a condition holds for what its values do not name."""
    return condition.operator in _NEGATIONS


def holds(condition: Condition, context: Mapping[str, Sequence[str]]) -> bool:
    """Whether a condition holds for the context of a request. An unknown operator never does."""
    given = context.get(condition.key)
    if condition.operator == "null":
        return any((given is None) is (value.lower() == "true") for value in condition.values)
    negated = negates(condition)
    compare = _COMPARISONS.get(_NEGATIONS.get(condition.operator, condition.operator))
    if compare is None:
        return False
    if not given:
        absent = negated and condition.qualifier != "foranyvalue"
        return absent or condition.if_exists or condition.qualifier == "forallvalues"
    hits = [any(compare(wanted, value) for wanted in condition.values) is not negated for value in given]
    if condition.qualifier:
        return all(hits) if condition.qualifier == "forallvalues" else any(hits)
    return all(hits) if negated else any(hits)
