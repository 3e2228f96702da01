"""The settings of a bucket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from components.common.settings import Days, Problem, Section

_TransitionDays = Annotated[int, Field(ge=30, le=36500)]


class LifecycleSettings(Section):
    """When objects move to cheaper classes, and when old versions go.

    Days since creation, or since a version was replaced.
    """

    standard_ia_days: _TransitionDays | None = None
    """Move to infrequent access."""
    glacier_ir_days: _TransitionDays | None = None
    """Move to the archive that answers at once."""
    deep_archive_days: _TransitionDays | None = None
    """Move to the archive that answers within hours."""
    noncurrent_expiration_days: Days | None = None
    """Delete replaced versions."""
    expiration_days: Days | None = None
    """Delete objects."""

    def problems(self) -> Iterator[Problem]:
        """Each step later than the one before it; a class is kept for its billing minimum."""
        steps = (
            ("standardIaDays", self.standard_ia_days, 30),
            ("glacierIrDays", self.glacier_ir_days, 90),
            ("deepArchiveDays", self.deep_archive_days, 180),
            ("expirationDays", self.expiration_days, 0),
        )
        earlier: tuple[str, int, int] | None = None
        for key, days, minimum in steps:
            if days is None:
                continue
            if earlier and days < earlier[1] + earlier[2]:
                yield Problem((key,), f"{days} must be at least {earlier[2]} days after {earlier[0]} ({earlier[1]})")
            earlier = (key, days, minimum)


class ObjectLockSettings(Section):
    """Write-once protection by default for each new object version."""

    mode: Literal["COMPLIANCE", "GOVERNANCE"]
    """Compliance: nobody can delete a version early, not even the account's root. Governance: a permission can."""
    retention_days: Days
    """Days that each version is protected."""


class BucketSettings(Section):
    """One bucket."""

    lifecycle: LifecycleSettings = LifecycleSettings()
    """When objects move and go. Never by default."""
    object_lock: ObjectLockSettings | None = None
    """Can be chosen when the bucket is created, never later."""
    replicate: bool = False
    """Copy every version to the recovery region within 15 minutes."""

    def problems(self) -> Iterator[Problem]:
        """A locked bucket expires nothing."""
        if self.object_lock is None:
            return
        expiries = {
            "expirationDays": self.lifecycle.expiration_days,
            "noncurrentExpirationDays": self.lifecycle.noncurrent_expiration_days,
        }
        for key, days in expiries.items():
            if days is not None:
                yield Problem(("lifecycle", key), f"{days} is not allowed in a bucket with objectLock")
