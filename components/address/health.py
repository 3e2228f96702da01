"""Checks from outside, and their alarms where Route 53 tells of them."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from components.address.settings import HealthCheckSettings
from components.common.alarms import Alarm, metric_alarm
from components.common.environment import Environment

# Route 53 sends metrics of health checks to this region, wherever what they check is (developer guide, Monitoring).
METRICS_REGION = "us-east-1"
_INTERVAL_SECONDS = 30


def create_health_checks(
    name: str,
    environment: Environment,
    settings: Mapping[str, HealthCheckSettings],
    parent: pulumi.Resource,
) -> dict[str, aws.route53.HealthCheck]:
    """A check and an alarm for each label; the environment's topic is in the region of the metrics."""
    return {
        label: _check(f"{name}-{label}", f"address-{label}", environment, each, pulumi.ResourceOptions(parent=parent))
        for label, each in settings.items()
    }


def _check(
    logical_name: str,
    label: str,
    environment: Environment,
    settings: HealthCheckSettings,
    opts: pulumi.ResourceOptions,
) -> aws.route53.HealthCheck:
    physical_name = environment.scope.name(label)
    check = aws.route53.HealthCheck(
        logical_name,
        type="HTTPS",
        fqdn=settings.host,
        port=443,
        resource_path=settings.path,
        enable_sni=True,
        request_interval=_INTERVAL_SECONDS,
        failure_threshold=settings.failure_threshold,
        tags={"Name": physical_name},
        opts=opts,
    )
    metric_alarm(
        logical_name,
        f"{physical_name}-reachable",
        Alarm(
            namespace="AWS/Route53",
            metric="HealthCheckStatus",
            statistic="Minimum",
            comparison="below",
            threshold=1,
            dimensions={"HealthCheckId": check.id},
            evaluation_periods=1,
            # Route 53 sends it for as long as the check exists, from its first minutes on.
            tells_silence=True,
            description=f"https://{settings.host}{settings.path} does not answer from outside; look at name, load"
            " balancer and pods",
            runbook="alarms.md#not-reachable",
        ),
        topic_arn=environment.alarm_topic_arn,
        runbooks=environment.runbooks,
        region=METRICS_REGION,
        opts=opts,
    )
    return check
