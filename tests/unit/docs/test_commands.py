"""Every command of the documentation exists, with its options."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
from functools import cache

import pytest
from botocore import xform_name  # type: ignore[import-untyped]
from botocore.model import StructureShape  # type: ignore[import-untyped]

from tests.unit.docs.aws_cli import CLI_COMMANDS, CLI_OPTIONS, CLI_OPTIONS_OF, operation
from tests.unit.docs.support import (
    COMMANDS,
    KUBECTL,
    PAGES,
    PULUMI,
    ROOT,
    RUNBOOKS,
    SHELL,
    TOOLS,
    Block,
    Command,
    called,
)


@pytest.mark.parametrize("block", SHELL, ids=str)
def test_blocks_are_valid_bash(block: Block) -> None:
    result = subprocess.run(["bash", "-n"], input=block.text, capture_output=True, text=True, check=False)  # noqa: S607
    assert result.stderr == ""


def test_only_known_programs_are_called() -> None:
    known = TOOLS | {"aws", "kubectl", "make", "pulumi", "python", ".venv/bin/python", "substituted"}
    known |= {f".ci/{script.name}" for script in (ROOT / ".ci").iterdir()}
    for page in PAGES:
        own = set(re.findall(r"^ *(\w+)\(\) \{", page.read_text(encoding="utf-8"), re.MULTILINE))
        # A name with a dollar is what a variable of the page holds.
        programs = {each.words[0] for each in COMMANDS if each.page == page and each.words[0][0] not in "$-"}
        assert programs - known - own == set(), page.name


@pytest.mark.parametrize("command", called("make"), ids=str)
def test_targets_of_make_exist(command: Command) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = {name for line in re.findall(r"^([a-z][\w -]*):", makefile, re.MULTILINE) for name in line.split()}
    wanted = {word for word in command.words[1:] if "=" not in word}
    assert wanted
    assert wanted <= targets


@pytest.mark.parametrize("command", [*called("python"), *called(".venv/bin/python")], ids=str)
def test_modules_of_python_exist(command: Command) -> None:
    if "-m" in command.words:
        module = command.words[command.words.index("-m") + 1]
        assert importlib.util.find_spec(module), module
    else:
        assert command.words[1] == "--version" or (ROOT / command.words[1]).exists()


# Generated, and says by what.
NAMED_SHORTLY = {"admission.md", "configuration.md", "images.md", "nodes.md"}


def test_python_is_always_that_of_the_environment() -> None:
    """As `.venv/bin/python`, which works in every shell; what a page shows is there to be copied."""
    assert {str(command) for command in COMMANDS if command.words[0] in ("python", "python3")} == set()
    short = {page.name for page in PAGES if re.search(r"`python3? ", page.read_text(encoding="utf-8"))}
    assert short <= NAMED_SHORTLY


def test_revisions_of_the_examples_exist() -> None:
    """There are no tags of releases."""
    bases = {word for command in called("make") for word in command.words if word.startswith("BASE=")}
    assert {re.sub(r"~\d+$", "", base) for base in bases} <= {"BASE=HEAD", "BASE=none"}


@cache
def exports() -> frozenset[str]:
    """The names of the outputs of the platform and of the accounts' foundation."""
    sources = [ROOT / "__main__.py", *ROOT.glob("components/*/*.py")]
    nodes = [node for source in sources for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))]
    own = [node.value for node in nodes if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "exports"]
    parts = [node for node in nodes if isinstance(node, ast.FunctionDef) and node.name == "exports"]
    tables = [each for node in (*own, *parts) if node for each in ast.walk(node) if isinstance(each, ast.Dict)]
    names = {key.value for table in tables for key in table.keys if isinstance(key, ast.Constant)}
    foundation = (ROOT / "bootstrap" / "__main__.py").read_text(encoding="utf-8")
    return frozenset({*map(str, names), *re.findall(r'pulumi\.export\("(\w+)"', foundation)})


@pytest.mark.parametrize("command", called("pulumi"), ids=str)
def test_commands_of_pulumi_exist(command: Command) -> None:
    words = [word for word in command.words[1:] if not word.startswith("-")]
    assert " ".join(words[:2]) in PULUMI or words[0] in PULUMI
    if words[:2] == ["stack", "output"] and len(words) > 2:
        assert words[2] in exports()


def test_outputs_that_pages_name_exist() -> None:
    for page in RUNBOOKS:
        text = page.read_text(encoding="utf-8")
        assert set(re.findall(r"pulumi stack output (\w+)", text)) <= exports(), page.name
    # The table of the README and the one for Terraform.
    for file, column in (("README.md", 1), ("docs/terraform.md", 2)):
        table = (ROOT / file).read_text(encoding="utf-8").split("## Outputs")[1].split("\n## ")[0]
        rows = [row.split("|") for row in table.splitlines() if row.startswith("| `")]
        named = {name for row in rows for name in re.findall(r"`(\w+)`", row[column])}
        assert named <= exports(), file
    assert {name for name in exports() if f"`{name}`" not in (ROOT / "README.md").read_text(encoding="utf-8")} <= {
        *("stateBucket", "stateKeyArn", "loginCommand", "secretsProvider", "githubProviderArn", "previewRoleArn"),
    }


@pytest.mark.parametrize("command", called(".ci/pulumi"), ids=str)
def test_the_wrapper_is_called_as_it_is_written(command: Command) -> None:
    action, stack, *rest = command.words[1:]
    assert action in ("preview", "up")
    assert stack in ("production", "staging", "development", "takeover", "home", "rehearsal")
    # It does not ask.
    assert action == "preview" or "--yes" in rest or any("," in word for word in rest)


@pytest.mark.parametrize("command", called("kubectl"), ids=str)
def test_verbs_of_kubectl_exist(command: Command) -> None:
    assert command.words[1] in KUBECTL


@pytest.mark.parametrize("command", [each for each in called("aws") if len(each.words) > 2], ids=str)
def test_commands_of_aws_exist_with_their_options(command: Command) -> None:
    name, action, *rest = command.words[1:]
    if (name, action) in CLI_COMMANDS:
        return
    shape = operation(command.words).input_shape
    members = shape.members if isinstance(shape, StructureShape) else {}
    options = {xform_name(each, "-"): member for each, member in members.items()}
    known = CLI_OPTIONS | CLI_OPTIONS_OF.get((name, action), set()) | set(options)
    known |= {f"no-{each}" for each, member in options.items() if member.type_name == "boolean"}
    given = {word.removeprefix("--") for word in rest if word.startswith("--")}
    assert given <= known, given - known
    # In a sentence a command may be named without its arguments.
    if command in COMMANDS and shape is not None:
        assert {xform_name(each, "-") for each in shape.required_members} <= given
