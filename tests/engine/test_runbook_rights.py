"""Who follows a runbook may do what it asks: each command is asked of the role that the page names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from moto.iam.aws_managed_policies import aws_managed_policies_data

from tests.conftest import Tell
from tests.iam.commands import STACK, requests
from tests.iam.roles import account_administrator, role
from tests.iam.simulator import Document, Principal, decide
from tests.unit.docs.support import RUNBOOKS, Command, called

pytestmark = pytest.mark.engine

ADMINISTRATOR, GLASS = "an administrator of the account", f"`{STACK}-break-glass`"


@cache
def managed(name: str) -> Document:
    """A policy of AWS, as it publishes it."""
    found: Document = json.loads(aws_managed_policies_data)[name]["Document"]
    return found


@cache
def admin() -> Principal:
    """The administrator's role, with AWS's policy for looking around."""
    found = role(STACK, "admin")
    return Principal(arn=found.arn, identity=[*found.identity, managed("ViewOnlyAccess")])


def people(page: Path) -> Iterator[tuple[str, Principal]]:
    """Who follows a page, by its line `Who`: the administrator, unless it says somebody else, or somebody else too."""
    found = re.search(r"^\*\*Who:\*\* (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    who = found[1] if found else ""
    if who.startswith(ADMINISTRATOR):
        yield "administrator of the account", account_administrator()
        return
    yield "admin", admin()
    if GLASS in page.read_text(encoding="utf-8"):
        yield "break-glass", role(STACK, "break-glass")


COMMANDS = [each for each in called("aws") if each.page in RUNBOOKS]


def refusals(command: Command, principal: Principal) -> list[str]:
    return [f"{each.action} on {each.resource}" for each in requests(command.words) if not decide(principal, each)]


def test_each_command_of_each_runbook_is_allowed_to_whom_the_page_names(tell: Tell) -> None:
    asked: dict[str, int] = {}
    refused = []
    for command in COMMANDS:
        answers = {label: refusals(command, principal) for label, principal in people(command.page)}
        able = next((label for label, found in answers.items() if not found), None)
        if able:
            asked[able] = asked.get(able, 0) + 1
        else:
            refused.append(f"{command}: {answers}")
    for label, number in sorted(asked.items()):
        tell(f"runbooks: {number} of {len(COMMANDS)} commands are for {label}, and allowed")
    tell(f"runbooks: {len(COMMANDS)} commands needed, {len(COMMANDS) - len(refused)} allowed")
    assert len(COMMANDS) > 150
    assert refused == []


@pytest.mark.parametrize(
    "words",
    [
        ["aws", "rds", "delete-db-instance", "--db-instance-identifier", f"{STACK}-postgres"],
        ["aws", "kms", "schedule-key-deletion", "--key-id", "$KEY"],
        ["aws", "s3api", "delete-objects", "--bucket", "$bucket"],
        ["aws", "s3api", "get-object", "--bucket", "trading-platform-state-1", "--key", "x", "--version-id", "1"],
        ["aws", "secretsmanager", "list-secret-version-ids", "--secret-id", "staging/postgres-1"],
    ],
    ids=lambda words: " ".join(words[1:3]),
)
def test_a_command_beyond_the_administrators_role_is_refused(words: list[str]) -> None:
    assert refusals(Command(RUNBOOKS[0], words), admin())
