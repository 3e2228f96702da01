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
_REHEARSED = "assumption, to be replaced by the last rehearsal"


@dataclass(frozen=True, kw_only=True)
class Step:
    """Something that takes time."""

    label: str
    minutes: float
    source: str
    """Where the minutes come from."""
    after: tuple[str, ...] = ()
    """Labels of the steps that must have ended; the others go on at the same time."""


def total_minutes(steps: Sequence[Step]) -> float:
    """Minutes until the last step has ended: the longest way through them.

    Raises:
        KeyError: A step waits for one that does not come before it.
    """
    ends: dict[str, float] = {}
    for step in steps:
        ends[step.label] = step.minutes + max((ends[label] for label in step.after), default=0)
    return round(max(ends.values()))


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
            source="10 to 30 minutes (RDS user guide)",
            after=("decide",),
        ),
        Step(
            label="replay the log",
            minutes=replay,
            source=f"a tenth of the storage at {REPLAY_MIB_PER_SECOND} MiB/s, {_REHEARSED}",
            after=("restore an instance",),
        ),
        Step(
            label="read every block once",
            minutes=read_minutes(storage_gib),
            source=_READ_SOURCE,
            after=("replay the log",),
        ),
        Step(label="start the writers", minutes=5, source=_REHEARSED, after=("replay the log",)),
    ]


def cache_steps() -> list[Step]:
    """A new group is created, from a snapshot or empty."""
    create = "10 to 30 minutes (ElastiCache user guide)"
    return [
        Step(label="decide", minutes=DECIDE_MINUTES, source=_REHEARSED),
        Step(label="create the group", minutes=PROVISION_MINUTES, source=create, after=("decide",)),
    ]


def undo_steps(what: str) -> list[Step]:
    """Nothing has to be created: a deletion is taken back."""
    return [
        Step(label="decide", minutes=DECIDE_MINUTES, source=_REHEARSED),
        Step(label=what, minutes=5, source=_REHEARSED, after=("decide",)),
    ]


def region_steps(storage_gib: int, *, copies: bool) -> list[Step]:
    """The platform moves to the recovery region, with a pilot light there.

    Args:
        storage_gib: Of the database; each of its blocks is read once.
        copies: The standby has a key of the lost stack, so that its snapshot is copied to one that stays.
    """
    copied = (
        [
            Step(
                label="copy it to a key that stays",
                minutes=read_minutes(storage_gib),
                source=_READ_SOURCE,
                after=("take a snapshot",),
            )
        ]
        if copies
        else []
    )
    snapshot = copied[0].label if copied else "take a snapshot"
    lights = "40 of production's 75 minutes wait for databases (docs/getting-started.md)"
    return [
        Step(label="decide", minutes=DECIDE_MINUTES, source=_REHEARSED),
        Step(
            label="promote the standby", minutes=10, source="minutes and a restart (RDS user guide)", after=("decide",)
        ),
        Step(
            label="take a snapshot",
            minutes=10,
            source=f"follows a daily one; {_REHEARSED}",
            after=("promote the standby",),
        ),
        *copied,
        Step(label="network, nodes and add-ons", minutes=35, source=lights, after=("decide",)),
        Step(
            label="restore the database",
            minutes=PROVISION_MINUTES,
            source="10 to 30 minutes (RDS user guide)",
            after=(snapshot, "network, nodes and add-ons"),
        ),
        Step(
            label="read every block once",
            minutes=read_minutes(storage_gib),
            source=_READ_SOURCE,
            after=("restore the database",),
        ),
        Step(
            label="restore volumes", minutes=PROVISION_MINUTES, source=_REHEARSED, after=("network, nodes and add-ons",)
        ),
        Step(
            label="deploy the applications",
            minutes=20,
            source=_REHEARSED,
            after=("restore the database", "restore volumes"),
        ),
        Step(
            label="move the traffic",
            minutes=10,
            source="TTL of a minute, and health checks that fail three times (Route 53 developer guide)",
            after=("deploy the applications",),
        ),
    ]
