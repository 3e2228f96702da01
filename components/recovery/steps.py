"""What has to be done after a loss, step by step: minutes, and where the number comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

FAILOVER_MINUTES = 2
"""A Multi-AZ failover takes 60 to 120 seconds (RDS user guide); ElastiCache promotes a replica within the same time."""
DECIDE_MINUTES = 30
"""Assumption: notice, find the cause and decide."""
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

_READ_SOURCE = "storage / base throughput of gp3 (RDS user guide)"
_COPY_SOURCE = "assumption: as fast as a volume is read; another key makes it a full copy (RDS user guide)"
_REHEARSED = "assumption, to be replaced by the last rehearsal"
_RESTORE_SOURCE = "10 to 30 minutes (RDS user guide)"
_CACHE_SOURCE = "10 to 30 minutes (ElastiCache user guide)"
_SURROUNDINGS_SOURCE = "40 of production's 75 minutes wait for databases (docs/getting-started.md)"

COPY = "copy it to a key that stays"
SURROUNDINGS = "network, nodes and add-ons"
CACHE = "create the cache"
VOLUMES = "restore volumes"


@dataclass(frozen=True, kw_only=True)
class Step:
    """Something that takes time."""

    label: str
    minutes: float
    source: str
    """Where the minutes come from."""
    after: tuple[str, ...] = ()
    """Labels of the steps that must have ended; the others go on at the same time."""


def ends(steps: Sequence[Step]) -> dict[str, float]:
    """Minutes after which each step has ended.

    Raises:
        KeyError: A step waits for one that does not come before it.
    """
    found: dict[str, float] = {}
    for step in steps:
        found[step.label] = step.minutes + max((found[label] for label in step.after), default=0)
    return found


def total_minutes(steps: Sequence[Step]) -> float:
    """Minutes until the last step has ended: the longest way through them."""
    return round(max(ends(steps).values()))


def read_minutes(storage_gib: int) -> float:
    """Time in which each block of a volume is read from S3 once."""
    speed = RESTORE_MIB_PER_SECOND if storage_gib >= 400 else SMALL_RESTORE_MIB_PER_SECOND
    return storage_gib * 1024 / speed / 60


def pod_steps() -> list[Step]:
    """A container ends: the kubelet starts it again."""
    return [Step(label="restart", minutes=5, source="back-off of at most five minutes (Kubernetes, pod lifecycle)")]


def node_steps() -> list[Step]:
    """A machine ends: its pods move, if need be to a new one."""
    evict = "a minute until the node counts as lost, five until its pods go (Kubernetes, default tolerations)"
    return [
        Step(label="pods are given up", minutes=6, source=evict),
        Step(label="a new node joins", minutes=5, source=_REHEARSED, after=("pods are given up",)),
    ]


def zone_steps() -> list[Step]:
    """Stores fail over while pods move."""
    return [
        *node_steps(),
        Step(label="database and cache fail over", minutes=FAILOVER_MINUTES, source="60 to 120 s (RDS user guide)"),
    ]


def restore_steps(storage_gib: int) -> list[Step]:
    """A database of this size is restored to a point in time, all log of a day replayed and every block read."""
    replay = storage_gib * 1024 * DAILY_CHANGE / REPLAY_MIB_PER_SECOND / 60
    return [
        Step(label="decide", minutes=DECIDE_MINUTES, source=_REHEARSED),
        Step(
            label="restore an instance",
            minutes=PROVISION_MINUTES,
            source=_RESTORE_SOURCE,
            after=("decide",),
        ),
        Step(
            label="replay the log",
            minutes=replay,
            source=f"a tenth of the storage at {REPLAY_MIB_PER_SECOND} MiB/s, {_REHEARSED}",
            after=("restore an instance",),
        ),
        _read("read every block once", storage_gib, after="replay the log"),
        Step(label="start the writers", minutes=5, source=_REHEARSED, after=("replay the log",)),
    ]


def cache_steps() -> list[Step]:
    """A new group is created, from a snapshot or empty."""
    return [
        Step(label="decide", minutes=DECIDE_MINUTES, source=_REHEARSED),
        Step(label="create the group", minutes=PROVISION_MINUTES, source=_CACHE_SOURCE, after=("decide",)),
    ]


def undo_steps(what: str) -> list[Step]:
    """Nothing has to be created: a deletion is taken back."""
    return [
        Step(label="decide", minutes=DECIDE_MINUTES, source=_REHEARSED),
        Step(label=what, minutes=5, source=_REHEARSED, after=("decide",)),
    ]


def region_steps(storage_gib: int, *, standby: bool, copies: bool) -> list[Step]:
    """The platform moves to the recovery region, with a pilot light there.

    Args:
        storage_gib: Of the database; each of its blocks is read once.
        standby: There is a replica to promote; else the copied automated backups are restored first.
        copies: The data have a key of the lost stack, so that a snapshot is copied to one that stays.
    """
    origin = "promote the standby" if standby else "replay the log"
    return [
        *(_promotion() if standby else _restored_backups(storage_gib)),
        Step(label="take a snapshot", minutes=10, source=f"follows a daily one; {_REHEARSED}", after=(origin,)),
        *([_read(COPY, storage_gib, after="take a snapshot", source=_COPY_SOURCE)] if copies else []),
        Step(label=SURROUNDINGS, minutes=35, source=_SURROUNDINGS_SOURCE, after=("decide",)),
        Step(
            label="restore the database",
            minutes=PROVISION_MINUTES,
            source=_RESTORE_SOURCE,
            after=(COPY if copies else "take a snapshot", SURROUNDINGS),
        ),
        _read("read every block once", storage_gib, after="restore the database"),
        Step(label=CACHE, minutes=PROVISION_MINUTES, source=_CACHE_SOURCE, after=(SURROUNDINGS,)),
        Step(label=VOLUMES, minutes=PROVISION_MINUTES, source=_REHEARSED, after=(SURROUNDINGS,)),
        Step(
            label="deploy the applications",
            minutes=20,
            source=f"secrets and images are there; {_REHEARSED}",
            after=("restore the database", CACHE, VOLUMES),
        ),
        Step(
            label="move the traffic, confirm subscriptions",
            minutes=10,
            source="TTL of a minute, and health checks that fail three times (Route 53 developer guide)",
            after=("deploy the applications",),
        ),
    ]


def _promotion() -> list[Step]:
    return [
        Step(label="decide", minutes=DECIDE_MINUTES, source=_REHEARSED),
        Step(
            label="promote the standby", minutes=10, source="minutes and a restart (RDS user guide)", after=("decide",)
        ),
    ]


def _restored_backups(storage_gib: int) -> list[Step]:
    """The copied automated backups become an instance, under the key that they have."""
    return restore_steps(storage_gib)[:3]


def _read(label: str, storage_gib: int, *, after: str, source: str = _READ_SOURCE) -> Step:
    return Step(label=label, minutes=read_minutes(storage_gib), source=source, after=(after,))
