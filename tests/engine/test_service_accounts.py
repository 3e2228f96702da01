"""The roles of the applications' service accounts, as they would reach AWS: what they may do, and what stays closed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.engine.deployed import STACKS, Deployed, Resource, deployed
from tests.engine.iam import is_allowed

pytestmark = pytest.mark.engine

ACCOUNT = "kubernetes:core/v1:ServiceAccount"
ROLE = "aws:iam/role:Role"


def statements(d: Deployed, account: str) -> list[dict[str, Any]]:
    """Of all policies of an account's role."""
    role = d.one(ROLE, f"workloads-account-{account}")
    policies = [each for each in d.of_type("aws:iam/rolePolicy:RolePolicy") if each["role"] == role["name"]]
    assert not [
        each for each in d.of_type("aws:iam/rolePolicyAttachment:RolePolicyAttachment") if each["role"] == role["name"]
    ]
    return [statement for policy in policies for statement in policy.document()]


def may(d: Deployed, account: str, action: str, arn: str, service: str = "") -> bool:
    return is_allowed(statements(d, account), action, arn, {"kms:ViaService": f"{service}.us-east-1.amazonaws.com"})


def objects(d: Deployed, label: str) -> str:
    return f"{d.outputs['bucketArns'][label]}/some/object"


def key(d: Deployed, domain: str) -> str:
    return str(d.outputs["keyArns"][domain])


def instances(d: Deployed) -> list[Resource]:
    found = d.of_type("aws:rds/instance:Instance")
    return [instance for instance in found if instance.name.startswith("postgres-")]


@pytest.mark.parametrize("stack", STACKS)
def test_every_account_is_bound_to_a_role_that_trusts_it_alone(stack: str) -> None:
    d = deployed(stack)
    roles = d.outputs["serviceAccountRoleArns"]
    assert set(roles) == {"trading", "ml", "data"}
    for name, arn in roles.items():
        account = d.one(ACCOUNT, f"workloads-account-{name}").inputs["metadata"]
        assert account["annotations"]["eks.amazonaws.com/role-arn"] == arn
        role = d.one(ROLE, f"workloads-account-{name}")
        assert role["name"].startswith(f"{stack}-")
        (trust,) = role.document("assumeRolePolicy")
        subject = f"system:serviceaccount:{account['namespace']}:{account['name']}"
        assert subject in trust["Condition"]["StringEquals"].values()
        assert trust["Action"] == "sts:AssumeRoleWithWebIdentity"


@pytest.mark.parametrize("stack", STACKS)
def test_applications_reach_their_data_with_its_key_and_nothing_else(stack: str) -> None:
    d = deployed(stack)
    granted = {
        ("trading", "s3:GetObject"): {"data", "compliance"},
        ("trading", "s3:PutObject"): {"compliance"},
        ("ml", "s3:GetObject"): {"data", "models"},
        ("ml", "s3:PutObject"): {"models"},
        ("data", "s3:GetObject"): {"data"},
        ("data", "s3:PutObject"): {"data"},
    }
    for (account, action), labels in granted.items():
        assert {label for label in d.outputs["bucketArns"] if may(d, account, action, objects(d, label))} == labels
    for account in ("trading", "ml", "data"):
        assert may(d, account, "kms:Decrypt", key(d, "s3"), "s3")
        assert may(d, account, "kms:GenerateDataKey", key(d, "s3"), "s3")
        assert not may(d, account, "kms:Decrypt", key(d, "s3"), "ec2")
        assert not may(d, account, "kms:Decrypt", key(d, "rds"), "s3")
        for label in d.outputs["bucketArns"]:
            assert not may(d, account, "s3:DeleteObject", objects(d, label))


@pytest.mark.parametrize("stack", STACKS)
def test_trading_connects_as_itself_to_every_instance_and_reads_the_token_of_redis(stack: str) -> None:
    d = deployed(stack)
    account_id = str(d.outputs["serviceAccountRoleArns"]["trading"]).split(":")[4]
    found = instances(d)
    assert found
    for instance in found:
        users = f"arn:aws:rds-db:us-east-1:{account_id}:dbuser:{instance['resourceId']}"
        assert may(d, "trading", "rds-db:connect", f"{users}/trading")
        assert not may(d, "trading", "rds-db:connect", f"{users}/trading_admin")
        assert not may(d, "ml", "rds-db:connect", f"{users}/trading")
    assert may(d, "trading", "secretsmanager:GetSecretValue", d.outputs["redisSecretArn"])
    assert may(d, "trading", "kms:Decrypt", key(d, "secrets"), "secretsmanager")
    assert not may(d, "trading", "secretsmanager:GetSecretValue", d.outputs["postgresSecretArn"])
    assert not may(d, "data", "secretsmanager:GetSecretValue", d.outputs["redisSecretArn"])


@pytest.mark.parametrize("stack", STACKS)
def test_no_account_reaches_identities_or_other_roles(stack: str) -> None:
    d = deployed(stack)
    for account in d.outputs["serviceAccountRoleArns"]:
        said = json.dumps(statements(d, account))
        assert '"iam:' not in said
        assert '"sts:' not in said
        assert '"*"' not in said
