"""The switches for what exists once per account."""

from __future__ import annotations

from components.common.settings import LogRetention, Section


class AccountSettings(Section):
    """Switches for what exists once per AWS account and region. Only one stack of an account turns each on."""

    cloud_trail: bool = False
    """Record all API calls of the account."""
    password_policy: bool = False
    """Demand strong passwords of IAM users."""
    ebs_encryption_by_default: bool = False
    """Encrypt every new volume, whoever makes it."""
    s3_public_access_block: bool = False
    """Refuse public buckets in the whole account."""
    guard_duty: bool = False
    """Detect threats."""
    security_hub: bool = False
    """Collect findings and check standards."""
    config_recorder: bool = False
    """Record configuration changes."""
    access_analyzer: bool = False
    """Find what is shared outside of the account."""
    trail_log_retention_days: LogRetention = 365
    """How long CloudWatch keeps the trail's events. The trail's bucket keeps them on its own."""
