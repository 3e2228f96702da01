"""`eks:index:ManagedNodeGroup` and its children, after pulumi-eks 4.4."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pulumi.runtime.proto import provider_pb2

from local.providers.check import Failure
from local.providers.monitor import Monitor, Options, Output, Registered, combine
from local.providers.package import Refused
from local.providers.values import Reference

# Options that need user data of the component's own making, which the stand-in does not write.
_USER_DATA = (
    "amiId",
    "bootstrapExtraArgs",
    "bottlerocketSettings",
    "kubeletExtraArgs",
    "nodeadmExtraOptions",
    "userData",
)
_LAUNCH_TEMPLATE = ("kubeletExtraArgs", "bootstrapExtraArgs", "bottlerocketSettings", "nodeadmExtraOptions")
_LAUNCH_TEMPLATE_ALL = (*_LAUNCH_TEMPLATE, "enableIMDSv2", "userData", "amiId", "enableEfaSupport")
_NOT_OFFERED = (*_USER_DATA, "enableEfaSupport", "gpu", "operatingSystem", "placementGroupAvailabilityZone")
# Inputs that go to the node group as they are.
_PASSED = (
    *("capacityType", "forceUpdateVersion", "instanceTypes", "labels", "nodeGroupName", "nodeGroupNamePrefix"),
    *("amiType", "releaseVersion", "remoteAccess", "tags", "taints"),
)


def construct_managed_node_group(
    request: provider_pb2.ConstructRequest, monitor: Monitor
) -> provider_pb2.ConstructResponse:
    """Create the node group, and a launch template where the options ask for one."""
    if failures := tuple(_failures(monitor)):
        raise Refused("The input properties for the managed node group are invalid.", failures)
    component = monitor.component(request.parent)
    core = core_of(monitor)
    cluster = monitor.read(core.get("cluster"))
    template = monitor["launchTemplate"].value or _launch_template(monitor, component)
    version = monitor["version"]
    if version.value is None and not monitor["launchTemplate"].value:
        version = cluster.get("version")
    subnets = monitor["subnetIds"]
    inputs = {
        **{name: monitor[name] for name in _PASSED},
        "clusterName": monitor["clusterName"] if monitor["clusterName"].value is not None else cluster.get("name"),
        "diskSize": None if monitor["enableIMDSv2"].value is not None else monitor["diskSize"],
        "launchTemplate": Output(template, monitor["launchTemplate"].urns) if template else None,
        "nodeRoleArn": _role_arn(monitor),
        "scalingConfig": combine(_scaling, monitor["scalingConfig"].otherwise({})),
        # Python's SDK sends a core that the program gives by itself with Python's names.
        "subnetIds": subnets.otherwise(core.get("subnetIds").value).otherwise(core.get("subnet_ids").value),
        "version": version,
    }
    ignored = ("scalingConfig.desiredSize",) if monitor["ignoreScalingChanges"].value else ()
    options = Options(ignore_changes=ignored)
    group = monitor.resource("aws:eks/nodeGroup:NodeGroup", request.name, component, inputs, options)
    return monitor.finish(component, {"nodeGroup": group.reference, "placementGroupName": ""})


def _failures(monitor: Monitor) -> Iterator[Failure]:
    """What the real component refuses, in its own words, and what the stand-in does not offer."""
    role, arn = monitor["nodeRole"].value, monitor["nodeRoleArn"].value
    if role is not None and arn is not None:
        reason = "You cannot specify both nodeRole and nodeRoleArn when creating a managed node group."
        yield Failure("nodeRole", reason)
    if role is None and arn is None:
        yield Failure("nodeRole", "An IAM role, or role ARN must be provided to create a managed node group")
    if monitor["launchTemplate"].value and any(monitor[name].value is not None for name in _LAUNCH_TEMPLATE_ALL):
        names = ", ".join(_LAUNCH_TEMPLATE_ALL)
        yield Failure(
            "launchTemplate",
            f"If you provide a custom launch template, you cannot provide any of {names}. "
            "Please include these in the launch template that you are providing.",
        )
    for name in _NOT_OFFERED:
        if monitor[name].value is not None:
            yield Failure(name, "the stand-in for eks does not offer this")


def core_of(monitor: Monitor) -> Output:
    """The core of the cluster, which is given itself or in its component."""
    cluster = monitor["cluster"]
    return monitor.read(cluster).get("core") if isinstance(cluster.value, Reference) else cluster


def _role_arn(monitor: Monitor) -> Output:
    given = monitor["nodeRoleArn"]
    return given if given.value is not None else monitor.read(monitor["nodeRole"]).get("arn")


def _launch_template(monitor: Monitor, component: Registered) -> dict[str, Any] | None:
    """The template for instance metadata options; it has no encryption and no tags, as in the real component."""
    tokens = monitor["enableIMDSv2"].value
    if tokens is None:
        return None
    metadata = {
        "httpTokens": "required" if tokens else "optional",
        "httpPutResponseHopLimit": 2,
        "httpEndpoint": "enabled",
    }
    size = monitor["diskSize"]
    disks = None if size.value is None else [{"deviceName": "/dev/xvda", "ebs": {"volumeSize": size}}]
    inputs = {"metadataOptions": metadata, "blockDeviceMappings": disks}
    name = f"{monitor.name}-launchTemplate"
    template = monitor.resource("aws:ec2/launchTemplate:LaunchTemplate", name, component, inputs)
    return {"id": template["id"], "version": combine(str, template["latestVersion"])}


def _scaling(given: dict[str, int]) -> dict[str, int]:
    return {"desiredSize": 2, "minSize": 1, "maxSize": 2, **given}
