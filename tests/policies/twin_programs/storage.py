"""Buckets, databases, caches, logs, trails: what the platform itself is made of."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pulumi
import pulumi_aws as aws
from twins import Plant, Site

ROLE = "arn:aws:iam::123456789012:role/service"


def plants(site: Site) -> Iterator[Plant]:
    """Stores with several rules each."""
    buckets(site)
    yield from old_buckets(site)
    yield from databases(site)
    yield from caches(site)
    yield from records(site)


def buckets(site: Site) -> None:
    """A bucket with everything, or with what looks like it; its settings stand in resources of their own."""
    bucket = aws.s3.Bucket(
        "compliance", bucket="test-compliance", object_lock_enabled=site.good or None, opts=site.options()
    )
    options = site.options(hidden=True)
    tls = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "S3:*",
        # The bad one denies for another bucket.
        "Resource": ["arn:aws:s3:::test-compliance", "arn:aws:s3:::test-compliance/*"]
        if site.good
        else ["arn:aws:s3:::another", "arn:aws:s3:::another/*"],
        "Condition": {"BoolIfExists": {"aws:SecureTransport": "false"}},
    }
    statements = (
        [tls] if site.good else [tls, {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]
    )
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    aws.s3.BucketPolicy("compliance-policy", bucket=bucket.bucket, policy=policy, opts=options)
    aws.s3.BucketPublicAccessBlock(
        "compliance-block",
        bucket=bucket.id,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=site.good,
        opts=options,
    )
    if not site.good:
        aws.s3.BucketAcl("compliance-acl", bucket=bucket.id, acl="public-read", opts=options)
        return
    _protect(bucket, site)


def _protect(bucket: aws.s3.Bucket, site: Site) -> None:
    options = site.options(hidden=True)
    default = {"sse_algorithm": "aws:kms", "kms_master_key_id": site.key}
    aws.s3.BucketServerSideEncryptionConfiguration(
        "compliance-key",
        bucket=bucket.id,
        rules=[{"apply_server_side_encryption_by_default": default, "bucket_key_enabled": True}],
        opts=options,
    )
    ownership = {"object_ownership": "BucketOwnerEnforced"}
    aws.s3.BucketOwnershipControls("compliance-owner", bucket=bucket.id, rule=ownership, opts=options)
    enabled = {"status": "Enabled"}
    aws.s3.BucketVersioning("compliance-versions", bucket=bucket.id, versioning_configuration=enabled, opts=options)
    abort = {"abort_incomplete_multipart_upload": {"days_after_initiation": 7}, "filter": {}}
    aws.s3.BucketLifecycleConfiguration(
        "compliance-life", bucket=bucket.id, rules=[{"id": "abort", "status": "Enabled", **abort}], opts=options
    )
    aws.s3.BucketLogging(
        "compliance-logs", bucket=bucket.id, target_bucket="elsewhere", target_prefix="a/", opts=options
    )
    retention = {"default_retention": {"mode": "COMPLIANCE", "years": 7}}
    aws.s3.BucketObjectLockConfiguration("compliance-lock", bucket=bucket.id, rule=retention, opts=options)
    copy = {"id": "all", "status": "Enabled", "destination": {"bucket": "arn:aws:s3:::recovery"}}
    aws.s3.BucketReplicationConfig("compliance-copy", bucket=bucket.id, role=ROLE, rules=[copy], opts=options)


def old_buckets(site: Site) -> Iterator[Plant]:
    """Buckets in the old forms, whose settings are inside."""
    default = {"sse_algorithm": "aws:kms", "kms_master_key_id": site.key}
    life = {"enabled": True, "abort_incomplete_multipart_upload_days": 7}
    tls = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Deny",
                "Principal": {"AWS": "*"},
                "Action": "s3:*",
                "Resource": ["arn:aws:s3:::test-old", "arn:aws:s3:::test-old/*"],
                "Condition": {"bool": {"aws:securetransport": "false"}},
            },
        }
    )
    yield Plant(
        aws.s3.BucketV2,
        "old",
        {"bucket": "test-old"},
        {"acl": "public-read-write"},
        {
            "server_side_encryption_configurations": [
                {"rules": [{"apply_server_side_encryption_by_defaults": [default]}]}
            ],
            "versionings": [{"enabled": True}],
            "lifecycle_rules": [life],
            "loggings": [{"target_bucket": "elsewhere"}],
            "policy": tls,
        },
    )
    if site.good:
        options = site.options()
        flags = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
        aws.s3.BucketPublicAccessBlock("old-block", bucket="test-old", **dict.fromkeys(flags, True), opts=options)
        rule = {"object_ownership": "BucketOwnerEnforced"}
        aws.s3.BucketOwnershipControls("old-owner", bucket="test-old", rule=rule, opts=options)


def databases(site: Site) -> Iterator[Plant]:
    """RDS."""
    forced = [{"name": "rds.force_ssl", "value": "1"}]
    yield Plant(aws.rds.ParameterGroup, "parameters", {"family": "postgres14"}, {}, {"parameters": forced})
    yield Plant(
        aws.rds.ParameterGroup,
        "maria",
        {"family": "mariadb11.4"},
        {"parameters": [{"name": "require_secure_transport", "value": "OFF"}]},
        {"parameters": [{"name": "require_secure_transport", "value": "ON"}]},
    )
    yield Plant(
        aws.rds.ClusterParameterGroup,
        "aurora-parameters",
        {"family": "aurora-postgresql16"},
        {},
        {"parameters": forced},
    )
    documents = {"family": "docdb5.0"}
    yield Plant(
        aws.docdb.ClusterParameterGroup,
        "docs-parameters",
        documents,
        {"parameters": [{"name": "tls", "value": "disabled"}]},
        {"parameters": [{"name": "tls", "value": "enabled"}]},
    )
    required = {"parameters": [{"name": "require_ssl", "value": "true"}]}
    yield Plant(aws.redshift.ParameterGroup, "warehouse-parameters", {"family": "redshift-1.0"}, {}, required)
    flags = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    yield Plant(
        aws.s3.AccountPublicAccessBlock, "account", {}, {"block_public_acls": False}, dict.fromkeys(flags, True)
    )
    both = {"engine": "postgres", "instance_class": "db.t4g.medium", "allocated_storage": 20, "username": "trading"}
    yield Plant(
        aws.rds.Instance,
        "postgres",
        {**both, "password": "not-a-secret", "performance_insights_enabled": True},
        {
            "engine_version": "14.10",
            "storage_encrypted": False,
            "publicly_accessible": True,
            "skip_final_snapshot": True,
            "auto_minor_version_upgrade": False,
        },
        {
            "engine_version": "16",
            "storage_encrypted": True,
            "kms_key_id": site.key,
            "performance_insights_kms_key_id": site.key,
            "backup_retention_period": 30,
            "multi_az": True,
            "deletion_protection": True,
            "final_snapshot_identifier": "postgres-final",
            "enabled_cloudwatch_logs_exports": ["postgresql", "upgrade"],
            "monitoring_interval": 60,
            "monitoring_role_arn": ROLE,
            "copy_tags_to_snapshot": True,
        },
    )
    source = {"source_db_instance_arn": "arn:aws:rds:us-west-2:123456789012:db:postgres"}
    yield Plant(aws.rds.InstanceAutomatedBackupsReplication, "copy", source, {}, {"kms_key_id": site.key})


def caches(site: Site) -> Iterator[Plant]:
    """Redis."""
    yield Plant(
        aws.elasticache.ReplicationGroup,
        "redis",
        {"description": "cache", "node_type": "cache.t4g.small"},
        {"transit_encryption_enabled": True, "transit_encryption_mode": "preferred"},
        {
            "at_rest_encryption_enabled": True,
            "kms_key_id": site.key,
            "transit_encryption_enabled": True,
            "transit_encryption_mode": "required",
            "auth_token": "not-a-secret-but-long-enough",
            "automatic_failover_enabled": True,
            "multi_az_enabled": True,
            "snapshot_retention_limit": 7,
        },
    )


def records(site: Site) -> Iterator[Plant]:
    """Logs, trails, topics, secrets, vaults, tags."""
    locked = {"backup_vault_name": "records", "min_retention_days": 30}
    yield Plant(aws.backup.VaultLockConfiguration, "lock-of-vault", locked, {"changeable_for_days": 3})
    yield Plant(aws.cloudwatch.LogGroup, "logs", {}, {}, {"kms_key_id": site.key, "retention_in_days": 400})
    yield Plant(aws.sns.Topic, "alarms", {}, {"kms_master_key_id": "alias/aws/sns"}, {"kms_master_key_id": site.key})
    yield Plant(aws.secretsmanager.Secret, "secret", {}, {}, {"kms_key_id": site.key})
    replica = {"region": "us-west-2"}
    yield Plant(
        aws.secretsmanager.Secret,
        "replicated",
        {"kms_key_id": site.key},
        {"replicas": [replica]},
        {"replicas": [{**replica, "kms_key_id": site.key}]},
    )
    yield Plant(aws.backup.Vault, "vault", {}, {}, {"kms_key_arn": site.key})
    yield Plant(
        aws.cloudtrail.Trail,
        "trail",
        {"s3_bucket_name": "trail"},
        {},
        {
            "kms_key_id": site.key,
            "is_multi_region_trail": True,
            "enable_log_file_validation": True,
            "cloud_watch_logs_group_arn": "arn:aws:logs:us-east-1:123456789012:log-group:trail:*",
            "cloud_watch_logs_role_arn": ROLE,
        },
    )
    wrong = {"Environment": "live", "Owner": "", "ManagedBy": "Terraform"}
    yield Plant(aws.ec2.Eip, "mistagged", {"domain": "vpc"}, {"tags": wrong}, {})
    if not site.good:
        keys = pulumi.ResourceOptions(provider=_forgetful())
        aws.ec2.Eip("untagged", domain="vpc", opts=keys)


def _forgetful() -> aws.Provider:
    """A provider that keeps a required tag away from AWS."""
    tags = {"Environment": "test", "Owner": "platform", "CostCenter": "4711", "Project": "twins", "ManagedBy": "Pulumi"}
    ignored = {"keys": ["Owner"]}
    return aws.Provider("forgetful", region="us-east-1", default_tags={"tags": tags}, ignore_tags=ignored)
