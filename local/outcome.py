"""How a run of the engine ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pulumi.automation import PolicyEvent

import changes
from changes import Refusal
from local.stack import Events


@dataclass(frozen=True)
class Outcome:
    """How a run of the engine ended."""

    code: int
    """Exit code of the engine: 0 when all went well."""
    stdout: str
    stderr: str
    events: Events = field(repr=False)

    @property
    def ok(self) -> bool:
        """Whether the engine ended without a failure."""
        return self.code == 0

    @property
    def changes(self) -> Mapping[str, int]:
        """Number of resources by operation (`create`, `same`, …); empty when the run ended before its summary."""
        changes: dict[str, int] = {}
        for event in self.events.of("summaryEvent"):
            if event.summary_event:
                changes = {str(getattr(op, "value", op)): n for op, n in event.summary_event.resource_changes.items()}
        return changes

    @property
    def refusals(self) -> list[Refusal]:
        """Of a preview: what AWS would not carry out."""
        return changes.refusals(self.events.raw("resourcePreEvent"))

    @property
    def errors(self) -> list[str]:
        """Messages of the engine's error diagnostics."""
        found = (event.diagnostic_event for event in self.events.of("diagnosticEvent") if event.diagnostic_event)
        return [diagnostic.message for diagnostic in found if diagnostic.severity == "error"]

    @property
    def violations(self) -> list[PolicyEvent]:
        """What the policy packs reported, advisory findings included."""
        return [event.policy_event for event in self.events.of("policyEvent") if event.policy_event]
