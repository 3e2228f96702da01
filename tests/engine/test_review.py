"""Reviews of the platform itself: plans that are up to date, estimates without gaps, and what a change would do."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from local.engine import Session
from local.project import Project
from review import previews, resources
from review.cost import estimate as cost
from review.markdown import dollars
from review.plans import plans
from review.resources import Inventory
from review.summary import summary
from tests.engine.conftest import Checkout
from tests.engine.deployed import ROOT, STACKS, state_of
from tests.limits import HANGING_SECONDS

pytestmark = pytest.mark.engine


def inventory(stack: str) -> Inventory:
    return resources.from_state(state_of(stack))


@pytest.mark.parametrize("stack", STACKS)
def test_the_plan_under_review_is_the_plan_of_this_program(stack: str) -> None:
    committed = (ROOT / "plans" / f"{stack}.yaml").read_text(encoding="utf-8")
    assert plans.render(inventory(stack), stack).splitlines() == committed.splitlines(), "run `make plans`"


@pytest.mark.parametrize("stack", STACKS)
def test_a_plan_holds_no_secret(stack: str) -> None:
    secrets = set(secrets_in(state_of(stack)))
    assert len(secrets) > 3
    text = plans.render(inventory(stack), stack)
    assert [secret[:3] for secret in secrets if secret in text] == []


def secrets_in(value: object) -> list[str]:
    """Every secret text of a state that is shown with its secrets."""
    if isinstance(value, list):
        return [secret for each in value for secret in secrets_in(each)]
    if not isinstance(value, dict):
        return []
    if "plaintext" in value:
        text = json.loads(value["plaintext"])
        return [text] if isinstance(text, str) else []
    return [secret for each in value.values() for secret in secrets_in(each)]


@pytest.mark.parametrize("stack", STACKS)
def test_an_estimate_knows_every_price_and_fits_the_budget(stack: str) -> None:
    estimate = cost.estimate_of(inventory(stack))
    assert estimate.unpriced == []
    assert estimate.budget
    assert estimate.budget / 4 < estimate.total < estimate.budget
    assert set(estimate.savings) == {"ec2", "rds", "elasticache"}


def git(root: Path, *arguments: str) -> None:
    command = ["git", "-C", str(root), "-c", "user.name=Tester", "-c", "user.email=tester@example.com", *arguments]
    subprocess.run(command, capture_output=True, check=True)


def review(checkout: Checkout, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m review` in a checkout."""
    command = [sys.executable, "-m", "review", *arguments]
    return subprocess.run(
        command,
        cwd=checkout.path,
        env=dict(checkout.env),
        capture_output=True,
        text=True,
        check=False,
        timeout=HANGING_SECONDS,
    )


def test_a_summary_compares_uncommitted_work_with_main(checkout: Checkout) -> None:
    git(checkout.path, "init", "--quiet", "--initial-branch", "main")
    git(checkout.path, "add", "--all")
    git(checkout.path, "commit", "--quiet", "--message", "first")
    checkout.replace("Pulumi.development.yaml", "nodeType: cache.t4g.small", "nodeType: cache.t4g.medium")
    checkout.replace("components/postgres/instances.py", "storage_encrypted=True", "storage_encrypted=False")
    before = checkout.files()
    done = review(checkout, "summary", "--stack", "development", "--link", "https://example.com/run/1")
    assert done.returncode == 1, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("## development: ❌ ")
    assert lines[2].endswith("(offline engine) · [full preview](https://example.com/run/1)")
    danger = lines[lines.index(next(line for line in lines if line.startswith("### ⚠️ Loses data"))) :]
    lost = "**REPLACE `aws:rds:Instance postgres-primary`**: a database will be lost (forced by `storageEncrypted`)"
    assert f"- {lost}" in danger
    # Three nodes, from $0.032 to $0.065 an hour.
    assert any(line.startswith("**Cost**: **+$72.27** a month") for line in danger)
    assert any("**rds-storage-encrypted** on `postgres-primary`" in line for line in danger)
    assert checkout.files() == before


def test_a_summary_counts_as_the_engine_does(tmp_path: Path) -> None:
    with Session(project=Project.load(ROOT, "development"), backend=tmp_path) as session:
        outcome = session.preview()
    preview = previews.from_events(outcome.events)
    costs = (cost.estimate_of(preview.before), cost.estimate_of(preview.after))
    text = summary.render(preview, costs, summary.Context(stack="development", compared="nothing"))
    number = outcome.changes["create"]
    assert text.startswith(f"## development: {number} to create\n")
    assert f"All changes ({number})" in text
    rows = re.findall(r"^\| [\w-]+ \| (\d+) \|  \|$", text, re.MULTILINE)
    assert sum(map(int, rows)) == number


def test_the_readme_says_what_each_stack_costs() -> None:
    page = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    for stack in STACKS:
        estimate = cost.estimate_of(inventory(stack))
        row = f"| {stack} | {dollars(estimate.total)} | {dollars(estimate.total_of_use)} |"
        assert row in page, "run `make docs`"
