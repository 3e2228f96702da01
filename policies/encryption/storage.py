"""Encryption of buckets, volumes and backups."""

from __future__ import annotations

from pulumi_policy import Severity

from policies.support import buckets
from policies.support.documents import Statement, statements
from policies.support.keys import customer_key, key_in
from policies.support.resources import Resource
from policies.support.rules import Context, Findings, rule

LAUNCH_TEMPLATES = ("aws:ec2/launchTemplate:LaunchTemplate",)
INSTANCES = ("aws:ec2/instance:Instance",)
VOLUMES = ("aws:ebs/volume:Volume",)
ENCRYPTION_BY_DEFAULT = ("aws:ebs/encryptionByDefault:EncryptionByDefault",)
VAULTS = ("aws:backup/vault:Vault",)


@rule(
    "s3-encryption",
    types=buckets.BUCKETS,
    severity=Severity.HIGH,
    frameworks=("CKV_AWS_145", "S3.17"),
    remedy="Encrypt by default with aws:kms and the ARN of a customer key",
    joined=True,
)
def s3_encryption(bucket: Resource, context: Context) -> Findings:
    """Buckets encrypt objects by default with a customer key."""
    stack = context.stack
    rules = [(owner, "rules") for owner in buckets.settings(stack, bucket, buckets.ENCRYPTIONS)]
    rules += [(bucket, "serverSideEncryptionConfiguration.rule"), (bucket, "serverSideEncryptionConfigurations.rules")]
    found = [(owner, path, item) for owner, path in rules for item in owner.each(path)]
    if not found:
        yield "there is no default encryption"
    for owner, path, item in found:
        if item.text("applyServerSideEncryptionByDefault.sseAlgorithm") not in ("aws:kms", "aws:kms:dsse"):
            yield "the default encryption is not aws:kms"
        else:
            yield from key_in(item, "applyServerSideEncryptionByDefault.kmsMasterKeyId", owner, path, context)


@rule(
    "s3-tls-only",
    types=buckets.BUCKETS,
    severity=Severity.HIGH,
    frameworks=("CKV_AWS_379", "S3.5", "CIS5 2.1.1"),
    remedy="Add a bucket policy that denies s3:* to everyone where aws:SecureTransport is false",
    joined=True,
)
def s3_tls_only(bucket: Resource, context: Context) -> Findings:
    """Buckets refuse requests without TLS."""
    owners = [*buckets.settings(context.stack, bucket, buckets.POLICIES), bucket]
    if not any(_denies_plain_text(statement) for owner in owners for statement in statements(owner, "policy")):
        yield "no bucket policy denies requests without TLS"


def _denies_plain_text(statement: Statement) -> bool:
    return (
        not statement.allows
        and "*" in statement.principals
        and bool({"s3:*", "*"} & set(statement.actions))
        and statement.conditions == {"Bool": {"aws:securetransport": ("false",)}}
    )


def _device_findings(resource: Resource, path: str, ebs: str, context: Context) -> Findings:
    for device in resource.each(path):
        volume = device.child(ebs) if ebs else device
        if ebs and not volume.properties:
            continue  # an instance-store or suppressed device
        if not volume.true("encrypted"):
            yield f"a volume of {path} is not encrypted"
        else:
            yield from key_in(volume, "kmsKeyId", resource, path, context)


@rule(
    "ec2-launch-template-encrypted",
    types=LAUNCH_TEMPLATES,
    severity=Severity.HIGH,
    frameworks=("CKV_AWS_3", "CKV_AWS_106"),
    remedy="Give every device in blockDeviceMappings an ebs block with encrypted and the kmsKeyId of a customer key",
)
def ec2_launch_template_encrypted(template: Resource, context: Context) -> Findings:
    """Launch templates encrypt every volume with a customer key."""
    if not template.has("blockDeviceMappings"):
        yield "blockDeviceMappings is not set, so that the image decides"
    yield from _device_findings(template, "blockDeviceMappings", "ebs", context)


@rule(
    "ec2-instance-encrypted",
    types=INSTANCES,
    severity=Severity.HIGH,
    frameworks=("CKV_AWS_3", "EC2.3"),
    remedy="Set encrypted and the kmsKeyId of a customer key on rootBlockDevice and every device of ebsBlockDevices",
)
def ec2_instance_encrypted(instance: Resource, context: Context) -> Findings:
    """EC2 instances encrypt every volume with a customer key."""
    if not instance.has("rootBlockDevice") and not instance.has("launchTemplate"):
        yield "rootBlockDevice is not set, so that the image decides"
    for path in ("rootBlockDevice", "ebsBlockDevices"):
        yield from _device_findings(instance, path, "", context)


@rule(
    "ebs-volume-encrypted",
    types=VOLUMES,
    severity=Severity.HIGH,
    frameworks=("CKV_AWS_3", "EC2.3"),
    remedy="Set encrypted to true and kmsKeyId to the ARN of a customer key",
)
def ebs_volume_encrypted(volume: Resource, context: Context) -> Findings:
    """EBS volumes are encrypted with a customer key."""
    if not volume.true("encrypted"):
        yield "encrypted is not true"
    else:
        yield from customer_key(volume, "kmsKeyId", context)


@rule(
    "ebs-encryption-by-default",
    types=ENCRYPTION_BY_DEFAULT,
    severity=Severity.HIGH,
    frameworks=("EC2.7", "CIS5 5.1.1"),
    remedy="Set enabled to true, or leave it out",
)
def ebs_encryption_by_default(setting: Resource, _context: Context) -> Findings:
    """The account's switch that encrypts new EBS volumes is on."""
    if setting.false("enabled"):
        yield "enabled is false"


@rule(
    "backup-customer-key",
    types=VAULTS,
    severity=Severity.HIGH,
    frameworks=("CKV_AWS_166",),
    remedy="Set kmsKeyArn to the ARN of a customer key",
)
def backup_customer_key(vault: Resource, context: Context) -> Findings:
    """Backup vaults are encrypted with a customer key."""
    yield from customer_key(vault, "kmsKeyArn", context)
