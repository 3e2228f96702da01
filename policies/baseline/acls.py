"""Network ACLs: which ports they leave open to the internet."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from pulumi_policy import Severity

from policies.support.networks import is_internet
from policies.support.resources import Resource
from policies.support.rules import Context, Findings, rule
from policies.support.values import Values

NETWORK_ACLS = ("aws:ec2/networkAcl:NetworkAcl", "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl")
NETWORK_ACL_RULES = ("aws:ec2/networkAclRule:NetworkAclRule",)

ADMIN_PORTS = (22, 3389)
FILE_TRANSFER_PORTS = (20, 21)


@dataclass(frozen=True)
class _AclRule:
    number: float
    allows: bool
    ports: range
    network: str


@rule(
    "vpc-nacl-admin-ports",
    types=NETWORK_ACLS,
    severity=Severity.HIGH,
    frameworks=("CKV_AWS_229", "CKV_AWS_230", "CKV_AWS_231", "CKV_AWS_232", "EC2.21", "CIS5 5.2"),
    remedy="Deny the port from 0.0.0.0/0 and ::/0 in a rule with a lower number than the one that allows it",
    joins=NETWORK_ACL_RULES,
)
def vpc_nacl_admin_ports(acl: Resource, context: Context) -> Findings:
    """Network ACLs keep the internet away from SSH, RDP and FTP: the first rule that matches decides."""
    standalone = context.stack.settings_of(acl, NETWORK_ACL_RULES, by="networkAclId")
    rules = [_acl_rule(item, "ruleNo", "action") for item in acl.each("ingress")]
    rules += [_acl_rule(item, "ruleNumber", "ruleAction") for item in standalone if not item.true("egress")]
    for port in (*FILE_TRANSFER_PORTS, *ADMIN_PORTS):
        for family, opened in _opened(rules, port).items():
            if is_internet(opened):
                yield f"port {port} is open to {family}"


def _opened(rules: list[_AclRule], port: int) -> dict[str, list[str]]:
    """The networks, by family, from which the first rule about a port allows it."""
    opened: dict[str, list[str]] = defaultdict(list)
    denied: set[str] = set()
    for item in sorted(rules, key=lambda item: item.number):
        family = "::/0" if ":" in item.network else "0.0.0.0/0"
        if port not in item.ports or {item.network, family} & denied:
            continue
        if item.allows:
            opened[family].append(item.network)
        else:
            denied.add(item.network)
    return opened


def _acl_rule(item: Values, number: str, action: str) -> _AclRule:
    protocol = (item.text("protocol") or "").lower()
    first, last = item.number("fromPort") or 0, item.number("toPort") or 0
    tcp = range(int(first), int(last) + 1)
    ports = {"all": range(65536), "-1": range(65536), "tcp": tcp, "6": tcp}.get(protocol, range(0))
    return _AclRule(
        number=item.number(number) or 0,
        allows=(item.text(action) or "").lower() == "allow",
        ports=ports,
        network=item.text("cidrBlock") or item.text("ipv6CidrBlock") or "",
    )
