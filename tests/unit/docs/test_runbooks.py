"""Who follows a runbook may do what it asks."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
import yaml

from tests.runbooks.pages import RUNBOOKS as PLAYED
from tests.runbooks.pages import Page
from tests.unit.docs.aws_cli import CLI_COMMANDS, operation
from tests.unit.docs.support import (
    PLAN,
    RUNBOOKS,
    Command,
    called,
)

# Pages whose work is that of an administrator of the account, as they say.
BY_ADMINISTRATORS = {"region-loss.md", "destroy.md", "key-loss.md", "bucket-restore.md"}
IAM_PREFIXES = {
    "cloudwatch": "cloudwatch",
    "elbv2": "elasticloadbalancing",
    "s3api": "s3",
    "resourcegroupstaggingapi": "tag",
}
IAM_ACTIONS = {
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:GetBucketReplication": "s3:GetReplicationConfiguration",
    "budgets:DescribeBudget": "budgets:ViewBudget",
    "backup:ListBackupJobs": "backup:ListBackupJobs",
}
# Reading what exists, which the policy of AWS for looking around allows.
VIEW = ("*:Describe*", "*:List*", "sts:GetCallerIdentity")


@cache
def admin_statements() -> tuple[Mapping[str, Any], ...]:
    """The statements of every policy that the administrator's role carries."""
    resources = yaml.safe_load(PLAN)["access"].items()
    # The boundary is carried by the other roles, and never as a policy.
    kinds = ("aws:iam:Policy ", "aws:iam:RolePolicy ")
    policies = [each for name, each in resources if name.startswith(kinds) and "boundary" not in name]
    return tuple(statement for policy in policies for statement in policy["policy"]["Statement"])


def is_matched(action: str, effect: str) -> bool:
    """Whether statements name the action: to allow it somewhere, or to deny it everywhere and on no condition."""
    patterns = [
        pattern
        for statement in admin_statements()
        if statement["Effect"] == effect
        and (effect == "Allow" or (statement.get("Resource") == "*" and "Condition" not in statement))
        for pattern in _actions(statement)
    ]
    return any(fnmatch.fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)


def _actions(statement: Mapping[str, Any]) -> list[str]:
    actions = statement["Action"]
    return [actions] if isinstance(actions, str) else list(actions)


@pytest.mark.parametrize(
    "command",
    [each for each in called("aws") if each.page in RUNBOOKS and each.page.name not in BY_ADMINISTRATORS],
    ids=str,
)
def test_the_administrator_may_do_what_the_runbooks_ask(command: Command) -> None:
    if tuple(command.words[1:3]) in CLI_COMMANDS:
        return
    model = operation(command.words)
    name = command.words[1]
    action = f"{IAM_PREFIXES.get(name, name)}:{model.name}"
    action = IAM_ACTIONS.get(action, action)
    allowed = is_matched(action, "Allow") or any(fnmatch.fnmatchcase(action, pattern) for pattern in VIEW)
    assert allowed, f"{action} is not among the administrator's rights"
    if is_matched(action, "Deny"):
        page = command.page.read_text(encoding="utf-8")
        assert "production-break-glass" in page, f"{action} is denied to the administrator"


def test_expected_output_stands_beside_the_commands() -> None:
    """Every block that a reader types says what it prints, or that it prints nothing."""
    pages = [Page(path) for path in PLAYED if Page(path).blocks and not Page(path).reason_not_to_play]
    assert len(pages) > 10
    silent = [f"{page.path.name}: {block.text}" for page in pages for block in page.blocks if "# →" not in block.text]
    assert silent == []
