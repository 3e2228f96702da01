"""An engine, a provider or a whole run that dies half way: what is in doubt is named, and all else goes on."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from local.providers.faults import Cloud
from tests.resilience.runs import STATE_AFTER_EACH_STEP, Platform, Running, up

pytestmark = pytest.mark.engine

Tell = Callable[[str], None]

_HALF_WAY = 100


@pytest.fixture
def platform(program: Path, tmp_path: Path) -> Platform:
    """A small stack in a cloud that takes its time, whose state is written after each step."""
    cloud = Cloud(strict=True, seconds=lambda _: 0.2)
    return Platform(cloud, tmp_path, stack="development", directory=program, env=STATE_AFTER_EACH_STEP)


@contextmanager
def half_way(platform: Platform) -> Iterator[Running]:
    """A deployment that has created some of its resources; afterwards the cloud is fast."""
    run = platform.start(up)
    while len(platform.cloud.existing) < _HALF_WAY:
        assert run.goes_on, run.result().errors
        time.sleep(0.01)
    yield run
    platform.cloud.seconds = lambda _: 0
    platform.env = {}


@contextmanager
def held(cloud: Cloud) -> Iterator[None]:
    """Nothing happens in the cloud before the block ends."""
    goes_on = threading.Event()
    before, cloud.seconds = cloud.seconds, lambda _: float(not goes_on.wait())
    try:
        yield
    finally:
        cloud.seconds = before
        goes_on.set()


def kill_between_writes(platform: Platform, run: Running) -> None:
    """Kill the engine while its state is whole: a backend of files is written in place, and half of it is nothing.

    While the cloud is held, there is an end of what the engine has to write.
    """
    (file,) = platform.state_folder.glob(f".pulumi/stacks/*/{platform.stack}.json")
    with held(platform.cloud):
        while True:
            run.stop_engine(signal.SIGSTOP)
            while not run.stands_still:
                time.sleep(0.01)
            with suppress(ValueError):
                # The backend reads a file of attributes beside it, which is empty for a moment.
                for each in (file, file.with_name(f"{file.name}.attrs")):
                    json.loads(each.read_text(encoding="utf-8"))
                break
            run.stop_engine(signal.SIGCONT)
            time.sleep(0.5)
        run.stop_engine(signal.SIGKILL)


def in_doubt(platform: Platform) -> set[str]:
    """What the engine says that it does not know: operations that had begun."""
    return {entry["resource"]["urn"] for entry in platform.state()["deployment"].get("pending_operations") or ()}


def lost(platform: Platform) -> set[str]:
    """URNs of what exists, and the engine does not know of."""
    return {line.split()[1] for line in platform.difference() if line.startswith("lost: ")}


def finish(platform: Platform, doubtful: set[str]) -> int:
    """Deploy once more; only what was in doubt may exist twice now. How many of those were created again.

    Under a name of its own it is created once more; with an automatic one, which is drawn anew, the first one is lost.
    """
    run = platform.run(up)
    assert run.ok, run.errors
    again = set(platform.cloud.twice) | lost(platform)
    assert again <= doubtful
    assert not [line for line in platform.difference() if line.startswith("not there: ")]
    return len(again)


def test_an_engine_that_is_killed_leaves_a_lock_and_names_what_is_in_doubt(platform: Platform, tell: Tell) -> None:
    with platform.providers():
        with half_way(platform) as run:
            kill_between_writes(platform, run)
            assert not run.result().ok
        refused = platform.run(up)
        assert not refused.ok
        assert "currently locked" in refused.output
        platform.command("cancel", "--yes")
        doubtful = in_doubt(platform)
        assert lost(platform) <= doubtful
        again = finish(platform, doubtful)
    total = len(platform.cloud.existing)
    tell(f"crashes: engine killed at {_HALF_WAY} of {total}: {len(doubtful)} in doubt and named, {again} made again")


def test_of_two_deployments_at_once_one_wins_and_the_other_hears_of_its_lock(platform: Platform, tell: Tell) -> None:
    with platform.providers():
        with half_way(platform) as run:
            with held(platform.cloud):
                refused = platform.run(up)
            assert not refused.ok
            assert "currently locked" in refused.output
            assert refused.changes == {}
        won = run.result()
        assert won.ok, won.errors
        assert platform.difference() == []
    tell("crashes: of two deployments at once one succeeds, and the other names its lock and changes nothing")


def test_an_engine_that_is_interrupted_finishes_what_it_has_begun(platform: Platform, tell: Tell) -> None:
    with platform.providers():
        with half_way(platform) as run:
            run.stop_engine(signal.SIGINT)
            assert not run.result().ok
        assert in_doubt(platform) == set()
        assert platform.difference() == []
        assert finish(platform, set()) == 0
    tell("crashes: engine interrupted half way: nothing in doubt, nothing created twice")


def test_providers_that_die_take_only_what_they_worked_on_along(platform: Platform, tell: Tell) -> None:
    with platform.providers() as die, half_way(platform) as run:
        die()
        assert not run.result().ok
    doubtful = lost(platform)
    with platform.providers():
        again = finish(platform, doubtful)
    total = len(platform.cloud.existing)
    tell(f"crashes: providers died at {_HALF_WAY} of {total}: {len(doubtful)} in doubt, {again} made again")
