"""Security groups of data stores: reached by named client groups on one port, and by nothing else."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from components.common.scope import Scope
from components.common.settings import ClientSettings


def data_store_security_group(
    logical_name: str,
    scope: Scope,
    label: str,
    *,
    vpc_id: pulumi.Input[str],
    port: int,
    clients: Mapping[str, pulumi.Input[str]],
    further: Mapping[str, ClientSettings] | None = None,
    opts: pulumi.ResourceOptions,
) -> aws.ec2.SecurityGroup:
    """A group that lets each client group (label → id) reach `port` over TCP. Nothing leaves: a store only answers.

    `further` are clients of the configuration: groups, or private networks. The group is made in the scope's region,
    which is that of the VPC.
    """
    group = aws.ec2.SecurityGroup(
        logical_name,
        description=f"{scope.name(label)}: reached by its clients only",
        vpc_id=vpc_id,
        revoke_rules_on_delete=True,
        region=scope.region,
        tags={"Name": scope.name(label)},
        opts=opts,
    )
    sources: dict[str, tuple[pulumi.Input[str] | None, str | None]] = {
        **{client: (id_, None) for client, id_ in clients.items()},
        **{
            client: (settings.security_group_id, str(settings.cidr) if settings.cidr else None)
            for client, settings in (further or {}).items()
        },
    }
    for client, (client_group_id, cidr) in sources.items():
        aws.vpc.SecurityGroupIngressRule(
            f"{logical_name}-from-{client}",
            security_group_id=group.id,
            referenced_security_group_id=client_group_id,
            cidr_ipv4=cidr,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            region=scope.region,
            description=f"{label} from {client}",
            tags={"Name": scope.name(f"{label}-from-{client}")},
            opts=opts,
        )
    return group
