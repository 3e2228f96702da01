"""Every alarm of every stack and example says where it is written what to do."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.engine.deployed import ROOT, STACKS, Deployed, deployed
from tests.engine.examples import run
from tests.unit.docs.support import anchors
from tests.unit.stacks import EXAMPLES, parsed

pytestmark = pytest.mark.engine

ALARMS = ("aws:cloudwatch/metricAlarm:MetricAlarm", "aws:cloudwatch/compositeAlarm:CompositeAlarm")
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
