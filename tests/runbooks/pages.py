"""The commands of a page as its reader meets them: one after the other, with what each is to print."""

from __future__ import annotations

import re
import subprocess
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
RUNBOOKS = sorted(ROOT.glob("docs/runbooks/*.md"))

_BLOCK = re.compile(r"^ *```bash\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
_EXPECTED = re.compile(r"^ *# → (.+)$", re.MULTILINE)
_NOT_RUN = re.compile(r"^\*\*Not run by its test:\*\* (.+?)(?:\n\n|\Z)", re.MULTILINE | re.DOTALL)
_NOT_PLAYED = re.compile(r"^\*\*Not played by a test:\*\* (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Command:
    """What a reader enters at once: a line, or several that belong together."""

    text: str
    """With what it is to print, which stands in or below it after `# →`."""

    @property
    def expected(self) -> Sequence[str]:
        """What the output contains, as the page says. Without any, the command prints nothing."""
        return _EXPECTED.findall(self.text)


def commands(block: str) -> list[Command]:
    """The commands of a block, as bash reads them; comments belong to the command above them."""
    found: list[str] = []
    open_lines = ""
    for line in block.splitlines(keepends=True):
        if found and not open_lines and (not line.strip() or line.startswith("#")):
            found[-1] += line
            continue
        open_lines += line
        if _is_complete(open_lines):
            found.append(open_lines)
            open_lines = ""
    assert not open_lines.strip(), f"bash waits for more after: {open_lines}"
    return [Command(text) for text in found]


def _is_complete(text: str) -> bool:
    """Whether bash would run this, rather than wait for another line."""
    if text.endswith("\\\n"):
        return False
    parsed = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)  # noqa: S607
    # It only warns of text whose end is missing.
    return not parsed.returncode and not parsed.stderr


@dataclass(frozen=True)
class Page:
    """A runbook."""

    path: Path

    @property
    def text(self) -> str:
        """All of it."""
        return self.path.read_text(encoding="utf-8")

    @property
    def commands(self) -> Sequence[Command]:
        """Its commands, in order."""
        return _commands(self.text)

    @property
    def not_run(self) -> frozenset[str]:
        """Commands that its test does not run, as its head says, with the reason."""
        found = _NOT_RUN.search(self.text.partition("\n## ")[0])
        return frozenset(re.findall("`([^`]+)`", found[1])) if found else frozenset()

    @property
    def reason_not_to_play(self) -> str | None:
        """Why no test plays it, as its head says."""
        found = _NOT_PLAYED.search(self.text.partition("\n## ")[0])
        return found[1] if found else None


@cache
def _commands(text: str) -> tuple[Command, ...]:
    return tuple(each for block in _BLOCK.findall(text) for each in commands(textwrap.dedent(block)))
