"""Checks from outside, and their alarms where Route 53 tells of them."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from components.address.settings import HealthCheckSettings
from components.common.alarms import Alarm, metric_alarm
from components.common.scope import Scope

# Route 53 sends metrics of health checks to this region, wherever what they check is (developer guide, Monitoring).
METRICS_REGION = "us-east-1"
_INTERVAL_SECONDS = 30


def create_health_checks(
    name: str,
    scope: Scope,
    settings: Mapping[str, HealthCheckSettings],
    topic_arn: pulumi.Input[str],
    parent: pulumi.Resource,
) -> dict[str, aws.route53.HealthCheck]:
    """A check and an alarm for each label; `topic_arn` is a topic in the region of the metrics."""
    child = pulumi.ResourceOptions(parent=parent)
    return {
        label: _check(f"{name}-{label}", scope.name(f"address-{label}"), each, topic_arn, child)
        for label, each in settings.items()
    }


def _check(
    logical_name: str,
    physical_name: str,
    settings: HealthCheckSettings,
    topic_arn: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> aws.route53.HealthCheck:
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
            missing_data="breaching",
            description=f"https://{settings.host}{settings.path} does not answer from outside; look at name, load"
            " balancer and pods",
        ),
        topic_arn=topic_arn,
        region=METRICS_REGION,
        opts=opts,
    )
    return check
