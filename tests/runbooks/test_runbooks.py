"""Every runbook, played as its reader would: command by command."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.engine.deployed import deployed, state_of
from tests.runbooks.cloud import Seeding, emulator, forget
from tests.runbooks.cluster import WRITERS, Cluster, cluster
from tests.runbooks.loaded import loaded
from tests.runbooks.notes import How
from tests.runbooks.pages import RUNBOOKS, Page
from tests.runbooks.player import Performance, Servers, stage

pytestmark = pytest.mark.engine

PAGES = [Page(path) for path in RUNBOOKS if Page(path).commands]
TOTAL: Counter[str] = Counter()


@pytest.fixture(scope="module")
def servers(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Servers, Cluster]]:
    home = tmp_path_factory.mktemp("servers")
    with ExitStack() as running:
        url = running.enter_context(emulator())
        made = running.enter_context(cluster(deployed("production"), home))
        socket = running.enter_context(loaded(home))
        yield Servers(url, made.kubeconfig, socket), made
    every = TOTAL.total()
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        sys.stdout.write(f"\nrunbooks: {every} commands: {', '.join(f'{TOTAL[how]} {how}' for how in How)}\n")


PLAYED = [page for page in PAGES if not page.reason_not_to_play]
# A part of them in every run; all each night, when `pulumi up` and its like run the program on the offline engine.
EVERY_DAY = {"README", "bucket-restore", "cluster-restore", "day-2", "destroy", "maintenance", "volume-restore"}
PERFORMANCES = [
    *(pytest.param((page, False), id=page.path.stem) for page in PLAYED if page.path.stem in EVERY_DAY),
    *(pytest.param((page, True), id=f"{page.path.stem}-deploys", marks=pytest.mark.nightly) for page in PLAYED),
]


@pytest.fixture(scope="module", params=PERFORMANCES)
def played(
    request: pytest.FixtureRequest,
    servers: tuple[Servers, Cluster],
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Page, Performance]:
    page, runs_the_program = request.param
    home = tmp_path_factory.mktemp(page.path.stem)
    against, made = servers
    forget(against.url)
    made.reset(pending={"ledger-0"} if page.path.stem == "volume-restore" else ())
    seeding = Seeding(against.url, deployed("production"))
    reader = seeding.everything()
    seeding.scene(page.path.stem)
    state = seeding.state(state_of("production"))
    reader["VERSION"] = seeding.earlier(state)
    scene = stage(home, against, state=state, reader=reader, runs_the_program=runs_the_program)
    performance = scene.play(page)
    TOTAL.update(performance.how)
    return page, performance


def test_every_command_succeeds(played: tuple[Page, Performance], capsys: pytest.CaptureFixture[str]) -> None:
    page, performance = played
    every = performance.how.total()
    rest = ", ".join(f"{performance.how[how]} {how}" for how in (How.MODELLED, How.CHECKED))
    with capsys.disabled():
        sys.stdout.write(f"\n{page.path.name}: {performance.how[How.EXECUTED]} of {every} commands executed, {rest}\n")
    assert list(performance.failed) == []
    # The rest are modelled or checked.
    assert performance.how[How.EXECUTED] > every / 3


def test_the_head_says_what_is_not_run(played: tuple[Page, Performance]) -> None:
    page, performance = played
    # By night these run on the offline engine.
    engine = {f"pulumi {command}" for command in ("preview", "up", "refresh", "destroy")}
    assert {name.removeprefix("aws ") for name in performance.not_run - engine} == page.not_run


def test_each_command_prints_what_the_page_says(
    played: tuple[Page, Performance], capsys: pytest.CaptureFixture[str]
) -> None:
    """All of it where all that it called ran; answers that models made up say less. One without a line is silent."""
    page, performance = played
    wrong, compared, with_output, answered = [], 0, 0, 0
    for command, output, how in zip(page.commands, performance.outputs, performance.programs, strict=True):
        ran = how.keys() <= {How.EXECUTED}
        missing = [expected for expected in command.expected if expected not in output]
        unsaid = not command.expected and output.strip() and How.CHECKED not in how
        if (ran and missing) or unsaid:
            wrong.append(f"{command.text}--- printed:\n{output[:2000]}")
        with_output += bool(command.expected)
        answered += bool(command.expected) and How.CHECKED not in how
        compared += bool(command.expected) and not missing
    assert not wrong, "\n\n".join(wrong)
    every = len(page.commands)
    with capsys.disabled():
        sys.stdout.write(f"\n{page.path.name}: {every} entries, {every - with_output} silent, ")
        sys.stdout.write(f"{compared} of the others printed what the page says\n")
    # The rest are answers that models made up.
    assert compared > answered / 3


def test_writers_are_as_many_as_before(played: tuple[Page, Performance], servers: tuple[Servers, Cluster]) -> None:
    assert servers[1].replicas() == WRITERS
