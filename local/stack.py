"""A stack of the Automation API whose runs take as long as the engine does, and little longer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self, overload
from unittest import mock

from pulumi.automation import EngineEvent, LocalWorkspace, OutputMap, Stack, UpdateSummary
from pulumi.automation._stack import StackInitMode

OnEvent = Callable[[EngineEvent], object]

_SUMMARY = "summaryEvent"


class Events(Sequence[EngineEvent]):
    """The events of a run, of which each is read when somebody asks for it: most of thousands never are."""

    def __init__(self, lines: Sequence[str] = ()) -> None:
        self._lines = lines

    @overload
    def __getitem__(self, index: int) -> EngineEvent: ...
    @overload
    def __getitem__(self, index: slice) -> Events: ...
    def __getitem__(self, index: int | slice) -> EngineEvent | Events:
        return Events(self._lines[index]) if isinstance(index, slice) else _event(json.loads(self._lines[index]))

    def __len__(self) -> int:
        return len(self._lines)

    def of(self, kind: str) -> Iterator[EngineEvent]:
        """The events of a kind, by its name in the engine's log (`policyEvent`)."""
        return map(_event, self.raw(kind))

    def raw(self, kind: str) -> Iterator[dict[str, Any]]:
        """The events of a kind as the engine writes them."""
        # Texts of others may name the kind as well, with their quotation marks escaped.
        return (json.loads(line) for line in self._lines if f'"{kind}":' in line)


def _event(content: dict[str, Any]) -> EngineEvent:
    event: EngineEvent = EngineEvent.from_json(content)
    return event


class _EventLog(TemporaryDirectory[str]):
    """The folder in which the engine keeps its events until the run is over."""

    def __init__(self, take: Callable[[Events], object]) -> None:
        super().__init__(prefix="pulumi-events-")
        self.file = Path(self.name) / "events.jsonl"
        self._take = take

    def cleanup(self) -> None:
        """Hand the events on and remove the folder; called by the base class of stacks when the run is over."""
        if self.file.exists():
            self._take(Events(self.file.read_text(encoding="utf-8").splitlines()))
        super().cleanup()


class LocalStack(Stack):
    """A stack that keeps the events of its last run, and asks for nothing else.

    The base class takes each event by a call of its own while the program runs, thousands of them with policy packs,
    and starts the CLI three times after an update, for outputs and history.
    """

    events = Events()

    @classmethod
    def begin(cls, project: str, name: str, workspace: LocalWorkspace, backend: Path) -> Self:
        """A new stack in an empty backend: `pulumi stack init` would start the CLI to write these two files."""
        state = backend / ".pulumi"
        checkpoint = {"version": 3, "checkpoint": {"stack": f"organization/{project}/{name}"}}
        (state / "stacks" / project).mkdir(parents=True)
        (state / "meta.yaml").write_text("version: 1\n", encoding="utf-8")
        (state / "stacks" / project / f"{name}.json").write_text(json.dumps(checkpoint), encoding="utf-8")
        with mock.patch.object(workspace, "create_stack"):
            return cls(name, workspace, StackInitMode.CREATE)

    def outputs(self) -> OutputMap:
        """Nothing: who wants the outputs asks the CLI."""
        return {}

    def info(self, show_secrets: bool | None = None) -> UpdateSummary:
        """Nothing: the events say what a run has done."""
        return UpdateSummary(kind="", start_time=datetime.now(UTC), message="", environment={}, config={}, result="")

    def _setup_event_log(
        self, command: str, on_event: OnEvent, pulumi_version: str
    ) -> tuple[str, None, None, _EventLog, None]:
        self.events = Events()

        def take(events: Events) -> None:
            self.events = events
            # The base class fails where it sees no summary; it does nothing with the others.
            for event in events.of(_SUMMARY):
                on_event(event)

        log = _EventLog(take)
        return str(log.file), None, None, log, None
