"""When versions of Kubernetes, PostgreSQL and Redis end on AWS.

A version that AWS no longer creates may still run in an old stack, so it is a warning with the date. A version that
never existed is a mistake. Sources: the EKS release calendar, the retirement notices of RDS for PostgreSQL and the
ElastiCache support schedule, as published until November 2026. New releases are added here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from components.cluster import ClusterSettings
from components.common.settings import Problem
from components.postgres import PostgresSettings
from config.model import StackConfig

# An end that is nearer than this is worth a warning while there is time to upgrade.
NOTICE = timedelta(days=90)


class Support(NamedTuple):
    """The last day of a version in standard support and in extended support, which is billed."""

    standard: date
    extended: date


KUBERNETES = {
    "1.28": Support(date(2024, 11, 26), date(2025, 11, 26)),
    "1.29": Support(date(2025, 3, 23), date(2026, 3, 23)),
    "1.30": Support(date(2025, 7, 23), date(2026, 7, 23)),
    "1.31": Support(date(2025, 11, 26), date(2026, 11, 26)),
    "1.32": Support(date(2026, 3, 23), date(2027, 3, 23)),
    "1.33": Support(date(2026, 7, 29), date(2027, 7, 29)),
    "1.34": Support(date(2026, 12, 2), date(2027, 12, 2)),
    "1.35": Support(date(2027, 3, 27), date(2028, 3, 27)),
    "1.36": Support(date(2027, 8, 2), date(2028, 8, 2)),
    # AWS has announced the month only.
    "1.37": Support(date(2027, 12, 1), date(2028, 12, 1)),
}


class Major(NamedTuple):
    """A PostgreSQL major: the end of its standard support, the minors that RDS released, and those that have ended.

    `ended` maps the last day of standard support of a group of minors to the newest minor of the group.
    """

    standard: date
    minors: tuple[int, ...]
    ended: dict[date, int]


POSTGRES = {
    "14": Major(
        date(2027, 2, 28),
        tuple(range(1, 25)),
        {date(2025, 3, 31): 11, date(2025, 10, 31): 13, date(2026, 5, 31): 17, date(2026, 10, 31): 19},
    ),
    "15": Major(
        date(2028, 2, 29),
        tuple(range(2, 20)),
        {date(2025, 3, 31): 6, date(2025, 10, 31): 8, date(2026, 5, 31): 12, date(2026, 10, 31): 14},
    ),
    "16": Major(
        date(2029, 2, 28),
        tuple(range(1, 16)),
        {date(2025, 3, 31): 2, date(2025, 10, 31): 4, date(2026, 5, 31): 8, date(2026, 10, 31): 10},
    ),
    "17": Major(date(2030, 2, 28), tuple(range(1, 12)), {date(2026, 5, 31): 4, date(2026, 10, 31): 6}),
    "18": Major(date(2031, 2, 28), (1, 2, 3, 4, 6), {}),
}

# Redis 7 has no announced end.
REDIS = {"6.2": date(2027, 1, 31)}


def cluster_problems(cluster: ClusterSettings) -> Iterator[Problem]:
    """Yield a problem for a Kubernetes version that EKS never had."""
    if cluster.version not in KUBERNETES:
        allowed = ", ".join(KUBERNETES)
        yield Problem(("version",), f"{cluster.version} is not a version of EKS that this platform knows: {allowed}")


def postgres_problems(postgres: PostgresSettings) -> Iterator[Problem]:
    """Yield a problem for a PostgreSQL version that RDS never had."""
    major, _, minor = postgres.engine_version.partition(".")
    if major not in POSTGRES:
        yield Problem(("engineVersion",), f"{major} is not a major that this platform knows: {', '.join(POSTGRES)}")
    elif minor and f"{major}.{minor}" not in {f"{major}.{known}" for known in POSTGRES[major].minors}:
        known = _ranges(major, POSTGRES[major].minors)
        message = f"{postgres.engine_version} was never released on RDS; {major} alone, or {known}"
        yield Problem(("engineVersion",), message)


def _ranges(major: str, minors: Sequence[int]) -> str:
    """The minors in words, such as `18.1 to 18.4, 18.6`."""
    runs: list[list[int]] = []
    for minor in minors:
        if runs and runs[-1][-1] == minor - 1:
            runs[-1].append(minor)
        else:
            runs.append([minor])
    return ", ".join(f"{major}.{run[0]} to {major}.{run[-1]}" if len(run) > 1 else f"{major}.{run[0]}" for run in runs)


def warnings(config: StackConfig, today: date) -> list[str]:
    """Name each version and type of the stack that AWS no longer creates or supports, or will not for long.

    And a threshold that RDS crosses by design.
    """
    return [
        f"trading-platform:{key}: {message}"
        for key, message in (
            *(("cluster.version", text) for text in _kubernetes_warnings(config.cluster, today)),
            *(("postgres.engineVersion", text) for text in _postgres_warnings(config.postgres.engine_version, today)),
            *(
                (f"nodeGroups.{label}.instanceTypes", text)
                for label, group in config.node_groups.items()
                for text in _node_warnings(group.instance_types)
            ),
            *(("redis.engineVersion", text) for text in _redis_warnings(config.redis.engine_version, today)),
            *(("observability.thresholds.databaseFreeStorageGib", text) for text in _storage_warnings(config)),
        )
    ]


def _kubernetes_warnings(cluster: ClusterSettings, today: date) -> Iterator[str]:
    version, support = cluster.version, KUBERNETES[cluster.version]
    newest = list(KUBERNETES)[-1]
    if today > support.extended:
        yield f"EKS no longer creates {version}: extended support ended {support.extended}; newest: {newest}"
    elif today > support.standard and cluster.support_type == "STANDARD":
        yield (
            f"standard support of {version} ended {support.standard}: with supportType STANDARD EKS upgrades a cluster"
            f" by itself and creates no new one; supportType EXTENDED is billed and lasts until {support.extended}"
        )
    elif today > support.standard:
        yield f"{version} is in extended support, which is billed and ends {support.extended}; newest: {newest}"
    elif today + NOTICE > support.standard:
        yield f"standard support of {version} ends {support.standard}; newest: {newest}"
    pin = cluster.addon_versions.get("kube-proxy")
    if pin and not pin.startswith(f"v{version}."):
        yield f"{version} and the pinned add-on kube-proxy ({pin}) are of different minors; EKS refuses most such pairs"


def _node_warnings(instance_types: Sequence[str]) -> Iterator[str]:
    """Source: AWS Neuron, announcement on driver support for Inf1."""
    for kind in instance_types:
        if kind.startswith("inf1."):
            yield f"{kind} runs with Neuron drivers up to 2.24, which EKS's images start for it; newer ones want inf2"


def _postgres_warnings(version: str, today: date) -> Iterator[str]:
    name, _, minor = version.partition(".")
    major = POSTGRES[name]
    if today > major.standard:
        yield f"standard support of PostgreSQL {name} ended {major.standard}; newest: {list(POSTGRES)[-1]}"
    elif today + NOTICE > major.standard:
        yield f"standard support of PostgreSQL {name} ends {major.standard}; newest: {list(POSTGRES)[-1]}"
    group_end = next((end for end, newest in major.ended.items() if minor and int(minor) <= newest), None)
    if group_end and today > group_end:
        yield (
            f"RDS no longer creates PostgreSQL {version}: its support ended by {group_end};"
            f' "{name}" follows the minors, newest: {name}.{major.minors[-1]}'
        )


def _redis_warnings(version: str, today: date) -> Iterator[str]:
    end = REDIS.get(version)
    if end and today > end:
        yield f"standard support of Redis {version} ended {end}; extended support is billed"
    elif end and today + NOTICE > end:
        yield f"standard support of Redis {version} ends {end}; after that, extended support is billed"


def _storage_warnings(config: StackConfig) -> Iterator[str]:
    """RDS grows the storage once a tenth of it or less is free (RDS user guide, Managing capacity automatically)."""
    least, storage = config.observability.thresholds.database_free_storage_gib, config.postgres.allocated_storage_gib
    if config.postgres.max_allocated_storage_gib > storage and least * 10 > storage:
        yield f"{least:g} of {storage} GiB is more than the tenth at which RDS grows the storage: the alarm comes first"
