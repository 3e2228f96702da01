"""Every link leads somewhere, every file exists, every page can be found."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from tests.engine import admission
from tests.unit.docs.support import (
    PAGES,
    ROOT,
    anchors,
    prose,
)


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


def test_the_page_of_admissions_shows_what_tests_try() -> None:
    assert admission.TARGET.read_text(encoding="utf-8") == admission.page(), "run `python -m tests.engine.admission`"
