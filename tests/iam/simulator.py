"""Decisions of IAM by an evaluator of its own: iam-simulate, with the service authorization reference of AWS.

It knows which types of resources an action takes and which condition keys it has, so that a permission on a resource
that the action cannot name counts for nothing, as in AWS.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from local.cache import cache_directory
from local.processes import locked, run_step
from tests.engine.iam import listed
from tests.servers.packages import to_stderr

FOLDER = Path(__file__).with_name("node")
# The interpreter comes as a package of Python, with npm beside it.
_NODE, _NPM = (Path(sys.executable).with_name(name) for name in ("node", "npm"))
_INSTALL_SECONDS = 300.0

Document = Mapping[str, Any]


class NotDecidedError(Exception):
    """The evaluator refuses the question, such as for an action or a condition key that does not exist."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """A call of a principal to an API of AWS."""

    action: str
    resource: str
    """ARN, or `*` for an action that names none."""
    context: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    resource_policy: Document | None = None
    """What the resource says itself. A key that says nothing is open to nobody."""


@dataclass(frozen=True, kw_only=True)
class Principal:
    """A role with what it is given and what limits it."""

    arn: str
    identity: Sequence[Document]
    boundary: Document | None = None


def install() -> None:
    """Install the evaluator where it is missing or another version than its lock file names."""
    installed = FOLDER / "node_modules" / ".package-lock.json"
    wanted = FOLDER / "package-lock.json"

    def is_old() -> bool:
        return not installed.exists() or installed.stat().st_mtime < wanted.stat().st_mtime

    if not is_old():
        return
    with locked(cache_directory() / "iam-simulate.lock", "the evaluator of IAM policies", to_stderr):
        if not is_old():
            return
        command = [str(_NPM), "ci", "--silent", "--no-audit", "--no-fund", "--prefix", str(FOLDER)]
        run_step("Installing the evaluator of IAM policies", command, timeout=_INSTALL_SECONDS, report=to_stderr)
        installed.touch()


@cache
def _evaluator() -> subprocess.Popen[str]:
    install()
    return subprocess.Popen(
        [_NODE, "evaluate.mjs"], cwd=FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def _concerning(document: Document, action: str) -> Document:
    """The statements of a policy that can say something of the action: the others would only take time."""
    kept = [
        statement
        for statement in document["Statement"]
        if "NotAction" in statement or any(_is_named(pattern, action) for pattern in listed(statement["Action"]))
    ]
    return {**document, "Statement": kept}


def _is_named(pattern: str, action: str) -> bool:
    return fnmatchcase(action.lower(), pattern.lower())


def decide(principal: Principal, request: Request) -> bool:
    """Whether IAM allows a request.

    Raises:
        NotDecidedError: the request is none that AWS knows, or a policy is not valid.
    """
    process = _evaluator()
    assert process.stdin
    assert process.stdout
    identity = [_concerning(each, request.action) for each in principal.identity]
    question = {
        "identity": [kept for kept in identity if kept["Statement"]],
        "boundary": principal.boundary and _concerning(principal.boundary, request.action),
        "resourcePolicy": request.resource_policy,
        "request": {
            "principal": principal.arn,
            "action": request.action,
            "resource": {"resource": request.resource, "accountId": principal.arn.split(":")[4]},
            "contextVariables": {"aws:PrincipalArn": principal.arn, **request.context},
        },
    }
    process.stdin.write(json.dumps(question) + "\n")
    process.stdin.flush()
    answer = json.loads(process.stdout.readline())
    if "errors" in answer:
        raise NotDecidedError(f"{request.action} on {request.resource}: {answer['errors']}")
    return bool(answer["result"] == "Allowed")
