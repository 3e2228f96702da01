"""The settings of the copies in a second region."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from components.common.settings import Days, Problem, Region, Section, zone_problems
from components.postgres import StandbySettings


class VaultLockSettings(Section):
    """Backup vault lock: retention that nobody can shorten."""

    min_retention_days: Days
    """Backups live at least this long."""
    max_retention_days: Days
    """Backups live at most this long."""
    changeable_for_days: Annotated[int, Field(ge=3, le=36500)] | None = None
    """After this many days the lock is permanent, for everybody and for ever. Without it the lock can be removed."""

    def problems(self) -> Iterator[Problem]:
        """The least is not more than the most."""
        if self.min_retention_days > self.max_retention_days:
            yield Problem(
                ("minRetentionDays",),
                f"{self.min_retention_days} is more than maxRetentionDays ({self.max_retention_days})",
            )


class RecoverySettings(Section):
    """Copies in a second region (guide: Backup and Disaster Recovery)."""

    region: Region
    """Region of the copies, another one than the stack's."""
    copies: bool = True
    """Whether anything is copied there, and backed up in vaults. False for a sandbox, whose data may be lost with its
    region: what remains are the database's own backups and the versions of the buckets."""
    backup_retention_days: Days = 35
    """How long backups are kept in both vaults."""
    vault_lock: VaultLockSettings | None = None
    """Lock on both vaults. None by default."""
    standby: StandbySettings | None = None
    """A replica of the database that takes over when the region is lost: minutes of data at stake instead of 30."""

    def problems(self) -> Iterator[Problem]:
        """Backups live within what the lock allows; the standby's zones are the region's."""
        if not self.copies:
            for key, given in (("vaultLock", self.vault_lock), ("standby", self.standby)):
                if given:
                    yield Problem((key,), "needs copies; with copies: false there is nothing in a second region")
        lock = self.vault_lock
        if lock and not lock.min_retention_days <= self.backup_retention_days <= lock.max_retention_days:
            yield Problem(
                ("backupRetentionDays",),
                f"{self.backup_retention_days} is outside of vaultLock"
                f" ({lock.min_retention_days} to {lock.max_retention_days} days)",
            )
        if self.standby is None:
            return
        yield from zone_problems(("standby", "subnets"), self.standby.subnets, self.region, "recovery.region")
        if self.standby.key_arn and self.standby.key_arn.split(":")[3] != self.region:
            yield Problem(("standby", "keyArn"), f"{self.standby.key_arn} is not in recovery.region ({self.region})")
