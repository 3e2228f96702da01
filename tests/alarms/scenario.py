"""What a scenario is: the fault that an alarm is for, how soon somebody is told, and weeks in which nobody is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.alarms.cloudwatch import Inputs, Metrics, Minutes


@dataclass(frozen=True, kw_only=True)
class Place:
    """What a figure is measured against: the sizes of what is watched."""

    instance_class: str = "db.r6g.2xlarge"
    allocated_gib: float = 500
    at_most_gib: float = 2000


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What an alarm is for."""

    faults: Callable[[Inputs, Place], Mapping[str, Metrics]]
    """Metrics by what is wrong with them from minute `BROKEN` on."""
    within: int
    """Minutes until somebody is told."""
    ordinary: Callable[[Inputs, Place], Mapping[str, Metrics]]
    """Metrics by the kind of week."""


def plain(
    metric: str, within: int, faults: Mapping[str, Minutes], ordinary: Mapping[str, Minutes]
) -> tuple[str, Scenario]:
    """A scenario of one metric whose figures do not depend on the stack."""
    return metric, Scenario(
        faults=lambda _alarm, _place: {name: {metric: minutes} for name, minutes in faults.items()},
        within=within,
        ordinary=lambda _alarm, _place: {name: {metric: minutes} for name, minutes in ordinary.items()},
    )
