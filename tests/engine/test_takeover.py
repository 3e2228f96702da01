"""The region of production is lost: its stack moves on the real engine, while control planes of that region refuse."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from components.recovery import exclusions
from local import providers
from local.engine import Session
from local.project import Project
from local.providers.server import Operation
from tests.engine.conftest import Checkout
from tests.engine.deployed import Deployed, deployed, view

pytestmark = pytest.mark.engine

LOST = "us-east-1"
# Services whose control plane is in us-east-1 wherever one calls from (AWS Fault Isolation Boundaries, global services;
# for S3: creating and deleting buckets, and their configuration and policies).
GLOBAL = re.compile(r"aws:(iam|s3|route53|cloudfront|globalaccelerator|organizations|account|budgets|shield|wafv1)/")
STATE = Path("state")
COMMAND = (
    *("--stack", "production", "--name", "takeover", "--vpc-cidr", "10.3.0.0/16", "--recovery-region", "us-east-2"),
    *("--standby-zones", "us-east-2a", "us-east-2b", "us-east-2c", "--standby-cidr", "10.101.0.0/20"),
)
# What nobody can be told before the database exists: as whom its clients sign in without a password.
NEEDS_IAM_ON_THE_DAY = {"workloads-account-trading-database", "standby-flow-logs"}


class LostRegion:
    """A cloud without one region: it refuses each creation, update and deletion there, and counts what it was asked."""

    def __init__(self) -> None:
        self.refused: list[tuple[str, str]] = []
        self.done: Counter[str] = Counter()

    def __call__(self, operation: Operation) -> None:
        name = operation.urn.rpartition("::")[2]
        if GLOBAL.match(operation.type) or LOST in places(operation.inputs, operation.outputs):
            self.refused.append((operation.type, name))
            raise ConnectionError(f"{LOST} does not answer")
        self.done[operation.type] += 1


def places(*properties: Mapping[str, Any]) -> set[str]:
    """The regions that a resource is in: what it says itself, and what its ARN says."""
    found = {str(each.get("region")) for each in properties}
    return found | {str(each.get("arn", "::::")).split(":")[3] for each in properties if ":" in str(each.get("arn"))}


def written(checkout: Checkout, *options: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "config.takeover", *COMMAND, *options],
        cwd=checkout.path,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


def session(checkout: Checkout, **options: Any) -> Session:
    return Session(project=Project.load(checkout.path, "takeover"), backend=checkout.state / "backend", **options)


def patterns() -> list[str]:
    return [word for word in exclusions() if not word.startswith("--")]


@pytest.fixture
def lit(checkout: Checkout) -> tuple[Checkout, Deployed]:
    """The pilot light, deployed in peace."""
    written(checkout, "--pilot-light")
    checkout.state.mkdir()
    (checkout.state / "backend").mkdir()
    with session(checkout, exclude=patterns()) as peace:
        outcome = peace.up()
        assert outcome.ok, outcome.errors
        return checkout, view_of(peace)


def view_of(run: Session) -> Deployed:
    import json  # noqa: PLC0415

    return view(json.loads(run.export()))


def test_a_pilot_light_burns_and_then_takes_over_without_the_lost_region(lit: tuple[Checkout, Deployed]) -> None:
    checkout, waiting = lit
    types = {resource.type for resource in waiting}
    assert types.isdisjoint(
        {"aws:ec2/natGateway:NatGateway", "aws:rds/instance:Instance", "aws:eks/nodeGroup:NodeGroup"}
    )
    assert types >= {"aws:eks/cluster:Cluster", "aws:iam/openIdConnectProvider:OpenIdConnectProvider"}
    assert waiting.one("aws:kms/alias:Alias", "keys-rds").inputs["name"] == "alias/takeover-rds"

    written(checkout, "--snapshot", "production-postgres-takeover")
    cloud = LostRegion()
    with session(checkout, serve=partial(providers.serve, cloud)) as day:
        day.up(continue_on_error=True)
        after = view_of(day)
    assert {name for _, name in cloud.refused} <= NEEDS_IAM_ON_THE_DAY, cloud.refused
    database = after.one("aws:rds/instance:Instance", "postgres-primary")
    assert database.inputs["snapshotIdentifier"] == "production-postgres-takeover"
    assert cloud.done["aws:eks/nodeGroup:NodeGroup"] == len(
        deployed("production").of_type("aws:eks/nodeGroup:NodeGroup")
    )
    # Nothing that runs leans on the lost region, by name or by key.
    running = {urn: each for urn, each in after.resources.items() if not GLOBAL.match(each.type)}
    assert [each.name for each in running.values() if LOST in places(each.inputs, each.outputs)] == []
    keys = {str(value) for each in running.values() for value in each.inputs.values() if ":kms:" in str(value)}
    assert [key for key in keys if LOST in key] == []

    # IAM answers again: the rest follows, and then there is nothing left to do.
    with session(checkout) as later:
        assert later.up().ok
        assert later.preview(expect_no_changes=True).ok
