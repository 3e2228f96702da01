"""Compares what a stack needs with what an account has. What cannot be read is not known, never good."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

from review.preflight.account import Account, reason
from review.preflight.needs import SINGLETONS, ZONES_WITHOUT_EKS, Name, Needs, Version
from review.preflight.quotas import PER_HOLDER
from review.resources import short_type


class Mark(StrEnum):
    """What a check found."""

    READY = "✔"
    NOTE = "▸"
    """Nothing to do before, but worth to know."""
    UNKNOWN = "❔"
    """Nobody could say: a call that is not allowed, or a service that did not answer."""
    MISSING = "✘"
    """The deployment fails, or stops short."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was compared."""

    mark: Mark
    subject: str
    found: str


Check = Callable[[Account, Needs, bool], Iterator[Finding]]


def quotas(account: Account, needs: Needs, deployed: bool) -> Iterator[Finding]:
    """What is left of each quota; of a stack that is deployed what it takes is in use already."""
    for region, quota, count in needs.quotas:
        subject = f"{region}: {quota.name} ({quota.service} {quota.code})"
        try:
            limit, used = account.quota(quota, region), account.used(quota, region)
        except (BotoCoreError, ClientError) as error:
            yield Finding(mark=Mark.UNKNOWN, subject=subject, found=f"needs {count}; {reason(error)}")
            continue
        wanted = max(used, count) if deployed else used + count
        said = f"needs {count}" if quota.code in PER_HOLDER else f"needs {count}, {used:g} in use"
        mark = Mark.READY if wanted <= limit else Mark.MISSING
        ask = "" if mark is Mark.READY else f"; ask for {wanted:g}"
        yield Finding(mark=mark, subject=subject, found=f"{said}, {limit:g} allowed{ask}")


def zones(account: Account, needs: Needs, _deployed: bool) -> Iterator[Finding]:
    """Whether zones exist, are open, have EKS, and have the types of the nodes."""
    for region, wanted in needs.zones.items():
        found = account.listed("ec2", region, "describe_availability_zones", "AvailabilityZones")
        known = {each["ZoneName"]: each for each in found}
        for zone in wanted:
            about = known.get(zone)
            id_ = about["ZoneId"] if about else ""
            if about is None or about["State"] != "available":
                yield Finding(mark=Mark.MISSING, subject=zone, found="not open to this account")
            elif region == needs.region and id_ in ZONES_WITHOUT_EKS:
                yield Finding(mark=Mark.MISSING, subject=zone, found=f"is {id_} here, which has no EKS")
            else:
                yield Finding(mark=Mark.READY, subject=zone, found=f"is {id_} here")
    yield from _offers(account, needs)


def _offers(account: Account, needs: Needs) -> Iterator[Finding]:
    for zone, types in needs.instance_types.items():
        filters = [{"Name": "location", "Values": [zone]}, {"Name": "instance-type", "Values": list(types)}]
        arguments: dict[str, Any] = {"LocationType": "availability-zone", "Filters": filters}
        offers = account.listed(
            "ec2", needs.region, "describe_instance_type_offerings", "InstanceTypeOfferings", **arguments
        )
        missing = sorted(set(types) - {each["InstanceType"] for each in offers})
        found = f"does not have {', '.join(missing)}" if missing else f"has {', '.join(types)}"
        yield Finding(mark=Mark.MISSING if missing else Mark.READY, subject=f"{zone}: types of nodes", found=found)


def service_roles(account: Account, needs: Needs, _deployed: bool) -> Iterator[Finding]:
    """Roles of services, which AWS makes at the first use for whoever may let it."""
    roles = account.listed("iam", needs.region, "list_roles", "Roles", PathPrefix="/aws-service-role/")
    there = {each["RoleName"] for each in roles}
    for service, role in needs.service_roles:
        found = "exists" if role in there else f"AWS makes it at the first use of {service}, for who may create it"
        yield Finding(mark=Mark.READY if role in there else Mark.NOTE, subject=role, found=found)


def versions(account: Account, needs: Needs, _deployed: bool) -> Iterator[Finding]:
    """Whether each version can still be created."""
    for each in needs.versions:
        subject = f"{each.region}: {each.kind} {each.version}{f' on {each.size}' if each.size else ''}"
        try:
            sold = _is_sold(account, each, needs)
        except (BotoCoreError, ClientError) as error:
            yield Finding(mark=Mark.UNKNOWN, subject=subject, found=reason(error))
            continue
        found = "can be created" if sold else "AWS no longer creates it, or not yet"
        yield Finding(mark=Mark.READY if sold else Mark.MISSING, subject=subject, found=found)


def _is_sold(account: Account, wanted: Version, needs: Needs) -> bool:
    if wanted.kind == "eks":
        listed = account.listed("eks", wanted.region, "describe_cluster_versions", "clusterVersions", includeAll=False)
        return any(each["clusterVersion"] == wanted.version for each in listed)
    if wanted.size:
        arguments = {"Engine": wanted.kind, "EngineVersion": wanted.version, "DBInstanceClass": wanted.size}
        if "." not in wanted.version:
            del arguments["EngineVersion"]
        operation = "describe_orderable_db_instance_options"
        offers = account.listed("rds", wanted.region, operation, "OrderableDBInstanceOptions", **arguments)
        return any(_is_version(each["EngineVersion"], wanted.version) for each in offers)
    if wanted.kind in ("redis", "valkey"):
        operation, key = "describe_cache_engine_versions", "CacheEngineVersions"
        engines = account.listed("elasticache", wanted.region, operation, key, Engine=wanted.kind)
        return any(_is_version(each["EngineVersion"], wanted.version) for each in engines)
    cluster = next((each.version for each in needs.versions if each.kind == "eks"), "")
    addons = account.listed(
        "eks", wanted.region, "describe_addon_versions", "addons", addonName=wanted.kind, kubernetesVersion=cluster
    )
    return any(each["addonVersion"] == wanted.version for addon in addons for each in addon["addonVersions"])


def _is_version(offered: str, wanted: str) -> bool:
    """Whether an offered version is the wanted one, or a patch of it."""
    return offered == wanted or offered.startswith(f"{wanted}.")


def names(account: Account, needs: Needs, deployed: bool) -> Iterator[Finding]:
    """Names that something has already; those of a stack that is deployed are its own."""
    if deployed:
        yield Finding(mark=Mark.READY, subject="names", found="the stack is deployed and has them")
        return
    free = 0
    for each in needs.names:
        subject = f"{each.region}: {short_type(each.type)} {each.name}"
        try:
            taken = _holder(account, each, needs.account)
        except (BotoCoreError, ClientError) as error:
            yield Finding(mark=Mark.UNKNOWN, subject=subject, found=reason(error))
            continue
        free += not taken
        if taken:
            yield Finding(mark=Mark.MISSING, subject=subject, found=taken)
    yield Finding(mark=Mark.READY, subject="names", found=f"{free} of {len(needs.names)} are free")
    yield from _singletons(account, needs)


# How a name is looked up: the service, its operation, the argument that takes the name, and in which form.
_PLAIN = "{name}"
_LOOKUPS: Mapping[str, tuple[str, str, str, str]] = {
    "aws:backup/vault:Vault": ("backup", "describe_backup_vault", "BackupVaultName", _PLAIN),
    "aws:cloudtrail/trail:Trail": ("cloudtrail", "get_trail", "Name", _PLAIN),
    "aws:eks/cluster:Cluster": ("eks", "describe_cluster", "name", _PLAIN),
    "aws:elasticache/replicationGroup:ReplicationGroup": (
        "elasticache",
        "describe_replication_groups",
        "ReplicationGroupId",
        _PLAIN,
    ),
    "aws:iam/role:Role": ("iam", "get_role", "RoleName", _PLAIN),
    "aws:kms/alias:Alias": ("kms", "describe_key", "KeyId", _PLAIN),
    "aws:rds/instance:Instance": ("rds", "describe_db_instances", "DBInstanceIdentifier", _PLAIN),
    "aws:s3/bucket:Bucket": ("s3", "head_bucket", "Bucket", _PLAIN),
    "aws:secretsmanager/secret:Secret": ("secretsmanager", "describe_secret", "SecretId", _PLAIN),
    "aws:sns/topic:Topic": ("sns", "get_topic_attributes", "TopicArn", "arn:{partition}:sns:{region}:{owner}:{name}"),
    "aws:iam/policy:Policy": ("iam", "get_policy", "PolicyArn", "arn:{partition}:iam::{owner}:policy/{name}"),
}
_ABSENT = ("404", "NoSuchEntity", "NotFound", "TrailNotFoundException", "NoSuchBucket")


def _holder(account: Account, name: Name, owner: str) -> str:
    """Who has a name; nothing where it is free."""
    if name.type == "aws:cloudwatch/logGroup:LogGroup":
        groups = account.listed("logs", name.region, "describe_log_groups", "logGroups", logGroupNamePrefix=name.name)
        return "exists" if any(each["logGroupName"] == name.name for each in groups) else ""
    if name.type == "aws:ecr/repository:Repository":
        found = account.listed("ecr", name.region, "describe_repositories", "repositories")
        return "exists" if any(each["repositoryName"] == name.name for each in found) else ""
    service, operation, argument, form = _LOOKUPS[name.type]
    client = account.client(service, name.region)
    value = form.format(partition=client.meta.partition, region=name.region, owner=owner, name=name.name)
    try:
        answer = getattr(client, operation)(**{argument: value})
    except ClientError as error:
        code = str(error.response["Error"]["Code"])
        if code in _ABSENT or "NotFound" in code:
            return ""
        if service == "s3" and code == "403":
            return "another account has this bucket: names of buckets are unique in all of AWS"
        if service == "backup" and code == "AccessDeniedException":
            return ""  # what AWS Backup answers for a vault that does not exist
        raise
    return "its deletion is scheduled; the name is taken until then" if answer.get("DeletedDate") else "exists"


def _singletons(account: Account, needs: Needs) -> Iterator[Finding]:
    """What exists once: found, it has to be imported or left to whoever made it."""
    for region, type_ in needs.singletons:
        try:
            exists = _SINGLE[type_](account, region)
        except (BotoCoreError, ClientError) as error:
            if "InvalidAccessException" in str(error):
                exists = False  # what Security Hub answers where it is off
            else:
                yield Finding(mark=Mark.UNKNOWN, subject=f"{region}: {SINGLETONS[type_]}", found=reason(error))
                continue
        found = "exists: import it, or leave it out of the stack" if exists else "is not there yet"
        yield Finding(
            mark=Mark.MISSING if exists else Mark.READY, subject=f"{region}: {SINGLETONS[type_]}", found=found
        )


_SINGLE: Mapping[str, Callable[[Account, str], bool]] = {
    "aws:guardduty/detector:Detector": lambda account, region: bool(
        account.listed("guardduty", region, "list_detectors", "DetectorIds")
    ),
    "aws:securityhub/account:Account": lambda account, region: bool(
        account.client("securityhub", region).describe_hub()
    ),
    "aws:cfg/recorder:Recorder": lambda account, region: bool(
        account.listed("config", region, "describe_configuration_recorders", "ConfigurationRecorders")
    ),
}


def is_deployed(account: Account, needs: Needs) -> bool:
    """Whether the stack's own cluster is there, by its tags."""
    cluster = next((each for each in needs.names if each.type == "aws:eks/cluster:Cluster"), None)
    if cluster is None:
        return False
    try:
        found = account.client("eks", cluster.region).describe_cluster(name=cluster.name)["cluster"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return False
        raise
    tags = found.get("tags") or {}
    return tags.get("Environment") == needs.stack and tags.get("ManagedBy") == "Pulumi"


CHECKS: Mapping[str, Check] = {
    "Quotas": quotas,
    "Zones": zones,
    "Roles of services": service_roles,
    "Versions": versions,
    "Names": names,
}


def compare(account: Account, needs: Needs) -> dict[str, list[Finding]]:
    """All checks; one that cannot begin is one that is not known."""
    found: dict[str, list[Finding]] = {}
    try:
        deployed = is_deployed(account, needs)
    except (BotoCoreError, ClientError):
        deployed = False
    for title, check in CHECKS.items():
        found[title] = []
        try:
            found[title].extend(check(account, needs, deployed))
        except (BotoCoreError, ClientError) as error:
            found[title].append(Finding(mark=Mark.UNKNOWN, subject=title.lower(), found=reason(error)))
    return found
