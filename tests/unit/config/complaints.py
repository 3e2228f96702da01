"""What is said of a wrong value."""

from __future__ import annotations

from typing import Any

from tests.unit.stacks import mistakes, put, values_of


def complaints(path: str, value: Any, *more: Any) -> list[str]:
    """Mistakes of production after setting a path (and further paths) to a value."""
    values = values_of()
    for key, new in zip((path, *more[::2]), (value, *more[1::2]), strict=True):
        put(values, key, new)
    return mistakes(values)
