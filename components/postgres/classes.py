"""What an RDS instance class has: memory, and the connections that PostgreSQL takes in it.

Source: RDS user guide, Hardware specifications for DB instance classes. Sizes of a family double with each step.
"""

from __future__ import annotations

import re

# GiB of a family's size `large`, by how its name begins; the first that fits counts.
_LARGE_GIB = {
    "x2g": 32.0,
    "x2idn": 32.0,
    "x2ied": 64.0,
    "x2iez": 64.0,
    "x1e": 61.0,
    "x1": 30.5,
    "x8g": 32.0,
    "r3": 15.25,
    "r4": 15.25,
    "r": 16.0,
    "z": 16.0,
    "m3": 7.5,
    "m": 8.0,
    "c": 4.0,
    "t": 8.0,
}
_STEPS = {"micro": 1 / 8, "small": 1 / 4, "medium": 1 / 2, "large": 1.0, "xlarge": 2.0}
# `max_connections` of RDS: LEAST({DBInstanceClassMemory/9531392}, 5000).
_BYTES_PER_CONNECTION = 9_531_392
_MOST_CONNECTIONS = 5_000


def memory_gib(instance_class: str) -> float | None:
    """Memory of a class in GiB; None where its name does not say it."""
    _, family, size = instance_class.split(".", 2)
    large = next((gib for start, gib in _LARGE_GIB.items() if family.startswith(start)), None)
    number = re.fullmatch(r"(?:metal-)?(\d+)xl(?:arge)?", size)
    steps = 2.0 * int(number[1]) if number else _STEPS.get(size)
    return large * steps if large and steps else None


def most_connections(instance_class: str) -> int | None:
    """Connections that PostgreSQL takes in a class, at most; None where the memory is unknown."""
    memory = memory_gib(instance_class)
    return min(_MOST_CONNECTIONS, int(memory * 2**30 / _BYTES_PER_CONNECTION)) if memory else None
