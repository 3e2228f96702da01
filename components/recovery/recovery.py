"""Copies in a second region: the database's automated backups, and daily backups in locked vaults."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.common.alarms import Alarm, metric_alarm
from components.common.environment import Environment
from components.common.iam import plain_service_trust, policy_document
from components.common.scope import Scope
from components.kms import KeyDomain
from components.recovery.settings import RecoverySettings

_MANAGED_POLICIES = {
    "backup": "service-role/AWSBackupServiceRolePolicyForBackup",
    "restore": "service-role/AWSBackupServiceRolePolicyForRestores",
}
_BUCKET_POLICIES = {
    "backup-buckets": "AWSBackupServiceRolePolicyForS3Backup",
    "restore-buckets": "AWSBackupServiceRolePolicyForS3Restore",
}
# The first backup of a large database travels for longer than the provider's 75 minutes (terraform-provider-aws 25776).
_FIRST_COPY = pulumi.CustomTimeouts(create="6h")
_START_WITHIN_MINUTES = 60
_COMPLETE_WITHIN_MINUTES = 480
_LATE_HOURS = 24 + (_START_WITHIN_MINUTES + _COMPLETE_WITHIN_MINUTES) // 60
"""A daily copy that came as early as it may, and the next one as late as it may."""


def recovery_domains(settings: RecoverySettings) -> tuple[KeyDomain, ...]:
    """The keys that the recovery region needs: of copies and of who is told, and of a standby's logs."""
    if not settings.copies:
        return ()
    copies = (KeyDomain.RDS, KeyDomain.S3, KeyDomain.BACKUP, KeyDomain.SNS)
    return (*copies, KeyDomain.LOGS) if settings.standby else copies


def _daily(window: str) -> tuple[int, int]:
    """Start and end in minutes of the day, of a window such as `03:00-04:00` or `sun:05:00-sun:06:00`."""
    start, end = (moment[-5:].split(":") for moment in window.split("-"))
    first = int(start[0]) * 60 + int(start[1])
    return first, first + (int(end[0]) * 60 + int(end[1]) - first) % (24 * 60)


def backup_hour(windows: Sequence[str]) -> int:
    """The first full hour (UTC) after the first window at which RDS lets AWS Backup start.

    RDS refuses to start a backup during its own backup and maintenance windows, and in the hour before them; the job
    starts some time within the hour after its schedule. Weekly windows count for every day.

    Raises:
        ValueError: The windows leave no hour.
    """
    day = 24 * 60
    closed = [(start - 60, end) for start, end in map(_daily, windows)]
    first = -(-_daily(windows[0])[1] // 60)
    for hour in (candidate % 24 for candidate in range(first, first + 24)):
        opens, closes = hour * 60, hour * 60 + _START_WITHIN_MINUTES
        # Windows may cross midnight, so they are compared with the day before and the day after, too.
        clashes = (opens < end + shift and start + shift < closes for start, end in closed for shift in (-day, 0, day))
        if not any(clashes):
            return hour
    raise ValueError(f"the windows {', '.join(windows)} leave no hour for a daily backup")


def volume_tags(cluster_name: str) -> Mapping[str, str]:
    """Tags by which the volumes are known that the cluster's storage driver made."""
    return {"ebs.csi.aws.com/cluster": "true", f"kubernetes.io/cluster/{cluster_name}": "owned"}


def vault_policy(keepers: Sequence[str]) -> str:
    """Nobody deletes a recovery point or shortens its life, except the roles that expire it at its time.

    Whoever must do it all the same removes this policy first: two steps, both in the trail.
    """
    return policy_document(
        {
            "Sid": "KeepRecoveryPoints",
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["backup:DeleteRecoveryPoint", "backup:UpdateRecoveryPointLifecycle"],
            "Resource": "*",
            "Condition": {"ArnNotLike": {"aws:PrincipalArn": list(keepers)}},
        }
    )


def failed_jobs_pattern(vault_arn: str) -> str:
    """The event pattern of backup and copy jobs of this vault that did not succeed."""
    return json.dumps(
        {
            "source": ["aws.backup"],
            "detail-type": ["Backup Job State Change", "Copy Job State Change"],
            "detail": {
                "state": ["FAILED", "ABORTED", "EXPIRED", "PARTIAL"],
                "$or": [{"backupVaultArn": [vault_arn]}, {"sourceBackupVaultArn": [vault_arn]}],
            },
        }
    )


def late_copies_alarm(vault_name: str) -> Alarm:
    """No copy has arrived for longer than a day and the windows of a job. It rests until the first one has."""
    return Alarm(
        namespace="AWS/Backup",
        metric="NumberOfCopyJobsCompleted",
        comparison="below",
        threshold=1,
        description=f"No backup was copied to the recovery region for {_LATE_HOURS} hours: see copy jobs and keys",
        runbook="alarms.md#backup-copies-late",
        statistic="Sum",
        dimensions={"BackupVaultName": vault_name},
        period_seconds=3600,
        evaluation_periods=_LATE_HOURS,
        tells_silence=True,
    )


@dataclass(frozen=True, kw_only=True)
class RecoveryArgs:
    """What to copy, and where to."""

    environment: Environment
    recovery_scope: Scope
    """The same environment in the recovery region."""
    settings: RecoverySettings
    postgres_arn: pulumi.Input[str]
    """The primary instance. Its automated backups must be on."""
    postgres_replicas: Sequence[pulumi.Resource]
    """Read replicas in the stack's region, which come first: while RDS sets up a copy for another region the primary is
    `modifying`, and refuses any other (RDS User Guide, cross-Region replication)."""
    postgres_retention_days: int
    """How long the recovery region keeps the automated backups."""
    postgres_windows: Sequence[str]
    """Backup and maintenance windows of the database, in that order."""
    recovery_rds_key_arn: pulumi.Input[str]
    """Key of the automated backups in the recovery region."""
    backup_key_arn: pulumi.Input[str]
    """Key of the vault in the stack's region."""
    recovery_backup_key_arn: pulumi.Input[str]
    """Key of the vault in the recovery region."""
    cluster_name: str
    """Volumes that the cluster's storage driver made are backed up, too."""
    bucket_arns: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """Buckets that are backed up, by label: those of which restores are tested."""


class Recovery(pulumi.ComponentResource):
    """Backups that survive the loss of a region (guide: Cross-Region Replication).

    Creates:
        the replication of the database's automated backups, for recovery to a point in time in the other region;
        the vaults `<prefix>-backups` and, in the other region, `<prefix>-recovery-backups`, with a policy against
        deletion and, where set, a lock;
        a plan with a daily rule and a copy to the other region, for the database and the cluster's volumes;
        the role of the plan, a rule that tells the alarm topic about jobs that failed, and an alarm on copies that do
        not come.

    The plan takes snapshots only. A continuous plan would take over the window and the retention of the database's own
    backups.
    """

    postgres_backups: aws.rds.InstanceAutomatedBackupsReplication
    """The copy of the database's automated backups. The primary takes no other order before it is set up."""
    vault_arn: pulumi.Output[str]
    """Of the vault in the stack's region."""
    recovery_vault_arn: pulumi.Output[str]
    """Of the vault in the recovery region, which holds the copies."""
    vault_name: str
    """Of the vault in the stack's region, known before it exists."""
    plan_id: pulumi.Output[str]
    """Of the plan with the daily rule."""
    role_arn: pulumi.Output[str]
    """Passed to AWS Backup when a recovery point is restored."""

    def __init__(self, name: str, args: RecoveryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform:recovery:Recovery", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self.postgres_backups = self._automated_backups()
        role, attachments = self._role()
        self.vault_name = args.environment.scope.name("backups")
        vault = self._vault("", args.environment.scope, args.backup_key_arn, role.arn)
        copies = self._vault("recovery-", args.recovery_scope, args.recovery_backup_key_arn, role.arn)
        plan = self._plan(vault, copies)
        database = self._selections(plan, role, attachments)
        self._tell_failures(vault)
        metric_alarm(
            f"{name}-late-copies",
            args.environment.scope.name("backup-copies-late"),
            late_copies_alarm(self.vault_name),
            topic_arn=args.environment.alarm_topic_arn,
            runbooks=args.environment.runbooks,
            # Where the database waits, as in a pilot light, nothing is copied and nobody is to be told so.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[vault, database]),
        )
        self.vault_arn = vault.arn
        self.recovery_vault_arn = copies.arn
        self.plan_id = plan.id
        self.role_arn = role.arn
        self.register_outputs(
            {"vaultArn": self.vault_arn, "recoveryVaultArn": self.recovery_vault_arn, "planId": self.plan_id}
        )

    @property
    def exports(self) -> dict[str, pulumi.Input[object]]:
        """What the stack exports of it, by the name of the output."""
        return {
            "backupVaultArn": self.vault_arn,
            "recoveryVaultArn": self.recovery_vault_arn,
            "backupRoleArn": self.role_arn,
        }

    def _automated_backups(self) -> aws.rds.InstanceAutomatedBackupsReplication:
        return aws.rds.InstanceAutomatedBackupsReplication(
            f"{self._name}-postgres",
            source_db_instance_arn=self._args.postgres_arn,
            kms_key_id=self._args.recovery_rds_key_arn,
            retention_period=self._args.postgres_retention_days,
            region=self._args.recovery_scope.region,
            # An instance has one replication; what the old one copied stays until it expires.
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=list(self._args.postgres_replicas),
                delete_before_replace=True,
                custom_timeouts=_FIRST_COPY,
            ),
        )

    def _role(self) -> tuple[aws.iam.Role, list[pulumi.Resource]]:
        role = aws.iam.Role(
            f"{self._name}-backup",
            description="Takes, copies, expires and restores recovery points",
            assume_role_policy=plain_service_trust("backup.amazonaws.com"),
            permissions_boundary=self._args.environment.boundary_arn,
            opts=self._child,
        )
        attachments: list[pulumi.Resource] = [
            aws.iam.RolePolicyAttachment(
                f"{self._name}-{label}",
                role=role.name,
                policy_arn=self._args.environment.scope.managed_policy_arn(path),
                opts=self._child,
            )
            for label, path in (_MANAGED_POLICIES | (_BUCKET_POLICIES if self._args.bucket_arns else {})).items()
        ]
        return role, attachments

    def _vault(
        self, qualifier: str, scope: Scope, key_arn: pulumi.Input[str], role_arn: pulumi.Output[str]
    ) -> aws.backup.Vault:
        name = f"{self._name}-{qualifier}vault"
        physical_name = scope.name(f"{qualifier}backups")
        vault = aws.backup.Vault(
            name,
            name=physical_name,
            kms_key_arn=key_arn,
            force_destroy=not self._args.environment.deletion_protection,
            region=scope.region,
            tags={"Name": physical_name},
            opts=self._child,
        )
        service_role = scope.global_arn("iam", "role/aws-service-role/backup.amazonaws.com/*")
        aws.backup.VaultPolicy(
            name,
            backup_vault_name=vault.name,
            policy=role_arn.apply(lambda arn: vault_policy([arn, service_role])),
            region=scope.region,
            opts=self._child,
        )
        if lock := self._args.settings.vault_lock:
            aws.backup.VaultLockConfiguration(
                name,
                backup_vault_name=vault.name,
                min_retention_days=lock.min_retention_days,
                max_retention_days=lock.max_retention_days,
                changeable_for_days=lock.changeable_for_days,
                region=scope.region,
                opts=self._child,
            )
        return vault

    def _plan(self, vault: aws.backup.Vault, copies: aws.backup.Vault) -> aws.backup.Plan:
        days = self._args.settings.backup_retention_days
        return aws.backup.Plan(
            self._name,
            name=self._args.environment.scope.name("daily"),
            rules=[
                aws.backup.PlanRuleArgs(
                    rule_name="daily",
                    target_vault_name=vault.name,
                    schedule=f"cron(0 {backup_hour(self._args.postgres_windows)} * * ? *)",
                    start_window=_START_WITHIN_MINUTES,
                    completion_window=_COMPLETE_WITHIN_MINUTES,
                    enable_continuous_backup=False,
                    lifecycle=aws.backup.PlanRuleLifecycleArgs(delete_after=days),
                    copy_actions=[
                        aws.backup.PlanRuleCopyActionArgs(
                            destination_vault_arn=copies.arn,
                            lifecycle=aws.backup.PlanRuleCopyActionLifecycleArgs(delete_after=days),
                        )
                    ],
                )
            ],
            tags={"Name": self._args.environment.scope.name("daily")},
            opts=self._child,
        )

    def _selections(
        self, plan: aws.backup.Plan, role: aws.iam.Role, attachments: Sequence[pulumi.Resource]
    ) -> aws.backup.Selection:
        """What is backed up; returns the selection of the database."""
        # A selection is checked against what its role may do.
        after = pulumi.ResourceOptions(parent=self, depends_on=attachments)
        database = aws.backup.Selection(
            f"{self._name}-postgres",
            name="postgres",
            plan_id=plan.id,
            iam_role_arn=role.arn,
            resources=[self._args.postgres_arn],
            opts=after,
        )
        if self._args.bucket_arns:
            aws.backup.Selection(
                f"{self._name}-buckets",
                name="buckets",
                plan_id=plan.id,
                iam_role_arn=role.arn,
                resources=list(self._args.bucket_arns.values()),
                opts=after,
            )
        aws.backup.Selection(
            f"{self._name}-volumes",
            name="volumes",
            plan_id=plan.id,
            iam_role_arn=role.arn,
            resources=[f"arn:{self._args.environment.scope.partition}:ec2:*:*:volume/*"],
            conditions=[
                aws.backup.SelectionConditionArgs(
                    string_equals=[
                        aws.backup.SelectionConditionStringEqualArgs(key=f"aws:ResourceTag/{key}", value=value)
                        for key, value in volume_tags(self._args.cluster_name).items()
                    ]
                )
            ],
            opts=after,
        )

        return database

    def _tell_failures(self, vault: aws.backup.Vault) -> None:
        name = f"{self._name}-failed-jobs"
        rule = aws.cloudwatch.EventRule(
            name,
            description="Backup and copy jobs that did not succeed",
            event_pattern=vault.arn.apply(failed_jobs_pattern),
            opts=self._child,
        )
        aws.cloudwatch.EventTarget(name, rule=rule.name, arn=self._args.environment.alarm_topic_arn, opts=self._child)
