"""What a deployed stack tells about its own architecture: who may talk to whom, and which key protects what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from review.errors import ReviewError
from review.resources import Inventory, Resource

INTERNET = "Internet"
ANY_PORT = "any"

# Who stands behind a security group, by its logical name. A group that is not listed appears under its own name.
_PARTIES: Mapping[str, str] = {
    "network-alb": "Load balancers",
    "network-endpoints": "AWS endpoints",
    "cluster-control-plane": "Control plane",
    "cluster-nodes": "Nodes and pods",
    "postgres": "PostgreSQL",
    "redis": "Redis",
}
ALB, ENDPOINTS, CONTROL_PLANE, NODES, POSTGRES, REDIS = _PARTIES.values()

_INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
_EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
_ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"

_BUCKET = "bucket "

# What each type of resource puts under a key that it names. Types that only pass a key on are left out.
_PROTECTED: Mapping[str, str] = {
    "aws:backup/vault:Vault": "recovery points",
    "aws:cfg/deliveryChannel:DeliveryChannel": "history of AWS Config",
    "aws:cloudtrail/trail:Trail": "trail",
    "aws:cloudwatch/logGroup:LogGroup": "log groups",
    "aws:ebs/defaultKmsKey:DefaultKmsKey": "new volumes of the account",
    "aws:ec2/launchTemplate:LaunchTemplate": "disks of nodes",
    "aws:ecr/repository:Repository": "images",
    "aws:eks/cluster:Cluster": "Kubernetes secrets",
    "aws:elasticache/replicationGroup:ReplicationGroup": "Redis and its snapshots",
    "aws:rds/instance:Instance": "PostgreSQL, its backups and insights",
    "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication": "backups of PostgreSQL",
    "aws:secretsmanager/secret:Secret": "secrets",
    "aws:sns/topic:Topic": "alarm topic",
    "kubernetes:storage.k8s.io/v1:StorageClass": "volumes of pods",
}


@dataclass(frozen=True, kw_only=True)
class Connection:
    """What security groups let through."""

    source: str
    target: str
    ports: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Key:
    """A customer key and what is encrypted under it."""

    name: str
    """Its alias without the name of the stack, such as `rds`."""
    region: str
    protects: tuple[str, ...]


class Architecture:
    """A view of one deployed stack."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        provider = next(iter(self.sorted("pulumi:providers:aws")), None)
        if provider is None:
            raise ReviewError("the state holds no provider of AWS: is it that of a stack?")
        self.region = str(provider.inputs["region"])
        self.stack = provider.urn.split("::")[0].removeprefix("urn:pulumi:")
        self.vpc = self.one("aws:ec2/vpc:Vpc")
        self._groups = {group.id: group for group in inventory.of_type("aws:ec2/securityGroup:SecurityGroup")}
        self._keys = {str(key.outputs["arn"]): key for key in inventory.of_type("aws:kms/key:Key")}
        self._aliases = {
            str(alias.inputs["targetKeyId"]): str(alias.inputs["name"]).removeprefix("alias/")
            for alias in inventory.of_type("aws:kms/alias:Alias")
        }

    def one(self, type_: str) -> Resource:
        """The first resource of a type by logical name, in the stack's own region if there is one.

        Raises:
            ReviewError: there is none.
        """
        found = [*self.here(type_), *self.sorted(type_)]
        if not found:
            raise ReviewError(f"the state holds no {type_}: is it that of a whole stack?")
        return found[0]

    def sorted(self, type_: str) -> list[Resource]:
        """All resources of a type by logical name, whatever the order in which they were created."""
        return sorted(self.inventory.of_type(type_), key=lambda resource: resource.name)

    def here(self, type_: str) -> list[Resource]:
        """The resources of a type in the stack's own region."""
        return [each for each in self.sorted(type_) if self.is_here(each)]

    def abroad(self, type_: str) -> list[Resource]:
        """The resources of a type in another region."""
        return [each for each in self.sorted(type_) if not self.is_here(each)]

    def is_here(self, resource: Resource) -> bool:
        """Whether a resource is in the stack's own region."""
        return bool(resource.inputs.get("region", self.region) == self.region)

    def subnets(self, tier: str) -> dict[str, str]:
        """The CIDR block of a tier in each availability zone."""
        found = [subnet for subnet in self.sorted("aws:ec2/subnet:Subnet") if f"-{tier}-" in subnet.name]
        return {str(subnet.inputs["availabilityZone"]): str(subnet.inputs["cidrBlock"]) for subnet in found}

    def connections(self) -> list[Connection]:
        """Who may connect to whom, from the rules of the security groups, from the outside to the inside."""
        ports: dict[tuple[str, str], set[str]] = {}
        for rule in self.sorted(_INGRESS):
            ends = (self._peer(rule), self._party(str(rule.inputs["securityGroupId"])))
            ports.setdefault(ends, set()).add(_port(rule))
        for rule in self.sorted(_EGRESS):
            ends = (self._party(str(rule.inputs["securityGroupId"])), self._peer(rule))
            ports.setdefault(ends, set()).add(_port(rule))
        return [
            Connection(source=source, target=target, ports=tuple(sorted(ports[source, target], key=_port_order)))
            for source, target in sorted(ports, key=lambda ends: [_from_outside_in(end) for end in ends])
        ]

    def ports(self, source: str, target: str) -> tuple[str, ...]:
        """The ports on which one may connect to the other; empty where the security groups let nothing through."""
        return next((each.ports for each in self.connections() if (each.source, each.target) == (source, target)), ())

    def key_name(self, arn: object) -> str:
        """The name of a key without the stack's, such as `rds`; empty for what is no key of the stack."""
        key = self._keys.get(str(arn))
        return self._name(key) if key else ""

    def customer_keys(self) -> list[Key]:
        """All keys, those of the stack's own region first."""
        uses: dict[str, dict[str, set[str]]] = {arn: {} for arn in self._keys}
        for resource in self.inventory.values():
            for text in _texts(resource.inputs):
                if text in uses and (what := self._protected(resource)):
                    uses[text].setdefault(what, set()).add(resource.urn)
        keys = [
            Key(
                name=self._name(key),
                region=str(key.inputs.get("region", self.region)),
                protects=tuple(_summary({what: len(urns) for what, urns in uses[arn].items()})),
            )
            for arn, key in self._keys.items()
        ]
        return sorted(keys, key=lambda key: (key.region != self.region, key.name))

    def bucket_label(self, resource: Resource) -> str:
        """What a bucket is for: the part of its name between the stack's and the account's."""
        name = str(resource.inputs["bucket"])
        return "-".join(name.removeprefix(f"{self.stack}-").split("-")[:-4])

    def _name(self, key: Resource) -> str:
        return self._aliases.get(key.id, key.name).removeprefix(f"{self.stack}-")

    def _protected(self, resource: Resource) -> str:
        if resource.type == _ENCRYPTION:
            return f"{_BUCKET}{self.bucket_label(resource)}"
        return _PROTECTED.get(resource.type, "")

    def _party(self, group_id: str) -> str:
        group = self._groups.get(group_id)
        return _PARTIES.get(group.name, group.name) if group else group_id

    def _peer(self, rule: Resource) -> str:
        inputs = rule.inputs
        if group := inputs.get("referencedSecurityGroupId"):
            return self._party(str(group))
        cidr = str(inputs.get("cidrIpv4") or inputs.get("cidrIpv6") or inputs.get("prefixListId"))
        if cidr in ("0.0.0.0/0", "::/0"):
            return INTERNET
        if cidr == self.vpc.inputs["cidrBlock"]:
            return "VPC"
        tiers = ("public", "private", "database")
        return next((f"{tier.title()} subnets" for tier in tiers if cidr in self.subnets(tier).values()), cidr)


def _from_outside_in(party: str) -> tuple[int, str]:
    order = [INTERNET, "", *_PARTIES.values()]
    return (order.index(party) if party in order else order.index(""), party)


def _port(rule: Resource) -> str:
    inputs = rule.inputs
    if inputs.get("ipProtocol") == "-1":
        return ANY_PORT
    first, last = inputs.get("fromPort"), inputs.get("toPort")
    if (first, last) == (0, 65535):
        return f"{ANY_PORT} {inputs['ipProtocol']}"
    return f"{first:g}" if first == last else f"{first:g}-{last:g}"


def _port_order(port: str) -> tuple[int, str]:
    first = port.partition("-")[0]
    return (int(first) if first.isdigit() else 0, port)


def _summary(uses: Mapping[str, int]) -> Iterator[str]:
    """What a key protects, with all buckets in one phrase."""
    buckets = sorted(what.removeprefix(_BUCKET) for what in uses if what.startswith(_BUCKET))
    if buckets:
        yield f"bucket{'s' if len(buckets) > 1 else ''} {', '.join(buckets)}"
    for what in sorted(set(uses) - {f"{_BUCKET}{label}" for label in buckets}):
        yield f"{uses[what]} {what}" if what in ("log groups", "secrets") else what


def _texts(value: Any) -> Iterator[str]:
    """All texts in a value, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
