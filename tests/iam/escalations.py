"""Published ways from some rights to more, and whether one is open to a role.

A way is open where each of its calls is: on something that the account has beside the environment, of any type that the
call takes, or on what belongs to another environment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import yaml
from cloudsplaining.shared.constants import PRIVILEGE_ESCALATION_METHODS

from tests.iam.paths import ACCOUNT, OTHERS, OURS, TAGGED, request
from tests.iam.reference import knows, proper_name, shapes
from tests.iam.simulator import Principal, decide

_DATA = Path(__file__).parent / "data" / "escalations.yaml"
# Whom somebody would like to be: a stranger, those of another environment, and our own that carry no boundary.
_IDENTITIES = ("x", f"{OTHERS}-x", *(f"{OURS}-{label}" for label in ("admin", "break-glass", "deploy", "preview")))
_POLICIES = ("x", f"{OTHERS}-x", f"{OURS}-access-boundary", f"{OURS}-access-storage")
# What a call is about where the reference leaves it open.
_ABOUT = {"ssm:CreateAssociation": "instance", "ssm:SendCommand": "instance", "ssm:StartSession": "instance"}
# Services that take a role under another name than that of their actions.
_TAKES_ROLES = {"autoscaling": "ec2", "ecs": "ecs-tasks"}


class Way(NamedTuple):
    """A way to more rights."""

    source: str
    name: str
    calls: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.source}: {self.name} ({' + '.join(self.calls)})"


@cache
def published() -> Sequence[Way]:
    """All ways: those that cloudsplaining knows, and those that it lacks."""
    listed = {"cloudsplaining": PRIVILEGE_ESCALATION_METHODS, **yaml.safe_load(_DATA.read_text(encoding="utf-8"))}
    return [
        Way(source, name, tuple(proper_name(call) for call in calls))
        for source, ways in listed.items()
        for name, calls in ways.items()
    ]


def is_open(way: Way, principal: Principal) -> bool:
    """Whether a role may make every call of a way."""
    services = {_TAKES_ROLES.get(service, service) for service in (call.partition(":")[0] for call in way.calls)}
    return all(
        _may(principal, call, frozenset(services) if call == "iam:PassRole" else frozenset()) for call in way.calls
    )


@cache
def _may_all(principal_arn: str) -> dict[tuple[str, frozenset[str]], bool]:
    """What has been decided for a role."""
    return {}


def _may(principal: Principal, call: str, services: frozenset[str]) -> bool:
    decided = _may_all(principal.arn)
    if (call, services) not in decided:
        decided[call, services] = all(
            any(_is_allowed(principal, call, target, services) for target in targets) for targets in _targets(call)
        )
    return decided[call, services]


def _is_allowed(principal: Principal, call: str, target: str, services: frozenset[str]) -> bool:
    gives = {"aws:RequestTag/Environment": OURS}
    contexts = [gives | (TAGGED if OTHERS in target else {}), TAGGED if OTHERS in target else {}]
    if services:
        contexts = [{"iam:PassedToService": f"{service}.amazonaws.com"} for service in services]
    return any(decide(principal, request(call, target, context)) for context in contexts)


def _targets(call: str) -> Iterator[list[str]]:
    """What a call is tried on: a list for each type that it needs, of which one has to be open."""
    found = shapes(call, _ABOUT.get(call))
    for needed in found or ["*"]:
        yield list(_named(needed, call))


def _named(shape: str, call: str) -> Iterator[str]:
    """ARNs of a shape such as `arn:${Partition}:lambda:${Region}:${Account}:function:${FunctionName}`."""
    names: tuple[str, ...] = ("x", f"{OTHERS}-x")
    if call.startswith(("iam:", "sts:")):
        names = _POLICIES if ":policy/" in shape else _IDENTITIES
        # A role of our own is limited: what shapes one asks for its boundary, which this one lacks.
        names += (f"{OURS}-x",) if knows(call, "iam:PermissionsBoundary") else ()
    for name in names if "${" in shape else ("",):
        yield re.sub(r"\$\{(\w+)\}", partial(_filled, name), shape)


def _filled(name: str, variable: re.Match[str]) -> str:
    return {"Partition": "aws", "Region": "us-east-1", "Account": ACCOUNT}.get(variable[1], name)
