"""The life of a stack whose state is in a bucket that asks IAM before each request, by role."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from pulumi.automation import CommandError, LocalWorkspace
from pulumi.automation._stack import StackInitMode

from local.engine import Missing, Session
from local.outcome import Outcome
from local.project import Project
from local.stack import LocalStack
from tests.iam.cloud import Cloud, serving
from tests.iam.roles import ACCOUNT, account_administrator, preview_role, role
from tests.iam.simulator import Principal
from tests.unit.stacks import parsed

pytestmark = pytest.mark.engine

PROGRAM = """
import pulumi, pulumi_random
password = pulumi_random.RandomPassword("password", length=20)
pulumi.export("password", password.result)
"""
STACK = "production"
STATE = parsed(STACK).access.state
assert STATE
FOLDER = "trading-platform"
LOCK = f".pulumi/locks/organization/{FOLDER}/{STACK}/0.json"
HOLDER = {"pid": 1, "username": "somebody", "hostname": "elsewhere", "timestamp": "2026-11-28T00:00:00Z"}


@dataclass(kw_only=True)
class BucketSession(Session):
    """A session whose state is in the bucket, and whose secrets are under the bucket's key."""

    cloud: Cloud
    caller: str

    def _prepare(self, folder: Path) -> LocalWorkspace:
        there = f"http://127.0.0.1:{self.cloud.port}"
        self.env = {
            "AWS_ACCESS_KEY_ID": self.caller,
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL_KMS": there,
            "PULUMI_BACKEND_URL": f"s3://{self.cloud.bucket}?endpoint={there}&s3ForcePathStyle=true&region=us-east-1",
            "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "false",
            "PULUMI_SKIP_CHECKPOINTS": "false",
        }
        workspace = super()._prepare(folder)
        workspace.secrets_provider = f"awskms://{self.cloud.key_alias}?region=us-east-1"
        return workspace

    def _open(self, folder: Path) -> LocalStack:
        """The stack in the bucket, which takes the folder's place."""
        mode = StackInitMode.SELECT if self.missing is Missing.REFUSE else StackInitMode.CREATE
        return LocalStack(self.project.stack, self._workspace, mode)

    def save_plan(self, file: Path) -> Outcome:
        """`preview --save-plan`."""
        return self._run(self._stack.preview, plan=str(file))

    def carry_out(self, file: Path) -> Outcome:
        """`up --plan`."""
        return self._run(self._stack.up, plan=str(file))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "Pulumi.yaml").write_text(f"name: {FOLDER}\nruntime: python\n")
    (tmp_path / f"Pulumi.{STACK}.yaml").write_text("config: {}\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    return Project.load(tmp_path, STACK)


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    """The account's state, in which another stack, another project and the account's foundation have theirs."""
    assert STATE
    key_policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                "Action": "kms:*",
                "Resource": "*",
            }
        ],
    }
    callers = {
        "DEPLOY": role(STACK, "deploy"),
        "ADMIN": role(STACK, "admin"),
        "PREVIEW": preview_role(STACK),
        "ROOT": account_administrator(),
    }
    cloud = Cloud(
        bucket=STATE.bucket,
        key_arn=f"arn:aws:kms:us-east-1:{ACCOUNT}:key/0a1b2c3d-0000-0000-0000-000000000000",
        key_alias=STATE.key_alias,
        key_policy=key_policy,
        callers=callers,
    )
    # The account's foundation is deployed first, by an administrator of the account.
    cloud.objects[".pulumi/meta.yaml"] = b"version: 1\n"
    with serving(cloud):
        yield cloud


@contextmanager
def session(project: Project, cloud: Cloud, caller: str, *, exists: bool = False) -> Iterator[BucketSession]:
    """A session that makes the stack, or takes the one that exists."""
    missing = Missing.REFUSE if exists else Missing.CREATE
    with BucketSession(project=project, cloud=cloud, caller=caller, missing=missing) as opened:
        yield opened


@pytest.mark.parametrize("caller", ["DEPLOY", "ADMIN"])
def test_who_deploys_leads_a_stack_from_its_beginning_to_its_end(
    caller: str, project: Project, cloud: Cloud, tmp_path: Path
) -> None:
    state, plan = tmp_path / "state.json", tmp_path / "plan.json"
    with session(project, cloud, caller) as stack:
        stack.command("stack", "tag", "set", "team", "platform")
        assert "platform" in stack.command("stack", "tag", "ls")
        assert stack.save_plan(plan).ok
        assert stack.carry_out(plan).ok
        assert stack.up(expect_no_changes=True).ok
        assert stack.refresh().ok
        assert len(json.loads(stack.command("stack", "history", "--json"))) == 3
        assert "password" in stack.outputs()
        stack.command("stack", "export", "--file", str(state))
        stack.command("stack", "import", "--file", str(state))
        cloud.objects[LOCK] = json.dumps(HOLDER).encode()
        locked = stack.up()
        assert not locked.ok
        assert "somebody" in locked.stdout + locked.stderr
        stack.cancel()
        assert LOCK not in cloud.objects
        assert stack.destroy().ok
    assert cloud.refused == []
    # What the engine leaves of a stack that is gone.
    left = [name for name in cloud.objects if not name.endswith((".bak", "meta.yaml")) and "/backups/" not in name]
    assert [name for name in left if "/history/" not in name] == []


def test_who_previews_reads_the_state_and_writes_nothing(project: Project, cloud: Cloud) -> None:
    with session(project, cloud, "DEPLOY") as stack:
        assert stack.up().ok
    before = dict(cloud.objects)
    with session(project, cloud, "PREVIEW", exists=True) as stack:
        assert stack.preview(expect_no_changes=True).ok
        assert "password" in stack.outputs()
        assert json.loads(stack.command("stack", "history", "--json"))
        assert cloud.refused == []
        assert not stack.up().ok
    assert cloud.objects == before
    assert {call.split()[0] for call in cloud.refused} == {"s3:PutObject"}


@pytest.mark.parametrize("caller", ["DEPLOY", "ADMIN"])
def test_a_plan_of_who_previews_is_carried_out_by_who_deploys_and_nothing_beside(
    caller: str, project: Project, cloud: Cloud, tmp_path: Path
) -> None:
    plan, program = tmp_path / "plan.json", tmp_path / "__main__.py"
    with session(project, cloud, caller) as stack:
        assert stack.up().ok
        (password,) = json.loads(stack.command("stack", "output", "--json", "--show-secrets")).values()
    program.write_text(PROGRAM + 'pulumi_random.RandomPassword("second", length=20)\n')
    with session(project, cloud, "PREVIEW", exists=True) as stack:
        assert stack.save_plan(plan).ok
    # What a plan holds of secrets is sealed with the state's key.
    assert password
    assert password not in plan.read_text()
    with session(project, cloud, caller, exists=True) as stack:
        program.write_text(PROGRAM.replace("length=20", "length=30"))
        other = stack.carry_out(plan)
        assert not other.ok
        assert "violates plan" in other.stdout + other.stderr
        program.write_text(PROGRAM + 'pulumi_random.RandomPassword("second", length=20)\n')
        assert stack.carry_out(plan).ok
        assert stack.up(expect_no_changes=True).ok
    assert cloud.refused == []


def test_the_accounts_administrator_makes_the_layout_and_the_foundation(tmp_path: Path, cloud: Cloud) -> None:
    del cloud.objects[".pulumi/meta.yaml"]
    (tmp_path / "Pulumi.yaml").write_text("name: trading-platform-bootstrap\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    (tmp_path / f"Pulumi.{STACK}.yaml").write_text("config: {}\n")
    with session(Project.load(tmp_path, STACK), cloud, "ROOT") as stack:
        assert stack.up().ok
    assert ".pulumi/meta.yaml" in cloud.objects
    assert cloud.refused == []


OTHERS = (
    f"stacks/{FOLDER}/staging.json",
    f"stacks/{FOLDER}/{STACK}-b.json",
    f"stacks/{FOLDER}/{STACK}-b.pulumi-tags",
    f"stacks/another/{STACK}.json",
    "stacks/trading-platform-bootstrap/production-account.json",
    f"history/{FOLDER}/staging/staging-1.history.json",
    f"history/{FOLDER}/{STACK}-b/x.history.json",
    f"backups/{FOLDER}/staging/staging.1.json",
    f"locks/organization/{FOLDER}/staging/x.json",
    f"locks/organization/another/{STACK}/x.json",
)


@pytest.mark.parametrize("path", OTHERS)
@pytest.mark.parametrize("label", ["deploy", "admin"])
def test_the_state_of_others_is_out_of_reach(label: str, path: str, cloud: Cloud) -> None:
    caller = label.upper()
    arn = f"{cloud.bucket_arn}/.pulumi/{path}"
    actions = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:GetObjectVersion", "s3:DeleteObjectVersion")
    assert [action for action in actions if cloud.may(caller, action, arn)] == []


@pytest.mark.parametrize("label", ["deploy", "admin", "preview"])
def test_the_layout_and_the_bucket_itself_stay_as_they_are(label: str, cloud: Cloud) -> None:
    caller = label.upper()
    for action in ("s3:PutObject", "s3:DeleteObject"):
        assert not cloud.may(caller, action, f"{cloud.bucket_arn}/.pulumi/meta.yaml")
    for action in ("s3:DeleteBucket", "s3:PutBucketPolicy", "s3:PutBucketVersioning", "s3:PutLifecycleConfiguration"):
        assert not cloud.may(caller, action, cloud.bucket_arn)


def test_a_role_of_nothing_cannot_open_the_state(project: Project, cloud: Cloud) -> None:
    cloud.callers = {**cloud.callers, "NOBODY": Principal(arn=f"arn:aws:iam::{ACCOUNT}:role/nobody", identity=[])}
    with pytest.raises(CommandError), session(project, cloud, "NOBODY"):
        pass
