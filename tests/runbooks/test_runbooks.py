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

PAGES = [Page(path) for path in RUNBOOKS if Page(path).blocks]
TOTAL: Counter[str] = Counter()


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Servers, Cluster]]:
    home = tmp_path_factory.mktemp("servers")
    with ExitStack() as running:
        url = running.enter_context(emulator())
        made = running.enter_context(cluster(deployed("production"), home))
        socket = running.enter_context(loaded(home))
        yield Servers(url, made.kubeconfig, socket), made
    every = TOTAL.total()
    sys.stdout.write(f"runbooks: {every} commands: {', '.join(f'{TOTAL[how]} {how}' for how in How)}\n")


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
    made.reset()
    seeding = Seeding(against.url, deployed("production"))
    reader = seeding.everything()
    seeding.scene(page.path.stem)
    state = seeding.state(state_of("production"))
    scene = stage(home, against, state=state, reader=reader, runs_the_program=runs_the_program)
    performance = scene.play(page)
    TOTAL.update(performance.how)
    return page, performance


def test_every_command_succeeds(played: tuple[Page, Performance]) -> None:
    page, performance = played
    every = performance.how.total()
    sys.stdout.write(f"{page.path.name}: {performance.how[How.EXECUTED]} of {every} commands executed\n")
    assert list(performance.failed) == []
    # The rest are modelled or checked.
    assert performance.how[How.EXECUTED] > every / 3


def test_blocks_print_what_the_page_says(played: tuple[Page, Performance]) -> None:
    """All of it where each command of a block ran; answers that models made up say less."""
    page, performance = played
    seen, every = 0, 0
    for block, output, how in zip(page.blocks, performance.outputs, performance.blocks, strict=True):
        found = [expected for expected in block.expected if expected in output]
        seen, every = seen + len(found), every + len(block.expected)
        if how.keys() <= {How.EXECUTED}:
            assert [*found] == [*block.expected], f"{block.text}\n{output}"
        if block.is_silent and How.CHECKED not in how:
            assert not output.partition("@@end")[0].strip(), block.text
    sys.stdout.write(f"{page.path.name}: {seen} of {every} expected outputs seen\n")
    # The rest are answers that an emulator does not give.
    assert seen > every / 3


def test_writers_are_as_many_as_before(played: tuple[Page, Performance], servers: tuple[Servers, Cluster]) -> None:
    assert servers[1].replicas() == WRITERS
