"""The settings of the cache."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from components.common.settings import (
    DailyWindow,
    LogRetention,
    Problem,
    Section,
    WeeklyWindow,
    type_of_aws,
    window_problems,
)

CacheType = Annotated[
    str,
    type_of_aws("an ElastiCache node type, such as cache.r7g.2xlarge", r"cache\.[a-z0-9-]+\.[a-z0-9-]+"),
]
# The family that needs data tiering, which this platform does not switch on.
_TIERED = "cache.r6gd."


class RedisSettings(Section):
    """ElastiCache for Redis in cluster mode (guide: ElastiCache Redis). Windows are UTC."""

    engine_version: Literal["6.2", "7.0", "7.1"]
    """Redis minor version in quotes; ElastiCache keeps patches current."""
    node_type: CacheType
    """Size of each node."""
    shards: Annotated[int, Field(ge=1, le=45)] = 1
    """Parts of the key space. More can be added while the cluster serves."""
    replicas_per_shard: Annotated[int, Field(ge=1, le=5)] = 2
    """Copies of each shard in other zones; failover needs at least 1."""
    snapshot_retention_days: Annotated[int, Field(ge=1, le=35)] = 7
    """How long daily snapshots are kept."""
    snapshot_window: DailyWindow = "03:00-04:00"
    """When the daily snapshot is taken; at least 60 minutes."""
    maintenance_window: WeeklyWindow = "sun:05:00-sun:06:00"
    """When ElastiCache may replace nodes; at least 60 minutes, apart from the snapshot window."""
    log_retention_days: LogRetention = 365
    """How long CloudWatch keeps slow and engine logs."""

    def problems(self) -> Iterator[Problem]:
        """Windows apart and long enough for ElastiCache; a node type that can do it all; no more nodes than allowed."""
        yield from window_problems("snapshotWindow", self.snapshot_window, self.maintenance_window, 60)
        if self.node_type.startswith(_TIERED):
            yield Problem(("nodeType",), f"{self.node_type} works with data tiering only; choose r6g or r7g")
        if (nodes := self.shards * (1 + self.replicas_per_shard)) > 90:
            yield Problem(("shards",), f"{self.shards} make {nodes} nodes with their replicas; 90 are allowed")
