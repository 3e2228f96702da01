"""The relational database: a primary, its read replicas and the secret to connect (guide: RDS PostgreSQL)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components.common.alarms import Alarm
from components.common.environment import Environment
from components.common.iam import service_trust
from components.common.secrets import connection_secret
from components.common.security_groups import data_store_security_group
from components.postgres.alarms import instance_alarms, replica_alarms
from components.postgres.documents import PORT, connection_document
from components.postgres.instances import (
    InstancePlace,
    create_event_subscription,
    create_instance,
    create_parameter_group,
    instance_arguments,
    replica_arguments,
)
from components.postgres.settings import PostgresSettings, RestoreSettings

_MONITORING_POLICY = "service-role/AmazonRDSEnhancedMonitoringRole"
# RDS refuses / @ " and blanks in a password; of the rest only what a connection URL carries without escaping.
_PASSWORD_LENGTH = 40
_PASSWORD_SPECIALS = "-_.~"  # noqa: S105 the alphabet, not a password


@dataclass(frozen=True, kw_only=True)
class PostgresArgs:
    """What the database looks like and who may reach it."""

    environment: Environment
    settings: PostgresSettings
    vpc_id: pulumi.Input[str]
    """Network of the security group."""
    subnet_group_name: pulumi.Input[str]
    """RDS subnet group of all instances."""
    clients: Mapping[str, pulumi.Input[str]]
    """Security groups that may connect: label → id."""
    storage_key_arn: pulumi.Input[str]
    """Key of storage, backups and Performance Insights. Another key replaces the instance."""
    secrets_key_arn: pulumi.Input[str]
    """Key of the secret with the connection document."""
    secret_recovery_days: int
    """Days in which a deleted secret can be restored: 7 to 30, or 0, which deletes at once."""


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
    """Of the primary, known once it exists."""
    identifiers: list[str]
    """Of all instances, the primary first. They are known before the instances exist."""
    alarm_arns: dict[str, list[pulumi.Output[str]]]
    """By instance: `primary`, `replica-<label>`."""
    instance_arn: pulumi.Output[str]
    """Of the primary."""
    resource_ids: list[pulumi.Output[str]]
    """The `db-…` ids of all instances, which permissions to connect name."""
    """The primary's `db-…` id, by which policies of IAM authentication name it."""
    address: pulumi.Output[str]
    """Host name of the primary."""
    port: pulumi.Output[int]
    """Of the primary and of the replicas."""
    replicas: dict[str, aws.rds.Instance]
    """Read replicas in the primary's region, by label."""
    replica_addresses: dict[str, pulumi.Output[str]]
    """Host names by the replica's label."""
    secret_arn: pulumi.Output[str]
    """The secret with the connection document."""
    security_group_id: pulumi.Output[str]
    """Group of all instances."""
    monitoring_role_arn: pulumi.Output[str]
    """Role of enhanced monitoring, in any region. It may do its work by the time that `instance_arn` is known."""

    def __init__(self, name: str, args: PostgresArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform:database:Postgres", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self.identifiers = [self._identifier(), *(self._identifier(label) for label in args.settings.replicas)]
        self.alarm_arns = {}

        role, attachment = self._create_monitoring_role()
        self._place = self._prepare_place(role.arn)
        self._instance_options = pulumi.ResourceOptions(parent=self, depends_on=[attachment])
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
        self.replicas = {label: self._create_replica(label, primary) for label in args.settings.replicas}
        instances = [primary, *self.replicas.values()]
        secret = self._create_secret(primary, self.replicas)
        create_event_subscription(name, self._place, self._identifier(), instances, opts=self._child)

        self.identifier = primary.identifier
        self.instance_arn = primary.arn
        self.resource_ids = [instance.resource_id for instance in instances]
        self.address = primary.address
        self.port = primary.port
        self.replica_addresses = {label: replica.address for label, replica in self.replicas.items()}
        self.secret_arn = secret.arn
        self.security_group_id = pulumi.Output.from_input(self._place.security_group_id)
        self.monitoring_role_arn = role.arn
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

    @property
    def exports(self) -> dict[str, pulumi.Input[object]]:
        """What the stack exports of it, by the name of the output."""
        return {
            "postgresIdentifier": self.identifier,
            "postgresAddress": self.address,
            "postgresPort": self.port,
            "postgresReplicaAddresses": self.replica_addresses,
            "postgresSecretArn": self.secret_arn,
        }

    def _identifier(self, replica: str | None = None) -> str:
        return self._args.environment.scope.name(f"postgres-{replica}" if replica else "postgres")

    def _prepare_place(self, monitoring_role_arn: pulumi.Output[str]) -> InstancePlace:
        """The security group and the parameter group, with everything else that the instances have in common."""
        args = self._args
        group = data_store_security_group(
            self._name,
            args.environment.scope,
            "postgres",
            vpc_id=args.vpc_id,
            port=PORT,
            clients=args.clients,
            further=args.settings.clients,
            opts=self._child,
        )
        parameters = create_parameter_group(
            self._name, args.environment.scope, self._identifier(), args.settings, opts=self._child
        )
        return InstancePlace(
            scope=args.environment.scope,
            settings=args.settings,
            subnet_group_name=args.subnet_group_name,
            security_group_id=group.id,
            parameter_group_name=parameters.name,
            monitoring_role_arn=monitoring_role_arn,
            storage_key_arn=args.storage_key_arn,
            logs_key_arn=args.environment.logs_key_arn,
            alarm_topic_arn=args.environment.alarm_topic_arn,
            runbooks=args.environment.runbooks,
            deletion_protection=args.environment.deletion_protection,
        )

    def _create_monitoring_role(self) -> tuple[aws.iam.Role, aws.iam.RolePolicyAttachment]:
        role = aws.iam.Role(
            f"{self._name}-monitoring",
            description="Enhanced monitoring of the database writes its metrics to CloudWatch Logs",
            assume_role_policy=service_trust("monitoring.rds.amazonaws.com", self._args.environment.scope),
            permissions_boundary=self._args.environment.boundary_arn,
            opts=self._child,
        )
        attachment = aws.iam.RolePolicyAttachment(
            f"{self._name}-monitoring",
            role=role.name,
            policy_arn=self._args.environment.scope.managed_policy_arn(_MONITORING_POLICY),
            opts=self._child,
        )
        return role, attachment

    def _create_primary(self) -> aws.rds.Instance:
        args, settings = self._args, self._args.settings
        identifier = self._identifier()
        arguments = instance_arguments(self._place, identifier, settings.instance_class, settings.maintenance_window)
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
        arguments.skip_final_snapshot = not args.environment.deletion_protection
        arguments.final_snapshot_identifier = self._final_snapshot_identifier()
        arguments.database_insights_mode = settings.database_insights
        arguments.performance_insights_retention_period = settings.insights_retention_days
        self._set_origin(arguments)

        # Where the content comes from counts once. A change of it must not replace a database that has lived since.
        ignored = ["dbName", "snapshotIdentifier", "restoreToPointInTime"]
        if settings.rotation:
            ignored.append("password")
        if settings.restore:
            # RDS keeps the key of the source, and the program's own would replace what has just been restored.
            ignored.append("kmsKeyId")
        opts = pulumi.ResourceOptions.merge(self._instance_options, pulumi.ResourceOptions(ignore_changes=ignored))
        return self._create_instance(
            "primary", identifier, arguments, instance_alarms(identifier, args.environment.thresholds), opts
        )

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
        identifier, thresholds = self._identifier(label), self._args.environment.thresholds
        instance_class = self._args.settings.replicas[label].instance_class
        window = self._args.settings.replica_windows()[label]
        arguments = replica_arguments(self._place, identifier, instance_class, window, primary.arn)
        alarms = instance_alarms(identifier, thresholds) | replica_alarms(identifier, thresholds)
        return self._create_instance(f"replica-{label}", identifier, arguments, alarms, self._instance_options)

    def _create_instance(
        self,
        label: str,
        identifier: str,
        arguments: aws.rds.InstanceArgs,
        alarms: Mapping[str, Alarm],
        opts: pulumi.ResourceOptions,
    ) -> aws.rds.Instance:
        instance, self.alarm_arns[label] = create_instance(
            f"{self._name}-{label}", self._place, identifier, arguments, alarms=alarms, opts=opts
        )
        return instance

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
            args.environment.scope,
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
