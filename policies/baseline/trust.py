"""Whom roles trust: accounts, services and the tokens of identity providers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pulumi_policy import Severity

from policies.support.accounts import TRUSTED_ACCOUNTS, foreign
from policies.support.documents import Condition, Statement, statements
from policies.support.grants import everyone, limits_caller
from policies.support.resources import Resource
from policies.support.rules import Context, Findings, NotApplicable, rule

ROLES = ("aws:iam/role:Role",)

_GITHUB = "token.actions.githubusercontent.com"
# Providers that AWS knows without a resource, and the claims that tell their tokens apart.
_HOSTED = {
    "accounts.google.com": ("aud", "sub"),
    "cognito-identity.amazonaws.com": ("aud",),
    "graph.facebook.com": ("app_id",),
    "www.amazon.com": ("app_id",),
}
_EQUALITIES = ("stringequals", "stringequalsignorecase", "stringlike")


@rule(
    "iam-trust-not-everyone",
    types=ROLES,
    severity=Severity.CRITICAL,
    remedy="Name the principals in assumeRolePolicy, or add a condition on aws:PrincipalOrgID",
)
def iam_trust_not_everyone(role: Resource, _context: Context) -> Findings:
    """No role trusts everyone."""
    for number, statement in enumerate(statements(role, "assumeRolePolicy"), start=1):
        if statement.allows and everyone(statement) and not limits_caller(statement):
            yield f"statement {number} of assumeRolePolicy trusts everyone"


@rule(
    "iam-trust-own-accounts",
    types=ROLES,
    severity=Severity.HIGH,
    remedy="Remove the account, or list it in the rule's parameter accounts",
    parameters=(TRUSTED_ACCOUNTS,),
    joined=True,
)
def iam_trust_own_accounts(role: Resource, context: Context) -> Findings:
    """Roles trust the stack's own account and the accounts that configuration lists."""
    yield from foreign(role, statements(role, "assumeRolePolicy"), "assumeRolePolicy", context)


@rule(
    "iam-oidc-trust",
    types=ROLES,
    severity=Severity.HIGH,
    frameworks=("CKV_AWS_393",),
    remedy="Compare the :sub and :aud of this provider's token with values that name repositories or service accounts",
)
def iam_oidc_trust(role: Resource, _context: Context) -> Findings:
    """Roles that trust an OIDC provider say which subject and which audience, and not everyone's."""
    trusting = [item for item in statements(role, "assumeRolePolicy") if item.allows and _issuers(item)]
    if not trusting:
        raise NotApplicable("it does not trust an OIDC provider")
    for statement in trusting:
        for issuer in _issuers(statement):
            yield from _claim_findings(statement, issuer)


def _issuers(statement: Statement) -> list[str]:
    """The OIDC providers that a statement trusts, by the name that condition keys begin with."""
    found = [name.partition(":oidc-provider/") for name in statement.names("federated")]
    hosted = [name for name in statement.names("federated") if name in _HOSTED]
    return [issuer for _, _, issuer in found if issuer] + hosted


def _claim_findings(statement: Statement, issuer: str) -> Iterator[str]:
    compared = {claim: list(_values(statement, issuer, claim)) for claim in _HOSTED.get(issuer, ("sub", "aud"))}
    if _hosts_all(issuer, statement):
        yield "the trust names providers of any kind"
    for claim, conditions in compared.items():
        if not conditions:
            yield f"the trust has no condition on :{claim}"
        elif all(any(_names_everyone(value, issuer, claim, item) for value in item.values) for item in conditions):
            yield f"the condition on :{claim} matches everyone's tokens"


def _hosts_all(issuer: str, statement: Statement) -> bool:
    return "*" in issuer or "*" in statement.names("federated")


def _values(statement: Statement, issuer: str, claim: str) -> Iterator[Condition]:
    """The conditions that compare a claim of the provider's own tokens, and hold only where the claim is there."""
    for condition in statement.conditions:
        if (
            condition.operator in _EQUALITIES
            and condition.qualifier != "forallvalues"
            and not condition.if_exists
            and condition.key == f"{issuer}:{claim}".lower()
            and condition.values
        ):
            yield condition


def _names_everyone(value: str, issuer: str, claim: str, condition: Condition) -> bool:
    """Whether a value of a claim stands for subjects that anybody can have."""
    if not value.strip("*?:/."):
        return True
    if claim == "aud" or condition.operator != "stringlike":
        return False
    if issuer == _GITHUB or value.startswith("repo:"):
        # repo:OWNER/NAME:…: the owner must be spelled out; what follows may vary within it.
        owner = re.match(r"repo:([^/:]*)", value)
        return not owner or not owner[1] or bool(re.search(r"[*?]", owner[1])) or "/" not in value
    if value.startswith("system:serviceaccount:"):
        namespace = value.split(":")[2:3]
        return not namespace or bool(re.search(r"[*?]", namespace[0]))
    # Any other provider: something must be spelled out before the first wildcard, beyond the first separator.
    fixed = re.split(r"[*?]", value, maxsplit=1)[0]
    return not re.search(r"[:/|].*\w", fixed) and "*" in value
