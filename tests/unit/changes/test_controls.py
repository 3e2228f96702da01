"""The table against the controls of AWS Security Hub (Foundational Security Best Practices, CIS benchmark).

Each control asks for a setting. To give it up is a weaker protection, or something worse; the other way it is none.
"""

from __future__ import annotations

from typing import Any

import pytest

import changes
from changes import Difference, Effect, Operation

WORSE = (Effect.REFUSED, Effect.IRREVERSIBLE, Effect.LOSES_DATA, Effect.WEAKENS)

S3_BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
ACCOUNT_BLOCK = "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock"
DATABASE, CACHE = "aws:rds/instance:Instance", "aws:elasticache/replicationGroup:ReplicationGroup"
TRAIL, CLUSTER, KEY = "aws:cloudtrail/trail:Trail", "aws:eks/cluster:Cluster", "aws:kms/key:Key"
TEMPLATE, PASSWORDS = "aws:ec2/launchTemplate:LaunchTemplate", "aws:iam/accountPasswordPolicy:AccountPasswordPolicy"
REPOSITORY, ROTATION = "aws:ecr/repository:Repository", "aws:secretsmanager/secretRotation:SecretRotation"
ALARM, VERSIONING = "aws:cloudwatch/metricAlarm:MetricAlarm", "aws:s3/bucketVersioning:BucketVersioning"

# Control, type, property, what the control asks for, what it does not accept.
ASKED: list[tuple[str, str, str, Any, Any]] = [
    ("CloudTrail.1", TRAIL, "isMultiRegionTrail", True, False),
    ("CloudTrail.2", TRAIL, "kmsKeyId", "arn", None),
    ("CloudTrail.3", TRAIL, "enableLogging", True, False),
    ("CloudTrail.4", TRAIL, "enableLogFileValidation", True, False),
    ("CloudWatch.15", ALARM, "alarmActions", ["arn"], []),
    ("CloudWatch.16", "aws:cloudwatch/logGroup:LogGroup", "retentionInDays", 365, 30),
    ("CloudWatch.17", ALARM, "actionsEnabled", True, False),
    ("Config.1", "aws:cfg/recorderStatus:RecorderStatus", "isEnabled", True, False),
    ("EC2.7", "aws:ebs/encryptionByDefault:EncryptionByDefault", "enabled", True, False),
    ("EC2.15", "aws:ec2/subnet:Subnet", "mapPublicIpOnLaunch", False, True),
    ("EC2.170", TEMPLATE, "metadataOptions.httpTokens", "required", "optional"),
    ("ECR.1", REPOSITORY, "imageScanningConfiguration.scanOnPush", True, False),
    ("ECR.2", REPOSITORY, "imageTagMutability", "IMMUTABLE", "MUTABLE"),
    ("EKS.1", CLUSTER, "vpcConfig.endpointPublicAccess", False, True),
    ("EKS.2", CLUSTER, "version", "1.36", "1.35"),
    ("EKS.3", CLUSTER, "encryptionConfig", {"provider": {"keyArn": "arn"}}, None),
    ("EKS.8", CLUSTER, "enabledClusterLogTypes", ["api", "audit"], ["api"]),
    ("ElastiCache.1", CACHE, "snapshotRetentionLimit", 7, 0),
    ("ElastiCache.2", CACHE, "autoMinorVersionUpgrade", True, False),
    ("ElastiCache.3", CACHE, "automaticFailoverEnabled", True, False),
    ("ElastiCache.5", CACHE, "transitEncryptionEnabled", True, False),
    ("GuardDuty.1", "aws:guardduty/detector:Detector", "enable", True, False),
    ("IAM.7", PASSWORDS, "minimumPasswordLength", 14, 8),
    ("IAM.7", PASSWORDS, "requireSymbols", True, False),
    ("IAM.16", PASSWORDS, "passwordReusePrevention", 24, 1),
    ("KMS.4", KEY, "enableKeyRotation", True, False),
    ("RDS.2", DATABASE, "publiclyAccessible", False, True),
    ("RDS.3", DATABASE, "storageEncrypted", True, False),
    ("RDS.5", DATABASE, "multiAz", True, False),
    ("RDS.6", DATABASE, "monitoringInterval", 60, 0),
    ("RDS.8", DATABASE, "deletionProtection", True, False),
    ("RDS.9", DATABASE, "enabledCloudwatchLogsExports", ["postgresql"], []),
    ("RDS.11", DATABASE, "backupRetentionPeriod", 30, 1),
    ("RDS.13", DATABASE, "autoMinorVersionUpgrade", True, False),
    ("RDS.17", DATABASE, "copyTagsToSnapshot", True, False),
    *(
        (control, token, name, True, False)
        for control, token in (("S3.8", S3_BLOCK), ("S3.1", ACCOUNT_BLOCK))
        for name in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    ),
    ("S3.9", "aws:s3/bucketLogging:BucketLogging", "targetBucket", "logs", None),
    ("S3.14", VERSIONING, "versioningConfiguration.status", "Enabled", "Suspended"),
    ("S3.20", VERSIONING, "versioningConfiguration.mfaDelete", "Enabled", "Disabled"),
    (
        "S3.15",
        "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration",
        "rule.defaultRetention.mode",
        "COMPLIANCE",
        "GOVERNANCE",
    ),
    ("SecretsManager.4", ROTATION, "rotationRules.automaticallyAfterDays", 30, 90),
    ("SNS.1", "aws:sns/topic:Topic", "kmsMasterKeyId", "alias/sns", None),
]

# Controls that ask for something to be there: its end is the weaker protection.
ASKED_FOR: list[tuple[str, str]] = [
    ("AccessAnalyzer", "aws:accessanalyzer/analyzer:Analyzer"),
    ("Backup.1", "aws:backup/plan:Plan"),
    ("CloudTrail.1", TRAIL),
    ("CloudWatch.1", "aws:cloudwatch/logMetricFilter:LogMetricFilter"),
    ("Config.1", "aws:cfg/recorder:Recorder"),
    ("EC2.6", "aws:ec2/flowLog:FlowLog"),
    ("ECR.1", "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration"),
    ("GuardDuty.1", "aws:guardduty/detector:Detector"),
    ("IAM.7", PASSWORDS),
    ("S3.1", ACCOUNT_BLOCK),
    ("S3.5", "aws:s3/bucketPolicy:BucketPolicy"),
    ("S3.8", S3_BLOCK),
    ("S3.9", "aws:s3/bucketLogging:BucketLogging"),
    ("S3.14", VERSIONING),
    ("SecretsManager.1", ROTATION),
    ("WAF.11", "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration"),
]


def effect(token: str, path: str, old: Any, new: Any) -> Effect:
    return changes.meaning_of(token, Difference(path, path, old, new), {path: new}).effect


@pytest.mark.parametrize(("control", "token", "path", "asked", "other"), ASKED)
def test_what_a_control_asks_for_is_not_given_up_in_silence(
    control: str, token: str, path: str, asked: Any, other: Any
) -> None:
    assert effect(token, path, asked, other) in WORSE, control


@pytest.mark.parametrize(("control", "token", "path", "asked", "other"), ASKED)
def test_what_a_control_asks_for_weakens_nothing(control: str, token: str, path: str, asked: Any, other: Any) -> None:
    assert effect(token, path, other, asked) is not Effect.WEAKENS, control


@pytest.mark.parametrize(("control", "token"), ASKED_FOR)
def test_the_end_of_what_a_control_asks_for_is_told(control: str, token: str) -> None:
    assert changes.operation(token, Operation.DELETED).effect in WORSE, control
