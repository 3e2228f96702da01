"""What a resource may want of others, in forms that many types share."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, Protocol

from local.providers.partitions import partition_of

ADDON = "aws:eks/addon:Addon"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
BACKUPS_REPLICATION = "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication"
BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
BUCKET_VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
CLUSTER = "aws:eks/cluster:Cluster"
DATABASE = "aws:rds/instance:Instance"
EGRESS_RULE = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
FLOW_LOG = "aws:ec2/flowLog:FlowLog"
INGRESS_RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
INLINE_POLICY = "aws:iam/rolePolicy:RolePolicy"
INTERNET_GATEWAY = "aws:ec2/internetGateway:InternetGateway"
KEY = "aws:kms/key:Key"
LAUNCH_TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
METRIC_ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
NAT_GATEWAY = "aws:ec2/natGateway:NatGateway"
NETWORK_ACL = "aws:ec2/networkAcl:NetworkAcl"
NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
POLICY = "aws:iam/policy:Policy"
RECORDER = "aws:cfg/recorder:Recorder"
RELEASE = "kubernetes:helm.sh/v3:Release"
REPLICATION_GROUP = "aws:elasticache/replicationGroup:ReplicationGroup"
ROLE = "aws:iam/role:Role"
ROUTE = "aws:ec2/route:Route"
ROUTE_ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"
SUBNET = "aws:ec2/subnet:Subnet"
TOPIC = "aws:sns/topic:Topic"
TOPIC_POLICY = "aws:sns/topicPolicy:TopicPolicy"
TRAIL = "aws:cloudtrail/trail:Trail"
RESTORE_PLAN = "aws:backup/restoreTestingPlan:RestoreTestingPlan"
RESTORE_TEST = "aws:backup/restoreTestingSelection:RestoreTestingSelection"
VAULT = "aws:backup/vault:Vault"
VPC_ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"


class Thing(Protocol):
    """A resource that exists, or is about to."""

    @property
    def type(self) -> str:
        """Type token."""

    @property
    def id(self) -> str:
        """Physical id."""

    @property
    def inputs(self) -> Mapping[str, Any]:
        """What it was created with."""

    @property
    def outputs(self) -> Mapping[str, Any]:
        """What it has."""


@dataclass(frozen=True)
class Wanted:
    """A resource that has to be there: of one of `types`, with `value` (`None`: any) in the property at `path`."""

    types: tuple[str, ...]
    path: str = ""
    value: str | None = None
    accepts: Callable[[Thing], bool] = lambda _: True

    def __str__(self) -> str:
        kinds = " or ".join(type_.rpartition(":")[2] for type_ in self.types)
        return f"{kinds} with {self.path} {self.value}" if self.path else kinds

    def fits(self, thing: Thing) -> bool:
        """Whether this is the resource that is wanted."""
        if thing.type not in self.types:
            return False
        return (not self.path or self.value in values(thing, self.path)) and self.accepts(thing)


World = Sequence[Thing]
Wants = Callable[[Thing, World], Iterable[Wanted]]


class Need(NamedTuple):
    """A demand: what a type of consumer (a pattern) needs, and what AWS does without it."""

    consumer: str
    wants: Wants
    why: str


def values(thing: Thing, path: str) -> list[Any]:
    """The values of a resource at a path such as `vpcConfig.subnetIds`; lists on the way and at its end are opened."""
    first, _, rest = path.partition(".")
    known = thing.id if first == "id" else thing.outputs.get(first, thing.inputs.get(first))
    found = [known]
    for name in rest.split(".") if rest else ():
        found = [each.get(name) for each in _opened(found) if isinstance(each, Mapping)]
    return [each for each in _opened(found) if each is not None]


def _opened(found: Iterable[Any]) -> Iterator[Any]:
    for each in found:
        if isinstance(each, list):
            yield from _opened(each)
        else:
            yield each


def find(world: World, wanted: Wanted) -> list[Thing]:
    """What there is of what is wanted."""
    return [thing for thing in world if wanted.fits(thing)]


def refers(path: str, type_: str, key: str, without: str = "") -> Wants:
    """What the property at `path` names by its `key`; `without` is an ending that does not belong to it."""
    return lambda consumer, _: (
        Wanted((type_,), key, str(value).removesuffix(without)) for value in values(consumer, path)
    )


def beside(type_: str, key: str = "bucket") -> Wants:
    """Another setting of the same bucket, vault, and so on."""
    return refers(key, type_, key)


def every(type_: str) -> Wants:
    """Whatever there is of this type, of which a region has one; objects of a cluster have no region of their own."""
    return lambda consumer, _: (
        [Wanted((type_,), "region", region) for region in values(consumer, "region")] or [Wanted((type_,))]
    )


def role(path: str) -> Wants:
    """What the role at `path` is allowed: it must be allowed something, and in the end everything."""
    return lambda consumer, _: (_permissions(arn) for arn in values(consumer, path))


def key_for(path: str, service: str) -> Wants:
    """A key that its policy lets this service use; one that the service needs no permission for is another matter."""

    def wants(consumer: Thing, _: World) -> Iterator[Wanted]:
        for arn in values(consumer, path):
            region = str(arn).split(":")[3] if str(arn).startswith("arn:") else ""
            principal = service.format(region=region, suffix=partition_of(region)[1])
            yield Wanted((KEY,), "arn", arn, partial(_lets_in, principal))

    return wants


def _permissions(arn: str) -> Wanted:
    return Wanted((ATTACHMENT, INLINE_POLICY), "role", arn.rpartition("/")[2])


def _lets_in(service: str, key: Thing) -> bool:
    """Whether a key's policy lets a service in: by itself, or as the way on which the account's principals come."""
    for statement in json.loads(str(key.inputs.get("policy", "{}"))).get("Statement", ()):
        via = statement.get("Condition", {}).get("StringEquals", {}).get("kms:ViaService", ())
        principals = statement.get("Principal", {})
        named = principals.get("Service", ()) if isinstance(principals, dict) else ()
        if statement["Effect"] == "Allow" and service in {*_listed(via), *_listed(named)}:
            return True
    return False


def _listed(value: Any) -> list[Any]:
    return [value] if isinstance(value, str) else list(value)
