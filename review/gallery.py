"""Dangerous changes of production as their reviewer reads them, for `docs/review.md`: each is really previewed."""

from __future__ import annotations

import dataclasses
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.engine import Session
from local.packs import policy_packs
from local.project import Project
from review import previews
from review.cost.estimate import estimate_of
from review.errors import ReviewError
from review.previews import Preview
from review.settings import configured
from review.summary import summary
from review.upgrades import STACK

_DRAWN = re.compile(r"`[\w-]*\d{18,}…?`")
"""A name whose end the provider draws."""
MARKS = ("<!-- gallery: written by `make gallery` -->\n", "<!-- end of the gallery -->\n")
_SHOWN = 5
"""Lines of each section of a summary."""


@dataclass(frozen=True)
class Row:
    """A change, and what it means in reality."""

    name: str
    settings: Mapping[str, Any] | None
    """New values by key; None for the first deployment."""
    reality: str


_ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")
_MOVED = {
    zone: {"public": f"10.9.{i}.0/24", "private": f"10.9.{32 * (i + 1)}.0/19", "database": f"10.9.{4 + i}.0/24"}
    for i, zone in enumerate(_ZONES)
}
ROWS: Sequence[Row] = (
    Row(
        "Another VPC CIDR, with its subnets",
        {"network.vpcCidr": "10.9.0.0/16", "network.subnets": _MOVED},
        "it fails half way, with a second VPC built",
    ),
    Row(
        "Object Lock from COMPLIANCE for seven years to GOVERNANCE for 30 days",
        {"buckets.compliance.objectLock": {"mode": "GOVERNANCE", "retentionDays": 30}},
        "regulatory protection is gone",
    ),
    Row(
        "A vault lock that becomes permanent in three days",
        {"recovery.vaultLock.changeableForDays": 3},
        "irreversible",
    ),
    Row(
        "Kubernetes from 1.36 to 1.35",
        {"cluster.version": "1.35", "cluster.addonVersions.kube-proxy": "v1.35.0-eksbuild.1"},
        "AWS refuses it",
    ),
    Row(
        "PostgreSQL from 15 to 16, and less storage",
        {"postgres.engineVersion": "16", "postgres.allocatedStorageGib": 400},
        "an outage that needs a rehearsal; less storage is refused",
    ),
    Row("GuardDuty off", {"account.guardDuty": False}, "detection is gone"),
    Row(
        "A larger class of the database",
        {"postgres.instanceClass": "db.r6g.4xlarge"},
        "a failover at the window; the standby abroad stays small",
    ),
    Row(
        "A class without a price",
        {"postgres.instanceClass": "db.x2g.4xlarge"},
        "nobody knows the difference in cost",
    ),
    Row("A mistake in the configuration", {"postgres.multiAz": "perhaps"}, "nothing is checked"),
    Row("The first preview", None, "what only the deployment can tell is not decided"),
)


def pages(root: Path, rows: Sequence[Row] = ROWS) -> Iterator[str]:
    """Preview each row against one deployment and yield its part of the page.

    Raises:
        ReviewError: the stack cannot be deployed.
    """
    project = Project.load(root, STACK)
    with tempfile.TemporaryDirectory(prefix="gallery-") as folder:
        if any(row.settings is not None for row in rows):
            with Session(project=project, backend=Path(folder) / "deployed") as session:
                if not (outcome := session.up()).ok:
                    raise ReviewError(f"{STACK} cannot be deployed: {outcome.errors}")
        for row in rows:
            backend = Path(folder) / ("nothing" if row.settings is None else "deployed")
            changed = dataclasses.replace(project, config=configured(project.config, row.settings or {}))
            with Session(project=changed, backend=backend, packs=policy_packs(root)) as session:
                preview = previews.from_events(session.preview().events)
            compared = "nothing" if row.settings is None else "what is deployed"
            yield _page(row, preview, summary.Context(stack=STACK, compared=compared))


def _page(row: Row, preview: Preview, context: summary.Context) -> str:
    costs = (estimate_of(preview.before), estimate_of(preview.after))
    keys = ", ".join(f"`{key}`" for key in row.settings or ())
    heading = [f"### {row.name}", "", f"In reality: {row.reality}.{f' Keys: {keys}.' if keys else ''}", ""]
    quoted = [
        _DRAWN.sub("(a name that the provider gave)", f"> {line}".rstrip())
        for line in _cut(summary.render(preview, costs, context))
    ]
    return "\n".join((*heading, *quoted)) + "\n"


def _cut(text: str) -> Iterator[str]:
    """The lines of a summary, of what folds the title, and of lists the first ones, without the table of components."""
    folded, items, last = 0, 0, ""
    for line in _plain(text):
        folded += line.startswith("<details>")
        items = items + 1 if line.startswith("- ") else 0
        told = line
        if line.startswith("<summary>"):
            told = f"▸ {line.removeprefix('<summary>').removesuffix('</summary>')}"
        elif folded or line.startswith("| ") or items > _SHOWN + 1:
            told = ""
        elif items == _SHOWN + 1:
            told = "- …"
        folded -= line.startswith("</details>")
        if told or last:
            yield told
        last = told


def _plain(text: str) -> Iterator[str]:
    """Headings as text: the page has its own."""
    first, *rest = text.rstrip().splitlines()
    yield f"**{first.removeprefix('## ')}**"
    yield from (line.removeprefix("### ") for line in rest)


def write(target: Path, root: Path) -> None:
    """Put the gallery between its marks.

    Raises:
        ReviewError: the stack cannot be deployed, or the page has no marks.
    """
    text = target.read_text(encoding="utf-8")
    if not all(mark in text for mark in MARKS):
        raise ReviewError(f"{target} has no place for the gallery")
    before, after = text.partition(MARKS[0])[0], text.partition(MARKS[1])[2]
    found = "\n".join(pages(root))
    target.write_text(f"{before}{MARKS[0]}\n{found}\n{MARKS[1]}{after}", encoding="utf-8")
