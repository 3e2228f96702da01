"""Policies, trust and permissions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pulumi_aws as aws
from twins import ACCOUNT, FOREIGN, Plant, Site

GITHUB = "token.actions.githubusercontent.com"
CLUSTER = "oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
ORGANISATION = {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}


def document(*statements: dict[str, Any]) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    """A statement that allows something."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def trust(principal: Any, action: str = "sts:AssumeRole", **condition: Any) -> str:
    """A trust policy."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": action}
    return document({**statement, "Condition": condition} if condition else statement)


def federated(issuer: str, operator: str, **claims: Any) -> str:
    """Trust in an OIDC provider."""
    principal = {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer}"}
    condition = {operator: {f"{issuer}:{claim}": value for claim, value in claims.items()}}
    return trust(principal, "sts:AssumeRoleWithWebIdentity", **condition)


def plants(site: Site) -> Iterator[Plant]:
    """Identity, and what policies of resources let in."""
    yield from identities()
    yield from roles()
    yield from resources(site)
    yield from permissions()


READ = document(allow("s3:GetObject", "arn:aws:s3:::test-data/*"))
TOO_MUCH = {
    "everything": document(allow("*")),
    "everything-in-globs": document(allow("*:**")),
    "all-but-a-few": document({"Effect": "Allow", "NotAction": "billing:*", "Resource": "*"}),
    "a-service": document(allow("s3:**", "arn:aws:s3:::test-data/*")),
    "a-service-in-globs": document(allow("iam:?*", f"arn:aws:iam::{ACCOUNT}:role/x")),
    "services-of-a-letter": document(allow("s*", "arn:aws:s3:::test-data/*")),
    "pass-and-run": document(allow("iam:PassRole"), allow("ec2:RunInstances")),
    "own-policies": document(
        allow("iam:Put?olePolicy", Condition={"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:*"}})
    ),
    "no-json": "{",
}


def identities() -> Iterator[Plant]:
    """Policies that give too much."""
    for name, policy in TOO_MUCH.items():
        if name != "no-json":
            yield Plant(aws.iam.Policy, name, {}, {"policy": policy}, {"policy": READ})
    yield Plant(aws.iam.RolePolicy, "inline", {"role": "r"}, {"policy": TOO_MUCH["everything"]}, {"policy": READ})
    yield Plant(aws.iam.UserPolicy, "of-a-user", {"user": "u"}, {"policy": TOO_MUCH["a-service"]}, {"policy": READ})
    yield Plant(
        aws.iam.GroupPolicy, "of-a-group", {"group": "g"}, {"policy": TOO_MUCH["pass-and-run"]}, {"policy": READ}
    )
    for name, kind in (
        ("administrator", "AdministratorAccess"),
        ("iam", "IAMFullAccess"),
        ("power", "PowerUserAccess"),
    ):
        yield Plant(
            aws.iam.RolePolicyAttachment,
            name,
            {"role": "r"},
            {"policy_arn": f"arn:aws:iam::aws:policy/{kind}"},
            {"policy_arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
        )


def roles() -> Iterator[Plant]:
    """Roles that trust too many."""
    service = trust({"Service": "ec2.amazonaws.com"})
    audience = {"aud": "sts.amazonaws.com"}
    good_github = federated(GITHUB, "StringLike", sub="repo:trading/platform:*", **audience)
    good_cluster = federated(CLUSTER, "StringEquals", sub="system:serviceaccount:trading:engine", **audience)
    bad = {
        "trusts-everyone": (trust("*"), service),
        "trusts-a-list": (trust({"AWS": [ROOT, "*"]}), trust({"AWS": [ROOT]})),
        "trusts-all-but-one": (
            document({"Effect": "Allow", "NotPrincipal": {"AWS": ROOT}, "Action": "sts:AssumeRole"}),
            service,
        ),
        "trusts-a-stranger": (trust({"AWS": f"arn:aws:iam::{FOREIGN}:root"}), trust({"AWS": ROOT})),
        "every-repository": (federated(GITHUB, "StringLike", sub="repo:*", **audience), good_github),
        "every-owner": (federated(GITHUB, "StringLike", sub="repo:*/platform:*", **audience), good_github),
        "for-all-values": (federated(GITHUB, "ForAllValues:StringLike", sub="repo:a/b:*", **audience), good_github),
        "no-subject": (federated(GITHUB, "StringEquals", **audience), good_github),
        "every-service-account": (
            federated(CLUSTER, "StringLike", sub="system:serviceaccount:*:*", **audience),
            good_cluster,
        ),
        "another-provider": (
            federated(GITHUB, "StringEquals", sub="repo:a/b:ref", **audience).replace(
                f"{GITHUB}:sub", f"{CLUSTER}:sub"
            ),
            good_github,
        ),
    }
    for name, (wrong, right) in bad.items():
        yield Plant(aws.iam.Role, name, {}, {"assume_role_policy": wrong}, {"assume_role_policy": right})
    yield Plant(
        aws.iam.Role,
        "inline-and-managed",
        {"assume_role_policy": service},
        {
            "inline_policies": [{"name": "all", "policy": TOO_MUCH["everything"]}],
            "managed_policy_arns": ["arn:aws:iam::aws:policy/AdministratorAccess"],
        },
        {"inline_policies": [{"name": "read", "policy": READ}]},
    )


def resources(site: Site) -> Iterator[Plant]:
    """Policies of resources that let everyone or a stranger in."""
    public = document(allow("*", Principal="*") | {"Action": "sqs:SendMessage"})
    vacuous = document(
        allow("sqs:SendMessage", Principal="*", Condition={"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:*"}})
    )
    foreign = document(allow("sqs:SendMessage", Principal={"AWS": FOREIGN}))
    own = document(allow("sqs:SendMessage", Principal={"AWS": ROOT}))
    limited = document(allow("sqs:SendMessage", Principal="*", Condition=ORGANISATION))
    cases = [
        (aws.sqs.QueuePolicy, "queue-public", {"queue_url": "q"}, "policy", public, own),
        (aws.sqs.QueuePolicy, "queue-vacuous", {"queue_url": "q"}, "policy", vacuous, limited),
        (aws.sqs.QueuePolicy, "queue-foreign", {"queue_url": "q"}, "policy", foreign, own),
        (aws.sqs.QueuePolicy, "queue-no-json", {"queue_url": "q"}, "policy", TOO_MUCH["no-json"], own),
        (aws.sns.TopicPolicy, "topic-public", {"arn": "arn:aws:sns:us-east-1:1:t"}, "policy", public, limited),
        (aws.ecr.RepositoryPolicy, "images-public", {"repository": "r"}, "policy", public, own),
        (aws.secretsmanager.SecretPolicy, "secret-public", {"secret_arn": "s"}, "policy", public, own),
        (aws.backup.VaultPolicy, "vault-public", {"backup_vault_name": "v"}, "policy", public, own),
        (aws.efs.FileSystemPolicy, "efs-public", {"file_system_id": "f"}, "policy", public, own),
        (aws.opensearch.DomainPolicy, "search-public", {"domain_name": "d"}, "access_policies", public, own),
        (aws.kinesis.ResourcePolicy, "stream-public", {"resource_arn": "s"}, "policy", public, own),
        (aws.dynamodb.ResourcePolicy, "table-public", {"resource_arn": "t"}, "policy", public, own),
        (aws.glacier.Vault, "glacier-public", {}, "access_policy", public, own),
    ]
    for make, name, both, path, wrong, right in cases:
        yield Plant(make, name, both, {path: wrong}, {path: right})
    root = allow("kms:*", Principal={"AWS": ROOT})
    yield Plant(
        aws.kms.Key,
        "key-public",
        {},
        {
            "policy": document(root, allow("kms:Decrypt", Principal={"AWS": "*"})),
            "enable_key_rotation": False,
            "deletion_window_in_days": 7,
        },
        {"policy": document(root), "enable_key_rotation": True, "deletion_window_in_days": 30},
    )


def permissions() -> Iterator[Plant]:
    """Functions, images and snapshots that are shared."""
    invoke = {"action": "lambda:InvokeFunction", "function": "f"}
    source = {"source_arn": f"arn:aws:sns:us-east-1:{ACCOUNT}:alarms"}
    yield Plant(
        aws.lambda_.Permission,
        "call-everyone",
        invoke,
        {"principal": "*"},
        {"principal": "*", "principal_org_id": "o-1"},
    )
    yield Plant(aws.lambda_.Permission, "call-service", {**invoke, "principal": "sns.amazonaws.com"}, {}, source)
    yield Plant(aws.lambda_.Permission, "call-foreign", invoke, {"principal": FOREIGN}, {"principal": ACCOUNT})
    yield Plant(
        aws.lambda_.FunctionUrl,
        "url",
        {"function_name": "f"},
        {"authorization_type": "NONE"},
        {"authorization_type": "AWS_IAM"},
    )
    image = {"image_id": "ami-0123456789abcdef0"}
    yield Plant(aws.ec2.AmiLaunchPermission, "image-public", image, {"group": "all"}, {"account_id": ACCOUNT})
    snapshot = {"db_instance_identifier": "d", "db_snapshot_identifier": "s"}
    yield Plant(aws.rds.Snapshot, "snapshot-public", snapshot, {"shared_accounts": ["all"]}, {})
