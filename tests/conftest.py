"""What holds for all tests."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import HealthCheck, settings

# Examples may take as long as the machine makes them: how fast it is says nothing about what is tested.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

Tell = Callable[[str], None]


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Tell:
    """Says what a test has counted: it stands at the end of the output, whether the test passes or not."""
    return partial(record_property, "counted")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Repeat what tests have counted."""
    reports = [each for outcome in ("passed", "failed") for each in terminalreporter.stats.get(outcome, ())]
    counted = sorted(
        str(line)
        for report in reports
        if isinstance(report, pytest.TestReport) and report.when == "call"
        for name, line in report.user_properties
        if name == "counted"
    )
    if counted:
        terminalreporter.section("counted")
        for line in counted:
            terminalreporter.write_line(line)


_ENDED = pytest.StashKey[int]()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Note how the tests ended."""
    session.config.stash[_ENDED] = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """End at once: the interpreter would wait for the thread of a run whose engine was killed, which may never end."""
    pools = any(thread.name.startswith("ThreadPoolExecutor") for thread in threading.enumerate())
    if pools and _ENDED in config.stash and not hasattr(config, "workerinput"):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(config.stash[_ENDED])
