"""Sessions of small programs: what they report, and what they keep."""

from __future__ import annotations

import asyncio
import gc
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pulumi
import pytest

from local.engine import Missing, NoStackError, Session
from local.errors import LocalError
from local.project import Project
from tests.engine.deployed import ROOT
from tests.limits import HANGING_SECONDS

pytestmark = pytest.mark.engine


class Part(pulumi.ComponentResource):
    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform:tests:Part", name, None, opts)
        self.register_outputs({})


def small() -> None:
    Part("first")
    Part("second", pulumi.ResourceOptions(protect=pulumi.Config().get_bool("protect") or False))
    pulumi.export("greeting", pulumi.Config().require("greeting"))
    pulumi.export("secret", pulumi.Output.secret("not for the screen"))


CONFIG = {"inline:greeting": "hello"}


@contextmanager
def no_providers() -> Iterator[dict[str, int]]:
    yield {}


@pytest.fixture(autouse=True)
def nothing_left_running() -> Iterator[None]:
    """A coroutine that a run left unfinished speaks up when it is collected, here and not in a later test."""
    yield
    gc.collect()


def session(
    project: Project, *, backend: Path | None = None, missing: Missing = Missing.CREATE, packs: tuple[Path, ...] = ()
) -> Session:
    return Session(project=project, backend=backend, missing=missing, packs=packs, serve=no_providers)


def test_a_stack_lives_from_up_to_destroy_across_sessions(tmp_path: Path) -> None:
    project = Project.inline(small, config=CONFIG)
    with session(project, backend=tmp_path) as first:
        assert first.up().changes == {"create": 3}
    with session(project, backend=tmp_path, missing=Missing.REFUSE) as second:
        preview = second.preview(expect_no_changes=True)
        assert preview.ok
        assert preview.changes == {"same": 3}
        assert json.loads(second.outputs()) == {"greeting": "hello", "secret": "[secret]"}
        assert second.refresh(expect_no_changes=True).ok
        assert second.destroy().changes == {"delete": 3}
    with pytest.raises(NoStackError, match="nothing is deployed locally as 'test'"), _refusing(project, tmp_path):
        pass


def _refusing(project: Project, backend: Path) -> Session:
    return session(project, backend=backend, missing=Missing.REFUSE)


def test_a_preview_of_a_stack_that_is_not_deployed_keeps_no_state(tmp_path: Path) -> None:
    project = Project.inline(small, config=CONFIG)
    with session(project, backend=tmp_path, missing=Missing.SCRATCH) as preview:
        assert preview.preview().changes == {"create": 3}
    with pytest.raises(NoStackError), _refusing(project, tmp_path):
        pass


def test_a_change_is_an_error_where_none_is_expected(tmp_path: Path) -> None:
    with session(Project.inline(small, config=CONFIG), backend=tmp_path) as first:
        assert first.up().ok

    def larger() -> None:
        small()
        Part("third")

    with session(Project.inline(larger, config=CONFIG), backend=tmp_path) as second:
        outcome = second.preview(expect_no_changes=True)
    assert not outcome.ok
    assert outcome.changes == {"same": 3, "create": 1}


def test_protected_resources_are_deleted_only_after_unprotect(tmp_path: Path) -> None:
    project = Project.inline(small, config={**CONFIG, "inline:protect": "true"})
    with session(project, backend=tmp_path) as protected:
        assert protected.up().ok
        refused = protected.destroy()
        assert refused.code == 1
        assert any("is protected" in error for error in refused.errors)
        protected.unprotect()
        assert protected.destroy().ok


def test_secrets_are_in_clear_in_the_export_alone(tmp_path: Path) -> None:
    with session(Project.inline(small, config=CONFIG), backend=tmp_path) as deployed:
        outcome = deployed.up()
        assert "not for the screen" in deployed.export()
    assert "not for the screen" not in outcome.stdout
    kept = [path.read_text() for path in tmp_path.rglob("*") if path.is_file()]
    assert not [text for text in kept if "not for the screen" in text]


def test_an_error_of_the_program_is_shown_without_a_traceback() -> None:
    def broken() -> None:
        raise pulumi.RunError("trading-platform:network.cidr: must not be empty")

    lines: list[str] = []
    with Session(project=Project.inline(broken), serve=no_providers, echo=lines.append) as run:
        outcome = run.preview()
    assert outcome.code == 1
    assert outcome.errors == ["trading-platform:network.cidr: must not be empty\n"]
    assert "Traceback" not in "\n".join(lines)
    assert "\n".join(lines) == outcome.stdout


def test_a_bug_of_the_program_fails_with_its_place() -> None:
    def broken() -> None:
        raise TypeError("unexpected")

    with session(Project.inline(broken)) as run:
        outcome = run.preview()
    assert outcome.code == 1
    assert "test_session.py" in outcome.errors[0]


def test_a_bug_in_a_callback_fails_while_other_outputs_are_still_open() -> None:
    def broken() -> None:
        part = Part("first")
        part.urn.apply(lambda urn: urn.missing)  # type: ignore[attr-defined]
        pulumi.export("late", pulumi.Output.from_input(asyncio.sleep(1, "late")))

    with session(Project.inline(broken)) as run:
        outcome = run.up()
    assert outcome.code == 1
    assert "has no attribute 'missing'" in outcome.errors[0]


def test_a_command_that_fails_says_why() -> None:
    with session(Project.inline(small, config=CONFIG)) as run:
        assert run.up().ok
        with pytest.raises(LocalError, match=r"^\"urn:of::nothing\" is not a valid"):
            run.command("state", "delete", "urn:of::nothing")


PACK = """
from local import REASON
from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy

def refuse_second(args, report):
    if args.name == "second":
        report(REASON)

PolicyPack("sample", [ResourceValidationPolicy("no-second", "At most one.", refuse_second)], EnforcementLevel.MANDATORY)
"""


def test_a_policy_pack_stops_preview_and_up(tmp_path: Path) -> None:
    (tmp_path / "PulumiPolicy.yaml").write_text("name: sample\nruntime: python\nversion: 0.0.1\n")
    (tmp_path / "__main__.py").write_text(PACK)
    (tmp_path / "local.py").write_text('REASON = "There may be no second part."')
    with session(Project.inline(small, config=CONFIG), packs=(tmp_path,)) as run:
        for outcome in (run.preview(), run.up()):
            assert outcome.code == 1
            assert [violation.policy_name for violation in outcome.violations] == ["no-second"]
            assert str(outcome.violations[0].resource_urn).endswith("::second")
            assert "sample@v0.0.1" in outcome.stdout
        kept = [resource["type"] for resource in json.loads(run.export())["deployment"]["resources"]]
    assert kept[0] == "pulumi:pulumi:Stack", "what exists when the engine stops stays in the state"


@pytest.mark.parametrize("length", [0, 400], ids=["empty", "half"])
def test_a_state_that_another_process_is_writing_is_read_when_it_is_whole(tmp_path: Path, length: int) -> None:
    project = Project.inline(small, config=CONFIG)
    with session(project, backend=tmp_path) as first:
        assert first.up().ok
    (state,) = tmp_path.rglob("test.json")
    whole = state.read_bytes()
    state.write_bytes(whole[:length])
    writer = threading.Timer(1.0, state.write_bytes, [whole])
    writer.start()
    with session(project, backend=tmp_path, missing=Missing.REFUSE) as second:
        assert second.preview(expect_no_changes=True).ok
        state.write_bytes(whole[:length])
        writer = threading.Timer(1.0, state.write_bytes, [whole])
        writer.start()
        assert second.up(expect_no_changes=True).ok
        writer.join()


def test_a_broken_state_is_an_error_after_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.engine._READ_ATTEMPTS", 1)
    project = Project.inline(small, config=CONFIG)
    with session(project, backend=tmp_path) as first:
        assert first.up().ok
        (state,) = tmp_path.rglob("test.json")
        state.write_bytes(b"")
        assert not first.up().ok


_LEFT_ALONE = """
import asyncio, os, signal, threading
from contextlib import nullcontext
from local.engine import Session
from local.project import Project
from tests.resilience.runs import children_of

async def deaf():
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            pass

def program():
    program.task = asyncio.ensure_future(deaf())
    for engine in children_of(os.getpid()):
        os.kill(engine, signal.SIGKILL)
    {then}

with Session(project=Project.inline(program), serve=lambda: nullcontext({})) as session:
    assert not session.up().ok
print("over", flush=True)
"""


@pytest.mark.parametrize("then", ["threading.Event().wait()", "pass", "raise ValueError"])
def test_a_process_ends_though_the_engine_of_its_program_was_killed(then: str) -> None:
    """With a program that blocks its thread, and with tasks that take no cancellation."""
    script = _LEFT_ALONE.replace("{then}", then)
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=HANGING_SECONDS)
    assert (done.returncode, done.stdout, done.stderr) == (0, "over\n", "")
