"""The commands of a page as its reader meets them: block after block, with what they are to print."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
RUNBOOKS = sorted(ROOT.glob("docs/runbooks/*.md"))

_BLOCK = re.compile(r"^ *```bash\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
_EXPECTED = re.compile(r"^# → (.+)$", re.MULTILINE)
_NOTHING = "nothing"
_NOT_PLAYED = re.compile(r"^\*\*Not played by a test:\*\* (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """Commands that are typed together."""

    text: str

    @property
    def expected(self) -> Sequence[str]:
        """What the output contains, as the page says beside the commands."""
        return [found for found in _EXPECTED.findall(self.text) if found != _NOTHING]

    @property
    def is_silent(self) -> bool:
        """Whether the page says that nothing is printed."""
        return _NOTHING in _EXPECTED.findall(self.text)


@dataclass(frozen=True)
class Page:
    """A runbook."""

    path: Path

    @property
    def text(self) -> str:
        """All of it."""
        return self.path.read_text(encoding="utf-8")

    @property
    def blocks(self) -> Sequence[Block]:
        """Its blocks of commands, in order."""
        return [Block(textwrap.dedent(found)) for found in _BLOCK.findall(self.text)]

    @property
    def reason_not_to_play(self) -> str | None:
        """Why no test plays it, as its head says."""
        found = _NOT_PLAYED.search(self.text.partition("\n## ")[0])
        return found[1] if found else None
