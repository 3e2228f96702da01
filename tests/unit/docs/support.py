"""The pages of the documentation, and the commands in them."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import NamedTuple

from tests.unit.shell import commands

ROOT = Path(__file__).parents[3]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob(".github/*.md")])
RUNBOOKS = sorted(ROOT.glob("docs/runbooks/*.md"))
PLAN = (ROOT / "plans" / "production.yaml").read_text(encoding="utf-8")

# Everything that pages call beside the programs that are looked at more closely.
TOOLS = frozenset(
    (
        *("cd", "date", "env", "export", "git", "grep", "jq", "pipx", "pre-commit", "rm", "sed", "sleep", "terraform"),
        *("bash", "cp", "echo", "eval", "mv", "helm", "unset", "xargs"),
    )
)
PULUMI = frozenset(
    (
        *(
            "cancel",
            "config",
            "config rm",
            "config set",
            "destroy",
            "import",
            "login",
            "policy analyze",
            "policy enable",
            "policy publish",
            "preview",
            "refresh",
        ),
        *("stack", "stack export", "stack history", "stack import", "stack init", "stack output", "stack rm"),
        *(
            "stack select",
            "state delete",
            "state protect",
            "state rename",
            "state unprotect",
            "up",
            "version",
            "stack ls",
        ),
    )
)
KUBECTL = frozenset(
    (
        *(
            "apply",
            "cordon",
            "create",
            "delete",
            "describe",
            "drain",
            "exec",
            "get",
            "kustomize",
            "label",
            "logs",
            "patch",
            "rollout",
            "scale",
        ),
        *("top", "version", "wait"),
    )
)


class Block(NamedTuple):
    """A fenced block of a page."""

    page: Path
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}: {self.text.strip().splitlines()[0][:60]}"


class Command(NamedTuple):
    """A command with the page that shows it."""

    page: Path
    words: list[str]

    def __str__(self) -> str:
        return f"{self.page.name}: {' '.join(self.words)[:80]}"


def blocks(*languages: str) -> list[Block]:
    pattern = rf"^ *```(?:{'|'.join(languages)})\n(.*?)^ *```"
    return [
        Block(page, textwrap.dedent(text))
        for page in PAGES
        for text in re.findall(pattern, page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    ]


SHELL = blocks("bash", "sh")
COMMANDS = [Command(block.page, words) for block in SHELL for words in commands(block.text)]
# Commands in the running text that are whole, such as `pulumi stack output`.
INLINE = [
    Command(page, words)
    for page in PAGES
    for code in re.findall(
        r"`((?:make|pulumi|aws|kubectl|(?:\.venv/bin/)?python -m) [^`]+)`", page.read_text(encoding="utf-8")
    )
    if "…" not in code and "NAME" not in code
    for words in commands(code)
]


def called(program: str) -> list[Command]:
    return [command for command in [*COMMANDS, *INLINE] if command.words[0] == program]


def prose(page: Path) -> str:
    """A page without its blocks."""
    return re.sub(r"^ *```.*?^ *```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
