"""Connection documents in Secrets Manager."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.common.iam import Statement
from components.common.scope import Scope


def connection_secret(
    logical_name: str,
    scope: Scope,
    label: str,
    *,
    description: str,
    document: pulumi.Input[str],
    key_arn: pulumi.Input[str],
    recovery_days: int,
    document_is_rotated: bool = False,
    opts: pulumi.ResourceOptions,
) -> tuple[aws.secretsmanager.Secret, aws.secretsmanager.SecretVersion]:
    """A secret `<prefix>/<label>-<suffix>` under a customer key, and the version that holds `document`.

    The name of a deleted secret stays reserved for `recovery_days`, so each creation takes a name of its own.
    With `document_is_rotated` the document is written once: a rotation function owns it from then on.
    """
    secret = aws.secretsmanager.Secret(
        logical_name,
        name_prefix=f"{scope.prefix}/{label}-",
        description=description,
        kms_key_id=key_arn,
        recovery_window_in_days=recovery_days,
        tags={"Name": scope.name(label)},
        opts=opts,
    )
    version = aws.secretsmanager.SecretVersion(
        logical_name,
        secret_id=secret.id,
        secret_string=document,
        opts=pulumi.ResourceOptions.merge(
            opts, pulumi.ResourceOptions(ignore_changes=["secretString"] if document_is_rotated else None)
        ),
    )
    return secret, version


def reading_statements(scope: Scope, secret_arns: Sequence[str], key_arn: str) -> list[Statement]:
    """Reads secrets of the scope's region, and uses their key through Secrets Manager only."""
    return [
        {
            "Effect": "Allow",
            "Action": ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"],
            "Resource": list(secret_arns),
        },
        {
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": key_arn,
            "Condition": {"StringEquals": {"kms:ViaService": scope.via_service("secretsmanager")}},
        },
    ]
