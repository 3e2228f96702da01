"""The page on programs that were tried names all of them."""

from __future__ import annotations

from tests.engine.conftest import ROOT
from tests.engine.programs.table import TARGET, page


def test_the_page_is_up_to_date() -> None:
    assert (ROOT / TARGET).read_text(encoding="utf-8") == page()
