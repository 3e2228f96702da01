"""The security groups of the control plane and of the nodes, and what they allow (guide: Security Groups)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi
import pulumi_aws as aws

from components.common.scope import Scope


@dataclass(frozen=True, kw_only=True)
class ClusterSecurityGroupsArgs:
    """Between whom traffic flows."""

    scope: Scope
    cluster_name: str
    """Physical name, which the tag of the nodes' group holds."""
    vpc_id: pulumi.Input[str]
    """Network of both groups."""
    api_cidrs: Sequence[IPv4Network]
    """Networks that may reach the private endpoint of the API; a network that is named twice counts once."""
    alb_security_group_id: pulumi.Input[str]
    """Group of the load balancers that send traffic to pods."""
    control_plane_ports: Mapping[int, str]
    """Where the control plane calls into nodes and pods: TCP ports, and what answers there."""


class ClusterSecurityGroups(pulumi.ComponentResource):
    """Two groups with standalone rules.

    `control_plane` joins the group that EKS makes on the interfaces of the API. `nodes` is the only group of nodes and
    therefore of pods: what names it as a source lets pods in. It alone carries the tag by which the load balancer
    controller finds the group of a node. `rules` lists what nodes need before they can join, `api_rules` what lets
    whoever deploys reach a private endpoint.
    """

    control_plane: aws.ec2.SecurityGroup
    """Joins the group that EKS makes on the interfaces of the API."""
    nodes: aws.ec2.SecurityGroup
    """The one group of nodes and pods."""
    rules: list[pulumi.Resource]
    """What nodes need before they can join."""
    api_rules: list[pulumi.Resource]
    """What lets whoever deploys reach a private endpoint."""

    def __init__(self, name: str, args: ClusterSecurityGroupsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform:cluster:ClusterSecurityGroups", name, None, opts)
        self._name = name
        self._child = pulumi.ResourceOptions(parent=self)
        self.rules = []
        self.api_rules = []
        self.control_plane = aws.ec2.SecurityGroup(
            f"{name}-control-plane",
            description="Kubernetes API of the EKS cluster",
            vpc_id=args.vpc_id,
            tags={"Name": args.scope.name("eks-control-plane")},
            opts=self._child,
        )
        self.nodes = aws.ec2.SecurityGroup(
            f"{name}-nodes",
            description="Nodes and pods of the EKS cluster",
            vpc_id=args.vpc_id,
            tags={"Name": args.scope.name("eks-nodes"), f"kubernetes.io/cluster/{args.cluster_name}": "owned"},
            opts=self._child,
        )
        self._open_api(args.api_cidrs)
        self._open_nodes(args.alb_security_group_id)
        self._connect_control_plane(args.control_plane_ports)
        self.register_outputs({"controlPlaneId": self.control_plane.id, "nodesId": self.nodes.id})

    def _open_api(self, cidrs: Sequence[IPv4Network]) -> None:
        for cidr in map(str, dict.fromkeys(cidrs)):
            rule = self._ingress(
                f"api-from-{cidr.replace('/', '-')}",
                self.control_plane,
                f"Kubernetes API from {cidr}",
                ports=(443, 443),
                cidr=cidr,
            )
            self.api_rules.append(rule)

    def _open_nodes(self, alb_security_group_id: pulumi.Input[str]) -> None:
        self._ingress("nodes-from-nodes", self.nodes, "Between nodes and pods", source=self.nodes.id)
        self._ingress(
            "nodes-from-alb",
            self.nodes,
            "Load balancers to pods on any port",
            ports=(0, 65535),
            source=alb_security_group_id,
        )
        rule = aws.vpc.SecurityGroupEgressRule(
            f"{self._name}-nodes-to-anywhere",
            security_group_id=self.nodes.id,
            description="Nodes and pods to AWS, registries and the databases",
            ip_protocol="-1",
            cidr_ipv4="0.0.0.0/0",
            opts=self._child,
        )
        self.rules.append(rule)

    def _connect_control_plane(self, ports: Mapping[int, str]) -> None:
        for port, purpose in ports.items():
            self._ingress(
                f"nodes-from-control-plane-{port}",
                self.nodes,
                f"Control plane to {purpose}",
                ports=(port, port),
                source=self.control_plane.id,
            )
            rule = aws.vpc.SecurityGroupEgressRule(
                f"{self._name}-control-plane-to-nodes-{port}",
                security_group_id=self.control_plane.id,
                description=f"Control plane to {purpose}",
                ip_protocol="tcp",
                from_port=port,
                to_port=port,
                referenced_security_group_id=self.nodes.id,
                opts=self._child,
            )
            self.rules.append(rule)

    def _ingress(
        self,
        label: str,
        group: aws.ec2.SecurityGroup,
        description: str,
        *,
        ports: tuple[int, int] | None = None,
        source: pulumi.Input[str] | None = None,
        cidr: str | None = None,
    ) -> pulumi.Resource:
        """Let TCP on `ports` in, or all traffic without them, from another group or from a network."""
        rule = aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-{label}",
            security_group_id=group.id,
            description=description,
            ip_protocol="tcp" if ports else "-1",
            from_port=ports[0] if ports else None,
            to_port=ports[1] if ports else None,
            referenced_security_group_id=source,
            cidr_ipv4=cidr,
            opts=self._child,
        )
        self.rules.append(rule)
        return rule
