"""S3 buckets and the resources that hold their settings, in the current, the `*V2` and the inline forms."""

from __future__ import annotations

from policies.support.resources import Resource, Stack

BUCKETS = ("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2")

PUBLIC_ACCESS_BLOCKS = ("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",)
OWNERSHIP_CONTROLS = ("aws:s3/bucketOwnershipControls:BucketOwnershipControls",)
POLICIES = ("aws:s3/bucketPolicy:BucketPolicy",)
REPLICATIONS = ("aws:s3/bucketReplicationConfig:BucketReplicationConfig",)
ENCRYPTIONS = (
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
)
VERSIONINGS = ("aws:s3/bucketVersioning:BucketVersioning", "aws:s3/bucketVersioningV2:BucketVersioningV2")
LIFECYCLES = (
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2",
)
LOGGINGS = ("aws:s3/bucketLogging:BucketLogging", "aws:s3/bucketLoggingV2:BucketLoggingV2")
OBJECT_LOCKS = (
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration",
    "aws:s3/bucketObjectLockConfigurationV2:BucketObjectLockConfigurationV2",
)

_IDENTITY = ("bucket", "id")


def settings(stack: Stack, bucket: Resource, types: tuple[str, ...]) -> list[Resource]:
    """The resources of these types that belong to the bucket."""
    return stack.settings_of(bucket, types, by="bucket", identity=_IDENTITY)


def targets(stack: Stack, bucket: Resource, types: tuple[str, ...], by: str) -> list[Resource]:
    """The resources of these types that name the bucket as a target in their property `by`."""
    return stack.settings_of(bucket, types, by=by, identity=("bucket", "arn"))
