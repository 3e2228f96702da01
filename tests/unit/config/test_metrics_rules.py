"""Metrics: where the services are, what their APIs take, and who is let in."""

from __future__ import annotations

from typing import Any

import botocore.session  # type: ignore[import-untyped]
import pytest

from components.common import catalogue
from components.metrics import MetricsSettings
from config import metrics_rules
from config.takeover import Place, moved
from tests.unit.stacks import mistakes, parsed, values_of

SESSION = botocore.session.get_session()
GROUP = "906712a5b4-0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
GRAFANA: dict[str, Any] = {"identityCenter": {"adminGroups": [GROUP]}}
SAML = {"metadataUrl": "https://login.example.com/m", "adminValues": ["a"], "editorValues": ["e"]}


def complaints(metrics: dict[str, Any]) -> list[str]:
    return mistakes(values_of(metrics=metrics))


def test_no_stack_has_metrics_by_default() -> None:
    assert parsed().metrics is None


@pytest.mark.parametrize("region", catalogue.regions())
@pytest.mark.parametrize(("service", "client"), [("aps", "amp"), ("grafana", "grafana")])
def test_a_region_without_the_service_is_refused_by_key(region: str, service: str, client: str) -> None:
    settings = MetricsSettings.model_validate({"grafana": GRAFANA} if service == "grafana" else {})
    partition = catalogue.partition_of(region)
    offered = all(region in SESSION.get_available_regions(each, partition) for each in {client, "amp"})
    found = list(metrics_rules.metrics_are_offered(region, settings))
    assert (found == []) is offered
    key = "metrics.grafana" if service == "grafana" and region in catalogue.regions_of("aps") else "metrics"
    assert offered or (".".join(found[0].path) == key and region in found[0].message)


@pytest.mark.parametrize(
    ("metrics", "complaint"),
    [
        ({"retentionDays": 0}, "metrics.retentionDays"),
        ({"retentionDays": 1096}, "metrics.retentionDays"),
        ({"scrapeIntervalSeconds": 15}, "metrics.scrapeIntervalSeconds"),
        ({"podPorts": []}, "metrics.podPorts"),
        ({"podPorts": [443]}, "metrics.podPorts"),
        ({"podPorts": [8080, 8080]}, "metrics.podPorts"),
        ({"grafana": {}}, "metrics.grafana: needs either identityCenter or saml"),
        ({"grafana": {**GRAFANA, "saml": SAML}}, "metrics.grafana: needs either identityCenter or saml"),
        ({"grafana": {**GRAFANA, "version": "9.4"}}, "metrics.grafana.version"),
        ({"grafana": {"identityCenter": {}}}, "metrics.grafana.identityCenter.adminGroups"),
        ({"grafana": {"identityCenter": {"adminGroups": ["Platform"]}}}, "metrics.grafana.identityCenter.adminGroups"),
        (
            {"grafana": {"identityCenter": {"adminGroups": [GROUP], "viewerGroups": [GROUP]}}},
            f"metrics.grafana.identityCenter: {GROUP} is in two lists",
        ),
        ({"grafana": {"saml": {**SAML, "metadataUrl": "http://a"}}}, "metrics.grafana.saml.metadataUrl"),
        ({"grafana": {"saml": {**SAML, "editorValues": ["a"]}}}, "metrics.grafana.saml.editorValues: a is in adminV"),
        ({"grafana": {"saml": {**SAML, "adminValues": []}}}, "metrics.grafana.saml.adminValues"),
        ({"storage": 1}, "metrics.storage"),
    ],
)
def test_what_the_services_would_refuse_is_refused_by_key(metrics: dict[str, Any], complaint: str) -> None:
    assert [each for each in complaints(metrics) if each.startswith(complaint)], complaints(metrics)


@pytest.mark.parametrize("stack", ["a", "a" * 14])
def test_names_fit_into_what_the_apis_take(stack: str) -> None:
    """The pattern of a workspace's name in Grafana and the length of an alias, from the SDK."""
    members = SESSION.get_service_model("grafana").operation_model("CreateWorkspace").input_shape.members
    assert members["workspaceName"].metadata["pattern"] == "[a-zA-Z0-9-._~]{1,255}"
    alias = SESSION.get_service_model("amp").operation_model("CreateWorkspace").input_shape.members["alias"]
    assert len(f"{stack}-metrics") <= alias.metadata["max"]


def test_a_stack_that_takes_over_has_none() -> None:
    place = Place(
        name="takeover", vpc_cidr=parsed().network.vpc_cidr, recovery_region="us-east-2", without_standby=True
    )
    assert "metrics" not in moved(values_of(metrics={}), place)
