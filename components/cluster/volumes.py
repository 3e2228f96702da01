"""Classes of the volumes that pods claim, and of their snapshots."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pulumi
import pulumi_kubernetes as k8s

from components.cluster.volume_settings import DEFAULT_VOLUME_CLASS, VolumeClassSettings

_DRIVER = "ebs.csi.aws.com"


def create_volume_classes(
    name: str,
    classes: Mapping[str, VolumeClassSettings],
    key_arn: pulumi.Input[str],
    opts: Callable[[], pulumi.ResourceOptions],
) -> None:
    """The default class, gp3 under the customer key, and the faster ones under the same key.

    EKS makes a class gp2 too, but none that is the default. Volumes are made in the zone of their first pod, and grow.
    """
    # An API server never changes these, though the provider would try: the class is made anew, and volumes stay.
    fixed = pulumi.ResourceOptions(
        replace_on_changes=["reclaim_policy", "volume_binding_mode"], delete_before_replace=True
    )
    default = {DEFAULT_VOLUME_CLASS: VolumeClassSettings()}
    for label, settings in {**default, **classes}.items():
        annotations = {"storageclass.kubernetes.io/is-default-class": "true"} if label in default else None
        k8s.storage.v1.StorageClass(
            f"{name}-{label}",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=label, annotations=annotations),
            provisioner=_DRIVER,
            parameters={**settings.parameters, "encrypted": "true", "kmsKeyId": key_arn},
            reclaim_policy="Retain" if settings.kept else None,
            volume_binding_mode="WaitForFirstConsumer",
            allow_volume_expansion=True,
            opts=pulumi.ResourceOptions.merge(opts(), fixed),
        )


def create_snapshot_class(name: str, opts: pulumi.ResourceOptions) -> None:
    """The default class of snapshots. Those of encrypted volumes have the volumes' key."""
    # The SDK's own class for custom resources knows objects with a specification only, which this has not.
    pulumi.CustomResource(
        "kubernetes:snapshot.storage.k8s.io/v1:VolumeSnapshotClass",
        f"{name}-ebs-snapshots",
        {
            "apiVersion": "snapshot.storage.k8s.io/v1",
            "kind": "VolumeSnapshotClass",
            "metadata": {"name": "ebs", "annotations": {"snapshot.storage.kubernetes.io/is-default-class": "true"}},
            "driver": _DRIVER,
            "deletionPolicy": "Delete",
        },
        opts=opts,
    )
