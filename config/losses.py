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
_COMPONENTS = "tests/unit/components"
_TAKEOVER = "tests/engine/test_takeover.py"

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
    tests: Sequence[str]
    """Ids of the tests of each run that prove it."""
    nightly: Sequence[str] = ()
    """Those of each night."""
    rehearsed: str = ""
    """What people do beside them, and how often."""

    @property
    def proof(self) -> str:
        """How often it is proven, and where it says by what."""
        found = f"[{len(self.tests) + len(self.nightly)} tests](#{self.title.lower().replace(' ', '-')})"
        return f"{found}, {self.rehearsed}" if self.rehearsed else found


def _played(page: str) -> str:
    """The test that plays a runbook, `pulumi` included, command by command."""
    return f"tests/runbooks/test_runbooks.py::test_every_command_succeeds[{page}-deploys]"


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
        tests=(
            f"{_COMPONENTS}/test_workloads.py::test_trading_comes_first_and_batch_evicts_nothing",
            "tests/engine/test_alarms.py::test_every_alarm_fires_on_its_faults_and_rests_without",
            "tests/engine/test_kubernetes_objects.py::test_a_restricted_pod_runs_in_trading_with_the_defaults",
        ),
    )
    yield Lost(
        title="Node",
        rpo="0",
        steps=node_steps(),
        runbook="[troubleshooting](troubleshooting.md#eks)",
        tests=(
            f"{_COMPONENTS}/test_node_groups.py::test_nodes_start_when_they_can_join",
            f"{_COMPONENTS}/test_node_groups.py::test_an_empty_group_tells_the_autoscaler_what_its_nodes_are_like",
        ),
    )
    yield Lost(
        title="Zone",
        rpo=f"database {rpo['postgres', Loss.ZONE]}, cache {rpo['redis', Loss.ZONE]}",
        steps=zone_steps(),
        runbook="[failover](postgres-failover.md)",
        tests=(
            f"{_COMPONENTS}/test_postgres.py::test_the_primary_is_what_the_guide_asks_for",
            f"{_COMPONENTS}/test_redis.py::test_three_nodes_in_cluster_mode_fail_over_across_zones",
            f"{_COMPONENTS}/test_addons.py::test_names_resolve_while_a_zone_is_lost",
        ),
        nightly=(_played("postgres-failover"), _played("volume-restore")),
        rehearsed="a failover each quarter ([maintenance](maintenance.md))",
    )


def _stores(stack: StackConfig, rpo: Mapping[tuple[str, Loss], str]) -> Iterator[Lost]:
    yield Lost(
        title="Database",
        rpo=rpo["postgres", Loss.DATA],
        steps=restore_steps(stack.postgres.max_allocated_storage_gib),
        runbook="[restore](postgres-restore.md#b-replace-the-database)",
        tests=(f"{_COMPONENTS}/test_postgres.py::test_a_restored_database_keeps_the_key_of_its_source",),
        nightly=(_played("postgres-restore"),),
        rehearsed="a restore each quarter ([maintenance](maintenance.md#backup-verification))",
    )
    yield Lost(
        title="Cache",
        rpo=rpo["redis", Loss.DATA],
        steps=cache_steps(),
        runbook="[Redis](redis-loss.md#all-of-it-is-gone)",
        tests=(f"{_COMPONENTS}/test_redis.py::test_snapshots_and_maintenance_have_their_windows",),
        nightly=(_played("redis-loss"),),
    )
    yield Lost(
        title="Bucket emptied by mistake",
        rpo=rpo["bucket data", Loss.DATA],
        steps=undo_steps("take back the markers of deletion"),
        runbook="[buckets](bucket-restore.md)",
        tests=(
            f"{_COMPONENTS}/test_buckets.py::test_versions_are_kept",
            "tests/runbooks/test_runbooks.py::test_every_command_succeeds[bucket-restore]",
        ),
    )
    yield Lost(
        title="Key of the account",
        rpo=f"0 within {stack.kms.deletion_window_days} days of its scheduled deletion, everything afterwards",
        steps=undo_steps("cancel the deletion, enable the key"),
        runbook="[keys](key-loss.md)",
        tests=("tests/unit/components/test_kms.py::test_each_domain_has_a_rotated_key_and_an_alias",),
        nightly=(_played("key-loss"),),
    )


def _region(stack: StackConfig, rpo: Mapping[tuple[str, Loss], str]) -> Lost:
    return Lost(
        title="Region",
        rpo=f"database {rpo['postgres', Loss.REGION]}, compliance {rpo['bucket compliance', Loss.REGION]},"
        f" volumes {rpo['cluster volumes', Loss.REGION]}, cache and other buckets all",
        steps=takeover_steps(stack.postgres, stack.recovery),
        runbook="[region loss](region-loss.md)",
        tests=(
            f"{_TAKEOVER}::test_what_a_takeover_starts_from_is_in_productions_exported_state",
            f"{_TAKEOVER}::test_a_pilot_light_burns_and_then_takes_over_without_the_lost_region",
            f"{_TAKEOVER}::test_a_rehearsal_touches_nothing_of_production",
            f"{_COMPONENTS}/test_objectives.py::test_production_meets_the_guides_limits",
        ),
        nightly=(_played("region-loss"),),
        rehearsed="a rehearsal each quarter ([region loss](region-loss.md#rehearsal))",
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
    for when, tests in (("Proven in each run:", lost.tests), ("And each night:", lost.nightly)):
        if tests:
            yield from ("", when, "")
            yield from (f"- `{each}`" for each in tests)
    yield ""


def _light() -> Iterator[str]:
    yield from ("## What the pilot light costs", "")
    yield "101 USD a month (`make cost`): control plane of EKS (73), addresses (11), keys (15), secrets, alarms."
    yield from ("What waits for the day, and costs nothing until then:", "", "| type | because |", "|---|---|")
    yield from (f"| `{type_}` | {reason} |" for type_, reason in WAITS.items())
    yield ""


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
    sys.stdout.write(f"{TARGET.relative_to(ROOT)}\n")
