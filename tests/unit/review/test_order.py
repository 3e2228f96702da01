"""Of the same danger, what matters most is read first.

`severities.json` holds how AWS rates its own controls (Security Hub user guide as published in March 2023).
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import changes
from changes import Effect, settings
from review import previews
from review.resources import type_of
from review.summary.verdicts import verdicts
from tests.unit.reviews import entry, framed, step

PUBLISHED: dict[str, str] = json.loads(
    (Path(__file__).parents[1] / "changes" / "data" / "severities.json").read_text(encoding="utf-8")
)
HEAVIEST_FIRST = ("critical", "high", "medium", "low")
TYPES = [token for token in changes.types() if not token.endswith("*")]
CONTROLLED = {token: said.control for token, said in changes.types().items() if said.control}


@pytest.mark.parametrize("token", CONTROLLED)
def test_a_type_weighs_what_aws_says_of_its_control(token: str) -> None:
    assert changes.types()[token].severity.value == PUBLISHED[CONTROLLED[token]]


def deleted(tokens: list[str]) -> list[tuple[Effect, str]]:
    """Effect and type of everything that a summary tells, in its order."""
    events = [step("delete", entry(token, f"x{index}")) for index, token in enumerate(reversed(tokens))]
    return [(each.effect, type_of(each.change.urn)) for each in verdicts(previews.from_events(framed(*events)))]


def test_every_deletion_is_read_by_danger_and_then_by_severity() -> None:
    told = deleted(TYPES)
    assert len(told) == len(TYPES)
    assert [effect for effect, _ in told] == sorted((effect for effect, _ in told), key=list(Effect).index)
    for effect in Effect:
        rated = [PUBLISHED[CONTROLLED[token]] for one, token in told if one is effect and token in CONTROLLED]
        assert rated == sorted(rated, key=HEAVIEST_FIRST.index), effect


# What carries word of it, shows it or belongs to it, behind the thing itself: as their documents describe them.
FIRST_AND_THEN = {
    "aws:guardduty/detector:Detector": ("aws:cloudwatch/eventRule:EventRule", "aws:cloudwatch/eventTarget:EventTarget"),
    "aws:securityhub/account:Account": ("aws:cloudwatch/eventRule:EventRule", "aws:cloudwatch/eventTarget:EventTarget"),
    "aws:cfg/recorder:Recorder": ("aws:cfg/recorderStatus:RecorderStatus", "aws:cfg/deliveryChannel:DeliveryChannel"),
    "aws:ec2/flowLog:FlowLog": ("aws:cloudwatch/metricAlarm:MetricAlarm",),
    "aws:ec2/vpc:Vpc": ("aws:ec2/subnet:Subnet", "aws:ec2/routeTable:RouteTable"),
    "aws:wafv2/webAcl:WebAcl": ("aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",),
    "aws:sns/topic:Topic": ("aws:sns/topicSubscription:TopicSubscription", "aws:cloudwatch/metricAlarm:MetricAlarm"),
    "aws:backup/vaultLockConfiguration:VaultLockConfiguration": ("aws:backup/vaultNotifications:VaultNotifications",),
    "aws:backup/plan:Plan": ("aws:backup/selection:Selection", "aws:backup/vaultNotifications:VaultNotifications"),
}


@pytest.mark.parametrize("first", FIRST_AND_THEN)
def test_a_thing_is_read_before_what_tells_of_it(first: str) -> None:
    told = [token for _, token in deleted([*FIRST_AND_THEN[first], first])]
    assert told[0] == first


def test_records_of_settings_are_in_the_same_order() -> None:
    for listed in settings.records().values():
        for record in listed:
            keys = [(each.effect.danger, changes.rank(each.token)) for each in record.effects]
            assert keys == sorted(keys)
