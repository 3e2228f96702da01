"""What clients of the database are given: the connection document, and the permission to connect without a password."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from components.common.iam import Statement
from components.common.scope import Scope
from components.postgres.settings import PostgresSettings

PORT = 5432


def connect_statement(scope: Scope, resource_ids: Sequence[str], username: str) -> Statement:
    """Lets its holder connect as one database user with an IAM token instead of a password.

    The database grants the user `rds_iam` first. `resource_ids` are the `db-…` ids of instances, not their identifiers.
    """
    return {
        "Effect": "Allow",
        "Action": "rds-db:connect",
        "Resource": [scope.arn("rds-db", f"dbuser:{resource_id}/{username}") for resource_id in resource_ids],
    }


def connection_document(
    settings: PostgresSettings, identifier: str, *, host: str, replica_hosts: Mapping[str, str], password: str
) -> str:
    """What a client needs, with the keys that the rotation functions of AWS expect."""
    return json.dumps(
        {
            "engine": "postgres",
            "host": host,
            "port": PORT,
            "username": settings.username,
            "password": password,
            "dbname": settings.database_name,
            "dbInstanceIdentifier": identifier,
            "sslmode": "verify-full",
            "replicaHosts": replica_hosts,
        }
    )
