"""The switches for what exists once per account."""

from __future__ import annotations

from typing import Literal

from components.buckets import ObjectLockSettings
from components.common.settings import Days, LogRetention, Section


class TrailLockSettings(ObjectLockSettings):
    """Write-once protection of each file that the trail delivers."""

    mode: Literal["COMPLIANCE", "GOVERNANCE"] = "GOVERNANCE"
    """Compliance: nobody can delete a version early, not even the account's root. Governance: a permission can."""
    retention_days: Days = 365
    """Days that each version is protected."""


class AccountSettings(Section):
    """Switches for what exists once per AWS account and region. Only one stack of an account turns each on.

    Where an organization or another program has made it already, its switch stays off; to bring it into the stack
    instead, import it before the first deployment with the switch on (docs/getting-started.md). AWS refuses a second of
    some, by the error that stands with the switch, and takes the others for a change of what is there.
    """

    cloud_trail: bool = False
    """Record all API calls of the account. A region has at most five trails, those of an organization among them
    (`MaximumNumberOfTrailsExceededException`)."""
    password_policy: bool = False
    """Demand strong passwords of IAM users, in place of the policy that the account has."""
    ebs_encryption_by_default: bool = False
    """Encrypt every new volume, whoever makes it, under this stack's key in place of the region's present one."""
    s3_public_access_block: bool = False
    """Refuse public buckets in the whole account, whatever it says so far."""
    guard_duty: bool = False
    """Detect threats. A region has one detector (`BadRequestException`)."""
    security_hub: bool = False
    """Collect findings and check standards. A region has one hub (`ResourceConflictException`)."""
    config_recorder: bool = False
    """Record configuration changes. A region has one recorder (`MaxNumberOfConfigurationRecordersExceededException`)
    and one delivery channel (`MaxNumberOfDeliveryChannelsExceededException`) of its own."""
    access_analyzer: bool = False
    """Find what is shared outside of the account. A region has one analyzer of the account
    (`ServiceQuotaExceededException`); an organization's own is another one."""
    backup_opt_in: bool = False
    """Let AWS Backup back up every kind of resource that a plan names: it skips those that are not opted in. The region
    has one list, which this one takes the place of."""
    recovery_region: bool = False
    """Have GuardDuty, Security Hub, AWS Config, Access Analyzer and the opt-in of AWS Backup, as far as they are on, in
    the recovery region too, and tell its alarm topic there of the API calls that the trail's alarms watch."""
    trail_log_retention_days: LogRetention = 365
    """How long CloudWatch keeps the trail's events. The trail's bucket keeps them on its own."""
    trail_lock: TrailLockSettings = TrailLockSettings()
    """How long nobody can delete or overwrite what the trail delivered. The lock is chosen when the bucket is made."""


REGIONAL_SWITCHES = (
    *("guard_duty", "security_hub", "config_recorder", "access_analyzer", "backup_opt_in", "ebs_encryption_by_default"),
)
"""What exists once in each region of an account; the other switches once in an account."""
