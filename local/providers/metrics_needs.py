"""What AWS needs to find before it creates a resource of Prometheus or Grafana, or before that works."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from local.providers.wants import (
    CLUSTER,
    EGRESS_RULE,
    LOG_GROUP,
    TOPIC_POLICY,
    Need,
    Thing,
    Wanted,
    World,
    key_for,
    refers,
    role,
    values,
)


def _alert_topics(definition: Thing, _: World) -> Iterator[Wanted]:
    """The topics in the text of an alert manager's definition, each by the policy that lets it in."""
    for arn in re.findall(r"arn:[\w-]+:sns:[\w-]+:\d{12}:[\w-]+", str(definition.inputs["definition"])):
        yield Wanted((TOPIC_POLICY,), "arn", arn)


def _scraped_cluster(scraper: Thing, _: World) -> Iterator[Wanted]:
    for arn in values(scraper, "source.eks.clusterArn"):
        yield Wanted((CLUSTER,), "name", str(arn).rpartition("/")[2])


METRICS: Sequence[Need] = (
    Need(
        "aws:amp/workspace:Workspace", key_for("kmsKeyArn", "aps.{region}.amazonaws.com"), "the key is not accessible"
    ),
    Need(
        "aws:amp/workspace:Workspace",
        refers("loggingConfiguration.logGroupArn", LOG_GROUP, "arn", without=":*"),
        "the log group does not exist",
    ),
    Need("aws:amp/alertManagerDefinition:AlertManagerDefinition", _alert_topics, "alerts reach nobody"),
    Need(
        "aws:amp/ruleGroupNamespace:RuleGroupNamespace",
        refers("workspaceId", "aws:amp/alertManagerDefinition:AlertManagerDefinition", "workspaceId"),
        "alerts reach nobody",
    ),
    Need("aws:amp/scraper:Scraper", _scraped_cluster, "the cluster does not exist"),
    Need(
        "aws:amp/scraper:Scraper",
        refers("source.eks.securityGroupIds", EGRESS_RULE, "securityGroupId"),
        "it cannot reach the API server",
    ),
    Need("aws:grafana/workspace:Workspace", role("roleArn"), "its data sources are denied"),
    Need(
        "aws:grafana/workspace:Workspace",
        key_for("kmsKeyId", "grafana.{region}.amazonaws.com"),
        "the key is not accessible",
    ),
)
