"""Log groups under a customer key, made before the service that writes to them."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws


def log_group(
    logical_name: str,
    group: str,
    *,
    retention_days: int,
    key_arn: pulumi.Input[str],
    region: str | None = None,
    opts: pulumi.ResourceOptions,
) -> aws.cloudwatch.LogGroup:
    """A CloudWatch log group named `group`, encrypted under `key_arn`; in the provider's region unless one is named.

    A service that finds no group makes one itself, unencrypted and kept for ever, so the writer depends on this one.
    """
    return aws.cloudwatch.LogGroup(
        logical_name, name=group, retention_in_days=retention_days, kms_key_id=key_arn, region=region, opts=opts
    )
