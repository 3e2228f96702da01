"""Which resource of a stack AWS demands before which: by the table of the stand-ins, and by what refers to what."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from local.providers.readiness import needed
from local.providers.wants import BACKUPS_REPLICATION, DATABASE, find
from tests.engine.deployed import Deployed, Resource
from tests.resilience.graph import Graph

# What these hold is a text to AWS: it may name what does not exist yet, or no longer.
_TEXTS = frozenset(
    ("assumeRolePolicy", "dashboardBody", "description", "dimensions", "eventPattern", "policy", "tags", "tagsAll")
)
# Properties that tell a resource from all others.
_IDENTITY = re.compile(r".*([aA]rn|[iI]d|[uU]rl|[aA]ddress|[eE]ndpoint|result|hex|issuer)|name")
# ARNs and ids in the form of `vpc-0a1b2c3d`, which mean the same thing everywhere.
_MADE_UP = re.compile(r"arn:|[a-z]+-[0-9a-f]{8}")
# Account ids, regions and zones, which many resources report and none makes up; and what is too short to belong to one.
_SHARED = re.compile(r"\d{12}|[a-z]+(-[a-z]+)+-\d[a-z]?|.{0,7}")


class Demand(NamedTuple):
    """Why one resource has to exist before another."""

    consumer: Resource
    needed: Resource
    why: str

    def __str__(self) -> str:
        return f"{_told(self.consumer)} needs {_told(self.needed)}: {self.why}"


def _told(resource: Resource) -> str:
    return f"{resource.type.rpartition(':')[2]} {resource.name}"


def demands(stack: Deployed) -> list[Demand]:
    """Every demand that AWS makes on the order of a stack's resources."""
    return [*_by_table(stack), *_by_reference(stack), *_by_turns(stack)]


def absent(stack: Deployed) -> list[str]:
    """What the table demands and no resource of the stack is."""
    world = list(stack)
    return [
        f"{_told(consumer)} needs {wanted}: {need.why}"
        for consumer in world
        for need, wanted in needed(consumer, world)
        if not find(world, wanted)
    ]


def unmet(graph: Graph, wanted: list[Demand]) -> list[Demand]:
    """Demands that the dependencies of the program do not meet, so that luck decides."""
    return [each for each in wanted if each.needed.urn not in graph.before[each.consumer.urn]]


def _by_table(stack: Deployed) -> Iterator[Demand]:
    world = list(stack)
    for consumer in world:
        for need, wanted in needed(consumer, world):
            for found in world:
                if wanted.fits(found) and found.urn != consumer.urn:
                    yield Demand(consumer, found, need.why)


def _by_reference(stack: Deployed) -> Iterator[Demand]:
    owners = _owners(stack)
    for consumer in stack:
        if not consumer.id:
            continue
        for value in sorted(set(_texts(consumer.inputs))):
            owner = owners.get(value) or owners.get(value.removesuffix(":*"))
            chosen = consumer.type.startswith("kubernetes:") and not _MADE_UP.match(value)
            if owner and owner.urn != consumer.urn and not chosen:
                yield Demand(consumer, owner, "it refers to it")


def _by_turns(stack: Deployed) -> Iterator[Demand]:
    """Copies of one database take turns, but for replicas in its own region, which share one snapshot of it."""
    copies = [(each, source) for each in stack if (source := _copied(each))]
    for later, source in copies:
        for earlier, other in copies:
            if source == other and _turn(earlier, source) < _turn(later, source):
                yield Demand(later, earlier, "the source is modifying, and takes no other order")


def _copied(resource: Resource) -> str:
    """The ARN of the database that a resource is a copy of."""
    if resource.type == DATABASE:
        return str(resource.inputs.get("replicateSourceDb", ""))
    return str(resource.inputs["sourceDbInstanceArn"]) if resource.type == BACKUPS_REPLICATION else ""


def _turn(copy: Resource, source: str) -> int:
    if copy.type == BACKUPS_REPLICATION:
        return 1
    return 0 if copy.outputs["arn"].split(":")[3] == source.split(":")[3] else 2


def _owners(stack: Deployed) -> dict[str, Resource]:
    """The resource behind each value that a cloud makes up: an id, an ARN, an address.

    A setting of a bucket has the bucket's name for its id: then the value belongs to what has an ARN too. Names of
    Kubernetes are left out: an API server takes objects that name others before those exist.
    """
    found: dict[str, list[Resource]] = defaultdict(list)
    for resource in stack:
        if resource.id and not resource.type.startswith("kubernetes:"):
            for value in {resource.id, *_identities(_computed(resource))}:
                found[value].append(resource)
    owners: dict[str, Resource] = {}
    for value, candidates in found.items():
        named = [each for each in candidates if "arn" in _computed(each)]
        by_id, by_arn = [e for e in named if e.id == value], [e for e in named if e.outputs["arn"] == value]
        owned = next((each for each in (candidates, by_id, by_arn) if len(each) == 1), [])
        if owned and not _SHARED.fullmatch(value):
            owners[value] = owned[0]
    return owners


def _computed(resource: Resource) -> Mapping[str, Any]:
    return {name: value for name, value in resource.outputs.items() if name not in resource.inputs}


def _identities(value: Any, name: str = "") -> Iterator[str]:
    """Every text below a value in a property that identifies the resource."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _identities(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from _identities(each, name)
    elif isinstance(value, str) and _IDENTITY.fullmatch(name):
        yield value


def _texts(value: Any) -> Iterator[str]:
    """Every text below a value, inside of JSON as well."""
    if isinstance(value, Mapping):
        for name, each in value.items():
            if name not in _TEXTS:
                yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value
        if value[:1] == "{":
            yield from _texts(_parsed(value))


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
