"""No secret is left in clear where a deployment writes: state, logs, events, policy messages, compliance report."""

from __future__ import annotations

import base64
import copy
import gzip
import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from local.engine import Session
from local.outcome import Outcome
from local.packs import policy_packs
from local.project import Project
from policies import reports, state
from policies.packs import PACKS
from tests.engine.deployed import plain, state_of, view

pytestmark = pytest.mark.engine

ROOT = Path(__file__).parents[2]
BOOTSTRAP_STACKS = [path.name.split(".")[1] for path in (ROOT / "bootstrap").glob("Pulumi.*.yaml")]
# Random values that are secrets; everything else that is secret is made of them.
GENERATORS = ("random:index/randomPassword:RandomPassword",)
GZIP = b"\x1f\x8b"


def forms(value: str) -> set[bytes]:
    """A value as it is, and in every form in which other documents would hold it."""
    raw = value.encode()
    # Go's JSON hides what HTML would take for its own.
    html = value.replace("&", r"\u0026").replace("<", r"\u003c").replace(">", r"\u003e")
    texts = {value, html, html.replace("\\", "\\\\"), json.dumps(value)[1:-1], quote(value, safe=""), quote_plus(value)}
    return {text.encode() for text in texts} | {raw.hex().encode(), *_base64_forms(raw)}


def _base64_forms(raw: bytes) -> Iterator[bytes]:
    """The part of base64 that depends on the value only, wherever in a document it begins."""
    for offset in range(3):
        encoded = base64.b64encode(bytes(offset) + raw)
        start, end = (4 if offset else 0), len(encoded) // 4 * 4 - 4
        yield encoded[start:end]
        yield encoded[start:end].replace(b"+", b"-").replace(b"/", b"_")


def found(secrets: Mapping[str, str], places: Mapping[str, bytes]) -> list[str]:
    """Which secrets stand where; names only, never a value."""
    return [
        f"{secret} in {place}"
        for secret, value in secrets.items()
        for place, text in places.items()
        if any(form in text for form in forms(value))
    ]


def files(folder: Path) -> dict[str, bytes]:
    """What all files below a folder hold, unpacked."""
    contents = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {name: gzip.decompress(text) if text.startswith(GZIP) else text for name, text in contents.items()}


def told(outcome: Outcome) -> dict[str, bytes]:
    """What a run of the engine says, on all of its channels."""
    events = json.dumps([*outcome.events], default=lambda part: getattr(part, "__dict__", str(part)))
    return {"stdout": outcome.stdout.encode(), "stderr": outcome.stderr.encode(), "events": events.encode()}


def compliance(exported: Mapping[str, Any]) -> dict[str, bytes]:
    """The compliance report of a state whose secrets are in clear."""
    written = reports.build(state.parse(exported), "production", PACKS, datetime.now(UTC))
    return {
        "report.md": reports.to_markdown(written).encode(),
        "report.json": json.dumps(reports.to_data(written)).encode(),
    }


def generated(exported: Mapping[str, Any]) -> dict[str, str]:
    """The generated secrets of a state, by the logical name of their resource."""
    stack = view(exported)
    return {each.name: each["result"] for type_ in GENERATORS for each in stack.of_type(type_)}


def secret_texts(properties: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The properties that are secret, wholly or somewhere inside, as text."""
    for name, value in properties.items():
        if (known := plain(value)) != value:
            yield name, known if isinstance(known, str) else json.dumps(known)


@pytest.mark.parametrize("value", ["plain-and-long-enough", "u$>h&b#!^<-9\"'\\ äö"])
def test_the_search_finds_a_secret_in_every_disguise(value: str) -> None:
    disguises = {
        "clear": f"password={value}",
        "document": json.dumps({"password": value}),
        "base64": base64.b64encode(f"user:{value}@host".encode()).decode(),
        "base64 of URLs": base64.urlsafe_b64encode(f"u:{value}".encode()).decode(),
        "query": f"?token={quote_plus(value)}",
        "path": f"/{quote(value, safe='')}/",
        "hexadecimal": value.encode().hex(),
    }
    places = {name: text.encode() for name, text in disguises.items()}
    assert found({"it": value}, places) == [f"it in {name}" for name in places]
    assert found({"it": value}, {"elsewhere": b"something else"}) == []


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder in which everything that is temporary ends up."""
    folder = tmp_path_factory.mktemp("private")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(folder))
        yield folder


def test_a_deployment_leaves_no_secret_in_clear(tmp_path: Path, private: Path) -> None:
    with Session(project=Project.load(ROOT, "production"), backend=tmp_path, packs=policy_packs(ROOT)) as session:
        outcome = session.up()
        assert outcome.ok, outcome.errors
        outputs = session.outputs().encode()
        exported = json.loads(session.export())
        places = {**files(tmp_path), **files(private), **told(outcome), **compliance(exported), "outputs": outputs}
    secrets = generated(exported)
    assert secrets.keys() >= {"postgres", "redis"}
    assert any(name.endswith("production.json") for name in places), places.keys()
    assert found(secrets, places) == []
    # The search would have found them.
    assert found(secrets, {"export": json.dumps(exported).encode()}) == [f"{name} in export" for name in secrets]


def test_everything_secret_is_made_of_what_is_generated() -> None:
    """So that a search for the generated values is a search for all secrets. A kubeconfig holds no credentials."""
    exported = state_of("production")
    known = [*generated(exported).values()]
    for resource in exported["deployment"]["resources"]:
        for name, text in secret_texts({**resource.get("inputs", {}), **resource.get("outputs", {})}):
            if name == "kubeconfig":
                assert not re.search("token:|password|client-(key|certificate)", text)
            else:
                assert name == "bcryptHash" or any(value in text for value in known), (resource["urn"], name)


def test_rules_that_find_everything_wrong_tell_no_secret() -> None:
    exported = copy.deepcopy(state_of("production"))
    for resource in exported["deployment"]["resources"]:
        inputs = resource.get("inputs", {})
        resource["inputs"] = {name: value for name, value in inputs.items() if list(secret_texts({name: value}))}
    written = compliance(exported)
    # Most resources are left without what their rules ask for.
    assert written["report.json"].count(b'"verdict": "violated"') > len(exported["deployment"]["resources"]) / 2
    assert found(generated(exported), written) == []


def test_a_secret_in_the_configuration_is_refused_and_not_repeated(tmp_path: Path, private: Path) -> None:
    hush = {"owner": "hush-and-never-tell"}
    with Session(project=Project.load(ROOT, "production"), backend=tmp_path) as session:
        session.command("config", "set", "--secret", "trading-platform:owner", hush["owner"])
        outcome = session.preview()
        places = {**files(tmp_path), **files(private), **told(outcome)}
    assert not outcome.ok
    assert "trading-platform:owner: is a secret" in outcome.stdout
    assert found(hush, places) == []


@pytest.mark.parametrize("stack", BOOTSTRAP_STACKS)
def test_the_state_backend_encrypts_secrets_under_a_key_of_its_own(stack: str) -> None:
    with Session(project=Project.load(ROOT / "bootstrap", stack), backend=None) as session:
        assert session.up().ok
        outputs = json.loads(session.outputs())
        state = view(json.loads(session.export()))
    alias, _, region = outputs["secretsProvider"].removeprefix("awskms://").partition("?region=")
    assert alias in [each["name"] for each in state.of_type("aws:kms/alias:Alias")]
    assert f":kms:{region}:" in outputs["stateKeyArn"]
