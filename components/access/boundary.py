"""The limit of every role of the platform: what none of them can do, whatever policies it is given.

Whoever may make roles could otherwise make one that may do more than themselves, and let somebody assume it.
"""

from __future__ import annotations

from collections.abc import Sequence

from components.access.deployment import actions, allow
from components.common.iam import Statement, policy_document
from components.common.scope import Scope

LABEL = "boundary"
_LOAD_BALANCING = "elasticloadbalancing.amazonaws.com"


def boundary_arn(scope: Scope) -> str:
    """The ARN of the policy, known before it exists."""
    return scope.global_arn("iam", f"policy/{scope.name(f'access-{LABEL}')}")


def boundary_policy(scope: Scope) -> str:
    """Everything but changing identities, becoming another role, blinding the audit, destroying keys and backups.

    A boundary gives nothing: a role may do what both its policies and its boundary allow. No role of the platform
    writes to IAM, but for the one role of AWS that the first load balancer of an account needs: the control plane and
    the load balancer controller may make it. None passes a role on, either: AWS Backup would for clusters and
    instances, and what is backed up here are databases and volumes.
    """
    return policy_document(
        {
            "Sid": "EverythingElse",
            "Effect": "Allow",
            "NotAction": ["account:*", "iam:*", "organizations:*"],
            "Resource": "*",
        },
        allow(
            "ReadIdentities",
            [
                *actions("account", "Get*", "List*"),
                *actions("iam", "GenerateCredentialReport", "Get*", "List*"),
                *actions("organizations", "Describe*", "List*"),
            ],
            "*",
        ),
        allow(
            "BalanceLoad",
            ["iam:CreateServiceLinkedRole"],
            scope.global_arn("iam", f"role/aws-service-role/{_LOAD_BALANCING}/*"),
            {"StringEquals": {"iam:AWSServiceName": _LOAD_BALANCING}},
        ),
        # A denial: another role's trust in a session of this one would outweigh what a boundary merely leaves out.
        _deny("StayInRole", ["sts:AssumeRole"]),
        *guards(),
    )


def guards() -> list[Statement]:
    """What neither a person nor a role of the platform does: blind the audit, destroy keys, unlock or delete backups.

    Deployment may, since it is reviewed; so these changes go through a pull request.
    """
    blind = (
        *actions("cloudtrail", "DeleteTrail", "PutEventSelectors", "StopLogging", "UpdateTrail"),
        *actions("config", "DeleteConfigurationRecorder", "DeleteDeliveryChannel", "StopConfigurationRecorder"),
        *actions("guardduty", "DeleteDetector", "UpdateDetector"),
        *actions("securityhub", "BatchDisableStandards", "DisableSecurityHub"),
        *actions("access-analyzer", "DeleteAnalyzer"),
        *actions("ec2", "DeleteFlowLogs", "DisableEbsEncryptionByDefault"),
    )
    destroy = (
        *actions("kms", "DisableKey", "PutKeyPolicy", "ScheduleKeyDeletion"),
        *actions("backup", "DeleteBackupVault*", "DeleteRecoveryPoint", "UpdateRecoveryPointLifecycle"),
        *actions("s3", "BypassGovernanceRetention", "DeleteBucket*", "PutBucketPolicy"),
        *actions("rds", "DeleteDBInstanceAutomatedBackup", "StopDBInstanceAutomatedBackupsReplication"),
    )
    return [_deny("KeepWatch", blind), _deny("KeepData", destroy)]


def _deny(sid: str, denied: Sequence[str]) -> Statement:
    return {"Sid": sid, "Effect": "Deny", "Action": denied, "Resource": "*"}
