"""`eks:index:NodeGroup` and `eks:index:NodeGroupV2`: nodes beside those of the cluster, after pulumi-eks 4.4."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pulumi.runtime.proto import provider_pb2

from local.providers.check import Failure
from local.providers.eks.documents import merged
from local.providers.eks.nodes import control_plane, core_of
from local.providers.eks.security import identifier, node_security
from local.providers.eks.systems import DATA_DISKS
from local.providers.eks.workers import Workers, opened
from local.providers.monitor import Monitor, Options, Output, Registered, combine
from local.providers.package import Refused
from local.providers.values import Reference

_ALONE = (
    ("clusterIngressRule", "clusterIngressRuleId"),
    ("instanceProfile", "instanceProfileName"),
    ("nodePublicKey", "keyName"),
    ("nodeSecurityGroup", "nodeSecurityGroupId"),
    ("amiId", "gpu"),
)
_USER_DATA = ("nodeUserData", "labels", "taints", "kubeletExtraArgs", "bootstrapExtraArgs")


def construct_node_group_v2(request: provider_pb2.ConstructRequest, monitor: Monitor) -> provider_pb2.ConstructResponse:
    """Nodes with a launch template and a scaling group."""
    group = _Group(request, monitor)
    made = group.workers.create(group.profile, group.groups, group.after)
    return monitor.finish(group.component, {**group.outputs, "autoScalingGroup": made.reference})


def construct_node_group(request: provider_pb2.ConstructRequest, monitor: Monitor) -> provider_pb2.ConstructResponse:
    """Nodes with a launch configuration, in a scaling group of CloudFormation's."""
    group = _Group(request, monitor)
    suffix = monitor.resource(
        "eks:index:RandomSuffix", f"{request.name}-cfnStackName", group.component, {"input": request.name}
    )
    configuration = _launch_configuration(monitor, group, suffix["output"])
    sizes = [monitor["desiredCapacity"].otherwise(2), monitor["minSize"].otherwise(1), monitor["maxSize"].otherwise(2)]
    tags = monitor["autoScalingGroupTags"].otherwise({})
    patient = Output(0 if monitor["spotPrice"].value else 1)
    parts = (configuration["id"], *sizes, group.workers.where(), group.cluster["name"], tags, patient)
    inputs = {
        "name": suffix["output"],
        "templateBody": combine(_template, *parts),
        "tags": merged({"Name": f"{request.name}-nodes"}, monitor["cloudFormationTags"], group.core.get("tags")),
    }
    kind, options = "aws:cloudformation/stack:Stack", Options(depends_on=group.after)
    stack = monitor.resource(kind, f"{request.name}-nodes", group.component, inputs, options)
    outputs = {"autoScalingGroupName": stack["outputs"].get("NodeGroup"), "cfnStack": stack.reference}
    return monitor.finish(group.component, {**group.outputs, **outputs})


class _Group:
    """What both kinds of groups have: a component, a cluster, security groups, an instance profile."""

    def __init__(self, request: provider_pb2.ConstructRequest, monitor: Monitor) -> None:
        if failures := tuple(_failures(monitor)):
            raise Refused("Invalid arguments for node group", failures)
        self.core = core_of(monitor)
        self.profile = self._profile(monitor)
        self.component = monitor.component(request.parent)
        self.cluster = control_plane(monitor, self.core.get("cluster"))
        self.outputs: dict[str, Any] = {"extraNodeSecurityGroups": monitor["extraNodeSecurityGroups"].otherwise([])}
        extra = monitor["extraNodeSecurityGroups"]
        more = [identifier(Output(each, extra.urns)) for each in extra.value or []]
        self.groups = [self._security(monitor), *more]
        first = [self.core.get(name).value for name in ("vpcCni", "eksNodeAccess")]
        self.after = tuple(Registered(each.urn, None, {}) for each in first if isinstance(each, Reference))
        subnets = next((name for name in ("privateSubnetIds", "publicSubnetIds") if self._has(name)), "subnetIds")
        self.workers = Workers(monitor, self.component, self.cluster, self.core.get(subnets), monitor.__getitem__)

    def _has(self, name: str) -> bool:
        return self.core.get(name).value is not None

    def _profile(self, monitor: Monitor) -> Output:
        """The name of the instance profile: the group's own, else the cluster's."""
        if monitor["instanceProfile"].value is not None:
            return monitor.read(monitor["instanceProfile"]).get("name")
        options = self.core.get("nodeGroupOptions")
        own = monitor["instanceProfileName"]
        name = options.get("instanceProfileName") if own.value is None else own
        if name.value is None:
            reason = "an instanceProfile or instanceProfileName is required"
            raise Refused(reason, (Failure("instanceProfile", reason),))
        return name

    def _security(self, monitor: Monitor) -> Output:
        """The id of the nodes' group, given or made here."""
        for name in ("nodeSecurityGroup", "nodeSecurityGroupId"):
            if monitor[name].value is not None:
                self.outputs["nodeSecurityGroup"] = monitor["nodeSecurityGroup"]
                self.outputs["nodeSecurityGroupId"] = identifier(monitor[name])
                rule = next(each for each in ("clusterIngressRule", "clusterIngressRuleId") if monitor[each].value)
                own = identifier(monitor[name])
                return Output(own.value, own.urns | monitor[rule].urns)
        control_plane = identifier(self.core.get("clusterSecurityGroup"))
        if control_plane.value is None:
            control_plane = self.cluster["vpcConfig"].get("clusterSecurityGroupId")
        tags = merged(self.core.get("nodeSecurityGroupTags"), self.core.get("tags"))
        place = {"vpcId": self.core.get("vpcId"), "tags": tags}
        made = node_security(monitor, self.component, control_plane, self.cluster["name"], place)
        self.outputs |= {"nodeSecurityGroup": made.group.reference, "nodeSecurityGroupId": made.group["id"]}
        return opened(made)


def _failures(monitor: Monitor) -> Iterator[Failure]:
    """What the real component refuses, in its own words, and what the stand-in does not offer."""
    for one, other in _ALONE:
        if monitor[one].value and monitor[other].value:
            yield Failure(one, f"{one} and {other} are mutually exclusive")
    if monitor["nodeUserDataOverride"].value and any(monitor[name].value for name in _USER_DATA):
        others = "{nodeUserData, labels, taints, kubeletExtraArgs, or bootstrapExtraArgs}"
        reason = f"nodeUserDataOverride and any combination of {others} is mutually exclusive."
        yield Failure("nodeUserDataOverride", reason)
    own = monitor["nodeSecurityGroup"].value or monitor["nodeSecurityGroupId"].value
    if own and not (monitor["clusterIngressRule"].value or monitor["clusterIngressRuleId"].value):
        rule = "clusterIngressRule or clusterIngressRuleId"
        yield Failure("clusterIngressRule", f"{rule} is required when nodeSecurityGroup is manually specified")
    kind = monitor["nodeRootVolumeType"].value
    if monitor["nodeRootVolumeIops"].value and kind != "io1":
        reason = "Cannot create a cluster node root volume of non-io1 type with provisioned IOPS (nodeRootVolumeIops)."
        yield Failure("nodeRootVolumeIops", reason)
    if monitor["nodeRootVolumeThroughput"].value and kind != "gp3":
        what = "provisioned throughput (nodeRootVolumeThroughput)"
        reason = f"Cannot create a cluster node root volume of non-gp3 type with {what}."
        yield Failure("nodeRootVolumeThroughput", reason)


def _launch_configuration(monitor: Monitor, group: _Group, stack: Output) -> Registered:
    nodes, disk = group.workers, group.workers.disk()
    apart = nodes.system.value == "Bottlerocket"
    region = monitor.invoke("aws:index/getRegion:getRegion", {}).get("region")
    inputs = {
        "associatePublicIpAddress": monitor["nodeAssociatePublicIpAddress"].otherwise(True),
        "imageId": nodes.image(),
        "instanceType": monitor["instanceType"].otherwise("t3.medium"),
        "iamInstanceProfile": group.profile,
        "keyName": nodes.key(),
        "securityGroups": group.groups,
        "spotPrice": monitor["spotPrice"],
        "rootBlockDevice": None if apart else disk or None,
        "ebsBlockDevices": [{"deviceName": DATA_DISKS["Bottlerocket"], **disk}] if apart and disk else None,
        "userDataBase64": nodes.user_data({"kind": "self-managed-v1", "stack": stack, "region": region}),
        "enableMonitoring": monitor["enableDetailedMonitoring"],
    }
    kind = "aws:ec2/launchConfiguration:LaunchConfiguration"
    return monitor.resource(kind, f"{monitor.name}-nodeLaunchConfiguration", group.component, inputs)


def _template(*known: Any) -> str:
    """The scaling group as CloudFormation takes it."""
    configuration, desired, least, most, subnets, cluster, tags, patient = known
    own = {"Name": f"{cluster}-worker", f"kubernetes.io/cluster/{cluster}": "owned", **tags}
    properties = {
        "DesiredCapacity": f"{desired:.0f}",
        "LaunchConfigurationName": configuration,
        "MinSize": f"{least:.0f}",
        "MaxSize": f"{most:.0f}",
        "VPCZoneIdentifier": subnets,
        "Tags": [{"Key": key, "Value": value, "PropagateAtLaunch": "true"} for key, value in own.items()],
    }
    update = {"AutoScalingRollingUpdate": {"MinInstancesInService": str(patient), "MaxBatchSize": "1"}}
    group = {"Type": "AWS::AutoScaling::AutoScalingGroup", "Properties": properties, "UpdatePolicy": update}
    document = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Outputs": {"NodeGroup": {"Value": {"Ref": "NodeGroup"}}},
        "Resources": {"NodeGroup": group},
    }
    return json.dumps(document, sort_keys=True)
