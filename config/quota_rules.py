"""Quotas of AWS that count what several sections of a stack ask for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from components.access import AccessSettings, admin_trust
from components.cluster import ClusterSettings, NodeGroupSettings
from components.common.scope import Scope
from components.common.settings import Problem
from components.network import NetworkSettings
from components.postgres import PostgresSettings
from components.recovery import RecoverySettings

# RDS user guide, Read replicas: of one source, in all regions together.
REPLICAS_MAX = 15
# EKS user guide, Service quotas: managed node groups of a cluster.
NODE_GROUPS_MAX = 30
# IAM user guide, IAM and STS quotas: characters of a role's trust policy, blanks not counted.
TRUST_POLICY_MAX = 2_048
# Of the 20 rules that an access list has in a direction (VPC quotas).
PRIVATE_NETWORKS_MAX = 15


def replicas_fit(postgres: PostgresSettings, recovery: RecoverySettings) -> Iterator[Problem]:
    """The standby of the recovery region is a replica like the others."""
    standby = int(recovery.standby is not None)
    if len(postgres.replicas) + standby > REPLICAS_MAX:
        counted = f"{len(postgres.replicas)} replicas" + (" and recovery.standby" if standby else "")
        yield Problem(("postgres", "replicas"), f"has {counted}; RDS allows {REPLICAS_MAX} of one database")


def node_groups_fit(network: NetworkSettings, node_groups: Mapping[str, NodeGroupSettings]) -> Iterator[Problem]:
    """A group for each zone counts as often as there are zones."""
    zones = len(network.subnets)
    groups = sum((len(group.zones) or zones) if group.group_per_zone else 1 for group in node_groups.values())
    if groups > NODE_GROUPS_MAX:
        yield Problem(("nodeGroups",), f"make {groups} groups, zone by zone; EKS allows {NODE_GROUPS_MAX} in a cluster")


def access_list_has_room(network: NetworkSettings, cluster: ClusterSettings) -> Iterator[Problem]:
    """An access list has 20 rules in a direction (VPC quotas), and the private subnets need some of them themselves."""
    reached = network.transit_gateway.networks if network.transit_gateway else ()
    if len(found := {*cluster.private_cidrs, *reached}) > PRIVATE_NETWORKS_MAX:
        yield Problem(
            ("network", "transitGateway", "networks"),
            f"and cluster.allowedCidrs name {len(found)} private networks; the access list of the private subnets takes"
            f" {PRIVATE_NETWORKS_MAX}",
        )


def administrators_fit(stack: str, account_id: str, region: str, access: AccessSettings) -> Iterator[Problem]:
    """Everybody who may assume the administrator's role stands in its trust policy."""
    trust = json.loads(admin_trust(Scope(prefix=stack, account_id=account_id, region=region), access))
    length = len(json.dumps(trust, separators=(",", ":")))
    if length > TRUST_POLICY_MAX:
        yield Problem(
            ("access", "adminPrincipals"),
            f"and singleSignOn make a trust policy of {length} characters; IAM takes {TRUST_POLICY_MAX}",
        )
