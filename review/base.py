"""The revision that a change is compared with."""

from __future__ import annotations

import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from review.errors import ReviewError

NOTHING = "none"
"""What a caller asks for who wants no comparison."""

_MAIN = ("origin/main", "main")


def revision(root: Path, wanted: str | None) -> str | None:
    """The commit to compare the working tree with, None for none.

    Unless a revision is asked for, it is where this branch left main. A working tree that is no different from that,
    or that git knows nothing of, is compared with nothing.

    Raises:
        ReviewError: there is no such revision.
    """
    if wanted == NOTHING:
        return None
    if wanted:
        found = _git(root, "rev-parse", "--verify", "--quiet", f"{wanted}^{{commit}}")
        if not found:
            raise ReviewError(f"git knows no revision {wanted!r} here")
        return found
    forks = (_git(root, "merge-base", "HEAD", main) for main in _MAIN)
    fork = next((commit for commit in forks if commit), None)
    return fork if fork and _differs(root, fork) else None


@contextmanager
def checkout(root: Path, commit: str) -> Iterator[Path]:
    """Yield a folder that holds the files of a commit while the context lasts; the repository stays as it is."""
    archive = subprocess.run(
        ["git", "-C", str(root), "archive", "--format=zip", commit],  # noqa: S607
        capture_output=True,
        check=True,
    )
    with tempfile.TemporaryDirectory(prefix="review-base-") as folder:
        # Not tar, whose safe way to unpack came with 3.11.4: Debian 12 has an older one.
        with zipfile.ZipFile(BytesIO(archive.stdout)) as packed:
            packed.extractall(folder)
        yield Path(folder)


def short(commit: str) -> str:
    """A commit as people write it."""
    return commit[:10]


def _differs(root: Path, commit: str) -> bool:
    changed = _git(root, "diff", "--name-only", commit) or _git(root, "ls-files", "--others", "--exclude-standard")
    return bool(changed)


def _git(root: Path, *arguments: str) -> str:
    """What a command of git prints, nothing when it fails."""
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, check=False, text=True)  # noqa: S607
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
