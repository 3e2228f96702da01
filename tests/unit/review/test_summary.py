"""The summary: what may lose data stands first and in bold, then numbers, policies and cost."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pulumi.automation import EngineEvent

from review import previews
from review.cost import estimate as cost
from review.previews import Preview
from review.summary import summary
from review.summary.summary import Context
from tests.unit.reviews import STACK, component, entry, failure, framed, step, violation

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


def verdict_lines(text: str, title: str) -> list[str]:
    """The entries of a section of the summary."""
    section = text.split(f"### ⚠️ {title} (", maxsplit=1)[1].split("\n### ", maxsplit=1)[0].split("\n\n")[1]
    return section.splitlines()


def test_replaced_and_deleted_data_stands_before_everything_else_in_bold() -> None:
    text = rendered(
        preview_of(
            step("delete", entry(ALARM, "cpu")),
            step("replace", database(), database(dbName="b"), keys=["dbName"]),
            step("delete", entry(BUCKET, "logs")),
        )
    )
    assert text.startswith("## staging: 2 to delete, 1 to replace\n")
    assert text.splitlines()[4].startswith("**⛔ Verdict**: loses data: 2")
    assert verdict_lines(text, "Loses data") == [
        "- **REPLACE `aws:rds:Instance main`**: a database will be lost (forced by `dbName`)",
        "- **DELETE `aws:s3:Bucket logs`**: objects will be lost",
    ]


@pytest.mark.parametrize(
    ("option", "said"),
    [("protect", "the engine refuses, because it is protected"), ("retainOnDelete", "✅ Verdict")],
)
def test_what_keeps_data_is_said(option: str, said: str) -> None:
    bucket = {**entry(BUCKET, "logs"), option: True}
    assert said in rendered(preview_of(step("delete", bucket)))


# The right-hand side is what the RDS user guide says of each change.
@pytest.mark.parametrize(
    ("before", "after", "title", "said"),
    [
        ({}, {"deletionProtection": False}, "Weakens protection", "`deletionProtection`: `true` → `false`"),
        ({}, {"backupRetentionPeriod": 1}, "Loses data", "`backupRetentionPeriod`: `7` → `1`"),
        ({}, {"skipFinalSnapshot": True}, "Weakens protection", "`skipFinalSnapshot`: unset → `true`"),
        ({}, {"allocatedStorage": 50}, "Refused", "`allocatedStorage`: `100` → `50`"),
        ({}, {"allocatedStorage": 200}, "Cannot be undone", "`allocatedStorage`: `100` → `200`"),
        ({"engineVersion": "16"}, {"engineVersion": "15"}, "Refused", "`engineVersion`: `16` → `15`"),
        ({}, {"instanceClass": "db.r6g.xlarge"}, "Interrupts", "`instanceClass`: `db.r6g.large` → `db.r6g.xlarge`"),
    ],
)
def test_old_and_new_values_stand_under_what_they_mean(
    before: dict[str, Any], after: dict[str, Any], title: str, said: str
) -> None:
    text = rendered(preview_of(step("update", database(**before), database(**{**before, **after}))))
    (line,) = verdict_lines(text, title)
    assert line.startswith(f"- **`aws:rds:Instance main`**: {said}")


def test_what_waits_for_the_maintenance_window_says_so() -> None:
    old, new = database(), database(instanceClass="db.r6g.xlarge")
    (line,) = verdict_lines(rendered(preview_of(step("update", old, new))), "Interrupts")
    assert "`db.r6g.large` → `db.r6g.xlarge`: in the maintenance window, one to two minutes" in line


def test_more_protection_is_no_danger() -> None:
    for before, after in (({}, {"backupRetentionPeriod": 14}), ({"deletionProtection": False}, {})):
        text = rendered(preview_of(step("update", database(**before), database(**after))))
        assert "✅ Verdict" in text


def test_what_the_table_does_not_know_is_unknown_never_harmless() -> None:
    strange = "aws:mystery/thing:Thing"
    before, after = entry(strange, "x", {"a": 1}), entry(strange, "x", {"a": 2})
    text = rendered(preview_of(step("update", before, after)))
    assert "**❔ Verdict**: nothing dangerous is known; unknown: 1" in text
    assert "- **`aws:mystery:Thing x`**: `a`: `1` → `2`" in text


def test_documents_differ_by_what_is_inside() -> None:
    role = "aws:iam/rolePolicy:RolePolicy"

    def policy(action: str) -> dict[str, Any]:
        statement = {"Sid": "Read", "Effect": "Allow", "Action": action, "Resource": "*"}
        return entry(role, "r", {"policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})})

    text = rendered(preview_of(step("update", policy("s3:GetObject"), policy("s3:*"))))
    assert "Statement[Read].Action: `s3:GetObject` → `s3:*`" in text


def test_lifted_protection_of_the_engine_is_told_though_no_input_differs() -> None:
    before, after = entry(BUCKET, "logs", protect=True), entry(BUCKET, "logs", protect=False)
    text = rendered(preview_of(step("update", before, after)))
    assert "- **`aws:s3:Bucket logs`**: the engine no longer refuses to delete it" in text


def test_undecided_rules_stand_together_after_what_is_decided() -> None:
    bucket = entry(BUCKET, "logs")
    text = rendered(
        preview_of(
            step("create", after=bucket),
            violation("iam-no-full-access", bucket["urn"], "Rule.\nundecided: policy is unknown", level="advisory"),
        )
    )
    assert "Advice" not in text
    assert "Not decided before the update (1)" in text


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
    for good_news in ("violation", "$", "Verdict"):
        assert good_news not in text


def test_cost_is_told_as_a_difference_with_what_makes_it() -> None:
    provider = entry("pulumi:providers:aws", "aws", {"region": "us-east-1"}, parent=STACK)
    larger = database(instanceClass="db.r6g.xlarge")
    text = rendered(preview_of(step("same", provider, provider), step("update", database(), larger)))
    # 730 hours of $0.225 and 100 GiB of $0.115 before; an hour of $0.45 after.
    assert "**Cost**: **+$164.25** a month (+93.5%), from $175.75 to $340.00 a month" in text
    assert "- +$164.25 data: main" in text


def test_an_unchanged_cost_is_one_line() -> None:
    text = rendered(preview_of(step("update", database(), database(backupRetentionPeriod=8))))
    assert "**Cost**: unchanged, $175.75 a month" in text


def test_the_link_is_there_when_it_is_known() -> None:
    assert "Compared with main · [full preview](https://example.com/1)" in rendered(
        preview_of(), "https://example.com/1"
    )
    assert "Compared with main\n" in rendered(preview_of())


def test_components_are_counted_and_their_children_judged() -> None:
    text = rendered(preview_of(step("create", None, component("more")), step("create", None, entry(ALARM, "cpu"))))
    assert text.startswith("## staging: 2 to create\n")
    assert "**✅ Verdict**" in text
    assert "Unknown (" not in text


def test_quantities_stand_beside_amounts() -> None:
    text = rendered(preview_of(step("update", database(), database(allocatedStorage=200, backupRetentionPeriod=8))))
    # 100 GiB more at $0.115.
    assert "- +$11.50 data: main: 100 GiB of gp3 storage → 200 GiB of gp3 storage" in text


@pytest.mark.parametrize("unpriced_first", [False, True])
def test_a_price_that_nobody_knows_is_no_saving(*, unpriced_first: bool) -> None:
    sides = [database(), database(instanceClass="db.zz9.large")]
    before, after = sides[::-1] if unpriced_first else sides
    text = rendered(preview_of(step("update", before, after), step("create", None, entry(ALARM, "cpu"))))
    cost_lines = text[text.index("**Cost**") :].splitlines()
    # The alarm, at $0.10, is all that is known of the difference.
    assert cost_lines[0].startswith(
        "**Cost**: **unknown**: no price of 1 resource; **+$0.10** a month in what is known"
    )
    assert cost_lines[2].startswith("- unknown data: main: ")
    assert "db.zz9.large (no price)" in cost_lines[2]
    assert ("no price is known of db.zz9.large" in cost_lines[0]) is not unpriced_first
    assert "and what is unknown" in cost_lines[0]


def test_what_was_unknown_and_stays_so_is_said_with_every_total() -> None:
    unknown = database(instanceClass="db.zz9.large")
    text = rendered(preview_of(step("same", unknown, unknown), step("create", None, entry(ALARM, "cpu"))))
    assert "**Cost**: **+$0.10** a month" in text
    assert "and what is unknown a month" in text
    assert "no price is known of db.zz9.large" in text


def test_a_type_that_nobody_priced_is_unknown_in_differences_too() -> None:
    text = rendered(
        preview_of(step("same", database(), database()), step("create", None, entry("aws:new/thing:Thing", "x")))
    )
    assert "**Cost**: **unknown**" in text
    assert "- unknown data: x: nothing → resources of type aws:new/thing:Thing (no price)" in text
