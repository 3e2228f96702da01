"""Networks, security groups and access lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pulumi_aws as aws
from twins import Plant, Site

ANYONE = "0.0.0.0/0"
HALVES = ("0.0.0.0/1", "128.0.0.0/1")
PIECES = ("16.0.0.0/5", "24.0.0.0/5")
OFFICE = "203.0.113.0/24"
TCP = {"protocol": "tcp", "description": "clients"}


def plants(site: Site) -> Iterator[Plant]:
    """A network with groups."""
    vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16", opts=site.options())
    if site.good:
        aws.ec2.DefaultSecurityGroup("default-group", vpc_id=vpc.id, opts=site.options())
    yield Plant(
        aws.ec2.FlowLog,
        "flow-log",
        {"vpc_id": vpc.id, "log_destination_type": "s3", "log_destination": "arn:aws:s3:::flow-logs"},
        {"traffic_type": "REJECT"},
        {"traffic_type": "ALL"},
    )
    if not site.good:
        aws.ec2.FlowLog(
            "flow-log-elsewhere",
            subnet_id="subnet-0",
            traffic_type="ALL",
            log_destination="arn:aws:logs:us-east-1:123456789012:log-group:elsewhere",
            iam_role_arn="arn:aws:iam::123456789012:role/flow-logs",
            opts=site.options(hidden=True),
        )
        aws.ec2.DefaultVpc("default-vpc", opts=site.options())
    subnet = {"vpc_id": vpc.id, "cidr_block": "10.0.0.0/24"}
    yield Plant(aws.ec2.Subnet, "subnet", subnet, {"map_public_ip_on_launch": True}, {})
    open_acl = {"rule_no": 100, "action": "allow", "protocol": "-1", "from_port": 0, "to_port": 0}
    yield Plant(
        aws.ec2.NetworkAcl,
        "acl",
        {"vpc_id": vpc.id},
        {"ingress": [{**open_acl, "cidr_block": ANYONE}]},
        {"ingress": [{**open_acl, "cidr_block": OFFICE}]},
    )
    half = [{**open_acl, "rule_no": 100 + number, "cidr_block": block} for number, block in enumerate(HALVES)]
    yield Plant(
        aws.ec2.NetworkAcl,
        "acl-of-halves",
        {"vpc_id": vpc.id},
        {"ingress": half},
        {"ingress": [{**open_acl, "cidr_block": OFFICE}]},
    )
    yield from groups(vpc)
    rules(vpc, site)


def groups(vpc: aws.ec2.Vpc) -> Iterator[Plant]:
    """Groups whose rules are inside."""
    group = {"vpc_id": vpc.id, "description": "machines"}
    sources: dict[str, dict[str, Any]] = {
        "ssh-for-anyone": {"from_port": 22, "to_port": 22, "cidr_blocks": [ANYONE]},
        "rdp-for-halves": {"from_port": 3389, "to_port": 3389, "cidr_blocks": list(HALVES)},
        "all-of-ipv6": {"from_port": 0, "to_port": 65535, "ipv6_cidr_blocks": ["2000::/3"]},
        "database-for-office": {"from_port": 5432, "to_port": 5432, "cidr_blocks": [OFFICE]},
    }
    for name, source in sources.items():
        wrong = {**TCP, **source}
        right = {**TCP, "from_port": 8443, "to_port": 8443, "cidr_blocks": [OFFICE]}
        yield Plant(aws.ec2.SecurityGroup, name, group, {"ingress": [wrong]}, {"ingress": [right]})


def rules(vpc: aws.ec2.Vpc, site: Site) -> None:
    """Groups whose rules are resources, in both generations, and lists of networks."""
    options = site.options(hidden=True)

    def group(name: str, **more: Any) -> aws.ec2.SecurityGroup:
        return aws.ec2.SecurityGroup(name, vpc_id=vpc.id, description="machines", opts=options, **more)

    def rule(name: str, of: aws.ec2.SecurityGroup, port: int, **source: Any) -> None:
        aws.vpc.SecurityGroupIngressRule(
            name,
            security_group_id=of.id,
            description="clients" if site.good else None,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            opts=options,
            **source,
        )

    halves = group("halves")
    for number, block in enumerate(PIECES):
        rule(f"half-{number}", halves, 9000, cidr_ipv4=OFFICE if site.good else block)
    entries = [{"cidr": block} for block in ([OFFICE] if site.good else HALVES)]
    internet = aws.ec2.ManagedPrefixList(
        "internet", address_family="IPv4", max_entries=2, entries=entries, opts=options
    )
    listed = group("listed")
    rule("listed-rule", listed, 9001, prefix_list_id=internet.id)
    old = group("old-rules")
    aws.ec2.SecurityGroupRule(
        "old-rule",
        security_group_id=old.id,
        type="ingress",
        description="clients",
        protocol="tcp",
        from_port=22,
        to_port=22,
        cidr_blocks=[OFFICE] if site.good else [ANYONE],
        opts=options,
    )
    alb = group("public-alb")
    rule("web", alb, 443, cidr_ipv4=ANYONE)
    if site.good:
        behind = group("behind")
        rule("from-alb", behind, 8080, referenced_security_group_id=alb.id)
        return
    aws.ec2.NetworkInterface("bastion", subnet_id="subnet-0", security_groups=[alb.id], opts=options)
    both = group("both-forms", ingress=[{**TCP, "from_port": 1, "to_port": 1, "cidr_blocks": [OFFICE]}])
    rule("both-forms-rule", both, 2, cidr_ipv4=OFFICE)
