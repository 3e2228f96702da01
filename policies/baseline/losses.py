"""What cannot be undone: data that goes with its resource, and inputs that nobody takes back.

Which they are is in the table of changes, of which `changes.txt` is an extract.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from pulumi_policy import Severity

from policies.support import buckets
from policies.support.parameters import Parameter
from policies.support.resources import Resource
from policies.support.rules import Context, Findings, NotApplicable, rule

_EXTRACT = Path(__file__).with_name("changes.txt")
Permanent = tuple[str, str, str]
"""Path of an input, the value that is permanent (any, where empty), and what it means."""


def _entries(kind: str) -> Iterator[list[str]]:
    for line in _EXTRACT.read_text(encoding="utf-8").splitlines():
        first, *rest = line.split("\t")
        if first == kind:
            yield rest


def _permanent() -> dict[str, list[Permanent]]:
    found: dict[str, list[Permanent]] = {}
    for token, path, value, note in _entries("permanent"):
        # The older form of the same settings has a type of its own.
        for each in buckets.OBJECT_LOCKS if token in buckets.OBJECT_LOCKS else (token,):
            found.setdefault(each, []).append((path, value, note))
    return found


HOLDING: Mapping[str, str] = dict(_entries("holds"))
"""What is lost with a resource, by type."""
PERMANENT: Mapping[str, Sequence[Permanent]] = _permanent()
"""Inputs that nobody takes back, by type."""


@rule(
    "data-protected",
    types=tuple(HOLDING),
    severity=Severity.HIGH,
    remedy="Set the resource option protect to true, like that of the stack's other stores",
    joined=True,
)
def data_protected(store: Resource, context: Context) -> Findings:
    """A stack that protects what holds data leaves none of it out."""
    if not any(each.protected for each in context.stack.of(*HOLDING)):
        raise NotApplicable("nothing of the stack that holds data is protected")
    if not store.protected:
        yield f"the resource is not protected: {HOLDING[store.type]} would be lost with it"


@rule(
    "irreversible-agreed",
    types=tuple(PERMANENT),
    severity=Severity.CRITICAL,
    remedy="Leave the input out, or add the resource's name to the parameter agreed",
    parameters=(
        Parameter(
            name="agreed",
            kind="strings",
            default=["*compliance*", "*audit*"],
            description="Logical names of the resources that are meant to be permanent, with wildcards.",
        ),
    ),
)
def irreversible_agreed(resource: Resource, context: Context) -> Findings:
    """What nobody can take back has been agreed to, by name."""
    if any(fnmatchcase(resource.name, pattern) for pattern in context.strings("agreed")):
        raise NotApplicable("it is agreed that this is permanent")
    for path, value, note in PERMANENT[resource.type]:
        if resource.has(path) and (not value or resource.text(path) == value):
            yield f"{path} cannot be taken back: {note}"
