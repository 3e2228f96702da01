"""KMS keys: rotation, deletion, and who may use them."""

from __future__ import annotations

from pulumi_policy import Severity

from policies.support.documents import statements
from policies.support.grants import lets_anyone_in
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
    for number in lets_anyone_in(statements(key, "policy")):
        yield f"statement {number} of policy allows every principal"


@rule(
    "kms-deletion-window",
    types=DELETABLE_KEYS,
    severity=Severity.MEDIUM,
    remedy="Set deletionWindowInDays to the number of days asked for, so that a mistaken deletion can be taken back",
    parameters=(
        Parameter(
            name="minimumDays",
            kind="number",
            default=30,
            least=7,
            most=30,
            description="Days that a deleted key waits, from 7 to 30.",
        ),
    ),
)
def kms_deletion_window(key: Resource, context: Context) -> Findings:
    """Deleted customer keys can be restored for long enough."""
    days = key.number("deletionWindowInDays")
    if days is not None and days < context.number("minimumDays"):
        yield f"deletionWindowInDays is less than {context.number('minimumDays')}"
