"""Every alarm of every stack and example: where it is written what to do, and how it does when it is played.

Each is played in the scenario of what it watches: it fires on its faults and rests through ordinary weeks. An alarm
without a scenario fails.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from itertools import combinations
from typing import Any

import pytest

from tests.alarms.cloudwatch import Inputs
from tests.alarms.composite import children, is_up
from tests.alarms.played import kind, mistakes
from tests.alarms.scenario import Place
from tests.alarms.trail import log_mistakes
from tests.engine.deployed import ROOT, STACKS, Deployed, deployed
from tests.engine.examples import run
from tests.unit.docs.support import anchors
from tests.unit.stacks import EXAMPLES, parsed

pytestmark = pytest.mark.engine

ALARMS = ("aws:cloudwatch/metricAlarm:MetricAlarm", "aws:cloudwatch/compositeAlarm:CompositeAlarm")
FROM_LOGS = ("TradingPlatform/Audit", "TradingPlatform/Prometheus")
DESCRIPTION_MAX = 1024
"""Of an alarm (CloudWatch API, PutMetricAlarm)."""
RUNBOOKS = f"https://github.com/{parsed('production').access.github_repository}/blob/HEAD/"


def resources(stack: str) -> Deployed:
    return deployed(stack) if stack in STACKS else run(stack).resources


def descriptions(stack: str) -> Iterator[tuple[str, str]]:
    """What each alarm says, by its name; Prometheus' alerts as their message does."""
    for type_ in ALARMS:
        for alarm in resources(stack).of_type(type_):
            yield alarm.name, alarm.inputs["alarmDescription"]
    for rules in resources(stack).of_type("aws:amp/ruleGroupNamespace:RuleGroupNamespace"):
        for group in json.loads(rules.inputs["data"])["groups"]:
            for rule in group["rules"]:
                if "alert" in rule:
                    yield (
                        rule["alert"],
                        f"{rule['annotations']['summary']}. Runbook: {rule['annotations']['runbook_url']}",
                    )


@pytest.mark.parametrize("stack", [*STACKS, *EXAMPLES])
def test_every_alarm_leads_to_a_heading_of_a_page(stack: str) -> None:
    found = dict(descriptions(stack))
    assert len(found) >= 30
    for name, description in found.items():
        said, _, address = description.partition(". Runbook: ")
        assert len(said.split()) > 4, name
        assert address.startswith(RUNBOOKS), f"{name}: {description}"
        path, _, heading = address.removeprefix(RUNBOOKS).partition("#")
        assert (ROOT / path).is_file(), f"{name}: {path}"
        assert heading in anchors(ROOT / path), f"{name}: {address}"
        assert len(description) <= DESCRIPTION_MAX


def test_every_heading_is_that_of_an_alarm() -> None:
    named = {text.rpartition("#")[2] for stack in (*STACKS, *EXAMPLES) for _, text in descriptions(stack)}
    page = ROOT / "docs/runbooks/alarms.md"
    parts = {
        "alarms",
        "cluster",
        "postgresql",
        "redis",
        "network",
        "copies-and-backups",
        "trail",
        "address",
        "prometheus",
    }
    assert anchors(page) - parts == named


def place(stack: str, alarm: Inputs) -> Place:
    """The sizes of the instance that an alarm watches. A replica has its source's storage."""
    instances = {each["identifier"]: each for each in resources(stack).of_type("aws:rds/instance:Instance")}
    found = instances.get(alarm.get("dimensions", {}).get("DBInstanceIdentifier"))
    if found is None:
        return Place()
    primary = next(each for each in instances.values() if "allocatedStorage" in each.inputs)
    return Place(
        instance_class=found["instanceClass"],
        allocated_gib=primary["allocatedStorage"],
        at_most_gib=primary["maxAllocatedStorage"],
    )


@cache
def played(alarm: str, at: Place) -> tuple[str, ...]:
    """Stacks have many alarms that differ in nothing but what they watch."""
    return tuple(mistakes(json.loads(alarm), at))


def essence(alarm: Inputs) -> str:
    named = ("name", "alarmDescription", "dimensions", "region")
    core: dict[str, Any] = {key: value for key, value in alarm.items() if key not in named}
    for actions in ("alarmActions", "okActions", "insufficientDataActions"):
        core[actions] = [True for _ in core.get(actions) or ()]
    return json.dumps(core, sort_keys=True)


@pytest.mark.parametrize("stack", [*STACKS, *EXAMPLES])
def test_every_alarm_fires_on_its_faults_and_rests_without(stack: str) -> None:
    alarms = [each for each in resources(stack).of_type(ALARMS[0]) if kind(each.inputs)[0] not in FROM_LOGS]
    found = {each.name: played(essence(each.inputs), place(stack, each.inputs)) for each in alarms}
    assert len(found) >= 30
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("stack", [*STACKS, *EXAMPLES])
def test_alarms_on_logs_fire_on_what_they_are_for_and_rest_through_an_ordinary_week(stack: str) -> None:
    filters = {
        each.inputs["metricTransformation"]["name"]: each.inputs
        for each in resources(stack).of_type("aws:cloudwatch/logMetricFilter:LogMetricFilter")
    }
    for alarm in resources(stack).of_type(ALARMS[0]):
        if kind(alarm.inputs)[0] in FROM_LOGS:
            counter = filters.pop(alarm.inputs["metricName"])
            counted = counter["metricTransformation"]
            assert counted["namespace"] == alarm.inputs["namespace"]
            assert (counted["value"], counted["defaultValue"]) == ("1", "0")
            label = alarm.inputs["metricName"].removeprefix(f"{stack}-")
            assert log_mistakes(label, counter["pattern"], alarm.inputs) == [], alarm.name
    assert filters == {}, "nobody is told of what these count"


@pytest.mark.parametrize("stack", [*STACKS, *EXAMPLES])
def test_an_incident_is_two_parts_together(stack: str) -> None:
    composites = {each["arn"]: each.inputs["alarmRule"] for each in resources(stack).of_type(ALARMS[1])}
    (incident,) = (each for each in resources(stack).of_type(ALARMS[1]) if each.inputs.get("alarmActions"))

    def up(*alarms: str) -> bool:
        """The incident, as the states of metric alarms make it by way of groups and parts."""
        states = set(alarms)
        for _ in range(3):
            states |= {arn for arn, rule in composites.items() if is_up(rule, states)}
        return incident["arn"] in states

    def leaves(arn: str) -> set[str]:
        return {leaf for each in children(composites[arn]) for leaf in (leaves(each) if each in composites else {each})}

    parts = [sorted(leaves(part)) for part in children(incident.inputs["alarmRule"])]
    made = {each["arn"] for each in resources(stack).of_type(ALARMS[0])}
    assert {leaf for part in parts for leaf in part} <= made
    assert len(parts) >= 3
    for part in parts:
        assert not up(*part), "one part alone is a hot spot"
    for one, other in combinations(parts, 2):
        assert all(up(first, other[0]) for first in one)
        assert all(up(one[0], second) for second in other)
