"""What offers the accelerators of nodes to pods, where the nodes' image does not (EKS user guide: device plugins).

A pod asks for `nvidia.com/gpu` or `aws.amazon.com/neuron` among its limits. Sources: the static manifests that both
publish for these versions (NVIDIA/k8s-device-plugin, `deployments/static`; aws-neuron-sdk, `src/k8`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Literal

import pulumi
import pulumi_kubernetes as k8s

from components.cluster.node_groups import PLUGIN_LABEL
from components.common.images import pulled

Plugin = Literal["nvidia", "neuron"]

_IMAGES: Mapping[Plugin, str] = {
    "nvidia": "nvcr.io/nvidia/k8s-device-plugin:v0.20.0",
    "neuron": "public.ecr.aws/neuron/neuron-device-plugin:2.22.4.0",
}
_NAMESPACE = "kube-system"
# Where a plugin meets the kubelet, and what Neuron's takes of the node besides.
_FOLDERS: Mapping[Plugin, Mapping[str, str]] = {
    "nvidia": {"sockets": "/var/lib/kubelet/device-plugins"},
    "neuron": {"sockets": "/var/lib/kubelet/device-plugins", "run": "/run"},
}
# Neuron's plugin writes on pods and nodes which of the devices is whose.
_NEURON_RULES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("nodes", ("get", "list", "watch")),
    ("events", ("create", "patch")),
    ("pods", ("get", "list", "patch", "update", "watch")),
    ("nodes/status", ("patch", "update")),
)


def device_plugins(
    name: str, plugins: Iterable[Plugin], mirrors: Mapping[str, str], opts: Callable[[], pulumi.ResourceOptions]
) -> None:
    """A DaemonSet for each plugin, on the nodes that need it, with an account of its own."""
    for plugin in sorted(set(plugins)):
        account = k8s.core.v1.ServiceAccount(
            f"{name}-{plugin}-device-plugin",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=f"{plugin}-device-plugin", namespace=_NAMESPACE),
            opts=opts(),
        )
        if plugin == "neuron":
            _allow_neuron(name, opts)
        k8s.apps.v1.DaemonSet(
            f"{name}-{plugin}-device-plugin",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=f"{plugin}-device-plugin", namespace=_NAMESPACE),
            spec=_daemon_set(plugin, mirrors),
            opts=pulumi.ResourceOptions.merge(opts(), pulumi.ResourceOptions(depends_on=[account])),
        )


def _allow_neuron(name: str, opts: Callable[[], pulumi.ResourceOptions]) -> None:
    role = "neuron-device-plugin"
    rules = [k8s.rbac.v1.PolicyRuleArgs(api_groups=[""], resources=[kind], verbs=[*can]) for kind, can in _NEURON_RULES]
    k8s.rbac.v1.ClusterRole(f"{name}-{role}", metadata=k8s.meta.v1.ObjectMetaArgs(name=role), rules=rules, opts=opts())
    k8s.rbac.v1.ClusterRoleBinding(
        f"{name}-{role}",
        metadata=k8s.meta.v1.ObjectMetaArgs(name=role),
        role_ref=k8s.rbac.v1.RoleRefArgs(api_group="rbac.authorization.k8s.io", kind="ClusterRole", name=role),
        subjects=[k8s.rbac.v1.SubjectArgs(kind="ServiceAccount", name=role, namespace=_NAMESPACE)],
        opts=opts(),
    )


def _daemon_set(plugin: Plugin, mirrors: Mapping[str, str]) -> k8s.apps.v1.DaemonSetSpecArgs:
    labels = {"app.kubernetes.io/name": f"{plugin}-device-plugin"}
    core = k8s.core.v1
    pod = core.PodSpecArgs(
        service_account_name=f"{plugin}-device-plugin",
        automount_service_account_token=plugin == "neuron",
        priority_class_name="system-node-critical",
        node_selector={PLUGIN_LABEL: plugin},
        tolerations=[core.TolerationArgs(operator="Exists")],
        containers=[_container(plugin, mirrors)],
        volumes=[
            core.VolumeArgs(name=name, host_path=core.HostPathVolumeSourceArgs(path=path, type="Directory"))
            for name, path in _FOLDERS[plugin].items()
        ],
    )
    return k8s.apps.v1.DaemonSetSpecArgs(
        selector=k8s.meta.v1.LabelSelectorArgs(match_labels=labels),
        template=core.PodTemplateSpecArgs(metadata=k8s.meta.v1.ObjectMetaArgs(labels=labels), spec=pod),
    )


def _container(plugin: Plugin, mirrors: Mapping[str, str]) -> k8s.core.v1.ContainerArgs:
    core = k8s.core.v1
    node_name = core.EnvVarSourceArgs(field_ref=core.ObjectFieldSelectorArgs(field_path="spec.nodeName"))
    environment: Mapping[Plugin, k8s.core.v1.EnvVarArgs] = {
        "nvidia": core.EnvVarArgs(name="FAIL_ON_INIT_ERROR", value="false"),
        "neuron": core.EnvVarArgs(name="NODE_NAME", value_from=node_name),
    }
    return core.ContainerArgs(
        name="plugin",
        image=pulled(_IMAGES[plugin], mirrors),
        env=[environment[plugin]],
        resources=core.ResourceRequirementsArgs(requests={"cpu": "50m", "memory": "64Mi"}, limits={"memory": "256Mi"}),
        security_context=core.SecurityContextArgs(
            allow_privilege_escalation=False, capabilities=core.CapabilitiesArgs(drop=["ALL"])
        ),
        volume_mounts=[core.VolumeMountArgs(name=name, mount_path=path) for name, path in _FOLDERS[plugin].items()],
    )
