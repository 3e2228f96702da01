"""A preview is the reviewed one when it does the same to the same resources, as far as that was known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pulumi.automation import EngineEvent

import review.__main__
from changes.conditions import UNKNOWN
from review import agreement, previews
from tests.unit.reviews import entry, failure, framed, secret, step, violation

BUCKET, DATABASE = "aws:s3/bucket:Bucket", "aws:rds/instance:Instance"


def found(reviewed: list[EngineEvent], now: list[EngineEvent]) -> list[str]:
    both = [previews.from_events(framed(*events)) for events in (reviewed, now)]
    return agreement.differences(*both)


def update(old: Any, new: Any, **more: Any) -> EngineEvent:
    before, after = (entry(DATABASE, "main", {"value": value}) for value in (old, new))
    return step("update", before, {**after, **more}, diffs=["value"])


def test_the_order_of_what_happens_does_not_matter() -> None:
    events = [update(1, 2), step("create", None, entry(BUCKET, "logs", {"a": {"b": [1]}}))]
    assert found(events, events[::-1]) == []


@pytest.mark.parametrize(
    ("reviewed", "now"),
    [(UNKNOWN, "known"), ({"a": UNKNOWN, "b": 1}, {"a": 3, "b": 1}), ([UNKNOWN, 2], [1, 2]), (secret(), secret())],
)
def test_what_was_unknown_may_be_anything(reviewed: Any, now: Any) -> None:
    assert found([update(0, reviewed)], [update(0, now)]) == []


@pytest.mark.parametrize(
    ("reviewed", "now"),
    [
        (1, 2),
        (1, UNKNOWN),
        (1, None),
        ({"a": UNKNOWN}, {"a": 1, "b": 2}),
        ([UNKNOWN], [1, 2]),
        (json.dumps({"Statement": [{"Action": "a"}]}), json.dumps({"Statement": [{"Action": "b"}]})),
        (secret(), "in clear"),
    ],
)
def test_what_was_known_has_to_be_the_same(reviewed: Any, now: Any) -> None:
    (line,) = found([update(0, reviewed)], [update(0, now)])
    assert line.startswith("aws:rds:Instance main: update with `value")


def test_a_change_has_to_start_from_the_same_state() -> None:
    (line,) = found([update(1, 3)], [update(2, 3)])
    assert line == "aws:rds:Instance main: update from a state that has changed since, with `value`: `1` → `2`"


@pytest.mark.parametrize("option", ["protect", "retainOnDelete"])
def test_what_keeps_a_resource_counts(option: str) -> None:
    (line,) = found([update(1, 2, **{option: True})], [update(1, 2)])
    assert "with another option" in line


LOGS = entry(BUCKET, "logs")
OPERATIONS = {
    "create": step("create", None, LOGS),
    "delete": step("delete", LOGS),
    "replace": step("replace", LOGS, LOGS, keys=["bucket"]),
    "update": step("update", LOGS, LOGS, diffs=["tags"]),
    "same": step("same", LOGS, LOGS),
}


@pytest.mark.parametrize("reviewed", [*OPERATIONS, ""])
@pytest.mark.parametrize("now", [*OPERATIONS, ""])
def test_every_other_operation_is_a_difference(reviewed: str, now: str) -> None:
    lines = found(*([OPERATIONS[kind]] if kind else [] for kind in (reviewed, now)))
    if reviewed == now:
        assert lines == []
    else:
        assert lines == [f"aws:s3:Bucket logs: {reviewed or 'nothing'} was reviewed, now it is {now or 'nothing'}"]


@pytest.mark.parametrize("broken", [failure("no such key"), violation("rule", LOGS["urn"])])
def test_a_failed_preview_agrees_with_nothing(broken: EngineEvent) -> None:
    assert found([broken], []) == ["the reviewed preview failed: nothing can be deployed by it"]
    assert found([], [broken]) == ["the present preview failed: nothing can be deployed by it"]


def test_the_command_says_what_differs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [tmp_path / name for name in ("reviewed", "now")]
    for file, kind in zip(files, ("update", "delete"), strict=True):
        about = {"op": kind, "urn": LOGS["urn"], "old": LOGS, "new": LOGS if kind == "update" else None}
        events: list[dict[str, Any]] = [
            {"resourcePreEvent": {"metadata": about}},
            {"summaryEvent": {"resourceChanges": {}}},
        ]
        stamped = [{"sequence": 1, "timestamp": 1, **event} for event in events]
        file.write_text("\n".join(map(json.dumps, stamped)), encoding="utf-8")
    arguments = ["agrees", "--reviewed", str(files[0]), "--preview"]
    assert review.__main__.main([*arguments, str(files[0])]) == 0
    assert review.__main__.main([*arguments, str(files[1])]) == 1
    assert "- aws:s3:Bucket logs: update was reviewed, now it is delete" in capsys.readouterr().out
    assert review.__main__.main([*arguments, str(tmp_path / "missing")]) == 2


@pytest.mark.parametrize(
    ("now", "agrees"),
    [
        ("test-logs-fedcba9", True),
        ("prod-logs-fedcba9", False),
        ("test-other-fedcba9", False),
        ("test-logs-fedcba", False),
        ("test-logs-fedcba98", False),
        ("test-logs", False),
    ],
)
def test_digits_of_a_new_name_are_drawn_anew(now: str, *, agrees: bool) -> None:
    def preview(name: str) -> list[EngineEvent]:
        policy = json.dumps({"Resource": f"arn:aws:s3:::{name}/*"})
        return [step("create", None, entry(BUCKET, "logs", {"bucket": name})), update(1, {"policy": policy})]

    assert (found(preview("test-logs-0123abc"), preview(now)) == []) is agrees


def test_digits_of_a_name_that_stays_are_not() -> None:
    logs = [entry(BUCKET, "logs", {"bucket": f"test-logs-{digits}"}) for digits in ("0123abc", "fedcba9")]
    assert found(*([step("update", logs[0], each, diffs=["bucket"])] for each in logs))
