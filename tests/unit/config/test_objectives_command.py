"""`make objectives`: what a stack's file gives after each kind of loss, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from config import ConfigError, files, objectives
from tests.unit.stacks import EVERY_STACK, STACKS


@pytest.mark.parametrize("stack", EVERY_STACK)
def test_every_store_of_a_stack_is_told(stack: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert objectives.main(["--stack", stack, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    buckets = files.values(stack)["buckets"]
    assert {each["store"] for each in found} >= {"postgres", "redis", *(f"bucket {label}" for label in buckets)}
    assert objectives.main(["--stack", stack]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + len(found)
    assert sum("✗" in line for line in lines) == sum(not each["meets"] for each in found)


def test_times_are_minutes_and_what_never_comes_back_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    objectives.main(["--stack", "production"])
    lines = capsys.readouterr().out.splitlines()
    (cache,) = [line.split() for line in lines if line.startswith("redis") and " region " in line]
    assert cache[:3] == ["redis", "region", "never"]
    (copied,) = [line for line in lines if line.startswith("bucket compliance") and " region " in line]
    assert " 15 min " in copied
    assert "✗" not in copied


def test_a_stack_that_is_not_there_names_those_that_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert objectives.main(["--stack", "nowhere"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("Pulumi.nowhere.yaml: there is no such file; the stacks are ")
    assert all(stack in said for stack in STACKS)


@pytest.mark.parametrize("text", ["config: 1", "config: {1: 2}", "- a", "config: [", "\x00"])
def test_a_file_that_is_no_stack_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "Pulumi.odd.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"^Pulumi.odd.yaml: is no stack file: "):
        files.values("odd", tmp_path)
