"""Object storage."""

from components.buckets.buckets import Buckets, BucketsArgs, access_log_bucket
from components.buckets.policies import reader_statements, writer_statements
from components.buckets.secure_bucket import SecureBucket, SecureBucketArgs, bucket_arn
from components.buckets.settings import BucketSettings, LifecycleSettings, ObjectLockSettings

__all__ = [
    "BucketSettings",
    "Buckets",
    "BucketsArgs",
    "LifecycleSettings",
    "ObjectLockSettings",
    "SecureBucket",
    "SecureBucketArgs",
    "access_log_bucket",
    "bucket_arn",
    "reader_statements",
    "writer_statements",
]
