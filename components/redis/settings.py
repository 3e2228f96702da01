"""The settings of the cache."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from components.common.settings import (
    DISTINCT,
    LIST,
    Clients,
    Label,
    LogRetention,
    Problem,
    Section,
    client_problems,
    text,
    type_of_aws,
)
from components.common.windows import DailyWindow, WeeklyWindow, window_problems

CacheType = Annotated[
    str,
    type_of_aws("an ElastiCache node type, such as cache.r7g.2xlarge", r"cache\.[a-z0-9-]+\.[a-z0-9-]+"),
]
# The family that needs data tiering, which this platform does not switch on.
_TIERED = "cache.r6gd."


# `maxclients` of ElastiCache, on the small burstable types and on all others.
_BURSTABLE = re.compile(r"cache\.t\w+\.(micro|small|medium)")


def most_clients(node_type: str) -> int:
    """Connections that a node takes. Source: ElastiCache user guide, node-type specific parameters."""
    return 20_000 if _BURSTABLE.fullmatch(node_type) else 65_000


_Pattern = Annotated[str, text("a glob of keys or channels without blanks, such as orders:*", r"[\x21-\x7e]{1,200}")]
# What servers of all versions list (`ACL CAT`), and the modules of ElastiCache for Valkey.
CATEGORIES = (
    *(
        "admin",
        "all",
        "bitmap",
        "blocking",
        "connection",
        "dangerous",
        "fast",
        "geo",
        "hash",
        "hyperloglog",
        "keyspace",
    ),
    *("list", "pubsub", "read", "scripting", "set", "slow", "sortedset", "stream", "string", "transaction", "write"),
    *("bloom", "json", "search"),
)
_Command = Annotated[
    str,
    text(
        "a command or a category of Redis, such as get, config|get or @read, with a hyphen before it to exclude it",
        rf"-?(@({'|'.join(CATEGORIES)})|[a-z][a-z0-9.-]*(\|[a-z][a-z0-9-]*)?)",
    ),
]


class UserSettings(Section):
    """A user of the cache, with a password and a secret of its own."""

    keys: Annotated[tuple[_Pattern, ...], LIST, DISTINCT, Field(min_length=1)]
    """Keys that the user reaches, as globs."""
    commands: Annotated[tuple[_Command, ...], LIST, DISTINCT, Field(min_length=1)]
    """Commands and categories (`@read`, `@write`) that the user may call, in the order in which they count."""
    channels: Annotated[tuple[_Pattern, ...], LIST, DISTINCT] = ()
    """Channels of publish and subscribe, as globs. None by default."""


# The versions that ElastiCache creates, by engine.
VERSIONS = {"redis": ("6.2", "7.0", "7.1"), "valkey": ("7.2", "8.0", "8.1", "8.2", "9.0", "9.1")}


class RedisSettings(Section):
    """ElastiCache for Redis or Valkey in cluster mode (guide: ElastiCache Redis). Windows are UTC."""

    engine: Literal["redis", "valkey"] = "redis"
    """Redis becomes Valkey in place, while clients stay connected. There is no way back but by a new cluster."""
    engine_version: Literal["6.2", "7.0", "7.1", "7.2", "8.0", "8.1", "8.2", "9.0", "9.1"]
    """Minor version in quotes: Redis 6.2 to 7.1, Valkey from 7.2 on; ElastiCache keeps patches current."""
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
    maintenance_window: WeeklyWindow = "sun:07:00-sun:08:00"
    """When ElastiCache may replace nodes; at least 60 minutes, apart from the snapshot window and from the windows of
    the database."""
    log_retention_days: LogRetention = 365
    """How long CloudWatch keeps slow and engine logs."""
    clients: Clients = {}
    """Who connects beside the nodes, by label: security groups or private networks; at most 5."""
    users: Annotated[dict[Label, UserSettings], Field(max_length=99)] = {}
    """Users by label instead of the token that all share. A cluster that has users keeps having some."""
    keep_token: bool = False
    """With users: the token still counts, for clients that have not moved yet. Without users it always does."""

    def problems(self) -> Iterator[Problem]:
        """Windows apart and long enough for ElastiCache; a node type that can do it all; no more nodes than allowed."""
        yield from window_problems("snapshotWindow", self.snapshot_window, self.maintenance_window, 60)
        if self.node_type.startswith(_TIERED):
            yield Problem(("nodeType",), f"{self.node_type} works with data tiering only; choose r6g or r7g")
        yield from client_problems(self.clients)
        if self.engine_version not in (versions := VERSIONS[self.engine]):
            yield Problem(
                ("engineVersion",), f"{self.engine_version} is not a version of {self.engine}: {', '.join(versions)}"
            )
        if "default" in self.users:
            yield Problem(("users", "default"), "is the user of clients that name none; choose another label")
        for label, user in self.users.items():
            for index, command in enumerate(user.commands):
                if self.engine_version == "6.2" and command.startswith("-") and "|" in command:
                    yield Problem(
                        ("users", label, "commands", str(index)),
                        f"{command} needs Redis 7; 6.2 excludes whole commands",
                    )
        if self.keep_token and not self.users:
            yield Problem(("keepToken",), "true needs users; without them the token is all that there is")
        if (nodes := self.shards * (1 + self.replicas_per_shard)) > 90:
            yield Problem(("shards",), f"{self.shards} make {nodes} nodes with their replicas; 90 are allowed")
