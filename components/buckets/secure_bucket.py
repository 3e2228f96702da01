"""One bucket with everything that keeps its data private, intact and cheap (guide: S3 Storage)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.buckets.policies import bucket_policy
from components.buckets.settings import LifecycleSettings, ObjectLockSettings
from components.common.iam import Statement
from components.common.scope import Scope

# Parts of uploads that were never completed are billed and invisible.
_ABORT_UPLOADS_AFTER_DAYS = 7
# S3 shows rules only once they have spread, for which the provider waits three minutes (terraform-provider-aws 25939).
_LIFECYCLE_TIMEOUTS = pulumi.CustomTimeouts(create="15m", update="15m")


@dataclass(frozen=True, kw_only=True)
class SecureBucketArgs:
    """What the bucket is for and how it is protected."""

    scope: Scope
    """Account and region of the bucket."""
    label: str
    """Second part of its name, after the prefix."""
    key_arn: pulumi.Input[str] | None
    """Customer key. None is for targets of access logs: S3 delivers them to buckets with its own keys only."""
    access_log_bucket: pulumi.Input[str] | None
    """Name of a bucket of the same region. None is for that bucket itself, which must not log its own log."""
    deletion_protection: bool
    """The engine refuses to delete the bucket."""
    lifecycle: LifecycleSettings = field(default_factory=LifecycleSettings)
    object_lock: ObjectLockSettings | None = None
    """Only at creation: a bucket without it stays without."""
    statements: Sequence[Statement] = ()
    """Further statements of the bucket's policy. Resources are known by `bucket_arn`."""


def bucket_arn(scope: Scope, label: str) -> str:
    """The ARN of a bucket, known before it exists."""
    return f"arn:{scope.partition}:s3:::{scope.global_name(label)}"


def lifecycle_rules(settings: LifecycleSettings) -> list[aws.s3.BucketLifecycleConfigurationRuleArgs]:
    """One rule that moves objects through the storage classes, where there is a step, and one that cleans up.

    Replaced versions take the same steps as current ones, as long as they live. Delete markers without versions go
    with the objects where objects expire, and at once elsewhere: S3 refuses both in one rule.
    """
    every_object = aws.s3.BucketLifecycleConfigurationRuleFilterArgs()
    expiration = settings.expiration_days
    clean_up = aws.s3.BucketLifecycleConfigurationRuleArgs(
        id="clean-up",
        status="Enabled",
        filter=every_object,
        abort_incomplete_multipart_upload=aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
            days_after_initiation=_ABORT_UPLOADS_AFTER_DAYS
        ),
        expiration=aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(
            days=expiration, expired_object_delete_marker=None if expiration else True
        ),
        noncurrent_version_expiration=aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
            noncurrent_days=settings.noncurrent_expiration_days
        )
        if settings.noncurrent_expiration_days
        else None,
    )
    if not (steps := _storage_class_steps(settings)):
        return [clean_up]
    noncurrent_life = settings.noncurrent_expiration_days
    storage_classes = aws.s3.BucketLifecycleConfigurationRuleArgs(
        id="storage-classes",
        status="Enabled",
        filter=every_object,
        transitions=[
            aws.s3.BucketLifecycleConfigurationRuleTransitionArgs(days=days, storage_class=storage_class)
            for days, storage_class in steps
        ],
        noncurrent_version_transitions=[
            aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionTransitionArgs(
                noncurrent_days=days, storage_class=storage_class
            )
            for days, storage_class in steps
            if noncurrent_life is None or days < noncurrent_life
        ]
        or None,
    )
    return [storage_classes, clean_up]


def _storage_class_steps(settings: LifecycleSettings) -> list[tuple[int, str]]:
    steps = (
        (settings.standard_ia_days, "STANDARD_IA"),
        (settings.glacier_ir_days, "GLACIER_IR"),
        (settings.deep_archive_days, "DEEP_ARCHIVE"),
    )
    return [(days, storage_class) for days, storage_class in steps if days is not None]


class SecureBucket(pulumi.ComponentResource):
    """A bucket `<prefix>-<label>-<account>-<region>`: versioned, encrypted, private, TLS only, logged, tidied.

    Creates the bucket and its versioning, encryption, public access block, ownership controls, policy, lifecycle,
    access logging and Object Lock. `versioning` is what replication waits for, `policy` what services that deliver
    to the bucket wait for.
    """

    name: pulumi.Output[str]
    """Physical name."""
    arn: pulumi.Output[str]
    """Of the bucket."""
    bucket: aws.s3.Bucket
    """The bucket itself."""
    versioning: aws.s3.BucketVersioning
    """What replication waits for."""
    policy: aws.s3.BucketPolicy
    """What services that deliver to the bucket wait for."""

    def __init__(self, name: str, args: SecureBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform:storage:SecureBucket", name, None, opts)
        self._logical_name = name
        self._args = args
        self._region = args.scope.region
        self._child = pulumi.ResourceOptions(parent=self)

        physical_name = args.scope.global_name(args.label)
        self.bucket = aws.s3.Bucket(
            name,
            bucket=physical_name,
            force_destroy=False,
            object_lock_enabled=args.object_lock is not None,
            region=self._region,
            tags={"Name": physical_name},
            opts=pulumi.ResourceOptions(parent=self, protect=args.deletion_protection),
        )
        self.name = self.bucket.bucket
        self.arn = self.bucket.arn
        self.versioning = aws.s3.BucketVersioning(
            name,
            bucket=self.name,
            versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
            region=self._region,
            opts=self._child,
        )
        self._encrypt()
        self.policy = self._close()
        self._tidy()
        if args.access_log_bucket is not None:
            self._log_access(args.access_log_bucket)
        if args.object_lock:
            self._lock(args.object_lock)
        self.register_outputs({"name": self.name, "arn": self.arn})

    def _encrypt(self) -> None:
        """Under the customer key, with one data key for many objects instead of a call to KMS for each."""
        key_arn = self._args.key_arn
        aws.s3.BucketServerSideEncryptionConfiguration(
            self._logical_name,
            bucket=self.name,
            rules=[
                aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
                    apply_server_side_encryption_by_default=(
                        aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
                            sse_algorithm="aws:kms" if key_arn is not None else "AES256", kms_master_key_id=key_arn
                        )
                    ),
                    bucket_key_enabled=True if key_arn is not None else None,
                )
            ],
            region=self._region,
            opts=self._child,
        )

    def _close(self) -> aws.s3.BucketPolicy:
        """No public access, no ACLs, TLS only. S3 checks a policy against the block, so the block comes first."""
        public_access_block = aws.s3.BucketPublicAccessBlock(
            self._logical_name,
            bucket=self.name,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            region=self._region,
            opts=self._child,
        )
        aws.s3.BucketOwnershipControls(
            self._logical_name,
            bucket=self.name,
            rule=aws.s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
            region=self._region,
            opts=self._child,
        )
        return aws.s3.BucketPolicy(
            self._logical_name,
            bucket=self.name,
            policy=bucket_policy(bucket_arn(self._args.scope, self._args.label), *self._args.statements),
            region=self._region,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[public_access_block]),
        )

    def _tidy(self) -> None:
        aws.s3.BucketLifecycleConfiguration(
            self._logical_name,
            bucket=self.name,
            rules=lifecycle_rules(self._args.lifecycle),
            region=self._region,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.versioning], custom_timeouts=_LIFECYCLE_TIMEOUTS),
        )

    def _log_access(self, target: pulumi.Input[str]) -> None:
        """Logs under `<label>/<account>/<region>/<bucket>/<date>/`, so that a query reads only the days it asks for."""
        aws.s3.BucketLogging(
            self._logical_name,
            bucket=self.name,
            target_bucket=target,
            target_prefix=f"{self._args.label}/",
            target_object_key_format=aws.s3.BucketLoggingTargetObjectKeyFormatArgs(
                partitioned_prefix=aws.s3.BucketLoggingTargetObjectKeyFormatPartitionedPrefixArgs(
                    partition_date_source="EventTime"
                )
            ),
            region=self._region,
            opts=self._child,
        )

    def _lock(self, settings: ObjectLockSettings) -> None:
        aws.s3.BucketObjectLockConfiguration(
            self._logical_name,
            bucket=self.name,
            object_lock_enabled="Enabled",
            rule=aws.s3.BucketObjectLockConfigurationRuleArgs(
                default_retention=aws.s3.BucketObjectLockConfigurationRuleDefaultRetentionArgs(
                    mode=settings.mode, days=settings.retention_days
                )
            ),
            region=self._region,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.versioning]),
        )
