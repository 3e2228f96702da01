"""A reader's shell: the commands of a page one after the other, in one bash."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from local import cli
from tests.kubernetes_api.programs import kubectl
from tests.limits import HANGING_SECONDS
from tests.runbooks.cluster import chart_kind
from tests.runbooks.notes import How
from tests.runbooks.pages import ROOT, Page

PROGRAMS = Path(__file__).parent / "bin"
# A command may end without a new line.
_COMMAND = re.compile(r"@@command \d+\n")
_NOT_COPIED = shutil.ignore_patterns(
    *(".git", ".venv", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", "docs", "tests")
)


@dataclass(frozen=True)
class Performance:
    """What happened when a page was played."""

    outputs: Sequence[str]
    """What each command of the page printed."""
    failed: Sequence[str]
    """Programs that ended with an error."""
    not_run: frozenset[str]
    """What was modelled or checked, such as `kubectl logs`."""
    programs: Sequence[Counter[str]]
    """Programs that each command called, by how they were played: `executed`, `modelled` or `checked`."""

    @property
    def how(self) -> Counter[str]:
        """Programs that the page called, by how they were played."""
        return sum(self.programs, Counter[str]())


@dataclass(frozen=True)
class Stage:
    """Where pages are played: a checkout, a home and a state of their own, and the servers."""

    home: Path
    env: Mapping[str, str]

    def play(self, page: Page) -> Performance:
        """Type every command of a page."""
        log = self.home / "log"
        log.write_text("", encoding="utf-8")
        parts = ["set -Euo pipefail", 'trap \'printf "@@failed %s\\n" "$BASH_COMMAND"\' ERR']
        for number, command in enumerate(page.commands):
            mark = f"printf '@@command {number}\\n'"
            parts += [mark, f'{mark} >> "$PLAY_LOG"', command.text]
        done = subprocess.run(
            ["bash", "-c", "\n".join([*parts, "printf '@@end\\n'"])],  # noqa: S607 the reader's shell
            cwd=self.home / "checkout",
            env={**self.env, "PLAY_LOG": str(log)},
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=HANGING_SECONDS,
        )
        printed, end, _ = done.stdout.partition("@@end\n")
        assert end, printed[-3000:]
        outputs = _COMMAND.split(printed)[1:]
        logged = _COMMAND.split(log.read_text(encoding="utf-8"))[1:]
        lines = [[line.partition("\t") for line in part.splitlines()] for part in logged]
        failed = [what for part in lines for how, _, what in part if how == "failed"]
        failed += re.findall(r"^@@failed (.*)$", printed, re.MULTILINE)
        rest = {_name(what) for part in lines for how, _, what in part if how in (How.MODELLED, How.CHECKED)}
        return Performance(outputs, failed, frozenset(rest), [Counter(how for how, _, _ in part) for part in lines])


def _name(called: str) -> str:
    """A program, and which of its commands was called."""
    words = called.split()
    aws = 4 if words[2:3] == ["wait"] else 3
    pulumi = 3 if words[1:2] in (["stack"], ["state"], ["config"]) else 2
    length = {"aws": aws, "kubectl": 2, "pulumi": pulumi}.get(words[0], 1)
    return " ".join(words[:length])


@dataclass(frozen=True)
class Servers:
    """What the pages are played against."""

    url: str
    """Of the emulator of AWS."""
    kubeconfig: Path
    socket: Path
    """Of the process that has loaded the AWS CLI and the engine's SDKs."""


def stage(home: Path, servers: Servers, *, state: str, reader: Mapping[str, str], runs_the_program: bool) -> Stage:
    """Set everything up for one page: a clone, a home and a state of the reader's own.

    With `runs_the_program`, `pulumi up` and its like run it on the offline engine; else their options are checked.
    """
    checkout = home / "checkout"
    shutil.copytree(ROOT, checkout, ignore=_NOT_COPIED)
    (checkout / ".venv" / "bin").mkdir(parents=True)
    python = checkout / ".venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    (home / ".aws").mkdir()
    (home / ".aws" / "config").write_text(profiles(), encoding="utf-8")
    (home / "crds.json").write_text(json.dumps(chart_kind("velero.io/v1", "Backup")), encoding="utf-8")
    (home / "pulumi").mkdir()
    path, git = os.environ["PATH"], str(shutil.which("git"))
    env = {
        "PATH": f"{PROGRAMS}{os.pathsep}{path}",
        "HOME": str(home),
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "example",
        "AWS_MAX_ATTEMPTS": "1",
        "PULUMI_BACKEND_URL": f"file://{home / 'pulumi'}",
        "PULUMI_HOME": str(home / "pulumi-home"),
        # That of local sessions, under which the state was exported.
        "PULUMI_CONFIG_PASSPHRASE": "local-state-only",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PLAY_CLOUD": servers.url,
        "PLAY_SOCKET": str(servers.socket),
        "PLAY_KUBECONFIG": str(servers.kubeconfig),
        "PLAY_PULUMI": str(cli.find().command),
        "PLAY_KUBECTL": str(kubectl()),
        "PLAY_GIT": git,
        "PLAY_CRDS": str(home / "crds.json"),
        "PLAY_PATH": path,
        "PLAY_PROGRAM": str(runs_the_program).lower(),
        **reader,
    }
    (home / "state.json").write_text(state, encoding="utf-8")
    for words in (
        [env["PLAY_PULUMI"], "stack", "init", "production"],
        [env["PLAY_PULUMI"], "stack", "import", "--file", str(home / "state.json")],
        [git, "init", "--quiet", "--initial-branch", "main"],
        [git, "config", "user.name", "Reader"],
        [git, "config", "user.email", "reader@example.org"],
        [git, "add", "--all"],
        [git, "commit", "--quiet", "--message", "what is deployed"],
        [git, "remote", "add", "origin", str(checkout)],
    ):
        _run(words, checkout, env)
    return Stage(home, env)


def profiles() -> str:
    """The profiles that the first page tells the reader to have, as it writes them; and that of an account's owner."""
    found = re.search(
        r"^```ini\n(.*?)^```", (ROOT / "docs/runbooks/README.md").read_text(encoding="utf-8"), re.M | re.S
    )
    assert found
    own = found[1].replace("production-admin]", "account-admin]").replace("role/production-admin", "role/account-admin")
    return f"{found[1]}\n{own}"


def _run(words: Sequence[str], folder: Path, env: Mapping[str, str]) -> None:
    done = subprocess.run(
        words, cwd=folder, env=dict(env), check=False, capture_output=True, text=True, timeout=HANGING_SECONDS
    )
    assert done.returncode == 0, done.stderr
