"""What the platform sets on a PostgreSQL server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from components.postgres.settings import PostgresSettings


@dataclass(frozen=True)
class Parameter:
    """One server parameter. A static one takes effect when the server restarts, and RDS refuses to apply it earlier."""

    name: str
    value: str
    static: bool = False

    @property
    def apply_method(self) -> str:
        """When RDS applies a change."""
        return "pending-reboot" if self.static else "immediate"


def major_version(engine_version: str) -> str:
    """`15` of `15` or `15.4`."""
    return engine_version.split(".", maxsplit=1)[0]


def pins_minor(engine_version: str) -> bool:
    """Whether the version names a minor. RDS must not move such an instance: each plan would downgrade it."""
    return "." in engine_version


def server_parameters(settings: PostgresSettings) -> Iterator[Parameter]:
    """TLS only, slow queries with their plans in the log, statement statistics, and a trace of who connects.

    Statements are not logged as such: `log_statement` would write the passwords of `ALTER ROLE` in clear.
    """
    slow = str(settings.slow_query_milliseconds)
    yield Parameter("rds.force_ssl", "1")
    yield Parameter("shared_preload_libraries", "pg_stat_statements,auto_explain", static=True)
    yield Parameter("pg_stat_statements.track", "all")
    yield Parameter("log_min_duration_statement", slow)
    yield Parameter("auto_explain.log_min_duration", slow)
    yield Parameter("auto_explain.log_nested_statements", "1")
    yield Parameter("log_connections", "1")
    yield Parameter("log_disconnections", "1")
    yield Parameter("log_lock_waits", "1")
    yield Parameter("log_temp_files", "10240")
