"""What was reviewed is what is deployed: a second preview agrees with the first, and the update ends."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from local.engine import Session
from local.project import Project
from review import agreement, previews
from review.previews import Kind, Preview, changed
from review.settings import configured
from tests.engine.deployed import ROOT

pytestmark = pytest.mark.engine

STACK = "development"
# Saved plans of the engine stop half way at the first four.
CHANGES: Mapping[str, Mapping[str, Any]] = {
    "node disks": {"nodeGroups.general.diskSizeGib": 150},
    "instance types": {"nodeGroups.general.instanceTypes": ["m5.2xlarge"]},
    "the Owner tag": {"owner": "Platform Team"},
    "a Kubernetes minor": {"cluster.version": "1.37", "cluster.addonVersions.kube-proxy": "v1.37.0-eksbuild.1"},
    "a bucket more": {"buckets.research": {"lifecycle": {"standardIaDays": 30}}},
    "an alarm less": {"observability.customAlarms": {}},
    "a value": {"kms.rotationPeriodDays": 180},
}


def preview(folder: Path, settings: Mapping[str, Any]) -> Preview:
    with session(folder, settings) as opened:
        return previews.from_events(opened.preview().events)


def session(folder: Path, settings: Mapping[str, Any]) -> Session:
    project = Project.load(ROOT, STACK)
    return Session(project=dataclasses.replace(project, config=configured(project.config, settings)), backend=folder)


def kinds(found: Preview) -> set[Kind]:
    return {change.kind for change in changed(found)}


def tried(folder: Path, names: Sequence[str]) -> set[Kind]:
    """Make one change after the other, each on top of those before; what happened."""
    settings: dict[str, Any] = {}
    seen: set[Kind] = set()
    with session(folder, settings) as opened:
        assert opened.up().ok
    for name in names:
        before, settings = dict(settings), {**settings, **CHANGES[name]}
        reviewed, again = preview(folder, settings), preview(folder, settings)
        assert kinds(reviewed), name
        seen |= kinds(reviewed)
        assert agreement.differences(reviewed, again) == [], name
        assert agreement.differences(reviewed, preview(folder, before)), name
        with session(folder, settings) as opened:
            outcome = opened.up()
        assert outcome.ok, (name, outcome.errors)
        assert agreement.differences(reviewed, preview(folder, settings)), "once is enough"
    return seen


def test_what_saved_plans_refuse_is_deployed(tmp_path: Path) -> None:
    assert tried(tmp_path, ["node disks"]) >= {Kind.UPDATE}


@pytest.mark.nightly
def test_changes_of_every_kind_are_deployed_as_reviewed(tmp_path: Path) -> None:
    assert tried(tmp_path, list(CHANGES)) == {Kind.CREATE, Kind.UPDATE, Kind.REPLACE, Kind.DELETE}
