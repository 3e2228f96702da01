"""All packs in one, for local previews: the engine asks each pack twice about each resource, one after the other."""

from pathlib import Path

from policies.packs import PACKS
from policies.support.rules import Pack

PACK = Pack(
    # The engine lists by this name what it loaded, and findings by the names of their own packs.
    name=f"run together: {', '.join(pack.name for pack in PACKS)}",
    title="All packs",
    folder=Path(__file__).parent,
    rules=tuple(rule for pack in PACKS for rule in pack.rules),
    parts=PACKS,
)
