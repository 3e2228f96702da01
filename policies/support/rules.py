"""What a rule is: a generator that yields what is wrong with one resource, and the facts that an auditor asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pulumi_policy import Severity

from policies.support.parameters import Parameter
from policies.support.resources import Resource, Stack


class NotApplicable(Exception):  # noqa: N818 - an answer of a rule, not an error
    """The rule does not concern this resource, for the reason given."""


@dataclass(frozen=True)
class Context:
    """What a rule may look at besides the resource."""

    parameters: Mapping[str, object]
    stack: Stack
    """Every resource of the stack for joined rules; empty for the others."""
    today: date

    def number(self, name: str) -> int:
        """A parameter that is a number."""
        value = self.parameters[name]
        if not isinstance(value, int):
            raise TypeError(f"parameter {name} is no number")
        return value

    def numbers(self, name: str) -> list[int]:
        """A parameter that is a list of numbers."""
        value = self.parameters[name]
        if not isinstance(value, list):
            raise TypeError(f"parameter {name} is no list")
        return value

    def strings(self, name: str) -> list[str]:
        """A parameter that is a list of text."""
        value = self.parameters[name]
        if not isinstance(value, list):
            raise TypeError(f"parameter {name} is no list")
        return value

    def texts(self, name: str) -> dict[str, str]:
        """A parameter that maps text to text."""
        value = self.parameters[name]
        if not isinstance(value, dict):
            raise TypeError(f"parameter {name} is no map")
        return value


@dataclass(frozen=True)
class Control:
    """A control of a framework that a rule decides: where the rule passes, so does the control."""

    name: str
    """Id of Checkov (`CKV…`), AWS Foundational Security Best Practices (`RDS.3`) or CIS AWS 5 (`CIS5 2.2.1`)."""
    types: tuple[str, ...] = ()
    """Those of the rule's types that the control is about, when not all."""
    minimum: tuple[str, int] | None = None
    """A parameter of the rule, and the least value by which the rule asks for as much as the control."""

    def decided(self, token: str, parameters: Mapping[str, object]) -> bool:
        """Whether the rule decides the control for a type, as the rule is configured."""
        if self.minimum:
            value = parameters.get(self.minimum[0])
            if not isinstance(value, int) or value < self.minimum[1]:
                return False
        return not self.types or token in self.types


Findings = Iterator[str]
Check = Callable[[Resource, Context], Findings]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule of a pack."""

    name: str
    """`<service>-<property>`, unique in all packs."""
    description: str
    """What holds when the rule does."""
    types: tuple[str, ...]
    """Type tokens of the resources that the rule judges."""
    severity: Severity
    controls: tuple[Control, ...]
    remedy: str
    """What to do about a violation: a sentence."""
    check: Check
    parameters: tuple[Parameter, ...]
    joins: tuple[str, ...]
    """Type tokens of other resources that the rule judges the resource by, such as its settings."""
    joined: bool
    """Whether the rule needs the whole stack, and so decides at the end of the preview or update."""

    @property
    def about_tags(self) -> bool:
        """Whether the rule looks at nothing of a resource but its tags."""
        return self.name.startswith("tags-")

    @property
    def frameworks(self) -> tuple[str, ...]:
        """The ids of the controls."""
        return tuple(control.name for control in self.controls)


def rule(  # noqa: PLR0913 - the facts about a rule
    name: str,
    *,
    types: Sequence[str],
    severity: Severity,
    remedy: str,
    frameworks: Sequence[str | Control] = (),
    parameters: Sequence[Parameter] = (),
    joins: Sequence[str] = (),
    joined: bool = False,
) -> Callable[[Check], Rule]:
    """Make a rule of a check. The check's docstring is the rule's description."""

    def make(check: Check) -> Rule:
        return Rule(
            name=name,
            description=(check.__doc__ or "").strip(),
            types=tuple(types),
            severity=severity,
            controls=tuple(Control(item) if isinstance(item, str) else item for item in frameworks),
            remedy=remedy,
            check=check,
            parameters=tuple(parameters),
            joins=tuple(joins),
            joined=joined or bool(joins),
        )

    return make


@dataclass(frozen=True, kw_only=True)
class Pack:
    """A policy pack: its name, its folder, and the explicit list of its rules."""

    name: str
    title: str
    folder: Path
    rules: tuple[Rule, ...]
    parts: tuple[Pack, ...] = ()
    """The packs that this one runs together: each has its own name in findings, and its own configuration."""

    @property
    def version(self) -> str:
        """The version in the pack's `PulumiPolicy.yaml`."""
        lines = (self.folder / "PulumiPolicy.yaml").read_text(encoding="utf-8").splitlines()
        return next((line.partition(":")[2].strip() for line in lines if line.startswith("version:")), "")

    def configuration(self, stack: str) -> Path:
        """The committed configuration of the pack for a stack."""
        return self.folder / "config" / f"{stack}.json"
