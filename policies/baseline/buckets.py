"""Buckets: who may reach them, and what is kept."""

from __future__ import annotations

from fnmatch import fnmatchcase

from pulumi_policy import Severity

from policies.baseline.audit import TRAILS
from policies.support import buckets
from policies.support.parameters import Parameter
from policies.support.resources import Resource
from policies.support.rules import Context, Findings, NotApplicable, rule

_BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")

_COMPLIANCE = Parameter(
    name="buckets",
    kind="strings",
    default=["*compliance*"],
    description="Logical names of the buckets that hold compliance records, with wildcards.",
)


@rule(
    "s3-public-access-block",
    types=buckets.BUCKETS,
    severity=Severity.CRITICAL,
    frameworks=("CKV_AWS_53", "CKV_AWS_54", "CKV_AWS_55", "CKV_AWS_56", "CKV2_AWS_6", "S3.8", "CIS5 2.1.4"),
    remedy="Add an aws.s3.BucketPublicAccessBlock with all four settings true",
    joins=buckets.PUBLIC_ACCESS_BLOCKS,
)
def s3_public_access_block(bucket: Resource, context: Context) -> Findings:
    """Buckets block every form of public access."""
    found = buckets.settings(context.stack, bucket, buckets.PUBLIC_ACCESS_BLOCKS)
    if not found:
        yield "there is no public access block"
    for block in found:
        for name in _BLOCKS:
            if not block.true(name):
                yield f"{name} of the public access block is not true"


@rule(
    "s3-account-public-access-block",
    types=("aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock",),
    severity=Severity.CRITICAL,
    frameworks=("S3.1", "CIS5 2.1.4"),
    remedy="Set all four settings to true",
)
def s3_account_public_access_block(block: Resource, _context: Context) -> Findings:
    """The account's block of public access to buckets is whole."""
    for name in _BLOCKS:
        if not block.true(name):
            yield f"{name} is not true"


@rule(
    "s3-ownership",
    types=buckets.BUCKETS,
    severity=Severity.MEDIUM,
    frameworks=("CKV2_AWS_65", "S3.12"),
    remedy="Add aws.s3.BucketOwnershipControls with BucketOwnerEnforced",
    joins=buckets.OWNERSHIP_CONTROLS,
)
def s3_ownership(bucket: Resource, context: Context) -> Findings:
    """Buckets own their objects; access lists are off."""
    found = buckets.settings(context.stack, bucket, buckets.OWNERSHIP_CONTROLS)
    if not any(controls.text("rule.objectOwnership") == "BucketOwnerEnforced" for controls in found):
        yield "ownership is not BucketOwnerEnforced"


@rule(
    "s3-versioning",
    types=buckets.BUCKETS,
    severity=Severity.MEDIUM,
    frameworks=("CKV_AWS_21", "S3.14"),
    remedy="Add an aws.s3.BucketVersioning with the status Enabled",
    joins=buckets.VERSIONINGS,
)
def s3_versioning(bucket: Resource, context: Context) -> Findings:
    """Buckets keep older versions of objects."""
    found = buckets.settings(context.stack, bucket, buckets.VERSIONINGS)
    enabled = any(item.text("versioningConfiguration.status") == "Enabled" for item in found)
    if not enabled and not any(bucket.true(f"{path}.enabled") for path in ("versioning", "versionings")):
        yield "versioning is not enabled"


@rule(
    "s3-lifecycle",
    types=buckets.BUCKETS,
    severity=Severity.LOW,
    frameworks=("CKV2_AWS_61", "S3.13"),
    remedy="Add an aws.s3.BucketLifecycleConfiguration with an enabled rule",
    joins=buckets.LIFECYCLES,
)
def s3_lifecycle(bucket: Resource, context: Context) -> Findings:
    """Buckets move or expire what is no longer needed."""
    found = buckets.settings(context.stack, bucket, buckets.LIFECYCLES)
    enabled = [item for settings in found for item in settings.each("rules") if item.text("status") == "Enabled"]
    if not enabled and not any(item.true("enabled") for item in bucket.each("lifecycleRules")):
        yield "there is no enabled lifecycle rule"


@rule(
    "s3-abort-uploads",
    types=buckets.BUCKETS,
    severity=Severity.LOW,
    frameworks=("CKV_AWS_300",),
    remedy="Add an enabled lifecycle rule with abortIncompleteMultipartUpload.daysAfterInitiation",
    joins=buckets.LIFECYCLES,
)
def s3_abort_uploads(bucket: Resource, context: Context) -> Findings:
    """Buckets remove the parts of uploads that never ended."""
    found = buckets.settings(context.stack, bucket, buckets.LIFECYCLES)
    rules = [item for settings in found for item in settings.each("rules") if item.text("status") == "Enabled"]
    aborts = any(item.has("abortIncompleteMultipartUpload.daysAfterInitiation") for item in rules)
    inline = [item for item in bucket.each("lifecycleRules") if item.true("enabled")]
    if not aborts and not any(item.has("abortIncompleteMultipartUploadDays") for item in inline):
        yield "no lifecycle rule aborts incomplete uploads"


@rule(
    "s3-access-logging",
    types=buckets.BUCKETS,
    severity=Severity.MEDIUM,
    frameworks=("CKV_AWS_18", "S3.9"),
    remedy="Add an aws.s3.BucketLogging whose targetBucket is the access-log bucket",
    joins=buckets.LOGGINGS,
)
def s3_access_logging(bucket: Resource, context: Context) -> Findings:
    """Buckets log who reads and writes them."""
    if buckets.targets(context.stack, bucket, buckets.LOGGINGS, by="targetBucket"):
        raise NotApplicable("it receives the access logs of other buckets")
    logged = buckets.settings(context.stack, bucket, buckets.LOGGINGS)
    if not logged and not any(bucket.has(f"{path}.targetBucket") for path in ("logging", "loggings")):
        yield "there is no access logging"


def _is_compliance(bucket: Resource, context: Context) -> bool:
    return any(fnmatchcase(bucket.name, pattern) for pattern in context.strings("buckets"))


@rule(
    "s3-object-lock",
    types=buckets.BUCKETS,
    severity=Severity.HIGH,
    remedy="Create the bucket with objectLockEnabled, and add an aws.s3.BucketObjectLockConfiguration with a retention",
    parameters=(_COMPLIANCE,),
    joins=(*buckets.OBJECT_LOCKS, *TRAILS),
)
def s3_object_lock(bucket: Resource, context: Context) -> Findings:
    """Compliance records, and what a trail delivers, cannot be changed or deleted before their time."""
    trails = buckets.targets(context.stack, bucket, TRAILS, by="s3BucketName")
    if not trails and not _is_compliance(bucket, context):
        raise NotApplicable("it holds neither compliance records nor a trail")
    found = [*buckets.settings(context.stack, bucket, buckets.OBJECT_LOCKS), bucket.child("objectLockConfiguration")]
    retentions = [item.child("rule.defaultRetention") for item in found]
    retentions += [item for lock in found for rules in lock.each("rules") for item in rules.each("defaultRetentions")]
    if not any(retention.has("mode") and (retention.has("days") or retention.has("years")) for retention in retentions):
        yield "there is no object lock with a default retention"


@rule(
    "s3-replication",
    types=buckets.BUCKETS,
    severity=Severity.MEDIUM,
    remedy="Add an aws.s3.BucketReplicationConfig with an enabled rule to a bucket in another region",
    parameters=(_COMPLIANCE,),
    joins=buckets.REPLICATIONS,
)
def s3_replication(bucket: Resource, context: Context) -> Findings:
    """Compliance records have a copy in another region."""
    if not _is_compliance(bucket, context):
        raise NotApplicable("it holds no compliance records")
    if buckets.targets(context.stack, bucket, buckets.REPLICATIONS, by="rules"):
        raise NotApplicable("it is itself a copy")
    found = buckets.settings(context.stack, bucket, buckets.REPLICATIONS)
    inline = [item for path in ("replicationConfiguration", "replicationConfigurations") for item in bucket.each(path)]
    rules = [item for settings in (*found, *inline) for item in settings.each("rules")]
    if not any(item.text("status") == "Enabled" for item in rules):
        yield "there is no enabled replication rule"
