"""What the role that deploys may do with registries: all that AWS's handlers call, where the stack has any."""

from __future__ import annotations

import json
from dataclasses import replace
from fnmatch import fnmatchcase

import pytest

from components.access.access import deploy_documents
from tests.iam.completeness import HANDLERS
from tests.unit.components.test_access import deployment

# What AWS's handlers call that is not the provider's to call, or that it passes to a service.
NOT_CALLED = {"kms:CreateGrant", "kms:DescribeKey", "kms:RetireGrant"}


@pytest.mark.parametrize("token", [token for token in HANDLERS if token.startswith("aws:ecr/")])
def test_the_deploy_role_may_call_what_awss_handlers_call_for_registries(token: str) -> None:
    allowed = {
        pattern
        for text in deploy_documents(deployment()).values()
        for statement in json.loads(text)["Statement"]
        if statement["Effect"] == "Allow"
        for pattern in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }
    needed = {action for actions in HANDLERS[token].values() for action in actions} - NOT_CALLED
    assert [each for each in sorted(needed) if not any(fnmatchcase(each, pattern) for pattern in allowed)] == []


def test_registries_are_shaped_by_those_only_whose_stack_has_one() -> None:
    for text in deploy_documents(replace(deployment(), shapes_registry=False, registry_secrets=())).values():
        assert "ecr:PutReplicationConfiguration" not in text
        assert "ecr-pullthroughcache" not in text
