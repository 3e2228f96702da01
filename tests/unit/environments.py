"""The environment of components in tests."""

from __future__ import annotations

from typing import Any

from components.common.environment import Environment
from components.common.scope import Scope
from components.common.thresholds import AlarmThresholds
from tests.unit.harness import ACCOUNT

SCOPE = Scope(prefix="production", account_id=ACCOUNT, region="us-east-1")
THRESHOLDS = AlarmThresholds(
    database_free_memory_gib=4, database_free_storage_gib=50, database_connections=500, redis_connections=1000
)


def environment(**changes: Any) -> Environment:
    """That of production, but for the changes."""
    values: dict[str, Any] = {
        "scope": SCOPE,
        "boundary_arn": f"arn:aws:iam::{ACCOUNT}:policy/production-access-boundary",
        "logs_key_arn": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/logs",
        "alarm_topic_arn": f"arn:aws:sns:us-east-1:{ACCOUNT}:alarms",
        "thresholds": THRESHOLDS,
        "deletion_protection": True,
        "tags": {"Environment": "production", "Owner": "DevOps Team", "CostCenter": "Engineering"},
    }
    return Environment(**{**values, **changes})
