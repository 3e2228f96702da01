"""The gallery of dangerous changes in the handbook is what summaries say today."""

from __future__ import annotations

import pytest

from review import gallery
from tests.engine.deployed import ROOT

pytestmark = pytest.mark.engine

# What the page says of each change, in the words of the provider's documents. Prices and counts are judged elsewhere.
SAID = {
    "Another VPC CIDR, with its subnets": "⛔ Verdict**: refused: ",
    "Object Lock from COMPLIANCE for seven years to GOVERNANCE for 30 days": "`COMPLIANCE` → `GOVERNANCE`",
    "A vault lock that becomes permanent in three days": "⛔ Verdict**: irreversible: 2",
    "Kubernetes from 1.36 to 1.35": "`1.36` → `1.35`: a control plane never goes back",
    "PostgreSQL from 15 to 16, and less storage": "`500` → `400`: storage of RDS never shrinks",
    "GuardDuty off": "threats are no longer detected",
    "A larger class of the database": "`db.r6g.2xlarge` → `db.r6g.4xlarge`: in the maintenance window",
    "A class without a price": "**Cost**: **unknown**: no price of 1 resource",
    "A mistake in the configuration": "❌ the preview failed",
    "The first preview": "▸ Not decided before the update (",
}
_CHANGING = ("> **Cost**", "> **Policies**", "> - +$", "> - -$", "> ▸ ")


def page() -> dict[str, str]:
    """The parts of the page by the change that they show."""
    text = (ROOT / "docs" / "review.md").read_text(encoding="utf-8")
    shown = text.partition(gallery.MARKS[0])[2].partition(gallery.MARKS[1])[0]
    return {part.partition("\n")[0]: part for part in shown.split("### ")[1:]}


def lasting(text: str) -> list[str]:
    return [line for line in text.strip().splitlines() if not line.startswith(_CHANGING)]


def test_each_of_the_ten_changes_shows_its_danger() -> None:
    found = page()
    assert list(found) == list(SAID) == [row.name for row in gallery.ROWS]
    assert [name for name, said in SAID.items() if said not in found[name]] == []


def test_the_page_shows_what_summaries_say() -> None:
    rows = [row for row in gallery.ROWS if row.name.startswith(("Object Lock", "A vault lock"))]
    for row, text in zip(rows, gallery.pages(ROOT, rows), strict=True):
        assert lasting(text.removeprefix("### ")) == lasting(page()[row.name]), "run `make gallery`"


@pytest.mark.nightly
def test_every_verdict_of_the_page_is_that_of_today() -> None:
    for row, text in zip(gallery.ROWS, gallery.pages(ROOT), strict=True):
        verdicts = [[line for line in each.splitlines() if "Verdict" in line] for each in (text, page()[row.name])]
        assert verdicts[0] == verdicts[1], row.name
