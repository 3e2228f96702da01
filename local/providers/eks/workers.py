"""Nodes that a program runs itself, such as `eks:index:Cluster` makes unless told not to, after pulumi-eks 4.4.

They have a role, a way into the cluster, a launch template and a scaling group, and run AL2023.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from local.providers.check import Failure
from local.providers.eks.roles import Service, service_role
from local.providers.eks.security import NodeGroupSecurity
from local.providers.monitor import Monitor, Options, Output, Registered, combine

_POLICIES = ("AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryReadOnly")
_IMAGE = "/aws/service/eks/optimized-ami/{}/amazon-linux-2023/{}/{}/recommended/image_id"
# What names the same on the cluster and among its `nodeGroupOptions`, but for the image.
_ON_CLUSTER = (
    *("nodeSubnetIds", "nodeAssociatePublicIpAddress", "instanceType", "nodePublicKey", "nodeRootVolumeEncrypted"),
    *("nodeRootVolumeSize", "nodeUserData", "minSize", "maxSize", "desiredCapacity", "gpu", "version"),
)
_NOT_OFFERED = (
    *("clusterIngressRule", "clusterIngressRuleId", "extraNodeSecurityGroups", "instanceProfile"),
    *("nodeSecurityGroup", "nodeSecurityGroupId"),
)
UNKNOWN_SYSTEMS = ("bootstrapExtraArgs", "bottlerocketSettings", "nodeadmExtraOptions")
"""Options of nodes that the stand-in does not offer: it knows AL2023 without more of its configuration."""
VOLUME = {
    "nodeRootVolumeEncrypted": "encrypted",
    "nodeRootVolumeSize": "volumeSize",
    "nodeRootVolumeType": "volumeType",
    "nodeRootVolumeIops": "iops",
    "nodeRootVolumeThroughput": "throughput",
    "nodeRootVolumeDeleteOnTermination": "deleteOnTermination",
}
"""Options of a node's disk, and what each is called where the disk is described."""


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
    yield from unknown_systems(options or {}, "nodeGroupOptions.")
    if monitor["instanceRoles"].value is not None and _wanted(monitor) and _profile_name(monitor) is None:
        yield Failure("instanceProfile", "an instanceProfile or instanceProfileName is required")


def unknown_systems(options: Mapping[str, Any], path: str = "") -> Iterator[Failure]:
    """What of the options asks for another system than AL2023, or for more of it than the stand-in knows."""
    asked = [name for name in UNKNOWN_SYSTEMS if options.get(name) is not None]
    if not str(options.get("amiType") or "AL2023").startswith("AL2023"):
        asked.append("amiType")
    if options.get("operatingSystem") not in (None, "AL2023", "RECOMMENDED"):
        asked.append("operatingSystem")
    for name in asked:
        yield Failure(f"{path}{name}", "the stand-in for eks does not offer this: its nodes run AL2023")


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
            "userData": self.user_data(),
            "tagSpecifications": self.option("launchTemplateTagSpecifications"),
            "monitoring": None if watched.value is None else {"enabled": watched},
        }
        kind = "aws:ec2/launchTemplate:LaunchTemplate"
        return self.monitor.resource(kind, f"{self.monitor.name}-launchTemplate", self.component, inputs)

    def image(self) -> Output:
        """The recommended image of the version, as AWS publishes it."""
        if self.option("amiId").value is not None:
            return self.option("amiId")
        size, gpu = self.option("instanceType").otherwise("t3.medium"), self.option("gpu").value

        def parameter(version: str, size: str) -> str:
            family = size.partition(".")[0]
            # Arm: a letter or several, digits, and a `g` among what follows.
            arm = "g" in family.lstrip("abcdefghijklmnopqrstuvwxyz")
            return _IMAGE.format(version, "arm64" if arm else "x86_64", "nvidia" if gpu else "standard")

        version = self.option("version")
        named = combine(parameter, version if version.value is not None else self.cluster["version"], size)
        return self.monitor.invoke("aws:ssm/getParameter:getParameter", {"name": named}).get("value")

    def key(self) -> Output:
        """The name of the key for SSH, if there is one."""
        public = self.option("nodePublicKey")
        if public.value is None:
            return self.option("keyName")
        name = f"{self.monitor.name}-keyPair"
        return self.monitor.resource("aws:ec2/keyPair:KeyPair", name, self.component, {"publicKey": public})["keyName"]

    def _disks(self) -> list[dict[str, Any]]:
        """The root disk as far as the program says something about it."""
        given = {name: self.option(option) for option, name in VOLUME.items()}
        disk = {name: value for name, value in given.items() if value.value is not None}
        for name in disk.keys() & {"encrypted", "deleteOnTermination"}:
            disk[name] = combine(_truth, disk[name])
        return [{"deviceName": "/dev/xvda", "ebs": disk}] if disk else []

    def user_data(self) -> Output:
        """What tells a node which cluster is its own."""
        override = self.option("nodeUserDataOverride")
        if override.value is not None:
            return combine(_encoded, override)
        cluster = self.cluster
        authority = cluster["certificateAuthority"].get("data")
        addresses = cluster["kubernetesNetworkConfig"]
        flags = combine(_kubelet_flags, *map(self.option, ("labels", "taints", "kubeletExtraArgs")))
        parts = (cluster["name"], cluster["endpoint"], authority, addresses, flags, self.option("nodeUserData"))
        return combine(_node_config, *parts)

    def where(self) -> Output:
        """The subnets of the nodes; which of the cluster's are private, only AWS knows."""
        given = self.option("nodeSubnetIds")
        return self.subnets if given.value is None else given


def _kubelet_flags(
    labels: Mapping[str, str] | None, taints: Mapping[str, Mapping[str, str]] | None, more: str | None
) -> list[str]:
    """What the kubelet registers its node with."""
    flags = (more or "").split()
    if labels:
        flags.append("--node-labels=" + ",".join(f"{key}={value}" for key, value in labels.items()))
    if taints:
        marks = (f"{key}={taint['value']}:{taint['effect']}" for key, taint in taints.items())
        flags.append("--register-with-taints=" + ",".join(marks))
    return flags


def _node_config(*known: Any) -> str:
    """What a node needs to find its cluster: https://awslabs.github.io/amazon-eks-ami/nodeadm/."""
    name, endpoint, authority, addresses, flags, script = known
    cidr = addresses.get("serviceIpv6Cidr" if addresses.get("ipFamily") == "ipv6" else "serviceIpv4Cidr")
    cluster = {"name": name, "apiServerEndpoint": endpoint, "certificateAuthority": authority, "cidr": cidr}
    config = {"apiVersion": "node.eks.aws/v1alpha1", "kind": "NodeConfig", "spec": {"cluster": cluster}}
    parts = [("application/node.eks.aws", f"---\n{_yaml(config)}")]
    if flags:
        config = {**config, "spec": {"kubelet": {"flags": flags}}}
        parts.append(("application/node.eks.aws", f"---\n{_yaml(config)}"))
    if script:
        parts.append(('text/x-shellscript; charset="us-ascii"', script))
    text = 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="BOUNDARY"\n\n'
    text += "".join(f"--BOUNDARY\nContent-Type: {kind}\n\n{content}\n" for kind, content in parts)
    return _encoded(f"{text}--BOUNDARY--\n")


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _whole(number: float) -> str:
    return f"{number:.0f}"
