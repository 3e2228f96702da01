"""Compares what a stack needs with what an account has. What cannot be read is not known, never good."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

from review.preflight.account import Account, reason
from review.preflight.needs import SINGLETONS, ZONES_WITHOUT_EKS, Name, Needs, Version
from review.preflight.quotas import PER_HOLDER, Quota
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


Deployed = bool | None
"""Whether the stack is in the account already; None where nobody could say."""
Check = Callable[[Account, Needs, Deployed], Iterator[Finding]]


def _asked(subject: str, ask: Callable[..., Iterable[Finding]], *arguments: Any) -> Iterator[Finding]:
    """What a question to AWS finds. Without an answer it is unknown, and hides no other question."""
    try:
        yield from list(ask(*arguments))
    except (BotoCoreError, ClientError) as error:
        yield Finding(mark=Mark.UNKNOWN, subject=subject, found=reason(error))


def quotas(account: Account, needs: Needs, deployed: Deployed) -> Iterator[Finding]:
    """What is left of each quota; of a stack that is deployed what it takes is in use already."""
    for region, quota, count in needs.quotas:
        subject = f"{region}: {quota.name} ({quota.service} {quota.code})"
        yield from _asked(
            f"{subject}, of which it needs {count}", _quota, account, (subject, region, quota, count), deployed
        )


def _quota(account: Account, needed: tuple[str, str, Quota, int], deployed: Deployed) -> Iterator[Finding]:
    subject, region, quota, count = needed
    limit, used = account.quota(quota, region), account.used(quota, region)
    least, most = max(used, count), used + count
    wanted = least if deployed else most
    mark = Mark.READY if wanted <= limit else Mark.MISSING
    ask = "" if mark is Mark.READY else f"; ask for {wanted:g}"
    if deployed is None and least <= limit < most:
        mark, ask = Mark.UNKNOWN, f"; enough for a stack that is deployed, else ask for {most:g}"
    said = f"needs {count}" if quota.code in PER_HOLDER else f"needs {count}, {used:g} in use"
    yield Finding(mark=mark, subject=subject, found=f"{said}, {limit:g} allowed{ask}")


def zones(account: Account, needs: Needs, _deployed: Deployed) -> Iterator[Finding]:
    """Whether zones exist, are open, have EKS, and have the types of the nodes."""
    for region in needs.zones:
        yield from _asked(f"{region}: zones", _zones, account, needs, region)
    for zone in needs.instance_types:
        yield from _asked(f"{zone}: types of nodes", _offers, account, needs, zone)


def _zones(account: Account, needs: Needs, region: str) -> Iterator[Finding]:
    found = account.listed("ec2", region, "describe_availability_zones", "AvailabilityZones")
    known = {each["ZoneName"]: each for each in found}
    for zone in needs.zones[region]:
        about = known.get(zone)
        id_ = about["ZoneId"] if about else ""
        if about is None or about["State"] != "available":
            yield Finding(mark=Mark.MISSING, subject=zone, found="not open to this account")
        elif region == needs.region and id_ in ZONES_WITHOUT_EKS:
            yield Finding(mark=Mark.MISSING, subject=zone, found=f"is {id_} here, which has no EKS")
        else:
            yield Finding(mark=Mark.READY, subject=zone, found=f"is {id_} here")


def _offers(account: Account, needs: Needs, zone: str) -> Iterator[Finding]:
    types = needs.instance_types[zone]
    filters = [{"Name": "location", "Values": [zone]}, {"Name": "instance-type", "Values": list(types)}]
    arguments: dict[str, Any] = {"LocationType": "availability-zone", "Filters": filters}
    offers = account.listed(
        "ec2", needs.region, "describe_instance_type_offerings", "InstanceTypeOfferings", **arguments
    )
    missing = sorted(set(types) - {each["InstanceType"] for each in offers})
    found = f"does not have {', '.join(missing)}" if missing else f"has {', '.join(types)}"
    yield Finding(mark=Mark.MISSING if missing else Mark.READY, subject=f"{zone}: types of nodes", found=found)


def service_roles(account: Account, needs: Needs, _deployed: Deployed) -> Iterator[Finding]:
    """Roles of services, which AWS makes at the first use for whoever may let it."""
    yield from _asked("roles of services", _service_roles, account, needs)


def _service_roles(account: Account, needs: Needs) -> Iterator[Finding]:
    roles = account.listed("iam", needs.region, "list_roles", "Roles", PathPrefix="/aws-service-role/")
    there = {each["RoleName"] for each in roles}
    for service, role in needs.service_roles:
        found = "exists" if role in there else f"AWS makes it at the first use of {service}, for who may create it"
        yield Finding(mark=Mark.READY if role in there else Mark.NOTE, subject=role, found=found)


def versions(account: Account, needs: Needs, _deployed: Deployed) -> Iterator[Finding]:
    """Whether each version can still be created."""
    for each in needs.versions:
        subject = f"{each.region}: {each.kind} {each.version}{f' on {each.size}' if each.size else ''}"
        yield from _asked(subject, _version, account, needs, each, subject)


def _version(account: Account, needs: Needs, wanted: Version, subject: str) -> Iterator[Finding]:
    sold = _is_sold(account, wanted, needs)
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


def names(account: Account, needs: Needs, deployed: Deployed) -> Iterator[Finding]:
    """Names that something has already; those of a stack that is deployed are its own."""
    if deployed:
        yield Finding(mark=Mark.READY, subject="names", found="the stack is deployed and has them")
        return
    free = 0
    for each in needs.names:
        subject = f"{each.region}: {short_type(each.type)} {each.name}"
        found = list(_asked(subject, _name, account, each, needs.account, subject))
        free += not found
        yield from _perhaps_its_own(found, deployed)
    yield Finding(mark=Mark.READY, subject="names", found=f"{free} of {len(needs.names)} are free")
    for region, type_ in needs.singletons:
        subject = f"{region}: {SINGLETONS[type_]}"
        yield from _perhaps_its_own(_asked(subject, _singleton, account, region, type_, subject), deployed)


def _perhaps_its_own(found: Iterable[Finding], deployed: Deployed) -> Iterator[Finding]:
    """Nobody lacks what a stack has made itself: where that is not known, nor is the rest."""
    for each in found:
        unclear = deployed is None and each.mark is Mark.MISSING
        yield replace(each, mark=Mark.UNKNOWN, found=f"{each.found}; perhaps of this stack") if unclear else each


def _name(account: Account, name: Name, owner: str, subject: str) -> Iterator[Finding]:
    if taken := _holder(account, name, owner):
        yield Finding(mark=Mark.MISSING, subject=subject, found=taken)


# How a name is looked up: the service, its operation, the argument that takes the name, and in which form.
_PLAIN = "{name}"
_LOOKUPS: Mapping[str, tuple[str, str, str, str]] = {
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


# Where all are listed, because the look-up of one answers alike where there is none and where nobody may ask.
_LISTS: Mapping[str, tuple[str, str, str, str]] = {
    "aws:backup/vault:Vault": ("backup", "list_backup_vaults", "BackupVaultList", "BackupVaultName"),
    "aws:cloudwatch/logGroup:LogGroup": ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    "aws:ecr/repository:Repository": ("ecr", "describe_repositories", "repositories", "repositoryName"),
}


def _holder(account: Account, name: Name, owner: str) -> str:
    """Who has a name; nothing where it is free."""
    if name.type in _LISTS:
        service, operation, key, field = _LISTS[name.type]
        found = account.listed(service, name.region, operation, key)
        return "exists" if any(each[field] == name.name for each in found) else ""
    service, operation, argument, form = _LOOKUPS[name.type]
    client = account.client(service, name.region)
    value = form.format(partition=client.meta.partition, region=name.region, owner=owner, name=name.name)
    try:
        answer = getattr(client, operation)(**{argument: value})
    except ClientError as error:
        code = str(error.response["Error"]["Code"])
        if code in _ABSENT or "NotFound" in code:
            return ""
        if service == "s3" and code == "403" and _may_ask(client):
            return "another account has this bucket: names of buckets are unique in all of AWS"
        raise
    return "its deletion is scheduled; the name is taken until then" if answer.get("DeletedDate") else "exists"


def _may_ask(client: Any) -> bool:
    """Whether these credentials are told that a bucket does not exist: else a refusal says nothing of its owner."""
    try:
        client.head_bucket(Bucket=uuid4().hex)
    except ClientError as error:
        return str(error.response["Error"]["Code"]) in _ABSENT
    return False


def _singleton(account: Account, region: str, type_: str, subject: str) -> Iterator[Finding]:
    """What exists once: found, it has to be imported or left to whoever made it."""
    try:
        exists = _SINGLE[type_](account, region)
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidAccessException":
            raise
        exists = False  # what Security Hub answers where it is off
    found = "exists: leave its switch off, or import it" if exists else "is not there yet"
    yield Finding(mark=Mark.MISSING if exists else Mark.READY, subject=subject, found=found)


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
    "aws:cfg/deliveryChannel:DeliveryChannel": lambda account, region: bool(
        account.listed("config", region, "describe_delivery_channels", "DeliveryChannels")
    ),
    "aws:accessanalyzer/analyzer:Analyzer": lambda account, region: bool(
        account.listed("accessanalyzer", region, "list_analyzers", "analyzers", type="ACCOUNT")
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
    """All checks; what depends on whether the stack is deployed is not known where that is not."""
    deployed: Deployed = None
    found: dict[str, list[Finding]] = {}
    try:
        deployed = is_deployed(account, needs)
    except (BotoCoreError, ClientError) as error:
        subject = "whether the stack is deployed"
        found["Stack"] = [Finding(mark=Mark.UNKNOWN, subject=subject, found=reason(error))]
    return {**found, **{title: list(check(account, needs, deployed)) for title, check in CHECKS.items()}}
