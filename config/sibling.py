"""What the rules know of the project's other stacks."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network


@dataclass(frozen=True, kw_only=True)
class Sibling:
    """What another stack of the project takes for itself."""

    vpc_cidr: IPv4Network | None = None
    standby_cidr: IPv4Network | None = None
    account_id: str = ""
    region: str = ""
    recovery_region: str = ""
    switches: frozenset[str] = frozenset()
    """Keys of the account section that are true."""
    registry: frozenset[str] = frozenset()
    """Keys of the registry section that say something."""

    @property
    def watched_regions(self) -> frozenset[str]:
        """Where its switches count that exist once a region."""
        return frozenset({self.region, *([self.recovery_region] if "recoveryRegion" in self.switches else ())})
