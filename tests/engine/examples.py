"""The stacks of examples/, each deployed once in a test run under all policy packs."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from local.engine import Session
from local.outcome import Outcome
from local.packs import packs_together
from local.project import Project
from tests.engine.deployed import ROOT, Deployed, view


def project(example: str) -> Project:
    """This program with the file of an example, as if it lay beside the other stacks."""
    text = (ROOT / "examples" / f"Pulumi.{example}.yaml").read_text(encoding="utf-8")
    return replace(Project.load(ROOT, "development"), stack=example, config=text)


@dataclass(frozen=True)
class Run:
    """What became of an example."""

    created: Outcome
    repeated: Outcome
    state: dict[str, Any]

    @property
    def resources(self) -> Deployed:
        return view(self.state)


@cache
def run(example: str) -> Run:
    """Deploy an example under all packs, and once more."""
    with Session(project=project(example), packs=packs_together(ROOT)) as session:
        created = session.up()
        assert created.ok, created.errors
        return Run(created, session.preview(expect_no_changes=True), json.loads(session.export()))
