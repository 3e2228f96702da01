"""What the security groups of the control plane and of the nodes allow."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

import pytest

from tests.unit.cluster_program import CLUSTER, run_cluster
from tests.unit.harness import Recording, Registration

CONTROL_PLANE = "cluster-control-plane-id"
NODES = "cluster-nodes-id"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"


@pytest.fixture(scope="module")
def recording() -> Recording:
    return run_cluster()


def rules(recording: Recording, type_: str, group: str) -> list[dict[str, Any]]:
    return [rule.inputs for rule in recording.of_type(type_) if rule.inputs["securityGroupId"] == group]


def ports(found: list[dict[str, Any]], source: str) -> set[tuple[int, int]]:
    return {(rule["fromPort"], rule["toPort"]) for rule in found if rule.get("referencedSecurityGroupId") == source}


def test_the_api_is_reached_from_the_vpc_and_the_private_networks_over_tls(recording: Recording) -> None:
    found = rules(recording, INGRESS, CONTROL_PLANE)
    assert {rule["cidrIpv4"] for rule in found} == {"10.0.0.0/16", "10.0.0.0/8"}
    assert {(rule["fromPort"], rule["toPort"], rule["ipProtocol"]) for rule in found} == {(443, 443, "tcp")}


def test_the_vpc_is_named_once_even_if_the_settings_name_it_too() -> None:
    recording = run_cluster(allowed_cidrs=(IPv4Network("10.0.0.0/16"),))
    assert len(rules(recording, INGRESS, CONTROL_PLANE)) == 1


def test_nodes_let_in_each_other_the_load_balancers_and_the_control_plane(recording: Recording) -> None:
    found = rules(recording, INGRESS, NODES)
    (between_nodes,) = (rule for rule in found if rule.get("referencedSecurityGroupId") == NODES)
    assert between_nodes["ipProtocol"] == "-1"
    assert ports(found, "sg-alb") == {(0, 65535)}
    assert {first for first, _ in ports(found, CONTROL_PLANE)} == {443, 4443, 9443, 10250, 10251}
    assert not any(rule.get("cidrIpv4") for rule in found)


def test_the_control_plane_may_leave_for_the_ports_that_nodes_open_to_it(recording: Recording) -> None:
    leaving = ports(rules(recording, EGRESS, CONTROL_PLANE), NODES)
    assert leaving == ports(rules(recording, INGRESS, NODES), CONTROL_PLANE)


def test_webhooks_on_other_ports_are_reached_both_ways() -> None:
    recording = run_cluster(webhook_ports=(8443,))
    for type_, group, peer in ((EGRESS, CONTROL_PLANE, NODES), (INGRESS, NODES, CONTROL_PLANE)):
        assert (8443, 8443) in ports(rules(recording, type_, group), peer)


def test_only_the_nodes_group_carries_the_discovery_tag(recording: Recording) -> None:
    def tagged(group: Registration) -> bool:
        return f"kubernetes.io/cluster/{CLUSTER}" in group.inputs["tags"]

    groups = recording.of_type("aws:ec2/securityGroup:SecurityGroup")
    assert [group.name for group in groups if tagged(group)] == ["cluster-nodes"]


def test_rules_stand_alone_and_explain_themselves(recording: Recording) -> None:
    for group in recording.of_type("aws:ec2/securityGroup:SecurityGroup"):
        assert "ingress" not in group.inputs
        assert "egress" not in group.inputs
        assert group.inputs["description"]
    assert all(rule.inputs["description"] for type_ in (INGRESS, EGRESS) for rule in recording.of_type(type_))
