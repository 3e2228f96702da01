"""Accounts: which are the stack's own, and which principals belong to others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from policies.support.documents import InvalidDocumentError, Statement, statements
from policies.support.grants import accounts, everyone, limits_caller
from policies.support.parameters import Parameter
from policies.support.resources import Resource, Stack
from policies.support.rules import Context, Findings
from policies.support.values import UnknownValueError

TRUSTED_ACCOUNTS = Parameter(
    name="accounts",
    kind="accounts",
    default=[],
    description="Ids of other accounts that may be let in.",
)

_KEYS = ("aws:kms/key:Key", "aws:kms/replicaKey:ReplicaKey", "aws:kms/keyPolicy:KeyPolicy")
_ARN = re.compile(r"arn:[\w-]+:[\w-]+:[\w-]*:(\d{12}):.+")


def foreign(resource: Resource, document: Sequence[Statement], path: str, context: Context) -> Findings:
    """Yield a finding for each statement that lets in an account which is not the stack's, nor listed.

    Raises `UnknownValueError` where other accounts are named and the stack's own cannot be told.
    """
    allowed = set(context.strings("accounts"))
    for number, statement in enumerate(document, start=1):
        tied = limits_caller(statement) and not everyone(statement)
        named = accounts(statement) - allowed if statement.allows and not tied else set()
        if not named:
            continue
        own = own_accounts(context.stack, resource)
        if not own:
            raise UnknownValueError("the stack's own account")
        if named - own:
            yield f"statement {number} of {path} lets in another account"


def own_accounts(stack: Stack, resource: Resource) -> set[str]:
    """Accounts of the resource's provider, else of the ARNs that AWS gave, else those whose root the keys obey."""
    return set(resource.provider.strings("allowedAccountIds")) or stack_accounts(stack)


def stack_accounts(stack: Stack) -> set[str]:
    """Accounts of the ARNs that AWS gave to the stack's resources, else those whose root its keys obey."""
    return {found[1] for arn in stack.arns if (found := _ARN.fullmatch(arn))} or set(_key_owners(stack))


def _key_owners(stack: Stack) -> Iterator[str]:
    """A key policy must leave its own account in charge: AWS refuses one that locks it out."""
    for key in stack.of(*_KEYS):
        try:
            document = statements(key, "policy")
        except (UnknownValueError, InvalidDocumentError):
            continue
        for statement in document:
            if statement.allows and "kms:*" in statement.actions and len(accounts(statement)) == 1:
                yield from accounts(statement)
