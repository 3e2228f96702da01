"""Policy documents around buckets: what every bucket refuses, what readers, writers and replication may do."""

from __future__ import annotations

from components.common.iam import Statement, policy_document
from components.common.scope import Scope


def bucket_policy(bucket_arn: str, *allowed: Statement) -> str:
    """Refuses connections without TLS 1.2 or later to everybody, beside the statements that the bucket needs."""
    everything = [bucket_arn, f"{bucket_arn}/*"]
    return policy_document(
        {
            "Sid": "DenyPlainText",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": everything,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
        {
            "Sid": "DenyOldTls",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": everything,
            "Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}},
        },
        *allowed,
    )


def access_log_statement(scope: Scope, log_bucket_arn: str) -> Statement:
    """Lets S3 deliver the access logs of this environment's buckets, and of nobody else's."""
    return {
        "Sid": "DeliverAccessLogs",
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"{log_bucket_arn}/*",
        "Condition": {
            "StringEquals": {"aws:SourceAccount": scope.account_id},
            "ArnLike": {"aws:SourceArn": f"arn:{scope.partition}:s3:::{scope.prefix}-*"},
        },
    }


def _key_statement(scope: Scope, key_arn: str, *actions: str) -> Statement:
    """Use of the key through S3 of this region only."""
    return {
        "Effect": "Allow",
        "Action": list(actions),
        "Resource": key_arn,
        "Condition": {"StringEquals": {"kms:ViaService": scope.via_service("s3")}},
    }


def reader_statements(scope: Scope, bucket_arn: str, key_arn: str) -> list[Statement]:
    """Lists a bucket of the scope's region and reads its objects."""
    return [
        {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetBucketLocation"], "Resource": bucket_arn},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{bucket_arn}/*"},
        _key_statement(scope, key_arn, "kms:Decrypt"),
    ]


def writer_statements(scope: Scope, bucket_arn: str, key_arn: str, *, may_delete: bool = False) -> list[Statement]:
    """Lists, reads and writes, in parts too (for which S3 decrypts the parts again); deletes only where told."""
    objects = ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
    if may_delete:
        objects.append("s3:DeleteObject")
    return [
        {
            "Effect": "Allow",
            "Action": ["s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"],
            "Resource": bucket_arn,
        },
        {"Effect": "Allow", "Action": objects, "Resource": f"{bucket_arn}/*"},
        _key_statement(scope, key_arn, "kms:Decrypt", "kms:GenerateDataKey"),
    ]


def replication_policy(
    source_scope: Scope,
    replica_scope: Scope,
    *,
    source_arn: str,
    replica_arn: str,
    source_key_arn: str,
    replica_key_arn: str,
) -> str:
    """What S3 needs to copy versions, their tags and their locks from one bucket to its replica."""
    return policy_document(
        {
            "Effect": "Allow",
            "Action": ["s3:GetReplicationConfiguration", "s3:ListBucket"],
            "Resource": source_arn,
        },
        {
            "Effect": "Allow",
            "Action": [
                "s3:GetObjectVersionForReplication",
                "s3:GetObjectVersionAcl",
                "s3:GetObjectVersionTagging",
                "s3:GetObjectRetention",
                "s3:GetObjectLegalHold",
            ],
            "Resource": f"{source_arn}/*",
        },
        {
            "Effect": "Allow",
            "Action": ["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"],
            "Resource": f"{replica_arn}/*",
        },
        _key_statement(source_scope, source_key_arn, "kms:Decrypt"),
        _key_statement(replica_scope, replica_key_arn, "kms:Encrypt", "kms:GenerateDataKey"),
    )
