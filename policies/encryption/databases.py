"""Encryption of databases and caches."""

from __future__ import annotations

from pulumi_policy import Severity

from policies.support.databases import INSTANCES, skip_replicas
from policies.support.keys import customer_key
from policies.support.resources import Resource
from policies.support.rules import Context, Findings, NotApplicable, rule

PARAMETER_GROUPS = ("aws:rds/parameterGroup:ParameterGroup",)
REPLICATION_GROUPS = ("aws:elasticache/replicationGroup:ReplicationGroup",)
AUTOMATED_BACKUPS = ("aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication",)

# The parameter by which each engine refuses connections without TLS.
_FORCE_TLS = {
    "postgres": ("rds.force_ssl", "1"),
    "sqlserver": ("rds.force_ssl", "1"),
    "mysql": ("require_secure_transport", "1"),
    "mariadb": ("require_secure_transport", "1"),
}


@rule(
    "rds-storage-encrypted",
    types=INSTANCES,
    severity=Severity.HIGH,
    frameworks=("CKV_AWS_16", "RDS.3", "CIS5 2.2.1"),
    remedy="Set storageEncrypted to true when the instance is created; it cannot be changed later",
)
def rds_storage_encrypted(instance: Resource, _context: Context) -> Findings:
    """RDS instances encrypt their storage."""
    skip_replicas(instance)
    if not instance.true("storageEncrypted"):
        yield "storageEncrypted is not true"


@rule(
    "rds-storage-customer-key",
    types=INSTANCES,
    severity=Severity.HIGH,
    frameworks=("CKV_AWS_16", "RDS.3", "CIS5 2.2.1"),
    remedy="Set kmsKeyId to the ARN of a customer key",
)
def rds_storage_customer_key(instance: Resource, context: Context) -> Findings:
    """The storage of RDS instances is encrypted with a customer key."""
    skip_replicas(instance)
    yield from customer_key(instance, "kmsKeyId", context)


@rule(
    "rds-insights-customer-key",
    types=INSTANCES,
    severity=Severity.MEDIUM,
    frameworks=("CKV_AWS_354",),
    remedy="Set performanceInsightsKmsKeyId to the ARN of a customer key",
)
def rds_insights_customer_key(instance: Resource, context: Context) -> Findings:
    """Performance Insights data is encrypted with a customer key."""
    if not instance.true("performanceInsightsEnabled"):
        raise NotApplicable("Performance Insights are off")
    yield from customer_key(instance, "performanceInsightsKmsKeyId", context)


@rule(
    "rds-parameters-force-tls",
    types=PARAMETER_GROUPS,
    severity=Severity.HIGH,
    frameworks=("CKV2_AWS_69", "RDS.38"),
    remedy="Set rds.force_ssl (PostgreSQL, SQL Server) or require_secure_transport (MySQL, MariaDB) to 1",
)
def rds_parameters_force_tls(group: Resource, _context: Context) -> Findings:
    """RDS parameter groups refuse connections without TLS."""
    family = group.text("family") or ""
    wanted = next((setting for engine, setting in _FORCE_TLS.items() if family.startswith(engine)), None)
    if wanted is None:
        raise NotApplicable("the engine has no parameter for it")
    name, value = wanted
    values = [parameter.text("value") for parameter in group.each("parameters") if parameter.text("name") == name]
    if values != [value]:
        yield f"{name} is not {value}"


@rule(
    "rds-force-tls",
    types=INSTANCES,
    severity=Severity.HIGH,
    frameworks=("CKV2_AWS_69", "RDS.38"),
    remedy="Set parameterGroupName to a group of this stack that forces TLS",
    joined=True,
)
def rds_force_tls(instance: Resource, context: Context) -> Findings:
    """RDS instances use a parameter group that this stack defines, so that it is known to force TLS."""
    if not instance.has("parameterGroupName"):
        skip_replicas(instance)
        yield "parameterGroupName is not set"
        return
    if any(source.type in PARAMETER_GROUPS for source in context.stack.sources(instance, "parameterGroupName")):
        return
    name = instance.text("parameterGroupName")
    if name not in [group.text("name") for group in context.stack.of(*PARAMETER_GROUPS)]:
        yield "the parameter group is not part of this stack"


@rule(
    "rds-backup-replica-customer-key",
    types=AUTOMATED_BACKUPS,
    severity=Severity.HIGH,
    frameworks=("CKV_AWS_245",),
    remedy="Set kmsKeyId to the ARN of a customer key in the region of the copy",
)
def rds_backup_replica_customer_key(replication: Resource, context: Context) -> Findings:
    """Automated backups that are copied to another region are encrypted there with a customer key."""
    yield from customer_key(replication, "kmsKeyId", context)


def _skip_global_members(group: Resource) -> None:
    if group.has("globalReplicationGroupId"):
        raise NotApplicable("a secondary of a global replication group follows its primary")


@rule(
    "elasticache-at-rest-encrypted",
    types=REPLICATION_GROUPS,
    severity=Severity.HIGH,
    frameworks=("CKV_AWS_29", "ElastiCache.4"),
    remedy="Set atRestEncryptionEnabled to true",
)
def elasticache_at_rest_encrypted(group: Resource, _context: Context) -> Findings:
    """ElastiCache replication groups encrypt data at rest."""
    _skip_global_members(group)
    if not group.true("atRestEncryptionEnabled"):
        yield "atRestEncryptionEnabled is not true"


@rule(
    "elasticache-customer-key",
    types=REPLICATION_GROUPS,
    severity=Severity.HIGH,
    frameworks=("CKV_AWS_191",),
    remedy="Set kmsKeyId to the ARN of a customer key",
)
def elasticache_customer_key(group: Resource, context: Context) -> Findings:
    """ElastiCache replication groups encrypt data at rest with a customer key."""
    yield from customer_key(group, "kmsKeyId", context)


@rule(
    "elasticache-in-transit-encrypted",
    types=REPLICATION_GROUPS,
    severity=Severity.HIGH,
    frameworks=("CKV_AWS_30", "ElastiCache.5"),
    remedy="Set transitEncryptionEnabled to true and transitEncryptionMode to required",
)
def elasticache_in_transit_encrypted(group: Resource, _context: Context) -> Findings:
    """ElastiCache replication groups accept encrypted connections only."""
    _skip_global_members(group)
    if not group.true("transitEncryptionEnabled"):
        yield "transitEncryptionEnabled is not true"
    elif group.text("transitEncryptionMode") == "preferred":
        yield "transitEncryptionMode lets clients connect without encryption"


@rule(
    "elasticache-authentication",
    types=REPLICATION_GROUPS,
    severity=Severity.HIGH,
    frameworks=("CKV_AWS_31", "ElastiCache.6"),
    remedy="Set authToken, or userGroupIds for role-based access",
)
def elasticache_authentication(group: Resource, _context: Context) -> Findings:
    """ElastiCache replication groups ask clients who they are."""
    if not any(group.has(name) for name in ("authToken", "authTokenWo", "userGroupIds")):
        yield "neither authToken nor userGroupIds is set"
