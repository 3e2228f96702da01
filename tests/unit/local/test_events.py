"""Events of a run are read when somebody asks for them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pulumi.automation import EngineEvent

from local.stack import Events

DIAGNOSTIC = {"sequence": 1, "timestamp": 1, "diagnosticEvent": {
    "message": 'says "policyEvent": here', "color": "never", "severity": "error"}}  # fmt: skip
SUMMARY = {"sequence": 2, "timestamp": 2, "summaryEvent": {"maybeCorrupt": False, "durationSeconds": 1,
    "resourceChanges": {"create": 3}, "policyPacks": {}}}  # fmt: skip


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is read of the log, as it is read."""
    heard: list[Any] = []
    real = EngineEvent.from_json

    def noted(data: dict[str, Any]) -> EngineEvent:
        heard.append(data["sequence"])
        return real(data)

    monkeypatch.setattr(EngineEvent, "from_json", noted)
    return heard


def test_nothing_is_read_until_somebody_asks(read: list[Any]) -> None:
    events = Events([json.dumps(DIAGNOSTIC), json.dumps(SUMMARY)])
    assert (len(events), read) == (2, [])
    assert [event.summary_event.resource_changes for event in events.of("summaryEvent") if event.summary_event]
    assert read == [2]
    assert len(list(events)) == 2
    assert [event.sequence for event in events[:1]] == [1]


def test_a_message_about_a_kind_is_not_of_that_kind(read: list[Any]) -> None:
    assert not list(Events([json.dumps(DIAGNOSTIC)]).of("policyEvent"))
