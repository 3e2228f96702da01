"""Previews and deployments on the offline engine, for whoever has no credentials at hand."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from local.engine import Echo, Session
from local.packs import policy_packs
from local.project import Project
from review import previews, resources
from review.errors import ReviewError
from review.previews import Preview
from review.resources import Inventory


def deployed(root: Path, stack: str, exclude: Sequence[str] = ()) -> Inventory:
    """The resources of a stack after a deployment from nothing, every value known, but for what is left out.

    Raises:
        ReviewError: the program fails.
    """
    with Session(project=Project.load(root, stack), exclude=exclude) as session:
        _deploy(session, "this program")
        # Without its secrets: what is never read cannot be printed.
        return resources.from_state(json.loads(session.command("stack", "export")))


def preview(root: Path, stack: str, base: Path | None = None, echo: Echo = lambda line: None) -> Preview:
    """What would change from the stack of the program in `base` (from nothing) to that of the one in `root`.

    `echo` is given what the engine prints, with every property that changes.

    Raises:
        ReviewError: the program in `base` fails.
    """
    with tempfile.TemporaryDirectory(prefix="review-state-") as folder:
        backend = Path(folder)
        if base:
            with Session(project=Project.load(base, stack), backend=backend) as session:
                _deploy(session, "the program that this one is compared with")
        project = Project.load(root, stack)
        with Session(project=project, backend=backend, packs=policy_packs(root), echo=echo) as session:
            outcome = session.preview(diff=base is not None)
        found = previews.from_events(outcome.events)
    if not outcome.ok and not found.failed:
        raise ReviewError(f"the preview failed: {outcome.stderr or outcome.stdout}")
    return found


def has_stack(root: Path, stack: str) -> bool:
    """Whether the project in `root` configures the stack."""
    return (root / f"Pulumi.{stack}.yaml").is_file()


def stacks(root: Path) -> list[str]:
    """The stacks that the project in `root` configures."""
    return sorted(path.name.split(".")[1] for path in root.glob("Pulumi.*.yaml"))


def _deploy(session: Session, what: str) -> None:
    outcome = session.up()
    if not outcome.ok:
        reason = outcome.errors[0].strip() if outcome.errors else outcome.stderr
        raise ReviewError(f"{what} cannot be deployed: {reason}")
