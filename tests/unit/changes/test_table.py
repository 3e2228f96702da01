"""The table of changes is whole: each meaning has its source, and the stand-ins replace nothing that it does not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import changes
from changes.model import Meaning, Type
from local.providers.aws.replacements import replacement
from review.reference import guarded


def meanings(said: Type) -> Iterator[Meaning]:
    """Everything that the table says of a type."""
    yield from (each for each in (said.created, said.deleted, said.replaced) if each)
    for rules in said.properties.values():
        yield from (rule.meaning for rule in rules)


@pytest.mark.parametrize("token", changes.types())
def test_each_meaning_names_a_source_that_is_listed(token: str) -> None:
    assert [each for each in meanings(changes.types()[token]) if each.source not in changes.sources()] == []


def test_no_source_is_listed_in_vain() -> None:
    used = {each.source for said in changes.types().values() for each in meanings(said)}
    # Those of properties that mean the same in every type, and of severities.
    assert set(changes.sources()) - used <= {"tags", "regions", "controls"}


# The engine learns of a stand-in which paths replace a resource, and the removal of which: nothing finer.
@pytest.mark.parametrize("token", [token for token in changes.types() if token.startswith("aws:")])
def test_what_replaces_under_a_condition_is_a_removal(token: str) -> None:
    for path in replacement(token).removals:
        assert [each.when for each in changes.replacing(token)[path] if each.meaning.replaces] == ["removed"], path


def test_what_nobody_has_said_is_unknown() -> None:
    difference = changes.Difference("thing", "thing", 1, 2)
    for token in ("aws:no/such:Type", "aws:rds/instance:Instance"):
        assert changes.meaning_of(token, difference).effect is changes.Effect.UNKNOWN


# gp3 storage of PostgreSQL: 3,000 IOPS below 400 GiB, 12,000 included from there (RDS user guide, gp3 storage).
STRIPED_GIB = 400


@pytest.mark.parametrize("old", [20, 100, 399, 400, 500, 1000])
@pytest.mark.parametrize("new", [20, 399, 400, 401, 1000, 65536])
@pytest.mark.parametrize("iops", [None, 12_000, 64_000])
def test_storage_passes_the_threshold_with_figures_that_rds_takes(old: int, new: int, iops: int | None) -> None:
    inputs = {"engine": "postgres", "allocatedStorage": new, **({"iops": iops} if iops else {})}
    difference = changes.Difference("allocatedStorage", "allocatedStorage", old, new)
    refused = new < old or (old < STRIPED_GIB <= new and iops is None)
    if old != new:
        said = changes.meaning_of("aws:rds/instance:Instance", difference, inputs)
        assert (said.effect is changes.Effect.REFUSED) is refused


@pytest.mark.parametrize("name", ["iops", "storageThroughput"])
@pytest.mark.parametrize(
    ("old", "new", "refused"), [(20_000, None, True), (None, 12_000, False), (20_000, 12_000, False)]
)
def test_figures_that_are_left_out_stay_and_are_billed(
    name: str, old: int | None, new: int | None, *, refused: bool
) -> None:
    said = changes.meaning_of("aws:rds/instance:Instance", changes.Difference(name, name, old, new))
    assert (said.effect is changes.Effect.REFUSED) is refused


def test_the_packs_have_the_extract_of_today() -> None:
    assert guarded.TARGET.read_text(encoding="utf-8") == guarded.lists(), "run `make docs`"


# What AWS's documents call permanent by itself: a lock in compliance mode, a vault's lock after its cooling-off time.
PERMANENT = {
    ("aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration", "rule.defaultRetention.mode", "COMPLIANCE"),
    ("aws:backup/vaultLockConfiguration:VaultLockConfiguration", "changeableForDays", ""),
}


def test_what_is_permanent_by_itself_is_told_without_what_was_before() -> None:
    assert {each[:3] for each in changes.permanent()} == PERMANENT


def test_what_is_called_permanent_has_that_verdict_from_nothing() -> None:
    for token, path, value, note in changes.permanent():
        said = changes.meaning_of(token, changes.Difference(path, path, None, value or 3))
        assert (said.effect, said.note) == (changes.Effect.IRREVERSIBLE, note)
