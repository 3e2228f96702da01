"""What is denied whatever else is allowed: blinding the audit, losing data, sharing it, and leaving the environment."""

from __future__ import annotations

from collections.abc import Sequence

from components.access.deployment import Condition, Deployment, actions
from components.common.iam import Statement

_BLIND = (
    *actions("cloudtrail", "DeleteTrail", "PutEventSelectors", "StopLogging", "UpdateTrail"),
    *actions("config", "DeleteConfigurationRecorder", "DeleteDeliveryChannel", "StopConfigurationRecorder"),
    *actions("guardduty", "DeleteDetector", "UpdateDetector"),
    *actions("securityhub", "BatchDisableStandards", "DisableSecurityHub"),
    *actions("access-analyzer", "DeleteAnalyzer"),
    *actions("ec2", "DeleteFlowLogs", "DisableEbsEncryptionByDefault"),
)
_LOSE = (
    *actions("kms", "DisableKey", "PutKeyPolicy", "ScheduleKeyDeletion"),
    *actions("backup", "DeleteBackupVault*", "DeleteRecoveryPoint", "UpdateRecoveryPointLifecycle"),
    *actions("s3", "BypassGovernanceRetention", "DeleteBucket*", "PutBucketPolicy"),
    *actions("rds", "DeleteDBInstanceAutomatedBackup", "StopDBInstanceAutomatedBackupsReplication"),
)
# What a person does not do either, and a workload has no use for. Overwriting is as good as deleting.
_SILENCE = (
    *actions("logs", "AssociateKmsKey", "DeleteLogGroup", "DeleteLogStream", "DeleteMetricFilter"),
    *actions("logs", "DeleteRetentionPolicy", "DisassociateKmsKey", "PutMetricFilter", "PutRetentionPolicy"),
    *actions("cloudwatch", "DeleteAlarms", "DisableAlarmActions", "PutCompositeAlarm", "PutMetricAlarm"),
    *actions("cloudwatch", "SetAlarmState"),
    *actions("events", "DeleteRule", "DisableRule", "PutRule", "PutTargets", "RemoveTargets"),
    *actions("sns", "AddPermission", "DeleteTopic", "SetSubscriptionAttributes", "SetTopicAttributes", "Unsubscribe"),
    *actions("config", "PutConfigurationRecorder", "PutDeliveryChannel", "PutRetentionConfiguration"),
    *actions("guardduty", "CreateFilter", "CreateIPSet", "UpdateMalwareScanSettings"),
    *actions("securityhub", "UpdateSecurityHubConfiguration", "UpdateStandardsControl"),
    *actions("access-analyzer", "CreateArchiveRule", "UpdateAnalyzer"),
    *actions("ec2", "ModifyEbsDefaultKmsKeyId", "ResetEbsDefaultKmsKeyId"),
    *actions("eks", "DeleteCluster", "UpdateClusterConfig"),
    *actions("iam", "DeleteAccountPasswordPolicy", "UpdateAccountPasswordPolicy"),
)
_UNPROTECT = (
    *actions("kms", "DeleteImportedKeyMaterial", "DisableKeyRotation", "RevokeGrant"),
    *actions("backup", "DeleteBackupPlan", "DeleteBackupSelection", "DisassociateRecoveryPoint*"),
    *actions("backup", "PutBackupVault*", "UpdateBackupPlan", "UpdateGlobalSettings", "UpdateRegionSettings"),
    *actions("s3", "PutAccountPublicAccessBlock", "PutBucketLogging", "PutBucketObjectLock*", "PutBucketOwnership*"),
    *actions("s3", "PutBucketPublicAccessBlock", "PutBucketVersioning", "PutEncryptionConfiguration"),
    *actions("s3", "PutLifecycleConfiguration", "PutReplicationConfiguration"),
    # No condition of IAM sees that a change sets the retention of backups to nothing, or lifts the protection.
    *actions("rds", "DeleteDBInstance", "DeleteDBSnapshot", "ModifyDBInstance"),
    *actions("elasticache", "DeleteReplicationGroup", "DeleteSnapshot"),
    *actions("secretsmanager", "DeleteSecret"),
)
# Without its role, a trail, a backup plan or a replication stops; backups find volumes by their tags.
_DISARM = actions("iam", "AttachRolePolicy", "DeleteRole*", "DetachRolePolicy", "PutRole*", "UpdateAssumeRole*")
_SERVING = ("audit-*", "buckets-*", "network-*", "postgres-*", "recovery-*", "standby-*")
# What neither a person nor a role of the platform does: blind the audit, destroy keys, unlock or delete backups.
# Deployment may, since it is reviewed; so these changes go through a pull request.
GUARDED = (*_BLIND, *_LOSE)


def administrator_guards(deployment: Deployment) -> list[Statement]:
    """Denials for the administrator's role, which would otherwise have all of this from deployment.

    It neither silences logs, alarms, rules and the topic, nor takes protection from data: databases, caches, buckets,
    backup plans. It deletes no object, but for those of the state.
    """
    scope, state = deployment.scope, deployment.state
    keep_objects: Statement = {"Sid": "KeepObjects", "Effect": "Deny", "Action": ["s3:DeleteObject*"], "Resource": "*"}
    if state:
        del keep_objects["Resource"]
        keep_objects["NotResource"] = f"arn:{scope.partition}:s3:::{state.bucket}/.pulumi/*"
    no_snapshots: Condition = {"NumericEquals": {"elasticache:SnapshotRetentionLimit": "0"}}
    return [
        deny("KeepWatch", _BLIND),
        deny("KeepData", _LOSE),
        deny("KeepAlarms", _SILENCE),
        deny("KeepProtection", _UNPROTECT),
        deny("KeepSnapshots", ["elasticache:ModifyReplicationGroup"], no_snapshots),
        keep_objects,
        {
            **deny("KeepRoles", _DISARM),
            "Resource": [scope.global_arn("iam", f"role/{scope.name(each)}") for each in _SERVING],
        },
        {
            **deny("KeepChoice", actions("ec2", "CreateTags", "DeleteTags")),
            "Resource": deployment.arns("ec2", "volume/*"),
        },
    ]


def deny(sid: str, denied: Sequence[str], condition: Condition | None = None) -> Statement:
    """A statement that denies these actions on everything."""
    statement: Statement = {"Sid": sid, "Effect": "Deny", "Action": denied, "Resource": "*"}
    if condition:
        statement["Condition"] = condition
    return statement
