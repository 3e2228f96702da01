"""Writes docs/runbooks/losses.md: what a loss costs production, by what is lost."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from components.recovery import (
    WAITS,
    Loss,
    Step,
    cache_steps,
    node_steps,
    pod_steps,
    restore_steps,
    takeover_steps,
    total_minutes,
    undo_steps,
    zone_steps,
)
from config import StackConfig, objectives
from config.files import ROOT, read

TARGET = ROOT / "docs" / "runbooks" / "losses.md"
STACK = "production"

_HEADER = """# Losses

What each loss costs production: data (RPO) and time (RTO), in minutes, as upper bounds. Written by `make docs` from the
stack's file and from `components/recovery/`, where each number has its source; a test holds database, compliance bucket
and region to 15 minutes and four hours.
The minutes of a loss are those of the longest way through its steps, since some go on at the same time.
"""


@dataclass(frozen=True, kw_only=True)
class Lost:
    """Something that can be lost."""

    title: str
    rpo: str
    steps: Sequence[Step]
    runbook: str
    proof: str


def losses(stack: StackConfig) -> list[Lost]:
    """Every kind of loss, the small ones first."""
    rpo = {
        (each.store, each.loss): "all" if math.isinf(each.rpo_minutes) else f"{each.rpo_minutes:g}"
        for each in objectives.of(stack)
    }
    return [*_parts(rpo), *_stores(stack, rpo), _region(stack, rpo)]


def _parts(rpo: Mapping[tuple[str, Loss], str]) -> Iterator[Lost]:
    yield Lost(
        title="Pod",
        rpo="0",
        steps=pod_steps(),
        runbook="none",
        proof="`tests/engine/test_kubernetes_objects.py`",
    )
    yield Lost(
        title="Node",
        rpo="0",
        steps=node_steps(),
        runbook="[troubleshooting](troubleshooting.md#eks)",
        proof="`tests/unit/components/test_node_groups.py`",
    )
    yield Lost(
        title="Zone",
        rpo=f"database {rpo['postgres', Loss.ZONE]}, cache {rpo['redis', Loss.ZONE]}",
        steps=zone_steps(),
        runbook="[failover](postgres-failover.md)",
        proof="a failover twice a year ([maintenance](maintenance.md))",
    )


def _stores(stack: StackConfig, rpo: Mapping[tuple[str, Loss], str]) -> Iterator[Lost]:
    yield Lost(
        title="Database",
        rpo=rpo["postgres", Loss.DATA],
        steps=restore_steps(stack.postgres.max_allocated_storage_gib),
        runbook="[restore](postgres-restore.md#b-replace-the-database)",
        proof="`tests/runbooks`, a restore each quarter ([maintenance](maintenance.md#backup-verification))",
    )
    yield Lost(
        title="Cache",
        rpo=rpo["redis", Loss.DATA],
        steps=cache_steps(),
        runbook="[Redis](redis-loss.md#all-of-it-is-gone)",
        proof="`tests/runbooks`",
    )
    yield Lost(
        title="Bucket emptied by mistake",
        rpo=rpo["bucket data", Loss.DATA],
        steps=undo_steps("take back the markers of deletion"),
        runbook="[buckets](bucket-restore.md)",
        proof="`tests/runbooks`, `tests/unit/components/test_buckets.py`",
    )
    yield Lost(
        title="Key of the account",
        rpo=f"0 within {stack.kms.deletion_window_days} days of its scheduled deletion, everything afterwards",
        steps=undo_steps("cancel the deletion, enable the key"),
        runbook="[keys](key-loss.md)",
        proof="`tests/runbooks`",
    )


def _region(stack: StackConfig, rpo: Mapping[tuple[str, Loss], str]) -> Lost:
    return Lost(
        title="Region",
        rpo=f"database {rpo['postgres', Loss.REGION]}, compliance {rpo['bucket compliance', Loss.REGION]},"
        f" volumes {rpo['cluster volumes', Loss.REGION]}, cache and other buckets all",
        steps=takeover_steps(stack.postgres, stack.recovery),
        runbook="[region loss](region-loss.md)",
        proof="`tests/engine/test_takeover.py`: the stack moves while everything of us-east-1 refuses",
    )


def render() -> str:
    """The page."""
    known = losses(read(STACK))
    return "\n".join([_HEADER, *_overview(known), *(line for lost in known for line in _section(lost)), *_light()])


def _overview(known: Sequence[Lost]) -> Iterator[str]:
    yield from ("| lost | RPO | RTO | runbook | proven by |", "|---|---|---:|---|---|")
    for lost in known:
        minutes = total_minutes(lost.steps)
        yield f"| {lost.title} | {lost.rpo} | {minutes:g} | {lost.runbook} | {lost.proof} |"
    yield ""


def _section(lost: Lost) -> Iterator[str]:
    yield from (f"## {lost.title}", "", "| step | minutes | after | source |", "|---|---:|---|---|")
    for step in lost.steps:
        yield f"| {step.label} | {step.minutes:.0f} | {', '.join(step.after)} | {step.source} |"
    yield f"| **all** | **{total_minutes(lost.steps):g}** | | |"
    yield ""


def _light() -> Iterator[str]:
    yield from ("## What the pilot light costs", "")
    yield "102 USD a month (`make cost`): control plane of EKS (73), addresses (11), keys (15), secrets, alarms."
    yield from ("What waits for the day, and costs nothing until then:", "", "| type | because |", "|---|---|")
    yield from (f"| `{type_}` | {reason} |" for type_, reason in WAITS.items())
    yield ""


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
    sys.stdout.write(f"{TARGET.relative_to(ROOT)}\n")
