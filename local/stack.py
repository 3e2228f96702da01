"""A stack of the Automation API whose runs take as long as the engine does, and little longer."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from pulumi.automation import EngineEvent, OutputMap, Stack, UpdateSummary

OnEvent = Callable[[EngineEvent], object]


class _EventLog(TemporaryDirectory[str]):
    """The folder in which the engine keeps its events until the run is over."""

    def __init__(self, on_event: OnEvent) -> None:
        super().__init__(prefix="pulumi-events-")
        self.file = Path(self.name) / "events.jsonl"
        self._on_event = on_event

    def cleanup(self) -> None:
        """Hand the events on and remove the folder; called by the base class of stacks when the run is over."""
        if self.file.exists():
            for line in self.file.read_text(encoding="utf-8").splitlines():
                self._on_event(EngineEvent.from_json(json.loads(line)))
        super().cleanup()


class LocalStack(Stack):
    """A stack that reads the events of a run after its end, and asks for nothing else.

    The base class takes each event by a call of its own while the program runs, thousands of them with policy packs,
    and starts the CLI three times after an update, for outputs and history.
    """

    def outputs(self) -> OutputMap:
        """Nothing: who wants the outputs asks the CLI."""
        return {}

    def info(self, show_secrets: bool | None = None) -> UpdateSummary:
        """Nothing: the events say what a run has done."""
        return UpdateSummary(kind="", start_time=datetime.now(UTC), message="", environment={}, config={}, result="")

    def _setup_event_log(
        self, command: str, on_event: OnEvent, pulumi_version: str
    ) -> tuple[str, None, None, _EventLog, None]:
        log = _EventLog(on_event)
        return str(log.file), None, None, log, None
