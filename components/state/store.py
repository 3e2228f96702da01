"""Where Pulumi keeps the state of an account's stacks: one bucket, and one key for the bucket and the secrets in it."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.access import StateBackend
from components.buckets import LifecycleSettings, SecureBucket, SecureBucketArgs, access_log_bucket
from components.common.iam import policy_document
from components.common.scope import Scope
from components.kms import KmsSettings

LABEL = "state"
# A state that a run damaged is noticed within days; a year also answers what was deployed when.
_LIFECYCLE = LifecycleSettings(noncurrent_expiration_days=365)


def state_backend(scope: Scope) -> StateBackend:
    """The names of the bucket and of the key's alias, known before they exist."""
    return StateBackend(bucket=scope.global_name(LABEL), key_alias=f"alias/{scope.name(LABEL)}", project=scope.prefix)


def login_url(scope: Scope) -> str:
    """What `pulumi login` takes."""
    return f"s3://{state_backend(scope).bucket}?region={scope.region}"


def secrets_provider(scope: Scope) -> str:
    """What `pulumi stack init` takes, so that secrets in state and configuration are encrypted under the key."""
    return f"awskms://{state_backend(scope).key_alias}?region={scope.region}"


def state_key_policy(scope: Scope) -> str:
    """The account administers the key, and its IAM policies say who uses it."""
    return policy_document(
        {
            "Sid": "AccountAdministersKey",
            "Effect": "Allow",
            "Principal": {"AWS": scope.global_arn("iam", "root")},
            "Action": "kms:*",
            "Resource": "*",
        }
    )


@dataclass(frozen=True, kw_only=True)
class StateStoreArgs:
    """Where the state lives, and how long a deleted key can be saved."""

    scope: Scope
    key: KmsSettings
    deletion_protection: bool
    """The engine refuses to delete the buckets and the key."""


class StateStore(pulumi.ComponentResource):
    """The state bucket `<prefix>-state-<account>-<region>` and the key `alias/<prefix>-state` (guide: Terraform state).

    Creates the key with its alias, the versioned bucket under it, and the bucket that takes its access log. Pulumi
    locks a stack with an object in the bucket, so no table is needed for that.
    """

    bucket_name: pulumi.Output[str]
    """Of the state bucket."""
    key_arn: pulumi.Output[str]
    """Of the key of the state and of the secrets in it."""

    def __init__(self, name: str, args: StateStoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform:bootstrap:StateStore", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        key = self._key(name, args)
        logs = access_log_bucket(
            f"{name}-access-logs", args.scope, deletion_protection=args.deletion_protection, opts=child
        )
        bucket = SecureBucket(
            f"{name}-bucket",
            SecureBucketArgs(
                scope=args.scope,
                label=LABEL,
                key_arn=key.arn,
                # Known once its policy lets S3 deliver.
                access_log_bucket=logs.policy.bucket,
                deletion_protection=args.deletion_protection,
                lifecycle=_LIFECYCLE,
            ),
            child,
        )
        self.bucket_name = bucket.name
        self.key_arn = key.arn
        self.register_outputs({"bucketName": self.bucket_name, "keyArn": self.key_arn})

    def _key(self, name: str, args: StateStoreArgs) -> aws.kms.Key:
        scope = args.scope
        key = aws.kms.Key(
            name,
            description=f"{scope.prefix}: state of all stacks, and the secrets in it",
            policy=state_key_policy(scope),
            enable_key_rotation=True,
            rotation_period_in_days=args.key.rotation_period_days,
            deletion_window_in_days=args.key.deletion_window_days,
            region=scope.region,
            tags={"Name": scope.name(LABEL)},
            opts=pulumi.ResourceOptions(parent=self, protect=args.deletion_protection),
        )
        aws.kms.Alias(
            name,
            name=state_backend(scope).key_alias,
            target_key_id=key.key_id,
            region=scope.region,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return key
