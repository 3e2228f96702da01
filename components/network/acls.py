"""What the network ACL of each subnet tier lets through, as pure functions (guide: NACLs).

Network ACLs are stateless: the answer to an outgoing connection comes in to an ephemeral port and needs its own rule.
Rules are evaluated by number, and AWS allows 20 in each direction. The provider takes changed rules away before it
makes them again, so a rule's number follows from its purpose and its network alone: one more network changes no other
rule, and connections go on.

Closed on purpose: answers to TCP that left from port 3389 of a NAT gateway, one connection in 64,512, which is tried
again from another port; the benchmarks of CIS want remote desktop closed to the internet, and an ACL cannot tell the
two apart. UDP and ICMP reach the database tier from nowhere outside of it.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

import pulumi_aws as aws

ANYWHERE = "0.0.0.0/0"
_EPHEMERAL_PORTS = (1024, 65535)
_REMOTE_DESKTOP_PORT = 3389
_ANY_PORT = (0, 0)
# Destination unreachable: fragmentation needed, by which senders learn the size of packets on the way.
_PATH_MTU = (3, 4)


class Purpose(IntEnum):
    """What a rule is for: its number, or the first number of its kind where each network has a rule."""

    EVERYTHING = 100
    HTTP = 110
    HTTPS = 120
    KUBERNETES_API = 1_000
    POSTGRES = 5_000
    REDIS = 9_000
    TIER = 13_000
    DATABASE_ANSWERS = 17_000
    REMOTE_DESKTOP = 30_000
    ANSWERS_TCP = 30_010
    ANSWERS_UDP = 30_020
    ANSWERS_ICMP = 30_030


# Numbers that each kind with a rule a network has for itself.
_NUMBERS = 4_000


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One opening or closure."""

    purpose: Purpose
    cidr: str
    ports: tuple[int, int] = _ANY_PORT
    protocol: Literal["tcp", "udp", "icmp", "-1"] = "tcp"
    action: Literal["allow", "deny"] = "allow"


def _everything(cidr: str, purpose: Purpose = Purpose.EVERYTHING) -> Entry:
    return Entry(purpose=purpose, cidr=cidr, protocol="-1")


def _port(purpose: Purpose, port: int, cidr: str) -> Entry:
    return Entry(purpose=purpose, cidr=cidr, ports=(port, port))


def _answers_from_the_internet() -> list[Entry]:
    """Ephemeral ports of TCP without the remote-desktop port that lies among them, those of UDP, and path MTU."""
    closed = (_REMOTE_DESKTOP_PORT, _REMOTE_DESKTOP_PORT)
    return [
        Entry(purpose=Purpose.REMOTE_DESKTOP, cidr=ANYWHERE, ports=closed, action="deny"),
        Entry(purpose=Purpose.ANSWERS_TCP, cidr=ANYWHERE, ports=_EPHEMERAL_PORTS),
        Entry(purpose=Purpose.ANSWERS_UDP, cidr=ANYWHERE, ports=_EPHEMERAL_PORTS, protocol="udp"),
        Entry(purpose=Purpose.ANSWERS_ICMP, cidr=ANYWHERE, protocol="icmp"),
    ]


def public_ingress(vpc_cidr: str) -> list[Entry]:
    """Web traffic to the load balancers, the VPC itself, and answers to what NAT gateways ask."""
    return [
        _everything(vpc_cidr),
        _port(Purpose.HTTP, 80, ANYWHERE),
        _port(Purpose.HTTPS, 443, ANYWHERE),
        *_answers_from_the_internet(),
    ]


def private_ingress(vpc_cidr: str, api_cidrs: Sequence[str]) -> list[Entry]:
    """The VPC itself, the networks that may reach the Kubernetes API, and answers from the internet."""
    return [
        _everything(vpc_cidr),
        *(_port(Purpose.KUBERNETES_API, 443, cidr) for cidr in api_cidrs),
        *_answers_from_the_internet(),
    ]


def open_egress() -> list[Entry]:
    """Everything: security groups and network policies decide what goes out."""
    return [_everything(ANYWHERE)]


def database_ingress(client_cidrs: Sequence[str], database_cidrs: Sequence[str]) -> list[Entry]:
    """PostgreSQL and Redis from the clients' networks only, and replication inside the tier."""
    return [
        *(_port(Purpose.POSTGRES, 5432, cidr) for cidr in client_cidrs),
        *(_port(Purpose.REDIS, 6379, cidr) for cidr in client_cidrs),
        *(_everything(cidr, Purpose.TIER) for cidr in database_cidrs),
    ]


def database_egress(client_cidrs: Sequence[str], database_cidrs: Sequence[str]) -> list[Entry]:
    """Answers to the clients' networks, and replication inside the tier."""
    return [
        *(Entry(purpose=Purpose.DATABASE_ANSWERS, cidr=cidr, ports=_EPHEMERAL_PORTS) for cidr in client_cidrs),
        *(_everything(cidr, Purpose.TIER) for cidr in database_cidrs),
    ]


def numbered(entries: Sequence[Entry]) -> list[aws.ec2.NetworkAclIngressArgsDict]:
    """The entries as rules of an ACL; ingress and egress rules have the same form."""
    taken: set[int] = set()
    found: list[aws.ec2.NetworkAclIngressArgsDict] = []
    for entry in entries:
        number = int(entry.purpose)
        if _has_many(entry.purpose):
            place = zlib.crc32(entry.cidr.encode()) % _NUMBERS
            # Two networks with the same number are rarer than one list in twenty; the later one takes the next.
            while (number := entry.purpose + place) in taken:
                place = (place + 1) % _NUMBERS
        taken.add(number)
        icmp_type, icmp_code = _PATH_MTU if entry.protocol == "icmp" else (None, None)
        rule: aws.ec2.NetworkAclIngressArgsDict = {
            "rule_no": number,
            "protocol": entry.protocol,
            "from_port": entry.ports[0],
            "to_port": entry.ports[1],
            "cidr_block": entry.cidr,
            "action": entry.action,
        }
        if icmp_type is not None and icmp_code is not None:
            rule |= {"icmp_type": icmp_type, "icmp_code": icmp_code}
        found.append(rule)
    return found


def _has_many(purpose: Purpose) -> bool:
    return Purpose.KUBERNETES_API <= purpose < Purpose.REMOTE_DESKTOP
