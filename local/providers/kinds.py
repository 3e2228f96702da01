"""What the provider of Kubernetes and an API server know of the kinds of objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CLUSTER_SCOPED = frozenset(
    [
        "APIService",
        "CertificateSigningRequest",
        "ClusterIssuer",
        "ClusterRole",
        "ClusterRoleBinding",
        "CSIDriver",
        "CSINode",
        "CustomResourceDefinition",
        "IngressClass",
        "IngressClassParams",
        "MutatingWebhookConfiguration",
        "Namespace",
        "Node",
        "PersistentVolume",
        "PodSecurityPolicy",
        "PriorityClass",
        "RuntimeClass",
        "StorageClass",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
        "VolumeAttachment",
        "VolumeSnapshotClass",
    ]
)
"""Kinds that no namespace holds."""

UNCOUNTED = frozenset(
    (
        *("ClusterRole", "ClusterRoleBinding", "ConfigMap", "CSIDriver", "Endpoints", "HorizontalPodAutoscaler"),
        *("LimitRange", "Namespace", "Node", "PersistentVolume", "PersistentVolumeClaim", "ResourceQuota", "Role"),
        *("RoleBinding", "RuntimeClass", "Secret", "Service", "ServiceAccount", "StorageClass"),
    )
)
"""Kinds of which an API server counts no generations."""

IDENTITY = ("apiVersion", "kind", "metadata.name", "metadata.namespace")
"""What makes any object another one."""

_CONTAINERS = tuple(
    f"spec.{containers}.{name}"
    for containers in ("containers", "initContainers")
    for name in (
        *("args", "command", "env", "image", "imagePullPolicy", "lifecycle", "livenessProbe", "ports"),
        *("readinessProbe", "resources", "securityContext", "stdin", "stdinOnce", "terminationMessagePath"),
        *("terminationMessagePolicy", "tty", "volumeDevices", "volumeMounts", "workingDir"),
    )
)
_VOLUMES = (
    *("awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "csi", "fc", "flexVolume", "flocker"),
    *("gcePersistentDisk", "glusterfs", "hostPath", "iscsi", "local", "nfs", "photonPersistentDisk"),
    *("portworxVolume", "quobyte", "rbd", "scaleIO", "storageos", "vsphereVolume"),
)
_POD = (
    *("affinity", "automountServiceAccountToken", "dnsConfig", "dnsPolicy", "enableServiceLinks", "hostAliases"),
    *("hostIPC", "hostNetwork", "hostPID", "hostname", "imagePullSecrets", "nodeName", "nodeSelector", "overhead"),
    *("preemptionPolicy", "priority", "priorityClassName", "readinessGates", "restartPolicy", "runtimeClassName"),
    *("schedulerName", "securityContext", "serviceAccount", "serviceAccountName", "shareProcessNamespace"),
    *("subdomain", "terminationGracePeriodSeconds", "volumes"),
)

REPLACED: Mapping[str, tuple[str, ...]] = {
    "ClusterRoleBinding": ("roleRef",),
    "DaemonSet": ("spec.selector",),
    "Deployment": ("spec.selector",),
    "Job": ("spec.completions", "spec.parallelism", "spec.selector", "spec.template"),
    "PersistentVolume": tuple(f"spec.{name}" for name in _VOLUMES),
    "PersistentVolumeClaim": ("spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName"),
    "Pod": (*(f"spec.{name}" for name in _POD), *_CONTAINERS),
    "ResourceQuota": ("spec.scopes",),
    "RoleBinding": ("roleRef",),
    "Secret": ("type",),
    "Service": ("spec.clusterIP",),
    "StatefulSet": (
        *("spec.podManagementPolicy", "spec.revisionHistoryLimit", "spec.selector", "spec.serviceName"),
        "spec.volumeClaimTemplates",
    ),
    "StorageClass": ("parameters", "provisioner"),
}
"""What the provider replaces rather than changes, without what it is configured to change (`CONTENT`)."""

CONTENT: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "ConfigMap": ("enableConfigMapMutable", ("binaryData", "data")),
    "Secret": ("enableSecretMutable", ("data",)),
}
"""What it replaces, too, unless that is switched on and the object is not immutable."""

FIXED: Mapping[str, Mapping[str, Any]] = {
    "CSIDriver": {"spec.attachRequired": True, "spec.volumeLifecycleModes": ["Persistent"]},
    "CustomResourceDefinition": dict.fromkeys(
        ("spec.group", "spec.names.kind", "spec.names.plural", "spec.scope"), None
    ),
    "IngressClass": {"spec.controller": None},
    "PersistentVolume": {"spec.nodeAffinity": None, "spec.volumeMode": "Filesystem"},
    "PersistentVolumeClaim": {"spec.volumeMode": "Filesystem"},
    "PriorityClass": {"preemptionPolicy": "PreemptLowerPriority", "value": None},
    "ResourceQuota": {"spec.scopes": None},
    "RuntimeClass": {"handler": None},
    "StorageClass": {"reclaimPolicy": "Delete", "volumeBindingMode": "Immediate"},
}
"""What an API server does not let change although the provider tries, with the value of what is left out."""
