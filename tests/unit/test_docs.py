"""The documentation: every link leads somewhere, every command exists, every name is one that the platform gives."""

from __future__ import annotations

import ast
import fnmatch
import importlib.util
import json
import re
import subprocess
import textwrap
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from botocore import xform_name  # type: ignore[import-untyped]
from botocore.exceptions import UnknownServiceError  # type: ignore[import-untyped]
from botocore.loaders import Loader  # type: ignore[import-untyped]
from botocore.model import OperationModel, ServiceModel, StructureShape  # type: ignore[import-untyped]

from review.imports import ids as import_ids
from tests.unit.shell import commands
from tests.unit.stacks import parsed

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob(".github/*.md")])
RUNBOOKS = sorted(ROOT.glob("docs/runbooks/*.md"))
PLAN = (ROOT / "plans" / "production.yaml").read_text(encoding="utf-8")

# Everything that pages call beside the programs that are looked at more closely.
TOOLS = frozenset(
    (
        *("cd", "date", "env", "export", "git", "grep", "jq", "pipx", "pre-commit", "rm", "sed", "sleep", "terraform"),
        *("cp", "unset"),
    )
)
PULUMI = frozenset(
    (
        *(
            "cancel",
            "config",
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
        *("stack select", "state delete", "state rename", "state unprotect", "up", "version", "stack ls"),
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
            "label",
            "logs",
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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_and_headings_that_exist(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"https?://|mailto:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_that_a_page_names_exist(page: Path) -> None:
    folders = "bootstrap|components|config|docs|local|plans|policies|review|tests|\\.ci|\\.github"
    named = re.findall(rf"`((?:{folders})/[\w./-]*)`", prose(page))
    # What a change to come would create.
    assert [path for path in named if not (ROOT / path).exists() and path != "components/cluster/karpenter.py"] == []


def test_every_page_can_be_found_from_the_readme() -> None:
    found: set[Path] = set()
    todo = [ROOT / "README.md"]
    while todo:
        page = todo.pop()
        if page in found or not page.exists():
            continue
        found.add(page)
        if page.is_dir():
            todo += page.glob("*.md")
        elif page.suffix == ".md":
            links = re.findall(r"\]\(([^)\s#:]+)(?:#[\w-]*)?\)", page.read_text(encoding="utf-8"))
            todo += [(page.parent / link).resolve() for link in links]
    assert {str(page.relative_to(ROOT)) for page in ROOT.glob("docs/**/*.md") if page not in found} == set()


@pytest.mark.parametrize("block", SHELL, ids=str)
def test_blocks_are_valid_bash(block: Block) -> None:
    result = subprocess.run(["bash", "-n"], input=block.text, capture_output=True, text=True, check=False)  # noqa: S607
    assert result.stderr == ""


def test_only_known_programs_are_called() -> None:
    known = TOOLS | {"aws", "kubectl", "make", "pulumi", "python", ".venv/bin/python", ".ci/pulumi", "substituted"}
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
NAMED_SHORTLY = {"configuration.md"}


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
    program = ast.parse((ROOT / "__main__.py").read_text(encoding="utf-8"))
    tables = [
        node.value for node in program.body if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Dict)
    ]
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
    assert stack in ("production", "staging", "development", "takeover")
    # It does not ask.
    assert action == "preview" or "--yes" in rest or any("," in word for word in rest)


@pytest.mark.parametrize("command", called("kubectl"), ids=str)
def test_verbs_of_kubectl_exist(command: Command) -> None:
    assert command.words[1] in KUBECTL


LOADER = Loader()
# What the AWS CLI adds to the services' own operations and parameters.
CLI_COMMANDS = {("eks", "update-kubeconfig"), ("s3", "rm")}
CLI_OPTIONS = {"query", "output", "region", "profile", "max-items", "page-size"}
CLI_OPTIONS_OF = {("rds", "start-db-instance-automated-backups-replication"): {"source-region"}}


@cache
def service(name: str) -> ServiceModel:
    return ServiceModel(LOADER.load_service_model(name, "service-2"), name)


def operation(words: list[str]) -> OperationModel:
    """The operation that a command of the AWS CLI calls; of a waiter, the one that it repeats."""
    _, name, command, *rest = words
    try:
        model = service("s3" if name == "s3api" else name)
    except UnknownServiceError:
        pytest.fail(f"there is no service {name}")
    if command == "wait":
        waiters = LOADER.load_service_model(name, "waiters-2")["waiters"]
        found = {xform_name(each, "-"): content["operation"] for each, content in waiters.items()}
        assert rest[0] in found, f"{name} waits for {sorted(found)}"
        return model.operation_model(found[rest[0]])
    operations = {xform_name(each, "-"): each for each in model.operation_names}
    assert command in operations, f"{name} has no operation {command}"
    return model.operation_model(operations[command])


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


# Pages whose work is that of an administrator of the account, as they say.
BY_ADMINISTRATORS = {"region-loss.md", "destroy.md"}
IAM_PREFIXES = {
    "cloudwatch": "cloudwatch",
    "elbv2": "elasticloadbalancing",
    "s3api": "s3",
    "resourcegroupstaggingapi": "tag",
}
IAM_ACTIONS = {
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:GetBucketReplication": "s3:GetReplicationConfiguration",
    "budgets:DescribeBudget": "budgets:ViewBudget",
    "backup:ListBackupJobs": "backup:ListBackupJobs",
}
# Reading what exists, which the policy of AWS for looking around allows.
VIEW = ("*:Describe*", "*:List*", "sts:GetCallerIdentity")


@cache
def admin_statements() -> tuple[Mapping[str, Any], ...]:
    """The statements of every policy that the administrator's role carries."""
    resources = yaml.safe_load(PLAN)["access"].items()
    # The boundary is carried by the other roles, and never as a policy.
    policies = [each for name, each in resources if name.startswith("aws:iam:Policy ") and "boundary" not in name]
    return tuple(statement for policy in policies for statement in policy["policy"]["Statement"])


def is_matched(action: str, effect: str) -> bool:
    """Whether statements name the action: to allow it somewhere, or to deny it everywhere."""
    patterns = [
        pattern
        for statement in admin_statements()
        if statement["Effect"] == effect and (effect == "Allow" or statement["Resource"] == "*")
        for pattern in _actions(statement)
    ]
    return any(fnmatch.fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)


def _actions(statement: Mapping[str, Any]) -> list[str]:
    actions = statement["Action"]
    return [actions] if isinstance(actions, str) else list(actions)


@pytest.mark.parametrize(
    "command",
    [each for each in called("aws") if each.page in RUNBOOKS and each.page.name not in BY_ADMINISTRATORS],
    ids=str,
)
def test_the_administrator_may_do_what_the_runbooks_ask(command: Command) -> None:
    if tuple(command.words[1:3]) in CLI_COMMANDS:
        return
    model = operation(command.words)
    name = command.words[1]
    action = f"{IAM_PREFIXES.get(name, name)}:{model.name}"
    action = IAM_ACTIONS.get(action, action)
    allowed = is_matched(action, "Allow") or any(fnmatch.fnmatchcase(action, pattern) for pattern in VIEW)
    assert allowed, f"{action} is not among the administrator's rights"
    assert not is_matched(action, "Deny"), f"{action} is denied to the administrator"


# Options by which a page creates something under a name of its own.
CREATING = (
    *("--target-db-instance-identifier", "--new-db-instance-identifier", "--final-db-snapshot-identifier"),
    *("--db-snapshot-identifier", "--snapshot-name", "--final-snapshot-identifier"),
)
# Stacks of the accounts' foundation, and the label of runners.
OTHER_NAMES = {"production-account", "production-recovery"}


def created_names() -> Iterator[str]:
    for command in COMMANDS:
        for option, value in zip(command.words, command.words[1:], strict=False):
            if option in CREATING:
                yield value


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_names_are_those_that_the_platform_gives(page: Path) -> None:
    given = set(re.findall(r"production-[a-z0-9-]+", PLAN)) | OTHER_NAMES | set(created_names())
    # The takeover is production under another name, and the next major's group will be called like the last one's.
    text = page.read_text(encoding="utf-8").replace("takeover-", "production-").replace("postgres16-", "postgres15-")
    # The account of the pages is that of the example, whoever uses the repository.
    text = re.sub(r"\b\d{12}\b", parsed("production").account_id, text)
    for name in re.findall(r"(?<![\w/.-])production-[a-z0-9-]+", text):
        # A prefix, such as that of alarms, ends with a hyphen.
        assert name in given or (name[-1] == "-" and any(each.startswith(name) for each in given)), name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_log_groups_are_those_of_the_platform(page: Path) -> None:
    groups = set(re.findall(r"/aws/(?:cloudtrail|eks|rds|vpc|vendedlogs|containerinsights)/[\w/.-]+", page.read_text()))
    assert [group for group in groups if f": {group}\n" not in PLAN] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_keys_of_the_configuration_exist(page: Path) -> None:
    reference = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    known = [path.split(".") for path in re.findall(r"^\| `([\w.<>-]+)`", reference, re.MULTILINE)]
    sections = "network|kms|cluster|nodeGroups|workloads|postgres|redis|buckets|observability|account|access|recovery"
    if page.parent.name == "adr":
        return
    for key in re.findall(rf"`((?:{sections})\.[\w.<>]+)`", page.read_text(encoding="utf-8")):
        steps = key.split(".")
        assert any(
            len(steps) <= len(path)
            and all(there == step or there.startswith("<") for there, step in zip(path, steps, strict=False))
            for path in known
        ), key


def test_every_variable_of_the_guide_has_its_key() -> None:
    table = (ROOT / "docs" / "terraform.md").read_text(encoding="utf-8").split("## Variables")[1].split("\n## ")[0]
    named = set(re.findall(r"^\| `(\w+) = ", table, re.MULTILINE))
    assert named == {
        *("aws_region", "owner", "cost_center", "kubernetes_version", "cluster_endpoint_public_access_cidrs"),
        *("rds_instance_class", "rds_multi_az", "rds_backup_retention_period"),
        *("elasticache_node_type", "elasticache_num_cache_clusters"),
    }


@pytest.mark.parametrize("block", blocks("yaml", "yml", "json"), ids=str)
def test_examples_of_files_can_be_read(block: Block) -> None:
    yaml.safe_load(block.text)


def test_manifests_in_commands_can_be_read() -> None:
    found = [
        text for block in SHELL for text in re.findall(r"<<'YAML'\n(.*?)^ *YAML$", block.text, re.DOTALL | re.MULTILINE)
    ]
    assert len(found) >= 3
    for text in found:
        content = yaml.safe_load(text)
        assert {"apiVersion", "kind", "metadata", "spec"} == set(content)


def test_forms_of_ids_are_those_that_the_provider_documents() -> None:
    """The examples in the SDK and the forms here have the same parts."""
    for token, form in import_ids.IDS.items():
        example = documented_id(token)
        if token in import_ids.UNDOCUMENTED:
            assert example is None, f"{token} is documented by now: {example}"
            continue
        assert example, token
        parts, shown = (
            re.sub(r"arn:[^,|]*", "arn", text) for text in (re.sub(r"<[^>]*>|\{[\w.]+\}", "x", form), example)
        )
        if parts == "x" or (form.startswith("{") and example.startswith("arn:")):
            # The whole id is one input, or begins with one, whatever that looks like.
            continue
        assert [shown.count(mark) for mark in ",|:"] == [parts.count(mark) for mark in ",|:"], token
        prefix = re.match(r"[a-z]+(-|$)", parts)
        assert prefix is None or prefix[0] == "default" or shown.startswith(prefix[0]), token


def documented_id(token: str) -> str | None:
    """The id in the SDK's example of an import."""
    package, module, name = token.split(":")
    folder = module.partition("/")[0]
    place = f"pulumi_{package}" if folder == "index" else f"pulumi_{package}.{folder}"
    spec = importlib.util.find_spec(place)
    assert spec, place
    assert spec.origin, place
    file = Path(spec.origin).parent / f"{_snake(name)}.py"
    found = re.search(rf"\$ pulumi import {re.escape(token)} \S+ '?([^\s']+)", file.read_text(encoding="utf-8"))
    return found[1] if found else None


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def test_the_ids_that_the_guide_shows_are_those_of_the_import_file() -> None:
    table = (ROOT / "docs" / "terraform.md").read_text(encoding="utf-8").split("Forms that are not a plain id:")[1]
    named = set(re.findall(r"`(aws:[\w:/]+)`", table.split("5. **Import")[0]))
    assert named
    assert named <= set(import_ids.IDS)


def test_templates_and_hooks_can_be_read() -> None:
    for path in [*ROOT.glob(".github/ISSUE_TEMPLATE/*.yml"), ROOT / ".github/dependabot.yml"]:
        assert yaml.safe_load(path.read_text(encoding="utf-8"))
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    # Nothing is fetched from elsewhere.
    assert [repo["repo"] for repo in hooks] == ["local"]
    for hook in hooks[0]["hooks"]:
        words = hook["entry"].split()
        files = [word for word in words if word.endswith(".py")]
        assert words[0] in ("make", ".venv/bin/python")
        assert [file for file in files if not (ROOT / file).exists()] == []


def test_every_path_has_an_owner_and_every_owner_a_path() -> None:
    lines = (ROOT / ".github" / "CODEOWNERS").read_text(encoding="utf-8").splitlines()
    rules = [line.split() for line in lines if line and not line.startswith("#")]
    assert rules[0][0] == "*"
    assert [pattern for pattern, *_ in rules[1:] if not list(ROOT.glob(pattern.strip("/")))] == []
    owners = {owner for _, *each in rules for owner in each}
    explained = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert [owner for owner in owners if f"`{owner}`" not in explained] == []


def test_the_layout_names_every_folder() -> None:
    layout = (ROOT / "README.md").read_text(encoding="utf-8").split("## Layout")[1].split("\n## ")[0]
    folders = {"docs", "plans", ".github"} | {file.parent.name for file in ROOT.glob("*/*.py")}
    assert {folder for folder in folders if f"`{folder}/`" not in layout} == set()


def test_the_licence_names_its_owner() -> None:
    assert "MIT License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert json.dumps("Trading Platform maintainers").strip('"') in (ROOT / "LICENSE").read_text(encoding="utf-8")
