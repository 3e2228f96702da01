"""Encryption of databases and caches."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from pulumi_policy import Severity

from policies.support.databases import INSTANCES, skip_replicas
from policies.support.keys import customer_key
from policies.support.resources import Resource
from policies.support.rules import Context, Control, Findings, NotApplicable, rule

PARAMETER_GROUPS = ("aws:rds/parameterGroup:ParameterGroup",)
CLUSTER_PARAMETER_GROUPS = ("aws:rds/clusterParameterGroup:ClusterParameterGroup",)
DOCDB_PARAMETER_GROUPS = ("aws:docdb/clusterParameterGroup:ClusterParameterGroup",)
REDSHIFT_PARAMETER_GROUPS = ("aws:redshift/parameterGroup:ParameterGroup",)
REPLICATION_GROUPS = ("aws:elasticache/replicationGroup:ReplicationGroup",)
CLUSTERS = ("aws:elasticache/cluster:Cluster",)
AUTOMATED_BACKUPS = ("aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication",)

# The parameter by which each engine refuses connections without TLS.
_FORCE_TLS = {
    "postgres": "rds.force_ssl",
    "sqlserver": "rds.force_ssl",
    "mysql": "require_secure_transport",
    "mariadb": "require_secure_transport",
}
# From which version on the engine's default parameter group does so (RDS user guide: "Requiring an SSL connection to a
# PostgreSQL DB instance", and "Requiring SSL/TLS for all connections" to MySQL and MariaDB DB instances).
_TLS_BY_DEFAULT = {"postgres": 15.0, "mysql": 9.7, "mariadb": 11.8}
# Of Aurora's cluster parameter groups (Aurora user guide, "Requiring SSL/TLS").
_TLS_BY_DEFAULT_IN_AURORA = {"postgres": 17.0}
_ON = ("1", "on", "true")


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
    remedy="Set kmsKeyId to the ARN of a customer key",
)
def rds_storage_customer_key(instance: Resource, context: Context) -> Findings:
    """The storage of RDS instances is encrypted with a customer key."""
    skip_replicas(instance)
    yield from customer_key(instance, "kmsKeyId", context)


@rule(
    "rds-insights-customer-key",
    types=(*INSTANCES, "aws:rds/clusterInstance:ClusterInstance"),
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
    remedy="Set rds.force_ssl (PostgreSQL, SQL Server) or require_secure_transport (MySQL, MariaDB) to 1",
)
def rds_parameters_force_tls(group: Resource, _context: Context) -> Findings:
    """RDS parameter groups refuse connections without TLS."""
    yield from _parameter_findings(group)


def _parameter_findings(group: Resource, defaults: Mapping[str, float] = _TLS_BY_DEFAULT) -> Findings:
    engine, version = _family(group.text("family") or "")
    wanted = _FORCE_TLS.get(engine)
    if wanted is None:
        raise NotApplicable("the engine has no parameter for it")
    values = [item.text("value") for item in group.each("parameters") if (item.text("name") or "").lower() == wanted]
    by_default = version >= defaults.get(engine, math.inf)
    if [value.lower() in _ON for value in values if value] != [True] and (values or not by_default):
        yield f"{wanted} is not 1"


def _family(family: str) -> tuple[str, float]:
    """Engine and version of a parameter group's family, such as `postgres15` or `sqlserver-se-15.0`."""
    found = re.fullmatch(
        r"(?:aurora-)?(sqlserver|[a-z]+)[a-z-]*?-?(\d+(?:\.\d+)?)?", family.replace("aurora-postgresql", "postgres")
    )
    return (found[1], float(found[2] or 0)) if found else ("", 0)


@rule(
    "rds-force-tls",
    types=INSTANCES,
    severity=Severity.HIGH,
    frameworks=("CKV2_AWS_69", "RDS.38"),
    remedy="Set parameterGroupName to a group of this stack that forces TLS",
    joined=True,
)
def rds_force_tls(instance: Resource, context: Context) -> Findings:
    """RDS instances refuse connections without TLS: by a parameter group of this stack, or by the engine's default."""
    engine = (instance.text("engine") or "").partition("-")[0]
    if engine and engine not in _FORCE_TLS:
        raise NotApplicable("the engine has no parameter for it")
    if not instance.has("parameterGroupName"):
        skip_replicas(instance)
        found = re.match(r"\d+(\.\d+)?", instance.text("engineVersion") or "")
        if not found or float(found[0]) < _TLS_BY_DEFAULT.get(engine, math.inf):
            yield "parameterGroupName is not set, and the engine's default lets clients connect without TLS"
        return
    groups = [item for item in context.stack.sources(instance, "parameterGroupName") if item.type in PARAMETER_GROUPS]
    if not groups:
        name = instance.text("parameterGroupName")
        groups = [group for group in context.stack.of(*PARAMETER_GROUPS) if group.text("name") == name]
    if not groups:
        yield "the parameter group is not part of this stack"
    for group in groups:
        yield from _parameter_findings(group)


@rule(
    "cluster-parameters-force-tls",
    types=(*CLUSTER_PARAMETER_GROUPS, *DOCDB_PARAMETER_GROUPS, *REDSHIFT_PARAMETER_GROUPS),
    severity=Severity.HIGH,
    frameworks=(
        Control("CKV_AWS_90", types=DOCDB_PARAMETER_GROUPS),
        Control("CKV_AWS_105", types=REDSHIFT_PARAMETER_GROUPS),
    ),
    remedy="Set rds.force_ssl or require_secure_transport (Aurora), tls (DocumentDB) or require_ssl (Redshift)",
)
def cluster_parameters_force_tls(group: Resource, _context: Context) -> Findings:
    """Parameter groups of Aurora, DocumentDB and Redshift refuse connections without TLS."""
    if group.type in CLUSTER_PARAMETER_GROUPS:
        yield from _parameter_findings(group, _TLS_BY_DEFAULT_IN_AURORA)
        return
    name = "tls" if group.type in DOCDB_PARAMETER_GROUPS else "require_ssl"
    given = {(item.text("name") or "").lower(): (item.text("value") or "").lower() for item in group.each("parameters")}
    if name == "tls" and given.get(name, "enabled") == "disabled":
        yield "tls is disabled"
    if name == "require_ssl" and given.get(name) not in _ON:
        yield "require_ssl is not true"


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
    _skip_global_members(group)
    yield from customer_key(group, "kmsKeyId", context)


@rule(
    "elasticache-in-transit-encrypted",
    types=(*REPLICATION_GROUPS, *CLUSTERS),
    severity=Severity.HIGH,
    frameworks=(
        Control("CKV_AWS_30", types=REPLICATION_GROUPS),
        Control("ElastiCache.5", types=REPLICATION_GROUPS),
    ),
    remedy="Set transitEncryptionEnabled to true and transitEncryptionMode to required",
)
def elasticache_in_transit_encrypted(group: Resource, _context: Context) -> Findings:
    """ElastiCache clusters and replication groups accept encrypted connections only."""
    _skip_global_members(group)
    if group.type in CLUSTERS and group.has("replicationGroupId"):
        raise NotApplicable("it follows its replication group")
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
