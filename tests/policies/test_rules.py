"""Every rule: what it lets pass, what it finds, what it says of unknown values, and that it can be exempted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import pytest

from policies.packs import PACKS
from policies.support.verdicts import Verdict
from tests.policies import (
    cases_baseline,
    cases_encryption,
    cases_firewalls,
    cases_losses,
    cases_registries,
    cases_sharing,
    cases_stores,
    cases_tagging,
    cases_web,
)
from tests.policies.sdk_types import resource_types
from tests.policies.support import PACK_OF, RULES, Case, Given, edited, outcome

MODULES = (
    cases_encryption,
    cases_stores,
    cases_tagging,
    cases_baseline,
    cases_firewalls,
    cases_losses,
    cases_registries,
    cases_sharing,
    cases_web,
)
CASES = {case.rule: case for module in MODULES for case in module.CASES}


def variants(kind: str) -> list[object]:
    """Parameters for each variant of a kind in all cases."""
    return [
        pytest.param(case, label, id=f"{case.rule}-{label}") for case in CASES.values() for label in getattr(case, kind)
    ]


each_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def test_every_rule_has_a_case() -> None:
    assert CASES.keys() == RULES.keys()


@each_case
def test_what_is_right_passes(case: Case) -> None:
    if not case.good:
        pytest.skip("the rule lets nothing pass")
    assert outcome(case.rule, case.good).verdict is Verdict.PASSED


@pytest.mark.parametrize(("case", "label"), variants("also_good"))
def test_other_forms_of_what_is_right_pass(case: Case, label: str) -> None:
    assert outcome(case.rule, case.variant(case.also_good[label])).verdict is Verdict.PASSED


@pytest.mark.parametrize(("case", "label"), variants("bad"))
def test_what_is_wrong_is_found(case: Case, label: str) -> None:
    found = outcome(case.rule, case.variant(case.bad[label]))
    assert found.verdict is Verdict.VIOLATED
    assert found.findings


@pytest.mark.parametrize(("case", "label"), variants("not_applicable"))
def test_what_a_rule_does_not_concern_is_left_alone(case: Case, label: str) -> None:
    found = outcome(case.rule, case.variant(case.not_applicable[label]))
    assert found.verdict is Verdict.NOT_APPLICABLE
    assert found.findings[0]


@pytest.mark.parametrize("case", [case for case in CASES.values() if case.unknown], ids=lambda case: case.rule)
def test_an_unknown_value_is_named(case: Case) -> None:
    assert case.unknown is not None
    found = outcome(case.rule, case.variant([case.unknown]))
    assert found.verdict is Verdict.UNKNOWN
    assert case.unknown[1].rpartition(".")[2] in found.findings[0]


@each_case
def test_an_exemption_silences_a_rule(case: Case) -> None:
    for change in case.bad.values():
        found = outcome(case.rule, case.variant(change), exempt=True)
        assert found.verdict is Verdict.EXEMPT
        assert found.findings == ("agreed",)


@each_case
def test_a_rule_has_a_verdict_on_any_properties(case: Case) -> None:
    oddities: tuple[object, ...] = (
        None,
        "",
        "odd",
        "[",
        0,
        -1.5,
        True,
        [],
        {},
        ["odd"],
        [{}],
        {"odd": [None]},
        [None, {"policy": "{}"}],
    )
    for given in case.good:
        for path in paths(given.properties):
            for oddity in oddities:
                assert outcome(case.rule, edited(case.good, (given.name, path, oddity)))


def paths(properties: object, prefix: str = "") -> Iterator[str]:
    """Dotted paths of all values in a tree."""
    items = properties.items() if isinstance(properties, Mapping) else ()
    for name, value in enumerate(properties) if isinstance(properties, list) else items:
        yield f"{prefix}{name}"
        yield from paths(value, f"{prefix}{name}.")


@each_case
def test_findings_hold_no_values(case: Case) -> None:
    for change in case.bad.values():
        for finding in outcome(case.rule, case.variant(change)).findings:
            assert "not-for-messages" not in finding
            assert "arn:" not in finding


@pytest.mark.parametrize("name", RULES)
def test_a_rule_tells_an_auditor_what_it_is(name: str) -> None:
    rule = RULES[name]
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", name)
    assert rule.description.endswith(".")
    assert rule.remedy[0].isupper()
    assert not rule.remedy.endswith(".")
    assert all(re.fullmatch(r"CKV2?_AWS_\d+|[A-Z]\w+\.\d+|CIS5 \d(\.\d+)+", item) for item in rule.frameworks)


def test_rule_names_are_unique_in_all_packs() -> None:
    names = [rule.name for pack in PACKS for rule in pack.rules]
    assert len(names) == len(set(names)) == len(PACK_OF)


def test_every_type_that_a_rule_covers_exists() -> None:
    known = set(resource_types())
    assert {token for rule in RULES.values() for token in rule.types} <= known


@pytest.mark.parametrize(
    ("network", "verdict"),
    [
        ("10.200.0.0/16", Verdict.PASSED),
        ("100.64.7.0/24", Verdict.PASSED),
        ("0.0.0.0/0", Verdict.VIOLATED),
        ("8.8.8.0/24", Verdict.VIOLATED),
    ],
)
def test_named_networks_reach_databases_if_they_are_private(network: str, verdict: Verdict) -> None:
    rule = Given(
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        "postgres-from-office",
        {
            "ipProtocol": "tcp",
            "fromPort": 5432,
            "toPort": 5432,
            "cidrIpv4": network,
        },
    )
    assert outcome("vpc-ingress-databases", [rule], networks=[network]).verdict is verdict
    assert outcome("vpc-ingress-databases", [rule], networks=["10.0.0.0/8"]).verdict is Verdict.VIOLATED
