"""Copies in a second region, and what they promise."""

from components.recovery.objectives import Loss, Objective, objectives, takeover_steps
from components.recovery.pilot_light import WAITS, exclusions
from components.recovery.recovery import Recovery, RecoveryArgs, backup_hour, recovery_domains, volume_tags
from components.recovery.restore_tests import RestoreTests, RestoreTestsArgs
from components.recovery.settings import RecoverySettings
from components.recovery.steps import (
    Step,
    cache_steps,
    node_steps,
    pod_steps,
    restore_steps,
    total_minutes,
    undo_steps,
    zone_steps,
)

__all__ = [
    "WAITS",
    "Loss",
    "Objective",
    "Recovery",
    "RecoveryArgs",
    "RecoverySettings",
    "RestoreTests",
    "RestoreTestsArgs",
    "Step",
    "backup_hour",
    "cache_steps",
    "exclusions",
    "node_steps",
    "objectives",
    "pod_steps",
    "recovery_domains",
    "restore_steps",
    "takeover_steps",
    "total_minutes",
    "undo_steps",
    "volume_tags",
    "zone_steps",
]
