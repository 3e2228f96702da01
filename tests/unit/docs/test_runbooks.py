"""What pages for the one on call say beside their commands."""

from __future__ import annotations

from tests.runbooks.pages import RUNBOOKS as PLAYED
from tests.runbooks.pages import Page


def test_expected_output_stands_beside_the_commands() -> None:
    """Every block that a reader types says what it prints, or that it prints nothing."""
    pages = [Page(path) for path in PLAYED if Page(path).blocks and not Page(path).reason_not_to_play]
    assert len(pages) > 10
    silent = [f"{page.path.name}: {block.text}" for page in pages for block in page.blocks if "# →" not in block.text]
    assert silent == []
