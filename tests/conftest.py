"""What holds for all tests."""

from __future__ import annotations

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


def pytest_itemcollected(item: pytest.Item) -> None:
    """Processes that share the tests have to find the same ones: sets come in another order in each."""
    for mark in item.iter_markers("parametrize"):
        if isinstance(mark.args[1], (set, frozenset)):
            raise pytest.UsageError(f"{item.nodeid}: its values are a set: sort them")


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
