"""The security group of nodes with its rules, and the component that makes one by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi.runtime.proto import provider_pb2

from local.providers.eks.documents import merged, node_rules
from local.providers.monitor import Monitor, Output, Registered, combine
from local.providers.values import Reference

GROUP = "aws:ec2/securityGroup:SecurityGroup"
_RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"


@dataclass(frozen=True)
class NodeGroupSecurity:
    """The group of nodes, and the rule that opens the API server to them."""

    group: Registered
    ingress: Registered


def rule(monitor: Monitor, component: Registered, label: str, inputs: Mapping[str, Any]) -> Registered:
    """Register a rule of the component."""
    return monitor.resource(_RULE, f"{monitor.name}-{label}", component, inputs)


def identifier(reference: Output) -> Output:
    """The id of a resource that is given as itself, or the value as it is."""
    value = reference.value
    return Output(value.id, reference.urns | {value.urn}) if isinstance(value, Reference) else reference


def node_security(
    monitor: Monitor, component: Registered, control_plane: Output, cluster_name: Output, given: Mapping[str, Output]
) -> NodeGroupSecurity:
    """Register the group for nodes in `given["vpcId"]`, with `given["tags"]` besides its own."""
    name = f"{monitor.name}-nodeSecurityGroup"
    owned = combine(lambda cluster: {f"kubernetes.io/cluster/{cluster}": "owned"}, cluster_name)
    tags = merged({"Name": name}, owned, given["tags"])
    inputs = {"vpcId": given["vpcId"], "revokeRulesOnDelete": True, "tags": tags}
    nodes = monitor.resource(GROUP, name, component, inputs)
    rules = node_rules(nodes["id"], control_plane)
    registered = {label: rule(monitor, component, label, each) for label, each in rules.items()}
    return NodeGroupSecurity(nodes, registered["eksClusterIngressRule"])


def construct_node_security_group(
    request: provider_pb2.ConstructRequest, monitor: Monitor
) -> provider_pb2.ConstructResponse:
    """`eks:index:NodeGroupSecurityGroup`: the group for a cluster that the program made itself."""
    component = monitor.component(request.parent)
    name = monitor.read(monitor["eksCluster"]).get("name")
    given = {"vpcId": monitor["vpcId"], "tags": monitor["tags"]}
    made = node_security(monitor, component, identifier(monitor["clusterSecurityGroup"]), name, given)
    return monitor.finish(
        component, {"securityGroup": made.group.reference, "securityGroupRule": made.ingress.reference}
    )
