"""The stand-in for the remote components of pulumi-eks, with the children that the real ones create."""

from __future__ import annotations

from collections.abc import Mapping

from pulumi.runtime.proto import provider_pb2

from local.providers.check import Failure
from local.providers.components import Build, Components, Method
from local.providers.eks.cluster import construct_cluster
from local.providers.eks.cni import register_vpc_cni
from local.providers.eks.documents import get_kubeconfig
from local.providers.eks.nodes import construct_managed_node_group
from local.providers.eks.own_nodes import construct_node_group, construct_node_group_v2
from local.providers.eks.security import construct_node_security_group
from local.providers.identity import Identity
from local.providers.monitor import Monitor, json_text
from local.providers.package import Refused, Resource
from local.providers.values import UNKNOWN, Reference, Values


class Eks(Components):
    """Clusters, groups of nodes and add-ons."""

    name = "eks"
    methods: Mapping[str, Method] = {"eks:index:Cluster/getKubeconfig": get_kubeconfig}

    def __init__(self) -> None:
        self.builders = _BUILDERS

    def check(self, resource: Resource, old: Values, seed: bytes) -> tuple[Values, list[Failure]]:
        """A suffix is not in the SDK, as only components use it."""
        return (resource.inputs, []) if resource.type == _SUFFIX else super().check(resource, old, seed)

    def create(self, resource: Resource) -> tuple[str, Values]:
        """Add the suffix to a name."""
        if resource.type != _SUFFIX:
            return super().create(resource)
        output = f"{resource.inputs['input']}-{Identity(resource.urn, {}).hex(8)}"
        return output, {**resource.inputs, "output": output}

    def preview(self, resource: Resource) -> Values:
        """The suffix is drawn at creation."""
        return {**resource.inputs, "output": UNKNOWN}


def _construct_addon(request: provider_pb2.ConstructRequest, monitor: Monitor) -> provider_pb2.ConstructResponse:
    """An add-on, which the real component puts under its cluster wherever the program wants it."""
    given = monitor["cluster"]
    if not isinstance(given.value, Reference):
        raise Refused("an add-on needs its cluster", (Failure("cluster", "must be an eks.Cluster"),))
    addon = monitor.component(given.value.urn)
    cluster = monitor.read(monitor.read(given).get("eksCluster"))
    inputs = {
        **{name: value for name, value in monitor.inputs.items() if name != "cluster"},
        "clusterName": cluster.get("name"),
        "configurationValues": json_text(monitor["configurationValues"]),
    }
    monitor.resource("aws:eks/addon:Addon", request.name, addon, inputs)
    return monitor.finish(addon, {})


def _construct_vpc_cni(request: provider_pb2.ConstructRequest, monitor: Monitor) -> provider_pb2.ConstructResponse:
    if monitor["clusterName"].value is None:
        raise Refused("Missing required option 'clusterName'")
    addon = monitor.component(request.parent)
    register_vpc_cni(monitor, request.name, addon, monitor.inputs, monitor["tags"])
    return monitor.finish(addon, {})


_SUFFIX = "eks:index:RandomSuffix"
_BUILDERS: Mapping[str, Build] = {
    "eks:index:Addon": _construct_addon,
    "eks:index:Cluster": construct_cluster,
    "eks:index:ManagedNodeGroup": construct_managed_node_group,
    "eks:index:NodeGroup": construct_node_group,
    "eks:index:NodeGroupSecurityGroup": construct_node_security_group,
    "eks:index:NodeGroupV2": construct_node_group_v2,
    "eks:index:VpcCniAddon": _construct_vpc_cni,
}
