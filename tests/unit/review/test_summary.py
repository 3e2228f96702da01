"""The summary: what may lose data stands first and in bold, then numbers, policies and cost."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.automation import EngineEvent

from review import previews
from review.cost import estimate as cost
from review.previews import Preview
from review.summary import stateful, summary
from review.summary.summary import Context
from tests.unit.reviews import STACK, entry, failure, framed, step, violation

BUCKET, DATABASE, ALARM = "aws:s3/bucket:Bucket", "aws:rds/instance:Instance", "aws:cloudwatch/metricAlarm:MetricAlarm"
DATABASE_INPUTS = {
    "engine": "postgres",
    "instanceClass": "db.r6g.large",
    "allocatedStorage": 100,
    "storageType": "gp3",
    "deletionProtection": True,
    "backupRetentionPeriod": 7,
}


def preview_of(*events: EngineEvent, packs: dict[str, str] | None = None) -> Preview:
    return previews.from_events(framed(*events, packs=packs))


def rendered(preview: Preview, link: str = "") -> str:
    costs = cost.estimate_of(preview.before), cost.estimate_of(preview.after)
    return summary.render(preview, costs, Context(stack="staging", compared="main", link=link))


def database(**changes: Any) -> dict[str, Any]:
    return entry(DATABASE, "main", {**DATABASE_INPUTS, **changes})


def test_replaced_and_deleted_data_stands_before_everything_else_in_bold() -> None:
    text = rendered(
        preview_of(
            step("delete", entry(ALARM, "cpu")),
            step("replace", database(), database(dbName="b"), keys=["dbName"]),
            step("delete", entry(BUCKET, "logs")),
        )
    )
    danger, rest = text.split("<details>", maxsplit=1)
    assert danger.splitlines()[4:] == [
        "### ⚠️ Data at risk",
        "",
        "- **DELETE `aws:s3:Bucket logs`**: objects will be lost",
        "- **REPLACE `aws:rds:Instance main`**: a database will be lost (forced by `dbName`)",
        "",
    ]
    assert "lose no data (1)" in rest
    assert "- delete `aws:cloudwatch:MetricAlarm cpu`" in rest
    assert text.startswith("## staging: 2 to delete, 1 to replace\n")


@pytest.mark.parametrize(
    ("option", "said"),
    [("protect", "the engine refuses, because it is protected"), ("retainOnDelete", "objects stays in the cloud")],
)
def test_what_keeps_data_is_said(option: str, said: str) -> None:
    bucket = {**entry(BUCKET, "logs"), option: True}
    assert said in rendered(preview_of(step("delete", bucket)))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({}, {"deletionProtection": False}, ["`deletionProtection` is no longer true"]),
        ({}, {"backupRetentionPeriod": 1}, ["`backupRetentionPeriod` falls from 7 to 1 days"]),
        ({}, {"skipFinalSnapshot": True}, ["`skipFinalSnapshot` is no longer false"]),
        ({}, {"backupRetentionPeriod": 14}, []),
        ({"deletionProtection": False}, {"deletionProtection": True}, []),
    ],
)
def test_weaker_protection_is_told(before: dict[str, Any], after: dict[str, Any], said: list[str]) -> None:
    preview = preview_of(step("update", database(**before), database(**{**before, **after})))
    assert [what for _, what in stateful.weakened(preview)] == said


def test_lifted_protection_of_the_engine_is_told_though_no_input_differs() -> None:
    before, after = entry(BUCKET, "logs", protect=True), entry(BUCKET, "logs", protect=False)
    assert "- **`aws:s3:Bucket logs`**: protection from deletion is lifted" in rendered(
        preview_of(step("update", before, after))
    )


def test_logs_that_are_kept_forever_from_now_on_are_no_loss() -> None:
    group = "aws:cloudwatch/logGroup:LogGroup"
    before, after = entry(group, "audit", {"retentionInDays": 30}), entry(group, "audit", {"retentionInDays": 0})
    assert stateful.weakened(preview_of(step("update", before, after))) == []


def test_numbers_are_counted_by_component() -> None:
    buckets = [entry(BUCKET, name) for name in ("a", "b", "c")]
    text = rendered(
        preview_of(
            step("create", after=buckets[0]), step("create", after=buckets[1]), step("same", buckets[2], buckets[2])
        )
    )
    assert "| Component | Create | Same |\n| --- | ---: | ---: |\n| data | 2 | 2 |" in text


def test_nothing_to_do_is_said_in_the_headline_and_has_no_table() -> None:
    text = rendered(preview_of())
    assert text.startswith("## staging: no changes\n")
    assert "| Component" not in text


def test_policies_say_who_looked_on_and_what_is_wrong() -> None:
    bucket = entry(BUCKET, "logs")
    text = rendered(
        preview_of(
            step("create", after=bucket),
            violation("s3-tls", bucket["urn"], "Buckets want TLS.\nthe policy | lacks <b>it</b>"),
            violation("s3-tags", bucket["urn"], level="advisory"),
        )
    )
    assert "**Policies**: **1 violation**, 1 advisory (rules)" in text
    assert "- ❌ **s3-tls** on `logs`: the policy \\| lacks &lt;b>it&lt;/b>" in text
    assert "- s3-tags: 1 resource" in text
    assert "❌ 1 to create" in text.splitlines()[0]


def test_it_is_said_when_no_pack_looked_on() -> None:
    assert "**Policies**: no pack looked on" in rendered(preview_of(packs={}))
    assert "**Policies**: not part of this preview" in rendered(Preview())


def test_a_failed_preview_says_why() -> None:
    text = rendered(preview_of(failure("trading-platform:redis.shards: 0 is less than 1\n")))
    assert text.startswith("## staging: ❌ the preview failed\n")
    assert "- trading-platform:redis.shards: 0 is less than 1" in text


def test_cost_is_told_as_a_difference_with_what_makes_it() -> None:
    provider = entry("pulumi:providers:aws", "aws", {"region": "us-east-1"}, parent=STACK)
    larger = database(instanceClass="db.r6g.xlarge")
    text = rendered(preview_of(step("same", provider, provider), step("update", database(), larger)))
    # 730 hours of $0.225 and 100 GiB of $0.115 before; an hour of $0.45 after.
    assert "**Cost**: **+$164.25** a month, from $175.75 to $340.00 a month" in text
    assert "- +$164.25 data: main" in text


def test_an_unchanged_cost_is_one_line() -> None:
    text = rendered(preview_of(step("update", database(), database(backupRetentionPeriod=8))))
    assert "**Cost**: unchanged, $175.75 a month" in text


def test_the_link_is_there_when_it_is_known() -> None:
    assert "Compared with main · [full preview](https://example.com/1)" in rendered(
        preview_of(), "https://example.com/1"
    )
    assert "Compared with main\n" in rendered(preview_of())
