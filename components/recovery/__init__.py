"""Copies in a second region, and what they promise."""

from components.recovery.objectives import Loss, objectives
from components.recovery.pilot_light import WAITS, exclusions
from components.recovery.recovery import Recovery, RecoveryArgs, backup_hour, recovery_domains
from components.recovery.settings import RecoverySettings
from components.recovery.steps import Step

__all__ = [
    "WAITS",
    "Loss",
    "Recovery",
    "RecoveryArgs",
    "RecoverySettings",
    "Step",
    "backup_hour",
    "exclusions",
    "objectives",
    "recovery_domains",
]
