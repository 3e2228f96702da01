"""What exists once in an AWS account, or once in each of its regions: every part behind a switch.

Two stacks of one account must not both own a singleton, so a stack creates exactly what its settings switch on.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.audit.settings import AccountSettings
from components.buckets import SecureBucket
from components.common.iam import plain_service_trust, policy_document
from components.common.scope import Scope

_CONFIG_POLICY = "service-role/AWS_ConfigRole"
_STANDARDS = {
    "best-practices": "aws-foundational-security-best-practices/v/1.0.0",
    "cis": "cis-aws-foundations-benchmark/v/5.0.0",
}
# The controls of a standard take minutes to come and go, and the provider waits for three by itself.
_STANDARD_TIMEOUTS = pulumi.CustomTimeouts(create="20m", delete="20m")
# All that AWS Backup knows, since it answers with all of them (provider's reference of `aws_backup_region_settings`).
_BACKED_UP = (
    *("Aurora", "CloudFormation", "DSQL", "DocumentDB", "DynamoDB", "EBS", "EC2", "EFS", "FSx", "Neptune", "RDS"),
    *("Redshift", "Redshift Serverless", "S3", "SAP HANA on Amazon EC2", "Storage Gateway", "VirtualMachine"),
)
_GUARD_DUTY_FEATURES = ("S3_DATA_EVENTS", "EKS_AUDIT_LOGS", "RDS_LOGIN_EVENTS", "EBS_MALWARE_PROTECTION")
_URGENT_SEVERITY = 7
"""GuardDuty calls 7.0 and above high or critical."""


def config_delivery_policy(bucket_arn: str, key_arn: str, account_id: str) -> str:
    """What the recorder's role needs to write its history to the bucket."""
    return policy_document(
        {
            "Sid": "FindBucket",
            "Effect": "Allow",
            "Action": ["s3:GetBucketAcl", "s3:ListBucket"],
            "Resource": bucket_arn,
        },
        {
            "Sid": "WriteHistory",
            "Effect": "Allow",
            "Action": "s3:PutObject",
            "Resource": f"{bucket_arn}/AWSLogs/{account_id}/Config/*",
        },
        {"Sid": "Encrypt", "Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": key_arn},
    )


def urgent_findings_pattern() -> str:
    """The event pattern of GuardDuty findings that somebody must look at now."""
    return json.dumps(
        {
            "source": ["aws.guardduty"],
            "detail-type": ["GuardDuty Finding"],
            "detail": {"severity": [{"numeric": [">=", _URGENT_SEVERITY]}]},
        }
    )


@dataclass(frozen=True, kw_only=True)
class AccountArgs:
    """Which singletons this stack owns, and what they use."""

    scope: Scope
    settings: AccountSettings
    ebs_key_arn: pulumi.Input[str]
    """Default key of new volumes in the region."""
    topic_arn: pulumi.Input[str]
    """Where urgent findings of GuardDuty go."""
    boundary_arn: pulumi.Input[str]
    """Permissions boundary of the role of AWS Config."""
    history_bucket: SecureBucket | None
    """Where AWS Config keeps its history: its switch needs one, without Object Lock."""
    history_key_arn: pulumi.Input[str]
    """Key of what AWS Config writes to it."""
    records_global_types: bool = True
    """AWS Config records IAM and its like. In one region of an account only, or everything is there twice."""


class Account(pulumi.ComponentResource):
    """The account's singletons (guide: Security Best Practices).

    Creates, each behind its own switch: the password policy of IAM users; encryption of every new volume under the
    platform's key; the account-wide block of public buckets; GuardDuty, with its urgent findings on the alarm topic;
    AWS Config's recorder; Security Hub with the AWS and CIS standards; Access Analyzer; the opt-in of AWS Backup.
    """

    detector_id: pulumi.Output[str] | None
    """Of GuardDuty's detector; None where it is switched off."""
    recorder_name: pulumi.Output[str] | None
    """Of AWS Config's recorder; None where it is switched off."""
    analyzer_arn: pulumi.Output[str] | None
    """Of Access Analyzer; None where it is switched off."""

    def __init__(self, name: str, args: AccountArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform:account:Account", name, None, opts)
        self._name = name
        self._args = args
        self._region = args.scope.region
        self._child = pulumi.ResourceOptions(parent=self)
        settings = args.settings
        if settings.password_policy:
            self._password_policy()
        if settings.ebs_encryption_by_default:
            self._volume_encryption()
        if settings.s3_public_access_block:
            self._public_access_block()
        self.detector_id = self._guard_duty() if settings.guard_duty else None
        recorder = (
            self._config_recorder(args.history_bucket) if settings.config_recorder and args.history_bucket else None
        )
        self.recorder_name = recorder.name if recorder else None
        if settings.security_hub:
            self._security_hub([recorder] if recorder else [])
        self.analyzer_arn = self._access_analyzer() if settings.access_analyzer else None
        if settings.backup_opt_in:
            self._backup_opt_in()
        self.register_outputs(
            {"detectorId": self.detector_id, "recorderName": self.recorder_name, "analyzerArn": self.analyzer_arn}
        )

    def _password_policy(self) -> None:
        """CIS AWS Foundations Benchmark 5.0: 14 characters or more, none of the last 24 again."""
        aws.iam.AccountPasswordPolicy(
            self._name,
            minimum_password_length=14,
            password_reuse_prevention=24,
            max_password_age=90,
            require_lowercase_characters=True,
            require_uppercase_characters=True,
            require_numbers=True,
            require_symbols=True,
            allow_users_to_change_password=True,
            # A hard expiry would lock out whoever was away, and only an administrator could help.
            hard_expiry=False,
            opts=self._child,
        )

    def _volume_encryption(self) -> None:
        key_arn = self._args.ebs_key_arn
        aws.ebs.EncryptionByDefault(self._name, enabled=True, region=self._region, opts=self._child)
        aws.ebs.DefaultKmsKey(self._name, key_arn=key_arn, region=self._region, opts=self._child)

    def _public_access_block(self) -> None:
        aws.s3.AccountPublicAccessBlock(
            self._name,
            account_id=self._args.scope.account_id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self._child,
        )

    def _guard_duty(self) -> pulumi.Output[str]:
        detector = aws.guardduty.Detector(
            self._name,
            enable=True,
            finding_publishing_frequency="FIFTEEN_MINUTES",
            region=self._region,
            opts=self._child,
        )
        for feature in _GUARD_DUTY_FEATURES:
            aws.guardduty.DetectorFeature(
                f"{self._name}-{feature.lower().replace('_', '-')}",
                detector_id=detector.id,
                name=feature,
                status="ENABLED",
                region=self._region,
                opts=self._child,
            )
        rule = aws.cloudwatch.EventRule(
            f"{self._name}-urgent-findings",
            description="GuardDuty findings of high and critical severity",
            event_pattern=urgent_findings_pattern(),
            region=self._region,
            opts=self._child,
        )
        aws.cloudwatch.EventTarget(
            f"{self._name}-urgent-findings",
            rule=rule.name,
            arn=self._args.topic_arn,
            region=self._region,
            opts=self._child,
        )
        return detector.id

    def _config_recorder(self, bucket: SecureBucket) -> aws.cfg.RecorderStatus:
        """The recorder, once it runs. It starts after its channel, and stops before the channel goes."""
        args = self._args
        role = aws.iam.Role(
            f"{self._name}-config",
            description="AWS Config reads the account's resources and writes their history",
            assume_role_policy=plain_service_trust("config.amazonaws.com"),
            permissions_boundary=args.boundary_arn,
            opts=self._child,
        )
        read = aws.iam.RolePolicyAttachment(
            f"{self._name}-config",
            role=role.name,
            policy_arn=args.scope.managed_policy_arn(_CONFIG_POLICY),
            opts=self._child,
        )
        write = aws.iam.RolePolicy(
            f"{self._name}-config",
            role=role.name,
            policy=pulumi.Output.all(bucket.arn, args.history_key_arn).apply(
                lambda known: config_delivery_policy(known[0], known[1], args.scope.account_id)
            ),
            opts=self._child,
        )
        recorder = aws.cfg.Recorder(
            self._name,
            name=args.scope.name("recorder"),
            role_arn=role.arn,
            recording_group=aws.cfg.RecorderRecordingGroupArgs(
                all_supported=True, include_global_resource_types=args.records_global_types
            ),
            region=self._region,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[read, write], delete_before_replace=True),
        )
        channel = aws.cfg.DeliveryChannel(
            self._name,
            name=args.scope.name("recorder"),
            s3_bucket_name=bucket.name,
            s3_kms_key_arn=args.history_key_arn,
            region=self._region,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[recorder], delete_before_replace=True),
        )
        return aws.cfg.RecorderStatus(
            self._name,
            name=recorder.name,
            is_enabled=True,
            region=self._region,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[channel]),
        )

    def _security_hub(self, recorder: Sequence[pulumi.Resource]) -> None:
        """Its checks read what AWS Config records."""
        hub = aws.securityhub.Account(
            self._name,
            enable_default_standards=False,
            control_finding_generator="SECURITY_CONTROL",
            region=self._region,
            opts=pulumi.ResourceOptions(parent=self, depends_on=recorder),
        )
        scope = self._args.scope
        for label, standard in _STANDARDS.items():
            aws.securityhub.StandardsSubscription(
                f"{self._name}-{label}",
                standards_arn=f"arn:{scope.partition}:securityhub:{scope.region}::standards/{standard}",
                region=self._region,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[hub], custom_timeouts=_STANDARD_TIMEOUTS),
            )

    def _access_analyzer(self) -> pulumi.Output[str]:
        analyzer = aws.accessanalyzer.Analyzer(
            self._name,
            analyzer_name=self._args.scope.name("access"),
            type="ACCOUNT",
            region=self._region,
            # A region has one, as it has one recorder and channel: an imported one of another name goes first.
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
        return analyzer.arn

    def _backup_opt_in(self) -> None:
        aws.backup.RegionSettings(
            self._name,
            resource_type_opt_in_preference=dict.fromkeys(_BACKED_UP, True),
            region=self._region,
            opts=self._child,
        )
