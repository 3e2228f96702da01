"""The database, its replicas, and its standby in another region."""

from components.postgres.documents import connect_statement
from components.postgres.postgres import Postgres, PostgresArgs
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
]
