"""The partitions of AWS, as far as names and hosts differ."""

from __future__ import annotations

_PARTITIONS = {"cn-": ("aws-cn", "amazonaws.com.cn"), "us-gov-": ("aws-us-gov", "amazonaws.com")}


def partition_of(region: str) -> tuple[str, str]:
    """Partition and DNS suffix of a region."""
    return next((names for start, names in _PARTITIONS.items() if region.startswith(start)), ("aws", "amazonaws.com"))
