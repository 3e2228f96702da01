"""What `eks:index:Cluster` makes for Fargate, for auto mode and of storage classes, after pulumi-eks 4.4."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from local.providers.eks.roles import Service, ServiceRole, service_role
from local.providers.monitor import Monitor, Options, Output, Registered, combine

AUTO_MODE_POLICIES = (
    *("AmazonEKSComputePolicy", "AmazonEKSBlockStoragePolicy", "AmazonEKSLoadBalancingPolicy"),
    "AmazonEKSNetworkingPolicy",
)
"""What the control plane may do besides, to run nodes by itself."""
_NODE_POLICIES = ("AmazonEKSWorkerNodeMinimalPolicy", "AmazonEC2ContainerRegistryPullOnly")
# All pods of these namespaces, unless the program says which.
_SELECTORS = [{"namespace": "default"}, {"namespace": "kube-system"}]
_DEFAULT_CLASS = {"storageclass.kubernetes.io/is-default-class": "true"}


def is_automatic(monitor: Monitor) -> bool:
    """Whether EKS runs the nodes by itself."""
    return bool((monitor["autoMode"].value or {}).get("enabled"))


def auto_node_role(monitor: Monitor, component: Registered) -> ServiceRole | None:
    """The role of the nodes that EKS runs, unless the program gives one."""
    if not is_automatic(monitor) or monitor["autoMode"].value.get("createNodeRole") is False:
        return None
    return service_role(monitor, f"{monitor.name}-nodeRole", component, Service("ec2.amazonaws.com", _NODE_POLICIES))


def auto_mode(monitor: Monitor, role: ServiceRole | None) -> dict[str, Any]:
    """The inputs by which a cluster runs nodes, volumes and load balancers by itself."""
    own = monitor["autoMode"].value.get("computeConfig") or {}
    arn = role.role["arn"] if role else None
    return {
        "computeConfig": {"enabled": True, "nodeRoleArn": arn, "nodePools": ["general-purpose", "system"], **own},
        "storageConfig": {"blockStorage": {"enabled": True}},
    }


def fargate_profile(
    monitor: Monitor, component: Registered, cluster: Registered, subnets: Output, access: Registered | None
) -> Registered | None:
    """The profile by which pods run on Fargate, with a role for that unless the program gives one."""
    asked = monitor["fargate"].value
    if not asked:
        return None
    given: Mapping[str, Any] = asked if isinstance(asked, Mapping) else {}
    role = given.get("podExecutionRoleArn")
    if role is None:
        service = Service("eks-fargate-pods.amazonaws.com", ("AmazonEKSFargatePodExecutionRolePolicy",))
        made = service_role(monitor, f"{monitor.name}-podExecutionRole", component, service)
        role = Output(made.role["arn"].value, made.resolved.urns)
    # AWS keeps names that begin with `eks-` for itself.
    reserved = monitor.name == "eks" or re.match("eks-", monitor.name, re.IGNORECASE)
    name = f"{monitor.name.replace('-', '_', 1)}fargateProfile" if reserved else f"{monitor.name}-fargateProfile"
    inputs = {
        "clusterName": cluster["name"],
        "podExecutionRoleArn": role,
        "selectors": given.get("selectors") or _SELECTORS,
        "subnetIds": given.get("subnetIds") or subnets,
    }
    options = Options(depends_on=(access,) if access else ())
    return monitor.resource("aws:eks/fargateProfile:FargateProfile", name, component, inputs, options)


def storage_classes(
    monitor: Monitor, component: Registered, provider: Registered | None, after: tuple[Registered, ...]
) -> dict[str, Registered]:
    """The storage classes that the program wants in the cluster, by their names."""
    asked = monitor["storageClasses"].value or {}
    wanted = {asked: {"type": asked, "default": True}} if isinstance(asked, str) else asked
    options = Options(depends_on=after, provider=provider)

    def create(name: str, given: Mapping[str, Any]) -> Registered:
        metadata = dict(given.get("metadata") or {})
        if given.get("default"):
            metadata["annotations"] = {**(metadata.get("annotations") or {}), **_DEFAULT_CLASS}
        inputs = {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": metadata,
            "provisioner": "kubernetes.io/aws-ebs",
            "parameters": _parameters(given),
            **{each: given.get(each) for each in _PASSED},
        }
        kind = "kubernetes:storage.k8s.io/v1:StorageClass"
        return monitor.resource(kind, f"{monitor.name.lower()}-{name}", component, inputs, options)

    return {name: create(name, given) for name, given in wanted.items()}


_PASSED = ("allowVolumeExpansion", "mountOptions", "reclaimPolicy", "volumeBindingMode")


def _parameters(given: Mapping[str, Any]) -> dict[str, Any]:
    """What the provisioner is told, as text."""
    written: Mapping[str, Callable[[Any], str]] = {
        "zones": ", ".join,
        "iopsPerGb": lambda number: f"{number:g}",
        "encrypted": lambda flag: "true" if flag else "false",
        "kmsKeyId": str,
    }
    known = {name: combine(text, Output(given[name])) for name, text in written.items() if given.get(name)}
    return {"type": given["type"], **known}
