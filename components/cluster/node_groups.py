"""Managed node groups, their launch templates and the role of their nodes (guide: EKS Cluster, Node Groups)."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_eks as eks

from components.cluster import images
from components.cluster.settings import NODE_GROUP_LABEL, NodeGroupSettings, NodeUpdateSettings
from components.common.iam import plain_service_trust, policy_document
from components.common.scope import Scope

# What nodes do with their own role: join, pull images, answer to Session Manager. Pods have roles of their own.
_NODE_POLICIES: Mapping[str, str] = {
    "worker": "AmazonEKSWorkerNodePolicy",
    "registry": "AmazonEC2ContainerRegistryPullOnly",
    "session-manager": "AmazonSSMManagedInstanceCore",
}

# Effects as Kubernetes spells them.
_KUBERNETES_EFFECTS = {
    "NO_SCHEDULE": "NoSchedule",
    "NO_EXECUTE": "NoExecute",
    "PREFER_NO_SCHEDULE": "PreferNoSchedule",
}

_NODE_TEMPLATE = "k8s.io/cluster-autoscaler/node-template"

# Lets containers that are not root open the devices of Neuron (Bottlerocket, QUICKSTART-EKS: Neuron Support). EKS adds
# what a node needs to join.
_BOTTLEROCKET_NEURON = "[settings.kubernetes]\ndevice-ownership-from-security-context = true\n"

# EKS gives the pods of a node up to a quarter of an hour to leave; its successor takes a few minutes to join (EKS user
# guide, update behaviour of managed node groups). The provider waits an hour for all of a group's nodes.
_MINUTES_OF_A_NODE = 20
_PROVIDERS_MINUTES = 60

# Nodes whose accelerators a device plugin offers to pods; its value is the plugin.
PLUGIN_LABEL = "trading-platform/device-plugin"


def cache_policy(scope: Scope, mirrors: Mapping[str, str]) -> str:
    """Bring public images into the registry at their first pull. Source: ECR user guide, pull-through cache, IAM.

    The repositories get tags, by the template that they are made from.
    """
    folders = (mirror.partition("/")[2] for mirror in mirrors.values())
    return policy_document(
        {
            "Sid": "KeepPublicImages",
            "Effect": "Allow",
            "Action": ["ecr:BatchImportUpstreamImage", "ecr:CreateRepository", "ecr:TagResource"],
            "Resource": [scope.arn("ecr", f"repository/{folder}/*") for folder in folders],
        }
    )


def node_labels(label: str, settings: NodeGroupSettings) -> dict[str, str]:
    """Kubernetes labels of a group's nodes: those of the settings, the group's own name, and the plugin they need."""
    plugin = {PLUGIN_LABEL: settings.plugin} if settings.plugin else {}
    return {**settings.labels, NODE_GROUP_LABEL: label, **plugin}


@dataclass(frozen=True, kw_only=True)
class Placement:
    """A managed node group and where its nodes are."""

    suffix: str
    """What its logical name ends with."""
    zones: tuple[str, ...]
    """Availability zones."""


def placements(label: str, settings: NodeGroupSettings, zones: Sequence[str]) -> list[Placement]:
    """The managed node groups of a label: one over all its zones, or one in each."""
    chosen = settings.zones or tuple(zones)
    if settings.group_per_zone:
        return [Placement(suffix=f"{label}-{zone}", zones=(zone,)) for zone in chosen]
    return [Placement(suffix=label, zones=chosen)]


def _changes(settings: NodeGroupSettings) -> dict[str, Any]:
    """What EKS is to do with nodes that are to change or are ill, for the inputs of a node group."""
    found: dict[str, Any] = {}
    update = settings.update
    if update != NodeUpdateSettings():
        one = None if update.max_unavailable_percentage else 1
        sizes = {
            "maxUnavailable": update.max_unavailable or one,
            "maxUnavailablePercentage": update.max_unavailable_percentage,
        }
        given = {name: size for name, size in sizes.items() if size is not None}
        found["updateConfig"] = {**given, "updateStrategy": update.strategy}
    if settings.repair:
        found["nodeRepairConfig"] = {"enabled": True}
    return found


def update_minutes(settings: NodeGroupSettings) -> int:
    """How long it may take until each node of a group at its largest has given way to a new one."""
    update, nodes = settings.update, settings.max_size
    share = nodes * (update.max_unavailable_percentage or 0) // 100
    at_once = min(100, max(1, update.max_unavailable or share))
    return max(_PROVIDERS_MINUTES, _MINUTES_OF_A_NODE * math.ceil(nodes / at_once))


def _complete(settings: NodeGroupSettings) -> pulumi.ResourceTransform:
    """Gives a node group what the component of pulumi-eks does not take: inputs, and time for its updates."""
    timeouts = pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(update=f"{update_minutes(settings)}m"))

    def complete(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        if args.type_ != "aws:eks/nodeGroup:NodeGroup":
            return None
        opts = pulumi.ResourceOptions.merge(args.opts, timeouts)
        return pulumi.ResourceTransformResult(props={**args.props, **_changes(settings)}, opts=opts)

    return complete


def _user_data(settings: NodeGroupSettings) -> str | None:
    """Settings of the nodes' system, where it needs some."""
    needed = images.is_bottlerocket(settings.image) and settings.plugin == "neuron"
    return base64.b64encode(_BOTTLEROCKET_NEURON.encode()).decode() if needed else None


def scaling_group_name(node_group: aws.eks.NodeGroup) -> pulumi.Output[str]:
    """The name of the Auto Scaling group that EKS made for a node group; none where a run leaves the group out."""

    def name(made: Sequence[aws.eks.outputs.NodeGroupResource]) -> str:
        groups = made[0].autoscaling_groups if made else None
        return (groups[0].name or "") if groups else ""

    return node_group.resources.apply(name)


def scaling_group_tags(
    label: str, settings: NodeGroupSettings, tags: Mapping[str, str], zones: Sequence[str] = ()
) -> dict[str, str]:
    """Tags of a group's Auto Scaling group beside those that EKS adds for discovery.

    They are the stack's tags and, where the group may be empty, what its next node will look like: the Cluster
    Autoscaler has no node to learn that from.
    """
    found = dict(tags)
    if settings.min_size == 0:
        found |= {f"{_NODE_TEMPLATE}/label/{key}": value for key, value in node_labels(label, settings).items()}
        found |= {
            f"{_NODE_TEMPLATE}/taint/{taint.key}": f"{taint.value}:{_KUBERNETES_EFFECTS[taint.effect]}"
            for taint in settings.taints
        }
        if len(zones) == 1:
            # The driver of volumes labels nodes with their zone under a key of its own.
            found[f"{_NODE_TEMPLATE}/label/topology.ebs.csi.aws.com/zone"] = zones[0]
    return found


@dataclass(frozen=True, kw_only=True)
class NodeGroupsArgs:
    """What nodes there are and where they run."""

    scope: Scope
    settings: Mapping[str, NodeGroupSettings]
    """Node groups by label."""
    cluster: eks.Cluster
    """What the nodes join."""
    version: str
    """Kubernetes minor of the nodes, such as `1.36`."""
    subnet_ids: Mapping[str, pulumi.Input[str]]
    """Private subnets by availability zone."""
    security_group_id: pulumi.Input[str]
    """The one group of nodes and pods."""
    disk_key_arn: pulumi.Input[str]
    """Key of the root volumes; EC2 wants an ARN."""
    boundary_arn: pulumi.Input[str]
    """Permissions boundary of the nodes' role."""
    mirrors: Mapping[str, str]
    """What stands in place of public registries in the names of images."""
    tags: Mapping[str, str]
    """The stack's tags. Provider default tags do not reach what a launch template or EKS creates."""
    prerequisites: Sequence[pulumi.Resource]
    """What must stand before a node can join: networking add-ons, rules, routes to the internet."""


class NodeGroups(pulumi.ComponentResource):
    """The nodes' role, and a launch template and managed node group for each label.

    Volumes are gp3 under the customer key, instance metadata needs a token and is out of pods' reach, and instances,
    volumes, interfaces and Auto Scaling groups carry the stack's tags. Groups have generated names, so that a change
    that replaces one creates the new group first. The autoscaler owns the desired size after creation.
    """

    groups: dict[str, eks.ManagedNodeGroup]
    """By label, with the zone behind it where each zone has a group of its own."""
    for_any_pod: list[pulumi.Resource]
    """The groups on which pods without tolerations run."""
    role: aws.iam.Role
    """Role of all nodes."""

    def __init__(self, name: str, args: NodeGroupsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform:cluster:NodeGroups", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self.role, attachments = self._create_role()
        self.groups = {}
        self.for_any_pod = []
        for label, settings in args.settings.items():
            template = self._create_launch_template(label, settings)
            for placement in placements(label, settings, list(args.subnet_ids)):
                group = self._create_group(label, settings, placement, template, attachments)
                self._tag_scaling_group(label, settings, placement, group)
                self.groups[placement.suffix] = group
                if settings.takes_any_pod:
                    self.for_any_pod.append(group)
        self.register_outputs({"roleArn": self.role.arn})

    def _create_role(self) -> tuple[aws.iam.Role, list[pulumi.Resource]]:
        role = aws.iam.Role(
            f"{self._name}-node",
            description=f"Nodes of {self._args.scope.name('eks-cluster')}",
            assume_role_policy=plain_service_trust(self._args.scope.ec2_principal),
            permissions_boundary=self._args.boundary_arn,
            opts=self._child,
        )
        attachments: list[pulumi.Resource] = [
            aws.iam.RolePolicyAttachment(
                f"{self._name}-node-{label}",
                role=role.name,
                policy_arn=self._args.scope.managed_policy_arn(policy),
                opts=self._child,
            )
            for label, policy in _NODE_POLICIES.items()
        ]
        if self._args.mirrors:
            document = cache_policy(self._args.scope, self._args.mirrors)
            cache = aws.iam.RolePolicy(f"{self._name}-node-cache", role=role.name, policy=document, opts=self._child)
            attachments.append(cache)
        return role, attachments

    def _create_launch_template(self, label: str, settings: NodeGroupSettings) -> aws.ec2.LaunchTemplate:
        tags = {**self._args.tags, "Name": self._args.scope.name(f"eks-{label}")}
        return aws.ec2.LaunchTemplate(
            f"{self._name}-{label}",
            description=f"Nodes of the group {label}",
            update_default_version=True,
            vpc_security_group_ids=[self._args.security_group_id],
            block_device_mappings=self._disks(settings),
            user_data=_user_data(settings),
            metadata_options=aws.ec2.LaunchTemplateMetadataOptionsArgs(
                http_endpoint="enabled",
                http_tokens="required",
                http_put_response_hop_limit=1,  # pods are one hop further away than the node
            ),
            monitoring=aws.ec2.LaunchTemplateMonitoringArgs(enabled=True),
            tag_specifications=[
                aws.ec2.LaunchTemplateTagSpecificationArgs(resource_type=kind, tags=tags)
                for kind in ("instance", "volume", "network-interface")
            ],
            tags={"Name": tags["Name"]},
            opts=self._child,
        )

    def _disks(self, settings: NodeGroupSettings) -> list[aws.ec2.LaunchTemplateBlockDeviceMappingArgs]:
        """The disk for images and scratch space; on Bottlerocket it stands beside that of the system."""
        data = aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgs(
            volume_type="gp3",
            volume_size=settings.disk_size_gib,
            iops=settings.disk_iops,
            throughput=settings.disk_throughput_mibps,
            encrypted="true",
            kms_key_id=self._args.disk_key_arn,
            delete_on_termination="true",
        )
        disks = {"/dev/xvda": data}
        if images.is_bottlerocket(settings.image):
            system = aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgs(
                volume_type="gp3", encrypted="true", kms_key_id=self._args.disk_key_arn, delete_on_termination="true"
            )
            disks = {"/dev/xvda": system, "/dev/xvdb": data}
        return [
            aws.ec2.LaunchTemplateBlockDeviceMappingArgs(device_name=device, ebs=ebs) for device, ebs in disks.items()
        ]

    def _create_group(
        self,
        label: str,
        settings: NodeGroupSettings,
        placement: Placement,
        template: aws.ec2.LaunchTemplate,
        role_attachments: Sequence[pulumi.Resource],
    ) -> eks.ManagedNodeGroup:
        return eks.ManagedNodeGroup(
            f"{self._name}-{placement.suffix}",
            cluster=self._args.cluster,
            version=settings.version or self._args.version,
            node_role_arn=self.role.arn,
            subnet_ids=[self._args.subnet_ids[zone] for zone in placement.zones],
            ami_type=settings.image,
            instance_types=list(settings.instance_types),
            capacity_type=settings.capacity_type,
            scaling_config=aws.eks.NodeGroupScalingConfigArgs(
                min_size=settings.min_size, desired_size=settings.desired_size, max_size=settings.max_size
            ),
            ignore_scaling_changes=settings.scaled_by == "autoscaler",
            launch_template=aws.eks.NodeGroupLaunchTemplateArgs(
                id=template.id, version=template.latest_version.apply(str)
            ),
            labels=node_labels(label, settings),
            taints=[
                aws.eks.NodeGroupTaintArgs(key=taint.key, value=taint.value, effect=taint.effect)
                for taint in settings.taints
            ],
            tags={"Name": self._args.scope.name(f"eks-{label}")},
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[*role_attachments, *self._args.prerequisites],
                transforms=[_complete(settings)],
            ),
        )

    def _tag_scaling_group(
        self, label: str, settings: NodeGroupSettings, placement: Placement, group: eks.ManagedNodeGroup
    ) -> None:
        name: pulumi.Output[str] = group.node_group.apply(scaling_group_name)
        for key, value in scaling_group_tags(label, settings, self._args.tags, placement.zones).items():
            aws.autoscaling.Tag(
                f"{self._name}-{placement.suffix}-{key.replace('/', '-')}",
                autoscaling_group_name=name,
                tag=aws.autoscaling.TagTagArgs(key=key, value=value, propagate_at_launch=key in self._args.tags),
                opts=self._child,
            )
