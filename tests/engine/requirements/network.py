"""Rows R1 to R14 of the guide: VPC and networking."""

from __future__ import annotations

from typing import Any

from tests.engine.deployed import Deployed
from tests.engine.requirements.support import (
    CLUSTER,
    ZONES,
    group,
    ingress,
    key_arn,
    log_groups,
    proves,
    subnets,
)


@proves("VPC 10.0.0.0/16 with DNS, default security group emptied", 1)
def vpc(d: Deployed) -> None:
    found = d.one("aws:ec2/vpc:Vpc", "network")
    assert found["cidrBlock"] == "10.0.0.0/16"
    assert found["enableDnsHostnames"]
    assert found["enableDnsSupport"]
    default = d.one("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "network-default")
    assert not default.inputs["ingress"]
    assert not default.inputs["egress"]


@proves("three availability zones from configuration", 2)
def zones(d: Deployed) -> None:
    assert set(subnets(d, "private")) == set(ZONES)


@proves("three public subnets for load balancers, routed to the internet gateway", 3)
def public_subnets(d: Deployed) -> None:
    found = subnets(d, "public")
    assert set(found) == set(ZONES)
    for subnet in found.values():
        assert subnet["tags"]["kubernetes.io/role/elb"] == "1"
        assert subnet["mapPublicIpOnLaunch"] is False
    route = d.one("aws:ec2/route:Route", "network-public")
    assert route["gatewayId"] == d.one("aws:ec2/internetGateway:InternetGateway").id


@proves("three private /19 subnets, a route table in each zone", 4)
def private_subnets(d: Deployed) -> None:
    found = subnets(d, "private")
    assert {str(subnet["cidrBlock"]).split("/")[1] for subnet in found.values()} == {"19"}
    assert all(subnet["tags"]["kubernetes.io/role/internal-elb"] == "1" for subnet in found.values())
    tables = {
        association["routeTableId"]
        for association in d.of_type("aws:ec2/routeTableAssociation:RouteTableAssociation")
        if association["subnetId"] in {subnet.id for subnet in found.values()}
    }
    assert len(tables) == 3


@proves("three database /24 subnets without a default route, subnet groups for RDS and ElastiCache", 5)
def database_subnets(d: Deployed) -> None:
    ids = {subnet.id for subnet in subnets(d, "database").values()}
    assert len(ids) == 3
    table = d.one("aws:ec2/routeTable:RouteTable", "network-database")
    assert table.id not in {route["routeTableId"] for route in d.of_type("aws:ec2/route:Route")}
    for type_, name in (
        ("aws:rds/subnetGroup:SubnetGroup", "network-database"),
        ("aws:elasticache/subnetGroup:SubnetGroup", "network-cache"),
    ):
        subnet_group = d.one(type_, name)
        assert set(subnet_group["subnetIds"]) == ids
        assert str(subnet_group["name"]).islower()


@proves("a NAT gateway in each zone, used by the zone's own private subnet", 6)
def nat_gateways(d: Deployed) -> None:
    for zone in ZONES:
        nat = d.one("aws:ec2/natGateway:NatGateway", f"network-{zone}")
        assert nat["subnetId"] == subnets(d, "public")[zone].id
        assert d.one("aws:ec2/route:Route", f"network-private-{zone}")["natGatewayId"] == nat.id
    assert {address["domain"] for address in d.of_type("aws:ec2/eip:Eip")} == {"vpc"}


@proves("internet gateway, before the NAT gateways", 7)
def internet_gateway(d: Deployed) -> None:
    gateway = d.one("aws:ec2/internetGateway:InternetGateway")
    for nat in d.of_type("aws:ec2/natGateway:NatGateway"):
        assert gateway.urn in d.needs(nat)


@proves("a network ACL for each tier; the databases only from the private tier", 8)
def network_acls(d: Deployed) -> None:
    acls = {a.name: a for a in d.of_type("aws:ec2/networkAcl:NetworkAcl") if a.name.startswith("network-")}
    assert set(acls) == {"network-public", "network-private", "network-database"}
    private = {subnet["cidrBlock"] for subnet in subnets(d, "private").values()}
    database = {subnet["cidrBlock"] for subnet in subnets(d, "database").values()}
    rules = acls["network-database"].inputs["ingress"]
    assert {(r["fromPort"], r["cidrBlock"]) for r in rules if r["protocol"] == "tcp"} == {
        (port, cidr) for port in (5432, 6379) for cidr in private
    }
    assert {r["cidrBlock"] for r in rules if r["protocol"] == "-1"} == database


@proves("VPC flow logs of all traffic, every minute, to an encrypted group", 9)
def flow_logs(d: Deployed) -> None:
    flow_log = d.one("aws:ec2/flowLog:FlowLog", "network-flow-logs")
    assert flow_log["trafficType"] == "ALL"
    assert flow_log["maxAggregationInterval"] == 60
    target = log_groups(d)["/aws/vpc/production/flow-logs"]
    assert flow_log["logDestination"] == target["arn"]
    assert target["kmsKeyId"] == key_arn(d, "logs")


@proves("ALB security group: HTTP and HTTPS from the internet over IPv4 and IPv6", 10)
def alb_group(d: Deployed) -> None:
    rules = {
        (r["fromPort"], r.inputs.get("cidrIpv4") or r.inputs["cidrIpv6"]) for r in ingress(d, group(d, "network-alb"))
    }
    assert rules == {(port, cidr) for port in (80, 443) for cidr in ("0.0.0.0/0", "::/0")}


@proves("EKS cluster security group: HTTPS from the VPC and the private allowed networks", 11)
def cluster_group(d: Deployed) -> None:
    rules = ingress(d, group(d, "cluster-control-plane"))
    assert {(r["fromPort"], r["toPort"], r.inputs.get("cidrIpv4")) for r in rules} == {
        (443, 443, "10.0.0.0/16"),
        (443, 443, "10.0.0.0/8"),
    }


@proves("node security group: nodes among themselves, control plane, load balancers; the only one with the tag", 12)
def nodes_group(d: Deployed) -> None:
    nodes = group(d, "cluster-nodes")
    rules = ingress(d, nodes)
    sources: dict[Any, set[Any]] = {}
    for rule in rules:
        sources.setdefault(rule["referencedSecurityGroupId"], set()).add(rule.inputs.get("fromPort"))
    assert sources == {
        nodes.id: {None},
        group(d, "cluster-control-plane").id: {443, 4443, 9443, 10250, 10251},
        group(d, "network-alb").id: {0},
    }
    tagged = [
        g.name
        for g in d.of_type("aws:ec2/securityGroup:SecurityGroup")
        if f"kubernetes.io/cluster/{CLUSTER}" in g["tags"]
    ]
    assert tagged == ["cluster-nodes"]


@proves("databases take connections only from the nodes' security group, the one on the nodes' interfaces", 13, 14)
def store_groups(d: Deployed) -> None:
    nodes = group(d, "cluster-nodes").id
    for store, port in (("postgres", 5432), ("redis", 6379)):
        (rule,) = ingress(d, group(d, store))
        assert (rule["fromPort"], rule["toPort"], rule["referencedSecurityGroupId"]) == (port, port, nodes)
    for template in d.of_type("aws:ec2/launchTemplate:LaunchTemplate"):
        assert template["vpcSecurityGroupIds"] == [nodes]
