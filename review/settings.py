"""What a change of each setting does: each is changed on a deployed stack, the plan read by the table of changes."""

from __future__ import annotations

import copy
import dataclasses
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import yaml

from changes import Effect
from local.engine import Session
from local.project import Project
from review import previews
from review.errors import ReviewError
from review.resources import type_of
from review.summary.verdicts import Verdict, verdicts

DEFINED = Path(__file__).with_name("settings.yaml")
STACK = "production"
_NAMESPACE = "trading-platform:"
# Changes that one process makes on a deployment of its own.
_CHUNK = 40


@dataclass(frozen=True, kw_only=True)
class Changed:
    """A setting of a deployed stack that becomes another one."""

    key: str
    """As the reference writes it: `nodeGroups.<label>.minSize`."""
    base: str
    """What is deployed, of `bases`."""
    path: str
    """Where the setting is in the stack's file: `nodeGroups.research.minSize`."""
    value: Any
    """None takes the setting away."""
    others: Mapping[str, Any] = field(default_factory=dict)
    """Settings that have to change with it, by path."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """All new values by path."""
        return {self.path: self.value, **self.others}


@dataclass(frozen=True, kw_only=True)
class Result:
    """What such a change does."""

    change: Changed
    old: Any
    verdicts: Sequence[Verdict]

    @property
    def record(self) -> dict[str, Any]:
        """The change and its effects, each once, the most dangerous first."""
        return {
            "on": self.change.base,
            "from": self.old,
            "to": self.change.value,
            **({"with": dict(self.change.others)} if self.change.others else {}),
            "effects": [list(effect) for effect in dict.fromkeys(_effect(each) for each in self.verdicts)],
        }


def _effect(verdict: Verdict) -> tuple[str, str, str, str, str]:
    """What a verdict says: effect, when, type, property, note. Of a resource as a whole, what happens to it."""
    path = verdict.difference.path if verdict.difference else f"({verdict.change.kind.value})"
    when = "window" if verdict.meaning.at_window else "now"
    return (verdict.effect.value, when, type_of(verdict.change.urn), path, verdict.meaning.note)


def defined() -> list[Changed]:
    """The changes of `settings.yaml`, in its order."""
    content = _content()
    return [
        Changed(key=key, base=base, path=_path(key, content["entries"]), value=value, others=dict(*others))
        for key, listed in content["changes"].items()
        for base, value, *others in listed
    ]


def bases() -> Mapping[str, Mapping[str, Any]]:
    """The deployed stacks by name: what differs from the stack's file."""
    found: Mapping[str, Mapping[str, Any]] = _content()["bases"]
    return found


def _content() -> Mapping[str, Any]:
    content: Mapping[str, Any] = yaml.safe_load(DEFINED.read_text(encoding="utf-8"))
    return content


def _path(key: str, entries: Mapping[str, str]) -> str:
    """The key with an entry of the stack in place of each label."""
    for pattern, entry in entries.items():
        if key == pattern or key.startswith((f"{pattern}.", f"{pattern}[")):
            return f"{entry}{key.removeprefix(pattern)}"
    return key


def configured(text: str, settings: Mapping[str, Any]) -> str:
    """The text of a stack file with other values by path; those that become None are taken away."""
    content = yaml.safe_load(text)
    for path, value in settings.items():
        first, *rest = path.split(".")
        steps: list[Any] = [f"{_NAMESPACE}{first}"]
        for name in rest:
            steps += [name.removesuffix("[]"), 0] if name.endswith("[]") else [name]
        target = content["config"]
        for step in steps[:-1]:
            target = target[step] if isinstance(step, int) else target.setdefault(step, {})
        if value is None:
            target.pop(steps[-1], None)
        else:
            target[steps[-1]] = copy.deepcopy(value)
    return str(yaml.safe_dump(content))


def value_at(text: str, path: str) -> Any:
    """What a stack file says at a path; None where it says nothing."""
    first, *rest = path.split(".")
    found = yaml.safe_load(text)["config"].get(f"{_NAMESPACE}{first}")
    for name in rest:
        if not isinstance(found, dict):
            return None
        found = found.get(name.removesuffix("[]"))
        found = found[0] if name.endswith("[]") and found else found
    return found


def results(root: Path, wanted: Sequence[Changed]) -> Iterator[Result]:
    """Make the changes on deployments of their bases, and read what the engine plans."""
    project = Project.load(root, STACK)
    for base in dict.fromkeys(change.base for change in wanted):
        deployed = dataclasses.replace(project, config=configured(project.config, bases()[base]))
        with tempfile.TemporaryDirectory(prefix="settings-") as folder:
            with Session(project=deployed, backend=Path(folder)) as session:
                outcome = session.up()
                if not outcome.ok:
                    raise ReviewError(f"the stack {base} cannot be deployed: {outcome.errors}")
            for change in wanted:
                if change.base == base:
                    yield _result(deployed, Path(folder), change)


def _result(deployed: Project, backend: Path, change: Changed) -> Result:
    project = dataclasses.replace(deployed, config=configured(deployed.config, change.settings))
    with Session(project=project, backend=backend) as session:
        preview = previews.from_events(session.preview().events)
    found = verdicts(preview)
    if preview.errors and not any(each.effect is Effect.REFUSED for each in found):
        raise ReviewError(f"{change.key} becomes {change.value} on {change.base}: {preview.errors}")
    return Result(change=change, old=value_at(deployed.config, change.path), verdicts=found)


def records(root: Path, wanted: Iterable[Changed]) -> dict[str, list[dict[str, Any]]]:
    """What all the changes do, by key; on every core."""
    listed = list(wanted)
    chunks = []
    for base in dict.fromkeys(change.base for change in listed):
        own = [change for change in listed if change.base == base]
        chunks += [own[start : start + _CHUNK] for start in range(0, len(own), _CHUNK)]
    found: dict[str, list[dict[str, Any]]] = {change.key: [] for change in listed}
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        for chunk, told in zip(chunks, pool.map(_records, [root] * len(chunks), chunks), strict=True):
            for change, record in zip(chunk, told, strict=True):
                found[change.key].append(record)
    return found


def _records(root: Path, wanted: Sequence[Changed]) -> list[dict[str, Any]]:
    return [result.record for result in results(root, wanted)]


def render(found: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """The file of all records: a line for each change."""
    rows = ",\n".join(
        f" {json.dumps(key)}: [\n  " + ",\n  ".join(json.dumps(record) for record in own) + "\n ]"
        for key, own in found.items()
    )
    return "{\n" + rows + "\n}\n"
