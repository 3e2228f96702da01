"""Shapes of the network: VPCs and what is in them."""

from __future__ import annotations

from collections.abc import Mapping

from local.providers.aws.facts import Facts, Shape
from local.providers.aws.shapes.building import arn, checksum, part_of, short_region, vpc_of, with_id
from local.providers.identity import Identity


def _public_ip(facts: Facts) -> str:
    """An address that goes with an allocation, so that a NAT gateway and its Elastic IP agree on it."""
    allocation = Identity(str(facts["allocationId"]), {})
    return f"52.{allocation.number(1, 254, 'b')}.{allocation.number(0, 255, 'c')}.{allocation.number(1, 254, 'd')}"


def _public_dns(facts: Facts) -> str:
    zone = "compute-1" if facts.region == "us-east-1" else f"{facts.region}.compute"
    return f"ec2-{facts['publicIp'].replace('.', '-')}.{zone}.{facts.suffix}"


def _private_ip(facts: Facts) -> str:
    made_up = facts.identity
    return f"10.{made_up.number(0, 255, 'b')}.{made_up.number(0, 255, 'c')}.{made_up.number(4, 254, 'd')}"


def _zone_id(facts: Facts) -> str:
    zone = str(facts["availabilityZone"])
    return f"{short_region(zone[:-1])}-az{ord(zone[-1]) - ord('a') + 1}"


def _is_interface(facts: Facts) -> bool:
    return str(facts["vpcEndpointType"]) == "Interface"


def _endpoint_hosts(facts: Facts) -> list[dict[str, str]]:
    if not _is_interface(facts):
        return []
    service = str(facts["serviceName"]).rpartition(f"com.amazonaws.{facts.region}.")[2]
    host = f"{facts['id']}-{facts.identity.letters(8, 'host')}.{service}.{facts.region}.vpce.{facts.suffix}"
    return [{"dnsName": host, "hostedZoneId": f"Z{facts.identity.letters(13, 'zone').upper()}"}]


def _endpoint_interfaces(facts: Facts) -> list[str]:
    return [f"eni-{facts.identity.hex(17, str(subnet))}" for subnet in facts["subnetIds"] or []]


def _route_id(facts: Facts) -> str:
    destinations = ("destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId")
    return f"r-{facts['routeTableId']}{checksum(*destinations)(facts)}"


def _acl_rule_id(facts: Facts) -> str:
    return f"nacl-{checksum('networkAclId', 'ruleNumber', 'egress', 'protocol')(facts)}"


def _prefix_list(facts: Facts) -> str:
    return f"pl-{facts.identity.hex(8)}" if facts["vpcEndpointType"] == "Gateway" else ""


# The fields of a flow log that names none. A template doubles its braces.
_FLOW_FIELDS = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
)
_FLOW_FORMAT = " ".join(f"${{{{{name}}}}}" for name in _FLOW_FIELDS.split())
_SECURITY_GROUP_RULE = with_id("sgr", "security-group-rule", securityGroupRuleId="{id}")

SHAPES: Mapping[str, Shape] = {
    "aws:ebs/defaultKmsKey:DefaultKmsKey": Shape("{keyArn}"),
    "aws:ebs/encryptionByDefault:EncryptionByDefault": Shape("terraform-{digits:26}"),
    "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl": Shape(
        "{defaultNetworkAclId}",
        {"arn": arn("ec2", "network-acl/{id}"), "ownerId": "{account}", "vpcId": vpc_of("defaultNetworkAclId")},
    ),
    "aws:ec2/defaultRouteTable:DefaultRouteTable": Shape(
        "{defaultRouteTableId}",
        {"arn": arn("ec2", "route-table/{id}"), "ownerId": "{account}", "vpcId": vpc_of("defaultRouteTableId")},
    ),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": Shape(
        part_of("sg", "vpcId", "default"),
        {
            "arn": arn("ec2", "security-group/{id}"),
            "description": "default VPC security group",
            "name": "default",
            "ownerId": "{account}",
        },
    ),
    "aws:ec2/eip:Eip": with_id(
        "eipalloc",
        "elastic-ip",
        allocationId="{id}",
        associationId="",
        domain="vpc",
        networkBorderGroup="{region}",
        publicDns=_public_dns,
        publicIp=_public_ip,
        publicIpv4Pool="amazon",
    ),
    "aws:ec2/flowLog:FlowLog": with_id("fl", "vpc-flow-log", logFormat=_FLOW_FORMAT),
    "aws:ec2/internetGateway:InternetGateway": with_id("igw", "internet-gateway"),
    "aws:ec2/launchTemplate:LaunchTemplate": with_id("lt", "launch-template", defaultVersion=1, latestVersion=1),
    "aws:ec2/natGateway:NatGateway": with_id(
        "nat",
        "natgateway",
        associationId="eipassoc-{hex:17/association}",
        networkInterfaceId="eni-{hex:17/interface}",
        privateIp=_private_ip,
        publicIp=_public_ip,
        routeTableId="",
        vpcId=vpc_of("subnetId"),
    ),
    "aws:ec2/networkAcl:NetworkAcl": with_id("acl", "network-acl"),
    "aws:ec2/networkAclAssociation:NetworkAclAssociation": Shape("aclassoc-{hex:17}"),
    "aws:ec2/networkAclRule:NetworkAclRule": Shape(_acl_rule_id),
    "aws:ec2/route:Route": Shape(
        _route_id, {"instanceId": "", "instanceOwnerId": "", "origin": "CreateRoute", "state": "active"}
    ),
    "aws:ec2/routeTable:RouteTable": with_id("rtb", "route-table"),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": Shape("rtbassoc-{hex:17}"),
    "aws:ec2/securityGroup:SecurityGroup": with_id("sg", "security-group"),
    "aws:ec2/securityGroupRule:SecurityGroupRule": Shape(
        "sgrule-{digits:10}", {"securityGroupRuleId": "sgr-{hex:17}", "sourceSecurityGroupId": ""}
    ),
    "aws:ec2/subnet:Subnet": with_id(
        "subnet",
        "subnet",
        availabilityZone="{region}a",
        availabilityZoneId=_zone_id,
        ipv6CidrBlockAssociationId="",
        privateDnsHostnameTypeOnLaunch="ip-name",
    ),
    "aws:ec2/vpc:Vpc": with_id(
        "vpc",
        "vpc",
        defaultNetworkAclId=part_of("acl", "id", "default"),
        defaultRouteTableId=part_of("rtb", "id", "main"),
        defaultSecurityGroupId=part_of("sg", "id", "default"),
        dhcpOptionsId="dopt-{hex:17/options}",
        ipv6AssociationId="",
        mainRouteTableId=part_of("rtb", "id", "main"),
    ),
    "aws:ec2transitgateway/vpcAttachment:VpcAttachment": with_id(
        "tgw-attach", "transit-gateway-attachment", vpcOwnerId="{account}"
    ),
    "aws:ec2/vpcEndpoint:VpcEndpoint": with_id(
        "vpce",
        "vpc-endpoint",
        dnsEntries=_endpoint_hosts,
        ipAddressType="ipv4",
        networkInterfaceIds=_endpoint_interfaces,
        prefixListId=_prefix_list,
        serviceRegion="{region}",
        state="available",
        vpcEndpointType="Gateway",
    ),
    "aws:lb/loadBalancer:LoadBalancer": Shape(
        "{arn}",
        {
            "arn": arn("elasticloadbalancing", "loadbalancer/{arnSuffix}"),
            "arnSuffix": "app/{name}/{hex:16}",
            "dnsName": "{name}-{digits:10}.{region}.elb.{suffix}",
            "ipAddressType": "ipv4",
            "vpcId": vpc_of("subnets"),
            "zoneId": "Z35SXDOTRQ7X7K",
        },
    ),
    "aws:lb/targetGroup:TargetGroup": Shape(
        "{arn}",
        {"arn": arn("elasticloadbalancing", "{arnSuffix}"), "arnSuffix": "targetgroup/{name}/{hex:16}"},
    ),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _SECURITY_GROUP_RULE,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _SECURITY_GROUP_RULE,
}
