"""Runs of the engine on this project against a cloud that outlives them.

Runs have processes of their own, which end together with what a failed program leaves behind. The cloud is in this one.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from local.engine import Session
from local.outcome import Outcome
from local.project import Project
from local.providers import serve
from local.providers.faults import Cloud, Existing
from tests.engine.deployed import ROOT, Deployed, Resource, view

# The engine as users run it, who want to go on after a crash: the state is written after each step.
STATE_AFTER_EACH_STEP = {"PULUMI_EXPERIMENTAL": "false", "PULUMI_SKIP_CHECKPOINTS": "false"}

# Everything that may begin begins at once: no missing edge is hidden by a queue.
NOTHING_QUEUES = {"PULUMI_PARALLEL": "256"}

Action = Callable[[Session], Outcome]


@dataclass(frozen=True)
class Run:
    """How a run ended."""

    ok: bool
    errors: list[str]
    changes: Mapping[str, int]
    output: str = field(repr=False)


def up(session: Session) -> Outcome:
    """Deploy; the first failure stops everything that has not begun."""
    return session.up()


def up_as_far_as_possible(session: Session) -> Outcome:
    """Deploy all that does not depend on a failure."""
    return session.up(continue_on_error=True)


def nothing_to_do(session: Session) -> Outcome:
    """Preview, and expect no changes."""
    return session.preview(expect_no_changes=True)


def destroy_as_far_as_possible(session: Session) -> Outcome:
    """Delete all that nothing is left to depend on."""
    session.unprotect()
    return session.destroy(continue_on_error=True)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a run finds its program, its state and its providers."""

    directory: Path
    stack: str
    state: Path
    ports: Mapping[str, int]
    env: Mapping[str, str]

    def session(self) -> Session:
        """A session there."""
        project = Project.load(self.directory, self.stack)
        return Session(project=project, backend=self.state, serve=lambda: nullcontext(self.ports), env=self.env)


class Running:
    """A run that has begun."""

    def __init__(self, place: Place, action: Action) -> None:
        """Begin a run whose engine can be stopped."""
        context = get_context("spawn")
        self._result, answer = context.Pipe(duplex=False)
        self._process = context.Process(target=_run, args=(answer, place, action))
        self._process.start()
        answer.close()

    def result(self) -> Run:
        """Wait for the end."""
        run: Run = self._result.recv()
        self._process.join()
        return run

    @property
    def goes_on(self) -> bool:
        """Whether the run has not ended."""
        return self._process.is_alive()

    def stop_engine(self, how: signal.Signals) -> None:
        """Send the engine a signal in the middle of what it does; the cloud goes on."""
        for child in children_of(self._process.pid or 0):
            os.kill(child, how)

    @property
    def stands_still(self) -> bool:
        """Whether each of the engine's threads has heard of SIGSTOP: a system call is finished first."""
        tasks = (
            task for child in children_of(self._process.pid or 0) for task in Path(f"/proc/{child}/task").iterdir()
        )
        return all((task / "stat").read_text().rpartition(")")[2].split()[0] == "T" for task in tasks)


@dataclass
class Platform:
    """A stack of the project in `directory`, deployed to `cloud` by one run after the other."""

    cloud: Cloud
    state_folder: Path
    stack: str = "production"
    directory: Path = ROOT
    env: Mapping[str, str] = field(default_factory=dict)
    ports: Mapping[str, int] = field(default_factory=dict)

    @contextmanager
    def providers(self) -> Iterator[Callable[[], None]]:
        """Keep providers running, and yield what ends them at once, with the requests that they work on."""
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as self._worker, ExitStack() as servers:
            self.ports = servers.enter_context(serve(self.cloud, protects=False))
            yield servers.close

    def start(self, action: Action) -> Running:
        """Begin a run."""
        return Running(self._place(), action)

    def run(self, action: Action) -> Run:
        """Run to the end."""
        return self._worker.submit(_perform, self._place(), action).result()

    def command(self, *arguments: str) -> str:
        """Run a command of the CLI on the stack."""
        with self._place().session() as session:
            return session.command(*arguments)

    def state(self) -> dict[str, Any]:
        """The engine's state, with its secrets."""
        with self._place().session() as session:
            state: dict[str, Any] = json.loads(session.export())
            return state

    def resources(self) -> list[Resource]:
        """What the engine believes to exist."""
        return [resource for resource in view(self.state()) if is_in_the_cloud(resource)]

    def difference(self) -> list[str]:
        """What only the engine or only the cloud knows of, and what was created twice."""
        believed = {(each.urn, each.id) for each in self.resources()}
        existing = {(each.urn, each.id) for each in self.cloud.existing}
        return [
            *(f"lost: {urn} {identifier}" for urn, identifier in sorted(existing - believed)),
            *(f"not there: {urn} {identifier}" for urn, identifier in sorted(believed - existing)),
            *(f"created twice: {urn}" for urn in sorted(self.cloud.twice)),
        ]

    def _place(self) -> Place:
        return Place(
            directory=self.directory, stack=self.stack, state=self.state_folder, ports=self.ports, env=self.env
        )


def is_in_the_cloud(resource: Resource) -> bool:
    """Whether a provider made the resource; components and providers exist in the engine only."""
    return bool(resource.id) and not resource.type.startswith("pulumi:")


def existing(stack: Deployed) -> list[Existing]:
    """What there is of a stack in the cloud."""
    return [
        Existing(each.urn, each.type, each.id, each.inputs, each.outputs) for each in stack if is_in_the_cloud(each)
    ]


def _run(answer: Connection, place: Place, action: Action) -> None:
    answer.send(_perform(place, action))


def _perform(place: Place, action: Action) -> Run:
    with place.session() as session:
        outcome = action(session)
    return Run(outcome.ok, outcome.errors, outcome.changes, f"{outcome.stdout}\n{outcome.stderr}")


def children_of(parent: int) -> list[int]:
    """Direct children of a process."""
    tasks = Path(f"/proc/{parent}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]
