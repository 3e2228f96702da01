"""The settings of the address: what is refused, by key."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from pydantic import ValidationError

from components.address import AddressSettings
from components.workloads.settings import AdmissionSettings, ApplicationNamespace, WorkloadsSettings
from config.address_rules import checks_are_told_of, ingresses_have_classes, load_balancers_have_names
from tests.unit.workloads import DOMAIN, QUOTA


def settings(**changes: Any) -> AddressSettings:
    return AddressSettings.model_validate({"domain": DOMAIN, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"domain": "example"},
        {"domain": "Trading.example.com"},
        {"domain": f"{'a' * 54}.example.com"},
        {"hostedZoneId": "z1"},
        {"hostedZoneId": "Z1", "parentZoneId": "Z2"},
        {"alternativeNames": ["other.example.com"]},
        {"alternativeNames": [f"*.{DOMAIN}"]},
        {"classes": {}},
        {"classes": {"alb": {}}},
        {"classes": {"public": {"scheme": "public"}}},
        {"firewall": {"requestsPerFiveMinutes": 9}},
        {"firewall": {"countedRules": {"linux": ["LFI_URIPATH"]}}},
        {"healthChecks": {"a": {"host": "other.example.com"}}},
        {"healthChecks": {"a": {"host": DOMAIN, "path": "ready"}}},
        {"healthChecks": {"a": {"host": DOMAIN}}, "classes": {"inside": {"scheme": "internal"}}},
        {"thresholds": {"certificateDays": 0}},
    ],
)
def test_what_aws_would_refuse_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings(**changes)


def test_the_smallest_address_is_a_domain() -> None:
    assert settings().names == (f"*.{DOMAIN}",)
    assert settings().classes["public"].scheme == "internet-facing"


@pytest.mark.parametrize(
    ("stack", "label", "refused"),
    [
        ("production", "public", False),
        ("a" * 14, "b" * 17, False),
        ("a" * 14, "b" * 18, True),
        ("internal", "x", True),
    ],
)
def test_load_balancers_have_names_of_at_most_32_characters(stack: str, label: str, *, refused: bool) -> None:
    assert bool(list(load_balancers_have_names(stack, settings(classes={label: {}})))) is refused


@pytest.mark.parametrize(("region", "refused"), [("eu-west-1", False), ("us-gov-west-1", True), ("cn-north-1", True)])
def test_checks_are_told_of_in_the_commercial_partition_only(region: str, *, refused: bool) -> None:
    found = list(checks_are_told_of(region, settings(healthChecks={"a": {"host": DOMAIN}})))
    assert bool(found) is refused


@pytest.mark.parametrize(
    ("admitted", "changes", "refused"),
    [
        (["public"], {}, False),
        (["alb"], {}, True),
        (["public", "alb"], {}, True),
        (["alb"], {"keepControllerClass": True}, False),
    ],
)
def test_ingresses_may_name_classes_that_there_are(
    admitted: list[str], changes: dict[str, Any], *, refused: bool
) -> None:
    workloads = WorkloadsSettings(
        quotas=dict.fromkeys(get_args(ApplicationNamespace), QUOTA),
        admission=AdmissionSettings.model_validate({"ingressClasses": admitted}),
    )
    found = list(ingresses_have_classes(settings(**changes), workloads))
    assert [each.path[-1] for each in found] == ([str(admitted.index("alb"))] if refused else [])
    assert list(ingresses_have_classes(None, workloads)) == []
