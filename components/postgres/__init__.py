"""The database, its replicas, and its standby in another region."""

from components.postgres.classes import memory_gib, most_connections
from components.postgres.documents import connect_statement
from components.postgres.postgres import Postgres, PostgresArgs
from components.postgres.reserved import is_reserved_role
from components.postgres.settings import PostgresSettings, StandbySettings
from components.postgres.standby import Standby, StandbyArgs

__all__ = [
    "Postgres",
    "PostgresArgs",
    "PostgresSettings",
    "Standby",
    "StandbyArgs",
    "StandbySettings",
    "connect_statement",
    "is_reserved_role",
    "memory_gib",
    "most_connections",
]
