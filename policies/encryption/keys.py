"""KMS keys: rotation, deletion, and who may use them."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import Severity

from policies.support.documents import Statement, statements
from policies.support.parameters import Parameter
from policies.support.resources import Resource
from policies.support.rules import Context, Findings, NotApplicable, rule

KEYS = ("aws:kms/key:Key",)
DELETABLE_KEYS = (
    *KEYS,
    "aws:kms/replicaKey:ReplicaKey",
    "aws:kms/externalKey:ExternalKey",
    "aws:kms/replicaExternalKey:ReplicaExternalKey",
)
KEYS_WITH_POLICY = (*DELETABLE_KEYS, "aws:kms/keyPolicy:KeyPolicy")

# Condition keys that tie a caller to an account, an organisation, a principal or a resource.
_LIMITS = frozenset(
    (
        "kms:calleraccount",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceorgid",
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
    )
)
_EQUALS = frozenset(("stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"))


@rule(
    "kms-rotation",
    types=KEYS,
    severity=Severity.MEDIUM,
    frameworks=("CKV_AWS_7", "KMS.4", "CIS5 3.6"),
    remedy="Set enableKeyRotation to true",
)
def kms_rotation(key: Resource, _context: Context) -> Findings:
    """Symmetric customer keys rotate by themselves."""
    if (key.text("customerMasterKeySpec") or "SYMMETRIC_DEFAULT") != "SYMMETRIC_DEFAULT":
        raise NotApplicable("KMS rotates symmetric encryption keys only")
    if key.has("customKeyStoreId"):
        raise NotApplicable("KMS does not rotate keys in custom key stores")
    if not key.true("enableKeyRotation"):
        yield "enableKeyRotation is not true"


@rule(
    "kms-policy-principals",
    types=KEYS_WITH_POLICY,
    severity=Severity.CRITICAL,
    frameworks=("CKV_AWS_33", "KMS.5"),
    remedy="Name the principals, or add a condition on kms:CallerAccount, aws:SourceAccount or aws:PrincipalOrgID",
)
def kms_policy_principals(key: Resource, _context: Context) -> Findings:
    """Key policies let nobody in without a condition that limits the caller."""
    for number, statement in enumerate(statements(key, "policy"), start=1):
        if statement.allows and "*" in statement.principals and not any(_limits(statement)):
            yield f"statement {number} of policy allows every principal"


def _limits(statement: Statement) -> Iterator[bool]:
    """For each condition of a statement, whether it limits who calls."""
    for operator, keys in statement.conditions.items():
        compares = operator.lower().rpartition(":")[2] in _EQUALS
        for key, values in keys.items():
            yield compares and key in _LIMITS and bool(values) and not {"*", "arn:aws:*"} & set(values)


@rule(
    "kms-deletion-window",
    types=DELETABLE_KEYS,
    severity=Severity.MEDIUM,
    remedy="Set deletionWindowInDays to the number of days asked for, so that a mistaken deletion can be taken back",
    parameters=(
        Parameter(
            name="minimumDays", kind="number", default=30, description="Days that a deleted key waits, from 7 to 30."
        ),
    ),
)
def kms_deletion_window(key: Resource, context: Context) -> Findings:
    """Deleted customer keys can be restored for long enough."""
    days = key.number("deletionWindowInDays")
    if days is not None and days < context.number("minimumDays"):
        yield f"deletionWindowInDays is less than {context.number('minimumDays')}"
