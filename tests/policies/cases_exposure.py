"""Scenarios for the rules on exposure."""

from __future__ import annotations

from tests.policies.givens import (
    ALB_GROUP,
    ALLOW_HIGH,
    ANYONE,
    ANYONE_V6,
    BARE_NACL,
    BEHIND_ALB,
    CLUSTER,
    DATABASE,
    DEFAULT_GROUP,
    DENY_RDP,
    FLOW_LOG,
    INGRESS,
    LEGACY_RULE,
    NACL,
    NACL_RULE,
    OFFICE,
    OTHER_GROUP,
    POSTGRES_RULE,
    SECURITY_GROUP,
    SUBNET,
    VPC,
    WEB,
    acl_rule,
    ingress,
    inline,
    legacy,
)
from tests.policies.support import REMOVED, Case, Given, hidden

CASES = [
    Case(
        rule="vpc-ingress-from-anyone",
        good=[WEB],
        bad={
            "a port": [Given(INGRESS, "r", ingress(8080, cidrIpv4=ANYONE))],
            "a range": [("alb-https", "fromPort", 80)],
            "everything": [("alb-https", "ipProtocol", "-1")],
            "inline": [Given(SECURITY_GROUP, "g", inline(8080, cidrBlocks=[OFFICE, ANYONE]))],
            "legacy": [Given(LEGACY_RULE, "r", legacy(8080, ipv6CidrBlocks=[ANYONE_V6]))],
        },
        unknown=hidden("alb-https", "cidrIpv4"),
        also_good={
            "an office": [Given(INGRESS, "r", ingress(8080, cidrIpv4=OFFICE))],
            "legacy egress": [Given(LEGACY_RULE, "r", {**legacy(0, cidrBlocks=[ANYONE]), "type": "egress"})],
        },
    ),
    Case(
        rule="vpc-ingress-admin-ports",
        good=[WEB],
        bad={
            "SSH": [("alb-https", "fromPort", 22), ("alb-https", "toPort", 22)],
            "RDP in a range": [("alb-https", "fromPort", 3000), ("alb-https", "toPort", 4000)],
            "everything": [("alb-https", "ipProtocol", "-1")],
            "over IPv6": [Given(INGRESS, "r", ingress(22, cidrIpv6=ANYONE_V6))],
            "inline": [Given(SECURITY_GROUP, "g", inline(22, cidrBlocks=[ANYONE]))],
            "legacy": [Given(LEGACY_RULE, "r", legacy(3389, cidrBlocks=[ANYONE]))],
        },
        unknown=hidden("alb-https", "fromPort"),
        also_good={"UDP": [("alb-https", "ipProtocol", "udp"), ("alb-https", "fromPort", 22)]},
    ),
    Case(
        rule="vpc-ingress-load-balancers",
        good=[WEB, ALB_GROUP, BEHIND_ALB],
        bad={
            "nothing carries it": [WEB, ALB_GROUP],
            "a machine carries it, whatever its name": [
                WEB,
                ALB_GROUP,
                BEHIND_ALB,
                Given("aws:ec2/instance:Instance", "bastion", {}, {"vpcSecurityGroupIds": ["network-alb"]}),
            ],
            "nodes": [
                Given(INGRESS, "r", ingress(443, cidrIpv4=ANYONE), {"securityGroupId": ["nodes"]}),
                OTHER_GROUP,
            ],
            "inline": [Given(SECURITY_GROUP, "nodes", inline(443, cidrBlocks=[ANYONE]))],
        },
        unknown=hidden("alb-https", "cidrIpv4"),
        not_applicable={"an office": [("alb-https", "cidrIpv4", OFFICE)]},
        also_good={
            "on a load balancer of the stack": [
                Given(INGRESS, "r", ingress(443, cidrIpv4=ANYONE), {"securityGroupId": ["nodes"]}),
                OTHER_GROUP,
                Given("aws:lb/loadBalancer:LoadBalancer", "lb", {}, {"securityGroups": ["nodes"]}),
            ]
        },
    ),
    Case(
        rule="vpc-ingress-databases",
        good=[POSTGRES_RULE],
        bad={
            "addresses": [Given(INGRESS, "r", ingress(5432, cidrIpv4=OFFICE))],
            "a prefix list": [Given(INGRESS, "r", ingress(6379, prefixListId="pl-1"))],
            "inline": [Given(SECURITY_GROUP, "g", inline(5432, cidrBlocks=[OFFICE]))],
            "legacy": [Given(LEGACY_RULE, "r", legacy(6379, cidrBlocks=[OFFICE]))],
        },
        unknown=hidden("postgres", "cidrIpv4"),
        also_good={"inline by group": [Given(SECURITY_GROUP, "g", inline(5432, securityGroups=["sg-1"]))]},
    ),
    Case(
        rule="vpc-rule-descriptions",
        good=[WEB],
        bad={
            "absent": [("alb-https", "description", REMOVED)],
            "the default": [Given(SECURITY_GROUP, "g", {"description": "Managed by Pulumi"})],
            "inline": [Given(SECURITY_GROUP, "g", {**inline(443), "ingress": [{"protocol": "tcp"}]})],
        },
        unknown=hidden("alb-https", "description"),
    ),
    Case(
        rule="vpc-rules-in-one-form",
        good=[OTHER_GROUP, Given(INGRESS, "r", ingress(443), {"securityGroupId": ["nodes"]})],
        bad={
            "both": [("nodes", "ingress", [{"protocol": "tcp"}])],
            "inline egress": [("nodes", "egress", [{"protocol": "-1"}])],
        },
        unknown=None,
        also_good={"inline only": [Given(SECURITY_GROUP, "g", inline(443))]},
    ),
    Case(
        rule="vpc-default-group-closed",
        good=[VPC, DEFAULT_GROUP],
        bad={
            "left alone": [VPC],
            "open": [("default", "ingress", [{"protocol": "-1", "self": True}])],
        },
        unknown=None,
    ),
    Case(
        rule="vpc-flow-logs",
        good=[VPC, FLOW_LOG],
        bad={"none": [VPC], "accepted only": [("flow-log", "trafficType", "ACCEPT")]},
        unknown=hidden("flow-log", "trafficType"),
    ),
    Case(
        rule="vpc-subnet-private-addresses",
        good=[SUBNET],
        bad={"on": [("public", "mapPublicIpOnLaunch", True)]},
        unknown=hidden("public", "mapPublicIpOnLaunch"),
        also_good={"absent": [("public", "mapPublicIpOnLaunch", REMOVED)]},
    ),
    Case(
        rule="vpc-nacl-admin-ports",
        good=[NACL],
        bad={
            "no denial": [("public", "ingress", [acl_rule(300, "allow", 1024, 65535)])],
            "denied too late": [("public", "ingress.2.ruleNo", 400)],
            "denied to some": [("public", "ingress.2.cidrBlock", OFFICE)],
            "everything": [("public", "ingress", [{**acl_rule(1, "allow", 0, 0), "protocol": "-1"}])],
            "standalone": [BARE_NACL, ALLOW_HIGH],
        },
        unknown=hidden("public", "ingress.1.cidrBlock"),
        also_good={
            "standalone": [BARE_NACL, ALLOW_HIGH, DENY_RDP],
            "egress": [BARE_NACL, Given(NACL_RULE, "out", {**ALLOW_HIGH.properties, "egress": True}, ALLOW_HIGH.edges)],
        },
    ),
    Case(
        rule="rds-not-public",
        good=[DATABASE],
        bad={"on": [("postgres", "publiclyAccessible", True)]},
        unknown=hidden("postgres", "publiclyAccessible"),
        also_good={"absent": [("postgres", "publiclyAccessible", REMOVED)]},
    ),
    Case(
        rule="eks-endpoint-limited",
        good=[CLUSTER],
        bad={
            "open": [("cluster", "vpcConfig", {"endpointPublicAccess": True, "publicAccessCidrs": [ANYONE]})],
            "left to AWS": [("cluster", "vpcConfig", {})],
        },
        unknown=hidden("cluster", "vpcConfig.endpointPublicAccess"),
        also_good={"limited": [("cluster", "vpcConfig", {"publicAccessCidrs": ["198.51.100.0/24"]})]},
    ),
]
