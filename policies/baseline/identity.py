"""Identity: what policies allow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pulumi_policy import Severity

from policies.support.documents import Statement, statements
from policies.support.evaluation import covers_action
from policies.support.grants import every_action, every_resource, unlimited, whole_services
from policies.support.resources import Resource
from policies.support.rules import Context, Findings, rule
from policies.support.values import Values

ROLES = ("aws:iam/role:Role",)
MANAGED_POLICIES = ("aws:iam/policy:Policy",)
POLICIES = (
    *MANAGED_POLICIES,
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/userPolicy:UserPolicy",
    "aws:iam/groupPolicy:GroupPolicy",
    "aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy",
)
ATTACHMENTS = (
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
    "aws:iam/policyAttachment:PolicyAttachment",
    "aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment",
)
EXCLUSIVE_ATTACHMENTS = (
    "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive",
    "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive",
    "aws:iam/groupPolicyAttachmentsExclusive:GroupPolicyAttachmentsExclusive",
)
_DOCUMENTS = {"aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy": "inlinePolicy"}

POWERFUL = frozenset(Path(__file__).with_name("powerful.txt").read_text(encoding="utf-8").split())
"""Managed policies of AWS that allow every action, or a way to more permissions, on every resource."""

# Sets of actions that together let a principal give itself more than it has (Rhino Security Labs, "AWS IAM privilege
# escalation: methods and mitigation", and the paths of Bishop Fox and Pathfinding.cloud by way of other services).
ESCALATIONS: tuple[tuple[str, ...], ...] = (
    ("iam:CreatePolicyVersion",),
    ("iam:SetDefaultPolicyVersion",),
    ("iam:CreateAccessKey",),
    ("iam:CreateLoginProfile",),
    ("iam:UpdateLoginProfile",),
    ("iam:AddUserToGroup",),
    ("iam:AttachUserPolicy",),
    ("iam:AttachGroupPolicy",),
    ("iam:AttachRolePolicy",),
    ("iam:PutUserPolicy",),
    ("iam:PutGroupPolicy",),
    ("iam:PutRolePolicy",),
    ("iam:UpdateAssumeRolePolicy",),
    ("iam:DeleteRolePermissionsBoundary",),
    ("iam:DeleteUserPermissionsBoundary",),
    ("iam:PassRole", "ec2:RunInstances"),
    ("iam:PassRole", "ec2:RequestSpotInstances"),
    ("iam:PassRole", "autoscaling:CreateLaunchConfiguration", "autoscaling:CreateAutoScalingGroup"),
    ("iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"),
    ("iam:PassRole", "lambda:CreateFunction", "lambda:CreateEventSourceMapping"),
    ("iam:PassRole", "lambda:CreateFunction", "lambda:AddPermission"),
    ("iam:PassRole", "glue:CreateDevEndpoint"),
    ("iam:PassRole", "glue:CreateJob", "glue:StartJobRun"),
    ("iam:PassRole", "cloudformation:CreateStack"),
    ("iam:PassRole", "cloudformation:UpdateStack"),
    ("iam:PassRole", "datapipeline:CreatePipeline"),
    ("iam:PassRole", "codebuild:CreateProject", "codebuild:StartBuild"),
    ("iam:PassRole", "ecs:RegisterTaskDefinition", "ecs:RunTask"),
    ("iam:PassRole", "sagemaker:CreateNotebookInstance", "sagemaker:CreatePresignedNotebookInstanceUrl"),
    ("iam:PassRole", "sagemaker:CreateTrainingJob"),
    ("iam:PassRole", "states:CreateStateMachine", "states:StartExecution"),
    ("iam:PassRole", "ssm:StartAutomationExecution"),
    ("glue:UpdateDevEndpoint",),
    ("lambda:UpdateFunctionCode",),
    ("lambda:UpdateFunctionConfiguration",),
    ("cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"),
    ("ssm:SendCommand",),
    ("ssm:StartSession",),
    ("ec2-instance-connect:SendSSHPublicKey",),
    ("sts:AssumeRole",),
)


def _documents(resource: Resource) -> Iterator[tuple[str, list[Statement]]]:
    """The documents of a resource, each with how a message names it."""
    holders: list[tuple[str, Values]] = [("policy", resource)]
    if resource.type in ROLES:
        holders = [(f"inline policy {number}", item) for number, item in enumerate(resource.each("inlinePolicies"), 1)]
    for where, holder in holders:
        yield where, statements(holder, _DOCUMENTS.get(resource.type, "policy"))


def _allowing(resource: Resource) -> Iterator[tuple[str, Statement]]:
    """The statements that allow something, each with how a message names it."""
    for where, document in _documents(resource):
        for number, statement in enumerate(document, start=1):
            if statement.allows:
                yield f"statement {number} of {where}", statement


@rule(
    "iam-no-full-access",
    types=(*POLICIES, *ROLES),
    severity=Severity.CRITICAL,
    frameworks=("CKV_AWS_63",),
    remedy="Name the actions that are needed",
)
def iam_no_full_access(resource: Resource, _context: Context) -> Findings:
    """No policy allows every action, or every action but a few."""
    for where, statement in _allowing(resource):
        if every_action(statement) and (statement.actions or every_resource(statement)):
            yield f"{where} allows every action{' but a few on every resource' if statement.not_actions else ''}"


@rule(
    "iam-no-administration",
    types=(*POLICIES, *ROLES),
    severity=Severity.CRITICAL,
    frameworks=("CKV_AWS_62", "IAM.1", "CIS5 1.15"),
    remedy="Name the actions and the resources that are needed",
)
def iam_no_administration(resource: Resource, _context: Context) -> Findings:
    """No policy allows every action on every resource."""
    for where, statement in _allowing(resource):
        if statement.actions and every_action(statement) and every_resource(statement):
            yield f"{where} allows every action on every resource"


@rule(
    "iam-no-service-wildcards",
    types=(*POLICIES, *ROLES),
    severity=Severity.HIGH,
    frameworks=("IAM.21",),
    remedy="Name the actions that are needed instead of all actions of a service",
)
def iam_no_service_wildcards(resource: Resource, _context: Context) -> Findings:
    """No policy allows every action of a service."""
    for where, statement in _allowing(resource):
        if whole_services(statement):
            yield f"{where} allows every action of a service"


@rule(
    "iam-no-escalation",
    types=(*POLICIES, *ROLES),
    severity=Severity.HIGH,
    remedy="Name the resources of these actions, or limit them by a condition such as iam:PermissionsBoundary",
)
def iam_no_escalation(resource: Resource, _context: Context) -> Findings:
    """No policy lets its holder gain more permissions than it has, by one action or by several together."""
    for where, document in _documents(resource):
        for actions in escalations(document):
            yield f"{where} allows {' with '.join(actions)} on every resource"


def escalations(document: list[Statement]) -> list[tuple[str, ...]]:
    """The ways to more permissions that a document opens on resources of any kind."""
    giving = [statement for statement in unlimited(document) if not every_action(statement)]
    taking = [item for item in document if not item.allows and every_resource(item) and not item.conditions]
    return [
        actions
        for actions in ESCALATIONS
        if all(
            any(covers_action(statement, action) for statement in giving)
            and not any(covers_action(statement, action) for statement in taking)
            for action in actions
        )
    ]


@rule(
    "iam-no-administrator-access",
    types=(*ATTACHMENTS, *EXCLUSIVE_ATTACHMENTS, *ROLES),
    severity=Severity.CRITICAL,
    frameworks=("CKV_AWS_274",),
    remedy="Attach a policy that names what is needed",
)
def iam_no_administrator_access(resource: Resource, context: Context) -> Findings:
    """Nothing has a managed policy of AWS that allows everything, or a way to everything."""
    for path in ("policyArn", "policyArns", "managedPolicyArns", "managedPolicyArn"):
        if context.stack.only_from(resource, path, MANAGED_POLICIES):
            continue  # a policy of the stack is not one of AWS, whatever its ARN will be
        for arn in resource.strings(path):
            owner, _, name = arn.partition(":policy/")
            if owner.endswith(":iam::aws") and name.rpartition("/")[2] in POWERFUL:
                yield f"{path} holds {name.rpartition('/')[2]}"
