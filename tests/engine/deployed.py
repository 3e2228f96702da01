"""A stack after an `up` on the offline engine, as a typed view of its exported state."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.engine import Session
from local.project import Project
from local.wire import SIGNATURE
from review import settings

ROOT = Path(__file__).parents[2]
STACKS = ("production", "staging", "development")


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One resource of the state."""

    urn: str
    type: str
    name: str
    id: str
    inputs: Mapping[str, Any] = field(repr=False)
    outputs: Mapping[str, Any] = field(repr=False)
    parent: str
    dependencies: frozenset[str] = field(repr=False)
    """URNs of all resources that this one waits for directly."""
    protect: bool
    timeouts: Mapping[str, float]
    """Seconds that the program gives to operations."""

    def __getitem__(self, key: str) -> Any:
        """An output, or the input where the output is missing."""
        return self.outputs.get(key, self.inputs.get(key))

    def document(self, key: str = "policy") -> list[dict[str, Any]]:
        """The statements of a policy document."""
        statements: list[dict[str, Any]] = json.loads(self.inputs[key])["Statement"]
        return statements


@dataclass(frozen=True)
class Deployed:
    """All resources of a stack, and its outputs."""

    resources: Mapping[str, Resource]

    def __iter__(self) -> Iterator[Resource]:
        """The resources in the order in which the engine created them."""
        return iter(self.resources.values())

    def of_type(self, type_: str) -> list[Resource]:
        return [resource for resource in self if resource.type == type_]

    def one(self, type_: str, name: str | None = None) -> Resource:
        """The only resource of this type (and logical name)."""
        found = [resource for resource in self.of_type(type_) if name in (None, resource.name)]
        assert len(found) == 1, f"{len(found)} resources {type_} {name or ''}: {[each.name for each in found]}"
        return found[0]

    @property
    def outputs(self) -> Mapping[str, Any]:
        """The stack's outputs."""
        return self.one("pulumi:pulumi:Stack").outputs

    def needs(self, resource: Resource) -> set[str]:
        """URNs of everything that must exist before this resource: its own edges, those of its parents, and onwards."""
        found: set[str] = set()
        todo = [resource.urn]
        while todo:
            current = self.resources[todo.pop()]
            edges = set(current.dependencies)
            if current.parent:
                edges |= self.resources[current.parent].dependencies
            todo += edges - found
            found |= edges
        return found


def plain(value: Any) -> Any:
    """Secrets as their values."""
    if isinstance(value, dict):
        if SIGNATURE in value and "plaintext" in value:
            return json.loads(value["plaintext"])
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def view(state: Mapping[str, Any]) -> Deployed:
    """The resources of what `pulumi stack export --show-secrets` writes."""
    resources: dict[str, Resource] = {}
    for raw in state["deployment"]["resources"]:
        edges = set(raw.get("dependencies") or ())
        for urns in (raw.get("propertyDependencies") or {}).values():
            edges |= set(urns or ())
        resources[raw["urn"]] = Resource(
            urn=raw["urn"],
            type=raw["type"],
            name=raw["urn"].rsplit("::", maxsplit=1)[-1],
            id=raw.get("id", ""),
            inputs=plain(raw.get("inputs", {})),
            outputs=plain(raw.get("outputs", {})),
            parent=raw.get("parent", ""),
            dependencies=frozenset(edges),
            protect=raw.get("protect", False),
            timeouts=raw.get("customTimeouts") or {},
        )
    return Deployed(resources)


def deploy(directory: Path, stack: str) -> dict[str, Any]:
    """The exported state of a stack of the project in `directory`, after a deployment from nothing."""
    with Session(project=Project.load(directory, stack)) as session:
        outcome = session.up()
        assert outcome.ok, outcome.errors
        state: dict[str, Any] = json.loads(session.export())
        return state


@functools.cache
def state_of(stack: str) -> dict[str, Any]:
    """The exported state of a stack of this project; deployed once in each test run."""
    return deploy(ROOT, stack)


@functools.cache
def deployed(stack: str) -> Deployed:
    """The view of a stack's state."""
    return view(state_of(stack))


@functools.cache
def changed(base: str) -> Deployed:
    """Production with what a base of `review/settings.yaml` changes; deployed once in each test run."""
    project = Project.load(ROOT, settings.STACK)
    stack = dataclasses.replace(project, config=settings.configured(project.config, settings.bases()[base]))
    with Session(project=stack) as session:
        outcome = session.up()
        assert outcome.ok, outcome.errors
        return view(json.loads(session.export()))
