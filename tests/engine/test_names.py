"""Physical names: those that the platform chooses and those that Pulumi makes start with the stack's name, and fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from config.rules import STACK_NAME_MAX
from tests.engine.conftest import Checkout
from tests.engine.deployed import STACKS, Deployed, Resource, deploy, deployed, view

pytestmark = pytest.mark.engine

# The longest that the configuration allows: of stacks, and of labels.
STACK = "abcdefghijklmnopqrstuvwxyz"[:STACK_NAME_MAX]
LABEL = "a-label-as-long-as-a"

# Characters that AWS takes, by type and property.
LIMITS: Mapping[tuple[str, str], int] = {
    ("aws:backup/plan:Plan", "name"): 50,
    ("aws:backup/selection:Selection", "name"): 50,
    ("aws:backup/vault:Vault", "name"): 50,
    ("aws:budgets/budget:Budget", "name"): 100,
    ("aws:cfg/recorder:Recorder", "name"): 256,
    ("aws:cloudtrail/trail:Trail", "name"): 128,
    ("aws:cloudwatch/compositeAlarm:CompositeAlarm", "alarmName"): 255,
    ("aws:cloudwatch/dashboard:Dashboard", "dashboardName"): 255,
    ("aws:cloudwatch/eventRule:EventRule", "name"): 64,
    ("aws:cloudwatch/eventTarget:EventTarget", "targetId"): 64,
    ("aws:cloudwatch/logGroup:LogGroup", "name"): 512,
    ("aws:cloudwatch/logMetricFilter:LogMetricFilter", "name"): 512,
    ("aws:cloudwatch/metricAlarm:MetricAlarm", "name"): 255,
    ("aws:ec2/launchTemplate:LaunchTemplate", "name"): 128,
    ("aws:ec2/securityGroup:SecurityGroup", "name"): 255,
    ("aws:eks/cluster:Cluster", "name"): 100,
    ("aws:eks/nodeGroup:NodeGroup", "nodeGroupName"): 63,
    ("aws:elasticache/parameterGroup:ParameterGroup", "name"): 255,
    ("aws:elasticache/replicationGroup:ReplicationGroup", "replicationGroupId"): 40,
    ("aws:elasticache/subnetGroup:SubnetGroup", "name"): 255,
    ("aws:iam/policy:Policy", "name"): 128,
    ("aws:iam/role:Role", "name"): 64,
    ("aws:iam/rolePolicy:RolePolicy", "name"): 128,
    ("aws:kms/alias:Alias", "name"): 256,
    ("aws:rds/eventSubscription:EventSubscription", "name"): 255,
    ("aws:rds/instance:Instance", "identifier"): 63,
    ("aws:rds/parameterGroup:ParameterGroup", "name"): 255,
    ("aws:rds/subnetGroup:SubnetGroup", "name"): 255,
    ("aws:s3/bucket:Bucket", "bucket"): 63,
    ("aws:secretsmanager/secret:Secret", "name"): 512,
    ("aws:sns/topic:Topic", "name"): 256,
}
# What AWS or a service of it names by a path.
PATHS = ("alias/", "/aws/", "/trading-platform/")


def names(d: Deployed) -> Iterator[tuple[Resource, str, str]]:
    """Each resource with a name, the property that holds it, and the name."""
    for resource in d:
        for type_, property_name in LIMITS:
            if resource.type == type_ and isinstance(resource[property_name], str):
                yield resource, property_name, resource[property_name]


def automatic(resource: Resource) -> Iterator[str]:
    """The names that the provider chose; also the ones that it made of a prefix."""
    for key in resource.inputs.get("__defaults", ()):
        if key not in ("description", "region"):
            yield str(resource.inputs[key])
    for key in resource.inputs:
        if key.endswith("NamePrefix") or key == "namePrefix":
            yield str(resource.inputs[key])


@pytest.mark.parametrize("stack", STACKS)
def test_names_that_nobody_chose_start_with_the_stacks_name(stack: str) -> None:
    found = [name for resource in deployed(stack) for name in automatic(resource)]
    assert len(found) > 20
    assert [name for name in found if not name.startswith((f"{stack}-", f"{stack}/"))] == []


@pytest.mark.parametrize("stack", STACKS)
def test_names_of_the_platforms_choice_hold_the_stacks_name_too(stack: str) -> None:
    for resource, _, name in names(deployed(stack)):
        own = name.startswith((f"{stack}-", f"{stack}/")) or (name.startswith(PATHS) and stack in name)
        assert own or resource.type == "aws:backup/selection:Selection", (resource.urn, name)


@pytest.mark.parametrize("stack", STACKS)
def test_kubernetes_objects_have_names_that_somebody_chose(stack: str) -> None:
    for resource in deployed(stack):
        if resource.type.startswith("kubernetes:"):
            annotations = (resource.inputs.get("metadata") or {}).get("annotations") or {}
            assert "pulumi.com/autonamed" not in annotations, resource.urn
            assert "name" not in resource.inputs.get("__defaults", ()), resource.urn


def longest(settings: dict[str, Any]) -> dict[str, Any]:
    """Production with one more of everything that has a label, each with the longest."""

    def section(name: str) -> dict[str, Any]:
        found: dict[str, Any] = settings[f"trading-platform:{name}"]
        return found

    section("nodeGroups")[LABEL] = section("nodeGroups")["batch"]
    section("buckets")[LABEL] = section("buckets")["compliance"]
    section("postgres")["replicas"][LABEL] = section("postgres")["replicas"]["read"]
    alarms = section("observability")["customAlarms"]
    alarms[LABEL] = alarms["api-errors"]
    return settings


def test_the_longest_names_fit(checkout: Checkout) -> None:
    content = yaml.safe_load((checkout.path / "Pulumi.production.yaml").read_text(encoding="utf-8"))
    content["config"] = longest(content["config"])
    (checkout.path / "Pulumi.production.yaml").unlink()
    (checkout.path / f"Pulumi.{STACK}.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    d = view(deploy(checkout.path, STACK))
    found = list(names(d))
    assert {(resource.type, key) for resource, key, _ in found} == set(LIMITS)
    assert [name for resource, key, name in found if len(name) > LIMITS[resource.type, key]] == []
    assert any(LABEL in name for _, _, name in found)
