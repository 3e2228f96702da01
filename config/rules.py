"""Rules that span several sections of a stack, and several stacks.

Each rule names the sections that it reads as its parameters, so that it runs as soon as these are valid, whatever
else is wrong. The first part of a problem's path is the top-level key.
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from ipaddress import IPv4Network
from typing import Any

from components.access import AccessSettings
from components.buckets import BucketSettings
from components.cluster import ClusterSettings, NodeGroupSettings
from components.common import catalogue
from components.common.settings import Problem, zone_problems
from components.network import NetworkSettings
from components.observability import ObservabilitySettings
from components.postgres import PostgresSettings, is_reserved_role, memory_gib, most_connections
from components.recovery import RecoverySettings, backup_hour
from components.redis import RedisSettings, most_clients
from components.workloads import WorkloadsSettings
from config import (
    account_rules,
    address_rules,
    lifecycle,
    metrics_rules,
    name_rules,
    node_rules,
    quota_rules,
    registry_rules,
    restore_rules,
    window_rules,
)
from config.sibling import Sibling

# What the platform's workloads and policies rely on by name.
BUCKETS = ("data", "models", "backups", "compliance")
# Buckets that the platform makes for itself.
RESERVED_BUCKETS = ("access-logs", "alb-logs", "recovery-access-logs", "audit", "config")
# Buckets that no application is let into.
CLOSED_BUCKETS = ("backups",)

# An access list has 20 rules in a direction (VPC quotas).
CLIENT_NETWORKS_MAX = 5

STACK_NAME = re.compile(r"[a-z](-?[a-z0-9])*")
# The longest names are those of buckets, `<stack>-<label>-<account>-<region>`. S3 allows 63 characters: three hyphens,
# a label of up to 20, an account of 12 and a region of up to 14 leave these.
STACK_NAME_MAX = 14

# S3 keeps bucket names that begin so for itself (S3 user guide, General purpose bucket naming rules).
_RESERVED_BUCKET_PREFIXES = ("sthree", "amzn-s3-demo")


def broken_rules(parts: Mapping[str, object]) -> Iterator[Problem]:
    """Yield what is wrong with the valid parts of a stack, as far as the parts that a rule needs are there."""
    for rule in _RULES:
        names = inspect.signature(rule).parameters
        if names.keys() <= parts.keys():
            yield from rule(**{name: parts[name] for name in names})


def _stack_name(stack: str) -> Iterator[Problem]:
    if stack.startswith(_RESERVED_BUCKET_PREFIXES):
        yield Problem((), f"the name of the stack ({stack[:80]!r}) begins bucket names in a way that S3 reserves")
    if not STACK_NAME.fullmatch(stack) or len(stack) > STACK_NAME_MAX:
        yield Problem(
            (),
            f"the name of the stack ({stack[:80]!r}) begins all names in AWS: up to {STACK_NAME_MAX} lowercase letters,"
            " digits and single hyphens, a letter first",
        )


def _zones_belong_to_region(region: str, network: NetworkSettings) -> Iterator[Problem]:
    yield from zone_problems(("network", "subnets"), network.subnets, region, "region")


def _recovery_is_elsewhere(region: str, recovery: RecoverySettings) -> Iterator[Problem]:
    own, other = catalogue.partition_of(region), catalogue.partition_of(recovery.region)
    if recovery.region == region:
        yield Problem(("recovery", "region"), f"{recovery.region} is the stack's own region; copies need another one")
    elif own != other:
        near = ", ".join(name for name in catalogue.regions() if name != region and catalogue.partition_of(name) == own)
        yield Problem(
            ("recovery", "region"),
            f"{recovery.region} is in the partition {other}, region ({region}) in {own}; nothing is copied between"
            f" the two. Allowed: {near}",
        )


def _nodes_are_offered(region: str, node_groups: Mapping[str, NodeGroupSettings]) -> Iterator[Problem]:
    for label, group in node_groups.items():
        for index, kind in enumerate(group.instance_types):
            yield from _offered(("nodeGroups", label, "instanceTypes", str(index)), kind, region)


def _database_is_offered(region: str, postgres: PostgresSettings) -> Iterator[Problem]:
    yield from _offered(("postgres", "instanceClass"), postgres.instance_class, region)
    for label, replica in postgres.replicas.items():
        yield from _offered(("postgres", "replicas", label, "instanceClass"), replica.instance_class, region)


def _cache_is_offered(region: str, redis: RedisSettings) -> Iterator[Problem]:
    yield from _offered(("redis", "nodeType"), redis.node_type, region)


def _buckets_are_copied_somewhere(
    recovery: RecoverySettings, buckets: Mapping[str, BucketSettings]
) -> Iterator[Problem]:
    for label, bucket in buckets.items():
        if bucket.replicate and not recovery.copies:
            yield Problem(("buckets", label, "replicate"), "true needs recovery.copies; it is false")


def _standby_is_offered(recovery: RecoverySettings) -> Iterator[Problem]:
    if recovery.standby:
        path = ("recovery", "standby", "instanceClass")
        yield from _offered(path, recovery.standby.instance_class, recovery.region)


def _offered(path: tuple[str, ...], kind: str, region: str) -> Iterator[Problem]:
    if not catalogue.offers(region, kind):
        there = ", ".join(catalogue.siblings(region, kind)[:8])
        yield Problem(
            path,
            f"{kind} is not offered in {region}, says {catalogue.source()}"
            + (f"; of its family there are {there}" if there else "; neither is any of its family"),
        )


def _clients_are_reached(
    network: NetworkSettings, postgres: PostgresSettings, redis: RedisSettings
) -> Iterator[Problem]:
    """A network of clients is in the VPC, or a way leads there."""
    networks = (network.vpc_cidr, *(network.transit_gateway.networks if network.transit_gateway else ()))
    for section, clients in (("postgres", postgres.clients), ("redis", redis.clients)):
        for label, client in clients.items():
            if client.cidr and not network.existing and not any(client.cidr.subnet_of(way) for way in networks):
                yield Problem(
                    (section, "clients", label, "cidr"),
                    f"{client.cidr} is neither in network.vpcCidr nor in network.transitGateway.networks; no way leads"
                    " there",
                )
    found = {each.cidr for each in (*postgres.clients.values(), *redis.clients.values()) if each.cidr}
    if len(found) > CLIENT_NETWORKS_MAX:
        yield Problem(
            ("postgres", "clients"),
            f"and those of redis name {len(found)} networks; the access list of the database subnets takes"
            f" {CLIENT_NETWORKS_MAX}",
        )


def _networks_are_apart(network: NetworkSettings, siblings: Mapping[str, Sibling]) -> Iterator[Problem]:
    yield from _overlaps(("network", "vpcCidr"), network.vpc_cidr, siblings)


def _standby_is_apart(
    network: NetworkSettings, recovery: RecoverySettings, siblings: Mapping[str, Sibling]
) -> Iterator[Problem]:
    if recovery.standby is None or recovery.standby.vpc_cidr is None:
        return
    key, cidr = ("recovery", "standby", "vpcCidr"), recovery.standby.vpc_cidr
    if cidr.overlaps(network.vpc_cidr):
        yield Problem(key, f"{cidr} overlaps network.vpcCidr ({network.vpc_cidr}); the two networks must be apart")
    yield from _overlaps(key, cidr, siblings)


def _overlaps(key: tuple[str, ...], cidr: IPv4Network, siblings: Mapping[str, Sibling]) -> Iterator[Problem]:
    for name, sibling in siblings.items():
        for kind, taken in (("network", sibling.vpc_cidr), ("standby's network", sibling.standby_cidr)):
            if taken and cidr.overlaps(taken):
                yield Problem(key, f"{cidr} overlaps the {kind} of stack {name} ({taken}); stacks must be apart")


def _replicas_have_names_of_their_own(buckets: Mapping[str, BucketSettings]) -> Iterator[Problem]:
    for label, bucket in buckets.items():
        if bucket.replicate and (replica := f"recovery-{label}") in buckets:
            yield Problem(("buckets", replica), f"is the name of the replica of {label}; choose another one")


def _rotation_is_within_reach(account_id: str, region: str, postgres: PostgresSettings) -> Iterator[Problem]:
    if postgres.rotation:
        path, arn = ("postgres", "rotation", "lambdaArn"), postgres.rotation.lambda_arn
        yield from _own(path, arn, account_id, region)
        if not postgres.clients:
            yield Problem(path, "has no way to the database; name its security group or network in postgres.clients")


def _principals_are_within_reach(
    account_id: str, region: str, cluster: ClusterSettings, access: AccessSettings
) -> Iterator[Problem]:
    """Entries of the cluster may be another account's; the administrator's role trusts its own account alone."""
    partition = catalogue.partition_of(region)
    people: dict[tuple[str, ...], Sequence[str]] = {
        ("access", "adminPrincipals"): access.admin_principals,
        ("access", "singleSignOn", "roles"): access.single_sign_on.roles,
    }
    entries = {("cluster", "access", key): arns for key, arns in cluster.access.model_dump(by_alias=True).items()}
    for path, arns in (people | entries).items():
        for index, arn in enumerate(arns):
            _, found, _, _, account, _ = arn.split(":", 5)
            if found != partition:
                yield Problem((*path, str(index)), f"{arn} is not of the partition {partition} of region ({region})")
            elif path in people and account != account_id:
                yield Problem((*path, str(index)), f"{arn} is not in the account of the stack ({account_id})")


def _own(path: tuple[str, ...], arn: str, account_id: str, region: str) -> Iterator[Problem]:
    """An ARN of the stack's partition, region and account."""
    _, partition, _, place, account, _ = arn.split(":", 5)
    if (partition, place) != (catalogue.partition_of(region), region):
        yield Problem(path, f"{arn} is not in region ({region}); nothing reaches it from there")
    elif account != account_id:
        yield Problem(path, f"{arn} is not in the account of the stack ({account_id})")


def _backups_find_an_hour(postgres: PostgresSettings) -> Iterator[Problem]:
    windows = [postgres.backup_window, postgres.maintenance_window]
    try:
        backup_hour(windows)
    except ValueError as error:
        yield Problem(("postgres", "backupWindow"), f"{error} of AWS Backup; shorten one of them")


def _buckets_are_complete(buckets: Mapping[str, BucketSettings]) -> Iterator[Problem]:
    for label in BUCKETS:
        if label not in buckets:
            yield Problem(("buckets", label), f"is missing; the buckets {', '.join(BUCKETS)} are required")
    for label in RESERVED_BUCKETS:
        if label in buckets:
            yield Problem(("buckets", label), "is the name of a bucket that every stack has; choose another one")
    if "compliance" in buckets and buckets["compliance"].object_lock is None:
        yield Problem(("buckets", "compliance", "objectLock"), "is missing; records for regulators need a lock")


def _service_accounts_reach_what_exists(
    workloads: WorkloadsSettings, buckets: Mapping[str, BucketSettings]
) -> Iterator[Problem]:
    for name, account in workloads.service_accounts.items():
        for key, labels in (("reads", account.reads), ("writes", account.writes)):
            for index, label in enumerate(labels):
                path = ("workloads", "serviceAccounts", name, key, str(index))
                if label not in buckets:
                    yield Problem(path, f"{label} is not a bucket; there are {', '.join(buckets)}")
                elif label in CLOSED_BUCKETS:
                    yield Problem(path, f"{label} is closed to applications: backups hold the secrets of all of them")


def _service_accounts_are_users_of_the_cache(workloads: WorkloadsSettings, redis: RedisSettings) -> Iterator[Problem]:
    for name, account in workloads.service_accounts.items():
        for index, secret in enumerate(account.secrets):
            user = secret.removeprefix("redis-")
            if user not in ("postgres", "redis", *redis.users):
                there_are = ", ".join(redis.users) or "none"
                yield Problem(
                    ("workloads", "serviceAccounts", name, "secrets", str(index)),
                    f"{user} is not among redis.users ({there_are})",
                )


def _service_accounts_do_not_administer(workloads: WorkloadsSettings, postgres: PostgresSettings) -> Iterator[Problem]:
    for name, account in workloads.service_accounts.items():
        if account.database_user and is_reserved_role(account.database_user):
            yield Problem(
                ("workloads", "serviceAccounts", name, "databaseUser"),
                f"{account.database_user} is reserved by PostgreSQL or RDS; choose another name",
            )
        if account.database_user == postgres.username:
            yield Problem(
                ("workloads", "serviceAccounts", name, "databaseUser"),
                f"{account.database_user} is the master user (postgres.username); give applications users of their own",
            )


def _database_alarms_fire_and_rest(
    postgres: PostgresSettings, recovery: RecoverySettings, observability: ObservabilitySettings
) -> Iterator[Problem]:
    classes = [postgres.instance_class, *(replica.instance_class for replica in postgres.replicas.values())]
    classes += [recovery.standby.instance_class] if recovery.standby else []
    smallest = min(classes, key=lambda name: memory_gib(name) or math.inf)
    free, connections = observability.thresholds.database_free_memory_gib, observability.thresholds.database_connections
    memory, most = memory_gib(smallest), most_connections(smallest)
    if memory and free >= memory:
        yield Problem(
            ("observability", "thresholds", "databaseFreeMemoryGib"),
            f"{free:g} is not less than the memory of {smallest} ({memory:g}); the alarm would never rest",
        )
    if most and connections >= most:
        yield Problem(
            ("observability", "thresholds", "databaseConnections"),
            f"{connections:g} is not less than what {smallest} takes ({most}); the alarm would never fire",
        )


def _cache_alarm_can_fire(redis: RedisSettings, observability: ObservabilitySettings) -> Iterator[Problem]:
    threshold, most = observability.thresholds.redis_connections, most_clients(redis.node_type)
    if threshold >= most:
        yield Problem(
            ("observability", "thresholds", "redisConnections"),
            f"{threshold:g} is not less than what {redis.node_type} takes ({most}); the alarm would never fire",
        )


def _storage_alarm_can_rest(postgres: PostgresSettings, observability: ObservabilitySettings) -> Iterator[Problem]:
    least, storage = observability.thresholds.database_free_storage_gib, postgres.allocated_storage_gib
    if least >= storage:
        yield Problem(
            ("observability", "thresholds", "databaseFreeStorageGib"),
            f"{least:g} is not less than postgres.allocatedStorageGib ({storage}); the alarm would never rest",
        )


def _kubernetes_exists(cluster: ClusterSettings) -> Iterator[Problem]:
    for path, message in lifecycle.cluster_problems(cluster):
        yield Problem(("cluster", *path), message)


def _platform_roles_have_their_entries(
    stack: str, project: str, region: str, account_id: str, cluster: ClusterSettings
) -> Iterator[Problem]:
    names = (f"{stack}-admin", f"{stack}-deploy", f"{project}-preview")
    own = {f"arn:{catalogue.partition_of(region)}:iam::{account_id}:role/{name}" for name in names}
    for key, principals in cluster.access.model_dump(by_alias=True).items():
        for principal in own.intersection(principals):
            yield Problem(("cluster", "access", key), f"{principal} has its entry already; EKS allows one entry each")


def _postgres_exists(postgres: PostgresSettings) -> Iterator[Problem]:
    for path, message in lifecycle.postgres_problems(postgres):
        yield Problem(("postgres", *path), message)


_RULES: tuple[Callable[..., Iterator[Any]], ...] = (
    _stack_name,
    name_rules.names_are_apart,
    _zones_belong_to_region,
    _recovery_is_elsewhere,
    _nodes_are_offered,
    _database_is_offered,
    _cache_is_offered,
    _standby_is_offered,
    _buckets_are_copied_somewhere,
    _clients_are_reached,
    quota_rules.access_list_has_room,
    _networks_are_apart,
    _standby_is_apart,
    account_rules.switches_have_one_owner,
    account_rules.recovery_region_has_a_topic,
    registry_rules.registry_has_one_owner,
    registry_rules.images_are_copied_somewhere,
    registry_rules.replicated_stacks_exist,
    registry_rules.cache_is_offered,
    registry_rules.cache_secrets_are_within_reach,
    metrics_rules.metrics_are_offered,
    node_rules.node_groups_are_complete,
    node_rules.nodes_are_in_the_network,
    node_rules.nodes_follow_the_control_plane,
    *address_rules.RULES,
    quota_rules.replicas_fit,
    quota_rules.node_groups_fit,
    quota_rules.administrators_fit,
    _buckets_are_complete,
    _service_accounts_reach_what_exists,
    _service_accounts_are_users_of_the_cache,
    _service_accounts_do_not_administer,
    _replicas_have_names_of_their_own,
    _rotation_is_within_reach,
    _principals_are_within_reach,
    _backups_find_an_hour,
    restore_rules.tested_buckets_exist,
    restore_rules.validator_is_within_reach,
    window_rules.windows_are_apart,
    window_rules.standby_keeps_its_windows_apart,
    _database_alarms_fire_and_rest,
    _cache_alarm_can_fire,
    _storage_alarm_can_rest,
    _kubernetes_exists,
    _platform_roles_have_their_entries,
    _postgres_exists,
)
