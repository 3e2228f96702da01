"""Nodes that a program runs itself, such as `eks:index:Cluster` makes unless told not to, after pulumi-eks 4.4.

They have a role, a way into the cluster, a launch template and a scaling group.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from local.providers.check import Failure
from local.providers.eks import systems
from local.providers.eks.roles import Service, service_role
from local.providers.eks.security import NodeGroupSecurity
from local.providers.eks.user_data import OPTIONS, user_data
from local.providers.monitor import Monitor, Options, Output, Registered, combine

_POLICIES = ("AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryReadOnly")
# What names the same on the cluster and among its `nodeGroupOptions`, but for the image.
_ON_CLUSTER = (
    *("nodeSubnetIds", "nodeAssociatePublicIpAddress", "instanceType", "nodePublicKey", "nodeRootVolumeEncrypted"),
    *("nodeRootVolumeSize", "nodeUserData", "minSize", "maxSize", "desiredCapacity", "gpu", "version"),
)
_NOT_OFFERED = (
    *("clusterIngressRule", "clusterIngressRuleId", "extraNodeSecurityGroups", "instanceProfile"),
    *("nodeSecurityGroup", "nodeSecurityGroupId"),
)
VOLUME = {
    "nodeRootVolumeEncrypted": "encrypted",
    "nodeRootVolumeSize": "volumeSize",
    "nodeRootVolumeType": "volumeType",
    "nodeRootVolumeIops": "iops",
    "nodeRootVolumeThroughput": "throughput",
    "nodeRootVolumeDeleteOnTermination": "deleteOnTermination",
}
"""Options of a node's disk, and what each is called where the disk is described."""
_AL2_DISK = {"encrypted": False, "volumeSize": 20, "volumeType": "gp2", "deleteOnTermination": True}


def failures(monitor: Monitor) -> Iterator[Failure]:
    """What the real component refuses, and what the stand-in does not offer."""
    options = monitor["nodeGroupOptions"].value
    given = [name for name in (*_ON_CLUSTER, "nodeAmiId") if monitor[name].value is not None and name != "version"]
    if options is not None and given:
        yield Failure(
            "nodeGroupOptions",
            "Setting nodeGroupOptions, and any set of singular node group option(s) on the cluster, is mutually "
            "exclusive. Choose a single approach.",
        )
    for name in _NOT_OFFERED:
        if (options or {}).get(name) is not None:
            yield Failure(f"nodeGroupOptions.{name}", "the stand-in for eks does not offer this")
    if monitor["instanceRoles"].value is not None and _wanted(monitor) and _profile_name(monitor) is None:
        yield Failure("instanceProfile", "an instanceProfile or instanceProfileName is required")


def first_given(monitor: Monitor, *names: str) -> Output:
    """The first of these inputs that the program gives."""
    return next((monitor[name] for name in names if monitor[name].value is not None), Output(None))


def _wanted(monitor: Monitor) -> bool:
    automatic = (monitor["autoMode"].value or {}).get("enabled")
    return not (monitor["skipDefaultNodeGroup"].value or monitor["fargate"].value or automatic)


def cluster_option(monitor: Monitor, name: str) -> Output:
    """An option of the default nodes, which the cluster takes itself or among its `nodeGroupOptions`."""
    options = monitor["nodeGroupOptions"]
    if options.value is not None:
        return options.get(name)
    if name == "amiId":
        return monitor["nodeAmiId"]
    return monitor[name] if name in _ON_CLUSTER else Output(None)


def opened(security: NodeGroupSecurity) -> Output:
    """The id of the nodes' group, known once the API server is open to it."""
    return Output(security.group.id, frozenset({security.group.urn, security.ingress.urn}))


def _profile_name(monitor: Monitor) -> Any:
    own = (monitor["nodeGroupOptions"].value or {}).get("instanceProfileName")
    return own if monitor["instanceProfileName"].value is None else monitor["instanceProfileName"].value


@dataclass(frozen=True)
class Access:
    """How nodes come into the cluster."""

    role: Output | None
    """The role that the component knows of nodes; None where it knows none."""
    profile: Any
    """Name of the instance profile."""


def node_access(monitor: Monitor, component: Registered) -> Access:
    """The role of nodes, given or made here, with an instance profile."""
    profile = _profile_name(monitor)
    if monitor["instanceRoles"].value is not None:
        return Access(None, profile)
    role = monitor["instanceRole"] if monitor["instanceRole"].value is not None else _own_role(monitor, component)
    if role is None:
        return Access(None, profile)
    if profile is None and (_wanted(monitor) or monitor["instanceRole"].value is None):
        name = monitor.read(role).get("name")
        kind = "aws:iam/instanceProfile:InstanceProfile"
        profile = monitor.resource(kind, f"{monitor.name}-instanceProfile", component, {"role": name})["name"]
    return Access(role, profile)


def _own_role(monitor: Monitor, component: Registered) -> Output | None:
    asked = monitor["createInstanceRole"].value
    if not (asked or (asked is None and not monitor["skipDefaultNodeGroup"].value)):
        return None
    name = f"{monitor.name}-instanceRole"
    made = service_role(monitor, name, component, Service("ec2.amazonaws.com", _POLICIES))
    return made.resolved


def map_access(monitor: Monitor, component: Registered, access: Access, provider: Registered | None) -> Registered:
    """The ConfigMap that tells the cluster which roles and users of IAM are whom."""
    roles = [access.role] if access.role else monitor["instanceRoles"].value or []
    arns = [monitor.read(each if isinstance(each, Output) else Output(each)).get("arn") for each in roles]
    nodes = {"username": "system:node:{{EC2PrivateDNSName}}", "groups": ["system:bootstrappers", "system:nodes"]}

    def role_map(mappings: list[dict[str, Any]], *known: str) -> str:
        own = [{"roleArn": arn, **nodes} for arn in known]
        return _yaml([{"rolearn": each["roleArn"], **_subject(each)} for each in (*mappings, *own)])

    data = {"mapRoles": combine(role_map, monitor["roleMappings"].otherwise([]), *arns)}
    if monitor["userMappings"].value is not None:
        users = monitor["userMappings"]
        data["mapUsers"] = combine(
            lambda known: _yaml([{"userarn": each["userArn"], **_subject(each)} for each in known]), users
        )
    metadata = {
        "name": "aws-auth",
        "namespace": "kube-system",
        "annotations": {"pulumi.com/patchForce": "true"},
    }
    inputs = {"apiVersion": "v1", "kind": "ConfigMap", "immutable": False, "metadata": metadata, "data": data}
    options = Options(provider=provider)
    return monitor.resource("kubernetes:core/v1:ConfigMap", f"{monitor.name}-nodeAccess", component, inputs, options)


def _subject(mapping: Mapping[str, Any]) -> dict[str, Any]:
    return {"username": mapping["username"], "groups": mapping["groups"]}


def _yaml(content: Any) -> str:
    return str(yaml.safe_dump(content, sort_keys=False, default_flow_style=False))


@dataclass(frozen=True)
class Workers:
    """Nodes that a program runs itself: their launch template and their scaling group."""

    monitor: Monitor
    component: Registered
    cluster: Registered
    subnets: Output
    """Where they are unless an option says so."""
    option: Callable[[str], Output]

    def create(self, profile: Any, groups: list[Output], after: tuple[Registered, ...]) -> Registered:
        """Register both, with an instance profile's name and security groups."""
        template = self._template(profile, groups)
        name = combine(lambda name: f"{name}-worker", self.cluster["name"])
        owned = combine(lambda name: f"kubernetes.io/cluster/{name}", self.cluster["name"])
        given = self.option("autoScalingGroupTags").otherwise({}).value
        tags = [*given.items(), (owned, "owned"), ("Name", name)]
        inputs = {
            "minSize": self.option("minSize").otherwise(1),
            "maxSize": self.option("maxSize").otherwise(2),
            "desiredCapacity": self.option("desiredCapacity").otherwise(2),
            "launchTemplate": {"name": template["name"], "version": combine(_whole, template["latestVersion"])},
            "vpcZoneIdentifiers": self.where(),
            "instanceRefresh": {
                "strategy": "Rolling",
                "preferences": {"minHealthyPercentage": self.option("minRefreshPercentage").otherwise(50)},
            },
            "defaultInstanceWarmup": self.option("defaultInstanceWarmup"),
            "tags": [{"key": key, "value": value, "propagateAtLaunch": True} for key, value in tags],
        }
        ignored = ("desiredCapacity",) if self.option("ignoreScalingChanges").value else ()
        options = Options(depends_on=after, ignore_changes=ignored)
        return self.monitor.resource("aws:autoscaling/group:Group", self.monitor.name, self.component, inputs, options)

    def _template(self, profile: Any, groups: list[Output]) -> Registered:
        public = self.option("nodeAssociatePublicIpAddress").otherwise(True)
        price = self.option("spotPrice")
        watched = self.option("enableDetailedMonitoring")
        inputs = {
            "imageId": self.image(),
            "instanceType": self.option("instanceType").otherwise("t3.medium"),
            "iamInstanceProfile": {"name": profile},
            "keyName": self.key(),
            "instanceMarketOptions": None
            if price.value is None
            else {"marketType": "spot", "spotOptions": {"maxPrice": price}},
            "blockDeviceMappings": self._disks(),
            "networkInterfaces": [{"associatePublicIpAddress": combine(_truth, public), "securityGroups": groups}],
            "metadataOptions": self.option("metadataOptions"),
            "userData": self.user_data({"kind": "self-managed-v2", "stack": self.monitor.name}),
            "tagSpecifications": self.option("launchTemplateTagSpecifications"),
            "monitoring": None if watched.value is None else {"enabled": watched},
        }
        kind = "aws:ec2/launchTemplate:LaunchTemplate"
        return self.monitor.resource(kind, f"{self.monitor.name}-launchTemplate", self.component, inputs)

    def image(self) -> Output:
        """The recommended image of the version, as AWS publishes it."""
        if self.option("amiId").value is not None:
            return self.option("amiId")
        size, version = self.option("instanceType"), self.option("version")
        named = combine(
            systems.parameter,
            version if version.value is not None else self.cluster["version"],
            *map(self.option, ("amiType", "operatingSystem", "gpu")),
            Output([] if size.value is None else [size]),
        )
        return self.monitor.invoke("aws:ssm/getParameter:getParameter", {"name": named}).get("value")

    @property
    def system(self) -> Output:
        """What the nodes run."""
        return combine(systems.system_of, self.option("amiType"), self.option("operatingSystem"))

    def key(self) -> Output:
        """The name of the key for SSH, if there is one."""
        public = self.option("nodePublicKey")
        if public.value is None:
            return self.option("keyName")
        name = f"{self.monitor.name}-keyPair"
        return self.monitor.resource("aws:ec2/keyPair:KeyPair", name, self.component, {"publicKey": public})["keyName"]

    def disk(self) -> dict[str, Output]:
        """The disk for data as far as the program says something about it, or all of it where the system is AL2."""
        given = {name: self.option(option) for option, name in VOLUME.items()}
        defaults = _AL2_DISK if self.system.value == "AL2" else {}
        disk = {name: value.otherwise(defaults.get(name)) for name, value in given.items()}
        return {name: value for name, value in disk.items() if value.value is not None}

    def _disks(self) -> list[dict[str, Any]]:
        disk = self.disk()
        for name in disk.keys() & {"encrypted", "deleteOnTermination"}:
            disk[name] = combine(_truth, disk[name])
        return [{"deviceName": combine(systems.DATA_DISKS.__getitem__, self.system), "ebs": disk}] if disk else []

    def user_data(self, group: Mapping[str, Any]) -> Output:
        """What tells a node which cluster is its own."""
        options = {name: self.option(name) for name in (*OPTIONS, "labels", "taints")}
        options |= {"override": self.option("nodeUserDataOverride"), "script": self.option("nodeUserData")}
        return user_data(group, self.cluster, self.system, options)

    def where(self) -> Output:
        """The subnets of the nodes; which of the cluster's are private, only AWS knows."""
        given = self.option("nodeSubnetIds")
        return self.subnets if given.value is None else given


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _whole(number: float) -> str:
    return f"{number:.0f}"
