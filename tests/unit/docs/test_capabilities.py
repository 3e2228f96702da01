"""The page of capabilities: each row has keys, a price, and a proof that exists."""

from __future__ import annotations

import re

import pytest

from policies.packs import PACKS
from tests.unit.docs.support import ROOT
from tests.unit.stacks import EXAMPLES

PAGE = (ROOT / "docs" / "capabilities.md").read_text(encoding="utf-8")
HEADER = "| Capability | Keys | A year | Proven by |"
ROWS = [
    tuple(cell.strip() for cell in line.strip().strip("|").split(" | "))
    for line in PAGE.partition(HEADER)[2].strip().split("\n\n")[0].splitlines()[1:]
]


def test_there_are_rows() -> None:
    assert len(ROWS) > 15


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_row_has_its_keys_its_price_and_a_proof(row: tuple[str, ...]) -> None:
    what, keys, year, proof = row
    assert what
    assert re.findall(r"`[a-z][\w.*]+`", keys), "the keys of the configuration"
    assert year
    proofs = re.findall(r"`(test_\w+\.py)`(?: \(([^)]*)\))?", proof)
    assert proofs, "the tests that prove it"
    for file, names in proofs:
        (path,) = (ROOT / "tests").rglob(file)
        text = path.read_text(encoding="utf-8")
        assert [name for name in re.findall(r"`(Test\w+)`", names) if f"class {name}" not in text] == []
    rules = {rule.name for pack in PACKS for rule in pack.rules}
    assert set(re.findall(r"`([a-z0-9]+(?:-[a-z0-9]+)+)`", proof)) <= rules


def test_every_example_proves_something() -> None:
    proofs = " ".join(row[3] for row in ROWS)
    assert [name for name in EXAMPLES if not re.search(rf"examples? (?:[\w-]+ and )?{name}\b", proofs)] == []
