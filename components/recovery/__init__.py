"""Copies in a second region, and what they promise."""

from components.recovery.objectives import objectives
from components.recovery.pilot_light import exclusions
from components.recovery.recovery import Recovery, RecoveryArgs, backup_hour, recovery_domains
from components.recovery.settings import RecoverySettings

__all__ = [
    "Recovery",
    "RecoveryArgs",
    "RecoverySettings",
    "backup_hour",
    "exclusions",
    "objectives",
    "recovery_domains",
]
