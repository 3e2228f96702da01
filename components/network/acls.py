"""What the network ACL of each subnet tier lets through, as pure functions (guide: NACLs).

Network ACLs are stateless: the answer to an outgoing connection comes in to an ephemeral port and needs its own rule.
Rules are evaluated by number, and AWS allows 20 in each direction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pulumi_aws as aws

ANYWHERE = "0.0.0.0/0"
_EPHEMERAL_PORTS = (1024, 65535)
_REMOTE_DESKTOP_PORT = 3389
_FIRST_RULE = 100
_RULE_STEP = 10
_ANY_PORT = (0, 0)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One opening or closure; its place in the list becomes its rule number."""

    cidr: str
    ports: tuple[int, int] = _ANY_PORT
    protocol: Literal["tcp", "-1"] = "tcp"
    action: Literal["allow", "deny"] = "allow"


def _everything(cidr: str) -> Entry:
    return Entry(cidr=cidr, protocol="-1")


def _port(port: int, cidr: str) -> Entry:
    return Entry(cidr=cidr, ports=(port, port))


def _answers_from_the_internet() -> list[Entry]:
    """Ephemeral ports, without the remote-desktop port that lies among them."""
    return [
        Entry(cidr=ANYWHERE, ports=(_REMOTE_DESKTOP_PORT, _REMOTE_DESKTOP_PORT), action="deny"),
        Entry(cidr=ANYWHERE, ports=_EPHEMERAL_PORTS),
    ]


def public_ingress(vpc_cidr: str) -> list[Entry]:
    """Web traffic to the load balancers, the VPC itself, and answers to what NAT gateways ask."""
    return [_everything(vpc_cidr), _port(80, ANYWHERE), _port(443, ANYWHERE), *_answers_from_the_internet()]


def private_ingress(vpc_cidr: str, api_cidrs: Sequence[str]) -> list[Entry]:
    """The VPC itself, the networks that may reach the Kubernetes API, and answers from the internet."""
    return [_everything(vpc_cidr), *(_port(443, cidr) for cidr in api_cidrs), *_answers_from_the_internet()]


def open_egress() -> list[Entry]:
    """Everything: security groups and network policies decide what goes out."""
    return [_everything(ANYWHERE)]


def database_ingress(private_cidrs: Sequence[str], database_cidrs: Sequence[str]) -> list[Entry]:
    """PostgreSQL and Redis from the private tier only, and replication inside the tier."""
    return [
        *(_port(port, cidr) for port in (5432, 6379) for cidr in private_cidrs),
        *(_everything(cidr) for cidr in database_cidrs),
    ]


def database_egress(private_cidrs: Sequence[str], database_cidrs: Sequence[str]) -> list[Entry]:
    """Answers to the private tier, and replication inside the tier."""
    return [
        *(Entry(cidr=cidr, ports=_EPHEMERAL_PORTS) for cidr in private_cidrs),
        *(_everything(cidr) for cidr in database_cidrs),
    ]


def numbered(entries: Sequence[Entry]) -> list[aws.ec2.NetworkAclIngressArgsDict]:
    """The entries as rules of an ACL in this order; ingress and egress rules have the same form."""
    return [
        {
            "rule_no": _FIRST_RULE + place * _RULE_STEP,
            "protocol": entry.protocol,
            "from_port": entry.ports[0],
            "to_port": entry.ports[1],
            "cidr_block": entry.cidr,
            "action": entry.action,
        }
        for place, entry in enumerate(entries)
    ]
