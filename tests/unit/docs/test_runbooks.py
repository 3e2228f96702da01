"""What pages for the one on call say beside their commands."""

from __future__ import annotations

import re
import sys

from tests.runbooks.pages import RUNBOOKS as PLAYED
from tests.runbooks.pages import Page
from tests.unit.docs.aws_cli import CLI_COMMANDS, operation

# Values that are kept, files that are written, waits, and what says nothing if it works.
QUIET = re.compile(
    r"^\w+=|^\w+\(\) \{|^(export|sleep|cp|mv|rm|eval \"\$\(aws configure) |> [\w.-]+$"
    r"|^git add |^pulumi (config (set|rm)|stack select|stack export --file) |^aws \w+ wait "
)


def is_quiet(text: str) -> bool:
    """Whether a command prints nothing: of the operations of AWS, those whose model has no answer."""
    command = "\n".join(line for line in text.strip().splitlines() if not line.startswith("# →"))
    words = command.split()
    if QUIET.search(command):
        return True
    if words[0] != "aws" or tuple(words[1:3]) in CLI_COMMANDS:
        return False
    answer = operation(words).output_shape
    return answer is None or not answer.members


def test_expected_output_stands_beside_each_command() -> None:
    """One that prints says what; one that does not say is of a kind that prints nothing."""
    every = [(path.name, command) for path in PLAYED for command in Page(path).commands]
    quiet = [command for _, command in every if is_quiet(command.text)]
    unsaid = [
        f"{page}: {command.text}" for page, command in every if not command.expected and not is_quiet(command.text)
    ]
    sys.stdout.write(f"runbooks: {len(every)} entries, {len(quiet)} print nothing, {len(unsaid)} do not say what\n")
    assert len(every) > 300
    assert unsaid == []
    assert [command.text for command in quiet if command.expected] == []
