"""What those find in the workflows who know GitHub's dangers and GitHub's grammar: nothing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.limits import HANGING_SECONDS
from tests.servers.go_programs import actionlint

ROOT = Path(__file__).parents[2]
WORKFLOW = """
on: pull_request_target
jobs:
  one:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v5
      - run: echo ${{ github.event.pull_request.title }}
      - run: echo ${{ nothing.like.it }}
"""


def zizmor(folder: Path) -> subprocess.CompletedProcess[str]:
    """Look at workflows, actions and Dependabot's settings, without asking GitHub."""
    command = [str(Path(sys.executable).with_name("zizmor")), "--offline", "--no-progress", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=HANGING_SECONDS)


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the grammar of workflows and of the expressions in them."""
    files = [str(path) for path in sorted((folder / ".github" / "workflows").glob("*.yaml"))]
    command = [str(actionlint()), "-shellcheck=", "-pyflakes=", *files]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=HANGING_SECONDS)


@pytest.fixture
def workflows(tmp_path: Path) -> Path:
    """A copy of the workflows, in a folder that is a repository to the linters."""
    shutil.copytree(ROOT / ".github", tmp_path / ".github")
    (tmp_path / ".git").mkdir()
    return tmp_path


def test_the_workflows_hold_no_danger(workflows: Path) -> None:
    done = zizmor(workflows)
    assert done.returncode == 0, done.stdout
    assert "No findings to report" in done.stdout


def test_the_workflows_are_well_formed(workflows: Path) -> None:
    done = lint(workflows)
    assert (done.returncode, done.stdout) == (0, "")


def test_a_bad_workflow_would_be_found(workflows: Path) -> None:
    (workflows / ".github" / "workflows" / "bad.yaml").write_text(WORKFLOW, encoding="utf-8")
    dangers = zizmor(workflows).stdout
    for rule in ("dangerous-triggers", "template-injection", "unpinned-uses"):
        assert f"[{rule}]" in dangers
    assert 'undefined variable "nothing"' in lint(workflows).stdout
