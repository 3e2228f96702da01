"""The in-memory store: Redis in cluster mode across zones, and the secret to connect (guide: ElastiCache Redis)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components.common.alarms import Alarm, metric_alarm
from components.common.environment import Environment
from components.common.logs import log_group
from components.common.secrets import connection_secret
from components.common.security_groups import data_store_security_group
from components.redis.alarms import failover_alarm, node_alarms
from components.redis.documents import PORT, connection_document, create_password
from components.redis.settings import RedisSettings
from components.redis.users import Users, create_users

_LOG_TYPES = ("slow-log", "engine-log")
# From this major on ElastiCache can also run TLS as an option, so that the mode is said; before, TLS is TLS only.
_FIRST_MAJOR_WITH_TRANSIT_MODE = 7
# Servers start in minutes, but resharding moves the keys one by one.
_TIMEOUTS = pulumi.CustomTimeouts(create="90m", update="180m", delete="60m")


@dataclass(frozen=True, kw_only=True)
class RedisClusterArgs:
    """What the cluster looks like and who may reach it."""

    environment: Environment
    settings: RedisSettings
    vpc_id: pulumi.Input[str]
    """Network of the security group."""
    subnet_group_name: pulumi.Input[str]
    """ElastiCache subnet group of all nodes."""
    clients: Mapping[str, pulumi.Input[str]]
    """Security groups that may connect: label → id."""
    key_arn: pulumi.Input[str]
    """Key of data at rest and snapshots. Another key replaces the cluster."""
    secrets_key_arn: pulumi.Input[str]
    """Key of the secret with the connection document."""
    secret_recovery_days: int
    """Days in which a deleted secret can be restored: 7 to 30, or 0, which deletes at once."""


def parameter_family(engine: str, engine_version: str) -> str:
    """The parameter group family of an engine's version: `redis6.x`, `redis7` or `valkey8`."""
    major = _major(engine_version)
    return f"{engine}{major}" if major >= _FIRST_MAJOR_WITH_TRANSIT_MODE else f"{engine}{major}.x"


def server_parameters() -> dict[str, str]:
    """Cluster mode; a full cache makes room for new keys instead of refusing them; queries over 10 ms are slow."""
    return {
        "cluster-enabled": "yes",
        "maxmemory-policy": "allkeys-lru",
        "slowlog-log-slower-than": "10000",
        "slowlog-max-len": "1024",
    }


def node_ids(group_id: str, shards: int, replicas_per_shard: int) -> list[str]:
    """The ids that ElastiCache gives the nodes of a group in cluster mode: `<group>-<shard>-<node>`."""
    return [
        f"{group_id}-{shard:04d}-{node:03d}"
        for shard in range(1, shards + 1)
        for node in range(1, replicas_per_shard + 2)
    ]


class RedisCluster(pulumi.ComponentResource):
    """A replication group in cluster mode, and all that belongs to it.

    Creates the security group, the parameter group, the groups of slow and engine log, the auth token, the
    replication group, the secret with the connection document, and alarms on every node. Where users are configured,
    they take the place of the token: each has a password and a secret of its own.
    """

    identifier: str
    """Of the replication group, known before it exists."""
    node_ids: list[str]
    """Of all nodes. They are known before the nodes exist."""
    alarm_arns: dict[str, list[pulumi.Output[str]]]
    """By shard, such as `0001`."""
    arn: pulumi.Output[str]
    """Of the replication group."""
    configuration_endpoint: pulumi.Output[str]
    """Host name through which a cluster client finds the nodes."""
    port: pulumi.Output[int]
    """Of all nodes."""
    secret_arn: pulumi.Output[str]
    """The secret with the connection document of all clients. It has no token once only users count."""
    user_secret_arns: dict[str, pulumi.Output[str]]
    """Secrets with the connection documents of users, by label."""
    security_group_id: pulumi.Output[str]
    """Group of all nodes."""

    def __init__(self, name: str, args: RedisClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform:cache:RedisCluster", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self.identifier = args.environment.scope.name("redis")
        self.node_ids = node_ids(self.identifier, args.settings.shards, args.settings.replicas_per_shard)
        self.alarm_arns = {}

        security_group = data_store_security_group(
            name,
            args.environment.scope,
            "redis",
            vpc_id=args.vpc_id,
            port=PORT,
            clients=args.clients,
            further=args.settings.clients,
            opts=self._child,
        )
        token = create_password(name, self._child)
        users = self._create_users(token)
        group = self._create_replication_group(security_group, token, users)
        secret = self._create_secrets(group, token, users)
        self._create_alarms(group)

        self.arn = group.arn
        self.configuration_endpoint = group.configuration_endpoint_address
        self.port = group.port.apply(lambda port: port or PORT)
        self.secret_arn = secret.arn
        self.security_group_id = security_group.id
        self.register_outputs(
            {
                "arn": self.arn,
                "configurationEndpoint": self.configuration_endpoint,
                "port": self.port,
                "secretArn": self.secret_arn,
                "securityGroupId": self.security_group_id,
            }
        )

    @property
    def exports(self) -> dict[str, pulumi.Input[object]]:
        """What the stack exports of it, by the name of the output."""
        return {
            "redisIdentifier": self.identifier,
            "redisConfigurationEndpoint": self.configuration_endpoint,
            "redisPort": self.port,
            "redisSecretArn": self.secret_arn,
            **({"redisUserSecretArns": self.user_secret_arns} if self.user_secret_arns else {}),
        }

    def _create_users(self, token: random.RandomPassword) -> Users | None:
        settings = self._args.settings
        if not settings.users:
            return None
        return create_users(
            self._name,
            self._args.environment.scope,
            settings.users,
            token=token,
            keep_token=settings.keep_token,
            opts=self._child,
        )

    def _create_parameter_group(self) -> aws.elasticache.ParameterGroup:
        """Named by its family, so that a new major gets a group beside the old one."""
        family = parameter_family(self._args.settings.engine, self._args.settings.engine_version)
        return aws.elasticache.ParameterGroup(
            f"{self._name}-{family.replace('.', '-')}",
            description=f"{self.identifier} on {family}",
            family=family,
            parameters=[
                aws.elasticache.ParameterGroupParameterArgs(name=name, value=value)
                for name, value in server_parameters().items()
            ],
            tags={"Name": self.identifier},
            opts=self._child,
        )

    def _create_log_groups(self) -> dict[str, aws.cloudwatch.LogGroup]:
        """The prefix keeps the delivery's permission in one account-wide policy, whose size AWS limits."""
        return {
            log_type: log_group(
                f"{self._name}-{log_type}",
                f"/aws/vendedlogs/elasticache/{self.identifier}/{log_type}",
                retention_days=self._args.settings.log_retention_days,
                key_arn=self._args.environment.logs_key_arn,
                opts=self._child,
            )
            for log_type in _LOG_TYPES
        }

    def _create_replication_group(
        self, security_group: aws.ec2.SecurityGroup, token: random.RandomPassword, users: Users | None
    ) -> aws.elasticache.ReplicationGroup:
        args, settings = self._args, self._args.settings
        return aws.elasticache.ReplicationGroup(
            self._name,
            replication_group_id=self.identifier,
            description=f"{self.identifier}: {settings.engine.capitalize()} in cluster mode",
            engine=settings.engine,
            engine_version=settings.engine_version,
            # The version names a minor: an automatic upgrade would show as a downgrade, which replaces the group.
            auto_minor_version_upgrade=False,
            node_type=settings.node_type,
            num_node_groups=settings.shards,
            replicas_per_node_group=settings.replicas_per_shard,
            automatic_failover_enabled=True,
            multi_az_enabled=True,
            parameter_group_name=self._create_parameter_group().name,
            port=PORT,
            subnet_group_name=args.subnet_group_name,
            security_group_ids=[security_group.id],
            at_rest_encryption_enabled=True,
            kms_key_id=args.key_arn,
            transit_encryption_enabled=True,
            transit_encryption_mode="required" if self._has_transit_mode() else None,
            # ElastiCache takes either a token or users. Both tokens count while clients move to a new one; a token that
            # gives way to users is deleted in the same step, and the default user goes on with it.
            auth_token=None if users else token.result,
            auth_token_update_strategy="DELETE" if users else "ROTATE",
            user_group_ids=[users.group_id] if users else None,
            snapshot_retention_limit=settings.snapshot_retention_days,
            snapshot_window=settings.snapshot_window,
            final_snapshot_identifier=self._final_snapshot_identifier(),
            maintenance_window=settings.maintenance_window,
            log_delivery_configurations=self._log_deliveries(),
            tags={"Name": self.identifier},
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=args.environment.deletion_protection,
                # The id is fixed: a replacement can only follow its predecessor.
                delete_before_replace=True,
                custom_timeouts=_TIMEOUTS,
                # What an earlier version set: ElastiCache takes another topic, but not none.
                ignore_changes=["notificationTopicArn"],
            ),
        )

    def _has_transit_mode(self) -> bool:
        return _major(self._args.settings.engine_version) >= _FIRST_MAJOR_WITH_TRANSIT_MODE

    def _log_deliveries(self) -> Sequence[aws.elasticache.ReplicationGroupLogDeliveryConfigurationArgs]:
        return [
            aws.elasticache.ReplicationGroupLogDeliveryConfigurationArgs(
                destination=group.name, destination_type="cloudwatch-logs", log_format="json", log_type=log_type
            )
            for log_type, group in self._create_log_groups().items()
        ]

    def _final_snapshot_identifier(self) -> pulumi.Output[str] | None:
        """New with each group, the same between two plans. None where nothing is kept."""
        if not self._args.environment.deletion_protection:
            return None
        suffix = random.RandomId(
            f"{self._name}-final-snapshot", byte_length=4, keepers={"key": self._args.key_arn}, opts=self._child
        )
        return pulumi.Output.concat(self.identifier, "-final-", suffix.hex)

    def _create_secrets(
        self, group: aws.elasticache.ReplicationGroup, token: random.RandomPassword, users: Users | None
    ) -> aws.secretsmanager.Secret:
        """The secret of all clients, and one for each user."""
        counts = users is None or self._args.settings.keep_token
        self.user_secret_arns = {
            label: self._create_secret(label, group, username=pulumi.Output.from_input(label), password=password).arn
            for label, password in (users.passwords if users else {}).items()
        }
        return self._create_secret(None, group, **({"token": token.result} if counts else {}))

    def _create_secret(
        self, user: str | None, group: aws.elasticache.ReplicationGroup, **credentials: pulumi.Output[str]
    ) -> aws.secretsmanager.Secret:
        args, engine = self._args, self._args.settings.engine
        document = pulumi.Output.all(host=group.configuration_endpoint_address, **credentials).apply(
            lambda known: connection_document(engine=engine, **known)
        )
        suffix, whom = (f"-{user}", f" as {user}") if user else ("", "")
        secret, _ = connection_secret(
            f"{self._name}{suffix}",
            args.environment.scope,
            f"redis{suffix}",
            description=f"How to connect to {self.identifier}{whom}",
            document=document,
            key_arn=args.secrets_key_arn,
            recovery_days=args.secret_recovery_days,
            opts=self._child,
        )
        return secret

    def _create_alarms(self, group: aws.elasticache.ReplicationGroup) -> None:
        """Node ids are computed, not read, so that a plan shows every alarm. They wait for the nodes all the same."""
        shards: dict[str, list[str]] = {}
        for node_id in self.node_ids:
            shards.setdefault(node_id.removeprefix(f"{self.identifier}-").partition("-")[0], []).append(node_id)
        for shard, node_ids in shards.items():
            shard_id = f"{self.identifier}-{shard}"
            alarms = {f"{shard_id}-failover": failover_alarm(shard_id, node_ids)}
            for node_id in node_ids:
                found = node_alarms(node_id, self._args.environment.thresholds)
                alarms |= {f"{node_id}-{label}": alarm for label, alarm in found.items()}
            self.alarm_arns[shard] = [self._create_alarm(name, alarm, group).arn for name, alarm in alarms.items()]

    def _create_alarm(
        self, name: str, alarm: Alarm, group: aws.elasticache.ReplicationGroup
    ) -> aws.cloudwatch.MetricAlarm:
        return metric_alarm(
            f"{self._name}{name.removeprefix(self.identifier)}",
            name,
            alarm,
            topic_arn=self._args.environment.alarm_topic_arn,
            runbooks=self._args.environment.runbooks,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[group]),
        )


def _major(engine_version: str) -> int:
    return int(engine_version.split(".", maxsplit=1)[0])
