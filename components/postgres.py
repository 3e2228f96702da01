"""The relational database: a primary, its read replicas and the secret to connect (guide: RDS PostgreSQL)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components.alarms import Alarm, metric_alarm
from components.iam import service_trust
from components.logs import log_group
from components.postgres_alarms import instance_alarms, replica_alarms
from components.postgres_documents import PORT, connection_document
from components.postgres_parameters import major_version, pins_minor, server_parameters
from components.scope import Scope
from components.secrets import connection_secret
from components.security_groups import data_store_security_group
from components.settings import AlarmThresholds, PostgresSettings, RestoreSettings

# Everything that RDS for PostgreSQL can export. Slow queries are part of the `postgresql` log.
_LOG_TYPES = ("postgresql", "upgrade", "iam-db-auth-error")
# RSA 2048, valid until 2061, rotated by RDS without a change of trust.
_CERTIFICATE_AUTHORITY = "rds-ca-rsa2048-g1"
_MONITORING_POLICY = "iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
# What RDS keeps without the advanced mode of Database Insights, which replicas cannot have.
_STANDARD_INSIGHTS_DAYS = 7
# RDS refuses / @ " and blanks in a password; of the rest only what a connection URL carries without escaping.
_PASSWORD_LENGTH = 40
_PASSWORD_SPECIALS = "-_.~"  # noqa: S105 the alphabet, not a password
_EVENTS = ["availability", "failover", "failure", "low storage", "maintenance", "read replica", "recovery"]
# A restore of a large snapshot takes longer than the provider's own 40 minutes.
_TIMEOUTS = pulumi.CustomTimeouts(create="120m", update="120m", delete="90m")


@dataclass(frozen=True, kw_only=True)
class PostgresArgs:
    """What the database looks like and who may reach it."""

    scope: Scope
    settings: PostgresSettings
    vpc_id: pulumi.Input[str]
    subnet_group_name: pulumi.Input[str]
    clients: Mapping[str, pulumi.Input[str]]
    """Security groups that may connect: label → id."""
    storage_key_arn: pulumi.Input[str]
    """Key of storage, backups and Performance Insights. Another key replaces the instance."""
    logs_key_arn: pulumi.Input[str]
    secrets_key_arn: pulumi.Input[str]
    deletion_protection: bool
    """Protects the instances, and takes a final snapshot of the primary when it is deleted after all."""
    secret_recovery_days: int
    alarm_topic_arn: pulumi.Input[str]
    thresholds: AlarmThresholds


def restore_point(restore: RestoreSettings) -> aws.rds.InstanceRestoreToPointInTimeArgs:
    """The moment of another instance that a new one starts from. A replicated backup is named by its ARN."""
    source = restore.source_instance
    is_backup = bool(source and source.startswith("arn:"))
    return aws.rds.InstanceRestoreToPointInTimeArgs(
        source_db_instance_automated_backups_arn=source if is_backup else None,
        source_db_instance_identifier=None if is_backup else source,
        restore_time=restore.restore_time,
        use_latest_restorable_time=None if restore.restore_time else True,
    )


class Postgres(pulumi.ComponentResource):
    """A PostgreSQL primary, its read replicas, and all that belongs to them.

    Creates the security group, the parameter group, the role of enhanced monitoring, the log groups, the instances,
    the password, the secret with the connection document, its rotation where a function for it is configured, alarms
    on every instance and a subscription to its events.

    `database_name` and `restore` count when the primary is created and never again: an existing database is not
    replaced by a change to them. A restored instance keeps the master user, the databases and the key of its source.
    """

    identifier: pulumi.Output[str]
    identifiers: list[str]
    """Of all instances, the primary first. They are known before the instances exist."""
    alarm_arns: list[pulumi.Output[str]]
    instance_arn: pulumi.Output[str]
    resource_id: pulumi.Output[str]
    address: pulumi.Output[str]
    port: pulumi.Output[int]
    replica_addresses: dict[str, pulumi.Output[str]]
    secret_arn: pulumi.Output[str]
    security_group_id: pulumi.Output[str]

    def __init__(self, name: str, args: PostgresArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform:database:Postgres", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self.identifiers = [self._identifier(), *(self._identifier(label) for label in args.settings.replicas)]
        self.alarm_arns = []

        self._security_group = data_store_security_group(
            name, args.scope, "postgres", vpc_id=args.vpc_id, port=PORT, clients=args.clients, opts=self._child
        )
        self._parameter_group = self._create_parameter_group()
        self._monitoring_role, self._monitoring_attachment = self._create_monitoring_role()
        self._password = random.RandomPassword(
            name,
            length=_PASSWORD_LENGTH,
            override_special=_PASSWORD_SPECIALS,
            min_lower=1,
            min_upper=1,
            min_numeric=1,
            min_special=1,
            opts=self._child,
        )
        primary = self._create_primary()
        replicas = {label: self._create_replica(label, primary) for label in args.settings.replicas}
        secret = self._create_secret(primary, replicas)
        self._create_event_subscription([primary, *replicas.values()])

        self.identifier = primary.identifier
        self.instance_arn = primary.arn
        self.resource_id = primary.resource_id
        self.address = primary.address
        self.port = primary.port
        self.replica_addresses = {label: replica.address for label, replica in replicas.items()}
        self.secret_arn = secret.arn
        self.security_group_id = self._security_group.id
        self.register_outputs(
            {
                "identifier": self.identifier,
                "instanceArn": self.instance_arn,
                "address": self.address,
                "port": self.port,
                "replicaAddresses": self.replica_addresses,
                "secretArn": self.secret_arn,
                "securityGroupId": self.security_group_id,
            }
        )

    def _identifier(self, replica: str | None = None) -> str:
        return self._args.scope.name(f"postgres-{replica}" if replica else "postgres")

    def _create_parameter_group(self) -> aws.rds.ParameterGroup:
        """Named by its family, so that a new major gets a group beside the old one."""
        settings = self._args.settings
        family = f"postgres{major_version(settings.engine_version)}"
        return aws.rds.ParameterGroup(
            f"{self._name}-{family}",
            name_prefix=f"{self._identifier()}-{family}-",
            description=f"{self._identifier()} on {family}",
            family=family,
            parameters=[
                aws.rds.ParameterGroupParameterArgs(
                    name=parameter.name, value=parameter.value, apply_method=parameter.apply_method
                )
                for parameter in server_parameters(settings)
            ],
            tags={"Name": self._identifier()},
            opts=self._child,
        )

    def _create_monitoring_role(self) -> tuple[aws.iam.Role, aws.iam.RolePolicyAttachment]:
        role = aws.iam.Role(
            f"{self._name}-monitoring",
            description="Enhanced monitoring of the database writes its metrics to CloudWatch Logs",
            assume_role_policy=service_trust("monitoring.rds.amazonaws.com", self._args.scope),
            opts=self._child,
        )
        attachment = aws.iam.RolePolicyAttachment(
            f"{self._name}-monitoring",
            role=role.name,
            policy_arn=f"arn:{self._args.scope.partition}:{_MONITORING_POLICY}",
            opts=self._child,
        )
        return role, attachment

    def _create_log_groups(self, identifier: str, logical_name: str) -> list[aws.cloudwatch.LogGroup]:
        return [
            log_group(
                f"{logical_name}-{log_type}",
                f"/aws/rds/instance/{identifier}/{log_type}",
                retention_days=self._args.settings.log_retention_days,
                key_arn=self._args.logs_key_arn,
                opts=self._child,
            )
            for log_type in _LOG_TYPES
        ]

    def _instance_arguments(self, identifier: str, instance_class: str) -> aws.rds.InstanceArgs:
        """What primary and replicas have in common: RDS hands none of it down from one to the other."""
        args, settings = self._args, self._args.settings
        return aws.rds.InstanceArgs(
            identifier=identifier,
            instance_class=instance_class,
            port=PORT,
            db_subnet_group_name=args.subnet_group_name,
            vpc_security_group_ids=[self._security_group.id],
            publicly_accessible=False,
            ca_cert_identifier=_CERTIFICATE_AUTHORITY,
            parameter_group_name=self._parameter_group.name,
            storage_type="gp3",
            max_allocated_storage=settings.max_allocated_storage_gib,
            storage_encrypted=True,
            iam_database_authentication_enabled=True,
            auto_minor_version_upgrade=not pins_minor(settings.engine_version),
            maintenance_window=settings.maintenance_window,
            copy_tags_to_snapshot=True,
            monitoring_interval=settings.monitoring_interval_seconds,
            monitoring_role_arn=self._monitoring_role.arn,
            performance_insights_enabled=True,
            performance_insights_kms_key_id=args.storage_key_arn,
            performance_insights_retention_period=_STANDARD_INSIGHTS_DAYS,
            enabled_cloudwatch_logs_exports=list(_LOG_TYPES),
            deletion_protection=args.deletion_protection,
            tags={"Name": identifier},
        )

    def _instance_options(
        self, log_groups: Sequence[pulumi.Resource], ignore_changes: list[str] | None = None
    ) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(
            parent=self,
            protect=self._args.deletion_protection,
            depends_on=[self._monitoring_attachment, *log_groups],
            ignore_changes=ignore_changes,
            # The identifier is fixed: a replacement can only follow its predecessor.
            delete_before_replace=True,
            custom_timeouts=_TIMEOUTS,
        )

    def _create_primary(self) -> aws.rds.Instance:
        args, settings = self._args, self._args.settings
        identifier = self._identifier()
        logical_name = f"{self._name}-primary"
        arguments = self._instance_arguments(identifier, settings.instance_class)
        arguments.engine = "postgres"
        arguments.engine_version = settings.engine_version
        arguments.engine_lifecycle_support = "open-source-rds-extended-support-disabled"
        arguments.allow_major_version_upgrade = False
        arguments.multi_az = settings.multi_az
        arguments.allocated_storage = settings.allocated_storage_gib
        arguments.kms_key_id = args.storage_key_arn
        arguments.username = settings.username
        arguments.password = self._password.result
        arguments.backup_retention_period = settings.backup_retention_days
        arguments.backup_window = settings.backup_window
        arguments.delete_automated_backups = False
        arguments.skip_final_snapshot = not args.deletion_protection
        arguments.final_snapshot_identifier = self._final_snapshot_identifier()
        arguments.database_insights_mode = settings.database_insights
        arguments.performance_insights_retention_period = settings.insights_retention_days
        self._set_origin(arguments)

        # Where the content comes from counts once. A change of it must not replace a database that has lived since.
        ignored = ["dbName", "snapshotIdentifier", "restoreToPointInTime"]
        if settings.rotation:
            ignored.append("password")
        log_groups = self._create_log_groups(identifier, logical_name)
        primary = aws.rds.Instance(logical_name, arguments, opts=self._instance_options(log_groups, ignored))
        self._create_alarms(logical_name, primary, instance_alarms(identifier, args.thresholds))
        return primary

    def _set_origin(self, arguments: aws.rds.InstanceArgs) -> None:
        """An empty database, or the content of a snapshot or of another instance, which bring their databases along."""
        restore = self._args.settings.restore
        if restore is None:
            arguments.db_name = self._args.settings.database_name
        elif restore.snapshot_identifier:
            arguments.snapshot_identifier = restore.snapshot_identifier
        else:
            arguments.restore_to_point_in_time = restore_point(restore)

    def _final_snapshot_identifier(self) -> pulumi.Output[str]:
        """New with each instance, the same between two plans: what replaces the instance also changes the suffix."""
        suffix = random.RandomId(
            f"{self._name}-final-snapshot",
            byte_length=4,
            keepers={"key": self._args.storage_key_arn, "username": self._args.settings.username},
            opts=self._child,
        )
        return pulumi.Output.concat(self._identifier(), "-final-", suffix.hex)

    def _create_replica(self, label: str, primary: aws.rds.Instance) -> aws.rds.Instance:
        """Engine, version, user, databases and storage key are the primary's: RDS refuses them here."""
        identifier = self._identifier(label)
        logical_name = f"{self._name}-replica-{label}"
        arguments = self._instance_arguments(identifier, self._args.settings.replicas[label].instance_class)
        # With a subnet group RDS wants the ARN, also within one region.
        arguments.replicate_source_db = primary.arn
        arguments.skip_final_snapshot = True
        log_groups = self._create_log_groups(identifier, logical_name)
        replica = aws.rds.Instance(logical_name, arguments, opts=self._instance_options(log_groups))
        thresholds = self._args.thresholds
        alarms = instance_alarms(identifier, thresholds) | replica_alarms(identifier, thresholds)
        self._create_alarms(logical_name, replica, alarms)
        return replica

    def _create_secret(
        self, primary: aws.rds.Instance, replicas: Mapping[str, aws.rds.Instance]
    ) -> aws.secretsmanager.Secret:
        args, settings = self._args, self._args.settings
        document = pulumi.Output.all(
            host=primary.address,
            password=self._password.result,
            replica_hosts={label: replica.address for label, replica in replicas.items()},
        ).apply(lambda known: connection_document(settings, self._identifier(), **known))
        secret, version = connection_secret(
            self._name,
            args.scope,
            "postgres",
            description=f"How to connect to {self._identifier()}",
            document=document,
            key_arn=args.secrets_key_arn,
            recovery_days=args.secret_recovery_days,
            document_is_rotated=settings.rotation is not None,
            opts=self._child,
        )
        if settings.rotation:
            aws.secretsmanager.SecretRotation(
                self._name,
                secret_id=secret.id,
                rotation_lambda_arn=settings.rotation.lambda_arn,
                rotation_rules=aws.secretsmanager.SecretRotationRotationRulesArgs(
                    automatically_after_days=settings.rotation.every_days
                ),
                opts=pulumi.ResourceOptions(parent=self, depends_on=[version]),
            )
        return secret

    def _create_alarms(self, logical_name: str, instance: aws.rds.Instance, alarms: Mapping[str, Alarm]) -> None:
        """Alarms wait for the instance: the ones that take silence for a failure would fire while it is created."""
        for label, alarm in alarms.items():
            created = metric_alarm(
                f"{logical_name}-{label}",
                f"{alarm.dimensions['DBInstanceIdentifier']}-{label}",
                alarm,
                topic_arn=self._args.alarm_topic_arn,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[instance]),
            )
            self.alarm_arns.append(created.arn)

    def _create_event_subscription(self, instances: Sequence[aws.rds.Instance]) -> None:
        """Failovers, failures and the like, told by RDS itself."""
        aws.rds.EventSubscription(
            self._name,
            sns_topic=self._args.alarm_topic_arn,
            source_type="db-instance",
            source_ids=[instance.identifier for instance in instances],
            event_categories=_EVENTS,
            tags={"Name": self._identifier()},
            opts=self._child,
        )
