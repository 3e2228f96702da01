"""Quotas of AWS that a stack counts against: what it needs of each by region, and what a new account has.

Codes and defaults: AWS General Reference, endpoints and quotas of each service, by which Service Quotas lists them.
Accounts get more by asking, and new ones may start with less.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from review.resources import Inventory, Resource

Count = Callable[[Sequence[Resource]], int]
"""Counts what the resources of one region need."""

_GIB_OF_TIB = 1024
_SMALL_VCPUS = 2
_RULES = (
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
)


@dataclass(frozen=True, kw_only=True)
class Quota:
    """A quota of a region, or of the account where `everywhere` is set."""

    service: str
    """As Service Quotas names it."""
    code: str
    name: str
    default: float
    """What an account has that never asked; the least that is known of new ones."""
    needs: Count
    everywhere: bool = False


def needed(resources: Inventory, region: str) -> Iterator[tuple[str, Quota, int]]:
    """Region, quota and how much of it a stack takes at its largest, where it takes any."""
    regions: dict[str, list[Resource]] = {region: []}
    for each in resources.values():
        if each.custom:
            regions.setdefault(str(each.inputs.get("region") or region), []).append(each)
    for quota in QUOTAS:
        if quota.everywhere:
            if count := quota.needs([each for found in regions.values() for each in found]):
                yield region, quota, count
            continue
        for name, found in regions.items():
            if count := quota.needs(found):
                yield name, quota, count


def vcpus(instance_type: str) -> int:
    """Virtual CPUs by the size's name: two up to large, four for xlarge, and multiples of that."""
    found = re.search(r"\.(?:metal-)?(\d*)xl(?:arge)?$", instance_type)
    return 4 * int(found[1] or 1) if found else _SMALL_VCPUS


def _of(*types: str) -> Count:
    return lambda found: sum(each.type in types for each in found)


def _fullest(type_: str, holder: str) -> Count:
    """The most resources of a type that one holder has."""

    def count(found: Sequence[Resource]) -> int:
        held = Counter(str(each.inputs.get(holder)) for each in found if each.type == type_)
        return max(held.values(), default=0)

    return count


def _fullest_group(found: Sequence[Resource]) -> int:
    """Rules of one direction in the group that has most."""
    held = Counter((each.type, each.inputs.get("securityGroupId")) for each in found if each.type in _RULES)
    return max(held.values(), default=0)


def _fullest_acl(found: Sequence[Resource]) -> int:
    """Rules of one direction in the list that has most."""
    acls = [each.inputs for each in found if each.type == "aws:ec2/networkAcl:NetworkAcl"]
    rules = [each.inputs for each in found if each.type == "aws:ec2/networkAclRule:NetworkAclRule"]
    held = Counter((each.get("networkAclId"), bool(each.get("egress"))) for each in rules)
    own = [len(each.get(way) or ()) for each in acls for way in ("ingress", "egress")]
    return max((*held.values(), *own), default=0)


def _endpoints(kind: str) -> Count:
    def count(found: Sequence[Resource]) -> int:
        endpoints = [each for each in found if each.type == "aws:ec2/vpcEndpoint:VpcEndpoint"]
        return sum((each.inputs.get("vpcEndpointType") or "Gateway") == kind for each in endpoints)

    return count


def _nat_gateways(found: Sequence[Resource]) -> int:
    """Gateways of the zone that has most."""
    zones = {each.id: each.inputs.get("availabilityZone") for each in found if each.type == "aws:ec2/subnet:Subnet"}
    gateways = [each for each in found if each.type == "aws:ec2/natGateway:NatGateway"]
    return max(Counter(zones.get(str(each.inputs.get("subnetId"))) for each in gateways).values(), default=0)


def _groups(found: Sequence[Resource]) -> Iterator[tuple[str, bool, int]]:
    """First instance type, whether it is spot, and nodes at the largest, of each node group."""
    for each in found:
        if each.type == "aws:eks/nodeGroup:NodeGroup":
            types = each.inputs.get("instanceTypes") or each.outputs.get("instanceTypes") or ["t3.medium"]
            scaling = each.inputs.get("scalingConfig") or {}
            nodes = int(scaling.get("maxSize") or 0)
            largest = max(types, key=vcpus)
            yield str(largest), each.inputs.get("capacityType") == "SPOT", nodes


def _vcpus(family: str, *, spot: bool) -> Count:
    """Virtual CPUs of all groups of a class of families at their largest."""
    pattern = re.compile(family)
    return lambda found: sum(
        nodes * vcpus(kind) for kind, is_spot, nodes in _groups(found) if is_spot is spot and pattern.match(kind)
    )


def _nodes(found: Sequence[Resource]) -> int:
    return max((nodes for _, _, nodes in _groups(found)), default=0)


def _disks(found: Sequence[Resource]) -> int:
    """TiB of gp3 disks that nodes have at their largest."""
    templates = {each.id: each.inputs for each in found if each.type == "aws:ec2/launchTemplate:LaunchTemplate"}
    gib = 0
    for each in found:
        if each.type == "aws:eks/nodeGroup:NodeGroup":
            template = templates.get(str((each.inputs.get("launchTemplate") or {}).get("id")), {})
            sizes = [
                (disk.get("ebs") or {}).get("volumeSize") or 0 for disk in template.get("blockDeviceMappings") or ()
            ]
            gib += int(sum(sizes)) * int((each.inputs.get("scalingConfig") or {}).get("maxSize") or 0)
    return ceil(gib / _GIB_OF_TIB)


def _storage(found: Sequence[Resource]) -> int:
    """GiB of all databases, as large as their storage may grow."""
    databases = [each.inputs for each in found if each.type == "aws:rds/instance:Instance"]
    return sum(int(each.get("maxAllocatedStorage") or each.get("allocatedStorage") or 0) for each in databases)


def _cache_nodes(found: Sequence[Resource]) -> int:
    caches = [each.inputs for each in found if each.type == "aws:elasticache/replicationGroup:ReplicationGroup"]
    return sum(int((each.get("numNodeGroups") or 1) * (1 + (each.get("replicasPerNodeGroup") or 0))) for each in caches)


_STANDARD = r"(?:[acdhimrtz]|im|is)\d"
QUOTAS: Sequence[Quota] = tuple(
    Quota(service=service, code=code, name=name, default=default, needs=needs, everywhere=service in ("iam", "s3"))
    for service, code, name, default, needs in (
        ("vpc", "L-F678F1CE", "VPCs per Region", 5, _of("aws:ec2/vpc:Vpc")),
        ("vpc", "L-A4707A72", "Internet gateways per Region", 5, _of("aws:ec2/internetGateway:InternetGateway")),
        ("vpc", "L-FE5A380F", "NAT gateways per Availability Zone", 5, _nat_gateways),
        ("vpc", "L-407747CB", "Subnets per VPC", 200, _fullest("aws:ec2/subnet:Subnet", "vpcId")),
        ("vpc", "L-589F43AA", "Route tables per VPC", 200, _fullest("aws:ec2/routeTable:RouteTable", "vpcId")),
        ("vpc", "L-2AEEBF1A", "Rules per network ACL", 20, _fullest_acl),
        ("vpc", "L-E79EC296", "VPC security groups per Region", 2500, _of("aws:ec2/securityGroup:SecurityGroup")),
        ("vpc", "L-0EA8095F", "Inbound or outbound rules per security group", 60, _fullest_group),
        ("vpc", "L-29B6F2EB", "Interface VPC endpoints per VPC", 50, _endpoints("Interface")),
        ("vpc", "L-1B52E74A", "Gateway VPC endpoints per Region", 20, _endpoints("Gateway")),
        ("ec2", "L-0263D0A3", "EC2-VPC Elastic IPs", 5, _of("aws:ec2/eip:Eip")),
        ("ec2", "L-1216C47A", "vCPUs of on-demand standard instances", 5, _vcpus(_STANDARD, spot=False)),
        ("ec2", "L-34B43A08", "vCPUs of spot standard instances", 5, _vcpus(_STANDARD, spot=True)),
        ("ec2", "L-DB2E81BA", "vCPUs of on-demand G and VT instances", 0, _vcpus(r"(?:g|gr|vt)\d", spot=False)),
        ("ec2", "L-3819A6DF", "vCPUs of spot G and VT instances", 0, _vcpus(r"(?:g|gr|vt)\d", spot=True)),
        ("ec2", "L-417A185B", "vCPUs of on-demand P instances", 0, _vcpus(r"p\d", spot=False)),
        ("ec2", "L-1945791B", "vCPUs of on-demand Inf instances", 0, _vcpus(r"inf\d", spot=False)),
        ("ec2", "L-2C3B7624", "vCPUs of on-demand Trn instances", 0, _vcpus(r"trn\d", spot=False)),
        ("ebs", "L-7A658B76", "TiB of gp3 volumes", 50, _disks),
        ("eks", "L-1194D53C", "Clusters", 100, _of("aws:eks/cluster:Cluster")),
        ("eks", "L-6D54EA21", "Managed node groups per cluster", 30, _of("aws:eks/nodeGroup:NodeGroup")),
        ("eks", "L-BD136A63", "Nodes per managed node group", 450, _nodes),
        ("rds", "L-7B6409FD", "DB instances", 40, _of("aws:rds/instance:Instance")),
        ("rds", "L-7ADDB58A", "GiB of storage of all DB instances", 100_000, _storage),
        ("elasticache", "L-DFE45DF3", "Nodes per Region", 300, _cache_nodes),
        ("kms", "L-C2F1777E", "Customer keys", 100_000, _of("aws:kms/key:Key", "aws:kms/replicaKey:ReplicaKey")),
        (
            "elasticloadbalancing",
            "L-53DA6B97",
            "Application load balancers",
            50,
            _of("aws:lb/loadBalancer:LoadBalancer"),
        ),
        ("s3", "L-DC2B2D3D", "Buckets of the account", 10_000, _of("aws:s3/bucket:Bucket")),
        ("iam", "L-FE177D64", "Roles of the account", 1000, _of("aws:iam/role:Role")),
        ("iam", "L-E95E4862", "Customer policies of the account", 1500, _of("aws:iam/policy:Policy")),
    )
)
"""Every quota that a stack of this platform can come near, or of which a new account has little."""

PER_HOLDER: Mapping[str, str] = {
    "L-407747CB": "a VPC",
    "L-589F43AA": "a VPC",
    "L-2AEEBF1A": "an ACL",
    "L-0EA8095F": "a group",
    "L-29B6F2EB": "a VPC",
    "L-6D54EA21": "a cluster",
    "L-BD136A63": "a group",
}
"""Quotas of something that the stack makes anew: what others use does not count against them."""
