"""A standby of the database in another region, for the day on which the region is lost (guide: Disaster Recovery)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.common.environment import Environment
from components.common.security_groups import data_store_security_group
from components.network import acls, create_flow_logs, create_vpc
from components.postgres.alarms import instance_alarms, replica_alarms
from components.postgres.documents import PORT
from components.postgres.instances import (
    InstancePlace,
    create_event_subscription,
    create_instance,
    create_parameter_group,
    replica_arguments,
)
from components.postgres.settings import PostgresSettings, StandbySettings

_LABEL = "standby"


@dataclass(frozen=True, kw_only=True)
class StandbyArgs:
    """What stands by, and where. Keys and topic are those of the recovery region."""

    environment: Environment
    settings: StandbySettings
    postgres: PostgresSettings
    """The primary's settings, which the standby shares."""
    source_arn: pulumi.Input[str]
    """The primary instance. Its automated backups must be on."""
    source_copies: Sequence[pulumi.Resource]
    """Other copies of the primary, which come first: it refuses an order while RDS carries out another one."""
    monitoring_role_arn: pulumi.Input[str]
    """Role of enhanced monitoring. It may do its work by the time that the primary exists."""
    storage_key_arn: pulumi.Input[str]
    """Key of storage, backups and Performance Insights, unless the settings name one of the region."""
    flow_log_retention_days: int
    """Days that the flow logs are kept."""


class Standby(pulumi.ComponentResource):
    """A replica of the database in the recovery region that can be promoted within minutes.

    Creates:
        a VPC `<prefix>-standby` with database subnets, from which no route and no network ACL leads out, and its flow
        logs; or nothing of the kind, where the settings name the network of a takeover;
        a security group that lets in the clients that the settings name, and nobody else;
        the replica `<prefix>-postgres-standby` with a parameter group, log groups made before it, and alarms: the lag
        behind the primary is what a loss of the region costs;
        a subscription to its events, such as a replication that stopped.

    The standby keeps backups of its own, so that it is protected from the moment of its promotion.
    """

    identifier: str
    """Of the replica, known before it exists."""
    address: pulumi.Output[str]
    """Host name of the replica."""
    instance_arn: pulumi.Output[str]
    """Of the replica."""
    vpc_id: pulumi.Output[str]
    """Of the VPC `<prefix>-standby`, or of the one that the settings name."""
    security_group_id: pulumi.Output[str]
    """Group of the replica."""
    alarm_arns: list[pulumi.Output[str]]
    """Alarms on the replica."""

    def __init__(self, name: str, args: StandbyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform:recovery:Standby", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self.identifier = args.environment.scope.name("postgres-standby")
        self._storage_key_arn = args.settings.key_arn or args.storage_key_arn
        self.vpc_id, subnet_ids = self._find_network() or self._create_network()
        place = self._prepare_place(subnet_ids)
        instance = self._create_instance(place)
        create_event_subscription(name, place, self.identifier, [instance], opts=self._child)
        self.address = instance.address
        self.instance_arn = instance.arn
        self.security_group_id = pulumi.Output.from_input(place.security_group_id)
        self.register_outputs(
            {"address": self.address, "instanceArn": self.instance_arn, "securityGroupId": self.security_group_id}
        )

    def _tags(self, label: str) -> dict[str, str]:
        return {"Name": self._args.environment.scope.name(f"{_LABEL}-{label}")}

    def _find_network(self) -> tuple[pulumi.Output[str], list[pulumi.Input[str]]] | None:
        """The VPC that the settings name, if they do."""
        network = self._args.settings.network
        return (pulumi.Output.from_input(network.vpc_id), [*network.subnet_ids]) if network else None

    def _create_network(self) -> tuple[pulumi.Output[str], list[pulumi.Input[str]]]:
        """The closed VPC: its id, and the ids of its subnets."""
        args, scope = self._args, self._args.environment.scope
        vpc = create_vpc(self._name, scope, _LABEL, cidr=str(args.settings.vpc_cidr), opts=self._child)
        table = aws.ec2.RouteTable(
            self._name, vpc_id=vpc.id, region=scope.region, tags=self._tags("database"), opts=self._child
        )
        subnet_ids = {
            zone: self._create_subnet(zone, str(cidr), vpc, table) for zone, cidr in args.settings.subnets.items()
        }
        cidrs = [str(cidr) for cidr in args.settings.subnets.values()]
        aws.ec2.NetworkAcl(
            self._name,
            vpc_id=vpc.id,
            subnet_ids=list(subnet_ids.values()),
            ingress=acls.numbered(acls.database_ingress([], cidrs)),
            egress=acls.numbered(acls.database_egress([], cidrs)),
            region=scope.region,
            tags=self._tags("database"),
            opts=self._child,
        )
        create_flow_logs(
            f"{self._name}-flow-logs",
            scope,
            f"{_LABEL}-flow-logs",
            vpc=vpc,
            retention_days=args.flow_log_retention_days,
            key_arn=args.environment.logs_key_arn,
            boundary_arn=args.environment.boundary_arn,
            opts=self._child,
        )
        return vpc.id, list(subnet_ids.values())

    def _create_subnet(self, zone: str, cidr: str, vpc: aws.ec2.Vpc, table: aws.ec2.RouteTable) -> pulumi.Output[str]:
        region = self._args.environment.scope.region
        subnet = aws.ec2.Subnet(
            f"{self._name}-{zone}",
            vpc_id=vpc.id,
            availability_zone=zone,
            cidr_block=cidr,
            map_public_ip_on_launch=False,
            region=region,
            tags=self._tags(f"database-{zone}"),
            opts=self._child,
        )
        aws.ec2.RouteTableAssociation(
            f"{self._name}-{zone}", subnet_id=subnet.id, route_table_id=table.id, region=region, opts=self._child
        )
        return subnet.id

    def _prepare_place(self, subnet_ids: Sequence[pulumi.Input[str]]) -> InstancePlace:
        args, scope = self._args, self._args.environment.scope
        subnets = aws.rds.SubnetGroup(
            self._name,
            description="Subnets of the database's standby",
            subnet_ids=subnet_ids,
            region=scope.region,
            tags=self._tags("database"),
            opts=self._child,
        )
        clients = args.settings.network.clients if args.settings.network else {}
        group = data_store_security_group(
            self._name,
            scope,
            "postgres-standby",
            vpc_id=self.vpc_id,
            port=PORT,
            clients=clients,
            opts=self._child,
        )
        parameters = create_parameter_group(self._name, scope, self.identifier, args.postgres, opts=self._child)
        return InstancePlace(
            scope=scope,
            settings=args.postgres,
            subnet_group_name=subnets.name,
            security_group_id=group.id,
            parameter_group_name=parameters.name,
            monitoring_role_arn=args.monitoring_role_arn,
            storage_key_arn=self._storage_key_arn,
            logs_key_arn=args.environment.logs_key_arn,
            alarm_topic_arn=args.environment.alarm_topic_arn,
            runbooks=args.environment.runbooks,
            deletion_protection=args.environment.deletion_protection,
        )

    def _create_instance(self, place: InstancePlace) -> aws.rds.Instance:
        args = self._args
        window = args.settings.window(args.postgres)
        arguments = replica_arguments(place, self.identifier, args.settings.instance_class, window, args.source_arn)
        # The source's key stays in its region: here RDS encrypts the replica under this one.
        arguments.kms_key_id = self._storage_key_arn
        arguments.backup_retention_period = args.postgres.backup_retention_days
        alarms = instance_alarms(self.identifier, args.environment.thresholds) | replica_alarms(
            self.identifier, args.environment.thresholds
        )
        instance, self.alarm_arns = create_instance(
            self._name,
            place,
            self.identifier,
            arguments,
            alarms=alarms,
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.source_copies)),
        )
        return instance
