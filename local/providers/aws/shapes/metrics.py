"""Shapes of Prometheus and Grafana."""

from __future__ import annotations

from collections.abc import Mapping

from local.providers.aws.facts import Shape
from local.providers.aws.shapes.building import arn, with_arn

_COLLECTOR_ROLE = "aws-service-role/scraper.aps.amazonaws.com/AWSServiceRoleForAmazonPrometheusScraper_{alnum:12}"

SHAPES: Mapping[str, Shape] = {
    "aws:amp/alertManagerDefinition:AlertManagerDefinition": Shape("{workspaceId}"),
    "aws:amp/ruleGroupNamespace:RuleGroupNamespace": with_arn(arn("aps", "rulegroupsnamespace/{workspaceId}/{name}")),
    "aws:amp/scraper:Scraper": Shape(
        "s-{uuid:}", {"arn": arn("aps", "scraper/{id}"), "roleArn": arn("iam", f"role/{_COLLECTOR_ROLE}", False)}
    ),
    "aws:amp/scraperLoggingConfiguration:ScraperLoggingConfiguration": Shape("{scraperId}"),
    "aws:amp/workspace:Workspace": Shape(
        "ws-{uuid:}",
        {
            "arn": arn("aps", "workspace/{id}"),
            "prometheusEndpoint": "https://aps-workspaces.{region}.{suffix}/workspaces/{id}/",
        },
    ),
    "aws:amp/workspaceConfiguration:WorkspaceConfiguration": Shape(
        "{workspaceId}",
        {"outOfOrderTimeWindowInSeconds": 0, "retentionPeriodInDays": 150, "ruleQueryOffsetInSeconds": 0},
    ),
    "aws:grafana/roleAssociation:RoleAssociation": Shape("{workspaceId}/{role}"),
    "aws:grafana/workspace:Workspace": Shape(
        "g-{hex:10}",
        {
            "arn": arn("grafana", "/workspaces/{id}"),
            "configuration": "{{}}",
            "endpoint": "{id}.grafana-workspace.{region}.{suffix}",
            "grafanaVersion": "12.4",
            "samlConfigurationStatus": "NOT_CONFIGURED",
        },
    ),
    "aws:grafana/workspaceSamlConfiguration:WorkspaceSamlConfiguration": Shape(
        "{workspaceId}", {"loginValidityDuration": 60, "status": "CONFIGURED"}
    ),
}
