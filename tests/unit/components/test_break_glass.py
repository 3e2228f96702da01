"""Who may break the glass, and who is told."""

from __future__ import annotations

import json
from typing import Any

import pytest
from moto.events.models import EventPattern

from components.access.break_glass import BreakGlassWatch, BreakGlassWatchArgs, assumed_pattern, break_glass_trust
from components.access.people import admin_trust
from components.access.settings import AccessSettings, SingleSignOnSettings
from components.common.scope import Scope
from tests.unit.environments import SCOPE
from tests.unit.harness import record

ROLE = "arn:aws:iam::123456789012:role/production-break-glass"
SETTINGS = AccessSettings(
    github_repository="acme/trading-platform",
    github_environment="production",
    admin_principals=("arn:aws:iam::123456789012:user/alice",),
    single_sign_on=SingleSignOnSettings(permission_sets=("Admins",), saml_providers=("okta",)),
)


def event(**detail: Any) -> dict[str, Any]:
    """What CloudTrail hands to EventBridge of a call of STS (EventBridge user guide, events via CloudTrail)."""
    return {
        "version": "0",
        "id": "1",
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.sts",
        "account": "123456789012",
        "time": "2026-11-29T00:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": {
            "eventVersion": "1.08",
            "eventSource": "sts.amazonaws.com",
            "eventName": "AssumeRole",
            "readOnly": True,
            "requestParameters": {"roleArn": ROLE, "roleSessionName": "alice", "durationSeconds": 3600},
            "userIdentity": {"type": "IAMUser", "userName": "alice"},
            **detail,
        },
    }


def is_told(found: dict[str, Any]) -> bool:
    pattern = assumed_pattern(ROLE)
    return EventPattern(pattern, json.loads(pattern)).matches_event(found)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "detail",
    [
        {},
        {"eventName": "AssumeRoleWithSAML"},
        {"errorCode": "AccessDenied"},
        {"userIdentity": {"type": "AssumedRole", "arn": "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_x/bob"}},
    ],
)
def test_every_use_and_every_attempt_is_told(detail: dict[str, Any]) -> None:
    assert is_told(event(**detail))


def test_ways_in_that_the_trust_opens_are_those_that_the_rule_sees() -> None:
    allowed = {
        action
        for statement in json.loads(break_glass_trust(SCOPE, SETTINGS))["Statement"]
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
        if action.startswith("sts:Assume")
    }
    assert allowed == {"sts:AssumeRole", "sts:AssumeRoleWithSAML"}
    assert all(is_told(event(eventName=action.partition(":")[2])) for action in allowed)


@pytest.mark.parametrize(
    "detail",
    [
        {"requestParameters": {"roleArn": ROLE.replace("break-glass", "admin")}},
        {"requestParameters": {"roleArn": ROLE.replace("production", "staging")}},
        {"requestParameters": None},
        {"eventName": "GetCallerIdentity"},
    ],
)
def test_nothing_else_is_told(detail: dict[str, Any]) -> None:
    assert not is_told(event(**detail))


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "us-gov-west-1", "cn-north-1"])
def test_the_same_people_come_in_by_the_region_of_the_rule_alone(region: str) -> None:
    scope = Scope(prefix="production", account_id="123456789012", region=region)
    plain, told = (json.loads(trust(scope, SETTINGS))["Statement"] for trust in (admin_trust, break_glass_trust))
    assert len(told) == len(plain) == 3
    for before, after in zip(plain, told, strict=True):
        assert after["Condition"].pop("StringEquals") == {"aws:RequestedRegion": region}
        assert after == before


def test_the_rule_sees_reads_and_tells_the_topic() -> None:
    args = BreakGlassWatchArgs(scope=SCOPE, topic_arn="arn:aws:sns:us-east-1:123456789012:production-alarms")
    recording = record(lambda: BreakGlassWatch("glass", args))
    rule = recording.one("aws:cloudwatch/eventRule:EventRule", "glass").inputs
    assert rule["state"] == "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
    assert json.loads(rule["eventPattern"])["detail"]["requestParameters"] == {"roleArn": [ROLE]}
    assert recording.one("aws:cloudwatch/eventTarget:EventTarget", "glass").inputs["arn"] == args.topic_arn
    assert recording.unparented() == ["glass"]
