"""Rows R55 to R63: buckets and keys."""

from __future__ import annotations

import json

from tests.engine.deployed import Deployed
from tests.engine.requirements.support import (
    bucket_name,
    key_arn,
    proves,
    setting_of_buckets,
)
from tests.unit.stacks import parsed


@proves("buckets for data, models, backups and compliance: versioned, encrypted, closed", 55, 56, 57)
def buckets(d: Deployed) -> None:
    versioning = setting_of_buckets(d, "aws:s3/bucketVersioning:BucketVersioning")
    encryption = setting_of_buckets(
        d, "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    )
    access = setting_of_buckets(d, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
    for label in ("data", "models", "backups", "compliance"):
        name = bucket_name(label)
        assert versioning[name]["versioningConfiguration"]["status"] == "Enabled"
        (rule,) = encryption[name]["rules"]
        assert rule["applyServerSideEncryptionByDefault"]["sseAlgorithm"] == "aws:kms"
        assert rule["applyServerSideEncryptionByDefault"]["kmsMasterKeyId"] == key_arn(d, "s3")
        assert rule["bucketKeyEnabled"] is True
        closed = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
        assert all(access[name][switch] for switch in closed)


@proves("lifecycle to cheaper storage classes; nothing expires in compliance", 58)
def lifecycles(d: Deployed) -> None:
    found = setting_of_buckets(d, "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")
    data = [t for rule in found[bucket_name("data")]["rules"] for t in rule.get("transitions", [])]
    assert [t["storageClass"] for t in data] == ["STANDARD_IA", "GLACIER_IR", "DEEP_ARCHIVE"]
    for name, lifecycle in found.items():
        for rule in lifecycle["rules"]:
            assert "filter" in rule, name
        aborts = [
            rule["abortIncompleteMultipartUpload"]
            for rule in lifecycle["rules"]
            if "abortIncompleteMultipartUpload" in rule
        ]
        assert [abort["daysAfterInitiation"] for abort in aborts] == [7]
    kept = json.dumps(found[bucket_name("compliance")].inputs["rules"])
    assert '"expiration": {"days"' not in kept
    assert "noncurrentVersionExpiration" not in kept


@proves("compliance data replicated to another region within 15 minutes, versioned and locked on both sides", 59)
def replication(d: Deployed) -> None:
    found = d.one("aws:s3/bucketReplicationConfig:BucketReplicationConfig")
    assert found["bucket"] == bucket_name("compliance")
    (rule,) = found["rules"]
    destination = rule["destination"]
    assert destination["bucket"] == f"arn:aws:s3:::{bucket_name('compliance', 'us-west-2')}"
    assert destination["replicationTime"]["time"]["minutes"] == 15
    assert destination["metrics"]["status"] == "Enabled"
    key = d.one("aws:kms/key:Key", "recovery-keys-s3")
    assert destination["encryptionConfiguration"]["replicaKmsKeyId"] == key["arn"]
    assert rule["deleteMarkerReplication"]["status"] == "Enabled"
    versionings = setting_of_buckets(d, "aws:s3/bucketVersioning:BucketVersioning")
    for region in ("us-east-1", "us-west-2"):
        assert versionings[bucket_name("compliance", region)].urn in d.needs(found)


@proves("compliance data cannot be changed for seven years", 60)
def object_lock(d: Deployed) -> None:
    locks = setting_of_buckets(d, "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration")
    for region in ("us-east-1", "us-west-2"):
        retention = locks[bucket_name("compliance", region)]["rule"]["defaultRetention"]
        assert (retention["mode"], retention["days"]) == ("COMPLIANCE", 2557)


@proves("every bucket denies plain text and old TLS", 61)
def tls_only(d: Deployed) -> None:
    policies = setting_of_buckets(d, "aws:s3/bucketPolicy:BucketPolicy")
    assert set(policies) == {str(bucket["bucket"]) for bucket in d.of_type("aws:s3/bucket:Bucket")}
    for policy in policies.values():
        denials = json.dumps([s["Condition"] for s in policy.document() if s["Effect"] == "Deny"])
        assert '"aws:SecureTransport": "false"' in denials
        assert "s3:TlsVersion" in denials


@proves("access logs of every bucket in a bucket under SSE-S3 that only the log service writes", 62)
def access_logs(d: Deployed) -> None:
    logging = setting_of_buckets(d, "aws:s3/bucketLogging:BucketLogging")
    targets = {bucket_name("access-logs"), bucket_name("access-logs", "us-west-2")}
    buckets_ = {str(bucket["bucket"]) for bucket in d.of_type("aws:s3/bucket:Bucket")}
    assert set(logging) == buckets_ - targets
    assert {str(setting["targetBucket"]) for setting in logging.values()} == targets
    policy = setting_of_buckets(d, "aws:s3/bucketPolicy:BucketPolicy")[bucket_name("access-logs")]
    (grant,) = [s for s in policy.document() if s["Effect"] == "Allow"]
    assert grant["Principal"] == {"Service": "logging.s3.amazonaws.com"}
    assert grant["Condition"]["StringEquals"]["aws:SourceAccount"] == parsed("production").account_id


@proves("a rotated key and an alias for each domain", 63)
def keys(d: Deployed) -> None:
    domains = {"eks", "ebs", "rds", "redis", "s3", "logs", "sns", "secrets", "trail"}
    found = {
        key.name.removeprefix("keys-"): key for key in d.of_type("aws:kms/key:Key") if key.name.startswith("keys-")
    }
    assert domains <= set(found)
    assert all(key["enableKeyRotation"] is True for key in d.of_type("aws:kms/key:Key"))
    aliases = {str(alias["name"]) for alias in d.of_type("aws:kms/alias:Alias")}
    assert {f"alias/production-{domain}" for domain in domains} <= aliases
