"""The Kubernetes groups that IAM principals enter: access entries map into them, role bindings give them rights."""

from __future__ import annotations

from enum import StrEnum


class RbacGroup(StrEnum):
    """Groups of people and pipelines. EKS refuses names that start with `system:`."""

    ADMINS = "trading-platform-admins"
    DEVELOPERS = "trading-platform-developers"
    READ_ONLY = "trading-platform-read-only"
    CI = "trading-platform-ci"
    PREVIEW = "trading-platform-preview"
