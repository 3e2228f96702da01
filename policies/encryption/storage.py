"""Encryption of buckets, volumes and backups."""

from __future__ import annotations

from pulumi_policy import Severity

from policies.support import buckets
from policies.support.documents import Statement, statements
from policies.support.evaluation import Decision, Request, decide
from policies.support.keys import customer_key, key_in
from policies.support.resources import Resource
from policies.support.rules import Context, Control, Findings, rule
from policies.support.values import UnknownValueError, Values

LAUNCH_TEMPLATES = ("aws:ec2/launchTemplate:LaunchTemplate",)
INSTANCES = (
    "aws:ec2/instance:Instance",
    "aws:ec2/spotInstanceRequest:SpotInstanceRequest",
    "aws:ec2/spotFleetRequest:SpotFleetRequest",
)
LAUNCH_CONFIGURATIONS = ("aws:ec2/launchConfiguration:LaunchConfiguration",)
IMAGES = ("aws:ec2/ami:Ami",)
VOLUMES = ("aws:ebs/volume:Volume",)
ENCRYPTION_BY_DEFAULT = ("aws:ebs/encryptionByDefault:EncryptionByDefault",)
VAULTS = ("aws:backup/vault:Vault",)


@rule(
    "s3-encryption",
    types=buckets.BUCKETS,
    severity=Severity.HIGH,
    frameworks=("CKV_AWS_145", "S3.17"),
    remedy="Encrypt by default with aws:kms and the ARN of a customer key",
    joins=buckets.ENCRYPTIONS,
)
def s3_encryption(bucket: Resource, context: Context) -> Findings:
    """Buckets encrypt objects by default with a customer key."""
    stack = context.stack
    rules = [(owner, "rules") for owner in buckets.settings(stack, bucket, buckets.ENCRYPTIONS)]
    rules += [(bucket, "serverSideEncryptionConfiguration.rule"), (bucket, "serverSideEncryptionConfigurations.rules")]
    found = [
        (owner, path, default)
        for owner, path in rules
        for item in owner.each(path)
        for name in ("applyServerSideEncryptionByDefault", "applyServerSideEncryptionByDefaults")
        for default in item.each(name)
    ]
    if not found:
        yield "there is no default encryption"
    for owner, path, default in found:
        if default.text("sseAlgorithm") not in ("aws:kms", "aws:kms:dsse"):
            yield "the default encryption is not aws:kms"
        else:
            yield from key_in(default, "kmsMasterKeyId", owner, path, context)


@rule(
    "s3-tls-only",
    types=buckets.BUCKETS,
    severity=Severity.HIGH,
    frameworks=("S3.5", "CIS5 2.1.1"),
    remedy="Add a bucket policy that denies s3:* to everyone where aws:SecureTransport is false",
    joins=buckets.POLICIES,
)
def s3_tls_only(bucket: Resource, context: Context) -> Findings:
    """Buckets refuse requests without TLS."""
    owners = [*buckets.settings(context.stack, bucket, buckets.POLICIES), bucket]
    document = [item for owner in owners for item in statements(owner, "policy") if not item.not_principals]
    if not document:
        yield "no bucket policy denies requests without TLS"
        return
    name = next((owner.text("bucket") for owner in reversed(owners) if owner.has("bucket")), None)
    if name is None:
        raise UnknownValueError("bucket")
    if not any(_refuses_plain_text(document, f"arn:{partition}:s3:::{name}") for partition in _PARTITIONS):
        yield "no bucket policy denies every request without TLS to the bucket and all of its objects"


_PARTITIONS = ("aws", "aws-us-gov", "aws-cn", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f")


def _refuses_plain_text(document: list[Statement], arn: str) -> bool:
    """Whether requests of anybody without TLS are denied, whatever the action, for the bucket and for its objects."""
    return all(
        decide(document, Request(f"s3:{action}", resource, context={"aws:securetransport": ["false"]}))
        is Decision.DENIED
        for action in ("GetObject", "Zzqqzzqq", "Jjxxjjxx")
        for resource in (arn, f"{arn}/zzqq", f"{arn}/jjxx/jjxx")
    )


def _volumes(volumes: list[Values], path: str, resource: Resource, top: str, context: Context) -> Findings:
    for volume in volumes:
        if volume.has("virtualName") or volume.true("noDevice"):
            continue
        if not volume.true("encrypted"):
            yield f"a volume of {path} is not encrypted"
        else:
            yield from key_in(volume, "kmsKeyId", resource, top, context)


@rule(
    "ec2-launch-template-encrypted",
    types=LAUNCH_TEMPLATES,
    severity=Severity.HIGH,
    remedy="Give every device in blockDeviceMappings an ebs block with encrypted and the kmsKeyId of a customer key",
)
def ec2_launch_template_encrypted(template: Resource, context: Context) -> Findings:
    """Launch templates encrypt every volume with a customer key."""
    if not template.has("blockDeviceMappings"):
        yield "blockDeviceMappings is not set, so that the image decides"
    # What has no ebs block is an instance store or a device that the template leaves out.
    devices = [device.child("ebs") for device in template.each("blockDeviceMappings") if device.has("ebs")]
    yield from _volumes(devices, "blockDeviceMappings", template, "blockDeviceMappings", context)


@rule(
    "ec2-instance-encrypted",
    types=INSTANCES,
    severity=Severity.HIGH,
    frameworks=(Control("CKV_AWS_8", types=("aws:ec2/instance:Instance",)),),
    remedy="Set encrypted and the kmsKeyId of a customer key on rootBlockDevice and every device of ebsBlockDevices",
)
def ec2_instance_encrypted(instance: Resource, context: Context) -> Findings:
    """EC2 instances, on demand and spot, encrypt every volume with a customer key."""
    if instance.type == INSTANCES[2]:
        for specification in instance.each("launchSpecifications"):
            for path in ("rootBlockDevices", "ebsBlockDevices"):
                yield from _volumes(specification.each(path), path, instance, "launchSpecifications", context)
        return
    if not instance.has("rootBlockDevice") and not instance.has("launchTemplate"):
        yield "rootBlockDevice is not set, so that the image decides"
    for path in ("rootBlockDevice", "ebsBlockDevices"):
        yield from _volumes(instance.each(path), path, instance, path, context)


@rule(
    "ec2-launch-configuration-encrypted",
    types=LAUNCH_CONFIGURATIONS,
    severity=Severity.HIGH,
    frameworks=("CKV_AWS_8",),
    remedy="Set encrypted on rootBlockDevice and every device of ebsBlockDevices, or use a launch template with a key",
)
def ec2_launch_configuration_encrypted(configuration: Resource, _context: Context) -> Findings:
    """Launch configurations encrypt every volume; they can name no key."""
    if not configuration.has("rootBlockDevice"):
        yield "rootBlockDevice is not set, so that the image decides"
    for path in ("rootBlockDevice", "ebsBlockDevices"):
        for device in configuration.each(path):
            if not device.true("encrypted") and not device.true("noDevice"):
                yield f"a volume of {path} is not encrypted"


@rule(
    "ec2-image-encrypted",
    types=IMAGES,
    severity=Severity.HIGH,
    frameworks=("CKV_AWS_204",),
    remedy="Make the image of encrypted snapshots: set encrypted on every device of ebsBlockDevices",
)
def ec2_image_encrypted(image: Resource, _context: Context) -> Findings:
    """Images hold encrypted volumes only."""
    for device in image.each("ebsBlockDevices"):
        if not device.true("encrypted") and not device.has("snapshotId"):
            yield "a volume of ebsBlockDevices is not encrypted"


@rule(
    "ebs-volume-encrypted",
    types=VOLUMES,
    severity=Severity.HIGH,
    frameworks=("CKV_AWS_3", "CKV_AWS_189", "EC2.3"),
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
    frameworks=("CKV_AWS_106", "EC2.7", "CIS5 5.1.1"),
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
