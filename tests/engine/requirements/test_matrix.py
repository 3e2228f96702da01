"""Each row of the setup guide, and the assertion on the deployed production stack that proves it.

`pytest tests/engine/requirements -v` prints the matrix. A row without an assertion fails the build.
"""

from __future__ import annotations

import pytest

from tests.engine.deployed import deployed
from tests.engine.requirements import cluster, databases, handbook, network, operations, storage
from tests.engine.requirements.support import MATRIX

pytestmark = pytest.mark.engine

CHAPTERS = (network, cluster, databases, storage, operations, handbook)
ROWS = [f"R{number}" for number in range(1, 86)]


def test_every_row_of_the_guide_has_an_assertion() -> None:
    assert [row for row in ROWS if row not in MATRIX] == []
    assert [row for row in MATRIX if row not in ROWS] == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row}: {MATRIX[row][0]}" if row in MATRIX else row)
def test_row(row: str) -> None:
    _, proof = MATRIX[row]
    proof(deployed("production"))
