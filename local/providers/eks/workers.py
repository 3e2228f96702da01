"""The nodes that `eks:index:Cluster` makes unless told not to, after pulumi-eks 4.4.

They have a role, a way into the cluster, a launch template and a scaling group, and run AL2023.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from local.providers.check import Failure
from local.providers.eks.roles import Service, service_role
from local.providers.monitor import Monitor, Options, Output, Registered, combine

_POLICIES = ("AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryReadOnly")
_IMAGE = "/aws/service/eks/optimized-ami/{}/amazon-linux-2023/{}/{}/recommended/image_id"
# What names the same on the cluster and among its `nodeGroupOptions`, but for the image.
_ON_CLUSTER = (
    *("nodeSubnetIds", "nodeAssociatePublicIpAddress", "instanceType", "nodePublicKey", "nodeRootVolumeEncrypted"),
    *("nodeRootVolumeSize", "nodeUserData", "minSize", "maxSize", "desiredCapacity", "gpu", "version"),
)
_NOT_OFFERED = (
    *("amiType", "bootstrapExtraArgs", "bottlerocketSettings", "clusterIngressRule", "clusterIngressRuleId"),
    *("extraNodeSecurityGroups", "instanceProfile", "kubeletExtraArgs", "labels", "nodeSecurityGroup"),
    *("nodeSecurityGroupId", "nodeadmExtraOptions", "operatingSystem", "taints"),
)
_VOLUME = {
    "nodeRootVolumeEncrypted": "encrypted",
    "nodeRootVolumeSize": "volumeSize",
    "nodeRootVolumeType": "volumeType",
    "nodeRootVolumeIops": "iops",
    "nodeRootVolumeThroughput": "throughput",
    "nodeRootVolumeDeleteOnTermination": "deleteOnTermination",
}


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


def _wanted(monitor: Monitor) -> bool:
    return not monitor["skipDefaultNodeGroup"].value and not monitor["fargate"].value


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
    """The default node group: its launch template and its scaling group."""

    monitor: Monitor
    component: Registered
    cluster: Registered
    subnets: Output

    def create(self, access: Access, group: Output, after: tuple[Registered, ...]) -> Registered:
        """Register both; `group` is the nodes' security group, known once the API is open to it."""
        template = self._template(access, group)
        name = combine(lambda name: f"{name}-worker", self.cluster["name"])
        owned = combine(lambda name: f"kubernetes.io/cluster/{name}", self.cluster["name"])
        given = self._option("autoScalingGroupTags").otherwise({}).value
        tags = [*given.items(), (owned, "owned"), ("Name", name)]
        inputs = {
            "minSize": self._option("minSize").otherwise(1),
            "maxSize": self._option("maxSize").otherwise(2),
            "desiredCapacity": self._option("desiredCapacity").otherwise(2),
            "launchTemplate": {"name": template["name"], "version": combine(_whole, template["latestVersion"])},
            "vpcZoneIdentifiers": self._subnets(),
            "instanceRefresh": {
                "strategy": "Rolling",
                "preferences": {"minHealthyPercentage": self._option("minRefreshPercentage").otherwise(50)},
            },
            "tags": [{"key": key, "value": value, "propagateAtLaunch": True} for key, value in tags],
        }
        ignored = ("desiredCapacity",) if self._option("ignoreScalingChanges").value else ()
        options = Options(depends_on=after, ignore_changes=ignored)
        return self.monitor.resource("aws:autoscaling/group:Group", self.monitor.name, self.component, inputs, options)

    def _option(self, name: str) -> Output:
        options = self.monitor["nodeGroupOptions"]
        if options.value is not None:
            return options.get(name)
        if name == "amiId":
            return self.monitor["nodeAmiId"]
        return self.monitor[name] if name in _ON_CLUSTER else Output(None)

    def _template(self, access: Access, group: Output) -> Registered:
        public = self._option("nodeAssociatePublicIpAddress").otherwise(True)
        price = self._option("spotPrice")
        watched = self._option("enableDetailedMonitoring")
        inputs = {
            "imageId": self._image(),
            "instanceType": self._option("instanceType").otherwise("t3.medium"),
            "iamInstanceProfile": {"name": access.profile},
            "keyName": self._key(),
            "instanceMarketOptions": None
            if price.value is None
            else {"marketType": "spot", "spotOptions": {"maxPrice": price}},
            "blockDeviceMappings": self._disks(),
            "networkInterfaces": [{"associatePublicIpAddress": combine(_truth, public), "securityGroups": [group]}],
            "userData": self._user_data(),
            "tagSpecifications": self._option("launchTemplateTagSpecifications"),
            "monitoring": None if watched.value is None else {"enabled": watched},
        }
        kind = "aws:ec2/launchTemplate:LaunchTemplate"
        return self.monitor.resource(kind, f"{self.monitor.name}-launchTemplate", self.component, inputs)

    def _image(self) -> Output:
        """The recommended image of the version, as AWS publishes it."""
        if self._option("amiId").value is not None:
            return self._option("amiId")
        size, gpu = self._option("instanceType").otherwise("t3.medium"), self._option("gpu").value

        def parameter(version: str, size: str) -> str:
            family = size.partition(".")[0]
            # Arm: a letter or several, digits, and a `g` among what follows.
            arm = "g" in family.lstrip("abcdefghijklmnopqrstuvwxyz")
            return _IMAGE.format(version, "arm64" if arm else "x86_64", "nvidia" if gpu else "standard")

        version = self._option("version")
        named = combine(parameter, version if version.value is not None else self.cluster["version"], size)
        return self.monitor.invoke("aws:ssm/getParameter:getParameter", {"name": named}).get("value")

    def _key(self) -> Output:
        public = self._option("nodePublicKey")
        if public.value is None:
            return self._option("keyName")
        name = f"{self.monitor.name}-keyPair"
        return self.monitor.resource("aws:ec2/keyPair:KeyPair", name, self.component, {"publicKey": public})["keyName"]

    def _disks(self) -> list[dict[str, Any]]:
        """The root disk as far as the program says something about it."""
        given = {name: self._option(option) for option, name in _VOLUME.items()}
        disk = {name: value for name, value in given.items() if value.value is not None}
        for name in disk.keys() & {"encrypted", "deleteOnTermination"}:
            disk[name] = combine(_truth, disk[name])
        return [{"deviceName": "/dev/xvda", "ebs": disk}] if disk else []

    def _user_data(self) -> Output:
        override = self._option("nodeUserDataOverride")
        if override.value is not None:
            return combine(_encoded, override)
        cluster = self.cluster
        authority = cluster["certificateAuthority"].get("data")
        addresses = cluster["kubernetesNetworkConfig"]
        parts = (cluster["name"], cluster["endpoint"], authority, addresses, self._option("nodeUserData"))
        return combine(_node_config, *parts)

    def _subnets(self) -> Output:
        """Those of nodes, else the private ones, the public ones, or all: which of those are private, AWS knows."""
        for given in (self._option("nodeSubnetIds"), self.monitor["privateSubnetIds"], self.monitor["publicSubnetIds"]):
            if given.value is not None:
                return given
        return self.subnets


def _node_config(name: str, endpoint: str, authority: str, addresses: dict[str, str], script: str | None) -> str:
    """What a node needs to find its cluster: https://awslabs.github.io/amazon-eks-ami/nodeadm/."""
    cidr = addresses.get("serviceIpv6Cidr" if addresses.get("ipFamily") == "ipv6" else "serviceIpv4Cidr")
    cluster = {"name": name, "apiServerEndpoint": endpoint, "certificateAuthority": authority, "cidr": cidr}
    config = {"apiVersion": "node.eks.aws/v1alpha1", "kind": "NodeConfig", "spec": {"cluster": cluster}}
    parts = [("application/node.eks.aws", f"---\n{_yaml(config)}")]
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
