"""Scenarios for the rules about web ACLs, the load balancers behind them, and certificates."""

from __future__ import annotations

from typing import Any

from tests.policies.support import REMOVED, Case, Given, hidden

SHOWN = {"cloudwatchMetricsEnabled": True, "metricName": "m", "sampledRequestsEnabled": True}
ACL_ARN = "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/web/1"
LOGGING = "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration"
BALANCER_ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188"
ASSOCIATION = "aws:wafv2/webAclAssociation:WebAclAssociation"


def acl(kind: str = "aws:wafv2/webAcl:WebAcl", **properties: Any) -> Given:
    """A web ACL with a rule."""
    rules = [{"name": "limit", "priority": 0, "visibilityConfig": SHOWN}]
    return Given(kind, "web", {"arn": ACL_ARN, "rules": rules, "visibilityConfig": SHOWN, **properties})


CLASSIC, REGIONAL = "aws:waf/webAcl:WebAcl", "aws:wafregional/webAcl:WebAcl"
LOGGED = Given(LOGGING, "log", {"resourceArn": ACL_ARN}, {"resourceArn": ["web"]})
BALANCER = Given("aws:lb/loadBalancer:LoadBalancer", "web", {"arn": BALANCER_ARN, "internal": False})
BEHIND = Given(ASSOCIATION, "behind", {"resourceArn": BALANCER_ARN}, {"resourceArn": ["web"]})
CERTIFICATE = Given(
    "aws:acm/certificate:Certificate",
    "shop",
    {"keyAlgorithm": "RSA_2048", "options": {"certificateTransparencyLoggingPreference": "ENABLED"}},
)

CASES = [
    Case(
        rule="waf-has-rules",
        good=[acl()],
        bad={
            "none": [("web", "rules", REMOVED)],
            "an empty list": [("web", "rules", [])],
            "a classic one": [acl(CLASSIC, rules=[])],
            "a classic one of a region": [acl(REGIONAL, rules=[])],
            "a rule of another": [
                acl(rules=[]),
                Given("aws:wafv2/webAclRule:WebAclRule", "rule", {"webAclArn": ACL_ARN + "2"}),
            ],
        },
        also_good={
            "as JSON": [acl(rules=[], ruleJson="[{}]")],
            "a rule beside it": [
                acl(rules=[]),
                Given("aws:wafv2/webAclRule:WebAclRule", "rule", {"webAclArn": ACL_ARN}, {"webAclArn": ["web"]}),
            ],
        },
        unknown=hidden("web", "rules"),
    ),
    Case(
        rule="waf-logged",
        good=[acl(), LOGGED],
        bad={
            "none": [acl()],
            "that of another": [acl(), Given(LOGGING, "log", {"resourceArn": ACL_ARN + "2"})],
            "a classic one": [acl(CLASSIC)],
            "a classic one with nothing in it": [acl(REGIONAL, loggingConfiguration={})],
        },
        also_good={"a classic one": [acl(CLASSIC, loggingConfiguration={"logDestination": "stream"})]},
        unknown=None,
    ),
    Case(
        rule="waf-metrics",
        good=[acl()],
        bad={
            "off": [("web", "visibilityConfig.cloudwatchMetricsEnabled", False)],
            "nothing said": [("web", "visibilityConfig", REMOVED)],
            "off for a rule": [("web", "rules.0.visibilityConfig.cloudwatchMetricsEnabled", False)],
            "a group of rules": [acl("aws:wafv2/ruleGroup:RuleGroup", visibilityConfig={})],
        },
        unknown=hidden("web", "visibilityConfig.cloudwatchMetricsEnabled"),
    ),
    Case(
        rule="elb-behind-web-acl",
        good=[BALANCER, BEHIND],
        bad={
            "none": [BALANCER],
            "that of another": [BALANCER, Given(ASSOCIATION, "behind", {"resourceArn": BALANCER_ARN + "2"})],
            "nothing said of where it is": [Given("aws:alb/loadBalancer:LoadBalancer", "web", {})],
        },
        not_applicable={
            "inside": [Given("aws:lb/loadBalancer:LoadBalancer", "web", {"internal": True})],
            "of packets": [Given("aws:lb/loadBalancer:LoadBalancer", "web", {"loadBalancerType": "network"})],
        },
        also_good={
            "a classic one": [
                BALANCER,
                Given(
                    "aws:wafregional/webAclAssociation:WebAclAssociation",
                    "behind",
                    {"resourceArn": BALANCER_ARN},
                    {"resourceArn": ["web"]},
                ),
            ]
        },
        unknown=hidden("web", "internal"),
    ),
    Case(
        rule="acm-key-length",
        good=[CERTIFICATE],
        bad={"short": [("shop", "keyAlgorithm", "RSA_1024")]},
        also_good={
            "by default": [("shop", "keyAlgorithm", REMOVED)],
            "a curve": [("shop", "keyAlgorithm", "EC_secp384r1")],
        },
        unknown=hidden("shop", "keyAlgorithm"),
    ),
    Case(
        rule="acm-transparency",
        good=[CERTIFICATE],
        bad={"off": [("shop", "options.certificateTransparencyLoggingPreference", "DISABLED")]},
        also_good={"by default": [("shop", "options", REMOVED)]},
        unknown=hidden("shop", "options.certificateTransparencyLoggingPreference"),
    ),
]
