"""The EKS cluster: control plane, nodes, add-ons, access and alarms (guide: EKS Cluster)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Network

import pulumi
import pulumi_aws as aws
import pulumi_eks as eks
import pulumi_kubernetes as k8s

from components.cluster.access_entries import create_access_entries
from components.cluster.addons import AddonsArgs, NetworkingAddons, WorkloadAddons, WorkloadAddonsArgs
from components.cluster.alarms import cluster_alarms
from components.cluster.device_plugins import device_plugins
from components.cluster.node_groups import NodeGroups, NodeGroupsArgs
from components.cluster.rbac_groups import RbacGroup
from components.cluster.security_groups import ClusterSecurityGroups, ClusterSecurityGroupsArgs
from components.cluster.settings import ClusterSettings, NodeGroupSettings
from components.cluster.volumes import create_snapshot_class, create_volume_classes
from components.common.alarms import metric_alarm
from components.common.environment import Environment
from components.common.iam import WorkloadIdentity, plain_service_trust, policy_document
from components.common.logs import log_group
from components.common.scope import Scope

_CONTROL_PLANE_LOGS = ("api", "audit", "authenticator", "controllerManager", "scheduler")


@dataclass(frozen=True, kw_only=True)
class ClusterArgs:
    """What the cluster looks like and what it stands on."""

    environment: Environment
    settings: ClusterSettings
    node_groups: Mapping[str, NodeGroupSettings]
    """Node groups by label. At least one has no taint, or cluster services find no node."""
    vpc_id: pulumi.Input[str]
    """Network of the control plane and the nodes."""
    vpc_cidr: str
    """The VPC's CIDR block, from which the private endpoint can be reached."""
    private_subnet_ids: Mapping[str, pulumi.Input[str]]
    """Subnets of the control plane's interfaces and of the nodes, by availability zone."""
    alb_security_group_id: pulumi.Input[str]
    """Group of the load balancers that send traffic to pods."""
    secrets_key_arn: pulumi.Input[str]
    """Key of Kubernetes secrets. It can never be taken away or changed without a new cluster."""
    ebs_key_arn: pulumi.Input[str]
    """Key of nodes' disks and of the volumes that pods claim."""
    node_prerequisites: Sequence[pulumi.Resource]
    """What nodes need before they start, such as routes to the internet."""
    admin_role_arn: pulumi.Input[str]
    """Role of people who administer the cluster."""
    deploy_role_arn: pulumi.Input[str]
    """Role of workflows that deploy the stack, objects in the cluster included."""
    preview_role_arn: pulumi.Input[str] | None = None
    """Role of workflows that preview the stack. It must exist."""
    container_log_retention_days: int
    """Days that the logs of containers and nodes are kept; those of the control plane follow the settings."""


def cluster_name(scope: Scope) -> str:
    """The cluster's physical name, by which the guide's commands find it."""
    return scope.name("eks-cluster")


def secrets_key_policy(key_arn: str) -> str:
    """What the control plane does with the key of Kubernetes secrets."""
    return policy_document(
        {
            "Effect": "Allow",
            "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ListGrants", "kms:DescribeKey"],
            "Resource": key_arn,
        }
    )


class Cluster(pulumi.ComponentResource):
    """An EKS cluster with its nodes, ready for workloads.

    Creates the control plane with its service role, log group and encryption of secrets, security groups, managed node
    groups, managed add-ons, access entries, the encrypted default storage class, a Kubernetes provider and alarms.
    The API has a private endpoint always, and a public one only for the public networks of the settings.
    """

    cluster_name: pulumi.Output[str]
    """Physical name, known once the cluster exists."""
    endpoint: pulumi.Output[str]
    """URL of the Kubernetes API."""
    oidc_provider_arn: pulumi.Output[str]
    """The cluster's identity provider in IAM, which roles of service accounts trust."""
    oidc_issuer: pulumi.Output[str]
    """The issuer without its scheme, as IAM conditions want it."""
    identity: WorkloadIdentity
    """How the pods of service accounts come to their roles."""
    api_security_group_id: pulumi.Output[str]
    """Group of the API's private interfaces."""
    node_security_group_id: pulumi.Output[str]
    """The one group of nodes and pods; databases let it in."""
    kubernetes_provider: k8s.Provider
    """Creates objects in the cluster."""
    kubeconfig: pulumi.Output[str]
    """A kubeconfig that asks the AWS CLI for a token; secret."""
    node_groups: dict[str, eks.ManagedNodeGroup]
    """By label."""
    alarm_arns: list[pulumi.Output[str]]
    """Alarms on the cluster."""
    ready: list[pulumi.Resource]
    """What workloads wait for: nodes that take any pod, and names that resolve."""

    def __init__(self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform:cluster:Cluster", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self._physical_name = cluster_name(args.environment.scope)

        security = self._create_security_groups()
        control_plane = self._create_control_plane(security.control_plane)
        self.cluster_name = control_plane.eks_cluster.name
        self.endpoint = control_plane.eks_cluster.endpoint
        self.oidc_provider_arn = control_plane.oidc_provider_arn
        self.oidc_issuer = control_plane.oidc_issuer
        self.identity = WorkloadIdentity(
            mode=args.settings.workload_identity,
            provider_arn=self.oidc_provider_arn,
            issuer=self.oidc_issuer,
            cluster_name=self.cluster_name,
            cluster_arn=args.environment.scope.arn("eks", f"cluster/{self._physical_name}"),
            account_id=args.environment.scope.account_id,
        )
        self.api_security_group_id = security.control_plane.id
        self.node_security_group_id = security.nodes.id
        self.kubeconfig = pulumi.Output.secret(control_plane.kubeconfig_json)
        self.kubernetes_provider = k8s.Provider(
            f"{name}-kubernetes",
            kubeconfig=self.kubeconfig,
            # The way to a private endpoint stays open until the last object is gone.
            opts=pulumi.ResourceOptions(parent=self, depends_on=security.api_rules),
        )

        networking = NetworkingAddons(name, self._describe_to_addons(), self._child)
        nodes = self._create_node_groups(control_plane, security, networking)
        self.node_groups = nodes.groups
        addons = self._create_workload_addons(nodes)
        self.ready = [*nodes.for_any_pod, addons.coredns]

        self._create_access_entries()
        in_cluster = partial(pulumi.ResourceOptions, parent=self, provider=self.kubernetes_provider)
        create_volume_classes(name, args.settings.volume_classes, args.ebs_key_arn, in_cluster)
        if addons.snapshots:
            create_snapshot_class(name, in_cluster(depends_on=[addons.snapshots]))
        device_plugins(
            name,
            [group.plugin for group in args.node_groups.values() if group.plugin],
            args.environment.mirrors,
            in_cluster,
        )
        self.alarm_arns = self._create_alarms(addons.observability)
        self.register_outputs(
            {"clusterName": self.cluster_name, "endpoint": self.endpoint, "oidcIssuer": self.oidc_issuer}
        )

    @property
    def exports(self) -> dict[str, pulumi.Input[object]]:
        """What the stack exports of it, by the name of the output."""
        return {
            "nodeSecurityGroupId": self.node_security_group_id,
            "clusterName": self.cluster_name,
            "clusterEndpoint": self.endpoint,
            "oidcProviderArn": self.oidc_provider_arn,
            "kubeconfig": self.kubeconfig,
        }

    def _create_security_groups(self) -> ClusterSecurityGroups:
        args = self._args
        return ClusterSecurityGroups(
            self._name,
            ClusterSecurityGroupsArgs(
                scope=args.environment.scope,
                cluster_name=self._physical_name,
                vpc_id=args.vpc_id,
                api_cidrs=[IPv4Network(args.vpc_cidr), *args.settings.private_cidrs],
                alb_security_group_id=args.alb_security_group_id,
                control_plane_ports=args.settings.control_plane_ports,
            ),
            self._child,
        )

    def _create_service_role(self) -> tuple[aws.iam.Role, list[pulumi.Resource]]:
        """The role of the control plane, and what must be attached before the cluster is created."""
        role = aws.iam.Role(
            f"{self._name}-service",
            description=f"Control plane of {self._physical_name}",
            assume_role_policy=plain_service_trust("eks.amazonaws.com"),
            permissions_boundary=self._args.environment.boundary_arn,
            opts=self._child,
        )
        attachment = aws.iam.RolePolicyAttachment(
            f"{self._name}-service-cluster",
            role=role.name,
            policy_arn=self._args.environment.scope.managed_policy_arn("AmazonEKSClusterPolicy"),
            opts=self._child,
        )
        key_use = aws.iam.RolePolicy(
            f"{self._name}-service-secrets-key",
            role=role.name,
            policy=pulumi.Output.from_input(self._args.secrets_key_arn).apply(secrets_key_policy),
            opts=self._child,
        )
        return role, [attachment, key_use]

    def _create_control_plane(self, security_group: aws.ec2.SecurityGroup) -> eks.Cluster:
        args, settings = self._args, self._args.settings
        role, attachments = self._create_service_role()
        logs = log_group(
            f"{self._name}-control-plane-logs",
            f"/aws/eks/{self._physical_name}/cluster",
            retention_days=settings.log_retention_days,
            key_arn=args.environment.logs_key_arn,
            opts=self._child,
        )
        public_cidrs = [str(cidr) for cidr in settings.public_cidrs]
        return eks.Cluster(
            self._name,
            name=self._physical_name,
            version=settings.version,
            upgrade_policy=aws.eks.ClusterUpgradePolicyArgs(support_type=settings.support_type),
            deletion_protection=args.environment.deletion_protection,
            vpc_id=args.vpc_id,
            private_subnet_ids=list(args.private_subnet_ids.values()),
            cluster_security_group=security_group,
            skip_default_security_groups=True,
            endpoint_private_access=True,
            endpoint_public_access=bool(public_cidrs),
            public_access_cidrs=public_cidrs or None,
            service_role=role,
            encryption_config_key_arn=args.secrets_key_arn,
            enabled_cluster_log_types=list(_CONTROL_PLANE_LOGS),
            authentication_mode=eks.AuthenticationMode.API,
            create_oidc_provider=True,
            skip_default_node_group=True,
            # Every add-on is this component's own, with a version, a role and a place in the order.
            bootstrap_self_managed_addons=False,
            use_default_vpc_cni=True,
            kube_proxy_addon_options=eks.KubeProxyAddonOptionsArgs(enabled=False),
            coredns_addon_options=eks.CoreDnsAddonOptionsArgs(enabled=False),
            tags={"Name": self._physical_name},
            opts=pulumi.ResourceOptions(
                parent=self, protect=args.environment.deletion_protection, depends_on=[logs, *attachments]
            ),
        )

    def _describe_to_addons(self) -> AddonsArgs:
        return AddonsArgs(
            scope=self._args.environment.scope,
            cluster_name=self.cluster_name,
            identity=self.identity,
            boundary_arn=self._args.environment.boundary_arn,
            versions=self._args.settings.addon_versions,
            tags=self._args.environment.tags,
        )

    def _create_node_groups(
        self, control_plane: eks.Cluster, security: ClusterSecurityGroups, networking: NetworkingAddons
    ) -> NodeGroups:
        args = self._args
        return NodeGroups(
            self._name,
            NodeGroupsArgs(
                scope=args.environment.scope,
                settings=args.node_groups,
                cluster=control_plane,
                version=args.settings.version,
                subnet_ids=args.private_subnet_ids,
                security_group_id=security.nodes.id,
                disk_key_arn=args.ebs_key_arn,
                boundary_arn=args.environment.boundary_arn,
                mirrors=args.environment.mirrors,
                tags=args.environment.tags,
                prerequisites=[*networking.ready, *security.rules, *args.node_prerequisites],
            ),
            self._child,
        )

    def _create_workload_addons(self, nodes: NodeGroups) -> WorkloadAddons:
        args = self._args
        return WorkloadAddons(
            self._name,
            WorkloadAddonsArgs(
                cluster=self._describe_to_addons(),
                nodes=nodes.for_any_pod,
                volume_key_arn=args.ebs_key_arn,
                logs_key_arn=args.environment.logs_key_arn,
                log_retention_days=args.container_log_retention_days,
                volume_snapshots=args.settings.volume_snapshots,
                insights_name=self._physical_name,
            ),
            self._child,
        )

    def _create_access_entries(self) -> None:
        args = self._args
        roles: dict[str, tuple[pulumi.Input[str], RbacGroup]] = {
            "admin-role": (args.admin_role_arn, RbacGroup.ADMINS),
            "deploy-role": (args.deploy_role_arn, RbacGroup.ADMINS),
        }
        if args.preview_role_arn is not None:
            roles["preview-role"] = (args.preview_role_arn, RbacGroup.PREVIEW)
        create_access_entries(
            self._name,
            cluster_name=self.cluster_name,
            settings=args.settings.access,
            platform_roles=roles,
            opts=self._child,
        )

    def _create_alarms(self, source: aws.eks.Addon) -> list[pulumi.Output[str]]:
        """They wait for what sends the metrics: one of them takes silence for a failure."""
        return [
            metric_alarm(
                f"{self._name}-{label}",
                self._args.environment.scope.name(f"eks-{label}"),
                alarm,
                topic_arn=self._args.environment.alarm_topic_arn,
                runbooks=self._args.environment.runbooks,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[source]),
            ).arn
            for label, alarm in cluster_alarms(self._physical_name, self._args.environment.thresholds).items()
        ]
