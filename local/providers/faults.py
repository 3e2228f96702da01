"""A made-up cloud with a memory of its own, which fails on request and refuses what is not ready.

`Cloud` is a hook of the stand-ins. What it holds is the truth about what exists, whatever the engine's state says: so
it knows what was created twice, and what nobody remembers. It outlives the engine, as AWS does.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from local.providers.readiness import needed
from local.providers.server import Kind, Operation, Unfinished
from local.providers.wants import find


class Fault(StrEnum):
    """How an operation fails."""

    REFUSED = "refused"
    """Nothing happens, as where a quota is used up or a permission is missing."""
    UNFINISHED = "unfinished"
    """It happens, but takes longer than the provider waits: the engine is told of a failure, and of what there is."""
    LOST = "lost"
    """It happens, and the answer never arrives."""


class FaultError(Exception):
    """An operation that failed on request."""


class NotReadyError(Exception):
    """A creation that AWS refuses, or that would not work, because of what is missing."""


@dataclass(frozen=True)
class Existing:
    """A resource that exists."""

    urn: str
    type: str
    id: str
    inputs: Mapping[str, Any] = field(repr=False)
    outputs: Mapping[str, Any] = field(repr=False)


Plan = Callable[[Operation, int], Fault | None]
"""The fault of an operation, if any; the number counts the attempts at this operation on this resource, from 1."""


def no_faults(_: Operation, __: int) -> None:
    """Everything works."""


def first_attempts(fault: Fault, kind: Kind, only: Container[str] | None = None) -> Plan:
    """The first attempt at each operation of a kind fails; on all resources, or `only` on those with these URNs."""

    def plan(operation: Operation, attempt: int) -> Fault | None:
        meant = operation.kind == kind and (only is None or operation.urn in only)
        return fault if meant and attempt == 1 else None

    return plan


class Cloud:
    """What exists, and what happened on the way there."""

    def __init__(
        self,
        plan: Plan = no_faults,
        *,
        strict: bool = False,
        seconds: Callable[[Operation], float] = lambda _: 0,
    ) -> None:
        """Prepare an empty cloud.

        Args:
            plan: Which operations fail, and how.
            strict: Whether to refuse a creation whose dependencies are not ready.
            seconds: How long an operation takes.
        """
        self.plan = plan
        self.strict = strict
        self.seconds = seconds
        self.attempts: Counter[tuple[Kind, str]] = Counter()
        self.failed: Counter[tuple[Kind, str]] = Counter()
        self.twice: list[str] = []
        """URNs of resources that were created while they existed already."""
        self._existing: dict[tuple[str, str], Existing] = {}
        self._lock = threading.Lock()

    def __call__(self, operation: Operation) -> None:
        """Carry an operation out, or let it fail.

        Raises:
            FaultError: it fails on request, and the engine knows nothing of what there is.
            Unfinished: it fails on request, and the engine knows what there is.
            NotReadyError: it is the creation of something whose dependencies are not ready.
        """
        time.sleep(self.seconds(operation))
        with self._lock:
            step = (operation.kind, operation.urn)
            self.attempts[step] += 1
            fault = self.plan(operation, self.attempts[step])
            if fault:
                self.failed[step] += 1
            if fault is Fault.REFUSED:
                raise FaultError(f"{operation.kind} refused on request")
            if self.strict and operation.kind == "create":
                self._demand_readiness(operation)
            self._apply(operation)
        if fault is Fault.UNFINISHED and operation.kind != "delete":
            raise Unfinished("timeout while waiting for the resource to become available")
        if fault:
            raise FaultError(f"{operation.kind} done, and its answer lost on request")

    @property
    def existing(self) -> list[Existing]:
        """Everything that exists, in the order of creation."""
        with self._lock:
            return list(self._existing.values())

    def start_over(self, resources: Iterable[Existing]) -> None:
        """Forget what happened, and hold these resources and no others."""
        with self._lock:
            self._existing = {(each.urn, each.id): each for each in resources}
            self.attempts.clear()
            self.failed.clear()
            self.twice.clear()

    def _demand_readiness(self, operation: Operation) -> None:
        world = list(self._existing.values())
        for need, wanted in needed(operation, world):
            if not find(world, wanted):
                raise NotReadyError(f"{operation.type} needs {wanted}, which is not ready: {need.why}")

    def _apply(self, operation: Operation) -> None:
        key = (operation.urn, operation.id)
        if operation.kind == "delete":
            # What is gone already is as good as deleted.
            self._existing.pop(key, None)
            return
        if operation.kind == "create" and key in self._existing:
            self.twice.append(operation.urn)
        self._existing[key] = Existing(operation.urn, operation.type, operation.id, operation.inputs, operation.outputs)
