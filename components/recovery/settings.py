"""The settings of the copies in a second region."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from components.common.settings import (
    DISTINCT,
    LIST,
    Days,
    Label,
    LambdaArn,
    Problem,
    Region,
    Section,
    zone_problems,
)
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


class RestoreTestSettings(Section):
    """Restores of the newest backups that AWS Backup does by itself, and undoes after their validation."""

    every: Literal["week", "month", "quarter"] = "month"
    """How often, at 09:00 UTC: on Saturday, or on the first day of the month or of the quarter."""
    database: bool = True
    """Restore the database: an instance of its class runs for the hours of its validation."""
    volumes: bool = True
    """Restore the volumes of the cluster."""
    buckets: Annotated[tuple[Label, ...], LIST, DISTINCT] = ()
    """Buckets that are backed up every day, too, and restored, by label. Each backup is a copy that costs storage."""
    validation_hours: Annotated[int, Field(ge=1, le=168)] = 8
    """How long what was restored is kept for its validation."""
    validator_arn: LambdaArn | None = None
    """Function that gets the event of each restore, looks at what was restored and tells AWS Backup by
    `PutRestoreValidationResult`. Without it, a restore that ends is all that is known."""

    def problems(self) -> Iterator[Problem]:
        """Something is restored."""
        if not (self.database or self.volumes or self.buckets):
            yield Problem((), "needs database, volumes or buckets; leave it out to test nothing")


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

    restore_tests: RestoreTestSettings | None = None
    """Restores for a test. None by default."""

    @property
    def tested_buckets(self) -> tuple[str, ...]:
        """Buckets by label of which restores are tested."""
        return self.restore_tests.buckets if self.restore_tests else ()

    def problems(self) -> Iterator[Problem]:
        """Backups live within what the lock allows; the standby's zones are the region's."""
        if not self.copies:
            for key, given in (
                ("vaultLock", self.vault_lock),
                ("standby", self.standby),
                ("restoreTests", self.restore_tests),
            ):
                if given:
                    yield Problem((key,), "needs copies; with copies: false there are no vaults and no second region")
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
