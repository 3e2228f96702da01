"""Velero: backups of the cluster's objects and volumes (guide: Backup and Disaster Recovery)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components.common.iam import ServiceAccountRole, Statement, WorkloadIdentity, policy_document
from components.common.images import image_values, pulled
from components.common.scope import Scope
from components.workloads.charts import CONTAINER_SECURITY, Chart, pod_security, release, resources
from components.workloads.namespaces import VELERO

CHART = Chart(name="velero", version="12.1.0", repository="https://vmware-tanzu.github.io/helm-charts")
_IMAGE = "docker.io/velero/velero"
_IMAGE_TAG = "v1.18.1"
# Plugin 1.14 is the one for Velero 1.18.
_PLUGIN_IMAGE = "docker.io/velero/velero-plugin-for-aws:v1.14.2"

_SERVICE_ACCOUNT = "velero"
_USER = 65534

# Where backups live in their bucket.
PREFIX = "velero"

# Long enough for a running upload to end, short enough for the drain of a node.
_GRACE_SECONDS = 600

_TAGGED_BY_VELERO = {"Null": {"aws:RequestTag/velero.io/backup": "false"}}


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A recurring backup."""

    cron: str
    """When it starts, in UTC."""
    namespaces: Sequence[str]
    """What it holds; `*` is all namespaces."""
    kept_hours: int
    """After which Velero deletes it with its snapshots."""


_EVERY_HOUR = ("trading", "data")


def schedules(teams: Sequence[str]) -> dict[str, Schedule]:
    """Everything every day; what changes by the hour, and the namespaces of teams that ask for it, every hour."""
    return {
        "daily": Schedule(cron="0 2 * * *", namespaces=("*",), kept_hours=30 * 24),
        "hourly": Schedule(cron="15 * * * *", namespaces=(*_EVERY_HOUR, *teams), kept_hours=3 * 24),
    }


def storage_location(scope: Scope) -> str:
    """Name of the place for backups. Snapshots carry it as a tag, which tells those of each environment apart."""
    return scope.name("backups")


def velero_policy(scope: Scope, *, bucket_arn: str, bucket_key_arn: str, volume_key_arn: str) -> str:
    """Backups under one prefix of one bucket, and snapshots of the volumes that the cluster's CSI driver made.

    Source: the permissions in the notes of Velero's plugin for AWS, narrowed to what Velero tags.
    """
    return policy_document(
        *_bucket_access(scope, bucket_arn, bucket_key_arn),
        *_take_snapshots(scope),
        *_restore_volumes(scope),
        _delete_snapshots(scope),
        *_volume_key_access(scope, volume_key_arn),
    )


def _bucket_access(scope: Scope, bucket_arn: str, key_arn: str) -> list[Statement]:
    return [
        {
            "Sid": "KeepBackups",
            "Effect": "Allow",
            "Action": [
                "s3:AbortMultipartUpload",
                "s3:DeleteObject",
                "s3:GetObject",
                "s3:ListMultipartUploadParts",
                "s3:PutObject",
            ],
            "Resource": f"{bucket_arn}/{PREFIX}/*",
        },
        {
            # Not narrowed to the prefix: S3 would answer the question for a missing object with a refusal.
            "Sid": "FindBackups",
            "Effect": "Allow",
            "Action": ["s3:GetBucketLocation", "s3:ListBucket"],
            "Resource": bucket_arn,
        },
        {
            "Sid": "EncryptBackups",
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey*"],
            "Resource": key_arn,
            "Condition": {"StringEquals": {"kms:ViaService": scope.via_service("s3")}},
        },
    ]


def _volumes(scope: Scope) -> str:
    return scope.arn("ec2", "volume/*")


def _snapshots(scope: Scope) -> str:
    """Snapshots have no account in their ARN."""
    return f"arn:{scope.partition}:ec2:{scope.region}::snapshot/*"


def _take_snapshots(scope: Scope) -> list[Statement]:
    return [
        {
            "Sid": "FindVolumes",
            "Effect": "Allow",
            "Action": ["ec2:DescribeSnapshots", "ec2:DescribeVolumes"],
            "Resource": "*",
        },
        {
            "Sid": "SnapshotVolumesOfClusters",
            "Effect": "Allow",
            "Action": "ec2:CreateSnapshot",
            "Resource": _volumes(scope),
            "Condition": {"StringEquals": {"aws:ResourceTag/ebs.csi.aws.com/cluster": "true"}},
        },
        {
            "Sid": "CreateSnapshots",
            "Effect": "Allow",
            "Action": "ec2:CreateSnapshot",
            "Resource": _snapshots(scope),
            "Condition": _TAGGED_BY_VELERO,
        },
    ]


def _restore_volumes(scope: Scope) -> list[Statement]:
    volumes, snapshots = _volumes(scope), _snapshots(scope)
    return [
        {
            "Sid": "RestoreVolumes",
            "Effect": "Allow",
            "Action": "ec2:CreateVolume",
            "Resource": volumes,
            "Condition": _TAGGED_BY_VELERO,
        },
        {"Sid": "RestoreFromSnapshots", "Effect": "Allow", "Action": "ec2:CreateVolume", "Resource": snapshots},
        {
            "Sid": "TagWhatIsCreated",
            "Effect": "Allow",
            "Action": "ec2:CreateTags",
            "Resource": [volumes, snapshots],
            "Condition": {"StringEquals": {"ec2:CreateAction": ["CreateSnapshot", "CreateVolume"]}},
        },
    ]


def _delete_snapshots(scope: Scope) -> Statement:
    return {
        "Sid": "DeleteOwnSnapshots",
        "Effect": "Allow",
        "Action": "ec2:DeleteSnapshot",
        "Resource": _snapshots(scope),
        "Condition": {"StringEquals": {"aws:ResourceTag/velero.io/storage-location": storage_location(scope)}},
    }


def _volume_key_access(scope: Scope, key_arn: str) -> list[Statement]:
    through_ec2 = {"kms:ViaService": scope.via_service("ec2")}
    return [
        {
            "Sid": "EncryptVolumes",
            "Effect": "Allow",
            "Action": [
                "kms:Decrypt",
                "kms:DescribeKey",
                "kms:GenerateDataKeyWithoutPlaintext",
                "kms:ReEncryptFrom",
                "kms:ReEncryptTo",
            ],
            "Resource": key_arn,
            "Condition": {"StringEquals": through_ec2},
        },
        {
            "Sid": "GrantVolumesTheirKey",
            "Effect": "Allow",
            "Action": "kms:CreateGrant",
            "Resource": key_arn,
            "Condition": {"StringEquals": through_ec2, "Bool": {"kms:GrantIsForAWSResource": "true"}},
        },
    ]


def velero_values(
    *,
    scope: Scope,
    cluster_name: str,
    bucket_name: pulumi.Input[str],
    bucket_key_arn: pulumi.Input[str],
    annotations: Mapping[str, pulumi.Input[str]],
    mirrors: Mapping[str, str],
    hourly: Sequence[str] = (),
) -> Mapping[str, Any]:
    """Values of the chart."""
    return {
        "image": image_values(_IMAGE, _IMAGE_TAG, mirrors),
        "initContainers": [_plugin(mirrors)],
        "configuration": {
            "backupStorageLocation": [
                {
                    "name": storage_location(scope),
                    "provider": "aws",
                    "bucket": bucket_name,
                    "prefix": PREFIX,
                    "default": True,
                    "config": {"region": scope.region, "kmsKeyId": bucket_key_arn},
                }
            ],
            "volumeSnapshotLocation": [{"name": "volumes", "provider": "aws", "config": {"region": scope.region}}],
            # Restored volumes become this cluster's, whichever cluster their backup is from.
            "extraEnvVars": [{"name": "AWS_CLUSTER_NAME", "value": cluster_name}],
        },
        "credentials": {"useSecret": False},
        "serviceAccount": {"server": {"name": _SERVICE_ACCOUNT, "annotations": dict(annotations)}},
        "schedules": {label: _schedule(schedule, scope) for label, schedule in schedules(hourly).items()},
        # Volumes are saved as snapshots, so nothing has to run on every node with access to its disks.
        "deployNodeAgent": False,
        # Helm brings the resource definitions with the first install. The hook that replaces them later would run
        # with rights over all of them at each change of a value; `.ci/crds` upgrades them before each deployment.
        "upgradeCRDs": False,
        "resources": resources(cpu="250m", memory="512Mi", memory_limit="1Gi"),
        "podSecurityContext": pod_security(_USER),
        "containerSecurityContext": dict(CONTAINER_SECURITY),
        "terminationGracePeriodSeconds": _GRACE_SECONDS,
        "metrics": {"serviceMonitor": {"enabled": False}, "nodeAgentPodMonitor": {"enabled": False}},
    }


def _plugin(mirrors: Mapping[str, str]) -> Mapping[str, Any]:
    """The container that puts the plugin where the server looks for it."""
    return {
        "name": "velero-plugin-for-aws",
        "image": pulled(_PLUGIN_IMAGE, mirrors),
        "imagePullPolicy": "IfNotPresent",
        "resources": resources(cpu="50m", memory="64Mi", memory_limit="128Mi"),
        "securityContext": dict(CONTAINER_SECURITY),
        "volumeMounts": [{"mountPath": "/target", "name": "plugins"}],
    }


def _schedule(schedule: Schedule, scope: Scope) -> Mapping[str, Any]:
    return {
        "schedule": schedule.cron,
        "template": {
            "includedNamespaces": list(schedule.namespaces),
            "snapshotVolumes": True,
            "storageLocation": storage_location(scope),
            "ttl": f"{schedule.kept_hours}h0m0s",
        },
    }


@dataclass(frozen=True, kw_only=True)
class VeleroArgs:
    """What to back up, and where to."""

    scope: Scope
    cluster_name: str
    """Physical name, which restored volumes are tagged with."""
    identity: WorkloadIdentity
    """How the pods of its service account come to the role."""
    boundary_arn: pulumi.Input[str]
    """Permissions boundary of the role."""
    bucket_name: pulumi.Input[str]
    """Where backups go, under the prefix `velero`."""
    bucket_arn: pulumi.Input[str]
    """Of the same bucket."""
    bucket_key_arn: pulumi.Input[str]
    """Key of the bucket."""
    volume_key_arn: pulumi.Input[str]
    """Key of the volumes that pods claim, and so of their snapshots."""
    mirrors: Mapping[str, str]
    """What stands in place of public registries in the names of images."""
    prerequisites: Sequence[pulumi.Resource]
    """Nodes and add-ons that pods need, and Velero's own namespace."""
    hourly: Sequence[str] = ()
    """Namespaces of teams that are backed up every hour."""


class Velero(pulumi.ComponentResource):
    """The release with its schedules, and the role of its service account."""

    role_arn: pulumi.Output[str]
    """Role of the service account: it keeps backups in the bucket and takes snapshots of volumes."""

    def __init__(self, name: str, args: VeleroArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform:workloads:Velero", name, None, opts)
        scope = args.scope
        keys = pulumi.Output.all(args.bucket_arn, args.bucket_key_arn, args.volume_key_arn)
        role = ServiceAccountRole(
            name,
            identity=args.identity,
            boundary_arn=args.boundary_arn,
            namespace=VELERO,
            service_account=_SERVICE_ACCOUNT,
            policy=keys.apply(
                lambda arns: velero_policy(scope, bucket_arn=arns[0], bucket_key_arn=arns[1], volume_key_arn=arns[2])
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        values = velero_values(
            scope=scope,
            cluster_name=args.cluster_name,
            bucket_name=args.bucket_name,
            bucket_key_arn=args.bucket_key_arn,
            annotations=role.annotations,
            mirrors=args.mirrors,
            hourly=args.hourly,
        )
        ready = pulumi.ResourceOptions(parent=self, depends_on=[*args.prerequisites, *role.ready])
        release(name, CHART, namespace=VELERO, values=values, opts=ready)
        self.role_arn = role.arn
        self.register_outputs({"roleArn": self.role_arn})
