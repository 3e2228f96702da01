"""Closed namespaces with the openings that they need, enforced by the VPC CNI (guide: Network Security).

Policies add up: applications open further paths between their own pods with policies of their own. Load balancers,
data stores and AWS endpoints are not pods, so they are matched by address. A pod in quarantine is let out by none of
the openings here: only the denial holds for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, LabelSelectorRequirementArgs, ObjectMetaArgs
from pulumi_kubernetes.networking.v1 import (
    IPBlockArgs,
    NetworkPolicy,
    NetworkPolicyEgressRuleArgs,
    NetworkPolicyIngressRuleArgs,
    NetworkPolicyPeerArgs,
    NetworkPolicyPortArgs,
    NetworkPolicySpecArgs,
)

from components.workloads.namespaces import NamespaceProfile

# Pods behind a load balancer say which kind with this label: `internet-facing` or `internal`.
LOAD_BALANCER_LABEL = "trading-platform/load-balancer"

# Pods that the API server calls, since they serve a webhook or a metrics API, say so with this label.
API_SERVER_LABEL = {"trading-platform/called-by": "api-server"}

# Pods whose metrics are collected from outside of the cluster say so with this label.
SCRAPED_LABEL = {"trading-platform/scraped-by": "prometheus"}

# A pod with this label, whatever its value, keeps no path in or out (runbook: incident response).
QUARANTINE_LABEL = "quarantine"

POSTGRES_PORT = 5432
REDIS_PORT = 6379
_DNS_PORT = 53
_HTTP_PORT = 80
_HTTPS_PORT = 443
_KUBELET_PORT = 10250
# What nodes tell of themselves: node exporter, kube-proxy, the VPC CNI and its network policies, Pod Identity's agent.
_NODE_METRICS_PORTS = (9100, 10249, 61678, 8162, 2705)
# Submission of mail with TLS, implicit or by STARTTLS. AWS blocks port 25.
_MAIL_PORTS = (465, 587)

# Link-local address of the agent that hands out credentials to pods (EKS user guide: EKS Pod Identity).
_POD_IDENTITY_AGENT = "169.254.170.23/32"
# Where a cache of names on each node answers, if somebody installs one (Kubernetes: NodeLocal DNSCache).
_NODE_DNS = "169.254.20.10/32"
_ANYWHERE = "0.0.0.0/0"

_EVERY_POD = LabelSelectorArgs()
_NOT_IN_QUARANTINE = LabelSelectorRequirementArgs(key=QUARANTINE_LABEL, operator="DoesNotExist")
_FREE_PODS = LabelSelectorArgs(match_expressions=[_NOT_IN_QUARANTINE])


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """Address ranges around the cluster, as CIDR blocks."""

    public_cidrs: Sequence[str]
    """Where internet-facing load balancers live."""
    private_cidrs: Sequence[str]
    """Where nodes and internal load balancers live."""
    database_cidrs: Sequence[str]
    """Where Postgres and Redis live."""
    control_plane_ports: Sequence[int]
    """Where the control plane calls pods, from its interfaces in the private range."""
    metrics_ports: Sequence[int] = ()
    """Where a collector in the private range reads the metrics of pods; none without a collector."""


def network_policies(
    name: str, namespace: str, profile: NamespaceProfile, surroundings: Surroundings, opts: pulumi.ResourceOptions
) -> list[pulumi.Resource]:
    """The policies of one namespace: everything denied, then one policy for each opening of its profile."""
    return [
        NetworkPolicy(
            f"{name}-{namespace}-{label}",
            metadata=ObjectMetaArgs(name=label, namespace=namespace),
            spec=spec,
            opts=opts,
        )
        for label, spec in policy_specs(profile, surroundings).items()
    ]


def policy_specs(profile: NamespaceProfile, surroundings: Surroundings) -> Mapping[str, NetworkPolicySpecArgs]:
    """The policies of a namespace by name."""
    specs = {
        "default-deny": NetworkPolicySpecArgs(pod_selector=_EVERY_POD, policy_types=["Ingress", "Egress"]),
        "allow-same-namespace": _same_namespace(),
        "allow-dns": _egress(_dns_servers(), _ports(_DNS_PORT, protocols=("UDP", "TCP"))),
        # The API server, AWS endpoints and trading venues; their addresses are many and change.
        "allow-https": _egress(_blocks([_ANYWHERE]), _ports(_HTTPS_PORT)),
        "allow-pod-identity": _egress(_blocks([_POD_IDENTITY_AGENT]), _ports(_HTTP_PORT)),
        "allow-api-server": _api_server(surroundings),
    }
    if profile.uses_data_stores:
        stores = _blocks(surroundings.database_cidrs)
        specs["allow-data-stores"] = _egress(stores, _ports(POSTGRES_PORT, REDIS_PORT))
    if profile.scrapes_metrics:
        specs["allow-scraping"] = _egress([NetworkPolicyPeerArgs(namespace_selector=LabelSelectorArgs())])
        specs["allow-kubelets"] = _egress(_blocks(surroundings.private_cidrs), _ports(_KUBELET_PORT))
        specs["allow-node-metrics"] = _egress(_blocks(surroundings.private_cidrs), _ports(*_NODE_METRICS_PORTS))
        specs["allow-mail"] = _egress(_blocks([_ANYWHERE]), _ports(*_MAIL_PORTS))
    else:
        specs["allow-monitoring"] = _ingress([NetworkPolicyPeerArgs(namespace_selector=_namespace("monitoring"))])
    if surroundings.metrics_ports:
        specs["allow-collector"] = _collector(surroundings)
    if profile.behind_load_balancers:
        specs |= _load_balancers(surroundings)
    return specs


def controller_policy_spec(pods: LabelSelectorArgs, metrics_port: int) -> NetworkPolicySpecArgs:
    """For a controller in a namespace where nothing is denied: names, HTTPS, credentials; its metrics to monitoring."""
    https, agent = _ports(_HTTPS_PORT), _ports(_HTTP_PORT)
    return NetworkPolicySpecArgs(
        pod_selector=pods,
        policy_types=["Ingress", "Egress"],
        ingress=[
            NetworkPolicyIngressRuleArgs(
                from_=[NetworkPolicyPeerArgs(namespace_selector=_namespace("monitoring"))], ports=_ports(metrics_port)
            )
        ],
        egress=[
            NetworkPolicyEgressRuleArgs(to=_dns_servers(), ports=_ports(_DNS_PORT, protocols=("UDP", "TCP"))),
            NetworkPolicyEgressRuleArgs(to=_blocks([_ANYWHERE]), ports=https),
            NetworkPolicyEgressRuleArgs(to=_blocks([_POD_IDENTITY_AGENT]), ports=agent),
        ],
    )


def _api_server(surroundings: Surroundings) -> NetworkPolicySpecArgs:
    """The control plane to labelled pods only: its interfaces are in the private range, like all pods."""
    labelled = LabelSelectorArgs(match_labels=API_SERVER_LABEL, match_expressions=[_NOT_IN_QUARANTINE])
    return _ingress(_blocks(surroundings.private_cidrs), pods=labelled, ports=_ports(*surroundings.control_plane_ports))


def _collector(surroundings: Surroundings) -> NetworkPolicySpecArgs:
    """The collector's interfaces to labelled pods only, on the ports of metrics."""
    labelled = LabelSelectorArgs(match_labels=SCRAPED_LABEL, match_expressions=[_NOT_IN_QUARANTINE])
    return _ingress(_blocks(surroundings.private_cidrs), pods=labelled, ports=_ports(*surroundings.metrics_ports))


def _load_balancers(surroundings: Surroundings) -> Iterator[tuple[str, NetworkPolicySpecArgs]]:
    """Openings for labelled pods only: the private range is also that of all pods of the cluster."""
    for kind, cidrs in (("internet-facing", surroundings.public_cidrs), ("internal", surroundings.private_cidrs)):
        labelled = LabelSelectorArgs(
            match_expressions=[
                LabelSelectorRequirementArgs(key=LOAD_BALANCER_LABEL, operator="In", values=[kind]),
                _NOT_IN_QUARANTINE,
            ]
        )
        yield f"allow-{kind}-load-balancers", _ingress(_blocks(cidrs), pods=labelled)


def _same_namespace() -> NetworkPolicySpecArgs:
    neighbours = [NetworkPolicyPeerArgs(pod_selector=_EVERY_POD)]
    return NetworkPolicySpecArgs(
        pod_selector=_FREE_PODS,
        policy_types=["Ingress", "Egress"],
        ingress=[NetworkPolicyIngressRuleArgs(from_=neighbours)],
        egress=[NetworkPolicyEgressRuleArgs(to=neighbours)],
    )


def _egress(
    peers: Sequence[NetworkPolicyPeerArgs], ports: Sequence[NetworkPolicyPortArgs] | None = None
) -> NetworkPolicySpecArgs:
    """Every pod that is not in quarantine may reach the peers, on all ports if none are named."""
    return NetworkPolicySpecArgs(
        pod_selector=_FREE_PODS,
        policy_types=["Egress"],
        egress=[NetworkPolicyEgressRuleArgs(to=peers, ports=ports)],
    )


def _ingress(
    peers: Sequence[NetworkPolicyPeerArgs],
    pods: LabelSelectorArgs = _FREE_PODS,
    ports: Sequence[NetworkPolicyPortArgs] | None = None,
) -> NetworkPolicySpecArgs:
    """The peers may reach the pods, on all ports if none are named."""
    return NetworkPolicySpecArgs(
        pod_selector=pods,
        policy_types=["Ingress"],
        ingress=[NetworkPolicyIngressRuleArgs(from_=peers, ports=ports)],
    )


def _blocks(cidrs: Sequence[str]) -> list[NetworkPolicyPeerArgs]:
    return [NetworkPolicyPeerArgs(ip_block=IPBlockArgs(cidr=cidr)) for cidr in cidrs]


def _ports(*ports: int, protocols: Sequence[str] = ("TCP",)) -> list[NetworkPolicyPortArgs]:
    return [NetworkPolicyPortArgs(port=port, protocol=protocol) for port in ports for protocol in protocols]


def _namespace(name: str) -> LabelSelectorArgs:
    return LabelSelectorArgs(match_labels={"kubernetes.io/metadata.name": name})


def _dns_servers() -> list[NetworkPolicyPeerArgs]:
    """CoreDNS, whose pods keep the label of the DNS server before it, and what may answer for it on the node."""
    labels = LabelSelectorArgs(match_labels={"k8s-app": "kube-dns"})
    pods = NetworkPolicyPeerArgs(namespace_selector=_namespace("kube-system"), pod_selector=labels)
    return [pods, *_blocks([_NODE_DNS])]
