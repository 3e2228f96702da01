"""What a stack needs of its account beside quotas: zones with its types, roles of services, versions, free names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from review.preflight.quotas import Quota, needed
from review.resources import Inventory, Resource

# Availability zones, by their ids, in which EKS puts no control plane (EKS user guide, network requirements).
ZONES_WITHOUT_EKS = frozenset({"use1-az3", "usw1-az2", "cac1-az3"})

_INSTANCE, _CACHE = "aws:rds/instance:Instance", "aws:elasticache/replicationGroup:ReplicationGroup"
_CLUSTER, _GROUP, _ADDON = "aws:eks/cluster:Cluster", "aws:eks/nodeGroup:NodeGroup", "aws:eks/addon:Addon"

# The service whose role AWS makes when a type of resource is first used (IAM user guide, services with such roles).
SERVICE_ROLES: Mapping[str, tuple[tuple[str, str], ...]] = {
    _CLUSTER: (("eks.amazonaws.com", "AWSServiceRoleForAmazonEKS"),),
    _GROUP: (
        ("eks-nodegroup.amazonaws.com", "AWSServiceRoleForAmazonEKSNodegroup"),
        ("autoscaling.amazonaws.com", "AWSServiceRoleForAutoScaling"),
        ("elasticloadbalancing.amazonaws.com", "AWSServiceRoleForElasticLoadBalancing"),
    ),
    _INSTANCE: (("rds.amazonaws.com", "AWSServiceRoleForRDS"),),
    _CACHE: (("elasticache.amazonaws.com", "AWSServiceRoleForElastiCache"),),
    "aws:backup/vault:Vault": (("backup.amazonaws.com", "AWSServiceRoleForBackup"),),
    "aws:guardduty/detector:Detector": (("guardduty.amazonaws.com", "AWSServiceRoleForAmazonGuardDuty"),),
    "aws:securityhub/account:Account": (("securityhub.amazonaws.com", "AWSServiceRoleForSecurityHub"),),
    "aws:accessanalyzer/analyzer:Analyzer": (("access-analyzer.amazonaws.com", "AWSServiceRoleForAccessAnalyzer"),),
    "aws:ec2transitgateway/vpcAttachment:VpcAttachment": (
        ("transitgateway.amazonaws.com", "AWSServiceRoleForVPCTransitGateway"),
    ),
    "aws:amp/scraper:Scraper": (("scraper.aps.amazonaws.com", "AWSServiceRoleForAmazonPrometheusScraper"),),
    "aws:grafana/workspace:Workspace": (("grafana.amazonaws.com", "AWSServiceRoleForAmazonGrafana"),),
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": (
        ("wafv2.amazonaws.com", "AWSServiceRoleForWAFV2Logging"),
    ),
}
# Seven hexadecimal digits, which the engine adds to names of its own.
_DRAWN = re.compile(r"-[0-9a-f]{7}$")
_SPOT = ("spot.amazonaws.com", "AWSServiceRoleForEC2Spot")

# Names that one account, or all of AWS, has once: the type, and the input that holds the name.
NAMED: Mapping[str, str] = {
    "aws:backup/vault:Vault": "name",
    "aws:cloudtrail/trail:Trail": "name",
    "aws:cloudwatch/logGroup:LogGroup": "name",
    _CLUSTER: "name",
    "aws:ecr/repository:Repository": "name",
    _CACHE: "replicationGroupId",
    "aws:iam/policy:Policy": "name",
    "aws:iam/role:Role": "name",
    "aws:kms/alias:Alias": "name",
    _INSTANCE: "identifier",
    "aws:s3/bucket:Bucket": "bucket",
    "aws:secretsmanager/secret:Secret": "name",
    "aws:sns/topic:Topic": "name",
}
# What an account or a region of it has once, and the creation of which fails where it exists.
SINGLETONS: Mapping[str, str] = {
    "aws:guardduty/detector:Detector": "detector of GuardDuty",
    "aws:securityhub/account:Account": "Security Hub",
    "aws:cfg/recorder:Recorder": "recorder of AWS Config",
    "aws:cfg/deliveryChannel:DeliveryChannel": "delivery channel of AWS Config",
    "aws:accessanalyzer/analyzer:Analyzer": "analyzer of the account",
}


@dataclass(frozen=True, kw_only=True)
class Version:
    """A version of something that AWS must still create."""

    region: str
    kind: str
    """`eks`, an add-on's name, or an engine of RDS or ElastiCache."""
    version: str
    size: str = ""
    """Instance class of a database, which not every version has."""


@dataclass(frozen=True, kw_only=True)
class Name:
    """A name that has to be free."""

    region: str
    type: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Needs:
    """Everything that a stack needs of an account."""

    stack: str
    account: str
    region: str
    quotas: Sequence[tuple[str, Quota, int]]
    zones: Mapping[str, Sequence[str]]
    """Zones with subnets, by region."""
    instance_types: Mapping[str, Sequence[str]]
    """Instance types that nodes may have, by zone of the stack's own region."""
    service_roles: Sequence[tuple[str, str]]
    """Service and name of each service-linked role."""
    versions: Sequence[Version]
    names: Sequence[Name]
    singletons: Sequence[tuple[str, str]]
    """Region and type."""


def needs_of(resources: Inventory, stack: str) -> Needs:
    """What a deployed stack takes, from its resources."""
    provider = next(each for each in resources.of_type("pulumi:providers:aws") if each.inputs.get("region"))
    region = str(provider.inputs["region"])
    custom = [each for each in resources.values() if each.custom]
    return Needs(
        stack=stack,
        account=str(provider.inputs.get("allowedAccountIds") or "").strip('[]" '),
        region=region,
        quotas=list(needed(resources, region)),
        zones=_zones(custom, region),
        instance_types=_instance_types(custom),
        service_roles=_service_roles(custom),
        versions=sorted(
            set(_versions(custom, region)), key=lambda each: (each.region, each.kind, each.version, each.size)
        ),
        names=[
            Name(region=_region(each, region), type=each.type, name=str(each.inputs[key]))
            for each in custom
            if (key := NAMED.get(each.type)) and _is_chosen(each.inputs.get(key))
        ],
        singletons=[(_region(each, region), each.type) for each in custom if each.type in SINGLETONS],
    )


def _is_chosen(name: object) -> bool:
    """Whether a name is given by the program, without an end that the engine draws."""
    return isinstance(name, str) and not _DRAWN.search(name)


def _region(resource: Resource, region: str) -> str:
    return str(resource.inputs.get("region") or region)


def _zones(found: Sequence[Resource], region: str) -> dict[str, list[str]]:
    zones: dict[str, set[str]] = {}
    for each in found:
        if each.type == "aws:ec2/subnet:Subnet" and (zone := each.inputs.get("availabilityZone")):
            zones.setdefault(_region(each, region), set()).add(str(zone))
    return {name: sorted(each) for name, each in sorted(zones.items())}


def _instance_types(found: Sequence[Resource]) -> dict[str, list[str]]:
    """Instance types of all groups by the zones of their subnets."""
    zones = {each.id: each.inputs.get("availabilityZone") for each in found if each.type == "aws:ec2/subnet:Subnet"}
    types: dict[str, set[str]] = {}
    for group in (each for each in found if each.type == _GROUP):
        for subnet in group.inputs.get("subnetIds") or ():
            if zone := zones.get(subnet):
                types.setdefault(str(zone), set()).update(map(str, group.inputs.get("instanceTypes") or ()))
    return {zone: sorted(kinds) for zone, kinds in sorted(types.items())}


def _service_roles(found: Sequence[Resource]) -> list[tuple[str, str]]:
    roles = {role for each in found for role in SERVICE_ROLES.get(each.type, ())}
    if any(each.type == _GROUP and each.inputs.get("capacityType") == "SPOT" for each in found):
        roles.add(_SPOT)
    return sorted(roles)


def _versions(found: Sequence[Resource], region: str) -> Iterator[Version]:
    for each in found:
        inputs, where = each.inputs, _region(each, region)
        if each.type in (_CLUSTER, _GROUP) and inputs.get("version"):
            yield Version(region=where, kind="eks", version=str(inputs["version"]))
        elif each.type == _ADDON and inputs.get("addonVersion"):
            yield Version(region=where, kind=str(inputs["addonName"]), version=str(inputs["addonVersion"]))
        elif each.type == _INSTANCE and inputs.get("engineVersion"):
            engine, size = str(inputs.get("engine") or "postgres"), str(inputs.get("instanceClass"))
            yield Version(region=where, kind=engine, version=str(inputs["engineVersion"]), size=size)
        elif each.type == _CACHE and inputs.get("engineVersion"):
            yield Version(region=where, kind=str(inputs.get("engine") or "redis"), version=str(inputs["engineVersion"]))
