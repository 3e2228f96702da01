"""Buckets: private, encrypted, versioned, logged, tidied, locked and copied to the recovery region."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from components.buckets.buckets import Buckets, BucketsArgs
from components.buckets.policies import (
    access_log_statement,
    bucket_policy,
    reader_statements,
    replication_policy,
    writer_statements,
)
from components.buckets.secure_bucket import SecureBucket, SecureBucketArgs, bucket_arn, lifecycle_rules
from components.buckets.settings import BucketSettings, LifecycleSettings, ObjectLockSettings
from components.common.iam import policy_document
from tests.unit.environments import SCOPE, environment
from tests.unit.harness import Recording, Registration, document, record
from tests.unit.policy_lint import findings

RECOVERY = SCOPE.in_region("us-west-2")
KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
RECOVERY_KEY = "arn:aws:kms:us-west-2:123456789012:key/66666666-7777-8888-9999-000000000000"
DATA_ARN = "arn:aws:s3:::production-data-123456789012-us-east-1"
COPY_ARN = "arn:aws:s3:::production-compliance-123456789012-us-west-2"
ARGS = BucketsArgs(
    environment=environment(
        boundary_arn="arn:aws:iam::123456789012:policy/production-access-boundary",
        deletion_protection=True,
        alarm_topic_arn="arn:topic",
    ),
    recovery_region="us-west-2",
    settings={
        "data": BucketSettings(
            lifecycle=LifecycleSettings(standard_ia_days=30, glacier_ir_days=90, noncurrent_expiration_days=60)
        ),
        "compliance": BucketSettings(
            lifecycle=LifecycleSettings(standard_ia_days=30, glacier_ir_days=90, deep_archive_days=365),
            object_lock=ObjectLockSettings(mode="COMPLIANCE", retention_days=2557),
            replicate=True,
        ),
    },
    key_arn=KEY,
    recovery_key_arn=RECOVERY_KEY,
    recovery_topic_arn="arn:recovery-topic",
)
BUCKET = "aws:s3/bucket:Bucket"
SETTINGS = {
    "aws:s3/bucketVersioning:BucketVersioning",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    "aws:s3/bucketPolicy:BucketPolicy",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
}
LOCK = "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration"
LOGGING = "aws:s3/bucketLogging:BucketLogging"
REPLICATION = "aws:s3/bucketReplicationConfig:BucketReplicationConfig"
ALL_NAMES = {
    "buckets-data",
    "buckets-compliance",
    "buckets-access-logs",
    "buckets-recovery-compliance",
    "buckets-recovery-access-logs",
}


def with_arn(_name: str, inputs: dict[str, Any]) -> dict[str, Any]:
    return {"arn": f"arn:aws:s3:::{inputs['bucket']}"}


def buckets(**changes: Any) -> Recording:
    return record(lambda: Buckets("buckets", dataclasses.replace(ARGS, **changes)), outputs={BUCKET: with_arn})


@pytest.fixture(scope="module")
def recording() -> Recording:
    return buckets()


@pytest.fixture(scope="module")
def replication(recording: Recording) -> Registration:
    return recording.one(REPLICATION)


def test_names_are_unique_in_the_world(recording: Recording) -> None:
    assert {bucket.inputs["bucket"] for bucket in recording.of_type(BUCKET)} == {
        "production-data-123456789012-us-east-1",
        "production-compliance-123456789012-us-east-1",
        "production-access-logs-123456789012-us-east-1",
        "production-compliance-123456789012-us-west-2",
        "production-access-logs-123456789012-us-west-2",
    }


@pytest.mark.parametrize("type_", sorted(SETTINGS))
def test_every_bucket_has_every_setting(recording: Recording, type_: str) -> None:
    assert recording.names(type_) == ALL_NAMES


def test_every_setting_lives_where_its_bucket_lives(recording: Recording) -> None:
    regions = {bucket.name: bucket.inputs["region"] for bucket in recording.of_type(BUCKET)}
    assert {name for name, region in regions.items() if region == "us-west-2"} == {
        "buckets-recovery-compliance",
        "buckets-recovery-access-logs",
    }
    for type_ in SETTINGS | {LOCK, LOGGING, REPLICATION}:
        for setting in recording.of_type(type_):
            assert setting.inputs["region"] == regions[setting.name]


def test_nothing_is_public(recording: Recording) -> None:
    switches = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    for block in recording.of_type("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"):
        assert all(block.inputs[switch] is True for switch in switches)
    for controls in recording.of_type("aws:s3/bucketOwnershipControls:BucketOwnershipControls"):
        assert controls.inputs["rule"] == {"objectOwnership": "BucketOwnerEnforced"}


def test_objects_are_encrypted_under_the_key_of_their_region(recording: Recording) -> None:
    found = {}
    for encryption in recording.of_type(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    ):
        (rule,) = encryption.inputs["rules"]
        default = rule["applyServerSideEncryptionByDefault"]
        found[encryption.name] = (default["sseAlgorithm"], default.get("kmsMasterKeyId"), rule.get("bucketKeyEnabled"))
    assert found == {
        "buckets-data": ("aws:kms", KEY, True),
        "buckets-compliance": ("aws:kms", KEY, True),
        "buckets-recovery-compliance": ("aws:kms", RECOVERY_KEY, True),
        "buckets-access-logs": ("AES256", None, None),
        "buckets-recovery-access-logs": ("AES256", None, None),
    }


def test_versions_are_kept(recording: Recording) -> None:
    for versioning in recording.of_type("aws:s3/bucketVersioning:BucketVersioning"):
        assert versioning.inputs["versioningConfiguration"] == {"status": "Enabled"}


def test_a_policy_follows_the_public_access_block(recording: Recording) -> None:
    for policy in recording.of_type("aws:s3/bucketPolicy:BucketPolicy"):
        block = f"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock::{policy.name}"
        assert block in recording.depends_on(policy)


def test_every_policy_refuses_connections_without_tls(recording: Recording) -> None:
    for policy in recording.of_type("aws:s3/bucketPolicy:BucketPolicy"):
        arn = f"arn:aws:s3:::{policy.inputs['bucket']}"
        refused = {statement["Sid"]: statement for statement in document(policy) if statement["Effect"] == "Deny"}
        assert refused["DenyPlainText"]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert refused["DenyOldTls"]["Condition"] == {"NumericLessThan": {"s3:TlsVersion": "1.2"}}
        for statement in refused.values():
            assert statement["Principal"] == "*"
            assert statement["Resource"] == [arn, f"{arn}/*"]


def test_access_is_logged_within_the_region_but_not_by_the_log_itself(recording: Recording) -> None:
    targets = {logging.name: logging.inputs["targetBucket"] for logging in recording.of_type(LOGGING)}
    assert targets == {
        "buckets-data": "production-access-logs-123456789012-us-east-1",
        "buckets-compliance": "production-access-logs-123456789012-us-east-1",
        "buckets-recovery-compliance": "production-access-logs-123456789012-us-west-2",
    }
    data = recording.one(LOGGING, "buckets-data")
    assert data.inputs["targetPrefix"] == "data/"
    assert "aws:s3/bucketPolicy:BucketPolicy::buckets-access-logs" in recording.depends_on(data)


def test_only_buckets_of_this_environment_deliver_access_logs(recording: Recording) -> None:
    policy = recording.one("aws:s3/bucketPolicy:BucketPolicy", "buckets-access-logs")
    (statement,) = [statement for statement in document(policy) if statement["Effect"] == "Allow"]
    assert statement["Principal"] == {"Service": "logging.s3.amazonaws.com"}
    assert statement["Action"] == "s3:PutObject"
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": "arn:aws:s3:::production-*"},
    }


def test_object_lock_is_on_from_the_start_and_on_both_sides(recording: Recording) -> None:
    locked = {bucket.name for bucket in recording.of_type(BUCKET) if bucket.inputs["objectLockEnabled"]}
    assert locked == recording.names(LOCK) == {"buckets-compliance", "buckets-recovery-compliance"}
    for lock in recording.of_type(LOCK):
        assert lock.inputs["rule"] == {"defaultRetention": {"mode": "COMPLIANCE", "days": 2557}}
        assert f"aws:s3/bucketVersioning:BucketVersioning::{lock.name}" in recording.depends_on(lock)


def test_replication_is_timed_measured_and_encrypted(replication: Registration) -> None:
    (rule,) = replication.inputs["rules"]
    assert rule == {
        "id": "everything",
        "status": "Enabled",
        "priority": 1,
        "filter": {"prefix": ""},
        "deleteMarkerReplication": {"status": "Enabled"},
        "sourceSelectionCriteria": {"sseKmsEncryptedObjects": {"status": "Enabled"}},
        "destination": {
            "bucket": COPY_ARN,
            "encryptionConfiguration": {"replicaKmsKeyId": RECOVERY_KEY},
            "replicationTime": {"status": "Enabled", "time": {"minutes": 15}},
            "metrics": {"status": "Enabled", "eventThreshold": {"minutes": 15}},
        },
    }


def test_replication_waits_for_versions_on_both_sides_and_for_its_permissions(
    recording: Recording, replication: Registration
) -> None:
    assert {
        "aws:s3/bucketVersioning:BucketVersioning::buckets-compliance",
        "aws:s3/bucketVersioning:BucketVersioning::buckets-recovery-compliance",
        "aws:iam/rolePolicy:RolePolicy::buckets-compliance-replication",
    } <= recording.depends_on(replication)


def test_replication_may_only_copy_from_the_one_bucket_to_the_other(recording: Recording) -> None:
    statements = document(recording.one("aws:iam/rolePolicy:RolePolicy"))
    source = "arn:aws:s3:::production-compliance-123456789012-us-east-1"
    assert {statement["Resource"] for statement in statements} == {
        source,
        f"{source}/*",
        f"{COPY_ARN}/*",
        KEY,
        RECOVERY_KEY,
    }
    keys = {statement["Resource"]: statement for statement in statements if "Condition" in statement}
    assert keys[KEY]["Action"] == ["kms:Decrypt"]
    assert keys[KEY]["Condition"] == {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
    assert keys[RECOVERY_KEY]["Action"] == ["kms:Encrypt", "kms:GenerateDataKey"]
    assert keys[RECOVERY_KEY]["Condition"] == {"StringEquals": {"kms:ViaService": "s3.us-west-2.amazonaws.com"}}


def test_without_replication_nothing_is_created_in_the_recovery_region() -> None:
    recording = buckets(settings={"data": BucketSettings()})
    assert {bucket.inputs["region"] for bucket in recording.of_type(BUCKET)} == {"us-east-1"}
    assert not recording.of_type(REPLICATION)
    assert not recording.of_type("aws:iam/role:Role")


@pytest.mark.parametrize("protected", [True, False])
def test_protection_follows_one_setting_and_data_is_never_deleted_with_a_bucket(protected: bool) -> None:
    there = dataclasses.replace(ARGS.environment, deletion_protection=protected)
    for bucket in buckets(environment=there).of_type(BUCKET):
        assert bucket.protect is protected
        assert bucket.inputs["forceDestroy"] is False


def test_lifecycle_moves_objects_step_by_step(recording: Recording) -> None:
    lifecycle = recording.one("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "buckets-data")
    classes, clean_up = lifecycle.inputs["rules"]
    assert classes["transitions"] == [
        {"days": 30, "storageClass": "STANDARD_IA"},
        {"days": 90, "storageClass": "GLACIER_IR"},
    ]
    # A version that goes after 60 days never gets to the class of day 90.
    assert classes["noncurrentVersionTransitions"] == [{"noncurrentDays": 30, "storageClass": "STANDARD_IA"}]
    assert clean_up["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 7}
    assert clean_up["noncurrentVersionExpiration"] == {"noncurrentDays": 60}
    assert clean_up["expiration"] == {"expiredObjectDeleteMarker": True}


def test_every_lifecycle_rule_has_a_filter(recording: Recording) -> None:
    for lifecycle in recording.of_type("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"):
        for rule in lifecycle.inputs["rules"]:
            assert rule["filter"] == {}


def test_nothing_expires_in_a_locked_bucket(recording: Recording) -> None:
    lifecycle = recording.one("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "buckets-compliance")
    for rule in lifecycle.inputs["rules"]:
        assert "noncurrentVersionExpiration" not in rule
        assert "days" not in rule.get("expiration", {})
    assert len(lifecycle.inputs["rules"][0]["noncurrentVersionTransitions"]) == 3


def test_a_bucket_without_steps_is_only_cleaned_up() -> None:
    (rule,) = lifecycle_rules(LifecycleSettings(expiration_days=365))
    assert rule.id == "clean-up"
    expiration: Any = rule.expiration
    assert expiration.days == 365
    # S3 refuses the two in one rule.
    assert expiration.expired_object_delete_marker is None


def test_versions_that_go_before_the_first_step_are_not_moved() -> None:
    classes, _ = lifecycle_rules(LifecycleSettings(standard_ia_days=30, noncurrent_expiration_days=30))
    assert classes.noncurrent_version_transitions is None


def test_a_single_bucket_takes_further_statements_and_another_key() -> None:
    statement = access_log_statement(SCOPE, bucket_arn(SCOPE, "trail"))
    args = SecureBucketArgs(
        scope=SCOPE,
        label="trail",
        key_arn=KEY,
        access_log_bucket="logs",
        deletion_protection=False,
        statements=[statement],
    )
    recording = record(lambda: SecureBucket("trail", args).name, outputs={BUCKET: with_arn})
    assert recording.result == "production-trail-123456789012-us-east-1"
    assert statement in document(recording.one("aws:s3/bucketPolicy:BucketPolicy"))


def test_readers_cannot_write_and_writers_delete_only_where_told() -> None:
    reader = policy_document(*reader_statements(SCOPE, DATA_ARN, KEY))
    assert not {"s3:PutObject", "s3:DeleteObject", "kms:GenerateDataKey"} & actions(reader)
    writer = policy_document(*writer_statements(SCOPE, DATA_ARN, KEY))
    assert {"s3:PutObject", "kms:GenerateDataKey", "kms:Decrypt"} <= actions(writer)
    assert "s3:DeleteObject" not in actions(writer)
    assert "s3:DeleteObject" in actions(policy_document(*writer_statements(SCOPE, DATA_ARN, KEY, may_delete=True)))


def actions(policy: str) -> set[str]:
    found: set[str] = set()
    for statement in json.loads(policy)["Statement"]:
        action = statement["Action"]
        found |= {action} if isinstance(action, str) else set(action)
    return found


@pytest.mark.parametrize(
    "policy",
    [
        bucket_policy(DATA_ARN, access_log_statement(SCOPE, DATA_ARN)),
        policy_document(*reader_statements(SCOPE, DATA_ARN, KEY)),
        policy_document(*writer_statements(SCOPE, DATA_ARN, KEY, may_delete=True)),
        replication_policy(
            SCOPE,
            RECOVERY,
            source_arn=DATA_ARN,
            replica_arn=COPY_ARN,
            source_key_arn=KEY,
            replica_key_arn=RECOVERY_KEY,
        ),
    ],
    ids=["bucket", "reader", "writer", "replication"],
)
def test_documents_are_what_iam_understands(policy: str) -> None:
    assert not findings(policy)


def test_every_resource_is_a_child_of_the_component(recording: Recording) -> None:
    assert recording.unparented() == ["buckets"]


def test_copies_are_watched_where_s3_publishes_what_they_lack(recording: Recording) -> None:
    # S3 user guide, replication metrics: latency in the region of the destination, failures in that of the source.
    found = {
        each.inputs["metricName"]: each.inputs for each in recording.of_type("aws:cloudwatch/metricAlarm:MetricAlarm")
    }
    assert found.keys() == {"ReplicationLatency", "OperationsFailedReplication"}
    behind, failed = found["ReplicationLatency"], found["OperationsFailedReplication"]
    assert (behind["region"], behind["alarmActions"]) == ("us-west-2", ["arn:recovery-topic"])
    assert (failed["region"], failed["alarmActions"]) == ("us-east-1", ["arn:topic"])
    (rule,) = recording.one(REPLICATION).inputs["rules"]
    for alarm in (behind, failed):
        assert alarm["namespace"] == "AWS/S3"
        assert alarm["dimensions"]["RuleId"] == rule["id"]
        assert alarm["dimensions"].keys() == {"SourceBucket", "DestinationBucket", "RuleId"}
    # The bound that S3 promises, and that recovery objectives rest on.
    assert behind["threshold"] == 15 * 60


@pytest.mark.parametrize("missing", ["recovery_key_arn", "recovery_topic_arn"])
def test_a_copy_needs_a_key_and_somebody_who_is_told(missing: str) -> None:
    with pytest.raises(Exception, match=missing):
        buckets(**{missing: None})
