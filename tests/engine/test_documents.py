"""What documentation shows of the platform: generated from it, up to date, and legible."""

from __future__ import annotations

import functools
import json
import os
import re
import subprocess
import xml.etree.ElementTree as ET
from fnmatch import fnmatchcase
from itertools import combinations
from pathlib import Path
from types import ModuleType

import pytest

from local import cli
from review import resources
from review.diagram import drawing as diagram
from review.diagram.architecture import ALB, CONTROL_PLANE, INTERNET, NODES, POSTGRES, REDIS, Architecture
from review.diagram.svg import Box
from review.imports import ids as import_ids
from review.imports import listing as imports
from review.reference import components
from review.resources import Inventory
from tests.engine.deployed import ROOT, STACKS, state_of
from tests.engine.examples import run
from tests.unit.docs.support import COMMANDS, PULUMI
from tests.unit.drawings import misplaced, texts
from tests.unit.stacks import parsed

pytestmark = pytest.mark.engine

_NAMESPACE = "{http://www.w3.org/2000/svg}"


def inventory(stack: str = "production") -> Inventory:
    return resources.from_state(state_of(stack))


def drawing(stack: str) -> ET.Element:
    return ET.fromstring(diagram.draw(Architecture(inventory(stack))))  # noqa: S314 our own drawing


def boxes(root: ET.Element) -> list[Box]:
    names = ("x", "y", "width", "height")
    return [Box(*(float(each.attrib[name]) for name in names)) for each in root.iter(f"{_NAMESPACE}rect")]


def test_the_diagram_is_that_of_the_deployed_stack() -> None:
    expected = diagram.draw(Architecture(inventory()))
    assert diagram.TARGET.read_text(encoding="utf-8") == expected, "run `make docs`"


# What a stack can have beside the guide's platform, and which words it adds to the drawing.
DRAWN = {
    "aws:acm/certificate:Certificate": "trading.example.com",
    "aws:wafv2/webAcl:WebAcl": "web ACL landing-zone-address",
    "aws:route53/healthCheck:HealthCheck": "1 check from outside",
    "aws:ecr/repository:Repository": "landing-zone/orders",
}


def test_an_address_and_a_registry_are_drawn_where_there_are_some() -> None:
    state = json.loads(json.dumps(state_of("production")))
    found = [each for each in run("landing-zone").state["deployment"]["resources"] if each["type"] in DRAWN]
    assert {each["type"] for each in found} == DRAWN.keys()
    state["deployment"]["resources"] += found
    root = ET.fromstring(diagram.draw(Architecture(resources.from_state(state))))  # noqa: S314 our own drawing
    words = {words for words, _ in texts(root)}
    assert set(DRAWN.values()) | {"Address", "Registry"} <= words
    assert not {"Address", "Registry"} & {words for words, _ in texts(drawing("production"))}


def test_the_reference_of_components_is_up_to_date() -> None:
    expected = components.reference(components.SOURCE, inventory())
    assert components.TARGET.read_text(encoding="utf-8") == expected, "run `make docs`"


@pytest.mark.parametrize("command", [diagram, components])
def test_a_document_can_be_made_from_any_exported_state(command: ModuleType, tmp_path: Path) -> None:
    state, output = tmp_path / "state.json", tmp_path / "document"
    state.write_text(json.dumps(state_of("production")))
    assert command.main(["--state", str(state), "--output", str(output)]) == 0
    assert output.read_text() == command.TARGET.read_text(encoding="utf-8")


def test_a_state_of_something_else_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = tmp_path / "state.json"
    state.write_text('{"deployment": {"resources": []}}')
    assert diagram.main(["--state", str(state), "--output", str(tmp_path / "document")]) == 1
    assert "the state holds no provider of AWS" in capsys.readouterr().err


@pytest.mark.parametrize("stack", STACKS)
def test_every_text_fits_into_its_box_and_covers_no_other(stack: str) -> None:
    assert misplaced(drawing(stack)) == []


@pytest.mark.parametrize("stack", STACKS)
def test_cards_overlap_only_what_they_lie_in(stack: str) -> None:
    def inside(small: Box, large: Box) -> bool:
        fits = small.x >= large.x and small.right <= large.right
        return fits and small.y >= large.y and small.bottom <= large.bottom

    for one, other in combinations(boxes(drawing(stack)), 2):
        apart = one.right <= other.x or other.right <= one.x or one.bottom <= other.y or other.bottom <= one.y
        assert apart or inside(one, other) or inside(other, one), (one, other)


def test_the_connections_are_those_that_the_platform_promises() -> None:
    architecture = Architecture(inventory())
    allowed = {(each.source, each.target): each.ports for each in architecture.connections()}
    assert allowed[INTERNET, ALB] == ("80", "443")
    assert allowed[NODES, POSTGRES] == ("5432",)
    assert allowed[NODES, REDIS] == ("6379",)
    assert {source for source, target in allowed if target in (POSTGRES, REDIS)} == {NODES}
    assert (INTERNET, CONTROL_PLANE) not in allowed


def test_every_key_protects_something() -> None:
    keys = Architecture(inventory()).customer_keys()
    assert len(keys) == len(list(inventory().of_type("aws:kms/key:Key")))
    assert [key.name for key in keys if not key.protects] == []


def test_every_component_has_a_chapter_that_says_what_it_creates() -> None:
    page = components.TARGET.read_text(encoding="utf-8")
    used = {each.type for each in inventory().values() if each.type.startswith("platform:")}
    assert [token for token in used if f"type `{token}`" not in page] == []
    assert "aws:rds:Instance" in page.split("## Postgres\n")[1].split("\n## ")[0]


def test_ids_for_import_are_those_that_the_provider_gives() -> None:
    """Where an id follows from the configuration, it is the one that the deployed resource has."""
    found = inventory()
    for resource in found.values():
        if resource.type not in import_ids.IDS:
            continue
        expected = import_ids.import_id(resource, parsed("production").account_id, "us-east-1").partition("@")[0]
        if "<" in expected or resource.type in _IMPORTED_UNDER_ANOTHER_ID:
            continue
        assert resource.id == expected, resource.urn


# Their ids in the state say less than their ids for import, or are made up.
_IMPORTED_UNDER_ANOTHER_ID = (
    "aws:cloudwatch/eventRule:EventRule",
    "aws:cloudwatch/logMetricFilter:LogMetricFilter",
    "aws:ebs/encryptionByDefault:EncryptionByDefault",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:rds/instance:Instance",
)


def test_the_import_file_lists_what_would_be_created_with_an_id_each() -> None:
    entries, found = imports.import_file(ROOT, "staging")
    kept = imports.completed(entries, found, ("aws", "random"))
    with_id = [entry for entry in kept if "id" in entry]
    deployed = [each for each in inventory("staging").values() if each.type.startswith(("aws:", "random:"))]
    assert len(with_id) == len(deployed)
    assert not any(entry["id"] in ("", "<id>", "<PLACEHOLDER>") for entry in with_id)
    assert 0 < imports.open_ids(kept) < len(with_id) / 2
    # Whatever is the parent of something is in the file, too.
    assert {entry["parent"] for entry in with_id if "parent" in entry} <= {entry["name"] for entry in kept}
    buckets = [entry["id"] for entry in with_id if entry["type"] == "aws:s3/bucket:Bucket"]
    assert "staging-data-210987654321-us-east-1" in buckets


def test_every_type_of_the_platform_has_a_form_of_its_id() -> None:
    custom = {each.type for stack in STACKS for each in inventory(stack).values() if each.custom}
    named = {type_ for type_ in custom if type_.partition(":")[0] in ("aws", "random")}
    assert named - set(import_ids.IDS) == set()


def test_the_runbooks_name_resources_by_urns_that_exist() -> None:
    example = {each.urn.replace(":landing-zone::", ":production::") for each in run("landing-zone").resources}
    known = {re.sub(r"postgres\d+$", "postgres", urn) for urn in (*inventory(), *example)}
    for page in sorted(ROOT.glob("docs/**/*.md")):
        for urn in re.findall(r"urn:pulumi:production::[^\s'`\",]+", page.read_text(encoding="utf-8")):
            # An exemption's pattern leaves out the parents.
            pattern = re.sub(r"postgres\d+$", "postgres", urn)
            assert any(fnmatchcase(each, pattern) for each in known), (page.name, urn)


def test_the_guide_for_terraform_names_resources_that_exist() -> None:
    found = {(each.type, each.name) for each in inventory().values()}
    page = (ROOT / "docs" / "terraform.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `.+` \| `([\w:/.-]+)` \| `([\w.-]+)` \|$", page, re.MULTILINE)
    assert len(rows) > 30
    assert [row for row in rows if row not in found] == []


@functools.cache
def help_of(subcommand: str) -> str:
    """What the CLI says of one of its commands, plans included, which it hides as an experiment."""
    command = [cli.find().command, *subcommand.split(), "--help"]
    env = {**os.environ, "PULUMI_EXPERIMENTAL": "true"}
    return subprocess.run(command, capture_output=True, text=True, check=True, env=env).stdout


@functools.cache
def own_options() -> frozenset[str]:
    """The options that `.ci/pulumi` takes before those of the CLI."""
    script = (ROOT / ".ci" / "pulumi").read_text(encoding="utf-8")
    return frozenset(re.findall(r'"\$\{1-\}" = (--[\w-]+) \]', script))


def test_options_of_pulumi_in_the_documentation_exist() -> None:
    assert own_options() == {"--reviewed"}
    for command in [each for each in COMMANDS if each.words[0] in ("pulumi", ".ci/pulumi")]:
        words = [word for word in command.words[1:] if not word.startswith("-")]
        pair = " ".join(words[:2])
        subcommand = pair if pair in PULUMI else words[0]
        options = {word.partition("=")[0] for word in command.words if word.startswith("--")}
        for option in options - (own_options() if command.words[0] == ".ci/pulumi" else frozenset()):
            assert f"{option} " in help_of(subcommand) or f"{option}\n" in help_of(subcommand), command
