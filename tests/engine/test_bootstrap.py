"""The accounts' foundation on the real engine, with every policy pack."""

from __future__ import annotations

import json

import pytest

from local.engine import Session
from local.packs import policy_packs
from local.project import Project
from tests.engine.deployed import ROOT, view

pytestmark = pytest.mark.engine

ACCOUNTS = sorted(path.name.split(".")[1] for path in ROOT.glob("bootstrap/Pulumi.*.yaml"))


@pytest.mark.parametrize("account", ACCOUNTS)
def test_a_foundation_is_deployed_and_no_pack_objects(account: str) -> None:
    with Session(project=Project.load(ROOT / "bootstrap", account), packs=policy_packs(ROOT)) as session:
        outcome = session.up()
        assert outcome.ok, outcome.errors
        assert [violation for violation in outcome.violations if violation.enforcement_level == "mandatory"] == []
        found = view(json.loads(session.export()))
        assert session.up(expect_no_changes=True).ok
    bucket = found.outputs["stateBucket"]
    assert found.outputs["loginCommand"].startswith(f"pulumi login 's3://{bucket}?region=")
    assert found.outputs["secretsProvider"].startswith("awskms://alias/trading-platform-state?region=")
    assert found.one("aws:s3/bucket:Bucket", "state-bucket").id == bucket
