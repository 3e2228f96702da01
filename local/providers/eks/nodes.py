"""`eks:index:ManagedNodeGroup` and its children, after pulumi-eks 4.4."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pulumi.runtime.proto import provider_pb2

from local import schema
from local.providers.check import Failure
from local.providers.eks import systems
from local.providers.eks.user_data import OPTIONS, user_data
from local.providers.monitor import Monitor, Options, Output, Registered, combine
from local.providers.package import Refused
from local.providers.values import UNKNOWN, Reference, Values

_LAUNCH_TEMPLATE = (*OPTIONS, "enableIMDSv2", "userData", "amiId", "enableEfaSupport")
_NOT_OFFERED = ("enableEfaSupport", "placementGroupAvailabilityZone")
_EFFECTS = {"NO_SCHEDULE": "NoSchedule", "NO_EXECUTE": "NoExecute", "PREFER_NO_SCHEDULE": "PreferNoSchedule"}
# Inputs that go to the node group as they are.
_PASSED = (
    *("capacityType", "forceUpdateVersion", "instanceTypes", "labels", "nodeGroupName", "nodeGroupNamePrefix"),
    *("remoteAccess", "tags", "taints"),
)


def construct_managed_node_group(
    request: provider_pb2.ConstructRequest, monitor: Monitor
) -> provider_pb2.ConstructResponse:
    """Create the node group, and a launch template where the options ask for one."""
    if failures := tuple(_failures(monitor)):
        raise Refused("The input properties for the managed node group are invalid.", failures)
    component = monitor.component(request.parent)
    core = core_of(monitor)
    cluster = control_plane(monitor, core.get("cluster"))
    template = monitor["launchTemplate"].value or _launch_template(monitor, component, cluster)
    subnets = monitor["subnetIds"]
    inputs = {
        **{name: monitor[name] for name in _PASSED},
        "clusterName": monitor["clusterName"] if monitor["clusterName"].value is not None else cluster["name"],
        **_image(monitor, cluster),
        "diskSize": None if _needs_template(monitor) else monitor["diskSize"],
        "launchTemplate": Output(template, monitor["launchTemplate"].urns) if template else None,
        "nodeRoleArn": _role_arn(monitor),
        "scalingConfig": combine(_scaling, monitor["scalingConfig"].otherwise({})),
        # Python's SDK sends a core that the program gives by itself with Python's names.
        "subnetIds": subnets.otherwise(core.get("subnetIds").value).otherwise(core.get("subnet_ids").value),
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
    if monitor["launchTemplate"].value and _needs_template(monitor):
        names = ", ".join(_LAUNCH_TEMPLATE)
        yield Failure(
            "launchTemplate",
            f"If you provide a custom launch template, you cannot provide any of {names}. "
            "Please include these in the launch template that you are providing.",
        )
    for name in ("gpu", "amiType"):
        if monitor["amiId"].value and monitor[name].value:
            reason = f"You cannot specify both amiId and {name} when creating a managed node group."
            yield Failure("amiId", reason)
    if monitor["userData"].value and any(monitor[name].value is not None for name in OPTIONS):
        reason = f"If you provide custom userData, you cannot provide any of {', '.join(OPTIONS)}."
        yield Failure("userData", f"{reason} Please include these in the userData that you are providing.")
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


def control_plane(monitor: Monitor, given: Output) -> Registered:
    """The control plane; on a preview all of a cluster's core is unknown as long as a part of it is."""
    if not isinstance(given.value, Reference):
        kind = schema.existing("aws:eks/cluster:Cluster")
        behind = next(iter(sorted(given.urns)), "")
        return Registered(behind, UNKNOWN, dict.fromkeys(kind.outputs, UNKNOWN))
    state = monitor.read(given)
    return Registered(given.value.urn, given.value.id, state.value if isinstance(state.value, dict) else {})


def _writes_user_data(monitor: Monitor) -> bool:
    return any(monitor[name].value is not None for name in OPTIONS) or bool(
        monitor["userData"].value or monitor["amiId"].value
    )


def _needs_template(monitor: Monitor) -> bool:
    return any(monitor[name].value is not None for name in _LAUNCH_TEMPLATE)


def _image(monitor: Monitor, cluster: Registered) -> dict[str, Output]:
    """What says which image nodes run, unless the launch template does."""
    if _writes_user_data(monitor):
        return {}
    kind, asked, version = monitor["amiType"], monitor["operatingSystem"], monitor["version"]
    if kind.value is None and asked.value is not None:
        kind = combine(systems.type_of, kind, asked, monitor["gpu"], monitor["instanceTypes"].otherwise([]))
    if version.value is None and not monitor["launchTemplate"].value:
        version = cluster["version"]
    return {"amiType": kind, "releaseVersion": monitor["releaseVersion"], "version": version}


def _launch_template(monitor: Monitor, component: Registered, cluster: Registered) -> dict[str, Any] | None:
    """The template for what a node group cannot say; it has no encryption and no tags, as in the real component."""
    if not _needs_template(monitor):
        return None
    tokens, size = monitor["enableIMDSv2"].value, monitor["diskSize"]
    metadata = {"httpPutResponseHopLimit": 2, "httpEndpoint": "enabled"}
    system = combine(systems.system_of, monitor["amiType"], monitor["operatingSystem"])
    device = combine(systems.DATA_DISKS.__getitem__, system)
    inputs: Values = {
        "metadataOptions": None if tokens is None else {**metadata, "httpTokens": "required" if tokens else "optional"},
        "blockDeviceMappings": [{"deviceName": device, "ebs": {"volumeSize": size}}] if size.value else None,
    }
    if _writes_user_data(monitor):
        options = {name: monitor[name] for name in (*OPTIONS, "labels")}
        options |= {"override": monitor["userData"], "taints": combine(_taints, monitor["taints"])}
        inputs["userData"] = user_data({"kind": "managed"}, cluster, system, options)
        inputs["imageId"] = _image_id(monitor, cluster)
    name = f"{monitor.name}-launchTemplate"
    template = monitor.resource("aws:ec2/launchTemplate:LaunchTemplate", name, component, inputs)
    return {"id": template["id"], "version": combine(str, template["latestVersion"])}


def _image_id(monitor: Monitor, cluster: Registered) -> Output:
    """The image that the program names, else the recommended one."""
    if monitor["amiId"].value is not None:
        return monitor["amiId"]
    version = monitor["version"] if monitor["version"].value is not None else cluster["version"]
    asked = (monitor["amiType"], monitor["operatingSystem"], monitor["gpu"], monitor["instanceTypes"].otherwise([]))
    named = combine(systems.parameter, version, *asked)
    return monitor.invoke("aws:ssm/getParameter:getParameter", {"name": named}).get("value")


def _taints(given: list[Values] | None) -> Values:
    """The taints of a node group as Kubernetes calls them."""
    return {each["key"]: {"value": each.get("value"), "effect": _EFFECTS[each["effect"]]} for each in given or []}


def _scaling(given: dict[str, int]) -> dict[str, int]:
    return {"desiredSize": 2, "minSize": 1, "maxSize": 2, **given}
