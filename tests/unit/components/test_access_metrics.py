"""What deployment may do with Prometheus and Grafana: all that AWS's handlers call, where the stack has them."""

from __future__ import annotations

import json
from dataclasses import replace
from fnmatch import fnmatchcase

import pytest

from components.access.access import deploy_documents
from components.access.ci_identity import preview_policy
from tests.iam.completeness import HANDLERS
from tests.unit.components.test_access import POLICY_CHARACTERS, STATE, deployment
from tests.unit.environments import SCOPE

METRICS = [token for token in HANDLERS if token.startswith(("aws:amp/", "aws:grafana/"))]
# What the schemas list for other sources, and what the service does with its own role or the key's policy allows
# (AMP user guide, AmazonPrometheusFullAccess: whoever makes a collector needs none of it).
NOT_CALLED = (
    "kafka:*",
    "kms:*",
    "ec2:*NetworkInterface*",
    "aps:*QueryLoggingConfiguration",
    "iam:PassRole",
)


def allowed(*, has_metrics: bool) -> set[str]:
    return {
        pattern
        for text in deploy_documents(replace(deployment(), has_metrics=has_metrics)).values()
        for statement in json.loads(text)["Statement"]
        if statement["Effect"] == "Allow"
        for pattern in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }


def missing(needed: set[str], patterns: set[str]) -> list[str]:
    return [each for each in sorted(needed) if not any(fnmatchcase(each, pattern) for pattern in patterns)]


@pytest.mark.parametrize("token", METRICS)
def test_the_deploy_role_may_call_what_awss_handlers_call(token: str) -> None:
    needed = {action for actions in HANDLERS[token].values() for action in actions}
    needed = {each for each in needed if not any(fnmatchcase(each, pattern) for pattern in NOT_CALLED)}
    assert len(needed) > 5
    assert missing(needed, allowed(has_metrics=True)) == []


@pytest.mark.parametrize("token", METRICS)
def test_previews_read_what_awss_handlers_read(token: str) -> None:
    statements = json.loads(preview_policy(SCOPE, STATE))["Statement"]
    patterns = {pattern for each in statements for pattern in each["Action"]}
    assert missing(set(HANDLERS[token]["read"]), patterns) == []


def test_who_has_no_metrics_may_do_nothing_with_them() -> None:
    patterns = allowed(has_metrics=False)
    assert [each for each in patterns if each.startswith(("aps:", "grafana:", "sso"))] == []


def test_only_grafanas_own_role_is_passed_to_it() -> None:
    document = json.loads(deploy_documents(replace(deployment(), has_metrics=True))["metrics"])
    (passed,) = (each for each in document["Statement"] if each["Action"] == ["iam:PassRole"])
    assert passed["Resource"].endswith(":role/production-grafana")
    assert passed["Condition"] == {"StringEquals": {"iam:PassedToService": "grafana.amazonaws.com"}}


def test_the_policy_fits_into_a_managed_policy_and_the_roles_into_their_quota() -> None:
    documents = deploy_documents(replace(deployment(), has_metrics=True))
    assert len("".join(documents["metrics"].split())) <= POLICY_CHARACTERS
    # IAM quotas: 10 managed policies a role; the administrator has one more than deployment.
    assert len(documents) + 1 <= 10
