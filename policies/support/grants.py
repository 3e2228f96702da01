"""Who is let in by a policy document, and how much it gives away."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import ip_network

from policies.support.documents import Condition, Statement
from policies.support.evaluation import covers_action, covers_resource, matches, negates
from policies.support.networks import is_internet

# Keys that a caller cannot choose and that tie a request to an account, an organisation, a principal, a resource or a
# network (S3 user guide, "The meaning of public"; KMS and IAM condition keys).
_ARN_KEYS = frozenset(("aws:sourcearn", "aws:principalarn", "s3:dataaccesspointarn", "lambda:sourcefunctionarn"))
_IDENTITY_KEYS = frozenset(
    (
        "aws:principalaccount",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:sourceaccount",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "aws:username",
        "aws:vpcsourceip",
        "kms:calleraccount",
        "s3:dataaccesspointaccount",
        "sns:endpoint",
    )
)
_ADDRESS_KEYS = frozenset(("aws:sourceip",))
_EQUALITIES = frozenset(("stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike", "ipaddress"))
_OPPOSITES = frozenset(
    ("stringnotequals", "stringnotequalsignorecase", "stringnotlike", "arnnotequals", "arnnotlike", "notipaddress")
)
# What every client can send, so that asking for it keeps nobody out.
_FREE_KEYS = frozenset(
    ("aws:securetransport", "aws:useragent", "aws:referer", "aws:currenttime", "aws:epochtime", "s3:tlsversion")
)

# Names that no service and no action have, without a letter in common.
_PROBES = ("Zzqqzzqq", "Jjxxjjxx")
_STRANGE_SERVICES = ("zzqq", "jjxx")
_STRANGE_RESOURCES = ("arn:aws:zzqq:zz-qq-9:999999999999:zzqq/zzqq", "arn:aws:jjxx:jj-xx-8:888888888888:jjxx/jjxx")


def everyone(statement: Statement) -> bool:
    """Whether a statement that allows something names everyone, also by leaving out a few."""
    return bool(statement.not_principals) or any(
        name == "*" and kind in ("*", "aws", "federated", "canonicaluser", "service")
        for kind, name in statement.principals
    )


def lets_anyone_in(statements: Sequence[Statement]) -> Iterator[int]:
    """Numbers of the statements by which somebody of whom nothing is known gets in, counted from 1."""
    denials = [item for item in statements if not item.allows and _denies_strangers(item)]
    for number, statement in enumerate(statements, start=1):
        if not statement.allows or not everyone(statement) or limits_caller(statement):
            continue
        if not any(_swallows(denial, statement) for denial in denials):
            yield number


def limits_caller(statement: Statement) -> bool:
    """Whether a condition keeps out those of whom nothing is known."""
    return any(
        _ties(condition) and (_names_callers(condition) or (condition.key, condition.values) == _MOUNTED)
        for condition in statement.conditions
    )


# Whoever comes by way of a mount target is inside of its network (EFS user guide, "The meaning of public").
_MOUNTED = ("elasticfilesystem:accessedviamounttarget", ("true",))


def _ties(condition: Condition) -> bool:
    """Whether a condition holds only where its key is there and has one of its values."""
    return (
        condition.operator in (*_EQUALITIES, "bool")
        and not condition.if_exists
        and condition.qualifier != "forallvalues"
    )


def _names_callers(condition: Condition) -> bool:
    """Whether the values of a condition name some callers and not all of them."""
    if not condition.values:
        return False
    if condition.key in _ADDRESS_KEYS:
        return not is_internet([value for value in condition.values if _is_network(value)])
    wild = condition.operator in ("stringlike", "arnequals", "arnlike")
    if condition.key in _ARN_KEYS:
        return not any(wild and _any_account(value) for value in condition.values)
    return condition.key in _IDENTITY_KEYS and not any(wild and _only_wildcards(value) for value in condition.values)


def _is_network(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


# What is left of a value that stands for accounts, organisations, networks or users of any kind.
_NOTHING_NAMED = re.compile(r"(?:\*|\?|o-|r-|ou-|vpc-|vpce-|AIDA|AROA|[/:])*")


def _only_wildcards(value: str) -> bool:
    """Whether a value stands for accounts, organisations or names of any kind."""
    return bool(_NOTHING_NAMED.fullmatch(value))


def _any_account(arn: str) -> bool:
    """Whether an ARN stands for resources of any account."""
    parts = arn.split(":", 5)
    if len(parts) < len(("arn", "partition", "service", "region", "account", "resource")):
        return "*" in arn
    account, resource = parts[4:]
    if account:
        return all(matches(account, probe) for probe in ("999999999999", "888888888888"))
    return not resource.strip("*?/")  # of buckets and their like, whose names are unique in the world


def _denies_strangers(statement: Statement) -> bool:
    """Whether a denial meets everybody of whom nothing is known, whatever they send."""
    named = bool(statement.not_principals) or everyone(statement)
    return named and all(
        condition.operator in _OPPOSITES and condition.qualifier != "foranyvalue" and _opposed(condition)
        for condition in statement.conditions
    )


def _opposed(condition: Condition) -> bool:
    """Whether the opposite of a condition names some callers; `IfExists` changes nothing for a negation."""
    return negates(condition) and _names_callers(
        Condition(condition.operator.replace("not", ""), "", False, condition.key, condition.values)
    )


def _swallows(denial: Statement, statement: Statement) -> bool:
    """Whether a denial takes away all that a statement gives."""
    actions = [item.replace("*", probe).replace("?", "z") for item in statement.actions for probe in _PROBES]
    resources = [item.replace("*", probe).replace("?", "z") for item in statement.resources for probe in _PROBES]
    return (
        not statement.not_actions
        and not statement.not_resources
        and all(covers_action(denial, action) for action in actions)
        and all(covers_resource(denial, resource) for resource in resources)
    )


def every_action(statement: Statement) -> bool:
    """Whether a statement is about actions of any service, all or all but a few."""
    return all(covers_action(statement, f"{service}:{probe}") for service in _STRANGE_SERVICES for probe in _PROBES)


def every_resource(statement: Statement) -> bool:
    """Whether a statement is about resources of any kind, all or all but a few."""
    return all(covers_resource(statement, resource) for resource in _STRANGE_RESOURCES)


def whole_services(statement: Statement) -> list[str]:
    """Services of whose actions a statement holds each, as they are written, and those that `s*` and its like name."""
    found = []
    for pattern in statement.actions:
        service, colon, action = pattern.lower().partition(":")
        if every_action(statement):
            continue
        whole = all(matches(action, probe.lower()) for probe in _PROBES) if colon else service.endswith("*")
        if whole:
            found.append(service)
    return found


def restricts(statement: Statement) -> bool:
    """Whether a condition of a statement keeps any caller out."""
    return any(_restricts(condition) for condition in statement.conditions)


def _restricts(condition: Condition) -> bool:
    if condition.key in _FREE_KEYS or condition.qualifier == "forallvalues" or not condition.values:
        return False
    if condition.operator in _EQUALITIES:
        arn = condition.operator.startswith("arn") or condition.key in _ARN_KEYS
        if condition.key in _ADDRESS_KEYS:
            return _names_callers(condition)
        vacuous = _any_account if arn else _only_wildcards
        return not any(condition.operator != "stringequals" and vacuous(value) for value in condition.values)
    return True


def unlimited(statements: Iterable[Statement]) -> list[Statement]:
    """The statements that allow something on resources of any kind without a condition that restricts it."""
    return [item for item in statements if item.allows and every_resource(item) and not restricts(item)]


_ACCOUNT = re.compile(r"arn:[\w-]+:(?:iam|sts)::(\d{12}):.*|(\d{12})")
_CALLER_KEYS = frozenset(("aws:principalaccount", "aws:principalarn", "kms:calleraccount"))


def accounts(statement: Statement) -> set[str]:
    """Ids of the accounts that a statement lets in: as principals, or by a condition on everyone."""
    names = [*statement.names("aws")]
    if everyone(statement):
        names += [
            value
            for condition in statement.conditions
            if _ties(condition) and condition.key in _CALLER_KEYS
            for value in condition.values
        ]
    found = (_ACCOUNT.fullmatch(name) for name in names)
    return {match[1] or match[2] for match in found if match}
