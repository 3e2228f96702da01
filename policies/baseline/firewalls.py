"""Web ACLs before load balancers, and certificates: what they must judge, log and show."""

from __future__ import annotations

from pulumi_policy import Severity

from policies.support.resources import Resource
from policies.support.rules import Context, Control, Findings, NotApplicable, rule

ACLS = ("aws:wafv2/webAcl:WebAcl",)
CLASSIC_ACLS = ("aws:waf/webAcl:WebAcl", "aws:wafregional/webAcl:WebAcl")
RULE_GROUPS = ("aws:wafv2/ruleGroup:RuleGroup",)
LOGGING = ("aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",)
# Rules that stand beside a web ACL instead of in it.
RULES_BESIDE = ("aws:wafv2/webAclRule:WebAclRule", "aws:wafv2/webAclRuleGroupAssociation:WebAclRuleGroupAssociation")
ASSOCIATIONS = (
    "aws:wafv2/webAclAssociation:WebAclAssociation",
    "aws:wafregional/webAclAssociation:WebAclAssociation",
)
LOAD_BALANCERS = ("aws:lb/loadBalancer:LoadBalancer", "aws:alb/loadBalancer:LoadBalancer")
CERTIFICATES = ("aws:acm/certificate:Certificate",)


@rule(
    "waf-has-rules",
    types=(*ACLS, *CLASSIC_ACLS),
    severity=Severity.MEDIUM,
    frameworks=(
        "CKV_AWS_175",
        Control("WAF.10", types=ACLS),
        Control("WAF.4", types=CLASSIC_ACLS[1:]),
        Control("WAF.8", types=CLASSIC_ACLS[:1]),
    ),
    remedy="Add rules or groups of rules, such as AWSManagedRulesCommonRuleSet",
    joins=RULES_BESIDE,
)
def waf_has_rules(acl: Resource, context: Context) -> Findings:
    """Web ACLs have rules to judge requests by."""
    if list(acl.each("rules")) or (acl.type in ACLS and acl.text("ruleJson")):
        return
    if not context.stack.settings_of(acl, RULES_BESIDE, by="webAclArn", identity=("arn", "id")):
        yield "there is no rule"


@rule(
    "waf-logged",
    types=(*ACLS, *CLASSIC_ACLS),
    severity=Severity.MEDIUM,
    frameworks=(
        Control("CKV2_AWS_31", types=ACLS),
        Control("CKV_AWS_176", types=CLASSIC_ACLS),
        Control("WAF.11", types=ACLS),
        Control("WAF.1", types=CLASSIC_ACLS[:1]),
    ),
    remedy="Add an aws.wafv2.WebAclLoggingConfiguration, or loggingConfiguration to a classic web ACL",
    joins=LOGGING,
)
def waf_logged(acl: Resource, context: Context) -> Findings:
    """Web ACLs log the requests that they judge."""
    if acl.type in CLASSIC_ACLS:
        if not acl.child("loggingConfiguration").has("logDestination"):
            yield "loggingConfiguration is not set"
    elif not context.stack.settings_of(acl, LOGGING, by="resourceArn", identity=("arn",)):
        yield "there is no logging configuration"


@rule(
    "waf-metrics",
    types=(*ACLS, *RULE_GROUPS),
    severity=Severity.LOW,
    frameworks=(Control("WAF.12", types=RULE_GROUPS),),
    remedy="Set cloudwatchMetricsEnabled to true in visibilityConfig, its own and that of each rule",
)
def waf_metrics(resource: Resource, _context: Context) -> Findings:
    """Web ACLs, groups of rules and each of their rules tell CloudWatch what they block."""
    if not resource.true("visibilityConfig.cloudwatchMetricsEnabled"):
        yield "visibilityConfig.cloudwatchMetricsEnabled is not true"
    for judged in resource.each("rules"):
        if not judged.true("visibilityConfig.cloudwatchMetricsEnabled"):
            yield f"rule {judged.text('name')}: visibilityConfig.cloudwatchMetricsEnabled is not true"


@rule(
    "elb-behind-web-acl",
    types=LOAD_BALANCERS,
    severity=Severity.MEDIUM,
    frameworks=("CKV2_AWS_28",),
    remedy="Associate a web ACL by an aws.wafv2.WebAclAssociation",
    joins=ASSOCIATIONS,
)
def elb_behind_web_acl(balancer: Resource, context: Context) -> Findings:
    """Application load balancers that face the internet stand behind a web ACL."""
    if (balancer.text("loadBalancerType") or "application") != "application":
        raise NotApplicable("it reads no requests")
    if balancer.true("internal"):
        raise NotApplicable("it is internal")
    if not context.stack.settings_of(balancer, ASSOCIATIONS, by="resourceArn", identity=("arn", "id")):
        yield "no web ACL is associated"


@rule(
    "acm-key-length",
    types=CERTIFICATES,
    severity=Severity.HIGH,
    frameworks=("ACM.2",),
    remedy="Request a certificate with RSA_2048 or longer, or with an elliptic curve",
)
def acm_key_length(certificate: Resource, _context: Context) -> Findings:
    """Keys of certificates are long enough: RSA from 2,048 bits on."""
    if certificate.text("keyAlgorithm") == "RSA_1024":
        yield "keyAlgorithm is RSA_1024"


@rule(
    "acm-transparency",
    types=CERTIFICATES,
    severity=Severity.LOW,
    frameworks=("CKV_AWS_234",),
    remedy="Leave options.certificateTransparencyLoggingPreference at ENABLED",
)
def acm_transparency(certificate: Resource, _context: Context) -> Findings:
    """Certificates stand in the public logs, where one that is issued by mistake is seen."""
    preference = certificate.text("options.certificateTransparencyLoggingPreference")
    if (preference or "ENABLED") != "ENABLED":
        yield "options.certificateTransparencyLoggingPreference is not ENABLED"
