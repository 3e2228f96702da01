"""The workflows on GitHub: what they may do, that every command in them exists, and that no input runs as code."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import runpy
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

import local.__main__
import review.__main__
from tests.servers.packages import POSTGRES_MAJOR, PROGRAMS, REDIS_MINOR
from tests.unit.stacks import EVERY_STACK, STACKS, stack_file

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yaml"))
ACTIONS = sorted((ROOT / ".github" / "actions").glob("*/action.yaml"))

# Who may have more than the right to read the code, and for what.
WRITES = {
    ("pull-request.yaml", "deployed"): {"id-token"},
    ("pull-request.yaml", "comment"): {"pull-requests"},
    ("deploy.yaml", "development"): {"id-token"},
    ("deploy.yaml", "staging"): {"id-token"},
    ("deploy.yaml", "production"): {"id-token"},
    ("deploy-stack.yaml", "plan"): {"id-token"},
    ("deploy-stack.yaml", "apply"): {"id-token"},
    ("drift.yaml", "compare"): {"id-token"},
    ("drift.yaml", "report"): {"issues"},
    ("nightly.yaml", "report"): {"issues"},
}
# Whose code runs here beside ours.
TRUSTED = {"actions", "aws-actions", "pulumi"}
PARSERS = {"review": review.__main__._parser, "local": local.__main__._parser}


@dataclass(frozen=True)
class Step:
    """A step of a workflow or of an action of ours, with the variables around it."""

    file: str
    job: str
    content: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.file}: {self.job}: {self.content.get('name') or self.content.get('uses') or self.run}"

    @property
    def run(self) -> str:
        return str(self.content.get("run", ""))


def load(file: Path) -> dict[Any, Any]:
    content: dict[Any, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return content


def jobs() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for file in WORKFLOWS:
        for name, job in load(file)["jobs"].items():
            yield file.name, name, job


def all_steps() -> list[Step]:
    found = [Step(file, name, step) for file, name, job in jobs() for step in job.get("steps", ())]
    own = [(file.parent.name, step) for file in ACTIONS for step in load(file)["runs"]["steps"]]
    return [*found, *(Step(file, "action", step) for file, step in own)]


STEPS = all_steps()
SCRIPTS = [step for step in STEPS if step.run]


def commands(word: str) -> list[tuple[Step, list[str]]]:
    """The commands of all scripts that begin with a word, without what comes after a pipe or a redirection."""
    found = []
    for step in SCRIPTS:
        for line in step.run.replace("\\\n", " ").splitlines():
            for part in re.split(r"\|\|?|&&|>>?|;", line):
                if part.split()[:1] == [word]:
                    found.append((step, shlex.split(part)[1:]))
    return found


def test_there_are_workflows_for_review_deployment_drift_and_the_night() -> None:
    assert [file.name for file in WORKFLOWS] == [
        *("deploy-stack.yaml", "deploy.yaml", "drift.yaml", "nightly.yaml", "pull-request.yaml"),
    ]


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_nothing_is_allowed_that_no_job_asks_for(file: Path) -> None:
    assert load(file)["permissions"] == {}
    for name, job in load(file)["jobs"].items():
        granted = {scope for scope, level in job["permissions"].items() if level == "write"}
        assert granted == WRITES.get((file.name, name), set()), name
        assert set(job["permissions"].values()) <= {"read", "write"}


def test_no_workflow_runs_foreign_code_with_rights_of_ours() -> None:
    triggers = {trigger for file in WORKFLOWS for trigger in load(file)[True]}  # YAML reads the key `on` as a boolean.
    assert triggers == {"pull_request", "push", "schedule", "workflow_call", "workflow_dispatch"}


def test_jobs_with_credentials_are_bound_to_an_environment_and_skipped_in_forks() -> None:
    for file, name, job in jobs():
        if job["permissions"].get("id-token") == "write" and "uses" not in job:
            # What a branch proposes waits for a reviewer, what main says for nobody, but to change a stack.
            waiting = {"preview"} if file == "pull-request.yaml" else {"main", "${{ inputs.stack }}"}
            assert job["environment"] in waiting, name
            if file == "pull-request.yaml":
                assert "head.repo.full_name == github.repository" in job["if"]


def test_every_job_ends() -> None:
    assert [name for _, name, job in jobs() if "uses" not in job and not job.get("timeout-minutes")] == []


def starts_servers(job: Mapping[str, Any]) -> bool:
    return any(re.search(r"^(\.ci/run|make (test|nightly))\b", step.get("run", "")) for step in job.get("steps", ()))


def test_servers_are_started_where_their_packages_are() -> None:
    """On Debian 12 as root: Ubuntu has other versions of them, and its runners another user."""
    found = {(file, name): job for file, name, job in jobs() if starts_servers(job)}
    assert set(found) == {("pull-request.yaml", "check"), ("nightly.yaml", "test")}
    # What Debian 12 has.
    assert (POSTGRES_MAJOR, REDIS_MINOR) == ("15", "7.0")
    for job in found.values():
        assert job["container"] == "python:3.11-bookworm"
        # In a container the shell would be sh, which has no pipefail.
        assert job["defaults"] == {"run": {"shell": "bash"}}
        # The action sets up a Python of Ubuntu; git refuses the checkout of another user.
        assert not any(str(step.get("uses")).startswith("./") for step in job["steps"])
        assert any("safe.directory" in step.get("run", "") for step in job["steps"])


def test_the_dev_container_is_the_place_of_the_checks() -> None:
    """Whoever opens it has what CI has, and `make servers` installs what else the tests need."""
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))
    assert {container["image"]} == {job["container"] for _, _, job in jobs() if starts_servers(job)}
    assert container["remoteUser"] == "root"
    # Whose checkout it is not: git would refuse it, as in the jobs.
    assert "safe.directory" in container["onCreateCommand"]
    assert container["postCreateCommand"] == "make servers"


def test_the_readme_names_what_the_tests_need_of_a_system() -> None:
    told = (ROOT / "README.md").read_text(encoding="utf-8").split("## Two commands")[1].split("\n## ")[0]
    named = {
        "jq": "jq",
        "redis-server": "Redis",
        "openssl": "OpenSSL",
        "prometheus": "Prometheus",
        "prometheus-alertmanager": "Alertmanager",
    }
    assert {packages["apt-get"] for _, packages in PROGRAMS.values()} == set(named)
    assert [name for name in named.values() if name not in told] == []


def test_a_test_that_hangs_is_reported() -> None:
    job = load(ROOT / ".github" / "workflows" / "nightly.yaml")["jobs"]["test"]
    (step,) = [step for step in job["steps"] if "make nightly" in step.get("run", "")]
    assert step["timeout-minutes"] < job["timeout-minutes"]


def test_nothing_is_checked_twice() -> None:
    """What has to hold before a merge is one script, and no other step of the workflow repeats a part of it."""
    runs = [step.run for step in SCRIPTS if step.file == "pull-request.yaml" and step.job == "check"]
    assert [run for run in runs if not run.startswith(("git config", "make charts"))] == [".ci/run"]
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert re.findall(r"\bmake (\w+)", script) == ["preview", "test"]
    (previewed,) = re.findall(r"^for stack in (.+); do$", script, re.MULTILINE)
    assert set(previewed.split()) == set(STACKS)


def test_one_deployment_of_a_stack_waits_for_the_other() -> None:
    deploy = load(ROOT / ".github" / "workflows" / "deploy.yaml")["jobs"]
    assert {stack: job["with"] for stack, job in deploy.items()} == {stack: {"stack": stack} for stack in STACKS}
    assert [job for job in deploy.values() if "concurrency" in job] == []
    both = load(ROOT / ".github" / "workflows" / "deploy-stack.yaml")["jobs"]
    assert both["apply"]["concurrency"] == {"group": "deploy-${{ inputs.stack }}", "cancel-in-progress": False}


def test_previews_of_main_wait_for_nobody() -> None:
    """Neither for reviewers, which the environment `preview` has and `main` has not, nor for a deployment."""
    for file, name in (("deploy-stack.yaml", "plan"), ("drift.yaml", "compare")):
        job = load(ROOT / ".github" / "workflows" / file)["jobs"][name]
        assert job["environment"] == "main"
        assert "concurrency" not in job


def test_what_was_planned_is_what_is_deployed() -> None:
    runs = {step.job: step.run for step in SCRIPTS if step.file == "deploy-stack.yaml" and ".ci/pulumi" in step.run}
    assert runs == {
        "plan": '.ci/pulumi preview "$STACK" --diff',
        "apply": '.ci/pulumi up "$STACK" --reviewed reviewed/events.jsonl --yes',
    }
    kept, fetched = (
        step.content["with"]
        for step in STEPS
        if step.file == "deploy-stack.yaml" and re.search("(up|down)load-artifact", step.content.get("uses", ""))
    )
    assert kept["path"] == "events.jsonl"
    assert (fetched["name"], fetched["path"]) == (kept["name"], "reviewed")


@pytest.mark.parametrize("step", STEPS, ids=str)
def test_actions_are_of_known_owners_and_pinned(step: Step) -> None:
    uses = step.content.get("uses")
    if uses is None:
        return
    if uses.startswith("./"):
        assert (ROOT / uses / "action.yaml").is_file()
        return
    found = re.fullmatch(r"([\w-]+)/[\w/-]+@[0-9a-f]{40}", uses)
    assert found
    assert found[1] in TRUSTED


@pytest.mark.parametrize("step", [step for step in STEPS if "checkout" in step.content.get("uses", "")], ids=str)
def test_a_checkout_leaves_no_token_behind(step: Step) -> None:
    assert step.content["with"]["persist-credentials"] is False


@pytest.mark.parametrize("step", SCRIPTS, ids=str)
def test_scripts_are_valid_and_take_everything_from_variables(step: Step) -> None:
    assert "${{" not in step.run, "an expression in a script is code that whoever controls its value writes"
    done = subprocess.run(["/bin/bash", "-n"], input=step.run, capture_output=True, text=True, check=False)
    assert done.stderr == ""


@pytest.mark.parametrize("file", [*WORKFLOWS, *ACTIONS], ids=lambda file: f"{file.parent.name}/{file.name}")
def test_no_secret_is_used_or_shown(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert "secrets." not in text
    assert "--show-secrets" not in text


def test_every_make_target_exists() -> None:
    targets = set(re.findall(r"^([a-z][a-z ]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    known = {name for names in targets for name in names.split()}
    used = {word for _, words in commands("make") for word in words if "=" not in word}
    assert used
    assert used <= known


def test_every_python_command_is_one_that_its_parser_takes() -> None:
    found = commands(".venv/bin/python")
    modules = [words[1:] for _, words in found if words[0] == "-m"]
    assert modules
    for module, *arguments in modules:
        PARSERS[module]().parse_args(arguments)
    scripts = {words[0] for _, words in found if words[0] != "-m"}
    assert [script for script in scripts if not (ROOT / script).is_file()] == []


def test_the_options_that_make_hands_on_are_taken() -> None:
    (words,) = [words for _, words in commands("make") if words[0] == "summary"]
    options = dict(word.split("=", maxsplit=1) for word in words[1:])
    arguments = ["summary", "--stack", "staging", "--base", options["BASE"], *options["ARGS"].split()]
    PARSERS["review"]().parse_args(arguments)


def test_every_script_of_ours_exists_and_can_be_run() -> None:
    used = set(re.findall(r"\.ci/[\w.]+", "\n".join(step.run for step in SCRIPTS)))
    assert used == {".ci/run", ".ci/pulumi", ".ci/coordinates.py"}
    assert [name for name in used if not name.endswith(".py") and not os.access(ROOT / name, os.X_OK)] == []


def test_the_cli_has_the_version_of_the_sdk(tmp_path: Path) -> None:
    versions = {step.content.get("with", {}).get("pulumi-version") for step in STEPS} - {None}
    assert versions == {"${{ steps.sdk.outputs.version }}"}
    (reads,) = [step for step in STEPS if step.content.get("id") == "sdk"]
    output = tmp_path / "output"
    env = {**os.environ, "GITHUB_OUTPUT": str(output)}
    subprocess.run(["/bin/bash", "-euc", reads.run], cwd=ROOT, check=True, env=env)
    assert output.read_text(encoding="utf-8") == f"version={importlib.metadata.version('pulumi')}\n"


@pytest.mark.parametrize("stack", STACKS)
def test_coordinates_are_those_of_account_and_stack(stack: str) -> None:
    account = stack_file(stack)["trading-platform:accountId"]
    assert runpy.run_path(str(ROOT / ".ci" / "coordinates.py"))["coordinates"](stack) == {
        "region": "us-east-1",
        "backend": f"s3://trading-platform-state-{account}-us-east-1?region=us-east-1",
        "preview-role": f"arn:aws:iam::{account}:role/trading-platform-preview",
        "deploy-role": f"arn:aws:iam::{account}:role/{stack}-deploy",
    }


@pytest.mark.parametrize("stack", EVERY_STACK)
def test_the_environment_of_a_stack_is_the_one_that_its_role_trusts(stack: str) -> None:
    assert stack_file(stack)["trading-platform:access"]["githubEnvironment"] == stack


def test_the_cli_is_called_with_each_pack_and_its_configuration(tmp_path: Path) -> None:
    shown = tmp_path / "pulumi"
    shown.write_text(
        '#!/bin/sh\necho "$PULUMI_DEBUG_COMMANDS"\nprintf "%s\\n" "$@"\n: > events.jsonl\n', encoding="utf-8"
    )
    shown.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    command = [str(ROOT / ".ci" / "pulumi"), "preview", "staging", "--diff"]
    lines = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.splitlines()
    assert lines[:7] == ["true", "preview", "--stack", "staging", "--non-interactive", "--event-log", "events.jsonl"]
    packs = ("baseline", "encryption", "tagging")
    expected = []
    for pack in packs:
        folder = f"policies/{pack}"
        expected += ["--policy-pack", folder, "--policy-pack-config", f"{folder}/config/staging.json"]
    assert lines[7:] == [*expected, "--diff"]
    assert [word for word in expected if not word.startswith("--") and not (ROOT / word).exists()] == []
