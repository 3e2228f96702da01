"""Which paths between pods and the world are open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from components.workloads.namespaces import APPLICATIONS, NAMESPACES
from components.workloads.network_policies import LOAD_BALANCER_LABEL, QUARANTINE_LABEL, policy_specs
from tests.unit.workloads import SURROUNDINGS, recorded

RUNBOOK = Path(__file__).parents[3] / "docs/runbooks/incident-response.md"


def policies(namespace: str) -> dict[str, dict[str, Any]]:
    """The specs of a namespace's policies by name."""
    return {
        policy.inputs["metadata"]["name"]: policy.inputs["spec"]
        for policy in recorded().of_type("kubernetes:networking.k8s.io/v1:NetworkPolicy")
        if policy.inputs["metadata"]["namespace"] == namespace
    }


def blocks(peers: list[dict[str, Any]]) -> list[str]:
    return [peer["ipBlock"]["cidr"] for peer in peers]


def ports(rule: dict[str, Any]) -> set[tuple[str, int]]:
    return {(port["protocol"], port["port"]) for port in rule["ports"]}


@pytest.mark.parametrize("namespace", sorted(NAMESPACES))
def test_everything_is_denied_unless_another_policy_opens_it(namespace: str) -> None:
    assert policies(namespace)["default-deny"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """Whether a label selector takes a pod with these labels, as Kubernetes reads it."""
    if not labels.items() >= selector.get("matchLabels", {}).items():
        return False
    for expression in selector.get("matchExpressions", []):
        key, operator = expression["key"], expression["operator"]
        assert operator in {"In", "DoesNotExist"}
        if not (labels.get(key) in expression["values"] if operator == "In" else key not in labels):
            return False
    return True


@pytest.mark.parametrize("kind", ["none", "internal", "internet-facing"])
@pytest.mark.parametrize("namespace", sorted(NAMESPACES))
def test_a_pod_in_quarantine_keeps_no_opening(namespace: str, kind: str) -> None:
    labels = {"app": "orders", LOAD_BALANCER_LABEL: kind}
    specs = policies(namespace)
    free = {name for name, spec in specs.items() if selects(spec["podSelector"], labels)}
    assert free >= {"default-deny", "allow-same-namespace", "allow-dns", "allow-https"}
    quarantined = labels | {QUARANTINE_LABEL: "yes"}
    assert {name for name, spec in specs.items() if selects(spec["podSelector"], quarantined)} == {"default-deny"}


def test_the_runbook_sets_the_label_that_the_policies_know() -> None:
    assert f"app- {QUARANTINE_LABEL}=yes" in RUNBOOK.read_text(encoding="utf-8")


@pytest.mark.parametrize("namespace", sorted(NAMESPACES))
def test_names_can_be_resolved(namespace: str) -> None:
    rule = policies(namespace)["allow-dns"]["egress"][0]
    assert ports(rule) == {("UDP", 53), ("TCP", 53)}
    servers, cache = rule["to"]
    assert servers["podSelector"]["matchLabels"] == {"k8s-app": "kube-dns"}
    assert cache == {"ipBlock": {"cidr": "169.254.20.10/32"}}, "the address of NodeLocal DNSCache"


@pytest.mark.parametrize("namespace", sorted(NAMESPACES))
def test_credentials_come_from_the_agent_of_the_node(namespace: str) -> None:
    (rule,) = policies(namespace)["allow-pod-identity"]["egress"]
    assert rule == {"to": [{"ipBlock": {"cidr": "169.254.170.23/32"}}], "ports": [{"protocol": "TCP", "port": 80}]}


@pytest.mark.parametrize("namespace", sorted(NAMESPACES))
def test_the_internet_and_aws_are_reached_by_https_only(namespace: str) -> None:
    rule = policies(namespace)["allow-https"]["egress"][0]
    assert ports(rule) == {("TCP", 443)}
    for name, spec in policies(namespace).items():
        anywhere = [rule for rule in spec.get("egress", []) if {"ipBlock": {"cidr": "0.0.0.0/0"}} in rule["to"]]
        assert not anywhere or name == "allow-https" or (namespace, name) == ("monitoring", "allow-mail")


@pytest.mark.parametrize("namespace", sorted(NAMESPACES))
def test_the_control_plane_calls_the_pods_that_say_so_on_its_ports(namespace: str) -> None:
    spec = policies(namespace)["allow-api-server"]
    assert spec["policyTypes"] == ["Ingress"]
    (rule,) = spec["ingress"]
    assert blocks(rule["from"]) == list(SURROUNDINGS.private_cidrs)
    assert ports(rule) == {("TCP", port) for port in SURROUNDINGS.control_plane_ports}
    assert selects(spec["podSelector"], {"app": "webhook", "trading-platform/called-by": "api-server"})
    assert not selects(spec["podSelector"], {"app": "orders"}), "the private range is that of every pod"


@pytest.mark.parametrize("namespace", sorted(NAMESPACES))
def test_a_collector_reaches_the_pods_that_say_so_on_the_ports_of_metrics(namespace: str) -> None:
    specs: Mapping[str, Any] = policy_specs(NAMESPACES[namespace], replace(SURROUNDINGS, metrics_ports=[9090, 2112]))
    spec = specs["allow-collector"]
    assert spec.pod_selector.match_labels == {"trading-platform/scraped-by": "prometheus"}
    assert [each.key for each in spec.pod_selector.match_expressions] == [QUARANTINE_LABEL]
    (rule,) = spec.ingress
    assert [peer.ip_block.cidr for peer in rule.from_] == list(SURROUNDINGS.private_cidrs)
    assert [(port.protocol, port.port) for port in rule.ports] == [("TCP", 9090), ("TCP", 2112)]
    assert "allow-collector" not in policies(namespace), "there is no collector unless a stack asks for one"


def test_monitoring_reaches_what_nodes_tell_and_sends_mail() -> None:
    specs = policies("monitoring")
    (nodes,) = specs["allow-node-metrics"]["egress"]
    assert blocks(nodes["to"]) == list(SURROUNDINGS.private_cidrs)
    assert {port for _, port in ports(nodes)} >= {9100, 10249, 61678}, "node exporter, kube-proxy, VPC CNI"
    (mail,) = specs["allow-mail"]["egress"]
    assert ports(mail) == {("TCP", 465), ("TCP", 587)}
    assert "allow-mail" not in policies("trading")


@pytest.mark.parametrize("namespace", sorted(NAMESPACES))
def test_no_pod_reaches_the_instance_metadata(namespace: str) -> None:
    for spec in policies(namespace).values():
        for rule in spec.get("egress", []):
            for peer in rule["to"]:
                assert "169.254.169.254" not in str(peer)


@pytest.mark.parametrize("namespace", sorted(APPLICATIONS))
def test_data_stores_are_open_to_the_applications_that_use_them(namespace: str) -> None:
    opening = policies(namespace).get("allow-data-stores")
    assert (opening is not None) == (namespace in {"trading", "ml", "data"})
    if opening:
        assert blocks(opening["egress"][0]["to"]) == list(SURROUNDINGS.database_cidrs)
        assert ports(opening["egress"][0]) == {("TCP", 5432), ("TCP", 6379)}


@pytest.mark.parametrize("namespace", ["trading", "monitoring"])
@pytest.mark.parametrize(
    ("kind", "cidrs"),
    [("internet-facing", SURROUNDINGS.public_cidrs), ("internal", SURROUNDINGS.private_cidrs)],
)
def test_load_balancers_reach_labelled_pods_only(namespace: str, kind: str, cidrs: list[str]) -> None:
    spec = policies(namespace)[f"allow-{kind}-load-balancers"]
    assert blocks(spec["ingress"][0]["from"]) == list(cidrs)
    assert spec["podSelector"]["matchExpressions"] == [
        {"key": "trading-platform/load-balancer", "operator": "In", "values": [kind]},
        {"key": "quarantine", "operator": "DoesNotExist"},
    ]


@pytest.mark.parametrize("namespace", ["ml", "data", "velero"])
def test_other_namespaces_take_nothing_from_outside_the_cluster(namespace: str) -> None:
    for name, spec in policies(namespace).items():
        for rule in spec.get("ingress", []):
            assert name == "allow-api-server" or not any("ipBlock" in peer for peer in rule["from"])


@pytest.mark.parametrize("namespace", sorted(set(NAMESPACES) - {"monitoring"}))
def test_monitoring_scrapes_every_namespace(namespace: str) -> None:
    peer = policies(namespace)["allow-monitoring"]["ingress"][0]["from"][0]
    assert peer["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "monitoring"}
    assert policies("monitoring")["allow-scraping"]["egress"][0]["to"] == [{"namespaceSelector": {}}]


def test_pods_of_a_namespace_reach_each_other() -> None:
    spec = policies("trading")["allow-same-namespace"]
    assert spec["ingress"] == [{"from": [{"podSelector": {}}]}]
    assert spec["egress"] == [{"to": [{"podSelector": {}}]}]
