"""An `up` of the platform in which every creation takes a share of the time that it takes in AWS."""

from __future__ import annotations

import json
import time
from functools import partial
from typing import Any

from benchmarks.creation_times import creation_seconds
from benchmarks.programs import ROOT, STACK
from local.engine import Session, stand_ins
from local.project import Project

WORKERS = 32
"""How many resources the engine creates at once: what `.ci/pulumi` asks for."""


class DeploymentError(Exception):
    """The deployment did not succeed."""


def deploy(scale: float, *, write_each_step: bool = False) -> tuple[float, dict[str, Any]]:
    """Deploy the platform from nothing. Returns the seconds that it took and the state.

    Args:
        scale: Seconds here for a second in AWS; 0 for the engine's own time.
        write_each_step: Whether the engine writes the whole state before and after each step, as it does where a crash
            must not lose what exists.
    """
    serve = partial(stand_ins, hook=lambda created: time.sleep(scale * creation_seconds(created.type, created.inputs)))
    project = Project.load(ROOT, STACK)
    env = {"PULUMI_PARALLEL": str(WORKERS), "PULUMI_SKIP_CHECKPOINTS": str(not write_each_step).lower()}
    with Session(project=project, serve=serve, env=env) as session:
        started = time.monotonic()
        outcome = session.up()
        took = time.monotonic() - started
        if not outcome.ok:
            raise DeploymentError("\n".join(outcome.errors))
        state: dict[str, Any] = json.loads(session.export())
    return took, state
