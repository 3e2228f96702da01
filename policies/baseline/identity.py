"""Identity: what policies allow, and whom roles trust."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import Severity

from policies.support.documents import Statement, statements
from policies.support.resources import Resource
from policies.support.rules import Context, Findings, NotApplicable, rule
from policies.support.values import Values

ROLES = ("aws:iam/role:Role",)
USERS_AND_GROUPS = ("aws:iam/user:User", "aws:iam/group:Group")
POLICIES = (
    "aws:iam/policy:Policy",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/userPolicy:UserPolicy",
    "aws:iam/groupPolicy:GroupPolicy",
)
ATTACHMENTS = (
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
    "aws:iam/policyAttachment:PolicyAttachment",
)
EXCLUSIVE_ATTACHMENTS = (
    "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive",
    "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive",
    "aws:iam/groupPolicyAttachmentsExclusive:GroupPolicyAttachmentsExclusive",
)


def _allowing(resource: Resource) -> Iterator[tuple[str, Statement]]:
    """The statements that allow something, each with how a message names it."""
    holders: list[tuple[str, Values]] = [("policy", resource)]
    if resource.type in ROLES:
        holders = [(f"inline policy {number}", item) for number, item in enumerate(resource.each("inlinePolicies"), 1)]
    for where, holder in holders:
        for number, statement in enumerate(statements(holder, "policy"), start=1):
            if statement.allows:
                yield f"statement {number} of {where}", statement


@rule(
    "iam-no-full-access",
    types=(*POLICIES, *ROLES),
    severity=Severity.CRITICAL,
    frameworks=("CKV_AWS_62", "CKV_AWS_63", "IAM.1"),
    remedy="Name the actions and the resources that are needed",
)
def iam_no_full_access(resource: Resource, _context: Context) -> Findings:
    """No policy allows every action."""
    for where, statement in _allowing(resource):
        if {"*", "*:*"} & set(statement.actions):
            yield f"{where} allows every action"
        elif statement.not_actions and "*" in statement.resources:
            yield f"{where} allows every action but a few on every resource"


@rule(
    "iam-no-service-wildcards",
    types=(*POLICIES, *ROLES),
    severity=Severity.HIGH,
    frameworks=("CKV_AWS_355", "IAM.21"),
    remedy="Name the actions that are needed instead of all actions of a service",
)
def iam_no_service_wildcards(resource: Resource, _context: Context) -> Findings:
    """No policy allows every action of a service."""
    for where, statement in _allowing(resource):
        if any(action.endswith(":*") and action != "*:*" for action in statement.actions):
            yield f"{where} allows every action of a service"


@rule(
    "iam-oidc-trust",
    types=ROLES,
    severity=Severity.HIGH,
    frameworks=("CKV_AWS_358",),
    remedy="Compare both :sub and :aud of the token in the condition of assumeRolePolicy",
)
def iam_oidc_trust(role: Resource, _context: Context) -> Findings:
    """Roles that trust an OIDC provider say which subject and which audience."""
    trusting = [item for item in statements(role, "assumeRolePolicy") if item.allows and _is_oidc(item)]
    if not trusting:
        raise NotApplicable("it does not trust an OIDC provider")
    for statement in trusting:
        compared = {
            key.rpartition(":")[2]
            for operator, keys in statement.conditions.items()
            if operator.rpartition(":")[2] in ("StringEquals", "StringLike")
            for key, values in keys.items()
            if values and not any(set(value) <= set("*?:") for value in values)
        }
        for claim in ("sub", "aud"):
            if claim not in compared:
                yield f"the trust has no condition on :{claim}"


def _is_oidc(statement: Statement) -> bool:
    return any(":oidc-provider/" in name for name in statement.federated)


@rule(
    "iam-no-administrator-access",
    types=(*ATTACHMENTS, *EXCLUSIVE_ATTACHMENTS, *ROLES),
    severity=Severity.CRITICAL,
    frameworks=("CKV_AWS_274", "IAM.1"),
    remedy="Attach a policy that names what is needed",
)
def iam_no_administrator_access(resource: Resource, context: Context) -> Findings:
    """Nothing has the policy AdministratorAccess."""
    for path in ("policyArn", "policyArns", "managedPolicyArns"):
        if context.stack.only_from(resource, path, ("aws:iam/policy:Policy",)):
            continue  # a policy of the stack is not the one of AWS, whatever its ARN will be
        if any(arn.endswith(":policy/AdministratorAccess") for arn in resource.strings(path)):
            yield f"{path} holds AdministratorAccess"
