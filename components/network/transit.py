"""The way to other private networks: a transit gateway (landing zones)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network

import pulumi
import pulumi_aws as aws

from components.network.settings import TransitGatewaySettings


def attach_transit_gateway(
    logical_name: str,
    settings: TransitGatewaySettings,
    *,
    vpc_id: pulumi.Input[str],
    subnet_ids: Sequence[pulumi.Input[str]],
    tags: Mapping[str, str],
    opts: pulumi.ResourceOptions,
) -> aws.ec2transitgateway.VpcAttachment:
    """Attaches the VPC in one subnet a zone. Association and propagation are as the gateway's owner has set them."""
    return aws.ec2transitgateway.VpcAttachment(
        logical_name,
        transit_gateway_id=settings.id,
        vpc_id=vpc_id,
        subnet_ids=list(subnet_ids),
        dns_support="enable",
        tags=tags,
        opts=opts,
    )


def route_to_transit_gateway(
    logical_name: str,
    attachment: aws.ec2transitgateway.VpcAttachment,
    *,
    table: aws.ec2.RouteTable,
    networks: Sequence[IPv4Network],
    opts: pulumi.ResourceOptions,
) -> None:
    """Routes from one table to these networks. AWS takes them once the attachment is there."""
    for network in networks:
        aws.ec2.Route(
            f"{logical_name}-{str(network).replace('.', '-').replace('/', '-')}",
            route_table_id=table.id,
            destination_cidr_block=str(network),
            transit_gateway_id=attachment.transit_gateway_id,
            opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[attachment])),
        )
