"""What a change is compared with."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from review import base
from review.errors import ReviewError


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    commit(tmp_path, "first")
    return tmp_path


def git(root: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Tester", "-c", "user.email=tester@example.com")
    command = ["git", "-C", str(root), *identity, *arguments]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    return done.stdout.strip()


def commit(root: Path, content: str) -> str:
    (root / "file").write_text(content, encoding="utf-8")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", content)
    return git(root, "rev-parse", "HEAD")


def test_a_branch_is_compared_with_where_it_left_main(repository: Path) -> None:
    fork = git(repository, "rev-parse", "HEAD")
    git(repository, "switch", "--quiet", "--create", "change")
    commit(repository, "changed")
    git(repository, "switch", "--quiet", "main")
    commit(repository, "gone on")
    git(repository, "switch", "--quiet", "change")
    assert base.revision(repository, None) == fork


def test_uncommitted_work_on_main_is_compared_with_main(repository: Path) -> None:
    head = git(repository, "rev-parse", "HEAD")
    assert base.revision(repository, None) is None, "there is nothing to compare"
    (repository / "new").write_text("", encoding="utf-8")
    assert base.revision(repository, None) == head
    (repository / "new").unlink()
    (repository / "file").write_text("edited", encoding="utf-8")
    assert base.revision(repository, None) == head


def test_a_revision_can_be_chosen_or_none(repository: Path) -> None:
    first = git(repository, "rev-parse", "HEAD")
    commit(repository, "second")
    assert base.revision(repository, "HEAD~1") == first
    assert base.revision(repository, "none") is None
    with pytest.raises(ReviewError, match="no revision 'nowhere'"):
        base.revision(repository, "nowhere")


def test_without_a_repository_there_is_nothing_to_compare_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert base.revision(tmp_path, None) is None


def test_a_checkout_holds_the_files_of_the_commit_and_leaves_no_trace(repository: Path) -> None:
    first = git(repository, "rev-parse", "HEAD")
    commit(repository, "second")
    with base.checkout(repository, first) as folder:
        assert (folder / "file").read_text(encoding="utf-8") == "first"
    assert not folder.exists()
    assert git(repository, "worktree", "list", "--porcelain").count("worktree ") == 1
    assert git(repository, "status", "--porcelain") == ""
