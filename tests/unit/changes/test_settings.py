"""Each setting has been changed up and down, and what was found is what the table of changes says."""

from __future__ import annotations

import pytest

import changes
from changes import Difference, Effect, settings
from changes.settings import Found, Record
from config import KEYS
from config.reference import rows
from review.settings import defined

RECORDS = settings.records()
ROWS = {row.path: row for key, info in KEYS.items() for row in rows(key, info) if row.is_setting}
LEAVES = list(ROWS)
# Properties of a resource as a whole.
WHOLE = {"(create)": "created", "(delete)": "deleted", "(replace)": "replaced"}


def test_every_setting_has_been_changed() -> None:
    assert set(RECORDS) == set(LEAVES)
    assert {key: len(listed) for key, listed in RECORDS.items()} == {
        key: sum(change.key == key for change in defined()) for key in LEAVES
    }


def test_numbers_and_lists_have_been_changed_both_ways() -> None:
    """Up and down, on and off, more and less; names and texts have no such ways."""
    ways = {key: {way(key, each) for each in listed} for key, listed in RECORDS.items()}
    pairs = ({"up", "down"}, {"true", "false"}, {"more", "less"}, {"set", "none"})
    one_way = {key for key, found in ways.items() for pair in pairs if found and found < pair}
    assert one_way - ONLY_ONE_WAY == set()


def way(key: str, record: Record) -> str:
    """Which way a setting went, from its default where the stack said nothing."""
    default = ROWS[key].default_value
    return settings.direction(*(default if value is None else value for value in (record.old, record.new)))


ONLY_ONE_WAY = {
    # A pilot light is deployed by another command, which leaves the rest out; the stack itself is the same.
    "pilotLight",
    # A name, although made of digits.
    "accountId",
    # The most that there is, in every stack.
    "postgres.monitoringIntervalSeconds",
    # Goes with `sourceInstance`, of which there is one or the other.
    "postgres.restore.snapshotIdentifier",
    # One more is among the everyday changes of docs/upgrades.md.
    "nodeGroups",
}


@pytest.mark.parametrize("key", RECORDS)
def test_what_was_found_is_what_the_table_says(key: str) -> None:
    found = {effect for record in RECORDS[key] for effect in record.effects}
    assert [each for each in found if not said(each)] == []


def said(found: Found) -> bool:
    """Whether the table has this meaning for the property, or for the resource as a whole."""
    if found.path in WHOLE:
        meaning = changes.operation(found.token, changes.Operation(WHOLE[found.path]))
        # What is protected, or stays behind, means something else than the table says of its type.
        return meaning.effect is found.effect or found.effect in (Effect.REFUSED, Effect.HARMLESS)
    if found.path == "(update)":
        # The engine's own protection is lifted, which no property says.
        return found.effect is Effect.WEAKENS
    named = f"{found.path.partition('.')[0]}["
    own = [rules for path, rules in changes.types()[found.token].properties.items() if path.startswith(named)]
    own.append(tuple(changes.rules(found.token, Difference(found.path, found.path, "a", "b"))))
    meanings = [rule.meaning for rules in own for rule in rules]
    return found.effect is Effect.UNKNOWN or any(
        (meaning.effect, meaning.note, meaning.at_window) == (found.effect, found.note, found.at_window)
        for meaning in meanings
    )


# What AWS documents, by the setting: never, and in which direction.
NEVER = {
    "region": "to eu-west-1",
    "accountId": "up",
    "network.vpcCidr": "to 10.0.0.0/17",
    "cluster.version": "down",
    "nodeGroups.<label>.version": "down",
    "postgres.allocatedStorageGib": "down",
    "postgres.engineVersion": "up",
    "redis.engine": "to redis",
    "redis.engineVersion": "down",
}


@pytest.mark.parametrize(("key", "refused_way"), NEVER.items())
def test_what_aws_never_does_is_said(key: str, refused_way: str) -> None:
    assert refused_way in {way(key, each) for each in RECORDS[key] if each.refused}
    assert "**never**" in settings.how(key)
