"""The reviewed tables hold every type of the SDK that they are about, with properties that the types have."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policies.baseline.identity import ESCALATIONS, POWERFUL
from policies.baseline.sharing import read_table as read_policies
from policies.encryption.stores import STORES
from policies.support.verdicts import Verdict
from tests.policies.sdk_types import LIST, properties, taggable_types, with_encryption, with_policy
from tests.policies.support import RULES, Given, outcome

DATA = Path(__file__).with_name("data")
CHECKOV = json.loads((DATA / "checkov.json").read_text())
JUDGED = [store.type for store in STORES.values() if store.at_rest or store.in_transit]


def test_the_list_of_taggable_types_is_the_sdk_s() -> None:
    assert LIST.read_text().split() == taggable_types()


def test_every_type_that_encrypts_has_its_place() -> None:
    assert with_encryption() - STORES.keys() == set()
    assert STORES.keys() <= properties().keys()


def test_every_property_that_the_table_of_stores_names_exists() -> None:
    named = {
        (store.type, path)
        for store in STORES.values()
        for path in (*(item.path for item in (*store.at_rest, *store.in_transit)), *store.unless)
    }
    assert {(token, path) for token, path in named if path not in properties()[token]} == set()


@pytest.mark.parametrize("store", STORES.values(), ids=lambda store: store.type)
def test_a_store_is_judged_by_the_table_by_a_rule_of_its_own_or_not_for_a_reason(store: object) -> None:
    entry = STORES[store.type]  # type: ignore[attr-defined]
    kinds = [bool(entry.at_rest or entry.in_transit), bool(entry.rules), bool(entry.reason)]
    assert sum(kinds) == 1
    for name in entry.rules:
        assert entry.type in RULES[name].types


@pytest.mark.parametrize("token", JUDGED)
def test_a_store_without_any_setting_does_not_pass_where_something_is_asked_of_all(token: str) -> None:
    store = STORES[token]
    for rule, asked in (("data-customer-key", store.at_rest), ("data-in-transit-encrypted", store.in_transit)):
        required = [item for item in asked if not item.optional and item.kind in ("key", "true")]
        if required:
            assert outcome(rule, [Given(token, "it", {})]).verdict is Verdict.VIOLATED


def test_every_type_with_a_policy_has_its_place() -> None:
    table = read_policies()
    assert with_policy() - table.keys() == set()
    assert {(token, path) for token, path in table.items() if path and path not in properties()[token]} == set()


def test_ids_of_checkov_stand_at_rules_about_the_same_resources() -> None:
    """The data are Checkov's own: what each check is called, and which of Terraform's resources it looks at."""
    wrong = []
    for rule in RULES.values():
        for control in rule.controls:
            if control.name.startswith("CKV"):
                known = {_plain(name.removeprefix("aws_")) for name in CHECKOV["checks"][control.name]["resources"]}
                if not any(_names(token) & known for token in control.types or rule.types):
                    wrong.append((rule.name, control.name))
    assert wrong == []


def _names(token: str) -> set[str]:
    """What Terraform may call a type: with or without its service, with the older names of some services."""
    service, name = token.removeprefix("aws:").split("/")
    name = _plain(name.partition(":")[2])
    services = {service, {"rds": "db", "lb": "", "elb": ""}.get(service, service)}
    others = {
        "loadbalancer": ("elb", "lb", "alb"),
        "trail": ("cloudtrail",),
        "pipeline": ("codepipeline",),
        "agentagent": ("bedrockagentagent",),
        "bucket": ("s3bucketpublicaccessblock", "s3bucketownershipcontrols", "s3bucketlifecycleconfiguration"),
    }
    return {name, *others.get(name, ()), *(f"{each}{name}" for each in services)}


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def test_the_published_ways_to_more_permissions_are_all_known() -> None:
    """The data are those of Cloudsplaining, which follow Rhino Security Labs."""
    known = [{action.lower() for action in actions} for actions in ESCALATIONS]
    published = json.loads((DATA / "escalations.json").read_text())["methods"]
    missed = {name for name, actions in published.items() if not any(way <= set(actions) for way in known)}
    assert missed == set()


@pytest.mark.parametrize("name", ["AdministratorAccess", "PowerUserAccess", "IAMFullAccess"])
def test_managed_policies_are_powerful_by_what_they_allow(name: str) -> None:
    assert name in POWERFUL
    assert "ReadOnlyAccess" not in POWERFUL
