"""The security group of load balancers, which ingresses name (guide: ALB security group)."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.common.scope import Scope
from components.network import acls
from components.network.settings import NetworkSettings


def create_alb_security_group(
    logical_name: str,
    scope: Scope,
    settings: NetworkSettings,
    *,
    vpc_id: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> pulumi.Output[str]:
    """HTTP and HTTPS from the internet, onwards only to the private subnets and to what the settings name."""
    group = aws.ec2.SecurityGroup(
        f"{logical_name}-alb",
        description="Public load balancers: HTTP and HTTPS from the internet",
        vpc_id=vpc_id,
        tags={"Name": scope.name("alb")},
        opts=opts,
    )
    for label, port in (("http", 80), ("https", 443)):
        for family, ipv4, ipv6 in (("ipv4", acls.ANYWHERE, None), ("ipv6", None, "::/0")):
            aws.vpc.SecurityGroupIngressRule(
                f"{logical_name}-alb-{label}-{family}",
                security_group_id=group.id,
                description=f"{label.upper()} from the internet over {family}",
                ip_protocol="tcp",
                from_port=port,
                to_port=port,
                cidr_ipv4=ipv4,
                cidr_ipv6=ipv6,
                opts=opts,
            )
    ways = {
        f"pods-{zone}": (f"Pods and nodes in {zone}", each.private, 0, 65535) for zone, each in settings.subnets.items()
    }
    for label, further in settings.alb_egress.items():
        ways[f"egress-{label}"] = (label, further.cidr, further.port, further.port)
    for label, (description, cidr, first, last) in ways.items():
        aws.vpc.SecurityGroupEgressRule(
            f"{logical_name}-alb-{label}",
            security_group_id=group.id,
            description=description,
            ip_protocol="tcp",
            from_port=first,
            to_port=last,
            cidr_ipv4=str(cidr),
            opts=opts,
        )
    return group.id
