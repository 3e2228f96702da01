"""Configuration and policies agree: an accepted value passes every mandatory rule, or the rule has a documented waiver.

Values are those of the reference. Expected are no rules but those of `config/waivers.yaml`.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pulumi_policy import EnforcementLevel

from config import matrix
from local.engine import Session
from local.packs import packs_together
from policies.packs import PACKS
from policies.state import parse
from policies.support.configuration import RuleSettings, load
from policies.support.verdicts import Verdict, judge
from review import settings
from tests.engine.deployed import ROOT
from tests.resilience.values import Gathered, Value, base, gathered, mistakes, project, values

pytestmark = pytest.mark.engine

WAIVERS = matrix.waivers()


def waived(pack: str, rules: Sequence[matrix.Waiver]) -> Mapping[str, Any]:
    """The pack's file for production with these waivers."""
    content: dict[str, Any] = json.loads(
        (ROOT / "policies" / pack / "config" / "production.json").read_text(encoding="utf-8")
    )
    for each in rules:
        if each.pack != pack:
            continue
        said = content.get(each.rule)
        if isinstance(said, dict) and isinstance(each.waiver, dict):
            exemptions = said.get("exemptions", []) + each.waiver.get("exemptions", [])
            content[each.rule] = {**said, **each.waiver, **({"exemptions": exemptions} if exemptions else {})}
        else:
            content[each.rule] = each.waiver
    return content


def packs(folder: Path, rules: Sequence[matrix.Waiver]) -> Path:
    """A copy of the packs that has these waivers."""
    shutil.copytree(ROOT / "policies", folder / "policies", ignore=shutil.ignore_patterns("__pycache__"))
    for pack in PACKS:
        file = folder / "policies" / pack.folder.name / "config" / "production.json"
        file.write_text(json.dumps(waived(pack.folder.name, rules)), encoding="utf-8")
    return folder


def violated(state: Mapping[str, Any], folder: Path) -> set[str]:
    """The mandatory rules that a deployed stack violates, by the files of packs in a folder."""
    stack, today = parse(state), datetime.now(UTC).date()
    rules: Mapping[str, RuleSettings] = {}
    for pack in PACKS:
        rules = {**rules, **load(folder / "policies" / pack.folder.name / "config" / "production.json", pack.rules)}
    return {
        rule.name
        for pack in PACKS
        for rule in pack.rules
        if rules[rule.name].level is EnforcementLevel.MANDATORY
        for resource in stack.of(*rule.types)
        if judge(rule, resource, rules[rule.name], stack, today).verdict is Verdict.VIOLATED
    }


def deployed(text: str) -> Mapping[str, Any]:
    """The state of production with another file."""
    with Session(project=dataclasses.replace(project(), config=text)) as session:
        outcome = session.up()
        assert outcome.ok, outcome.errors
        state: Mapping[str, Any] = json.loads(session.export())
        return state


def accepted() -> tuple[list[Value], list[Value]]:
    """The values that the configuration takes by themselves, and those that it refuses."""
    taken: list[Value] = []
    refused: list[Value] = []
    for value in values():
        text = settings.configured(base(value.base), value.settings)
        told = mistakes(text)
        assert all(line.startswith("trading-platform:") for line in told), told
        (refused if told else taken).append(value)
    return taken, refused


def stacks(taken: Sequence[Value]) -> Iterator[Gathered]:
    for name in settings.bases():
        yield from gathered([value for value in taken if value.base == name])


@pytest.mark.nightly
def test_every_documented_value_passes_or_has_a_waiver(tmp_path: Path, tell: Callable[[str], None]) -> None:
    taken, refused = accepted()
    folder, count = packs(tmp_path, WAIVERS), 0
    for gathering in stacks(taken):
        found = violated(deployed(gathering.text), folder)
        assert found == set(), [value.settings for value in gathering.values]
        count += 1
    keys = {value.key for value in taken}
    tell(f"values: {len(taken)} of {len(keys)} settings pass, in {count} stacks; {len(refused)} are refused by key")


def test_values_that_rules_stop_are_stopped_at_the_preview_unless_waived(tmp_path: Path) -> None:
    examples = {path: value for each in WAIVERS for path, value in each.example.items()}
    stack = dataclasses.replace(project(), config=settings.configured(project().config, examples))
    told: dict[str, set[str]] = {}
    for name, folder in {"as they are": ROOT, "waived": packs(tmp_path, WAIVERS)}.items():
        with Session(project=stack, packs=packs_together(folder)) as session:
            outcome = session.preview()
        mandatory = [each for each in outcome.violations if str(each.enforcement_level) == "mandatory"]
        assert outcome.ok is not bool(mandatory), outcome.errors
        told[name] = {each.policy_name for each in mandatory}
    assert told == {"as they are": {each.rule for each in WAIVERS}, "waived": set()}
