"""What runs inside the cluster before any application: its rules and its controllers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.common.environment import Environment
from components.common.iam import WorkloadIdentity
from components.workloads import autoscaler, external_dns, load_balancer_controller, velero
from components.workloads.admission import admission_policies
from components.workloads.autoscaler import Autoscaler, AutoscalerArgs
from components.workloads.external_dns import ExternalDns, ExternalDnsArgs
from components.workloads.ingress import IngressArgs, ingress_classes
from components.workloads.load_balancer_controller import LoadBalancerController, LoadBalancerControllerArgs
from components.workloads.namespaces import VELERO, Namespaces, NamespacesArgs, namespace_profiles
from components.workloads.network_policies import Surroundings, network_policies
from components.workloads.priorities import priority_classes
from components.workloads.rbac import Rbac
from components.workloads.safeguards import OPERATORS, Safeguards
from components.workloads.service_accounts import DataStores, ServiceAccounts, ServiceAccountsArgs
from components.workloads.settings import WorkloadsSettings
from components.workloads.velero import Velero, VeleroArgs

CHARTS = (autoscaler.CHART, external_dns.CHART, load_balancer_controller.CHART, velero.CHART)
"""What is installed by Helm, with version and publisher; external-dns where the platform has a domain."""


@dataclass(frozen=True, kw_only=True)
class WorkloadsArgs:
    """The cluster, its surroundings, and where its backups go."""

    environment: Environment
    settings: WorkloadsSettings
    cluster_name: str
    """Known before the cluster exists, so that policies can name it."""
    kubernetes_version: str
    """Minor version such as `1.36`."""
    identity: WorkloadIdentity
    """How the pods of service accounts come to their roles."""
    vpc_id: pulumi.Input[str]
    """Network of the load balancers."""
    surroundings: Surroundings
    cluster_ready: Sequence[pulumi.Resource]
    """Node groups and CoreDNS: pods cannot run before them."""
    backup_bucket_name: pulumi.Input[str]
    """Where Velero's backups go."""
    backup_bucket_arn: pulumi.Input[str]
    """Of the same bucket."""
    s3_key_arn: pulumi.Input[str]
    """Key of that bucket."""
    ebs_key_arn: pulumi.Input[str]
    """Key of the volumes that pods claim."""
    data: DataStores
    """What the service accounts of applications are let into."""
    volume_snapshots: bool = False
    """Whether snapshots of volumes can be asked for as objects."""
    ingress: IngressArgs | None = None
    """Classes of ingresses that enforce their parameters, and the domain whose records follow them."""


class Workloads(pulumi.ComponentResource):
    """Namespaces, priorities, network policies, roles, and controllers and applications' accounts with their IAM roles.

    Needs an aws and a kubernetes provider.
    """

    namespaces: Namespaces
    autoscaler: Autoscaler
    load_balancer_controller: LoadBalancerController
    velero: Velero
    service_accounts: ServiceAccounts

    def __init__(self, name: str, args: WorkloadsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform:workloads:Workloads", name, None, opts)
        self._controllers(name, args)
        self._rules(name, args)
        self.velero = self._velero(name, args)
        self.service_accounts = ServiceAccounts(
            f"{name}-account",
            ServiceAccountsArgs(
                scope=args.environment.scope,
                settings=args.settings.service_accounts,
                identity=args.identity,
                boundary_arn=args.environment.boundary_arn,
                data=args.data,
                namespaces=self.namespaces.namespaces,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs(
            {
                "autoscalerRoleArn": self.autoscaler.role_arn,
                "loadBalancerControllerRoleArn": self.load_balancer_controller.role_arn,
                "veleroRoleArn": self.velero.role_arn,
                "serviceAccountRoleArns": self.service_accounts.role_arns,
            }
        )

    @property
    def exports(self) -> dict[str, pulumi.Input[object]]:
        """What the stack exports of it, by the name of the output."""
        return {
            "serviceAccountRoleArns": self.service_accounts.role_arns,
        }

    def _controllers(self, name: str, args: WorkloadsArgs) -> None:
        child = pulumi.ResourceOptions(parent=self)
        self.autoscaler = Autoscaler(
            f"{name}-autoscaler",
            AutoscalerArgs(
                scope=args.environment.scope,
                cluster_name=args.cluster_name,
                kubernetes_version=args.kubernetes_version,
                identity=args.identity,
                boundary_arn=args.environment.boundary_arn,
                mirrors=args.environment.mirrors,
                cluster_ready=args.cluster_ready,
            ),
            child,
        )
        self.load_balancer_controller = LoadBalancerController(
            f"{name}-load-balancers",
            LoadBalancerControllerArgs(
                scope=args.environment.scope,
                cluster_name=args.cluster_name,
                vpc_id=args.vpc_id,
                identity=args.identity,
                boundary_arn=args.environment.boundary_arn,
                tags=args.environment.tags,
                mirrors=args.environment.mirrors,
                cluster_ready=args.cluster_ready,
                own_class=args.ingress is None or args.ingress.keep_controller_class,
            ),
            child,
        )

    def _ingress(self, name: str, args: WorkloadsArgs, ingress: IngressArgs) -> list[pulumi.Resource]:
        """The classes, and the records of what asks for one of them."""
        environment = args.environment
        ExternalDns(
            f"{name}-external-dns",
            ExternalDnsArgs(
                scope=environment.scope,
                ingress=ingress,
                identity=args.identity,
                boundary_arn=environment.boundary_arn,
                mirrors=environment.mirrors,
                cluster_ready=args.cluster_ready,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        return ingress_classes(
            f"{name}-class",
            environment.scope,
            ingress,
            deletion_protection=environment.deletion_protection,
            controller=self.load_balancer_controller.release,
            parent=self,
        )

    def _rules(self, name: str, args: WorkloadsArgs) -> None:
        """Objects that the API server keeps; no pod has to run for them."""
        child = pulumi.ResourceOptions(parent=self)
        priority_classes(name, child)
        classes = self._ingress(name, args, args.ingress) if args.ingress else []
        quotas, profiles = args.settings.namespace_quotas, namespace_profiles(args.settings.teams)
        self.namespaces = Namespaces(
            name,
            NamespacesArgs(
                kubernetes_version=args.kubernetes_version,
                quotas=quotas,
                profiles=profiles,
                # An ingress is gone only when the controller has deleted its load balancer.
                served_by=[self.load_balancer_controller.release, *classes],
            ),
            child,
        )
        created = self.namespaces.namespaces
        for label, profile in profiles.items():
            inside = pulumi.ResourceOptions(parent=self.namespaces, depends_on=[created[label]])
            network_policies(name, label, profile, args.surroundings, inside)
        applications = {label: created[label] for label in quotas}
        Rbac(name, applications, created[VELERO], child, volume_snapshots=args.volume_snapshots)
        accounts = [
            account for account, settings in args.settings.service_accounts.items() if settings.namespace == OPERATORS
        ]
        Safeguards(name, created[OPERATORS], accounts, child)
        if args.settings.admission:
            admission_policies(name, args.settings.admission, list(quotas), child)

    def _velero(self, name: str, args: WorkloadsArgs) -> Velero:
        return Velero(
            f"{name}-velero",
            VeleroArgs(
                scope=args.environment.scope,
                cluster_name=args.cluster_name,
                identity=args.identity,
                boundary_arn=args.environment.boundary_arn,
                bucket_name=args.backup_bucket_name,
                bucket_arn=args.backup_bucket_arn,
                bucket_key_arn=args.s3_key_arn,
                volume_key_arn=args.ebs_key_arn,
                mirrors=args.environment.mirrors,
                prerequisites=[*args.cluster_ready, self.namespaces.namespaces[VELERO]],
                hourly=[team for team, settings in args.settings.teams.items() if settings.hourly_backups],
            ),
            pulumi.ResourceOptions(parent=self),
        )
