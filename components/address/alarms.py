"""Alarms on the certificate, the firewall and the load balancers."""

from __future__ import annotations

from functools import partial

import pulumi
import pulumi_aws as aws

from components.address.firewall import RATE_LIMIT, acl_name
from components.address.settings import AddressThresholds
from components.common.alarms import Alarm, metric_alarm
from components.common.environment import Environment
from components.common.scope import Scope

_DAY_SECONDS = 86_400
_WINDOW_SECONDS = 300
_MILLISECONDS = 1_000

# Sources of the queries below, in CloudWatch Metrics Insights' own words.
_BALANCERS = 'SCHEMA("AWS/ApplicationELB", LoadBalancer)'
_TARGETS = 'SCHEMA("AWS/ApplicationELB", LoadBalancer, TargetGroup)'


def _query(statistic: str, metric: str, source: str = _BALANCERS) -> str:
    """One figure of a metric, over all that send it."""
    return " ".join(("SELECT", f"{statistic}({metric})", "FROM", source))


def certificate_alarm(certificate_arn: pulumi.Input[str], thresholds: AddressThresholds) -> Alarm:
    """ACM tells once or twice a day how many days are left (ACM user guide, CloudWatch metrics)."""
    return Alarm(
        namespace="AWS/CertificateManager",
        metric="DaysToExpiry",
        statistic="Minimum",
        comparison="below",
        threshold=thresholds.certificate_days,
        dimensions={"CertificateArn": certificate_arn},
        period_seconds=_DAY_SECONDS,
        evaluation_periods=1,
        missing_data="ignore",
        description="The certificate of the address was not renewed; look whether its validation records still resolve",
        runbook="alarms.md#certificate",
    )


def firewall_alarms(scope: Scope, thresholds: AddressThresholds) -> dict[str, Alarm]:
    """What the web ACL blocks in all, and by its limit. It sends nothing while it blocks nothing."""
    who = {
        "blocked": (
            "ALL",
            thresholds.blocked_requests,
            "The web ACL blocks many requests: an attack, or a false alarm",
        ),
        "limited": (RATE_LIMIT, thresholds.blocked_requests, "An address sends more than the limit; look who it is"),
    }
    return {
        label: Alarm(
            namespace="AWS/WAFV2",
            metric="BlockedRequests",
            statistic="Sum",
            threshold=threshold,
            dimensions={"WebACL": acl_name(scope), "Region": scope.region, "Rule": rule},
            period_seconds=_WINDOW_SECONDS,
            evaluation_periods=1,
            missing_data="notBreaching",
            description=f"{description}; the log of the firewall has the requests",
            runbook="alarms.md#blocked-requests",
        )
        for label, (rule, threshold, description) in who.items()
    }


def balancer_alarms(thresholds: AddressThresholds) -> dict[str, Alarm]:
    """Errors, latency, health and TLS of load balancers, by label.

    The controller makes load balancers when ingresses ask for them, so nobody knows their ids here: each query looks at
    all application load balancers of the account in the region. Without requests, and without load balancers, there is
    no data.
    """
    alarm = partial(Alarm, period_seconds=_WINDOW_SECONDS, evaluation_periods=1, missing_data="notBreaching")
    errors = "Load balancers answer with 5xx"
    return {
        "balancer-errors": alarm(
            expression=_query("SUM", "HTTPCode_ELB_5XX_Count"),
            threshold=thresholds.server_errors,
            description=f"{errors} themselves: no target is healthy, or answers are late; look at the target groups",
            runbook="alarms.md#load-balancer-errors",
        ),
        "target-errors": alarm(
            expression=_query("SUM", "HTTPCode_Target_5XX_Count"),
            threshold=thresholds.server_errors,
            description=f"{errors} of applications; look at the applications' logs",
            runbook="alarms.md#application-errors",
        ),
        "latency": alarm(
            expression=_query("AVG", "TargetResponseTime"),
            threshold=thresholds.latency_milliseconds / _MILLISECONDS,
            evaluation_periods=3,
            description="Applications behind load balancers answer late; look at their processors and at the database",
            runbook="alarms.md#application-latency",
        ),
        "unhealthy": alarm(
            expression=_query("MAX", "UnHealthyHostCount", _TARGETS),
            threshold=0,
            evaluation_periods=3,
            description="A pod behind a load balancer fails its health check; look at its events and logs",
            runbook="alarms.md#unhealthy-targets",
        ),
        "tls-errors": alarm(
            expression=_query("SUM", "ClientTLSNegotiationErrorCount"),
            threshold=thresholds.tls_errors,
            description="Clients and load balancers do not agree on TLS: old clients, a scan, or a wrong certificate",
            runbook="alarms.md#tls-errors",
        ),
    }


def create_alarms(
    name: str,
    environment: Environment,
    thresholds: AddressThresholds,
    certificate_arn: pulumi.Input[str],
    parent: pulumi.Resource,
) -> dict[str, aws.cloudwatch.MetricAlarm]:
    """All alarms of the stack's region, by label."""
    scope = environment.scope
    alarms = {
        "certificate": certificate_alarm(certificate_arn, thresholds),
        **firewall_alarms(scope, thresholds),
        **balancer_alarms(thresholds),
    }
    return {
        label: metric_alarm(
            f"{name}-{label}",
            scope.name(f"address-{label}"),
            alarm,
            topic_arn=environment.alarm_topic_arn,
            runbooks=environment.runbooks,
            opts=pulumi.ResourceOptions(parent=parent),
        )
        for label, alarm in alarms.items()
    }
