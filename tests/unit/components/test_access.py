"""Who may administer and who may deploy, and what that lets them do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from components.access.access import Access, AccessArgs, deploy_documents, operate_documents
from components.access.boundary import boundary_arn, boundary_policy
from components.access.deployment import Deployment, StateBackend
from components.access.people import admin_trust
from components.access.settings import AccessSettings
from components.audit.settings import AccountSettings
from components.common.scope import Scope
from config.rules import STACK_NAME_MAX
from tests.conftest import Tell
from tests.engine.iam import Context, is_allowed
from tests.unit.environments import SCOPE
from tests.unit.harness import Recording, document, record
from tests.unit.policy_lint import findings

# The longest names of each partition.
LONG = [
    Scope(prefix="x" * STACK_NAME_MAX, account_id="123456789012", region=region)
    for region in ("ap-southeast-2", "cn-northwest-1", "us-gov-west-1")
]
RECOVERY = {"aws": "us-west-2", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-east-1"}
ALL_SWITCHES = AccountSettings.model_validate(
    {name: True for name, field in AccountSettings.model_fields.items() if field.annotation is bool}, by_name=True
)
STATE = StateBackend(
    bucket="trading-platform-state-123456789012", key_alias="alias/trading-platform-state", project="trading-platform"
)
SETTINGS = AccessSettings(github_repository="acme/trading-platform", github_environment="production")

# IAM's quotas: characters of a managed policy without blanks, and managed policies of a role.
POLICY_CHARACTERS = 6144
POLICIES_OF_A_ROLE = 10
INLINE_CHARACTERS = 10_240

IAM = "arn:aws:iam::123456789012"
ROLES = ("admin", "deploy")
NOTHING: Context = {}
BOUNDED: Context = {"iam:PermissionsBoundary": f"{IAM}:policy/production-access-boundary"}
# What makes a role, or changes what it may do.
SHAPING = (
    "iam:AttachRolePolicy",
    "iam:CreateRole",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
)

# What parliament reports and why it stands.
EXCEPTIONS = {
    "RESOURCE_STAR": "lists and reads, and singletons of the account, whose names AWS chooses",
    "RESOURCE_POLICY_PRIVILEGE_ESCALATION": "deploying a bucket includes its policy; the names keep it to our buckets",
    "UNKNOWN_CONDITION_FOR_ACTION": "parliament's data lack kms:ResourceAliases, and iam:PermissionsBoundary for trust",
    "RESOURCE_MISMATCH": "rules of groups and automated backups are types that parliament's data lack",
    "MISMATCHED_TYPE_BUT_USABLE": "IAM compares iam:PermissionsBoundary as text; parliament takes it for an ARN",
}


def deployment(
    scope: Scope = SCOPE,
    account: AccountSettings = ALL_SWITCHES,
    *,
    deletion_protection: bool = True,
    domain: str | None = None,
) -> Deployment:
    return Deployment(
        scope=scope,
        recovery_region=RECOVERY[scope.partition],
        account=account,
        deletion_protection=deletion_protection,
        domain=domain,
        existing_network=["vpc/vpc-0123456789abcdef0", *(f"subnet/subnet-0123456789abcdef{i}" for i in range(9))],
        shapes_registry=True,
        registry_secrets=["arn:aws:secretsmanager:us-east-1:123456789012:secret:ecr-pullthroughcache/hub-AbCdEf"],
        state=STATE,
    )


def documents(**options: Any) -> dict[str, str]:
    known = deployment(**options)
    return {**deploy_documents(known), **operate_documents(known)}


def statements(**options: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    for label, text in documents(**options).items():
        for statement in json.loads(text)["Statement"]:
            yield label, statement


def access(settings: AccessSettings = SETTINGS, account: AccountSettings = ALL_SWITCHES) -> Recording:
    args = AccessArgs(
        settings=settings,
        deployment=deployment(account=account),
        topic_arn="arn:aws:sns:us-east-1:123456789012:production-alarms",
    )
    return record(lambda: Access("access", args))


def trust(recording: Recording, role: str) -> dict[str, Any]:
    (statement,) = document(recording.one("aws:iam/role:Role", f"access-{role}"), "assumeRolePolicy")
    return statement


def test_the_administrator_needs_a_recent_second_factor() -> None:
    statement = trust(access(), "admin")
    assert statement["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    assert statement["Condition"] == {
        "Bool": {"aws:MultiFactorAuthPresent": "true"},
        "NumericLessThan": {"aws:MultiFactorAuthAge": "3600"},
    }


def test_named_administrators_need_not_exist_when_the_role_is_made() -> None:
    alice = "arn:aws:iam::123456789012:user/alice"
    settings = SETTINGS.model_copy(update={"admin_principals": (alice,)})
    (statement,) = json.loads(admin_trust(SCOPE, settings))["Statement"]
    assert statement["Principal"] == {"AWS": f"{IAM}:root"}
    assert statement["Condition"]["ArnEquals"] == {"aws:PrincipalArn": [alice]}
    assert statement["Condition"]["Bool"] == {"aws:MultiFactorAuthPresent": "true"}


def test_workflows_deploy_from_one_repository_and_environment_only() -> None:
    issuer = "token.actions.githubusercontent.com"
    statement = trust(access(), "deploy")
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Condition"] == {
        "StringEquals": {
            f"{issuer}:sub": "repo:acme/trading-platform:environment:production",
            f"{issuer}:aud": "sts.amazonaws.com",
        }
    }


def test_githubs_provider_belongs_to_the_accounts_foundation() -> None:
    assert not access().of_type("aws:iam/openIdConnectProvider:OpenIdConnectProvider")
    assert trust(access(), "deploy")["Principal"] == {
        "Federated": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    }


@pytest.mark.parametrize("hours", [1, 4, 12])
def test_sessions_last_as_long_as_the_work(hours: int) -> None:
    recording = access(SETTINGS.model_copy(update={"admin_session_hours": hours}))
    sessions = {
        role.inputs["name"]: role.inputs["maxSessionDuration"] for role in recording.of_type("aws:iam/role:Role")
    }
    assert sessions == {
        "production-admin": hours * 3600,
        "production-break-glass": 3600,
        "production-deploy": 4 * 3600,
    }


@pytest.mark.parametrize("role", ["admin", "deploy"])
def test_a_role_carries_no_more_policies_than_iam_allows_and_none_that_allows_all(role: str) -> None:
    recording = access()
    attached = [
        item.inputs["policyArn"]
        for item in recording.of_type("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
        if item.name.startswith(f"access-{role}-")
    ]
    # An organisation attaches some of its own.
    assert 0 < len(attached) < POLICIES_OF_A_ROLE
    assert not any(arn.endswith(("AdministratorAccess", "PowerUserAccess")) for arn in attached)


def test_attachments_name_policies_that_exist_and_wait_for_them() -> None:
    recording = access()
    made = {
        f"arn:aws:iam::123456789012:policy/{policy.inputs['name']}": f"aws:iam/policy:Policy::{policy.name}"
        for policy in recording.of_type("aws:iam/policy:Policy")
    }
    attachments = recording.of_type("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
    for attachment in attachments:
        if (arn := attachment.inputs["policyArn"]) in made:
            assert made[arn] in recording.depends_on(attachment)
    assert set(made) - {attachment.inputs["policyArn"] for attachment in attachments} == {boundary_arn(SCOPE)}


def test_only_the_administrator_is_guarded() -> None:
    within = {policy.name: policy.inputs["role"] for policy in access().of_type("aws:iam/rolePolicy:RolePolicy")}
    assert within == {
        "access-operate": "production-admin",
        "access-guard": "production-admin",
        "access-break-glass": "production-break-glass",
    }


def test_what_the_administrator_alone_may_fits_into_the_role() -> None:
    for scope in LONG:
        found = operate_documents(deployment(scope=scope)).values()
        assert sum(len("".join(text.split())) for text in found) <= INLINE_CHARACTERS


@pytest.mark.parametrize("scope", LONG, ids=str)
@pytest.mark.parametrize("protection", [True, False])
def test_documents_stay_below_iams_limit_with_the_longest_names(scope: Scope, protection: bool, tell: Tell) -> None:
    found = {
        **documents(scope=scope, deletion_protection=protection),
        "boundary": boundary_policy(scope, "y" * STACK_NAME_MAX),
    }
    sizes = {label: len("".join(text.split())) for label, text in found.items()}
    if protection:
        tell(
            f"boundary, {scope.region}: {POLICY_CHARACTERS - sizes['boundary']} of {POLICY_CHARACTERS} characters left"
        )
    assert {label: size for label, size in sizes.items() if size > POLICY_CHARACTERS} == {}


def test_no_statement_allows_a_whole_service_or_everything() -> None:
    for label, statement in statements():
        if statement["Effect"] == "Allow":
            actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
            assert not [action for action in actions if action == "*" or action.endswith(":*")], label
            assert "NotAction" not in statement


@pytest.mark.parametrize("label", documents())
def test_parliament_finds_nothing_but_the_listed_exceptions(label: str) -> None:
    found = findings(documents()[label])
    assert {finding.partition(":")[0] for finding in found} <= set(EXCEPTIONS), found


def test_writes_without_a_named_resource_are_singletons_creations_or_deliveries() -> None:
    reads = ("Describe", "Get", "List", "LookupEvents", "StopQuery")
    accepted = {
        "CreateKeys",
        "Create",
        "DeliverLogs",
        "EncryptVaults",
        "ManageSubscriptions",
        "PasswordPolicy",
        "VolumeEncryption",
        "PublicAccessBlock",
        "GuardDuty",
        "SecurityHub",
        "ConfigRecorder",
        "BackupOptIn",
        "ManageRegistry",
        "Restore",
    }
    for label, statement in statements():
        if statement["Effect"] == "Deny" or statement["Resource"] != "*" or statement["Sid"] in accepted:
            continue
        writes = [action for action in statement["Action"] if not action.split(":")[1].startswith(reads)]
        assert not writes, f"{label}: {writes}"


def test_nothing_of_another_environment_is_touched() -> None:
    shared = (
        "role/aws-service-role/",
        "oidc-provider/",
        "auto-backup:",
        "og:default",
        "group:default",
        ":*:transit-gateway/",
        "secret:ecr-pullthroughcache/",
    )
    named_by_aws = ("hostedzone/", "0123456789abcdef", "backup-plan:", "instance-profile/eks-", STATE.bucket)
    limits = ("/Environment", "eks:cluster-name", "kms:ResourceAliases")
    for _, statement in statements():
        if statement["Effect"] == "Deny" or statement["Resource"] == "*":
            continue
        if any(limit in str(statement.get("Condition")) for limit in limits):
            continue
        resources = [statement["Resource"]] if isinstance(statement["Resource"], str) else statement["Resource"]
        for resource in resources:
            assert "production" in resource or any(part in resource for part in (*shared, *named_by_aws)), resource


def test_the_state_of_other_stacks_is_closed() -> None:
    bucket = f"arn:aws:s3:::{STATE.bucket}"
    known = {item["Sid"]: item for _, item in statements()}
    assert known["KeepState"]["Resource"] == [
        f"{bucket}/.pulumi/stacks/trading-platform/production.json*",
        f"{bucket}/.pulumi/stacks/trading-platform/production.pulumi-tags",
        f"{bucket}/.pulumi/history/trading-platform/production/*",
        f"{bucket}/.pulumi/backups/trading-platform/production/*",
        f"{bucket}/.pulumi/locks/organization/trading-platform/production/*",
    ]
    assert (known["ReadLayout"]["Action"], known["ReadLayout"]["Resource"]) == (
        ["s3:GetObject"],
        f"{bucket}/.pulumi/meta.yaml",
    )


def test_singletons_are_managed_only_by_the_stack_that_owns_them() -> None:
    assert "account" not in documents(account=AccountSettings())
    assert "account" in documents()


def may(role: str, action: str, arn: str, context: Context = NOTHING) -> bool:
    """Whether the policies of this role let it do this."""
    known = deployment()
    texts = {**deploy_documents(known), **(operate_documents(known) if role == "admin" else {})}
    held = [statement for text in texts.values() for statement in json.loads(text)["Statement"]]
    return is_allowed(held, action, arn, context)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("action", SHAPING)
def test_a_role_is_made_and_shaped_within_the_boundary_only(role: str, action: str) -> None:
    policy = {"iam:PolicyARN": f"{IAM}:policy/production-x"}
    for elsewhere in ({}, {"iam:PermissionsBoundary": f"{IAM}:policy/production-x"}):
        assert not may(role, action, f"{IAM}:role/production-x", {**policy, **elsewhere})
    assert may(role, action, f"{IAM}:role/production-x", {**policy, **BOUNDED})
    assert not may(role, action, f"{IAM}:role/elsewhere", {**policy, **BOUNDED})


@pytest.mark.parametrize("role", ROLES)
def test_a_boundary_is_never_taken_away(role: str) -> None:
    for context in (NOTHING, BOUNDED):
        assert not may(role, "iam:DeleteRolePermissionsBoundary", f"{IAM}:role/production-x", context)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("stack", ["production", "production-eu"])
def test_nothing_of_access_is_changed_from_inside(role: str, stack: str) -> None:
    """Not even that of another stack whose name begins with this one's."""
    changes = ("CreatePolicy", "CreatePolicyVersion", "DeletePolicy", "DeletePolicyVersion", "SetDefaultPolicyVersion")
    for policy in ("boundary", "guard", "identity"):
        for change in changes:
            assert not may(role, f"iam:{change}", f"{IAM}:policy/{stack}-access-{policy}"), (policy, change)
    others = ("iam:DeleteRole", "iam:PassRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole")
    context = {**BOUNDED, "iam:PolicyARN": f"{IAM}:policy/{stack}-x", "iam:PassedToService": "ec2.amazonaws.com"}
    for name in ROLES:
        for change in (*others, *SHAPING):
            assert not may(role, change, f"{IAM}:role/{stack}-{name}", context), (name, change)


@pytest.mark.parametrize("role", ROLES)
def test_no_role_and_no_user_is_within_reach(role: str) -> None:
    assert not may(role, "sts:AssumeRole", f"{IAM}:role/production-x")
    for action in ("CreateAccessKey", "CreateUser", "AttachUserPolicy", "PutUserPolicy"):
        assert not may(role, f"iam:{action}", f"{IAM}:user/production-x", BOUNDED)


def test_the_boundary_limits_and_never_gives() -> None:
    """It would give nearly everything to whatever it was attached to."""
    attached = access().of_type("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
    assert BOUNDED["iam:PermissionsBoundary"] not in {item.inputs["policyArn"] for item in attached}


def test_roles_are_passed_only_to_the_services_that_use_them() -> None:
    (pass_role,) = [item for _, item in statements() if item.get("Action") == ["iam:PassRole"]]
    assert pass_role["Resource"] == "arn:aws:iam::123456789012:role/production-*"
    assert "lambda.amazonaws.com" not in pass_role["Condition"]["StringEquals"]["iam:PassedToService"]


def test_objects_and_recovery_points_are_deleted_only_in_unprotected_stacks() -> None:
    deletes = ("s3:DeleteObject*", "backup:DeleteRecoveryPoint")

    def allowed(protection: bool) -> set[str]:
        return {
            action
            for _, statement in statements(deletion_protection=protection)
            if statement["Effect"] == "Allow"
            for action in statement["Action"]
        }

    assert not allowed(True) & set(deletes)
    assert set(deletes) <= allowed(False)


def test_the_administrator_cannot_blind_the_audit_or_destroy_keys_and_backups() -> None:
    denied = {action for label, item in statements() if label == "guard" for action in item["Action"]}
    assert {"cloudtrail:StopLogging", "kms:ScheduleKeyDeletion", "backup:DeleteRecoveryPoint"} <= denied


def test_every_resource_is_a_child_of_the_component() -> None:
    assert access().unparented() == ["access"]
