"""Reading previews: of events, and of what the CLI prints as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from review import previews
from review.errors import ReviewError
from review.previews import Kind
from tests.unit.reviews import PREFIX, entry, failure, framed, step, urn, violation

BUCKET, DATABASE = "aws:s3/bucket:Bucket", "aws:rds/instance:Instance"


def test_a_change_says_what_differs() -> None:
    before, after = entry(BUCKET, "logs", {"tags": {}}), entry(BUCKET, "logs", {"tags": {"a": "b"}})
    preview = previews.from_events(framed(step("update", before, after, diffs=["tags"])))
    (change,) = previews.changed(preview)
    assert (change.kind, change.properties) == (Kind.UPDATE, ["tags"])
    assert change.before
    assert change.after
    assert change.after.inputs == {"tags": {"a": "b"}}
    assert preview.after.component(change.after) == "data"


def test_the_steps_of_a_replacement_are_one_change_with_what_forces_it() -> None:
    old, new = entry(DATABASE, "main", {"dbName": "a"}), entry(DATABASE, "main", {"dbName": "b"})
    events = [
        step("create-replacement", old, new, diffs=["dbName", "tags"], keys=["dbName"]),
        step("replace", old, new, diffs=["dbName", "tags"], keys=["dbName"]),
        step("delete-replaced", old),
    ]
    (change,) = previews.changed(previews.from_events(framed(*events)))
    assert (change.kind, change.properties) == (Kind.REPLACE, ["dbName"])
    assert change.before
    assert change.after


def test_what_is_deleted_is_not_there_afterwards() -> None:
    old = entry(BUCKET, "logs")
    preview = previews.from_events(framed(step("delete", old)))
    assert old["urn"] in preview.before
    assert old["urn"] not in preview.after


def test_a_refresh_is_no_change_but_what_it_leads_to_is() -> None:
    same, drifted = entry(BUCKET, "same"), entry(BUCKET, "drifted")
    events = [step("refresh", same, same), step("refresh", drifted, drifted), step("same", same, same)]
    preview = previews.from_events(framed(*events, step("update", drifted, drifted, diffs=["tags"])))
    assert [change.urn for change in previews.changed(preview)] == [drifted["urn"]]


def test_violations_say_what_is_wrong_mandatory_ones_first() -> None:
    events = [
        violation("b-rule", f"{PREFIX}{BUCKET}::logs", level="advisory"),
        violation("a-rule", f"{PREFIX}{BUCKET}::logs", message="<{%reset%}>Says why.\n<{%fg 1%}>is wrong<{%reset%}>"),
        failure("preview failed"),
    ]
    preview = previews.from_events(framed(*events, packs={"rules|local|/some/folder": "1.0.0"}))
    assert [(each.rule, each.message) for each in preview.violations] == [
        ("a-rule", "is wrong"),
        ("b-rule", "is wrong"),
    ]
    assert preview.packs == ["rules"]
    assert preview.errors == []
    assert preview.failed


def test_advice_does_not_fail_a_preview_but_an_error_does() -> None:
    advice = violation("a-rule", "", level="advisory")
    assert not previews.from_events(framed(advice)).failed
    assert previews.from_events(framed(advice, failure("the program is broken"))).failed


def write(file: Path, *lines: object) -> Path:
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    return file


def test_a_file_of_events_is_read_like_the_events(tmp_path: Path) -> None:
    bucket = entry(BUCKET, "logs", type=BUCKET)
    pre = {"metadata": {"op": "create", "urn": bucket["urn"], "type": BUCKET, "new": bucket}}
    file = write(
        tmp_path / "events.jsonl",
        {"sequence": 0, "timestamp": 0, "preludeEvent": {"config": {}}},
        {"sequence": 1, "timestamp": 0, "resourcePreEvent": pre},
        {"sequence": 2, "timestamp": 0, "summaryEvent": {"resourceChanges": {"create": 1}, "PolicyPacks": {}}},
    )
    preview = previews.read(file)
    assert [change.kind for change in preview.changes] == [Kind.CREATE]
    assert preview.packs == []


def test_a_preview_as_json_tells_changes_and_errors_but_no_policies(tmp_path: Path) -> None:
    bucket = entry(BUCKET, "logs")
    step_ = {"op": "delete", "urn": bucket["urn"], "oldState": bucket, "diffReasons": None}
    digest = {"steps": [step_], "diagnostics": [{"message": "no", "severity": "error"}], "changeSummary": {"delete": 1}}
    preview = previews.read(write(tmp_path / "preview.json", digest))
    assert [change.kind for change in preview.changes] == [Kind.DELETE]
    assert preview.packs is None
    assert preview.errors == ["no"]


@pytest.mark.parametrize("text", ["", "no JSON", "[]", '{"a": 1}', '{"sequence": 1, "timestamp": 1}'])
def test_other_files_are_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "file"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ReviewError, match="file"):
        previews.read(file)


def test_the_component_is_the_last_known_parent_where_the_chain_is_broken(tmp_path: Path) -> None:
    bucket = entry(BUCKET, "logs", parent=f"{PREFIX}platform:storage:SecureBucket::buckets-logs")
    digest = {"steps": [{"op": "create", "urn": bucket["urn"], "newState": bucket}]}
    preview = previews.read(write(tmp_path / "preview.json", digest))
    (change,) = preview.changes
    assert change.after
    assert preview.after.component(change.after) == "buckets-logs"


@pytest.mark.parametrize(
    ("type_", "name", "counted"),
    [
        ("pulumi:pulumi:Stack", "trading-platform-test", True),
        ("pulumi:providers:aws", "aws", True),
        ("pulumi:providers:aws", "default", False),
        ("pulumi:providers:random", "default_4_21_4", False),
        ("aws:s3/bucket:Bucket", "default", True),
    ],
)
def test_what_counts_is_what_the_engine_counts(type_: str, name: str, *, counted: bool) -> None:
    made = previews.from_events([step("create", None, {"urn": urn(type_, name), "custom": True})])
    assert bool(made.changes) is counted
    assert len(list(previews.changed(made))) == len(made.changes)
