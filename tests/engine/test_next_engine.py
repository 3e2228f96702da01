"""The newest engine that the Python package index and the Go module proxy both serve, on this project.

An upgrade is the one line of `requirements.txt`: what this says to break has to be mended first.
"""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from semver import VersionInfo

from local import cli, golang
from tests.engine.conftest import ROOT, Checkout, copy_checkout
from tests.engine.deployed import STACKS
from tests.limits import HANGING_SECONDS
from tests.servers.packages import to_stderr

pytestmark = [pytest.mark.engine, pytest.mark.nightly]

_MODULE = "github.com/pulumi/pulumi/pkg/v3"


def answer(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        list(map(str, command)), check=False, cwd=cwd, capture_output=True, text=True, timeout=HANGING_SECONDS
    )


def published(folder: Path) -> list[VersionInfo]:
    """The SDK's releases, the newest first, down to ours."""
    listed = answer(sys.executable, "-m", "pip", "index", "versions", "pulumi", cwd=folder)
    (line,) = re.findall(r"^Available versions: (.*)$", listed.stdout, re.MULTILINE)
    versions = [VersionInfo.parse(each) for each in line.split(", ") if each.count(".") == 2]
    return [version for version in versions if version.major == cli.PINNED.major and version >= cli.PINNED]


def newest(folder: Path) -> VersionInfo:
    """The newest of them whose CLI can be built, too."""
    go = golang.on_path()
    assert answer(go.go, "mod", "init", "probe", cwd=folder).returncode == 0
    served = (
        version
        for version in published(folder)
        if answer(go.go, "mod", "download", f"{_MODULE}@v{version}", cwd=folder).returncode == 0
    )
    return next(served)


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout that asks for the newest SDK, in an environment of its own."""
    folder = tmp_path_factory.mktemp("next")
    probe = folder / "probe"
    probe.mkdir()
    version = newest(probe)
    to_stderr(f"engine: {cli.PINNED} is pinned, {version} is the newest that both registries serve")
    python = folder / "venv" / "bin" / "python"
    checkout = replace(copy_checkout(folder), python=python)
    checkout.replace("requirements.txt", f"pulumi=={cli.PINNED}\n", f"pulumi=={version}\n")
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True, timeout=HANGING_SECONDS)
    installed = answer(python, "-m", "pip", "install", "--quiet", "-r", "requirements-dev.txt", cwd=checkout.path)
    assert installed.returncode == 0, installed.stderr
    found = answer(python, "-c", "from local import cli; print(cli.find().version)", cwd=checkout.path)
    assert found.stdout.strip() == str(version), found.stderr
    return checkout


def test_every_stack_is_planned_as_it_is_now(upgraded: Checkout) -> None:
    written = answer(upgraded.python, "-m", "review", "plans", cwd=upgraded.path)
    assert written.returncode == 0, written.stderr
    for plan in (ROOT / "plans").glob("*.yaml"):
        assert (upgraded.path / "plans" / plan.name).read_text() == plan.read_text(), plan.name


@pytest.mark.parametrize("stack", STACKS)
def test_the_packs_watch_its_previews(upgraded: Checkout, stack: str) -> None:
    assert "to create" in upgraded.succeed("preview", "--stack", stack)


def test_a_stack_lives(upgraded: Checkout) -> None:
    upgraded.succeed("up", "--stack", "development")
    upgraded.succeed("preview", "--stack", "development", "--expect-no-changes")
    upgraded.succeed("refresh", "--stack", "development", "--expect-no-changes")
    upgraded.succeed("destroy", "--stack", "development")
