"""The real CLI on a state of the reader's own; what runs the program runs it on the offline engine."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped]
from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from local import warmup
from local.engine import Missing, Session
from local.project import Project
from tests.runbooks.notes import How, note

_LISTS = ("target", "replace", "exclude")
_SWITCHES = ("refresh", "expect_no_changes", "exclude_protected", "continue_on_error", "target_dependents")
_SWITCHES_ELSEWHERE = ("diff", "yes", "non_interactive", "skip_preview", "exclude_dependents")
_VALUES_ELSEWHERE = ("stack", "save_plan", "plan", "event_log", "policy_pack_config", "policy_pack")
# Resources that a page asks to create.
_CREATED = ("::postgres-postgres16",)
_TAKES: Mapping[str, frozenset[str]] = {
    "preview": frozenset({"target", "replace", "refresh", "expect_no_changes"}),
    "up": frozenset({"target", "replace", "refresh", "expect_no_changes", "continue_on_error"}),
    "refresh": frozenset({"target"}),
    "destroy": frozenset({"target", "exclude_protected"}),
}


def load(program: Path) -> None:
    """Load what the program imports."""
    warmup.start(program).join()


def play(words: Sequence[str]) -> int:
    """Run one command."""
    match words:
        case ["login", url]:
            # The reader's state is in a folder of this machine.
            entered = _bucket_exists(url) and not _cli("login", os.environ["PULUMI_BACKEND_URL"])
            return note(How.EXECUTED if entered else How.FAILED, "pulumi", words)
        case ["stack", "init", name, "--secrets-provider", provider]:
            made = _key_exists(provider) and _cli("stack", "init", name, "--secrets-provider", "passphrase") == 0
            if made and not _runs_the_program():
                _import_moved(name)
            return note(How.EXECUTED if made else How.FAILED, "pulumi", words)
        case ["stack", "history", *_]:
            # An imported state has no history. This is what the engine notes of a deployment from a clone.
            head = subprocess.check_output([os.environ["PLAY_GIT"], "rev-parse", "HEAD"], text=True).strip()
            sys.stdout.write(json.dumps([{"environment": {"git.head": head}}]))
            return note(How.CHECKED, "pulumi", words)
        case ["preview" | "up" | "refresh" | "destroy" as action, *rest]:
            played = _engine(action, rest)
            how = How.EXECUTED if _runs_the_program() else How.CHECKED
            return note(how if played else How.FAILED, "pulumi", words)
        case ["stack", "rm", *_]:
            # The reader says yes.
            return note(How.FAILED if _cli(*words, "--yes") else How.EXECUTED, "pulumi", words)
    return note(How.FAILED if _cli(*words) else How.EXECUTED, "pulumi", words)


def _runs_the_program() -> bool:
    return os.environ["PLAY_PROGRAM"] == "true"


def _import_moved(name: str) -> None:
    """What the deployment of a moved stack would leave, in outline: production's state under its name."""
    state = subprocess.check_output(
        [os.environ["PLAY_PULUMI"], "stack", "export", "--stack", "production", "--show-secrets"], text=True
    )
    state = state.replace("urn:pulumi:production::", f"urn:pulumi:{name}::").replace("production-", f"{name}-")
    if name != "home":
        state = state.replace("us-west-2", "us-east-2").replace("us-east-1", "us-west-2")
    subprocess.run(
        [os.environ["PLAY_PULUMI"], "stack", "import", "--stack", name, "--force"], input=state, text=True, check=True
    )


def _cli(*words: str) -> int:
    return subprocess.run([os.environ["PLAY_PULUMI"], *words], check=False).returncode


def _client(service: str, url: str) -> Any:
    found = re.search(r"region=([\w-]+)", url)
    assert found, f"{url} names no region"
    return boto3.client(service, endpoint_url=os.environ["PLAY_CLOUD"], region_name=found[1])


def _bucket_exists(url: str) -> bool:
    bucket = url.removeprefix("s3://").partition("?")[0]
    try:
        _client("s3", url).head_bucket(Bucket=bucket)
    except ClientError as error:
        sys.stderr.write(f"{bucket}: {error}\n")
        return False
    return True


def _key_exists(provider: str) -> bool:
    alias = provider.removeprefix("awskms://").partition("?")[0]
    try:
        _client("kms", provider).describe_key(KeyId=alias)
    except ClientError as error:
        sys.stderr.write(f"{alias}: {error}\n")
        return False
    return True


def _options(words: Sequence[str]) -> Namespace:
    parser = ArgumentParser(prog="pulumi", allow_abbrev=False)
    for name in _LISTS:
        parser.add_argument(f"--{name}", action="append", default=[])
    for name in (*_SWITCHES, *_SWITCHES_ELSEWHERE):
        parser.add_argument(f"--{name.replace('_', '-')}", action="store_true")
    for name in _VALUES_ELSEWHERE:
        parser.add_argument(f"--{name.replace('_', '-')}", action="append")
    return parser.parse_args(words)


def _engine(action: str, words: Sequence[str]) -> bool:
    """Run the program, or what needs none, on the offline engine."""
    # The CLI itself knows the options.
    subprocess.run([os.environ["PLAY_PULUMI"], action, *words, "--help"], check=True, stdout=subprocess.DEVNULL)
    given = _options(words)
    if not _runs_the_program():
        _write_events(given, [json.dumps({"summaryEvent": {"resourceChanges": {}, "policyPacks": {}}})])
        return _targets_exist(given)
    stack = given.stack[0] if given.stack else _selected()
    # The session looks for the CLI by its name, and would find the reader's.
    os.environ["PATH"] = f"{Path(os.environ['PLAY_PULUMI']).parent}{os.pathsep}{os.environ['PLAY_PATH']}"
    session = Session(
        project=Project.load(Path.cwd(), stack),
        backend=Path(os.environ["PULUMI_BACKEND_URL"].removeprefix("file://")),
        missing=Missing.REFUSE,
        echo=_quietly,
    )
    options = {name: value for name, value in vars(given).items() if value and name in _TAKES[action]}
    if given.exclude and action in ("preview", "up"):
        options |= {"exclude": given.exclude, "exclude_dependents": True}
    if action in ("up", "refresh"):
        _adopt(stack)
    with session as run:
        outcome = run._run(getattr(run._stack, action), **options)
        _write_events(given, run._stack.events._lines)
    sys.stdout.write("".join(f"error: {error}\n" for error in outcome.errors))
    return outcome.ok


def _adopt(stack: str) -> None:
    """What the page has changed of databases in the emulator: that of the engine knows nothing of it.

    The provider keeps a version that the real one begins with, and else takes the real one.
    """
    own = ["--stack", stack]
    state = json.loads(
        subprocess.check_output([os.environ["PLAY_PULUMI"], "stack", "export", "--show-secrets", *own], text=True)
    )
    changed = False
    for resource in (state.get("deployment") or {}).get("resources", ()):
        if resource["type"] == "aws:rds/instance:Instance" and (found := _database(resource["outputs"])):
            for properties in (resource["inputs"], resource["outputs"]):
                if not found["EngineVersion"].startswith(properties.get("engineVersion", "")):
                    properties["engineVersion"], changed = found["EngineVersion"], True
                if properties.get("deletionProtection") and not found["DeletionProtection"]:
                    properties["deletionProtection"], changed = False, True
    if changed:
        command = [os.environ["PLAY_PULUMI"], "stack", "import", "--force", *own]
        subprocess.run(command, input=json.dumps(state), text=True, check=True, stdout=subprocess.DEVNULL)


def _database(outputs: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The emulator's instance of this name, where it has one that production began with."""
    name, region = outputs["identifier"], outputs["arn"].split(":")[3]
    if not name.startswith("production-"):
        return None
    try:
        (found,) = _client("rds", f"region={region}").describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
    except ClientError:
        return None
    return dict(found)


def _write_events(given: Namespace, lines: Sequence[str]) -> None:
    """The log of events, where the command asks for one."""
    for name in given.event_log or ():
        Path(name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _targets_exist(given: Namespace) -> bool:
    """Whether the state has what the options name, if it is not about to be created."""
    urns = subprocess.check_output([os.environ["PLAY_PULUMI"], "stack", "--show-urns"], text=True)
    named = [word for word in (*given.target, *given.replace) if word.startswith("urn:")]
    missing = [word for word in named if word not in urns and not word.endswith(_CREATED)]
    sys.stdout.write("".join(f"error: there is no {word}\n" for word in missing))
    return not missing


def _quietly(line: str) -> None:
    """Show what a reader looks at: not the line of each of 600 resources that stay."""
    if not re.match(r"^\s*[├└│ ]*\S+:\S+.*$", line):
        sys.stdout.write(f"{line}\n")


def _selected() -> str:
    command = [os.environ["PLAY_PULUMI"], "stack", "--show-name"]
    return subprocess.check_output(command, text=True).strip()
