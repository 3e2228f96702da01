"""Deterministic made-up identity: the same resource always gets the same ids, two resources never share one."""

from __future__ import annotations

import hashlib
import json
import string
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from local.providers.values import UNKNOWN

# When everything in the made-up cloud was created; fixed, so that two runs give the same state.
CREATED = "2026-01-01T00:00:00Z"


@dataclass(frozen=True)
class Identity:
    """What makes a resource another one: its URN and the properties that replace it when they change."""

    urn: str
    properties: Mapping[str, Any]

    @cached_property
    def _seed(self) -> bytes:
        known = json.dumps(
            self.properties, sort_keys=True, default=lambda value: "" if value is UNKNOWN else str(value)
        )
        return f"{self.urn}\n{known}".encode()

    def digest(self, salt: str) -> bytes:
        """64 bytes that depend on the resource and the salt only."""
        return hashlib.sha512(self._seed + salt.encode()).digest()

    def hex(self, length: int, salt: str = "") -> str:
        """Lowercase hexadecimal digits, as in `vpc-0a1b2c3d4e5f67890`."""
        return self.digest(salt).hex()[:length]

    def letters(self, length: int, salt: str = "", alphabet: str = string.ascii_lowercase + string.digits) -> str:
        """Characters of an alphabet."""
        return "".join(alphabet[byte % len(alphabet)] for byte in self.digest(salt)[:length])

    def number(self, low: int, high: int, salt: str = "") -> int:
        """An integer between two limits, both included."""
        return low + int.from_bytes(self.digest(salt)[:8], "big") % (high - low + 1)

    def uuid(self, salt: str = "") -> str:
        """A version 4 UUID."""
        return str(uuid.UUID(bytes=self.digest(f"uuid{salt}")[:16], version=4))
