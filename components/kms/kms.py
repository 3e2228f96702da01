"""Customer KMS keys, one for each domain of data (guide: Encryption, Key Rotation)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import pulumi
import pulumi_aws as aws

from components.common.iam import Statement, policy_document
from components.common.scope import Scope
from components.kms.settings import KmsSettings


class KeyDomain(StrEnum):
    """What a key protects. A domain that is compromised leaves the others closed."""

    EKS = "eks"
    EBS = "ebs"
    RDS = "rds"
    REDIS = "redis"
    S3 = "s3"
    LOGS = "logs"
    SNS = "sns"
    SECRETS = "secrets"
    TRAIL = "trail"
    BACKUP = "backup"
    ECR = "ecr"
    METRICS = "metrics"


_USE = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]

# Services that call KMS in the name of the caller: any principal of the account, but only through that service.
# Conditioning on the service also covers service-linked roles, which a fresh account does not have yet and a key
# policy must not name.
_VIA_SERVICES: Mapping[KeyDomain, Sequence[str]] = {
    KeyDomain.EBS: ("ec2",),
    KeyDomain.RDS: ("rds",),
    KeyDomain.REDIS: ("elasticache",),
    KeyDomain.SECRETS: ("secretsmanager",),
    KeyDomain.BACKUP: ("backup",),
    KeyDomain.ECR: ("ecr",),
    KeyDomain.METRICS: ("aps", "grafana"),
}

# What not every stack has.
_BY_CHOICE = (KeyDomain.ECR, KeyDomain.METRICS)

# Services that publish to an encrypted topic and name the account that they publish for.
_TOPIC_PUBLISHERS = ("cloudwatch", "events.rds", "backup", "budgets")


def trail_arn(scope: Scope) -> str:
    """The ARN of the scope's trail, needed in the key's policy before the trail exists."""
    return scope.arn("cloudtrail", f"trail/{scope.name('trail')}")


def _root_statement(scope: Scope) -> Statement:
    """Lets IAM policies of the account grant use of the key; without it nobody could ever administer the key again."""
    return {
        "Sid": "AccountAdministersKey",
        "Effect": "Allow",
        "Principal": {"AWS": scope.global_arn("iam", "root")},
        "Action": "kms:*",
        "Resource": "*",
    }


# What deployment does with a key itself, never with what the key protects.
_MANAGE = (
    *(
        "CancelKeyDeletion",
        "CreateAlias",
        "DeleteAlias",
        "DescribeKey",
        "DisableKey",
        "DisableKeyRotation",
        "EnableKey",
    ),
    *("EnableKeyRotation", "GetKeyPolicy", "GetKeyRotationStatus", "ListKeyPolicies", "ListResourceTags"),
    *("PutKeyPolicy", "ScheduleKeyDeletion", "TagResource", "UntagResource", "UpdateAlias", "UpdateKeyDescription"),
)


def _deployment_statement(scope: Scope) -> Statement:
    """Counts from the key's first moment. A condition on its tags may not for five minutes (KMS guide, ABAC).

    The role is named in a condition: as a principal, KMS would refuse the key while the role does not exist.
    """
    return {
        "Sid": "DeploymentManagesKey",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"kms:{action}" for action in _MANAGE],
        "Resource": "*",
        "Condition": {"ArnEquals": {"aws:PrincipalArn": scope.deploy_role_arn}},
    }


def _via_service_statement(scope: Scope, services: Sequence[str]) -> Statement:
    return {
        "Sid": "UseThroughService",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [*_USE, "kms:CreateGrant"],
        "Resource": "*",
        "Condition": {
            "StringEquals": {
                "kms:CallerAccount": scope.account_id,
                "kms:ViaService": scope.via_services(*services),
            }
        },
    }


def _logs_statement(scope: Scope) -> Statement:
    return {
        "Sid": "EncryptLogGroups",
        "Effect": "Allow",
        "Principal": {"Service": scope.host("logs")},
        "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
        "Resource": "*",
        "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": scope.arn("logs", "log-group:*")}},
    }


def _topic_statements(scope: Scope, further: Sequence[str]) -> list[Statement]:
    """EventBridge names no account towards an encrypted topic: a condition on it would drop its messages silently."""
    use = ["kms:Decrypt", "kms:GenerateDataKey*"]
    return [
        {
            "Sid": "PublishToTopic",
            "Effect": "Allow",
            "Principal": {"Service": [f"{service}.amazonaws.com" for service in (*_TOPIC_PUBLISHERS, *further)]},
            "Action": use,
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:SourceAccount": scope.account_id}},
        },
        {
            "Sid": "PublishFromEventRules",
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": use,
            "Resource": "*",
        },
    ]


def _trail_statements(scope: Scope) -> list[Statement]:
    cloudtrail = {"Service": "cloudtrail.amazonaws.com"}
    return [
        {
            "Sid": "EncryptTrail",
            "Effect": "Allow",
            "Principal": cloudtrail,
            "Action": "kms:GenerateDataKey*",
            "Resource": "*",
            "Condition": {
                "StringEquals": {"aws:SourceArn": trail_arn(scope)},
                "StringLike": {
                    "kms:EncryptionContext:aws:cloudtrail:arn": (
                        f"arn:{scope.partition}:cloudtrail:*:{scope.account_id}:trail/*"
                    )
                },
            },
        },
        {
            "Sid": "UseKeyForTrail",
            "Effect": "Allow",
            "Principal": cloudtrail,
            # The trail's bucket has a bucket key, which CloudTrail must also decrypt with.
            "Action": ["kms:Decrypt", "kms:DescribeKey"],
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:SourceArn": trail_arn(scope)}},
        },
    ]


def key_policy(domain: KeyDomain, scope: Scope, publishers: Sequence[str] = ()) -> str:
    """The policy of a domain's key: the account administers it, and exactly the services of the domain use it.

    `publishers` are further services that publish to an encrypted topic.

    Source: the key-policy sections of the AWS user guides of each service.
    """
    statements = [_root_statement(scope), _deployment_statement(scope)]
    if services := _VIA_SERVICES.get(domain):
        statements.append(_via_service_statement(scope, services))
    if domain is KeyDomain.LOGS:
        statements.append(_logs_statement(scope))
    if domain is KeyDomain.SNS:
        statements += _topic_statements(scope, publishers)
    if domain is KeyDomain.TRAIL:
        statements += _trail_statements(scope)
    return policy_document(*statements)


@dataclass(frozen=True, kw_only=True)
class KmsArgs:
    """What keys to create, and where."""

    scope: Scope
    settings: KmsSettings
    deletion_protection: bool
    """Keys outlive what they encrypt: with this on, the engine refuses to delete them."""
    domains: Sequence[KeyDomain] = tuple(domain for domain in KeyDomain if domain not in _BY_CHOICE)
    """What gets a key; unless told otherwise, everything that every stack has."""
    publishers: Sequence[str] = ()
    """Services that publish to the alarm topic beside those that always do, such as `aps`."""
    qualifier: str = ""
    """Stands before the domain in names, such as `recovery-`: same names in two regions are easily mistaken."""


class Kms(pulumi.ComponentResource):
    """A rotated key and an alias `alias/<prefix>-<qualifier><domain>` for each domain."""

    keys: Mapping[KeyDomain, aws.kms.Key]
    """Resources by domain."""
    arns: dict[str, pulumi.Output[str]]
    """By the domain's name, such as `rds`."""

    def __init__(self, name: str, args: KmsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform:kms:Kms", name, None, opts)
        self.keys = {domain: self._key(name, domain, args) for domain in args.domains}
        self.arns = {domain.value: key.arn for domain, key in self.keys.items()}
        self.register_outputs({"arns": self.arns})

    def arn(self, domain: KeyDomain) -> pulumi.Output[str]:
        """The ARN of a domain's key.

        Raises:
            KeyError: The component was created without this domain.
        """
        return self.keys[domain].arn

    def _key(self, name: str, domain: KeyDomain, args: KmsArgs) -> aws.kms.Key:
        scope = args.scope
        physical_name = scope.name(f"{args.qualifier}{domain}")
        key = aws.kms.Key(
            f"{name}-{domain}",
            description=f"{scope.prefix}: {domain} data",
            policy=key_policy(domain, scope, args.publishers),
            enable_key_rotation=True,
            rotation_period_in_days=args.settings.rotation_period_days,
            deletion_window_in_days=args.settings.deletion_window_days,
            region=scope.region,
            tags={"Name": physical_name},
            opts=pulumi.ResourceOptions(parent=self, protect=args.deletion_protection),
        )
        aws.kms.Alias(
            f"{name}-{domain}",
            name=f"alias/{physical_name}",
            target_key_id=key.key_id,
            region=scope.region,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return key
