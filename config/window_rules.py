"""Rules on the hours in which AWS maintains what holds data."""

from __future__ import annotations

from collections.abc import Iterator

from components.common.settings import Problem
from components.common.windows import replica_window_problems, weekly_windows_overlap
from components.postgres import PostgresSettings
from components.recovery import RecoverySettings
from components.redis import RedisSettings

_KEY = "maintenanceWindow"


def windows_are_apart(
    postgres: PostgresSettings, redis: RedisSettings, recovery: RecoverySettings
) -> Iterator[Problem]:
    """No two of primary, replicas, standby and cache are maintained at the same time."""
    found: dict[tuple[str, ...], str] = {("postgres", _KEY): postgres.maintenance_window}
    found |= {("postgres", "replicas", label, _KEY): window for label, window in postgres.replica_windows().items()}
    if recovery.standby:
        try:
            found["recovery", "standby", _KEY] = recovery.standby.window(postgres)
        except ValueError as error:
            yield Problem(("recovery", "standby", _KEY), f"is missing, and {error}")
    found["redis", _KEY] = redis.maintenance_window
    paths = list(found)
    for index, path in enumerate(paths):
        for other in paths[:index]:
            if weekly_windows_overlap(found[path], found[other]):
                yield Problem(
                    path,
                    f"{found[path]} overlaps {'.'.join(other)} ({found[other]}); only one store of data at a time is"
                    " maintained",
                )
                break


def standby_keeps_its_windows_apart(postgres: PostgresSettings, recovery: RecoverySettings) -> Iterator[Problem]:
    """Like every replica of the database."""
    if recovery.standby and recovery.standby.maintenance_window:
        for problem in replica_window_problems(recovery.standby.maintenance_window, postgres.backup_window):
            yield Problem(("recovery", "standby", *problem.path), problem.message)
