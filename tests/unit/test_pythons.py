"""The versions of Python that the project says to run on, wherever it says so."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from importlib.metadata import distributions

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tests.engine.deployed import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CLASSIFIER = "Programming Language :: Python :: "
CLAIMED = [each.removeprefix(CLASSIFIER) for each in PROJECT["project"]["classifiers"] if each.startswith(CLASSIFIER)]
LOWEST = CLAIMED[0]


def test_the_claims_agree() -> None:
    """Those of the package, of the command that picks an interpreter, of the tools, of the pages that people read."""
    first, last = (int(version.removeprefix("3.")) for version in (CLAIMED[0], CLAIMED[-1]))
    assert [f"3.{minor}" for minor in range(first, last + 1)] == CLAIMED
    assert PROJECT["project"]["requires-python"] == f">={LOWEST}"
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (tried,) = re.findall(r"^PYTHONS := (.*)$", makefile, re.MULTILINE)
    assert tried.split() == [*(f"python{version}" for version in CLAIMED), "python3"]
    assert f"sys.version_info < ({LOWEST.replace('.', ', ')})" in makefile
    assert PROJECT["tool"]["ruff"]["target-version"] == f"py{LOWEST.replace('.', '')}"
    assert PROJECT["tool"]["mypy"]["python_version"] == LOWEST
    for page in ("README.md", "docs/getting-started.md"):
        assert f"{LOWEST} or newer" in (ROOT / page).read_text(encoding="utf-8"), page


def test_checks_run_on_the_lowest_and_each_night_on_all_others() -> None:
    """What is written for the newest alone would pass there, and nowhere else."""
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))
    assert container["image"] == f"python:{LOWEST}-bookworm"
    nightly = yaml.safe_load((ROOT / ".github" / "workflows" / "nightly.yaml").read_text(encoding="utf-8"))
    assert nightly["jobs"]["test"]["container"] == container["image"]
    assert nightly["jobs"]["pythons"]["strategy"]["matrix"] == {"python": CLAIMED[1:]}


def asked() -> list[Requirement]:
    """What the project asks for by itself."""
    lines = [line for name in ("", "-dev") for line in (ROOT / f"requirements{name}.txt").read_text().splitlines()]
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "-r "))]


def test_every_package_is_pinned_exactly() -> None:
    assert [str(each) for each in asked() if not re.fullmatch(r"==[\w.]+", str(each.specifier))] == []


@pytest.mark.parametrize("python", CLAIMED)
def test_every_package_is_for_it(python: str) -> None:
    """In its newest release, by what the installed packages say of themselves, those of other packages included.

    Those are chosen for the Python that runs, and older ones get others.
    """
    needed = {canonicalize_name(each.name): each.metadata.get_all("Requires-Python", [""]) for each in distributions()}
    pinned = {canonicalize_name(each.name) for each in asked()}
    assert pinned <= needed.keys()
    checked = needed if tuple(map(int, python.split("."))) >= sys.version_info[:2] else pinned
    assert {name: needed[name] for name in checked if f"{python}.99" not in SpecifierSet(needed[name][0])} == {}
