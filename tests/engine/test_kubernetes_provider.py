"""The provider of Kubernetes that users run, against a real API server; and the stand-in held to what it says."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import grpc
import pytest

from local.engine import Session
from local.outcome import Outcome
from local.project import Project
from local.providers.package import Refused
from local.providers.values import reveal
from tests.engine.deployed import deployed
from tests.kubernetes_api.cluster import new_cluster
from tests.kubernetes_api.comparison import Changed, Inputs, both, changes_of, samples, seen, token
from tests.kubernetes_api.controllers import controllers
from tests.kubernetes_api.objects import KubernetesObject, objects_of
from tests.kubernetes_api.provider import kubernetes_provider
from tests.kubernetes_api.server import ApiServer, RefusedError
from tests.servers.packages import to_stderr
from tests.unit.standins import Instance, Known, urn

pytestmark = [pytest.mark.engine, pytest.mark.nightly]

Pair = tuple[Instance, Instance]

# What the stand-in leaves out of the outputs.
NOT_SHOWN = {
    "__fieldManager": "the provider's own notes",
    "__initialApiVersion": "the provider's own notes",
    "__inputs": "the provider's own notes",
    "status": "what controllers say, but for addresses of services and ingresses",
    "metadata.finalizers": "what controllers wait for",
    "metadata.managedFields": "who wrote what",
}
# The provider reads objects into Go's types, where false and nothing are one; the SDK does not say of which properties.
FALSE_IS_NOTHING = ("globalDefault",)
# The classes of the SDK ask for more than an API server does; so does the stand-in, whose schema they are.
REQUIRED = "required property is missing"
# Where both replace, and the engine shows another word: the real provider marks a deletion that replaces as a deletion.
OTHER_WORDS = ("metadata left out",)
# A claim grows once it is bound, for which a controller is needed.
UNBOUND = "for bound claims"

PROGRAM = """
import json, pathlib, pulumi, pulumi_kubernetes

home = pathlib.Path(__file__).parent
cluster = pulumi_kubernetes.Provider("cluster", kubeconfig=(home / "kubeconfig").read_text())
made = {}
for kind, name, inputs, needs in json.loads((home / "objects.json").read_text()):
    options = pulumi.ResourceOptions(provider=cluster, depends_on=[made[each] for each in needs])
    made[name] = pulumi.CustomResource(kind, name, inputs, options)
"""


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    stack = deployed("production")
    with new_cluster(stack) as server, controllers(server), both(server) as providers:
        account = {"name": "default", "namespace": "default"}
        server.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account})
        for name in {each.manifest["metadata"].get("namespace", "default") for each in objects_of(stack)}:
            server.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        yield providers


@pytest.fixture(scope="module")
def platform() -> list[KubernetesObject]:
    return objects_of(deployed("production"))


@pytest.mark.parametrize("inputs", samples(), ids=lambda each: f"{each['kind']} {each['metadata']['name']}")
def test_the_stand_in_says_what_the_provider_says(pair: Pair, inputs: Inputs) -> None:
    tried, different = compared(pair, inputs)
    to_stderr(f"{inputs['kind']}: {tried} changes compared")
    assert not different, "\n".join(different)
    assert tried >= len(inputs["metadata"])


def test_it_does_of_each_kind_of_the_platform(pair: Pair, platform: list[KubernetesObject]) -> None:
    largest: dict[str, Inputs] = {}
    for each in platform:
        inputs = json.loads(json.dumps({k: v for k, v in each.manifest.items() if k not in FALSE_IS_NOTHING}))
        largest[each.resource.type] = max(inputs, largest.get(each.resource.type, {}), key=lambda one: len(str(one)))
    found = {kind: compared(pair, inputs, kind) for kind, inputs in largest.items() if not kind.endswith("Patch")}
    to_stderr(f"{len(found)} kinds of the platform: {sum(tried for tried, _ in found.values())} changes compared")
    different = [f"{kind}: {each}" for kind, (_, differences) in found.items() for each in differences]
    assert not different, "\n".join(different)


def compared(pair: Pair, inputs: Inputs, kind: str = "") -> tuple[int, list[str]]:
    """How many changes of an object were told both, and in what the stand-in differs."""
    real, stand_in = pair
    own = urn(kind or token(inputs), inputs["metadata"]["name"])
    different = []
    if real.check(own, inputs) != stand_in.check(own, inputs):
        different.append("the checked inputs")
    known = real.create(own, inputs), stand_in.create(own, inputs)
    different += outputs_apart(*known)
    tried = list(changes_of(inputs))
    for change in tried:
        different += [f"{change.what}: {what}" for what in apart(pair, known, change)]
    return len(tried), different


def outputs_apart(real: Known, stand_in: Known) -> Iterator[str]:
    """Where the outputs of an object differ in more than values that are made up."""
    if real.id != stand_in.id:
        yield f"id {stand_in.id} is {real.id}"
    ours, theirs = (dict(flat(reveal(each.outputs))) for each in (stand_in, real))
    for name in theirs.keys() - ours.keys() - NOT_SHOWN.keys():
        if name.partition(".")[0] in ("metadata", "data", "type"):
            yield f"output {name} is missing"
    for name in ours.keys() - theirs.keys():
        yield f"there is no output {name}"


def flat(outputs: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The outputs, those of the metadata one by one."""
    for name, value in outputs.items():
        if name == "metadata":
            yield from ((f"metadata.{key}", inner) for key, inner in value.items())
        else:
            yield name, value


def apart(pair: Pair, known: tuple[Known, Known], change: Changed) -> Iterator[str]:
    """In what the answers to a change differ."""
    real, stand_in = pair
    before, ours = known
    if refused := stand_in.check(ours.urn, change.inputs, old=ours.inputs)[1]:
        if set(refused.values()) == {REQUIRED}:
            return
        if not refusal(real, before, change) and not seen(real.diff(before, change.inputs)).replaces:
            yield f"the API server takes what the stand-in refuses: {refused}"
        return
    theirs, mine = seen(real.diff(before, change.inputs)), seen(stand_in.diff(ours, change.inputs))
    if theirs.replaces != mine.replaces or theirs.deletes_first != mine.deletes_first:
        yield f"{mine} is {theirs}"
    if theirs.properties != mine.properties and change.what not in OTHER_WORDS:
        yield f"{mine} is {theirs}"
    if theirs.properties and not theirs.replaces:
        yield from updates_apart(pair, known, change)


def updates_apart(pair: Pair, known: tuple[Known, Known], change: Changed) -> Iterator[str]:
    """Whether one lets an object change in place, and the other does not. Values that no server takes are no matter."""
    reason = refusal(pair[0], known[0], change)
    fixed = "immutable" in reason and "Required value" not in reason and UNBOUND not in reason
    try:
        pair[1].update(known[1], change.inputs, preview=True)
    except Refused as error:
        if not reason:
            yield f"the API server lets change what the stand-in refuses: {error}"
    else:
        if fixed:
            yield f"the stand-in lets change what the API server refuses: {reason}"


def refusal(real: Instance, known: Known, change: Changed) -> str:
    """Why the API server does not take a change; nothing where it does."""
    try:
        real.update(known, change.inputs, preview=True)
    except grpc.RpcError as error:
        return str(error.details())
    return ""


@contextlib.contextmanager
def nothing_served() -> Iterator[Mapping[str, int]]:
    """No provider: the engine starts the one on PATH, as it does for users."""
    yield {}


class Stack:
    """A program of objects, in a cluster."""

    def __init__(self, folder: Path, server: ApiServer, objects: list[KubernetesObject]) -> None:
        self.folder, self.server, self.objects = folder, server, objects
        (folder / "Pulumi.yaml").write_text("name: objects\nruntime: python\n")
        (folder / "Pulumi.real.yaml").write_text("config: {}\n")
        (folder / "__main__.py").write_text(PROGRAM)
        (folder / "kubeconfig").write_text(server.kubeconfig().read_text())

    def write(self, labels: Mapping[str, str]) -> None:
        """Write the objects, each with more labels."""
        namespaces = {
            each.manifest["metadata"]["name"]: each.resource.name for each in self.objects if is_namespace(each)
        }
        rows = []
        for each in self.objects:
            metadata = each.manifest["metadata"]
            changed = {**each.manifest, "metadata": {**metadata, "labels": {**metadata.get("labels", {}), **labels}}}
            needs = [namespaces[metadata["namespace"]]] if metadata.get("namespace") in namespaces else []
            rows.append((each.resource.type, each.resource.name, changed, needs))
        rows.sort(key=lambda row: bool(row[3]))
        (self.folder / "objects.json").write_text(json.dumps(rows))

    @contextlib.contextmanager
    def session(self) -> Iterator[Session]:
        path = f"{kubernetes_provider().parent}{os.pathsep}{os.environ['PATH']}"
        project = Project.load(self.folder, "real")
        with Session(
            project=project, backend=self.folder.parent / "state", serve=nothing_served, env={"PATH": path}
        ) as session:
            yield session

    def stored(self, each: KubernetesObject) -> dict[str, Any]:
        metadata = each.manifest["metadata"]
        return self.server.get(
            each.manifest["apiVersion"],
            each.manifest["kind"].removesuffix("Patch"),
            metadata["name"],
            metadata.get("namespace"),
        )


def is_namespace(each: KubernetesObject) -> bool:
    return each.resource.type == "kubernetes:core/v1:Namespace"


def ok(outcome: Outcome) -> Outcome:
    assert outcome.ok, outcome.errors
    return outcome


def test_it_makes_changes_and_deletes_what_the_platform_has(tmp_path: Path, platform: list[KubernetesObject]) -> None:
    folder = tmp_path / "program"
    folder.mkdir()
    kinds = {(each.manifest["apiVersion"], each.manifest["kind"].removesuffix("Patch")) for each in platform}
    with new_cluster(deployed("production")) as server, controllers(server, kinds):
        stack = Stack(folder, server, platform)
        stack.write({})
        with stack.session() as session:
            ok(session.up())
            ok(session.preview(expect_no_changes=True))
            ok(session.refresh(expect_no_changes=True))
            stack.write({"changed": "yes"})
            ok(session.up())
            unchanged = [e.resource.name for e in platform if "changed" not in stack.stored(e)["metadata"]["labels"]]
            assert unchanged == []
            ok(session.destroy())
        left = []
        for each in platform:
            with contextlib.suppress(RefusedError):
                stack.stored(each)
                left.append(each.resource.name)
        assert [name for name in left if not re.search("gp2", name)] == []
        to_stderr(f"{len(platform)} objects made, changed and deleted by the provider of Kubernetes")
