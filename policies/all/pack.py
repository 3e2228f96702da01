"""All packs in one: what a preview runs, because each process that the engine has to ask takes its time."""

from pathlib import Path

from policies.guardrails.rules import Pack
from policies.packs import PACKS

PACK = Pack(
    name="trading-platform-all",
    title="All packs",
    folder=Path(__file__).parent,
    rules=tuple(rule for pack in PACKS for rule in pack.rules),
    parts=PACKS,
)
