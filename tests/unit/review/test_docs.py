"""Every command of the page about reviews is one that exists."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from review.__main__ import _parser

ROOT = Path(__file__).parents[3]
PYTHON = ".venv/bin/python"
PAGE = (ROOT / "docs" / "review.md").read_text(encoding="utf-8")
BLOCKS = "\n".join(re.findall(r"^```bash\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)).replace("\\\n", " ")
COMMANDS = [shlex.split(line, comments=True) for line in BLOCKS.splitlines() if line.strip()]


@pytest.mark.parametrize("words", [words for words in COMMANDS if words[0] == "make"], ids=" ".join)
def test_targets_of_make_exist_and_hand_on_what_is_taken(words: list[str]) -> None:
    _, target, *settings = words
    assert re.search(rf"^{target}: setup$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    values = dict(setting.split("=", maxsplit=1) for setting in settings)
    options = ["--stack", values["STACK"]] if "STACK" in values else []
    options += ["--region", values["REGION"]] if "REGION" in values else []
    options += ["--base", values["BASE"]] if "BASE" in values else []
    _parser().parse_args([target, *options, *values.get("ARGS", "").split()])


@pytest.mark.parametrize("words", [words for words in COMMANDS if words[0] == PYTHON], ids=" ".join)
def test_commands_of_python_are_taken(words: list[str]) -> None:
    assert words[1:3] == ["-m", "review"]
    _parser().parse_args(words[3:])


def test_no_other_commands_are_shown() -> None:
    assert {words[0] for words in COMMANDS} == {"make", PYTHON, ".ci/pulumi"}


def test_files_and_workflows_that_the_page_names_exist() -> None:
    named = re.findall(r"`((?:review|\.ci)/[\w/.]+|bootstrap/)`", PAGE)
    assert len(named) >= 3
    assert [path for path in named if not (ROOT / path).exists()] == []
    workflows = {path.name for path in (ROOT / ".github" / "workflows").glob("*.yaml")}
    assert set(re.findall(r"`([\w-]+\.yaml)`", PAGE)) == workflows
