"""Who may use the cluster: one access entry for each IAM principal (guide: Identity and Access)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from components.cluster.rbac_groups import RbacGroup
from components.cluster.settings import AccessEntrySettings


def principal_label(arn: str) -> str:
    """A name for the entry of a principal that depends on the principal alone, never on its place in a list."""
    digest = hashlib.sha256(arn.encode()).hexdigest()[:8]
    return f"{arn.rsplit('/', 1)[-1]}-{digest}"


def create_access_entries(
    name: str,
    *,
    cluster_name: pulumi.Input[str],
    settings: AccessEntrySettings,
    platform_roles: Mapping[str, tuple[pulumi.Input[str], RbacGroup]],
    opts: pulumi.ResourceOptions,
) -> Mapping[str, aws.eks.AccessEntry]:
    """An entry for each of the platform's own roles and for each principal of the settings, by label.

    The principal that creates the cluster is not among them: EKS makes its entry, and refuses a second one. It is an
    administrator of the account, because the platform's roles do not exist before.
    """
    members: Mapping[RbacGroup, Sequence[str]] = {
        RbacGroup.ADMINS: settings.admins,
        RbacGroup.DEVELOPERS: settings.developers,
        RbacGroup.READ_ONLY: settings.read_only,
        RbacGroup.CI: settings.ci,
    }
    entries = dict(platform_roles)
    for group, principals in members.items():
        entries |= {principal_label(arn): (arn, group) for arn in principals}
    return {
        label: aws.eks.AccessEntry(
            f"{name}-{label}",
            cluster_name=cluster_name,
            principal_arn=arn,
            kubernetes_groups=[group.value],
            opts=opts,
        )
        for label, (arn, group) in entries.items()
    }
