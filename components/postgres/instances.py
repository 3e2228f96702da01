"""What the instances of the database share, wherever they run: the primary, its read replicas and the standby."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.common.alarms import Alarm, metric_alarm
from components.common.logs import log_group
from components.common.scope import Scope
from components.postgres.documents import PORT
from components.postgres.parameters import major_version, pins_minor, server_parameters
from components.postgres.settings import PostgresSettings

# Everything that RDS for PostgreSQL can export. Slow queries are part of the `postgresql` log.
_LOG_TYPES = ("postgresql", "upgrade", "iam-db-auth-error")
# RSA 2048, valid until 2061, rotated by RDS without a change of trust.
_CERTIFICATE_AUTHORITY = "rds-ca-rsa2048-g1"
# What RDS keeps without the advanced mode of Database Insights, which replicas cannot have.
_STANDARD_INSIGHTS_DAYS = 7
_EVENTS = ["availability", "failover", "failure", "low storage", "maintenance", "read replica", "recovery"]
# A restore of a large snapshot takes longer than the provider's own 40 minutes.
_TIMEOUTS = pulumi.CustomTimeouts(create="120m", update="120m", delete="90m")


@dataclass(frozen=True, kw_only=True)
class InstancePlace:
    """Where instances run, and what they need there: everything of one region."""

    scope: Scope
    settings: PostgresSettings
    subnet_group_name: pulumi.Input[str]
    security_group_id: pulumi.Input[str]
    parameter_group_name: pulumi.Input[str]
    monitoring_role_arn: pulumi.Input[str]
    storage_key_arn: pulumi.Input[str]
    logs_key_arn: pulumi.Input[str]
    alarm_topic_arn: pulumi.Input[str]
    runbooks: str
    deletion_protection: bool


def create_parameter_group(
    logical_name: str, scope: Scope, identifier: str, settings: PostgresSettings, opts: pulumi.ResourceOptions
) -> aws.rds.ParameterGroup:
    """Named by its family, so that a new major gets a group beside the old one."""
    family = f"postgres{major_version(settings.engine_version)}"
    return aws.rds.ParameterGroup(
        f"{logical_name}-{family}",
        name_prefix=f"{identifier}-{family}-",
        description=f"{identifier} on {family}",
        family=family,
        parameters=[
            aws.rds.ParameterGroupParameterArgs(
                name=parameter.name, value=parameter.value, apply_method=parameter.apply_method
            )
            for parameter in server_parameters(settings)
        ],
        region=scope.region,
        tags={"Name": identifier},
        opts=opts,
    )


def instance_arguments(
    place: InstancePlace, identifier: str, instance_class: str, maintenance_window: str
) -> aws.rds.InstanceArgs:
    """What all instances have in common: RDS hands none of it down from a primary to its replicas."""
    settings = place.settings
    return aws.rds.InstanceArgs(
        identifier=identifier,
        instance_class=instance_class,
        port=PORT,
        db_subnet_group_name=place.subnet_group_name,
        vpc_security_group_ids=[place.security_group_id],
        publicly_accessible=False,
        ca_cert_identifier=_CERTIFICATE_AUTHORITY,
        parameter_group_name=place.parameter_group_name,
        storage_type="gp3",
        max_allocated_storage=settings.max_allocated_storage_gib,
        iops=settings.iops,
        storage_throughput=settings.storage_throughput_mibps,
        storage_encrypted=True,
        iam_database_authentication_enabled=True,
        auto_minor_version_upgrade=not pins_minor(settings.engine_version),
        maintenance_window=maintenance_window,
        copy_tags_to_snapshot=True,
        monitoring_interval=settings.monitoring_interval_seconds,
        monitoring_role_arn=place.monitoring_role_arn,
        performance_insights_enabled=True,
        performance_insights_kms_key_id=place.storage_key_arn,
        performance_insights_retention_period=_STANDARD_INSIGHTS_DAYS,
        enabled_cloudwatch_logs_exports=list(_LOG_TYPES),
        deletion_protection=place.deletion_protection,
        region=place.scope.region,
        tags={"Name": identifier},
    )


def replica_arguments(
    place: InstancePlace, identifier: str, instance_class: str, maintenance_window: str, source_arn: pulumi.Input[str]
) -> aws.rds.InstanceArgs:
    """A replica's own. Engine, version, user and databases are its source's: RDS refuses them here.

    With a subnet group or from another region RDS wants the source's ARN. No final snapshot is taken of a replica.
    """
    arguments = instance_arguments(place, identifier, instance_class, maintenance_window)
    arguments.replicate_source_db = source_arn
    arguments.skip_final_snapshot = True
    if place.settings.iops:
        # A replica starts with its source's size. A change sends IOPS and size together, and so must know both.
        arguments.allocated_storage = place.settings.allocated_storage_gib
    return arguments


def create_instance(
    logical_name: str,
    place: InstancePlace,
    identifier: str,
    arguments: aws.rds.InstanceArgs,
    *,
    alarms: Mapping[str, Alarm],
    opts: pulumi.ResourceOptions,
) -> tuple[aws.rds.Instance, list[pulumi.Output[str]]]:
    """An instance with its log groups before it and its alarms after it.

    Alarms wait for the instance: those that take silence for a failure would fire while it is created.

    Returns:
        The instance, and the ARNs of its alarms.
    """
    groups = _create_log_groups(logical_name, place, identifier, opts)
    own = pulumi.ResourceOptions(
        protect=place.deletion_protection,
        depends_on=groups,
        # The identifier is fixed: a replacement can only follow its predecessor.
        delete_before_replace=True,
        custom_timeouts=_TIMEOUTS,
    )
    instance = aws.rds.Instance(logical_name, arguments, opts=pulumi.ResourceOptions.merge(opts, own))
    created = [
        metric_alarm(
            f"{logical_name}-{label}",
            f"{identifier}-{label}",
            alarm,
            topic_arn=place.alarm_topic_arn,
            runbooks=place.runbooks,
            region=place.scope.region,
            opts=pulumi.ResourceOptions(parent=opts.parent, depends_on=[instance]),
        )
        for label, alarm in alarms.items()
    ]
    return instance, [alarm.arn for alarm in created]


def _create_log_groups(
    logical_name: str, place: InstancePlace, identifier: str, opts: pulumi.ResourceOptions
) -> list[aws.cloudwatch.LogGroup]:
    return [
        log_group(
            f"{logical_name}-{log_type}",
            f"/aws/rds/instance/{identifier}/{log_type}",
            retention_days=place.settings.log_retention_days,
            key_arn=place.logs_key_arn,
            region=place.scope.region,
            opts=pulumi.ResourceOptions(parent=opts.parent),
        )
        for log_type in _LOG_TYPES
    ]


def create_event_subscription(
    logical_name: str,
    place: InstancePlace,
    identifier: str,
    instances: Sequence[aws.rds.Instance],
    opts: pulumi.ResourceOptions,
) -> None:
    """Failovers, failures, replicas that stop and the like, told by RDS itself."""
    aws.rds.EventSubscription(
        logical_name,
        sns_topic=place.alarm_topic_arn,
        source_type="db-instance",
        source_ids=[instance.identifier for instance in instances],
        event_categories=_EVENTS,
        region=place.scope.region,
        tags={"Name": identifier},
        opts=opts,
    )
