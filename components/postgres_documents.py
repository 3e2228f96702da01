"""What clients of the database are given: the connection document, and the permission to connect without a password."""

from __future__ import annotations

import json
from collections.abc import Mapping

from components.iam import policy_document
from components.scope import Scope
from components.settings import PostgresSettings

PORT = 5432


def connect_policy(scope: Scope, resource_id: str, username: str) -> str:
    """Lets its holder connect as one database user with an IAM token instead of a password.

    The database grants the user `rds_iam` first. `resource_id` is the instance's `db-…` id, not its identifier.
    """
    return policy_document(
        {
            "Effect": "Allow",
            "Action": "rds-db:connect",
            "Resource": scope.arn("rds-db", f"dbuser:{resource_id}/{username}"),
        }
    )


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
