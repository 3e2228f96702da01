"""What each store of data can lose, and how long it takes to bring it back."""

from __future__ import annotations

import math
from typing import Any

import pytest

from components.recovery.objectives import Loss, Objective, missed
from components.recovery.steps import Step, region_steps, restore_steps, total_minutes
from config import objectives
from tests.unit.stacks import STACKS, parsed


def resolved(stack: str = "production", **changes: Any) -> dict[tuple[str, Loss], Objective]:
    found = objectives.of(parsed(stack, **changes))
    return {(objective.store, objective.loss): objective for objective in found}


@pytest.mark.parametrize("stack", STACKS)
def test_every_store_has_an_objective_for_every_loss(stack: str) -> None:
    found = resolved(stack)
    for store in {store for store, _ in found}:
        assert {loss for other, loss in found if other == store} == set(Loss), store


@pytest.mark.parametrize("loss", Loss)
@pytest.mark.parametrize("store", ["postgres", "bucket compliance"])
def test_production_meets_the_guides_limits(store: str, loss: Loss) -> None:
    objective = resolved()[store, loss]
    assert objective.rpo_minutes <= 15
    assert objective.rto_minutes < 240
    assert objective.meets


def test_a_standby_loses_what_it_may_be_behind_without_an_alarm() -> None:
    assert resolved()["postgres", Loss.REGION].rpo_minutes == 1 + 5
    slow = resolved(observability__thresholds__replicaLagSeconds=900)["postgres", Loss.REGION]
    assert slow.rpo_minutes == 15 + 5
    assert not slow.meets


def test_without_a_standby_the_region_takes_half_an_hour_of_data_with_it() -> None:
    objective = resolved(recovery__standby=...)["postgres", Loss.REGION]
    assert objective.rpo_minutes == 30
    assert not objective.meets


def test_a_single_instance_is_restored_when_its_zone_is_lost() -> None:
    objective = resolved(postgres__multiAz=False)["postgres", Loss.ZONE]
    assert objective.rpo_minutes == 5
    assert objective.rto_minutes == resolved()["postgres", Loss.DATA].rto_minutes


def test_a_database_that_may_outgrow_the_limit_misses_it() -> None:
    assert total_minutes(restore_steps(2000)) < 240 < total_minutes(restore_steps(3000))
    found = resolved(postgres__maxAllocatedStorageGib=3000)
    assert not found["postgres", Loss.DATA].meets


def test_compliance_data_survive_the_region_within_fifteen_minutes() -> None:
    objective = resolved()["bucket compliance", Loss.REGION]
    assert (objective.rpo_minutes, objective.meets) == (15, True)


def test_a_bucket_without_a_copy_is_lost_with_its_region() -> None:
    objective = resolved(buckets__data__replicate=False)["bucket data", Loss.REGION]
    assert math.isinf(objective.rpo_minutes)
    assert not objective.meets


def test_redis_is_declared_rebuildable() -> None:
    found = resolved()
    assert found["redis", Loss.DATA].rpo_minutes == 24 * 60
    assert math.isinf(found["redis", Loss.REGION].rpo_minutes)
    assert "fill" in found["redis", Loss.REGION].how


def test_what_never_comes_back_is_null_in_json() -> None:
    data = resolved()["redis", Loss.REGION].data
    assert data["rpoMinutes"] is None
    assert data["meets"] is False


def test_missed_objectives_are_listed_for_the_stores_asked_for() -> None:
    found = list(resolved().values())
    assert not missed(found, ["bucket compliance"])
    assert {objective.loss for objective in missed(found, ["redis"])} == {Loss.DATA, Loss.REGION}


def test_without_copies_a_lost_region_gives_nothing_back() -> None:
    found = objectives.of(parsed("development", recovery__copies=False, buckets__compliance__replicate=False))
    abroad = {each.store: each.rpo_minutes for each in found if each.loss is Loss.REGION}
    assert set(abroad.values()) == {math.inf}
    assert {each.rto_minutes for each in found if each.store == "cluster volumes"} == {math.inf}


def test_minutes_are_those_of_the_longest_way() -> None:
    first, slow = Step(label="first", minutes=10, source=""), Step(label="slow", minutes=30, source="")
    both = Step(label="both", minutes=5, source="", after=("first", "slow"))
    assert total_minutes([first, slow, both]) == 35
    with pytest.raises(KeyError, match="slow"):
        total_minutes([first, both])


def test_a_takeover_of_two_tebibytes_is_within_four_hours_also_with_a_copy() -> None:
    # 2000 GiB at 500 MiB/s are 68 minutes, once for the copy and once for the restore. Without a copy the nodes are
    # what the restore waits for.
    assert total_minutes(region_steps(2000, standby=True, copies=False)) == 30 + 35 + 30 + 68
    assert total_minutes(region_steps(2000, standby=True, copies=True)) == round(
        30 + 10 + 10 + 30 + 2 * 2000 * 1024 / 500 / 60
    )
    assert total_minutes(region_steps(2000, standby=True, copies=True)) < 240


def test_a_small_database_waits_for_nodes_and_applications() -> None:
    assert total_minutes(region_steps(20, standby=True, copies=False)) == 30 + 35 + 30 + 20 + 10


def test_without_a_standby_the_copied_backups_are_restored_first() -> None:
    # An instance from the backups with a day's log (a tenth of 100 GiB at 50 MiB/s: 3.4 minutes), then, as its key goes
    # with the lost stack, a snapshot, a copy and an instance again. 100 GiB at 125 MiB/s are 13.7 minutes.
    expected = 30 + 30 + 3.4 + 10 + 13.7 + 30 + 20 + 10
    assert total_minutes(region_steps(100, standby=False, copies=True)) == round(expected)


def test_a_standby_under_a_key_that_stays_saves_the_copy() -> None:
    standby = parsed().recovery.standby
    assert standby
    key = "arn:aws:kms:us-west-2:123456789012:key/00000000-0000-0000-0000-000000000000"
    with_key = resolved(recovery__standby__keyArn=key)["postgres", Loss.REGION]
    assert with_key.rto_minutes < resolved()["postgres", Loss.REGION].rto_minutes
