"""What the role that deploys may do with logs, alarms, topics, event rules, budgets and backups."""

from __future__ import annotations

from components.access.deployment import Deployment, actions, allow
from components.common.iam import Statement, policy_document


def observability_policy(deployment: Deployment) -> str:
    """Log groups, alarms, dashboards, topics, event rules, budgets, backup vaults and plans."""
    scope, own = deployment.scope, deployment.own
    budget = scope.global_arn("budgets", f"budget/{own}")
    statements = [
        *_log_statements(deployment),
        *_alarm_statements(deployment),
        allow(
            "ManageEventRules",
            [
                *actions("events", "DeleteRule", "DescribeRule", "ListTagsForResource", "ListTargetsByRule"),
                *actions("events", "PutRule", "PutTargets", "RemoveTargets", "TagResource", "UntagResource"),
            ],
            deployment.arns("events", f"rule/{own}"),
        ),
        allow(
            "ManageBudgets",
            actions("budgets", "ListTagsForResource", "ModifyBudget", "TagResource", "UntagResource", "ViewBudget"),
            budget,
        ),
        *_backup_statements(deployment),
    ]
    return policy_document(*statements)


def _log_statements(deployment: Deployment) -> list[Statement]:
    return [
        allow(
            "ManageLogGroups",
            [
                *actions("logs", "AssociateKmsKey", "CreateLogGroup", "DeleteLogGroup", "DeleteMetricFilter"),
                *actions("logs", "DeleteRetentionPolicy", "DisassociateKmsKey", "ListTagsForResource"),
                *actions("logs", "PutMetricFilter", "PutRetentionPolicy", "TagResource", "UntagResource"),
            ],
            deployment.log_groups,
        ),
        # Delivery of flow logs and of Redis logs, which AWS does not let a policy scope.
        allow(
            "DeliverLogs",
            [
                *actions("logs", "CreateLogDelivery", "DeleteLogDelivery", "DescribeLogGroups"),
                *actions("logs", "DescribeMetricFilters", "DescribeResourcePolicies", "GetLogDelivery"),
                *actions("logs", "ListLogDeliveries", "PutResourcePolicy", "UpdateLogDelivery"),
            ],
            "*",
        ),
    ]


def _alarm_statements(deployment: Deployment) -> list[Statement]:
    scope, own = deployment.scope, deployment.own
    return [
        allow(
            "ManageAlarms",
            [
                *actions("cloudwatch", "DeleteAlarms", "DeleteDashboards", "GetDashboard", "ListTagsForResource"),
                *actions("cloudwatch", "PutCompositeAlarm", "PutDashboard", "PutMetricAlarm", "TagResource"),
                *actions("cloudwatch", "UntagResource"),
            ],
            [*deployment.arns("cloudwatch", f"alarm:{own}"), scope.global_arn("cloudwatch", f"dashboard/{own}")],
        ),
        allow("ReadAlarms", ["cloudwatch:DescribeAlarms"], "*"),
        allow(
            "ManageTopics",
            [
                *actions("sns", "CreateTopic", "DeleteTopic", "GetTopicAttributes", "ListSubscriptionsByTopic"),
                *actions("sns", "GetDataProtectionPolicy", "ListTagsForResource", "SetTopicAttributes", "Subscribe"),
                *actions("sns", "TagResource", "UntagResource"),
            ],
            deployment.arns("sns", own),
        ),
        allow(
            "ManageSubscriptions",
            actions("sns", "GetSubscriptionAttributes", "SetSubscriptionAttributes", "Unsubscribe"),
            deployment.arns("sns", own),
        ),
    ]


def _backup_statements(deployment: Deployment) -> list[Statement]:
    scope, vaults = deployment.scope, deployment.arns("backup", f"backup-vault:{deployment.own}")
    vault_actions = [
        *actions("backup", "CreateBackupVault", "DeleteBackupVault", "DeleteBackupVaultAccessPolicy"),
        *actions("backup", "DeleteBackupVaultLockConfiguration", "DescribeBackupVault", "GetBackupVaultAccessPolicy"),
        *actions("backup", "ListRecoveryPointsByBackupVault", "ListTags", "PutBackupVaultAccessPolicy"),
        *actions("backup", "PutBackupVaultLockConfiguration", "TagResource", "UntagResource"),
    ]
    plan_actions = [
        *actions("backup", "CreateBackupSelection", "DeleteBackupPlan", "DeleteBackupSelection"),
        *actions("backup", "GetBackupPlan", "GetBackupSelection", "ListTags", "TagResource", "UntagResource"),
        *actions("backup", "UpdateBackupPlan"),
    ]
    statements = [
        allow("ManageVaults", vault_actions, vaults),
        allow(
            "CreatePlans",
            actions("backup", "CreateBackupPlan", "TagResource"),
            scope.arn("backup", "backup-plan:*"),
            {**deployment.being_made, **deployment.not_of_others},
        ),
        allow("ManagePlans", plan_actions, scope.arn("backup", "backup-plan:*"), deployment.ours),
        allow("EncryptVaults", ["backup-storage:MountCapsule"], "*"),
    ]
    if deployment.tests_restores:
        statements += _restore_test_statements(deployment)
    if not deployment.deletion_protection:
        # A recovery point is named by the service that made it, and carries the tags of what it is a copy of.
        statements.append(
            allow(
                "EmptyVaults",
                actions("backup", "DeleteRecoveryPoint", "DescribeRecoveryPoint"),
                deployment.recovery_points,
                deployment.ours,
            )
        )
    return statements


def _restore_test_statements(deployment: Deployment) -> list[Statement]:
    """AWS Backup puts a suffix of its own behind a plan's name, with underscores in it."""
    scope = deployment.scope
    plans = scope.arn("backup", f"restore-testing-plan:{scope.prefix.replace('-', '_')}_*")
    manage = [
        *actions("backup", "CreateRestoreTestingPlan", "CreateRestoreTestingSelection", "DeleteRestoreTestingPlan"),
        *actions("backup", "DeleteRestoreTestingSelection", "GetRestoreTestingPlan", "GetRestoreTestingSelection"),
        *actions("backup", "ListTags", "TagResource", "UntagResource", "UpdateRestoreTestingPlan"),
        *actions("backup", "UpdateRestoreTestingSelection"),
    ]
    statements = [allow("ManageRestoreTests", manage, plans)]
    if deployment.restore_validator:
        call = actions("lambda", "AddPermission", "GetPolicy", "RemovePermission")
        statements.append(allow("CallValidator", call, deployment.restore_validator))
    return statements
