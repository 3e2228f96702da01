"""Recovery objectives that the resolved configuration gives, by store of data and by what is lost."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from components.settings import BucketSettings, PostgresSettings, RecoverySettings, RedisSettings

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
REPLICA_LAG_MINUTES = 1
"""A replica further behind than the alarm's default of 60 seconds is a fault that is told at once."""
FAILOVER_MINUTES = 2
"""A Multi-AZ failover takes 60 to 120 seconds (RDS user guide); ElastiCache promotes a replica within the same time."""
REPLICATION_TIME_CONTROL_MINUTES = 15
"""S3 Replication Time Control copies most objects in seconds and 99.99 % within 15 minutes (S3 user guide)."""

DECIDE_MINUTES = 30
"""Assumption: notice, decide and point the applications at the restored store."""
PROVISION_MINUTES = 30
"""Assumption: a new instance, cache or cluster is created. RDS and ElastiCache take 10 to 30 minutes."""
RESTORE_MIB_PER_SECOND = 500
"""Throughput at which a restored volume is read from S3 once: base of gp3 volumes of 400 GiB and more."""
SMALL_RESTORE_MIB_PER_SECOND = 125
"""The same for smaller gp3 volumes."""
REPLAY_MIB_PER_SECOND = 50
"""Assumption: speed of PostgreSQL's single process that replays the log."""
DAILY_CHANGE = 0.1
"""Assumption: log written between two daily snapshots, as a share of the storage. All of it may need replay."""


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
    def output(self) -> dict[str, str | float | bool | None]:
        """The objective as a stack output. JSON has no infinity: what never comes back is null."""
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


def restore_minutes(storage_gib: int) -> float:
    """Time to restore a database of this size to a point in time, all log of a day replayed and every block read."""
    mib = storage_gib * 1024
    speed = RESTORE_MIB_PER_SECOND if storage_gib >= 400 else SMALL_RESTORE_MIB_PER_SECOND
    seconds = mib / speed + mib * DAILY_CHANGE / REPLAY_MIB_PER_SECOND
    return round(DECIDE_MINUTES + PROVISION_MINUTES + seconds / 60)


def _postgres(postgres: PostgresSettings) -> Iterator[Objective]:
    # Storage may have grown to its limit by the day of the disaster.
    restore = restore_minutes(postgres.max_allocated_storage_gib)
    pitr = Objective(
        store="postgres",
        loss=Loss.DATA,
        rpo_minutes=LOG_UPLOAD_MINUTES,
        rto_minutes=restore,
        how=f"restore to a point in time of the last {_days(postgres.backup_retention_days)}",
    )
    yield pitr
    if postgres.multi_az:
        yield Objective(
            store="postgres",
            loss=Loss.ZONE,
            rpo_minutes=0,
            rto_minutes=FAILOVER_MINUTES,
            how="failover to the synchronous standby",
        )
    else:
        yield Objective(
            store="postgres",
            loss=Loss.ZONE,
            rpo_minutes=pitr.rpo_minutes,
            rto_minutes=restore,
            how="restore to the latest point in time in another zone",
        )
    yield Objective(
        store="postgres",
        loss=Loss.REGION,
        rpo_minutes=LOG_COPY_MINUTES,
        rto_minutes=restore,
        how="restore from the replicated automated backups in the recovery region",
    )


def _redis(redis: RedisSettings) -> Iterator[Objective]:
    yield Objective(
        store="redis",
        loss=Loss.ZONE,
        rpo_minutes=REPLICA_LAG_MINUTES,
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
        rto_minutes=DECIDE_MINUTES + PROVISION_MINUTES,
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
            else "no copy leaves the region"
        ),
    )


def _volumes(recovery: RecoverySettings) -> Iterator[Objective]:
    for loss, place in ((Loss.DATA, "vault"), (Loss.ZONE, "vault"), (Loss.REGION, "recovery region's vault")):
        yield Objective(
            store="cluster volumes",
            loss=loss,
            rpo_minutes=DAY_MINUTES,
            rto_minutes=DECIDE_MINUTES + PROVISION_MINUTES,
            how=f"daily backups of the last {_days(recovery.backup_retention_days)} in the {place}",
        )


def objectives(
    *,
    postgres: PostgresSettings,
    redis: RedisSettings,
    buckets: Mapping[str, BucketSettings],
    recovery: RecoverySettings,
) -> list[Objective]:
    """What the configuration gives for each store and each kind of loss."""
    return [
        *_postgres(postgres),
        *_redis(redis),
        *(objective for label, bucket in buckets.items() for objective in _bucket(label, bucket)),
        *_volumes(recovery),
    ]


def missed(all_objectives: Sequence[Objective], stores: Sequence[str]) -> list[Objective]:
    """The objectives of these stores that are beyond the guide's limits."""
    return [objective for objective in all_objectives if objective.store in stores and not objective.meets]
