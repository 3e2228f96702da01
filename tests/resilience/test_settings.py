"""Settings change on a deployed stack as their records say, and what AWS refuses ends in an error."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from changes import settings as records
from local.engine import Session
from local.project import Project
from review import settings
from tests.engine.deployed import ROOT

pytestmark = pytest.mark.engine

# Of each kind: never, at the window, with interruption, by replacement, at once, at creation only.
SAMPLE = (
    "postgres.allocatedStorageGib",
    "postgres.instanceClass",
    "nodeGroups.<label>.instanceTypes",
    "cluster.version",
    "postgres.databaseName",
    "buckets.<label>.lifecycle.expirationDays",
)
# Changes in place that the stand-ins refuse as AWS does.
REFUSED = ("postgres.allocatedStorageGib", "cluster.version", "redis.engine")


def committed() -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = json.loads(records.FILE.read_text(encoding="utf-8"))
    return found


def test_the_most_different_settings_change_as_recorded(tell: Callable[[str], None]) -> None:
    wanted = [change for change in settings.defined() if change.key in SAMPLE]
    found = settings.records(ROOT, wanted)
    expected = {key: committed()[key] for key in found}
    assert json.loads(json.dumps(found)) == expected, "run `make settings`"
    tell(f"settings: {len(wanted)} changes of {len(found)} settings do what their records say")


@pytest.mark.nightly
def test_every_setting_changes_as_recorded(tell: Callable[[str], None]) -> None:
    wanted = settings.defined()
    assert json.loads(settings.render(settings.records(ROOT, wanted))) == committed(), "run `make settings`"
    listed = [record for each in records.records().values() for record in each]
    refused = sum(record.refused for record in listed)
    tell(f"settings: {len(listed)} changes of {len(committed())} settings, {refused} of them refused in time")


@pytest.mark.parametrize("key", REFUSED)
def test_what_is_refused_is_not_carried_out(key: str, tmp_path: Path) -> None:
    pairs = zip((c for c in settings.defined() if c.key == key), records.records()[key], strict=True)
    change = next(change for change, record in pairs if record.refused)
    project = Project.load(ROOT, settings.STACK)
    base = settings.bases()[change.base]
    deployed = dataclasses.replace(project, config=settings.configured(project.config, base))
    with Session(project=deployed, backend=tmp_path) as session:
        assert session.up().ok
    changed = dataclasses.replace(project, config=settings.configured(deployed.config, change.settings))
    with Session(project=changed, backend=tmp_path) as session:
        assert session.preview().refusals
        outcome = session.up()
    assert not outcome.ok
    assert any("InvalidParameterValue" in error or "replace" in error for error in outcome.errors), outcome.errors
