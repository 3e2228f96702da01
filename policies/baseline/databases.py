"""Databases and caches: backups, failover, protection and observation."""

from __future__ import annotations

from pulumi_policy import Severity

from policies.support.databases import INSTANCES, skip_replicas
from policies.support.parameters import Parameter
from policies.support.resources import Resource
from policies.support.rules import Context, Control, Findings, NotApplicable, rule

REPLICATION_GROUPS = ("aws:elasticache/replicationGroup:ReplicationGroup",)

# The logs that each engine can export, all of which are wanted.
_EXPORTS = {
    "postgres": ("postgresql", "upgrade"),
    "mysql": ("audit", "error", "general", "slowquery"),
    "mariadb": ("audit", "error", "general", "slowquery"),
}


@rule(
    "rds-backup-retention",
    types=INSTANCES,
    severity=Severity.HIGH,
    frameworks=("CKV_AWS_133", Control("RDS.11", minimum=("minimumDays", 7))),
    remedy="Set backupRetentionPeriod to the number of days asked for",
    parameters=(
        Parameter(
            name="minimumDays",
            kind="number",
            default=30,
            least=1,
            most=35,
            description="Days that backups are kept, up to 35.",
        ),
    ),
)
def rds_backup_retention(instance: Resource, context: Context) -> Findings:
    """Backups of RDS instances are kept for long enough."""
    skip_replicas(instance)
    if (instance.number("backupRetentionPeriod") or 0) < context.number("minimumDays"):
        yield f"backupRetentionPeriod is less than {context.number('minimumDays')} days"


@rule(
    "rds-multi-az",
    types=INSTANCES,
    severity=Severity.MEDIUM,
    frameworks=("RDS.5", "CIS5 2.2.4"),
    remedy="Set multiAz to true",
)
def rds_multi_az(instance: Resource, _context: Context) -> Findings:
    """RDS instances fail over to another zone."""
    skip_replicas(instance)
    if not instance.true("multiAz"):
        yield "multiAz is not true"


@rule(
    "rds-deletion-protection",
    types=INSTANCES,
    severity=Severity.HIGH,
    frameworks=("CKV_AWS_293", "RDS.8"),
    remedy="Set deletionProtection to true",
)
def rds_deletion_protection(instance: Resource, _context: Context) -> Findings:
    """RDS instances cannot be deleted by accident."""
    if not instance.true("deletionProtection"):
        yield "deletionProtection is not true"


@rule(
    "rds-final-snapshot",
    types=INSTANCES,
    severity=Severity.HIGH,
    remedy="Set finalSnapshotIdentifier and leave skipFinalSnapshot out",
)
def rds_final_snapshot(instance: Resource, _context: Context) -> Findings:
    """RDS instances leave a snapshot behind when they are deleted."""
    skip_replicas(instance)
    if instance.true("skipFinalSnapshot"):
        yield "skipFinalSnapshot is true"
    elif not instance.has("finalSnapshotIdentifier"):
        yield "finalSnapshotIdentifier is not set"


@rule(
    "rds-logs",
    types=INSTANCES,
    severity=Severity.MEDIUM,
    frameworks=("CKV_AWS_129", "RDS.9"),
    remedy="List the logs in enabledCloudwatchLogsExports",
)
def rds_logs(instance: Resource, _context: Context) -> Findings:
    """RDS instances export their logs to CloudWatch."""
    enabled = instance.strings("enabledCloudwatchLogsExports")
    if not enabled:
        yield "enabledCloudwatchLogsExports is not set"
        return
    engine = instance.text("engine")
    for of_engine, kinds in _EXPORTS.items():
        # A replica does not name its engine; its logs do.
        if engine == of_engine or (engine is None and set(kinds) & set(enabled)):
            yield from (f"enabledCloudwatchLogsExports lacks {kind}" for kind in kinds if kind not in enabled)


@rule(
    "rds-monitoring",
    types=INSTANCES,
    severity=Severity.LOW,
    frameworks=("CKV_AWS_118", "RDS.6"),
    remedy="Set monitoringInterval to 60 seconds or less, and monitoringRoleArn",
)
def rds_monitoring(instance: Resource, _context: Context) -> Findings:
    """Enhanced monitoring of RDS instances is on."""
    if not instance.number("monitoringInterval"):
        yield "monitoringInterval is not set"
    if not instance.has("monitoringRoleArn"):
        yield "monitoringRoleArn is not set"


@rule(
    "rds-minor-upgrades",
    types=INSTANCES,
    severity=Severity.MEDIUM,
    frameworks=("CKV_AWS_226", "RDS.13", "CIS5 2.2.2"),
    remedy="Set autoMinorVersionUpgrade to true",
)
def rds_minor_upgrades(instance: Resource, _context: Context) -> Findings:
    """RDS instances take minor versions by themselves."""
    if instance.false("autoMinorVersionUpgrade"):
        yield "autoMinorVersionUpgrade is false"


@rule(
    "elasticache-failover",
    types=REPLICATION_GROUPS,
    severity=Severity.MEDIUM,
    frameworks=("ElastiCache.3",),
    remedy="Set automaticFailoverEnabled to true",
)
def elasticache_failover(group: Resource, _context: Context) -> Findings:
    """ElastiCache replication groups promote a replica when the primary fails."""
    if not group.true("automaticFailoverEnabled"):
        yield "automaticFailoverEnabled is not true"


@rule(
    "elasticache-multi-az",
    types=REPLICATION_GROUPS,
    severity=Severity.MEDIUM,
    frameworks=("CKV2_AWS_50",),
    remedy="Set multiAzEnabled to true",
)
def elasticache_multi_az(group: Resource, _context: Context) -> Findings:
    """ElastiCache replication groups spread over zones."""
    if not group.true("multiAzEnabled"):
        yield "multiAzEnabled is not true"
    if not group.true("automaticFailoverEnabled"):
        yield "automaticFailoverEnabled is not true"


@rule(
    "elasticache-snapshots",
    types=REPLICATION_GROUPS,
    severity=Severity.MEDIUM,
    frameworks=("ElastiCache.1",),
    remedy="Set snapshotRetentionLimit to the number of days asked for",
    parameters=(
        Parameter(
            name="minimumDays",
            kind="number",
            default=7,
            least=1,
            most=35,
            description="Days that snapshots are kept, up to 35.",
        ),
    ),
)
def elasticache_snapshots(group: Resource, context: Context) -> Findings:
    """Snapshots of ElastiCache replication groups are kept for long enough."""
    if group.has("globalReplicationGroupId"):
        raise NotApplicable("a secondary of a global replication group follows its primary")
    if (group.number("snapshotRetentionLimit") or 0) < context.number("minimumDays"):
        yield f"snapshotRetentionLimit is less than {context.number('minimumDays')} days"
