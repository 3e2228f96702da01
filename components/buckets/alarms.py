"""Alarms on copies in the recovery region that fall behind."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from components.common.alarms import Alarm

REPLICATION_RULE = "everything"
"""Id of the rule that copies a bucket, by which CloudWatch counts."""
REPLICATION_MINUTES = 15
"""What S3 Replication Time Control promises, and the only value that S3 takes."""


def _dimensions(source: pulumi.Input[str], copy: pulumi.Input[str]) -> Mapping[str, pulumi.Input[str]]:
    return {"SourceBucket": source, "DestinationBucket": copy, "RuleId": REPLICATION_RULE}


def behind_alarm(label: str, source: pulumi.Input[str], copy: pulumi.Input[str]) -> Alarm:
    """In the region of the copy, where S3 publishes how far it is behind, idle or not (S3 user guide, metrics)."""
    return Alarm(
        namespace="AWS/S3",
        metric="ReplicationLatency",
        threshold=REPLICATION_MINUTES * 60,
        description=f"The copy of {label} is behind by more than {REPLICATION_MINUTES} minutes: as much is lost with"
        " the region. See its replication, its keys and role",
        runbook="alarms.md#copy-behind",
        statistic="Maximum",
        dimensions=_dimensions(source, copy),
        unit="Seconds",
        missing_data="notBreaching",
    )


def failed_alarm(label: str, source: pulumi.Input[str], copy: pulumi.Input[str]) -> Alarm:
    """In the region of the bucket, where S3 counts what it could not copy."""
    return Alarm(
        namespace="AWS/S3",
        metric="OperationsFailedReplication",
        threshold=0,
        description=f"Objects of {label} were not copied, and S3 does not try again: find them by"
        " x-amz-replication-status, and copy them by a batch",
        runbook="alarms.md#copy-failed",
        statistic="Sum",
        dimensions=_dimensions(source, copy),
        unit="Count",
        evaluation_periods=1,
        missing_data="notBreaching",
    )
