"""What each group of people and machines may do inside the cluster (guide: Identity and Access, RBAC).

Access entries of the cluster put IAM principals into these groups; roles and bindings here give the groups rights.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pulumi
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_kubernetes.rbac.v1 import (
    ClusterRole,
    ClusterRoleBinding,
    PolicyRuleArgs,
    RoleBinding,
    RoleRefArgs,
    SubjectArgs,
)

from components.cluster import RbacGroup
from components.workloads.namespaces import VELERO

_READ = ("get", "list", "watch")
_END = (*_READ, "delete", "deletecollection")
_WRITE = (*_END, "create", "update", "patch")

# API group → resources. What a developer writes; secrets, roles, quotas and network policies are left out on purpose.
_WORKLOADS: Mapping[str, Sequence[str]] = {
    "": ("configmaps", "persistentvolumeclaims", "services"),
    "apps": ("daemonsets", "deployments", "deployments/scale", "statefulsets", "statefulsets/scale"),
    "autoscaling": ("horizontalpodautoscalers",),
    "batch": ("cronjobs", "jobs"),
    "networking.k8s.io": ("ingresses",),
    "policy": ("poddisruptionbudgets",),
}
# What a developer restarts. Pods come from workloads: a bare one runs once, is in no review, and nobody misses it. Nor
# may their labels be changed, which decide on traffic and quarantine.
_PODS: Mapping[str, Sequence[str]] = {"": ("pods",)}
# What a developer reads besides.
_STATE: Mapping[str, Sequence[str]] = {
    "": ("endpoints", "events", "limitranges", "pods/log", "pods/status", "resourcequotas", "serviceaccounts"),
    "apps": ("controllerrevisions", "replicasets"),
    "discovery.k8s.io": ("endpointslices",),
    "events.k8s.io": ("events",),
    "networking.k8s.io": ("networkpolicies",),
    "metrics.k8s.io": ("pods",),
}
# Snapshots of volumes, where they can be asked for: restored by a claim of the same namespace. What stands behind them
# lies outside of namespaces, and could name the snapshot of another; nobody here writes it.
_SNAPSHOTS = "snapshot.storage.k8s.io"
# What lies outside of namespaces.
_CLUSTER_STATE: Mapping[str, Sequence[str]] = {
    "": ("namespaces", "nodes", "persistentvolumes"),
    "metrics.k8s.io": ("nodes",),
    "networking.k8s.io": ("ingressclasses",),
    "scheduling.k8s.io": ("priorityclasses",),
    "storage.k8s.io": ("storageclasses", "volumeattachments"),
}
# The kinds that the program itself makes. Named one by one: `*` would include the proxies of nodes and pods, by which
# whoever may read them runs commands in any container.
_PREVIEWED: Mapping[str, Sequence[str]] = {
    "": ("configmaps", "limitranges", "namespaces", "resourcequotas", "serviceaccounts"),
    "admissionregistration.k8s.io": ("validatingadmissionpolicies", "validatingadmissionpolicybindings"),
    "elbv2.k8s.aws": ("ingressclassparams",),
    "networking.k8s.io": ("ingressclasses", "networkpolicies"),
    "policy": ("poddisruptionbudgets",),
    "rbac.authorization.k8s.io": ("clusterrolebindings", "clusterroles", "rolebindings", "roles"),
    "scheduling.k8s.io": ("priorityclasses",),
    "snapshot.storage.k8s.io": ("volumesnapshotclasses",),
    "storage.k8s.io": ("storageclasses",),
}
# What a deployment brings along. A release tool also keeps its own records in secrets.
_DEPLOYMENT: Mapping[str, Sequence[str]] = {
    "": ("secrets", "serviceaccounts"),
    "networking.k8s.io": ("networkpolicies",),
}


def _rules(resources: Mapping[str, Sequence[str]], verbs: Sequence[str]) -> list[PolicyRuleArgs]:
    return [
        PolicyRuleArgs(api_groups=[group], resources=list(kinds), verbs=list(verbs))
        for group, kinds in resources.items()
    ]


class Rbac(pulumi.ComponentResource):
    """Roles for the groups, bound as narrowly as each allows.

    Administrators do everything. Readers see the whole cluster except secrets. Developers change workloads in the
    namespaces of applications and reach the ports of their pods. CI deploys into the same namespaces, with secrets,
    service accounts and network policies. Neither makes bare pods, opens a shell or changes roles and quotas.
    No group but the administrators reaches a proxy of the API server, or commands in containers.

    Developers cannot read secrets through the API, which keeps them out of terminals and screens. It is no border:
    whoever writes a workload can have it mount any secret of the namespace, run as any of its service accounts with the
    AWS role behind it, and print what it finds into a log. A developer is trusted with all that these namespaces hold,
    and with nothing outside of them. What must stay closed to developers belongs into another namespace, and what they
    change into a pull request that CI deploys.

    Previews read the kinds of objects that the program makes, and the secrets in which charts are recorded where those
    are installed. They read no secret of an application, no log, and reach no pod.
    """

    def __init__(
        self,
        name: str,
        namespaces: Mapping[str, pulumi.Resource],
        velero: pulumi.Resource,
        opts: pulumi.ResourceOptions | None = None,
        *,
        volume_snapshots: bool = False,
    ) -> None:
        """Bind the groups.

        Args:
            name: Logical name.
            namespaces: The applications' namespaces by name, which the bindings inside them wait for.
            velero: The namespace of that chart.
            opts: Options of the component; its provider is the cluster's.
            volume_snapshots: Whether snapshots of volumes can be asked for as objects.
        """
        super().__init__("platform:workloads:Rbac", name, None, opts)
        self._bind_cluster(name, "admins", "cluster-admin", (RbacGroup.ADMINS,))
        self._bind_cluster(name, "read-only", "view", (RbacGroup.READ_ONLY,))
        kinds = ("volumesnapshots", "volumesnapshotclasses", "volumesnapshotcontents") if volume_snapshots else ()
        state = {**_CLUSTER_STATE, **({_SNAPSHOTS: kinds} if kinds else {})}
        reader = self._role(name, "cluster-reader", _rules(state, _READ))
        self._bind_cluster(name, "cluster-readers", reader, (RbacGroup.DEVELOPERS, RbacGroup.READ_ONLY, RbacGroup.CI))
        written = {**_WORKLOADS, **({_SNAPSHOTS: kinds[:1]} if kinds else {})}
        workloads = _rules(written, _WRITE) + _rules(_PODS, _END) + _rules(_STATE, _READ)
        forward = _rules({"": ("pods/portforward",)}, ("create",))
        self._preview(name, velero)
        developer = self._role(name, "developer", workloads + forward)
        deployer = self._role(name, "deployer", workloads + _rules(_DEPLOYMENT, _WRITE))
        for label, namespace in namespaces.items():
            inside = pulumi.ResourceOptions(parent=self, depends_on=[namespace])
            _bind(name, developer, RbacGroup.DEVELOPERS, label, inside)
            _bind(name, deployer, RbacGroup.CI, label, inside)
        self.register_outputs({"groups": [group.value for group in RbacGroup]})

    def _preview(self, name: str, velero: pulumi.Resource) -> None:
        preview = self._role(name, "preview", _rules(_PREVIEWED, _READ))
        self._bind_cluster(name, "preview", preview, (RbacGroup.PREVIEW,))
        releases = self._role(name, "release-reader", _rules({"": ("secrets",)}, _READ))
        # Where charts are installed; the cluster brings the first of the two along.
        _bind(name, releases, RbacGroup.PREVIEW, "kube-system", pulumi.ResourceOptions(parent=self))
        inside = pulumi.ResourceOptions(parent=self, depends_on=[velero])
        _bind(name, releases, RbacGroup.PREVIEW, VELERO, inside)

    def _role(self, name: str, label: str, rules: Sequence[PolicyRuleArgs]) -> str:
        """Create a cluster role and return its name; it gives nothing until it is bound."""
        role = f"trading-platform-{label}"
        ClusterRole(
            f"{name}-{label}",
            metadata=ObjectMetaArgs(name=role),
            rules=rules,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return role

    def _bind_cluster(self, name: str, label: str, role: str, groups: Iterable[str]) -> None:
        ClusterRoleBinding(
            f"{name}-{label}",
            metadata=ObjectMetaArgs(name=f"trading-platform-{label}"),
            role_ref=_role_ref(role),
            subjects=_subjects(groups),
            opts=pulumi.ResourceOptions(parent=self),
        )


def _bind(name: str, role: str, group: str, namespace: str, opts: pulumi.ResourceOptions) -> None:
    """Give a group a role inside of one namespace."""
    RoleBinding(
        f"{name}-{namespace}-{role}",
        metadata=ObjectMetaArgs(name=role, namespace=namespace),
        role_ref=_role_ref(role),
        subjects=_subjects((group,)),
        opts=opts,
    )


def _role_ref(role: str) -> RoleRefArgs:
    return RoleRefArgs(api_group="rbac.authorization.k8s.io", kind="ClusterRole", name=role)


def _subjects(groups: Iterable[str]) -> list[SubjectArgs]:
    return [SubjectArgs(api_group="rbac.authorization.k8s.io", kind="Group", name=group) for group in groups]
