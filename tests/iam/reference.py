"""The service authorization reference of AWS, as the evaluator of policies has it: what each action is about."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.iam.simulator import FOLDER, install

_DATA = FOLDER / "node_modules" / "@cloud-copilot" / "iam-data" / "data"


@dataclass(frozen=True, kw_only=True)
class Action:
    """An action on one type of resource."""

    name: str
    """With its service, such as `kms:Decrypt`."""
    level: str
    """Its access levels, such as `Write` or `Permissions management`."""
    knows_tags: bool
    """IAM tells resources of the type apart by their tags when it decides on the action."""

    @property
    def is_read(self) -> bool:
        """It lists or reads, and changes nothing."""
        return not {"Write", "Tagging", "Permissions management"} & set(self.level.split(", "))


@cache
def _read(kind: str, service: str) -> Mapping[str, Any]:
    install()
    file = _DATA / kind / f"{service}.json"
    found: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return found


@cache
def _types(service: str) -> Mapping[str, tuple[re.Pattern[str], bool]]:
    """Types of a service: what their ARNs look like, and whether they have tags."""
    return {
        each["key"].lower(): (
            re.compile(re.sub(r"\\\$\\\{\w+\\\}", _name(service, each["key"]), re.escape(each["arn"]))),
            _has_tags(each.get("conditionKeys", ())),
        )
        for each in _read("resourceTypes", service).values()
    }


def _name(service: str, kind: str) -> str:
    """What a variable of an ARN stands for: names have slashes in most services, those of buckets have none."""
    return "[^/]+" if (service, kind) == ("s3", "bucket") else ".+"


def _has_tags(keys: list[str]) -> bool:
    return any("ResourceTag/" in key for key in keys)


def actions_on(arn: str) -> Iterator[Action]:
    """All actions that name a resource of the type of this ARN."""
    service = arn.split(":")[2]
    for each in _read("actions", service).values():
        for resource in each["resourceTypes"]:
            pattern, tagged = _types(service).get(resource["name"].lower().rstrip("*"), (None, False))
            if pattern and pattern.fullmatch(arn):
                knows = tagged or _has_tags(each["conditionKeys"]) or _has_tags(resource["conditionKeys"])
                yield Action(name=f"{service}:{each['name']}", level=each["accessLevel"], knows_tags=knows)
                break


def _action(call: str) -> Mapping[str, Any]:
    service, _, name = call.lower().partition(":")
    found: Mapping[str, Any] = _read("actions", service)[name]
    return found


def proper_name(call: str) -> str:
    """An action as AWS writes it."""
    return f"{call.partition(':')[0]}:{_action(call)['name']}"


def shapes(call: str, kind: str | None = None) -> list[str]:
    """What ARNs of the types look like that an action needs, or of one type that it may name."""
    types = {each["key"].lower(): each["arn"] for each in _read("resourceTypes", call.partition(":")[0]).values()}
    return [
        types[each["name"].lower()]
        for each in _action(call)["resourceTypes"]
        if (each["name"] == kind if kind else each["required"])
    ]


def knows(call: str, key: str) -> bool:
    """Whether IAM knows a condition key when it decides on an action."""
    action = _action(call)
    return key in action["conditionKeys"] or any(key in each["conditionKeys"] for each in action["resourceTypes"])
