"""What the boundary leaves to a role that is allowed everything."""

from __future__ import annotations

import json

from components.access.boundary import boundary_arn, boundary_policy
from components.access.guards import GUARDED
from tests.engine.iam import Context, is_allowed
from tests.unit.components.test_access import BOUNDED, IAM, NOTHING, SHAPING
from tests.unit.environments import SCOPE


def bounded(action: str, arn: str = "*", context: Context = NOTHING) -> bool:
    """Whether a role that is allowed everything may do this within the boundary."""
    return is_allowed(json.loads(boundary_policy(SCOPE))["Statement"], action, arn, context)


def test_a_role_that_is_allowed_everything_gets_no_further_than_the_boundary() -> None:
    assert bounded("s3:GetObject", "arn:aws:s3:::production-data-123456789012-us-east-1/x")
    assert bounded("iam:GetRole")
    refused = [
        *(f"iam:{name}" for name in ("CreateUser", "CreateAccessKey", "AttachUserPolicy", "UpdateAssumeRolePolicy")),
        *("iam:PassRole", "iam:DeleteRolePermissionsBoundary", "iam:CreatePolicyVersion", *SHAPING),
        *("sts:AssumeRole", "organizations:LeaveOrganization", "account:CloseAccount"),
    ]
    assert [action for action in refused if bounded(action, f"{IAM}:role/production-x", BOUNDED)] == []


def test_the_boundary_holds_what_guards_the_administrator() -> None:
    assert GUARDED
    assert [action for action in GUARDED if bounded(action)] == []


def test_what_a_predecessor_left_is_within_the_boundary_and_nobody_else_s() -> None:
    statements = json.loads(boundary_policy(SCOPE, "lost"))["Statement"]
    for owner, expected in (("lost", True), ("production", True), ("staging", False)):
        tags = {"aws:ResourceTag/Environment": owner}
        bucket, snapshot = f"arn:aws:s3:::{owner}-backups-1/x", "arn:aws:ec2:us-east-1::snapshot/snap-1"
        assert is_allowed(statements, "s3:GetObject", bucket, {}) is expected
        assert is_allowed(statements, "ec2:CreateVolume", snapshot, tags) is expected


def test_the_one_role_that_workloads_make_is_that_of_load_balancers() -> None:
    service = "elasticloadbalancing.amazonaws.com"
    linked = f"{IAM}:role/aws-service-role/{service}/AWSServiceRoleForElasticLoadBalancing"
    assert bounded("iam:CreateServiceLinkedRole", linked, {"iam:AWSServiceName": service})
    assert not bounded("iam:CreateServiceLinkedRole", linked, {"iam:AWSServiceName": "ecs.amazonaws.com"})


def test_the_boundary_is_known_before_it_exists() -> None:
    assert boundary_arn(SCOPE) == BOUNDED["iam:PermissionsBoundary"]
