"""What answers the internet: load balancers, distributions, APIs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pulumi
import pulumi_aws as aws
from twins import Plant, Site

BALANCER = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188"
TARGETS = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/73e2d6bc24d8a067"
FORWARD = [{"type": "forward", "target_group_arn": TARGETS}]
REDIRECT = [{"type": "redirect", "redirect": {"protocol": "HTTPS", "port": "443", "status_code": "HTTP_301"}}]
LOGS = {"bucket": "access-logs", "enabled": True}


def plants(site: Site) -> Iterator[Plant]:
    """Everything that serves requests."""
    yield from balancers()
    yield from distributions()
    yield from apis()
    yield from firewalls(site)


def balancers() -> Iterator[Plant]:
    """Load balancers of each generation."""
    listener = {"load_balancer_arn": BALANCER}
    http = {**listener, "port": 80, "protocol": "HTTP"}
    yield Plant(aws.lb.Listener, "http", http, {"default_actions": FORWARD}, {"default_actions": REDIRECT})
    https = {**listener, "port": 443, "protocol": "HTTPS", "default_actions": FORWARD}
    yield Plant(
        aws.lb.Listener,
        "https",
        https,
        {"ssl_policy": "ELBSecurityPolicy-2016-08"},
        {"ssl_policy": "ELBSecurityPolicy-TLS13-1-2-2021-06"},
    )
    yield Plant(
        aws.alb.Listener,
        "http-by-its-old-name",
        http,
        {"default_actions": FORWARD},
        {
            "default_actions": [
                {"type": "fixed-response", "fixed_response": {"content_type": "text/plain", "status_code": "4XX"}}
            ]
        },
    )
    certificate = {"ssl_certificate_id": "arn:aws:acm:us-east-1:123456789012:certificate/c"}
    classic = {"instance_port": 8080, "instance_protocol": "HTTP"}
    yield Plant(
        aws.elb.LoadBalancer,
        "classic",
        {"availability_zones": ["us-east-1a"]},
        {"listeners": [{**classic, "lb_port": 80, "lb_protocol": "HTTP"}]},
        {"listeners": [{**classic, "lb_port": 443, "lb_protocol": "HTTPS", **certificate}], "access_logs": LOGS},
    )
    right = {"access_logs": LOGS, "drop_invalid_header_fields": True, "internal": True}
    yield Plant(aws.lb.LoadBalancer, "web", {"subnets": ["subnet-0", "subnet-1"]}, {}, right)


def distributions() -> Iterator[Plant]:
    """CloudFront."""
    cache = {"allowed_methods": ["GET", "HEAD"], "cached_methods": ["GET", "HEAD"], "target_origin_id": "o"}
    origin = {"origin_id": "o", "domain_name": "example.com"}
    ports = {"http_port": 80, "https_port": 443}
    both = {"enabled": True, "restrictions": {"geo_restriction": {"restriction_type": "none"}}}
    yield Plant(
        aws.cloudfront.Distribution,
        "site",
        both,
        {
            "default_cache_behavior": {**cache, "viewer_protocol_policy": "allow-all"},
            "origins": [
                {
                    **origin,
                    "custom_origin_config": {
                        **ports,
                        "origin_protocol_policy": "http-only",
                        "origin_ssl_protocols": ["TLSv1"],
                    },
                }
            ],
            "viewer_certificate": {"cloudfront_default_certificate": True},
        },
        {
            "default_cache_behavior": {**cache, "viewer_protocol_policy": "redirect-to-https"},
            "origins": [
                {
                    **origin,
                    "custom_origin_config": {
                        **ports,
                        "origin_protocol_policy": "https-only",
                        "origin_ssl_protocols": ["TLSv1.2"],
                    },
                }
            ],
            "viewer_certificate": {
                "acm_certificate_arn": "arn:aws:acm:us-east-1:123456789012:certificate/c",
                "ssl_support_method": "sni-only",
                "minimum_protocol_version": "TLSv1.2_2021",
            },
            "logging_config": {"bucket": "logs.s3.amazonaws.com"},
            "web_acl_id": "arn:aws:wafv2:us-east-1:123456789012:global/webacl/w/w",
        },
    )


def apis() -> Iterator[Plant]:
    """API Gateway, first and second."""
    method = {"rest_api": "a", "resource_id": "r", "http_method": "POST"}
    yield Plant(aws.apigateway.Method, "method", method, {"authorization": "NONE"}, {"authorization": "AWS_IAM"})
    route = {"api_id": "a", "route_key": "POST /orders"}
    yield Plant(aws.apigatewayv2.Route, "route", route, {}, {"authorization_type": "JWT", "authorizer_id": "j"})
    logs = {
        "access_log_settings": {"destination_arn": "arn:aws:logs:us-east-1:123456789012:log-group:a", "format": "$x"}
    }
    yield Plant(aws.apigateway.Stage, "stage", {"rest_api": "a", "deployment": "d", "stage_name": "live"}, {}, logs)
    yield Plant(aws.apigatewayv2.Stage, "stage-v2", {"api_id": "a", "name": "live"}, {}, logs)
    settings = {"rest_api": "a", "stage_name": "live", "method_path": "*/*"}
    yield Plant(
        aws.apigateway.MethodSettings,
        "settings",
        settings,
        {"settings": {"caching_enabled": True}},
        {"settings": {"caching_enabled": True, "cache_data_encrypted": True}},
    )
    domain = {"domain_name": "api.example.com"}
    yield Plant(
        aws.apigateway.DomainName, "domain", domain, {"security_policy": "TLS_1_0"}, {"security_policy": "TLS_1_2"}
    )


def firewalls(site: Site) -> Iterator[Plant]:
    """Web ACLs, and certificates."""
    yield Plant(
        _logged_acl if site.good else aws.wafv2.WebAcl,
        "firewall",
        {"scope": "REGIONAL", "default_action": {"allow": {}}},
        {"visibility_config": {**_SHOWN, "cloudwatch_metrics_enabled": False}},
        {"visibility_config": _SHOWN, "rules": [_REPUTATION]},
    )
    yield Plant(
        aws.acm.Certificate,
        "certificate",
        {"domain_name": "shop.example.com", "validation_method": "DNS"},
        {
            "key_algorithm": "RSA_1024",
            "options": {"certificate_transparency_logging_preference": "DISABLED"},
        },
        {"key_algorithm": "EC_prime256v1"},
    )


_SHOWN = {"cloudwatch_metrics_enabled": True, "metric_name": "m", "sampled_requests_enabled": True}
_REPUTATION = {
    "name": "reputation",
    "priority": 1,
    "override_action": {"none": {}},
    "statement": {
        "managed_rule_group_statement": {"name": "AWSManagedRulesAmazonIpReputationList", "vendor_name": "AWS"}
    },
    "visibility_config": _SHOWN,
}


def _logged_acl(name: str, *, opts: pulumi.ResourceOptions, **arguments: Any) -> aws.wafv2.WebAcl:
    acl = aws.wafv2.WebAcl(name, **arguments, opts=opts)
    log = "arn:aws:logs:us-east-1:123456789012:log-group:aws-waf-logs-firewall"
    aws.wafv2.WebAclLoggingConfiguration(name, resource_arn=acl.arn, log_destination_configs=[log], opts=opts)
    return acl
