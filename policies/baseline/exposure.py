"""What can be reached from where: security groups, network ACLs, subnets, databases and the cluster's endpoint."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from ipaddress import IPv4Network, ip_network

from pulumi_policy import Severity

from policies.support import ingress as groups
from policies.support.databases import INSTANCES
from policies.support.ingress import ingress
from policies.support.parameters import Parameter
from policies.support.resources import Resource
from policies.support.rules import Context, Findings, NotApplicable, rule
from policies.support.values import Values

LOAD_BALANCERS = ("aws:lb/loadBalancer:LoadBalancer", "aws:alb/loadBalancer:LoadBalancer")
VPCS = ("aws:ec2/vpc:Vpc",)
FLOW_LOGS = ("aws:ec2/flowLog:FlowLog",)
SUBNETS = ("aws:ec2/subnet:Subnet", "aws:ec2/defaultSubnet:DefaultSubnet")
NETWORK_ACLS = ("aws:ec2/networkAcl:NetworkAcl", "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl")
NETWORK_ACL_RULES = ("aws:ec2/networkAclRule:NetworkAclRule",)
CLUSTERS = ("aws:eks/cluster:Cluster",)

ADMIN_PORTS = (22, 3389)
FILE_TRANSFER_PORTS = (20, 21)
WEB_PORTS = (80, 443)
# RFC 1918, and RFC 6598, which landing zones use.
_PRIVATE = tuple(IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"))


@rule(
    "vpc-ingress-from-anyone",
    types=groups.INGRESS,
    severity=Severity.HIGH,
    frameworks=("EC2.18",),
    remedy="Name the networks or the security group that need access; only 80 and 443 may be open to anyone",
)
def vpc_ingress_from_anyone(resource: Resource, _context: Context) -> Findings:
    """The internet reaches web ports only."""
    for item in ingress(resource):
        web = item.protocol == "tcp" and len(item.ports) == 1 and item.ports.start in WEB_PORTS
        if item.from_anyone and not web:
            yield f"{item.says}more than one web port is open to anyone"


@rule(
    "vpc-ingress-admin-ports",
    types=groups.INGRESS,
    severity=Severity.CRITICAL,
    frameworks=("CKV_AWS_24", "CKV_AWS_25", "CKV_AWS_277", "EC2.13", "EC2.14", "EC2.19", "CIS5 5.3", "CIS5 5.4"),
    remedy="Use Session Manager instead of SSH and RDP, or name the networks that need them",
)
def vpc_ingress_admin_ports(resource: Resource, _context: Context) -> Findings:
    """The internet reaches neither SSH nor RDP."""
    for item in ingress(resource):
        if item.from_anyone and any(item.opens(port) for port in ADMIN_PORTS):
            yield f"{item.says}port 22 or 3389 is open to anyone"


@rule(
    "vpc-ingress-load-balancers",
    types=groups.INGRESS,
    severity=Severity.HIGH,
    frameworks=("CKV_AWS_260", "EC2.18"),
    remedy="Open the port on the load balancer's security group, and let this group accept traffic from that one",
    parameters=(
        Parameter(
            name="groups",
            kind="strings",
            default=["*alb*"],
            description="Logical names of groups for load balancers that are made outside of the stack.",
        ),
    ),
    joined=True,
)
def vpc_ingress_load_balancers(resource: Resource, context: Context) -> Findings:
    """The internet reaches load balancers only."""
    if not any(item.from_anyone for item in ingress(resource)):
        raise NotApplicable("it is not open to anyone")
    group = _group_of(resource, context)
    named = any(fnmatchcase(group.name, pattern) for pattern in context.strings("groups"))
    if not named and not _on_load_balancer(group, context):
        yield "it is open to anyone and not the security group of a load balancer"


def _group_of(resource: Resource, context: Context) -> Resource:
    """The security group of a rule; the resource itself where it is one, or where the stack does not hold it."""
    if resource.type in (*groups.GROUPS, *groups.DEFAULT_GROUPS):
        return resource
    return next((s for s in context.stack.sources(resource, "securityGroupId") if s.type in groups.GROUPS), resource)


def _on_load_balancer(group: Resource, context: Context) -> bool:
    balancers = context.stack.of(*LOAD_BALANCERS)
    return any(group in context.stack.sources(balancer, "securityGroups") for balancer in balancers)


@rule(
    "vpc-ingress-databases",
    types=groups.INGRESS,
    severity=Severity.HIGH,
    frameworks=("EC2.19",),
    remedy="Name the security group of the clients instead of addresses",
    parameters=(
        Parameter(name="ports", kind="numbers", default=[5432, 6379], description="Ports of databases and caches."),
        Parameter(
            name="networks",
            kind="strings",
            default=[],
            description="Private networks, as they stand in rules, whose clients have no security group here.",
        ),
    ),
)
def vpc_ingress_databases(resource: Resource, context: Context) -> Findings:
    """Databases and caches are reached from named security groups only, and from private networks that are named."""
    for item in ingress(resource):
        strangers = set(item.addresses) - _private(context.strings("networks"))
        opened = [str(port) for port in context.numbers("ports") if strangers and item.opens(port)]
        if opened:
            yield f"{item.says}port {' and '.join(opened)} is open to addresses"


def _private(networks: Sequence[str]) -> set[str]:
    """Those that are networks of private addresses. No parameter opens a database to others."""
    found = set()
    for text in networks:
        with contextlib.suppress(ValueError):
            network = ip_network(text)
            if any(network.version == 4 and network.subnet_of(private) for private in _PRIVATE):
                found.add(text)
    return found


@rule(
    "vpc-rule-descriptions",
    types=(*groups.INGRESS, *groups.EGRESS_RULES),
    severity=Severity.LOW,
    frameworks=("CKV_AWS_23",),
    remedy="Say in description what the rule is for",
)
def vpc_rule_descriptions(resource: Resource, _context: Context) -> Findings:
    """Security groups and their rules say what they are for."""
    if resource.type not in groups.DEFAULT_GROUPS and (resource.text("description") or "") in ("", "Managed by Pulumi"):
        yield "description is not set"
    if resource.type in (*groups.GROUPS, *groups.DEFAULT_GROUPS):
        for path in ("ingress", "egress"):
            for number, item in enumerate(resource.each(path)):
                if not item.text("description"):
                    yield f"{path}[{number}]: description is not set"


@rule(
    "vpc-rules-in-one-form",
    types=groups.GROUPS,
    severity=Severity.MEDIUM,
    remedy="Keep all rules of the group inside of it, or all in resources of their own: the two forms undo each other",
    joined=True,
)
def vpc_rules_in_one_form(group: Resource, context: Context) -> Findings:
    """A security group has its rules inside or in resources of their own, never both."""
    inside = group.has("ingress") or group.has("egress")
    types = (*groups.INGRESS_RULES, *groups.EGRESS_RULES, *groups.LEGACY_RULES)
    if inside and context.stack.settings_of(group, types, by="securityGroupId"):
        yield "rules are both inside of the group and in resources of their own"


@rule(
    "vpc-default-group-closed",
    types=VPCS,
    severity=Severity.HIGH,
    frameworks=("CKV2_AWS_12", "EC2.2", "CIS5 5.5"),
    remedy="Add an aws.ec2.DefaultSecurityGroup of the VPC without ingress and egress rules",
    joined=True,
)
def vpc_default_group_closed(vpc: Resource, context: Context) -> Findings:
    """The default security group of every VPC lets nothing through."""
    found = context.stack.settings_of(vpc, groups.DEFAULT_GROUPS, by="vpcId", identity=("id",))
    if not found:
        yield "the default security group is not emptied"
    for group in found:
        if group.has("ingress") or group.has("egress"):
            yield f"the default security group {group.name} has rules"


@rule(
    "vpc-flow-logs",
    types=VPCS,
    severity=Severity.MEDIUM,
    frameworks=("CKV2_AWS_11", "EC2.6", "CIS5 3.7"),
    remedy="Add an aws.ec2.FlowLog of the VPC with trafficType ALL",
    joined=True,
)
def vpc_flow_logs(vpc: Resource, context: Context) -> Findings:
    """Every VPC logs its traffic, accepted and rejected."""
    found = context.stack.settings_of(vpc, FLOW_LOGS, by="vpcId", identity=("id",))
    if not any(flow_log.text("trafficType") == "ALL" for flow_log in found):
        yield "there is no flow log of all traffic"


@rule(
    "vpc-subnet-private-addresses",
    types=SUBNETS,
    severity=Severity.MEDIUM,
    frameworks=("CKV_AWS_130", "EC2.15"),
    remedy="Set mapPublicIpOnLaunch to false",
)
def vpc_subnet_private_addresses(subnet: Resource, _context: Context) -> Findings:
    """Subnets give out no public addresses by themselves."""
    if subnet.true("mapPublicIpOnLaunch"):
        yield "mapPublicIpOnLaunch is true"


@dataclass(frozen=True)
class _AclRule:
    number: float
    allows: bool
    ports: range
    anyone: frozenset[str]
    """Which of the two internets, IPv4 and IPv6, the rule is about as a whole."""


@rule(
    "vpc-nacl-admin-ports",
    types=NETWORK_ACLS,
    severity=Severity.HIGH,
    frameworks=("CKV_AWS_229", "CKV_AWS_230", "CKV_AWS_231", "CKV_AWS_232", "EC2.21", "CIS5 5.2"),
    remedy="Deny the port from 0.0.0.0/0 and ::/0 in a rule with a lower number than the one that allows it",
    joined=True,
)
def vpc_nacl_admin_ports(acl: Resource, context: Context) -> Findings:
    """Network ACLs keep the internet away from SSH, RDP and FTP: the first rule that matches decides."""
    standalone = context.stack.settings_of(acl, NETWORK_ACL_RULES, by="networkAclId")
    rules = [_acl_rule(item, "ruleNo", "action") for item in acl.each("ingress")]
    rules += [_acl_rule(item, "ruleNumber", "ruleAction") for item in standalone if not item.true("egress")]
    for internet in sorted(groups.ANYONE):
        for port in (*FILE_TRANSFER_PORTS, *ADMIN_PORTS):
            matching = [item for item in rules if internet in item.anyone and port in item.ports]
            first = min(matching, key=lambda item: item.number, default=None)
            if first and first.allows:
                yield f"port {port} is open to {internet} by rule {first.number:.0f}"


def _acl_rule(item: Values, number: str, action: str) -> _AclRule:
    protocol = (item.text("protocol") or "").lower()
    first, last = item.number("fromPort") or 0, item.number("toPort") or 0
    tcp = range(int(first), int(last) + 1)
    ports = {"all": range(65536), "-1": range(65536), "tcp": tcp, "6": tcp}.get(protocol, range(0))
    return _AclRule(
        number=item.number(number) or 0,
        allows=(item.text(action) or "").lower() == "allow",
        ports=ports,
        anyone=groups.ANYONE & {item.text("cidrBlock") or "", item.text("ipv6CidrBlock") or ""},
    )


@rule(
    "rds-not-public",
    types=INSTANCES,
    severity=Severity.CRITICAL,
    frameworks=("CKV_AWS_17", "RDS.2", "CIS5 2.2.3"),
    remedy="Set publiclyAccessible to false",
)
def rds_not_public(instance: Resource, _context: Context) -> Findings:
    """RDS instances have no public address."""
    if instance.true("publiclyAccessible"):
        yield "publiclyAccessible is true"


@rule(
    "eks-endpoint-limited",
    types=CLUSTERS,
    severity=Severity.HIGH,
    frameworks=("CKV_AWS_38", "CKV_AWS_39", "EKS.1"),
    remedy="Set vpcConfig.endpointPublicAccess to false, or publicAccessCidrs to the networks that need the API",
)
def eks_endpoint_limited(cluster: Resource, _context: Context) -> Findings:
    """The Kubernetes API is closed to the internet, or open to named networks."""
    access = cluster.child("vpcConfig")
    if access.false("endpointPublicAccess"):
        return
    allowed = access.strings("publicAccessCidrs")
    if not allowed or groups.ANYONE & set(allowed):
        yield "vpcConfig leaves the public endpoint open to anyone"
