"""What can be reached from where: security groups, network ACLs, subnets, databases and the cluster's endpoint."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from ipaddress import IPv4Network, ip_network

from pulumi_policy import Severity

from policies.support import ingress as groups
from policies.support.databases import INSTANCES
from policies.support.ingress import Ingress, ingress
from policies.support.networks import is_internet
from policies.support.parameters import Parameter
from policies.support.resources import Resource
from policies.support.rules import Context, Control, Findings, NotApplicable, rule

LOAD_BALANCERS = (
    "aws:lb/loadBalancer:LoadBalancer",
    "aws:alb/loadBalancer:LoadBalancer",
    "aws:elb/loadBalancer:LoadBalancer",
)
VPCS = ("aws:ec2/vpc:Vpc",)
FLOW_LOGS = ("aws:ec2/flowLog:FlowLog",)
SUBNETS = ("aws:ec2/subnet:Subnet", "aws:ec2/defaultSubnet:DefaultSubnet")
DEFAULT_NETWORKS = ("aws:ec2/defaultVpc:DefaultVpc", "aws:ec2/defaultSubnet:DefaultSubnet")
PREFIX_LISTS = ("aws:ec2/managedPrefixList:ManagedPrefixList",)
PREFIX_LIST_ENTRIES = ("aws:ec2/managedPrefixListEntry:ManagedPrefixListEntry",)
CLUSTERS = ("aws:eks/cluster:Cluster",)

ADMIN_PORTS = (22, 3389)
WEB_PORTS = (80, 443)
# RFC 1918, and RFC 6598, which landing zones use.
_PRIVATE = tuple(IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"))


@rule(
    "vpc-ingress-from-anyone",
    types=groups.INGRESS,
    severity=Severity.HIGH,
    frameworks=("CKV_AWS_277", "EC2.18", "EC2.19", "CIS5 5.1.2"),
    remedy="Name the networks or the security group that need access; only 80 and 443 may be open to anyone",
)
def vpc_ingress_from_anyone(resource: Resource, _context: Context) -> Findings:
    """The internet reaches web ports only."""
    for item in ingress(resource):
        if item.from_anyone and not _is_web(item):
            yield f"{item.says}more than one web port is open to anyone"


def _is_web(item: Ingress) -> bool:
    return item.protocol in ("tcp", "udp") and len(item.ports) == 1 and item.ports.start in WEB_PORTS


@rule(
    "vpc-ingress-admin-ports",
    types=groups.INGRESS,
    severity=Severity.CRITICAL,
    frameworks=("CKV_AWS_24", "CKV_AWS_25", "EC2.13", "EC2.14", "CIS5 5.3", "CIS5 5.4"),
    remedy="Use Session Manager instead of SSH and RDP, or name the networks that need them",
)
def vpc_ingress_admin_ports(resource: Resource, _context: Context) -> Findings:
    """The internet reaches neither SSH nor RDP."""
    for item in ingress(resource):
        if item.from_anyone and any(item.opens(port) for port in ADMIN_PORTS):
            yield f"{item.says}port 22 or 3389 is open to anyone"


@rule(
    "vpc-ingress-sum",
    types=groups.GROUPS,
    severity=Severity.HIGH,
    remedy="Name the networks that need access: halves of the internet and lists of it are the internet",
    joins=(*PREFIX_LISTS, *PREFIX_LIST_ENTRIES),
)
def vpc_ingress_sum(group: Resource, context: Context) -> Findings:
    """The rules and prefix lists of a security group do not add up to the internet, but for one web port."""
    holders = [group, *context.stack.settings_of(group, _STANDALONE, by="securityGroupId")]
    items = [(item, holder) for holder in holders for item in ingress(holder)]
    for port in {item.ports.start for item, _ in items if not _is_web(item)}:
        opening = [(item, holder) for item, holder in items if port in item.ports and not _is_web(item)]
        if any(item.from_anyone for item, _ in opening):
            continue  # a rule of its own says so
        sources = [address for item, holder in opening for address in _addresses(item, holder, context)]
        if is_internet(sources):
            yield f"rules and prefix lists together open port {port} to anyone"


_STANDALONE = (*groups.INGRESS_RULES, *groups.LEGACY_RULES)


def _addresses(item: Ingress, holder: Resource, context: Context) -> list[str]:
    """The networks of a rule, those of the stack's prefix lists included."""
    lists = [
        source
        for path in ("ingress", "prefixListId", "prefixListIds")
        for source in context.stack.sources(holder, path)
        if source.type in PREFIX_LISTS
    ]
    found = list(item.addresses)
    for prefix_list in lists:
        entries = context.stack.settings_of(prefix_list, PREFIX_LIST_ENTRIES, by="prefixListId")
        found += [entry.text("cidr") or "" for entry in (*prefix_list.each("entries"), *entries)]
    return found


@rule(
    "vpc-ingress-load-balancers",
    types=groups.INGRESS,
    severity=Severity.HIGH,
    remedy="Open the port on the load balancer's security group, and let this group accept traffic from that one",
    parameters=(
        Parameter(
            name="groups",
            kind="names",
            default=[],
            description="Logical names of groups that load balancers made outside of the stack carry.",
        ),
    ),
    joined=True,
)
def vpc_ingress_load_balancers(resource: Resource, context: Context) -> Findings:
    """The internet reaches load balancers only: what carries an open group is one, or other groups stand behind it."""
    if not any(item.from_anyone for item in ingress(resource)):
        raise NotApplicable("it is not open to anyone")
    group = _group_of(resource, context)
    if group.name in context.strings("groups"):
        return
    carriers = [item for item in context.stack.users_of(group) if item.type not in _NO_CARRIERS]
    if any(item.type not in LOAD_BALANCERS for item in carriers):
        yield "it is open to anyone, and what carries the group is no load balancer"
    elif not carriers and not _stands_in_front(group, context):
        yield "it is open to anyone, and no load balancer carries the group"


_NO_CARRIERS = frozenset((*groups.INGRESS, *groups.EGRESS_RULES))


def _group_of(resource: Resource, context: Context) -> Resource:
    """The security group of a rule; the resource itself where it is one, or where the stack does not hold it."""
    if resource.type in (*groups.GROUPS, *groups.DEFAULT_GROUPS):
        return resource
    return next((s for s in context.stack.sources(resource, "securityGroupId") if s.type in groups.GROUPS), resource)


def _stands_in_front(group: Resource, context: Context) -> bool:
    """Whether other groups let in what carries the group: a load balancer that a controller makes outside."""
    sources = ("referencedSecurityGroupId", "sourceSecurityGroupId", "ingress")
    return any(
        group in context.stack.sources(item, path) and _group_of(item, context) is not group
        for item in context.stack.users_of(group)
        if item.type in groups.INGRESS
        for path in sources
    )


@rule(
    "vpc-no-default",
    types=DEFAULT_NETWORKS,
    severity=Severity.MEDIUM,
    frameworks=(Control("CKV_AWS_148", types=DEFAULT_NETWORKS[:1]),),
    remedy="Use a VPC of the stack: the default one is open to the internet and shared by whatever names none",
)
def vpc_no_default(_resource: Resource, _context: Context) -> Findings:
    """Nothing uses the default VPC."""
    yield "it belongs to the default VPC"


@rule(
    "vpc-ingress-databases",
    types=groups.INGRESS,
    severity=Severity.HIGH,
    remedy="Name the security group of the clients instead of addresses",
    parameters=(
        Parameter(
            name="ports", kind="numbers", default=[5432, 6379], least=1, description="Ports of databases and caches."
        ),
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
    joins=groups.DEFAULT_GROUPS,
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
    joins=FLOW_LOGS,
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
    frameworks=("CKV_AWS_38",),
    remedy="Set vpcConfig.endpointPublicAccess to false, or publicAccessCidrs to the networks that need the API",
)
def eks_endpoint_limited(cluster: Resource, _context: Context) -> Findings:
    """The Kubernetes API is closed to the internet, or open to named networks."""
    access = cluster.child("vpcConfig")
    if access.false("endpointPublicAccess"):
        return
    allowed = access.strings("publicAccessCidrs")
    if not allowed or is_internet(allowed):
        yield "vpcConfig leaves the public endpoint open to anyone"
