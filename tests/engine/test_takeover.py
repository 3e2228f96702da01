"""The region of production is lost: its stack moves on the real engine, while control planes of that region refuse."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from components.recovery import exclusions
from local import providers
from local.engine import Session
from local.outcome import Outcome
from local.packs import policy_packs
from local.project import Project
from local.providers.server import Operation
from review.cost.estimate import estimate_of
from review.resources import from_state
from tests.engine.conftest import Checkout
from tests.engine.deployed import ROOT, Deployed, deployed, state_of, view
from tests.limits import HANGING_SECONDS

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

    def __init__(self, refuses: Callable[[Operation], bool] | None = None) -> None:
        self._refuses = refuses or is_lost
        self.refused: list[tuple[str, str]] = []
        self.done: Counter[str] = Counter()

    def __call__(self, operation: Operation) -> None:
        name = operation.urn.rpartition("::")[2]
        if self._refuses(operation):
            self.refused.append((operation.type, name))
            raise ConnectionError(f"{LOST} does not answer")
        self.done[operation.type] += 1


def is_lost(operation: Operation) -> bool:
    """Whether the control plane of an operation was in the lost region."""
    return bool(GLOBAL.match(operation.type)) or LOST in places(operation.inputs, operation.outputs)


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
        timeout=HANGING_SECONDS,
    )
    assert done.returncode == 0, done.stderr


def session(checkout: Checkout, **options: Any) -> Session:
    return Session(project=Project.load(checkout.path, "takeover"), backend=checkout.state / "backend", **options)


def patterns() -> list[str]:
    return [word for word in exclusions() if not word.startswith("--")]


@pytest.fixture
def lit(checkout: Checkout) -> tuple[Checkout, Deployed]:
    """The pilot light, deployed in peace and under every pack, as `.ci/pulumi` does it."""
    written(checkout, "--pilot-light")
    checkout.state.mkdir()
    (checkout.state / "backend").mkdir()
    with session(checkout, exclude=patterns(), packs=policy_packs(checkout.path)) as peace:
        outcome = peace.up()
        assert outcome.ok, outcome.errors
        assert mandatory(outcome) == []
        return checkout, view_of(peace)


def mandatory(outcome: Outcome) -> list[tuple[str, str]]:
    """Rule and resource of each violation that stops a deployment."""
    found = [each for each in outcome.violations if each.enforcement_level == "mandatory"]
    return [(each.policy_name, str(each.resource_urn).rpartition("::")[2]) for each in found]


def view_of(run: Session) -> Deployed:
    return view(json.loads(run.export()))


def production(checkout: Checkout, **options: Any) -> Session:
    """Production as it was deployed, in the backend of the checkout."""
    backend = checkout.state / "backend"
    found = Session(project=Project.load(checkout.path, "production"), backend=backend, **options)
    file = checkout.state / "production.json"
    if not file.exists():
        file.write_text(json.dumps(state_of("production")), encoding="utf-8")
        with found as imported:
            imported.command("stack", "import", "--file", str(file))
        return production(checkout, **options)
    return found


def survivors(stack: Deployed) -> Deployed:
    """What is left of a stack without the lost region and without global control planes to change anything by."""
    return Deployed(
        {urn: each for urn, each in stack.resources.items() if LOST not in places(each.inputs, each.outputs)}
    )


def test_what_a_takeover_starts_from_is_in_productions_exported_state() -> None:
    left = survivors(deployed("production"))
    standby = left.one("aws:rds/instance:Instance")
    assert standby["identifier"] == "production-postgres-standby"
    assert standby["region"] == "us-west-2"
    key = left.one("aws:kms/key:Key", "recovery-keys-rds")
    assert standby["kmsKeyId"] == key["arn"]
    assert [each["name"] for each in left.of_type("aws:backup/vault:Vault")] == ["production-recovery-backups"]
    assert {each["region"] for each in left.of_type("aws:sns/topic:Topic")} == {"us-west-2"}
    copies = [
        each["bucket"] for each in left.of_type("aws:s3/bucket:Bucket") if each.inputs.get("region") == "us-west-2"
    ]
    assert "production-compliance-123456789012-us-west-2" in copies
    # Detection goes on there, while the stack that had switched it on is lost.
    for type_ in ("aws:guardduty/detector:Detector", "aws:securityhub/account:Account", "aws:cfg/recorder:Recorder"):
        assert [each["region"] for each in left.of_type(type_)] == ["us-west-2"]


def test_a_pilot_light_burns_and_then_takes_over_without_the_lost_region(lit: tuple[Checkout, Deployed]) -> None:
    checkout, waiting = lit
    with production(checkout) as old:
        storage = view_of(old).one("aws:rds/instance:Instance", "postgres-primary")["allocatedStorage"]
    types = {resource.type for resource in waiting}
    assert types.isdisjoint(
        {"aws:ec2/natGateway:NatGateway", "aws:rds/instance:Instance", "aws:eks/nodeGroup:NodeGroup"}
    )
    assert types >= {"aws:eks/cluster:Cluster", "aws:iam/openIdConnectProvider:OpenIdConnectProvider"}
    assert waiting.one("aws:kms/alias:Alias", "keys-rds").inputs["name"] == "alias/takeover-rds"

    written(checkout, "--snapshot", "production-postgres-takeover", "--storage-gib", str(storage))
    cloud = LostRegion()
    refuses_production(checkout, cloud)
    with production(checkout) as old:
        before = old.export()
    with session(checkout, serve=partial(providers.serve, cloud)) as day:
        day.up(continue_on_error=True)
        after = view_of(day)
    assert {name for _, name in cloud.refused} <= NEEDS_IAM_ON_THE_DAY, cloud.refused
    database = after.one("aws:rds/instance:Instance", "postgres-primary")
    assert database.inputs["allocatedStorage"] >= storage
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
    with production(checkout) as old:
        assert old.export() == before


def test_a_pilot_light_is_judged_by_every_pack(lit: tuple[Checkout, Deployed]) -> None:
    """What waits is named and not judged; a bucket without a key beside the rest is stopped."""
    checkout, _ = lit
    packs = policy_packs(checkout.path)
    with session(checkout, exclude=patterns(), packs=packs) as good:
        outcome = good.preview()
    assert outcome.ok
    assert mandatory(outcome) == []
    notes = [each.message for each in outcome.violations if each.policy_name == "not-judged"]
    assert len(notes) == len(packs)
    assert all(
        "left out of this run, not judged: " in each and "aws:rds/instance:Instance (3)" in each for each in notes
    )
    program = checkout.path / "__main__.py"
    bucket = 'pulumi_aws.s3.Bucket("bare", bucket="takeover-bare", opts=pulumi.ResourceOptions(provider=provider))'
    program.write_text(f"{program.read_text(encoding='utf-8')}\nimport pulumi_aws\n\n{bucket}\n", encoding="utf-8")
    with session(checkout, exclude=patterns(), packs=packs) as bad:
        for outcome in (bad.preview(), bad.up()):
            assert not outcome.ok
            assert ("s3-encryption", "bare") in mandatory(outcome)
            assert {name for _, name in mandatory(outcome)} == {"bare"}


def test_the_pilot_light_costs_what_its_page_says(lit: tuple[Checkout, Deployed]) -> None:
    """By the public prices that `make cost` multiplies, of what burns and of nothing else."""
    checkout, _ = lit
    with session(checkout) as light:
        total = estimate_of(from_state(json.loads(light.export()))).total
    page = (ROOT / "docs/runbooks/losses.md").read_text(encoding="utf-8")
    said = re.search(r"^(\d+) USD a month", page, re.MULTILINE)
    assert said
    assert round(total) == int(said[1])


def refuses_production(checkout: Checkout, cloud: LostRegion) -> None:
    """The lost region answers nobody: a change of the old stack ends with the first thing that it would change."""
    file = checkout.path / "Pulumi.production.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("slowQueryMilliseconds: 1000", "slowQueryMilliseconds: 900"), encoding="utf-8")
    with production(checkout, serve=partial(providers.serve, cloud)) as old:
        outcome = old.up(continue_on_error=True)
    file.write_text(text, encoding="utf-8")
    assert not outcome.ok
    assert ("aws:rds/parameterGroup:ParameterGroup", "postgres-postgres15") in cloud.refused
    # The same change of the standby: its region answers.
    assert cloud.done["aws:rds/parameterGroup:ParameterGroup"] == 1
    cloud.refused.clear()
    cloud.done.clear()


def test_a_rehearsal_touches_nothing_of_production(checkout: Checkout) -> None:
    """Everything of it is made anew, in other regions and under its own names; production stays as it was."""
    checkout.state.mkdir()
    (checkout.state / "backend").mkdir()
    with production(checkout) as old:
        before = old.export()
    snapshot = "production-postgres-rehearsed"
    written(checkout, "--name", "rehearsal", "--vpc-cidr", "10.4.0.0/16", "--without-standby", "--snapshot", snapshot)
    cloud = LostRegion(refuses=lambda operation: LOST in places(operation.inputs, operation.outputs))
    project, backend = Project.load(checkout.path, "rehearsal"), checkout.state / "backend"
    with Session(project=project, backend=backend, serve=partial(providers.serve, cloud)) as rehearsal:
        outcome = rehearsal.up()
        assert outcome.ok, outcome.errors
        made = view_of(rehearsal)
    assert cloud.refused == []
    assert [lost for lost in taken_down(checkout, made) if not lost.startswith("rehearsal-")] == []
    database = made.one("aws:rds/instance:Instance", "postgres-primary")
    assert database.inputs["snapshotIdentifier"] == snapshot
    arns = [{each["arn"] for each in stack if each["arn"]} for stack in (made, deployed("production"))]
    # Policies and roots of AWS are everybody's; what the stack has made is its own.
    assert arns[0] & arns[1] == set()
    owned = {str(each["arn"]).split(":")[3] for each in made if each["arn"]} - {"", "aws"}
    assert owned == {"us-west-2", "us-east-2"}
    with production(checkout) as old:
        assert old.export() == before


class Inhabited:
    """A cloud in which buckets hold objects until somebody empties them, and that notes what is deleted by name."""

    def __init__(self) -> None:
        self.emptied: set[str] = set()
        self.deleted: list[tuple[str, str]] = []

    def __call__(self, operation: Operation) -> None:
        if operation.kind != "delete":
            return
        assert LOST not in places(operation.inputs, operation.outputs)
        if operation.type == "aws:s3/bucket:Bucket" and operation.id not in self.emptied:
            raise ConnectionError(f"BucketNotEmpty: {operation.id}")
        self.deleted.append((operation.type, operation.urn.rpartition("::")[2]))


def taken_down(checkout: Checkout, made: Deployed) -> list[str]:
    """Destroy the rehearsal as the runbook says, and return the names of all buckets that went with it."""
    cloud = Inhabited()
    project, backend = Project.load(checkout.path, "rehearsal"), checkout.state / "backend"
    with Session(project=project, backend=backend, serve=partial(providers.serve, cloud)) as whole:
        refused = whole.destroy()
        assert not refused.ok
        assert "protected" in refused.stdout + refused.stderr
        assert cloud.deleted == []
    checkout.replace("Pulumi.rehearsal.yaml", "deletionProtection: true", "deletionProtection: false")
    with Session(
        project=Project.load(checkout.path, "rehearsal"), backend=backend, serve=partial(providers.serve, cloud)
    ) as last:
        changed = last.up()
        assert changed.ok, changed.errors
        # What still protects something stays: recovery points and, until their lock ends, the compliance records.
        buckets = {each["bucket"]: each for each in made.of_type("aws:s3/bucket:Bucket")}
        locked = {name: each for name, each in buckets.items() if "compliance" in name}
        keys = [each for each in made.of_type("aws:kms/key:Key") if each.name.endswith(("keys-s3", "keys-backup"))]
        kept = [*locked.values(), *keys]
        assert len(locked) == len(keys) / 2 == 2
        for each in kept:
            last.command("state", "protect", each.urn, "--yes")
        full = last._run(last._stack.destroy, exclude_protected=True)
        assert not full.ok
        assert any("BucketNotEmpty" in error for error in full.errors)
        cloud.emptied = {bucket.id for name, bucket in buckets.items() if name not in locked}
        assert last._run(last._stack.destroy, exclude_protected=True).ok
        left = view_of(last)
    gone = dict.fromkeys(name for type_, name in cloud.deleted if type_ == "aws:s3/bucket:Bucket")
    assert {each.urn for each in left if each.type.startswith("aws:")} == {each.urn for each in kept}
    assert gone.keys() == {bucket.name for name, bucket in buckets.items() if name not in locked}
    return [name for name in buckets if name not in locked]
