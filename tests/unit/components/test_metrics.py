"""Prometheus for the cluster: under a customer key, reached on named ports only, heard at the alarm topic."""

from __future__ import annotations

import json
from typing import Any

import botocore.session  # type: ignore[import-untyped]
import pytest

from components.kms.kms import KeyDomain, key_policy
from components.metrics import Metrics, MetricsArgs, MetricsSettings
from components.observability.observability import topic_policy
from tests.unit.environments import SCOPE, environment
from tests.unit.harness import ACCOUNT, Recording, document, record

KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/metrics"
GROUP = "906712a5b4-0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
OTHER = "906712a5b4-1b2c3d4e-5f60-7182-93a4-b5c6d7e8f9a0"
BY_IDENTITY_CENTER = {"grafana": {"identityCenter": {"adminGroups": [GROUP], "viewerGroups": [OTHER]}}}
BY_SAML = {
    "grafana": {
        "saml": {
            "metadataUrl": "https://login.example.com/metadata",
            "adminValues": ["platform"],
            "editorValues": ["developers"],
        }
    }
}
SCRAPER, WORKSPACE = "aws:amp/scraper:Scraper", "aws:amp/workspace:Workspace"
GRAFANA = "aws:grafana/workspace:Workspace"
INGRESS, EGRESS = (f"aws:vpc/securityGroup{way}Rule:SecurityGroup{way}Rule" for way in ("Ingress", "Egress"))


def metrics(settings: dict[str, Any] | None = None, zones: str = "abc", **of_environment: Any) -> Recording:
    args = MetricsArgs(
        environment=environment(**of_environment),
        settings=MetricsSettings.model_validate(settings or {}),
        key_arn=KEY,
        cluster_name="production-eks-cluster",
        vpc_id="vpc-1",
        subnet_ids={f"us-east-1{zone}": f"subnet-{zone}" for zone in reversed(zones)},
        api_security_group_id="sg-api",
        node_security_group_id="sg-nodes",
    )
    return record(lambda: Metrics("metrics", args), outputs={WORKSPACE: lambda *_: {"arn": WORKSPACE_ARN}})


WORKSPACE_ARN = f"arn:aws:aps:us-east-1:{ACCOUNT}:workspace/ws-0a1b2c3d"


def test_samples_are_under_the_key_kept_as_long_as_asked_and_protected_with_the_stack() -> None:
    recording = metrics({"retentionDays": 400})
    workspace = recording.one(WORKSPACE)
    assert workspace.inputs["kmsKeyArn"] == KEY
    assert workspace.protect
    assert recording.one("aws:amp/workspaceConfiguration:WorkspaceConfiguration").inputs["retentionPeriodInDays"] == 400
    assert not metrics(deletion_protection=False).one(WORKSPACE).protect


def test_what_goes_wrong_is_logged_under_a_key_and_watched() -> None:
    recording = metrics({"logRetentionDays": 30})
    groups = recording.of_type("aws:cloudwatch/logGroup:LogGroup")
    assert {each.inputs["name"] for each in groups} == {
        "/aws/vendedlogs/prometheus/production-rules",
        "/aws/vendedlogs/prometheus/production-collector",
    }
    assert {each.inputs["retentionInDays"] for each in groups} == {30}
    assert {each.inputs["kmsKeyId"] for each in groups} == {environment().logs_key_arn}
    # CloudWatch's own form of a group's ARN, which the service asks for (AMP API, CreateLoggingConfiguration).
    assert recording.one(WORKSPACE).inputs["loggingConfiguration"]["logGroupArn"].endswith(":*")
    alarm = recording.one("aws:cloudwatch/metricAlarm:MetricAlarm")
    assert alarm.inputs["alarmActions"] == [environment().alarm_topic_arn]


def test_the_collector_and_the_cluster_open_the_same_ports_to_each_other_and_no_others() -> None:
    recording = metrics({"podPorts": [9153, 2112]})
    wanted = {("sg-api", 443), ("sg-nodes", 9153), ("sg-nodes", 2112)}
    ingress, egress = ([each.inputs for each in recording.of_type(type_)] for type_ in (INGRESS, EGRESS))
    assert {(each["securityGroupId"], each["fromPort"]) for each in ingress} == wanted
    assert {(each["referencedSecurityGroupId"], each["fromPort"]) for each in egress} == wanted
    assert {each["referencedSecurityGroupId"] for each in ingress} == {"metrics-id"}
    assert {each["securityGroupId"] for each in egress} == {"metrics-id"}
    assert all(each["fromPort"] == each["toPort"] and each["ipProtocol"] == "tcp" for each in (*ingress, *egress))
    assert len(ingress) == len(egress) == len(wanted), "AWS refuses a rule that is there already"


def test_the_collector_waits_for_its_openings_and_rules_for_who_is_told() -> None:
    recording = metrics()
    scraper = recording.one(SCRAPER)
    opened = {each for each in recording.depends_on(scraper) if "Rule" in each}
    assert len(opened) == len(recording.of_type(INGRESS)) + len(recording.of_type(EGRESS))
    rules = recording.one("aws:amp/ruleGroupNamespace:RuleGroupNamespace")
    assert any("AlertManagerDefinition" in each for each in recording.depends_on(rules))


@pytest.mark.parametrize(("zones", "expected"), [("ab", 2), ("abc", 3), ("abcdef", 5)])
def test_a_collector_takes_subnets_as_many_as_the_api_does(zones: str, expected: int) -> None:
    model = botocore.session.get_session().get_service_model("amp").operation_model("CreateScraper").input_shape
    limits = model.members["source"].members["eksConfiguration"].members["subnetIds"].metadata
    eks = metrics(zones=zones).one(SCRAPER).inputs["source"]["eks"]
    assert eks["subnetIds"] == [f"subnet-{zone}" for zone in zones[:expected]]
    assert limits["min"] <= len(eks["subnetIds"]) <= limits["max"]
    assert eks["clusterArn"] == f"arn:aws:eks:us-east-1:{ACCOUNT}:cluster/production-eks-cluster"


def test_without_grafana_there_is_none() -> None:
    recording = metrics()
    assert [each.type for each in recording.resources if "grafana" in each.type.lower()] == []


def test_grafana_reads_metrics_of_this_workspace_and_region_and_changes_nothing() -> None:
    recording = metrics(BY_IDENTITY_CENTER)
    policy = recording.one("aws:iam/rolePolicy:RolePolicy")
    actions = [
        action
        for statement in document(policy)
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    ]
    assert {action.partition(":")[0] for action in actions} == {"aps", "cloudwatch"}
    assert [each for each in actions if not each.split(":")[1].startswith(("Describe", "Get", "List", "Query"))] == []
    (query,) = (each for each in document(policy) if "aps:QueryMetrics" in each["Action"])
    assert query["Resource"] == WORKSPACE_ARN
    role = recording.one("aws:iam/role:Role")
    (trust,) = document(role, "assumeRolePolicy")
    assert trust["Principal"] == {"Service": "grafana.amazonaws.com"}
    assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": ACCOUNT}
    assert role.inputs["permissionsBoundary"] == environment().boundary_arn


def test_grafana_is_under_the_key_and_waits_for_what_it_may_read() -> None:
    recording = metrics(BY_IDENTITY_CENTER)
    grafana = recording.one(GRAFANA)
    assert grafana.inputs["kmsKeyId"] == KEY
    assert grafana.inputs["permissionType"] == "CUSTOMER_MANAGED"
    assert grafana.protect
    assert any("RolePolicy" in each for each in recording.depends_on(grafana))


def test_groups_of_identity_center_have_the_role_that_they_are_listed_for() -> None:
    recording = metrics(BY_IDENTITY_CENTER)
    assert recording.one(GRAFANA).inputs["authenticationProviders"] == ["AWS_SSO"]
    roles = recording.of_type("aws:grafana/roleAssociation:RoleAssociation")
    assert {each.inputs["role"]: each.inputs["groupIds"] for each in roles} == {"ADMIN": [GROUP], "VIEWER": [OTHER]}


def test_people_come_in_by_saml() -> None:
    recording = metrics(BY_SAML)
    assert recording.one(GRAFANA).inputs["authenticationProviders"] == ["SAML"]
    saml = recording.one("aws:grafana/workspaceSamlConfiguration:WorkspaceSamlConfiguration").inputs
    assert (saml["adminRoleValues"], saml["editorRoleValues"]) == (["platform"], ["developers"])
    assert saml["roleAssertion"] == "role"


def test_both_services_use_the_key_through_themselves_alone() -> None:
    statements = json.loads(key_policy(KeyDomain.METRICS, SCOPE))["Statement"]
    (use,) = (each for each in statements if "kms:CreateGrant" in each["Action"])
    condition = use["Condition"]["StringEquals"]
    assert condition["kms:ViaService"] == ["aps.us-east-1.amazonaws.com", "grafana.us-east-1.amazonaws.com"]
    assert condition["kms:CallerAccount"] == ACCOUNT
    # AMP user guide, Encryption at rest: what the service asks for.
    assert {"kms:CreateGrant", "kms:DescribeKey", "kms:Decrypt"} <= set(use["Action"])


@pytest.mark.parametrize("asked", [True, False])
def test_prometheus_publishes_to_the_topic_and_uses_its_key_where_a_stack_has_it(*, asked: bool) -> None:
    topic = json.loads(topic_policy("arn:topic", SCOPE, prometheus=asked))["Statement"]
    key = json.loads(key_policy(KeyDomain.SNS, SCOPE, ["aps"] if asked else []))["Statement"]
    named = [each for each in (*topic, *key) if "aps.amazonaws.com" in str(each["Principal"])]
    assert len(named) == (2 if asked else 0)
    for each in named:
        assert each["Condition"]["StringEquals"] == {"aws:SourceAccount": ACCOUNT}


def test_every_child_has_a_parent() -> None:
    assert metrics(BY_SAML).unparented() == ["metrics"]
