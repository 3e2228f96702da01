"""The alarm on NAT gateways. Metrics: AWS/NATGateway."""

from __future__ import annotations

import pulumi

from components.common.alarms import Alarm


def port_alarm(zone: str, nat_gateway_id: pulumi.Input[str]) -> Alarm:
    """Connections that a NAT gateway refused because all 55,000 source ports to one destination were taken.

    Source: VPC user guide, NAT gateway metrics.
    """
    return Alarm(
        namespace="AWS/NATGateway",
        metric="ErrorPortAllocation",
        dimensions={"NatGatewayId": nat_gateway_id},
        threshold=0,
        statistic="Sum",
        period_seconds=300,
        evaluation_periods=1,
        missing_data="notBreaching",
        description=f"The NAT gateway of {zone} has no ports left to a destination: look for a client that leaks them",
        runbook="alarms.md#nat-ports",
    )
