"""Who reaches whom on the networks of deployed stacks: packets and answers, held against what was written down."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatch
from functools import cache
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests.engine.deployed import Deployed, changed
from tests.engine.packets import LostError, Network, Place

pytestmark = pytest.mark.engine

WRITTEN: Mapping[str, Any] = yaml.safe_load((Path(__file__).parent / "data" / "flows.yaml").read_text(encoding="utf-8"))
# A group of this VPC that the stack does not make; `full` names it as a client.
CLIENT = "sg-0a1b2c3d4e5f60d01"
FOREIGN = "sg-0f0f0f0f0f0f0f0f0"
OPENINGS = {
    "aws:ec2/route:Route",
    "aws:ec2/vpcEndpoint:VpcEndpoint",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
}
# What no line needs, and why it is there all the same.
UNSEEN: Mapping[str, str] = {
    "network-* ingress tcp 3389 *": "closed in both tiers that answers come through",
    "network-database * -1 0 *": "what RDS and ElastiCache do among themselves, in interfaces of their own",
    "standby * -1 0 *": "the same",
    "network-*-ipv6": "R10; the VPC has no IPv6",
    **dict.fromkeys(
        [f"network-{service}" for service in ("s3", "ecr.*", "sts", "ec2", "logs", "secretsmanager", "kms", "ssm")],
        "what would pass NAT otherwise",
    ),
    "network-private ingress tcp 443 10.*": "10.0.0.0/8 may reach the API, and in `full` each connected network, too",
    "cluster-api-from-10.0.0.0-*": "one network is in the other",
    "cluster-control-plane-to-nodes-*": "the group that EKS makes for the control plane lets it out as well",
    "metrics-api": "443 is open from the whole VPC",
    "standby-from-nodes": "its network is made by the stack that takes over",
}
REGIONS = {"standby": "us-west-2"}
# Resources that give security groups to interfaces: type, logical name, property.
INTERFACES = {
    "endpoints": ("aws:ec2/vpcEndpoint:VpcEndpoint", "network-secretsmanager", "securityGroupIds"),
    "postgres": ("aws:rds/instance:Instance", "postgres-primary", "vpcSecurityGroupIds"),
    "standby": ("aws:rds/instance:Instance", "standby", "vpcSecurityGroupIds"),
    "redis": ("aws:elasticache/replicationGroup:ReplicationGroup", "redis", "securityGroupIds"),
}


class Flow(NamedTuple):
    """A line of the file."""

    stack: str
    source: str
    target: str
    what: str
    expected: bool
    why: str


def flows(section: str) -> Iterator[Flow]:
    for stack, rows in WRITTEN[section].items():
        for row in rows:
            yield Flow(stack, *row)


def _groups(stack: Deployed, label: str) -> tuple[str, ...]:
    """Security groups as they are on the interfaces: from the resource that gives them to its interfaces."""
    if label in ("client", "foreign"):
        return (CLIENT,) if label == "client" else (FOREIGN,)
    if label == "alb":
        return (str(stack.outputs["albSecurityGroupId"]),)
    if label == "nodes":
        templates = stack.of_type("aws:ec2/launchTemplate:LaunchTemplate")
        (found,) = {tuple(template["vpcSecurityGroupIds"]) for template in templates}
        return found
    if label == "control-plane":
        settings = stack.one("aws:eks/cluster:Cluster").outputs["vpcConfig"]
        return (*settings["securityGroupIds"], settings["clusterSecurityGroupId"])
    if label == "collector":
        return tuple(stack.one("aws:amp/scraper:Scraper")["source"]["eks"]["securityGroupIds"])
    type_, name, key = INTERFACES[label]
    return tuple(stack.one(type_, name)[key])


def _subnet(stack: Deployed, tier: str, zone: str) -> str:
    """By what the stack's outputs call a tier; of the standby by its subnet group."""
    zone = f"{REGIONS.get(tier, 'us-east-1')}{zone}"
    if tier == "standby":
        group = stack.one("aws:rds/instance:Instance", "standby")["dbSubnetGroupName"]
        (found,) = [each for each in stack.of_type("aws:rds/subnetGroup:SubnetGroup") if each["name"] == group]
        ids = found.inputs["subnetIds"]
        return next(each.id for each in stack if each.id in ids and each["availabilityZone"] == zone)
    return str(stack.outputs[f"{tier}SubnetIds"][zone])


@cache
def place(base: str, label: str) -> Place:
    said = WRITTEN["places"][label]
    if address := said.get("address"):
        return Place(address=IPv4Address(address), behind=said.get("behind", "internet"))
    stack = changed(base)
    subnet = _subnet(stack, said["tier"], said["zone"])
    return Place(
        address=IPv4Network(network(base).subnets[subnet]["cidrBlock"])[said.get("host", 30)],
        subnet=subnet,
        groups=_groups(stack, said["groups"]),
        is_public=said.get("public", False),
    )


@cache
def network(base: str) -> Network:
    return of(changed(base))


def of(stack: Deployed) -> Network:
    """The group that EKS makes for the control plane lets everything out, as the foreign ones do."""
    own = stack.one("aws:eks/cluster:Cluster").outputs["vpcConfig"]["clusterSecurityGroupId"]
    return Network(stack, (own, CLIENT, FOREIGN))


def lost(networks: Network, flow: Flow, section: str) -> str:
    """Why no connection comes about, or no answer; nothing where they do."""
    source, target = place(flow.stack, flow.source), place(flow.stack, flow.target)
    protocol, what = flow.what.split()
    port, _, code = what.partition("/")
    try:
        if section == "flows":
            networks.connects(source, target, protocol, int(port))
        else:
            networks.answers(source, target, protocol, int(port), int(code or 0))
    except LostError as error:
        return str(error)
    return ""


def named(flow: Flow) -> str:
    return "-".join(map(str, flow[:4])).replace(" ", "-").replace("/", "-")


@pytest.mark.parametrize("flow", list(flows("flows")), ids=named)
def test_a_connection_comes_about_where_it_should_and_nowhere_else(flow: Flow) -> None:
    why_not = lost(network(flow.stack), flow, "flows")
    assert (why_not == "") is flow.expected, f"{flow.why}: {why_not or 'they connect'}"


@pytest.mark.parametrize("flow", list(flows("answers")), ids=named)
def test_answers_come_back_where_they_should(flow: Flow) -> None:
    why_not = lost(network(flow.stack), flow, "answers")
    assert (why_not == "") is flow.expected, f"{flow.why}: {why_not or 'it arrives'}"


def without(stack: Deployed) -> Iterator[tuple[str, Deployed]]:
    """The stack without one of its openings, for each of them."""
    for each in stack:
        if each.type in OPENINGS:
            yield each.name, Deployed({urn: own for urn, own in stack.resources.items() if urn != each.urn})
        elif each.type == "aws:ec2/networkAcl:NetworkAcl":
            for direction in ("ingress", "egress"):
                for rule in each.inputs[direction]:
                    left = [own for own in each.inputs[direction] if own != rule]
                    changed_acl = replace(each, inputs={**each.inputs, direction: left})
                    name = f"{each.name} {direction} {rule['protocol']} {rule['toPort']} {rule['cidrBlock']}"
                    yield name, Deployed({**stack.resources, each.urn: changed_acl})


@pytest.mark.parametrize("base", WRITTEN["flows"])
def test_each_opening_is_there_for_a_flow_that_is_written_down(base: str) -> None:
    """Taking away what production has, or what another stack has more, changes the answer of some line."""
    listed = [(section, flow) for section in ("flows", "answers") for flow in flows(section) if flow.stack == base]
    shown = {name for name, _ in without(changed("production"))} if base != "production" else set()
    idle = [
        name
        for name, less in without(changed(base))
        if name not in shown and not any(fnmatch(name, pattern) for pattern in UNSEEN)
        if all((lost(of(less), flow, section) == "") is flow.expected for section, flow in listed)
    ]
    assert idle == []


def test_flows_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    listed = [(section, flow) for section in ("flows", "answers") for flow in flows(section)]
    assert len(listed) == len({(section, *flow[:4]) for section, flow in listed})
    connects = sum(flow.expected for _, flow in listed)
    assert len(listed) >= 80
    with capsys.disabled():
        sys.stdout.write(f"\nflows: {len(listed)} written down, {connects} open, {len(listed) - connects} closed\n")
