"""What `.ci/pulumi` does around the engine, with programs in its place that write down how they are called."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.limits import HANGING_SECONDS
from tests.unit.reviews import entry
from tests.unit.workloads import recorded

ROOT = Path(__file__).parents[2]

# What each program answers; all of them write their words into a file first.
_ANSWERS = {
    "pulumi": 'case "$1 $2" in "stack output") printf "%s" "$OUTPUTS" ;; preview*) cp "$EVENTS" events.jsonl ;; esac',
    "helm": 'if [ "$3" != cluster-autoscaler ]; then echo "kind: CustomResourceDefinition"; fi',
    "kubectl": 'cat "$KUBECONFIG" >> "$CALLS"; echo >> "$CALLS"',
}


def checkout(tmp_path: Path) -> Path:
    """A folder with all that the command needs, in which it may write."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    for path in ROOT.iterdir():
        if path.name not in (".ci", "events.jsonl"):
            (folder / path.name).symlink_to(path)
    shutil.copytree(ROOT / ".ci", folder / ".ci")
    return folder


def events(file: Path, *operations: str) -> Path:
    """A preview in which a bucket meets these operations."""
    bucket = entry("aws:s3/bucket:Bucket", "logs")
    about = [
        {"op": each, "urn": bucket["urn"], "type": "aws:s3/bucket:Bucket", "old": bucket, "new": bucket}
        for each in operations
    ]
    found: list[dict[str, Any]] = [
        *({"resourcePreEvent": {"metadata": each}} for each in about),
        {"summaryEvent": {"resourceChanges": {}}},
    ]
    file.write_text("\n".join(json.dumps({"sequence": 1, "timestamp": 1, **each}) for each in found))
    return file


def calls(
    tmp_path: Path, command: str, outputs: str, *options: str, preview: str = "update", stack: str = "staging"
) -> list[str]:
    """The words of every program that the command runs, in order; a preview finds a bucket to `preview`."""
    programs, log = tmp_path / "bin", tmp_path / "calls"
    programs.mkdir()
    for name, answer in _ANSWERS.items():
        program = programs / name
        program.write_text(f'#!/bin/sh\necho {name} "$@" >> "$CALLS"\n{answer}\n')
        program.chmod(0o755)
    env = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "CALLS": str(log), "OUTPUTS": outputs}
    env["EVENTS"] = str(events(tmp_path / "preview", preview))
    folder = checkout(tmp_path)
    if stack == "waiting":
        light = (ROOT / "Pulumi.staging.yaml").read_text(encoding="utf-8")
        (folder / "config").unlink()
        shutil.copytree(ROOT / "config", folder / "config")
        (folder / "Pulumi.waiting.yaml").write_text(f"{light}  trading-platform:pilotLight: true\n", encoding="utf-8")
    script = folder / ".ci" / "pulumi"
    subprocess.run([script, command, stack, *options], check=True, env=env, timeout=HANGING_SECONDS)
    return log.read_text().splitlines()


def test_a_deployment_refreshes_sizes_and_upgrades_definitions_first(tmp_path: Path) -> None:
    found = calls(tmp_path, "up", '{"kubeconfig": "{the way in}"}')
    releases = [release.inputs for release in recorded(domain=True).of_type("kubernetes:helm.sh/v3:Release")]
    expected = {
        f"helm show crds {release['chart']} --version {release['version']} --repo {release['repositoryOpts']['repo']}"
        for release in releases
    }
    assert found[0].startswith("pulumi refresh --stack staging")
    assert found[0].endswith("--target **:aws:eks/nodeGroup:NodeGroup::**")
    assert {each for each in found if each.startswith("helm")} == expected
    applied = [each for each in found if each.startswith("kubectl apply --server-side --force-conflicts")]
    assert len(applied) == len(releases) - 1, "the autoscaler's chart has no definitions"
    assert found.count("{the way in}") == len(applied)
    assert found[1].startswith("pulumi preview --stack staging")
    assert found[-1].startswith("pulumi up --stack staging")
    assert "--skip-preview" in found[-1]


# A preview that somebody looks through first, an update of a database's storage to less.
REFUSED = {
    "resourcePreEvent": {
        "metadata": {
            "op": "update",
            "urn": "urn:pulumi:staging::trading-platform::aws:rds/instance:Instance::postgres-primary",
            "type": "aws:rds/instance:Instance",
            "old": {"inputs": {"allocatedStorage": 500}},
            "new": {"inputs": {"allocatedStorage": 400}},
            "diffs": ["allocatedStorage"],
        }
    }
}


@pytest.mark.parametrize("command", ["preview", "up"])
def test_what_aws_refuses_stops_before_anything_is_touched(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(_ANSWERS, "pulumi", f"echo '{json.dumps(REFUSED)}' > events.jsonl")
    with pytest.raises(subprocess.CalledProcessError):
        calls(tmp_path, command, "{}")
    made = [line for line in (tmp_path / "calls").read_text().splitlines() if line.startswith(("pulumi up", "kubectl"))]
    assert made == []
    assert "postgres-primary: allocatedStorage: 500 → 400: storage of RDS never shrinks" in capfd.readouterr().err


def test_the_preview_of_a_deployment_takes_the_options_that_it_knows(tmp_path: Path) -> None:
    found = calls(tmp_path, "up", "{}", "--yes", "--plan", "plan.json", "--target", "urn:a b")
    before, after = (each for each in found if each.startswith(("pulumi preview", "pulumi up")))
    assert before.endswith("--target urn:a b")
    assert "--yes" not in before
    assert "plan" not in before.partition("events.jsonl")[2]
    assert after.endswith("--yes --plan plan.json --target urn:a b")


def test_the_first_deployment_has_no_cluster_to_prepare(tmp_path: Path) -> None:
    found = calls(tmp_path, "up", "{}")
    assert [each.split()[1] for each in found if each.startswith("pulumi")] == ["refresh", "preview", "stack", "up"]
    assert not [each for each in found if each.startswith(("helm", "kubectl"))]


def test_a_preview_changes_nothing(tmp_path: Path) -> None:
    (only,) = calls(tmp_path, "preview", '{"kubeconfig": "{the way in}"}')
    assert only.startswith("pulumi preview --stack staging")


def test_a_pilot_light_is_watched_by_every_pack_and_leaves_out_what_waits(tmp_path: Path) -> None:
    (only,) = calls(tmp_path, "preview", "{}", stack="waiting")
    for pack in ("baseline", "encryption", "tagging"):
        assert f"--policy-pack policies/{pack} " in only
    assert "--exclude-dependents" in only
    assert only.count("--exclude **aws:") > 1


def test_a_definition_that_cannot_be_fetched_stops_the_deployment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(_ANSWERS, "helm", "exit 1")
    with pytest.raises(subprocess.CalledProcessError):
        calls(tmp_path, "up", '{"kubeconfig": "{the way in}"}')
    assert "pulumi up" not in (tmp_path / "calls").read_text()


def test_what_was_reviewed_is_deployed(tmp_path: Path) -> None:
    reviewed = events(tmp_path / "reviewed", "update")
    found = calls(tmp_path, "up", "{}", "--reviewed", str(reviewed), "--yes")
    assert [each.split()[1] for each in found] == ["preview", "refresh", "preview", "stack", "up"]
    assert " --skip-preview " in found[-1]
    assert found[-1].endswith("--yes")
    assert "--plan" not in found[-1]


@pytest.mark.parametrize("now", ["delete", "replace", "create", "same"])
def test_anything_else_stops_before_the_first_change(tmp_path: Path, now: str) -> None:
    reviewed = events(tmp_path / "reviewed", "update")
    with pytest.raises(subprocess.CalledProcessError):
        calls(tmp_path, "up", "{}", "--reviewed", str(reviewed), "--yes", preview=now)
    assert [each.split()[1] for each in (tmp_path / "calls").read_text().splitlines()] == ["preview"]


def test_a_review_that_is_not_there_stops_it_too(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        calls(tmp_path, "up", "{}", "--reviewed", str(tmp_path / "missing"), "--yes")
    assert not (tmp_path / "calls").exists()
