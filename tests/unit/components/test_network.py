"""The network: tiers, routes, access lists, flow logs, endpoints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest

from components.network import acls
from components.network.network import Network, NetworkArgs
from components.network.settings import NatGateways, NetworkSettings
from tests.unit.environments import environment
from tests.unit.harness import Recording, Registration, document, record

ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")
MAX_ACL_RULES = 20


def settings(**changes: Any) -> NetworkSettings:
    subnets = {
        zone: {"public": f"10.0.{i}.0/24", "private": f"10.0.{32 * (i + 1)}.0/19", "database": f"10.0.{16 + i}.0/24"}
        for i, zone in enumerate(ZONES)
    }
    return NetworkSettings.model_validate({"vpc_cidr": "10.0.0.0/16", "subnets": subnets, **changes})


def network(clients: Sequence[str] = (), **changes: Any) -> Recording:
    args = NetworkArgs(
        environment=environment(
            logs_key_arn="arn:aws:kms:us-east-1:123456789012:key/logs",
            boundary_arn="arn:aws:iam::123456789012:policy/production-access-boundary",
        ),
        settings=settings(**changes),
        api_cidrs=[IPv4Network("10.0.0.0/8")],
        client_cidrs=[IPv4Network(cidr) for cidr in clients],
    )
    return record(lambda: Network("network", args))


@pytest.fixture(scope="module")
def recording() -> Recording:
    return network()


def decides(resource: Registration, direction: str, port: int, address: str) -> str:
    """What a network ACL does with TCP traffic, rule by rule as AWS does."""
    for rule in sorted(resource.inputs[direction], key=lambda rule: rule["ruleNo"]):
        tcp = rule["protocol"] == "tcp" and rule["fromPort"] <= port <= rule["toPort"]
        matches_port = rule["protocol"] == "-1" or tcp
        if matches_port and IPv4Address(address) in IPv4Network(rule["cidrBlock"]):
            return str(rule["action"])
    return "deny"


def test_the_vpc_resolves_names_and_its_default_group_is_closed(recording: Recording) -> None:
    vpc = recording.one("aws:ec2/vpc:Vpc").inputs
    assert vpc["cidrBlock"] == "10.0.0.0/16"
    assert vpc["enableDnsSupport"] is True
    assert vpc["enableDnsHostnames"] is True
    default = recording.one("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup").inputs
    assert default["ingress"] == []
    assert default["egress"] == []


def test_each_zone_has_a_subnet_of_each_tier_without_public_addresses(recording: Recording) -> None:
    subnets = recording.of_type("aws:ec2/subnet:Subnet")
    expected = {f"network-{tier}-{zone}" for tier in ("public", "private", "database") for zone in ZONES}
    assert {subnet.name for subnet in subnets} == expected
    assert all(subnet.inputs["mapPublicIpOnLaunch"] is False for subnet in subnets)
    assert all(subnet.inputs["availabilityZone"] in subnet.name for subnet in subnets)


def test_load_balancers_find_their_subnets(recording: Recording) -> None:
    subnets = {subnet.name: subnet.inputs["tags"] for subnet in recording.of_type("aws:ec2/subnet:Subnet")}
    assert subnets["network-public-us-east-1a"]["kubernetes.io/role/elb"] == "1"
    assert subnets["network-private-us-east-1a"]["kubernetes.io/role/internal-elb"] == "1"
    assert set(subnets["network-database-us-east-1a"]) == {"Name"}


def test_private_subnets_leave_through_the_nat_gateway_of_their_own_zone(recording: Recording) -> None:
    for zone in ZONES:
        route = recording.one("aws:ec2/route:Route", f"network-private-{zone}")
        assert route.inputs["natGatewayId"] == f"network-{zone}-id"
        assert route.inputs["destinationCidrBlock"] == "0.0.0.0/0"
    assert recording.names("aws:ec2/eip:Eip") == {f"network-nat-{zone}" for zone in ZONES}


def test_a_single_nat_gateway_serves_all_zones_where_configured() -> None:
    recording = network(nat_gateways=NatGateways.SINGLE)
    assert recording.names("aws:ec2/natGateway:NatGateway") == {"network-us-east-1a"}
    routes = {route.name: route.inputs.get("natGatewayId") for route in recording.of_type("aws:ec2/route:Route")}
    assert [routes[f"network-private-{zone}"] for zone in ZONES] == ["network-us-east-1a-id"] * 3


def test_nat_gateways_wait_for_the_internet_gateway(recording: Recording) -> None:
    for nat in recording.of_type("aws:ec2/natGateway:NatGateway"):
        assert "aws:ec2/internetGateway:InternetGateway::network" in recording.depends_on(nat)


def test_nothing_leads_from_the_database_tier_to_the_internet(recording: Recording) -> None:
    tables = {route.inputs["routeTableId"] for route in recording.of_type("aws:ec2/route:Route")}
    assert "network-database-id" not in tables
    associations = {
        association.name: association.inputs["routeTableId"]
        for association in recording.of_type("aws:ec2/routeTableAssociation:RouteTableAssociation")
    }
    assert {associations[f"network-database-{zone}"] for zone in ZONES} == {"network-database-id"}


@pytest.mark.parametrize(
    ("tier", "port", "source", "expected"),
    [
        ("public", 443, "203.0.113.7", "allow"),
        ("public", 80, "203.0.113.7", "allow"),
        ("public", 22, "203.0.113.7", "deny"),
        ("public", 3389, "203.0.113.7", "deny"),
        ("public", 40000, "203.0.113.7", "allow"),
        ("private", 443, "203.0.113.7", "deny"),
        ("private", 443, "10.200.0.9", "allow"),
        ("private", 10250, "10.0.40.9", "allow"),
        ("private", 3389, "203.0.113.7", "deny"),
        ("private", 40000, "203.0.113.7", "allow"),
        ("database", 5432, "10.0.40.9", "allow"),
        ("database", 6379, "10.0.40.9", "allow"),
        ("database", 5432, "10.0.0.9", "deny"),
        ("database", 22, "10.0.40.9", "deny"),
        ("database", 40000, "10.0.16.9", "allow"),
    ],
)
def test_access_lists_let_in_what_each_tier_needs(
    recording: Recording, tier: str, port: int, source: str, expected: str
) -> None:
    acl = recording.one("aws:ec2/networkAcl:NetworkAcl", f"network-{tier}")
    assert decides(acl, "ingress", port, source) == expected


@pytest.mark.parametrize(
    ("tier", "port", "target", "expected"),
    [
        ("public", 40000, "203.0.113.7", "allow"),
        ("private", 443, "203.0.113.7", "allow"),
        ("database", 40000, "10.0.40.9", "allow"),
        ("database", 443, "203.0.113.7", "deny"),
    ],
)
def test_access_lists_let_out_what_each_tier_answers(
    recording: Recording, tier: str, port: int, target: str, expected: str
) -> None:
    acl = recording.one("aws:ec2/networkAcl:NetworkAcl", f"network-{tier}")
    assert decides(acl, "egress", port, target) == expected


def test_access_lists_stay_within_the_limit_of_aws(recording: Recording) -> None:
    for acl in recording.of_type("aws:ec2/networkAcl:NetworkAcl"):
        for direction in ("ingress", "egress"):
            assert 0 < len(acl.inputs[direction]) <= MAX_ACL_RULES
        assert len(acl.inputs["subnetIds"]) == len(ZONES)


def by_number(entries: Sequence[acls.Entry]) -> dict[Any, Any]:
    return {rule["rule_no"]: rule for rule in acls.numbered(entries)}


def private(networks: Sequence[str]) -> dict[Any, Any]:
    return by_number(acls.private_ingress("10.0.0.0/16", networks))


def database_in(networks: Sequence[str]) -> dict[Any, Any]:
    return by_number(acls.database_ingress(networks, ["10.0.4.0/24"]))


def database_out(networks: Sequence[str]) -> dict[Any, Any]:
    return by_number(acls.database_egress(networks, ["10.0.4.0/24"]))


@pytest.mark.parametrize("rules", [private, database_in, database_out])
@pytest.mark.parametrize("more", ["10.99.0.0/16", "172.16.0.0/12"])
def test_one_more_or_less_network_changes_no_other_rule(
    rules: Callable[[Sequence[str]], dict[Any, Any]], more: str
) -> None:
    networks = [f"10.{number}.0.0/16" for number in range(1, 15)]
    for place in (0, 7, len(networks)):
        assert rules(networks).items() <= rules([*networks[:place], more, *networks[place:]]).items()
        assert rules(networks[:place]).items() <= rules(networks).items()


def test_no_two_rules_have_the_same_number() -> None:
    networks = [f"10.{second}.{third}.0/24" for second in range(10) for third in range(200)]
    numbers = private(networks)
    # The VPC, four kinds of answers, and each network.
    assert len(numbers) == 5 + len(networks)
    assert max(numbers) <= 32_766


@pytest.mark.parametrize("tier", ["public", "private"])
def test_answers_to_udp_and_the_size_of_packets_on_the_way_come_back(recording: Recording, tier: str) -> None:
    rules = recording.one("aws:ec2/networkAcl:NetworkAcl", f"network-{tier}").inputs["ingress"]
    (udp,) = [rule for rule in rules if rule["protocol"] == "udp"]
    assert (udp["fromPort"], udp["toPort"], udp["cidrBlock"], udp["action"]) == (1024, 65535, "0.0.0.0/0", "allow")
    (icmp,) = [rule for rule in rules if rule["protocol"] == "icmp"]
    # RFC 1191: destination unreachable, fragmentation needed.
    assert (icmp["icmpType"], icmp["icmpCode"], icmp["action"]) == (3, 4, "allow")


def test_a_nat_gateway_without_ports_tells(recording: Recording) -> None:
    alarms = recording.of_type("aws:cloudwatch/metricAlarm:MetricAlarm")
    gateways = recording.of_type("aws:ec2/natGateway:NatGateway")
    assert {alarm.inputs["dimensions"]["NatGatewayId"] for alarm in alarms} == {f"{nat.name}-id" for nat in gateways}
    assert {alarm.inputs["metricName"] for alarm in alarms} == {"ErrorPortAllocation"}


def test_flow_logs_go_to_an_encrypted_group_that_exists_before(recording: Recording) -> None:
    group = recording.one("aws:cloudwatch/logGroup:LogGroup").inputs
    assert group["name"] == "/aws/vpc/production/flow-logs"
    assert group["kmsKeyId"].endswith("key/logs")
    assert group["retentionInDays"] == 365
    flow_log = recording.one("aws:ec2/flowLog:FlowLog")
    assert flow_log.inputs["trafficType"] == "ALL"
    assert flow_log.inputs["maxAggregationInterval"] == 60
    assert {
        "aws:cloudwatch/logGroup:LogGroup::network-flow-logs",
        "aws:iam/rolePolicy:RolePolicy::network-flow-logs",
    } <= recording.depends_on(flow_log)


def test_only_the_flow_log_service_of_this_account_assumes_the_role(recording: Recording) -> None:
    role = recording.one("aws:iam/role:Role", "network-flow-logs")
    (statement,) = document(role, "assumeRolePolicy")
    assert statement["Principal"] == {"Service": "vpc-flow-logs.amazonaws.com"}
    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}
    assert statement["Condition"]["ArnLike"] == {"aws:SourceArn": "arn:aws:ec2:us-east-1:123456789012:vpc-flow-log/*"}


def test_aws_services_are_reached_privately(recording: Recording) -> None:
    endpoints = {
        endpoint.inputs["serviceName"]: endpoint.inputs
        for endpoint in recording.of_type("aws:ec2/vpcEndpoint:VpcEndpoint")
    }
    services = ("ecr.api", "ecr.dkr", "sts", "ec2", "logs", "secretsmanager", "kms", "ssm")
    assert set(endpoints) == {f"com.amazonaws.us-east-1.{service}" for service in (*services, "s3")}
    assert len(endpoints["com.amazonaws.us-east-1.s3"]["routeTableIds"]) == 4
    assert endpoints["com.amazonaws.us-east-1.kms"]["privateDnsEnabled"] is True


def test_a_stack_may_do_without_interface_endpoints() -> None:
    recording = network(interface_endpoints=[])
    endpoint = recording.one("aws:ec2/vpcEndpoint:VpcEndpoint")
    assert endpoint.inputs["vpcEndpointType"] == "Gateway"
    assert recording.names("aws:ec2/securityGroup:SecurityGroup") == {"network-alb"}


def test_the_load_balancers_group_takes_web_traffic_and_reaches_only_private_subnets(recording: Recording) -> None:
    ingress = [
        rule.inputs
        for rule in recording.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
        if rule.name.startswith("network-alb")
    ]
    assert {(rule["fromPort"], rule.get("cidrIpv4"), rule.get("cidrIpv6")) for rule in ingress} == {
        (80, "0.0.0.0/0", None),
        (80, None, "::/0"),
        (443, "0.0.0.0/0", None),
        (443, None, "::/0"),
    }
    egress = recording.of_type("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
    assert {rule.inputs["cidrIpv4"] for rule in egress} == {"10.0.32.0/19", "10.0.64.0/19", "10.0.96.0/19"}


def test_nodes_wait_for_their_way_to_the_internet() -> None:
    ready: list[str] = []

    def program() -> None:
        created = Network(
            "network",
            NetworkArgs(
                environment=environment(logs_key_arn="arn", boundary_arn="arn"),
                settings=settings(),
            ),
        )
        ready.extend(
            f"{resource.pulumi_resource_type}::{resource.pulumi_resource_name}" for resource in created.private_egress
        )

    record(program)
    assert {"aws:ec2/route:Route::network-public", "aws:ec2/networkAcl:NetworkAcl::network-private"} <= set(ready)
    assert {f"aws:ec2/route:Route::network-private-{zone}" for zone in ZONES} <= set(ready)


def test_every_resource_is_a_child_of_the_component(recording: Recording) -> None:
    assert recording.unparented() == ["network"]


OFFICE, BRANCH = "10.200.0.0/16", "192.168.4.0/24"
TRANSIT = {"id": "tgw-0123456789abcdef0", "networks": [OFFICE, BRANCH]}
ATTACHMENT = "aws:ec2transitgateway/vpcAttachment:VpcAttachment"


@pytest.fixture(scope="module")
def connected() -> Recording:
    return network(transit_gateway=TRANSIT, clients=[OFFICE])


def transit_routes(recording: Recording) -> set[tuple[str, str]]:
    """Table and destination of every route to the transit gateway."""
    return {
        (
            route.inputs["routeTableId"].removeprefix("network-").removesuffix("-id"),
            route.inputs["destinationCidrBlock"],
        )
        for route in recording.of_type("aws:ec2/route:Route")
        if route.inputs.get("transitGatewayId") == TRANSIT["id"]
    }


def test_private_networks_are_reached_through_the_transit_gateway(connected: Recording) -> None:
    attachment = connected.one(ATTACHMENT).inputs
    assert (attachment["transitGatewayId"], attachment["vpcId"]) == (TRANSIT["id"], "network-id")
    assert set(attachment["subnetIds"]) == {f"network-private-{zone}-id" for zone in ZONES}
    private = {(f"private-{zone}", target) for zone in ZONES for target in (OFFICE, BRANCH)}
    # From the database tier only to where clients are.
    assert transit_routes(connected) == private | {("database", OFFICE)}


def test_routes_wait_for_the_attachment(connected: Recording) -> None:
    for route in connected.of_type("aws:ec2/route:Route"):
        if "transitGatewayId" in route.inputs:
            assert f"{ATTACHMENT}::network" in connected.depends_on(route)


@pytest.mark.parametrize(
    ("tier", "way", "expected"),
    [
        ("database", ("ingress", 5432, "10.200.7.7"), "allow"),
        ("database", ("ingress", 6379, "10.200.7.7"), "allow"),
        ("database", ("ingress", 22, "10.200.7.7"), "deny"),
        ("database", ("ingress", 5432, "192.168.4.9"), "deny"),
        ("database", ("egress", 50000, "10.200.7.7"), "allow"),
        ("database", ("egress", 443, "10.200.7.7"), "deny"),
        ("private", ("ingress", 443, "192.168.4.9"), "allow"),
        ("private", ("ingress", 22, "192.168.4.9"), "deny"),
        ("private", ("ingress", 50000, "192.168.4.9"), "allow"),
        ("private", ("egress", 5432, "192.168.4.9"), "allow"),
    ],
)
def test_access_lists_let_connected_networks_through(
    connected: Recording, tier: str, way: tuple[str, int, str], expected: str
) -> None:
    direction, port, other = way
    acl = connected.one("aws:ec2/networkAcl:NetworkAcl", f"network-{tier}")
    assert decides(acl, direction, port, other) == expected
    assert len(acl.inputs[direction]) <= MAX_ACL_RULES


def test_nothing_leads_to_a_transit_gateway_by_default(recording: Recording) -> None:
    assert recording.of_type(ATTACHMENT) == []


def test_load_balancers_reach_what_is_named_beside_the_pods(recording: Recording) -> None:
    rules = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
    named = network(alb_egress={"sign-in": {"cidr": "0.0.0.0/0"}})
    assert named.names(rules) - recording.names(rules) == {"network-alb-egress-sign-in"}
    rule = named.one(rules, "network-alb-egress-sign-in").inputs
    assert (rule["cidrIpv4"], rule["fromPort"], rule["toPort"], rule["ipProtocol"]) == ("0.0.0.0/0", 443, 443, "tcp")
