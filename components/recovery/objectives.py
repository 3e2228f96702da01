"""Recovery objectives that the resolved configuration gives, by store of data and by what is lost."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from components.buckets import BucketSettings
from components.common.thresholds import AlarmThresholds
from components.postgres import PostgresSettings
from components.recovery.settings import RecoverySettings
from components.recovery.steps import (
    CACHE,
    DECIDE_MINUTES,
    FAILOVER_MINUTES,
    PROVISION_MINUTES,
    VOLUMES,
    Step,
    ends,
    region_steps,
    restore_steps,
    total_minutes,
)
from components.redis import RedisSettings

RPO_LIMIT_MINUTES = 15
"""At most this much data is lost (guide: RPO < 15 minutes)."""
RTO_LIMIT_MINUTES = 4 * 60
"""Service is back within this time (guide: RTO < 4 hours)."""
DAY_MINUTES = 24 * 60
NEVER = math.inf
"""No copy is left: nothing comes back."""

LOG_UPLOAD_MINUTES = 5
"""RDS uploads transaction logs to S3 every five minutes (RDS user guide, point-in-time recovery)."""
LOG_COPY_MINUTES = 30
"""Upper end of 5 to 30 minutes for replicated automated backups (AWS Prescriptive Guidance, DR of RDS)."""
CACHE_LAG_MINUTES = 1
"""Assumption: ElastiCache copies to replicas as it goes; in a sound group they are seconds behind."""
ALARM_MINUTES = 5
"""An alarm fires after five bad minutes in a row. Who acts on it never has a standby that is further behind."""
REPLICATION_TIME_CONTROL_MINUTES = 15
"""S3 Replication Time Control copies most objects in seconds and 99.99 % within 15 minutes (S3 user guide)."""


_NO_COPY = "no copy leaves the region"


class Loss(StrEnum):
    """What is lost."""

    ZONE = "availability zone"
    DATA = "data, by mistake or malice"
    REGION = "region"


@dataclass(frozen=True, kw_only=True)
class Objective:
    """What the configuration gives for one store after one kind of loss. Upper bounds, in minutes."""

    store: str
    loss: Loss
    rpo_minutes: float
    rto_minutes: float
    how: str

    @property
    def meets(self) -> bool:
        """Within the guide's limits. A bound of exactly 15 minutes counts as met, as S3 states its bound that way."""
        return self.rpo_minutes <= RPO_LIMIT_MINUTES and self.rto_minutes < RTO_LIMIT_MINUTES

    @property
    def data(self) -> dict[str, str | float | bool | None]:
        """The objective as JSON values. JSON has no infinity: what never comes back is null."""
        return {
            "store": self.store,
            "loss": self.loss.value,
            "rpoMinutes": _finite(self.rpo_minutes),
            "rtoMinutes": _finite(self.rto_minutes),
            "how": self.how,
            "meets": self.meets,
        }


def _finite(minutes: float) -> float | None:
    return None if math.isinf(minutes) else minutes


def _days(number: int) -> str:
    return "day" if number == 1 else f"{number} days"


def takeover_steps(postgres: PostgresSettings, recovery: RecoverySettings) -> list[Step]:
    """What has to be done when the region is lost. Storage may have grown to its limit by then."""
    standby = recovery.standby
    return region_steps(
        postgres.max_allocated_storage_gib,
        standby=standby is not None,
        copies=standby is None or standby.key_arn is None,
    )


def _postgres(
    postgres: PostgresSettings, recovery: RecoverySettings, thresholds: AlarmThresholds
) -> Iterator[Objective]:
    # Storage may have grown to its limit by the day of the disaster.
    storage = postgres.max_allocated_storage_gib
    restore = total_minutes(restore_steps(storage))
    objective = partial(Objective, store="postgres")
    yield objective(
        loss=Loss.DATA,
        rpo_minutes=LOG_UPLOAD_MINUTES,
        rto_minutes=restore,
        how=f"restore to a point in time of the last {_days(postgres.backup_retention_days)}",
    )
    if postgres.multi_az:
        how = "failover to the synchronous standby"
        yield objective(loss=Loss.ZONE, rpo_minutes=0, rto_minutes=FAILOVER_MINUTES, how=how)
    else:
        how = "restore to the latest point in time in another zone"
        yield objective(loss=Loss.ZONE, rpo_minutes=LOG_UPLOAD_MINUTES, rto_minutes=restore, how=how)
    if recovery.standby:
        yield objective(
            loss=Loss.REGION,
            rpo_minutes=thresholds.replica_lag_seconds / 60 + ALARM_MINUTES,
            rto_minutes=total_minutes(takeover_steps(postgres, recovery)),
            how=f"promote the standby in {recovery.region}; what it was behind, told by an alarm, is lost",
        )
    elif not recovery.copies:
        yield objective(loss=Loss.REGION, rpo_minutes=NEVER, rto_minutes=NEVER, how=_NO_COPY)
    else:
        yield objective(
            loss=Loss.REGION,
            rpo_minutes=LOG_COPY_MINUTES,
            rto_minutes=total_minutes(takeover_steps(postgres, recovery)),
            how="restore from the replicated automated backups in the recovery region",
        )


def _redis(redis: RedisSettings, moved: Mapping[str, float]) -> Iterator[Objective]:
    yield Objective(
        store="redis",
        loss=Loss.ZONE,
        rpo_minutes=CACHE_LAG_MINUTES,
        rto_minutes=FAILOVER_MINUTES,
        how=f"failover to one of {redis.replicas_per_shard} replicas; what was not yet copied is lost",
    )
    yield Objective(
        store="redis",
        loss=Loss.DATA,
        rpo_minutes=DAY_MINUTES,
        rto_minutes=DECIDE_MINUTES + PROVISION_MINUTES,
        how=f"a new group from a daily snapshot of the last {_days(redis.snapshot_retention_days)}, or rebuilt",
    )
    yield Objective(
        store="redis",
        loss=Loss.REGION,
        rpo_minutes=NEVER,
        rto_minutes=moved[CACHE],
        how="no copy leaves the region: an empty group that the applications fill from Postgres and the feeds",
    )


def _bucket(label: str, bucket: BucketSettings) -> Iterator[Objective]:
    store = f"bucket {label}"
    yield Objective(
        store=store, loss=Loss.ZONE, rpo_minutes=0, rto_minutes=0, how="S3 keeps each object in three zones"
    )
    days = bucket.lifecycle.noncurrent_expiration_days
    kept = f"for {days} days" if days else "without end"
    locked = "; locked versions cannot be deleted" if bucket.object_lock else ""
    yield Objective(
        store=store,
        loss=Loss.DATA,
        rpo_minutes=0,
        rto_minutes=DECIDE_MINUTES,
        how=f"earlier versions are kept {kept}{locked}",
    )
    yield Objective(
        store=store,
        loss=Loss.REGION,
        rpo_minutes=REPLICATION_TIME_CONTROL_MINUTES if bucket.replicate else NEVER,
        rto_minutes=DECIDE_MINUTES if bucket.replicate else NEVER,
        how=(
            "replica in the recovery region: most objects within seconds, 99.99 % within 15 minutes"
            if bucket.replicate
            else _NO_COPY
        ),
    )


def _volumes(recovery: RecoverySettings, moved: Mapping[str, float]) -> Iterator[Objective]:
    if not recovery.copies:
        for loss in (Loss.DATA, Loss.ZONE, Loss.REGION):
            how = "volumes are not backed up"
            yield Objective(store="cluster volumes", loss=loss, rpo_minutes=NEVER, rto_minutes=NEVER, how=how)
        return
    for loss, place in ((Loss.DATA, "vault"), (Loss.ZONE, "vault"), (Loss.REGION, "recovery region's vault")):
        yield Objective(
            store="cluster volumes",
            loss=loss,
            rpo_minutes=DAY_MINUTES,
            rto_minutes=moved[VOLUMES] if loss is Loss.REGION else DECIDE_MINUTES + PROVISION_MINUTES,
            how=f"daily backups of the last {_days(recovery.backup_retention_days)} in the {place}",
        )


def objectives(
    *,
    postgres: PostgresSettings,
    redis: RedisSettings,
    buckets: Mapping[str, BucketSettings],
    recovery: RecoverySettings,
    thresholds: AlarmThresholds,
) -> list[Objective]:
    """What the configuration gives for each store and each kind of loss."""
    moved = ends(takeover_steps(postgres, recovery))
    return [
        *_postgres(postgres, recovery, thresholds),
        *_redis(redis, moved),
        *(objective for label, bucket in buckets.items() for objective in _bucket(label, bucket)),
        *_volumes(recovery, moved),
    ]


def missed(all_objectives: Sequence[Objective], stores: Sequence[str]) -> list[Objective]:
    """The objectives of these stores that are beyond the guide's limits."""
    return [objective for objective in all_objectives if objective.store in stores and not objective.meets]
