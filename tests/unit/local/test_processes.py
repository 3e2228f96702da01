"""Steps that take long: what they report, when they are ended, and what they leave behind."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from local import processes
from local.processes import StepError, run_step


def test_progress_is_visible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "PROGRESS_SECONDS", 0.1)
    lines: list[str] = []
    run_step("Building", ["sleep", "0.35"], timeout=10, report=lines.append)
    assert lines[0] == "Building …"
    assert lines[1:-1]
    assert all(re.fullmatch(r"Building … \d+ s", line) for line in lines[1:-1])
    assert re.fullmatch(r"Building: done in \d+ s", lines[-1])


def test_the_last_line_is_the_reason_of_a_failure() -> None:
    with pytest.raises(StepError, match=r"^the reason$"):
        run_step("Fetching", ["sh", "-c", "echo noise; echo the reason >&2; exit 2"], timeout=10, report=print)


def test_a_silent_failure_tells_its_exit_code() -> None:
    with pytest.raises(StepError, match=r"^exit code 2$"):
        run_step("Fetching", ["sh", "-c", "exit 2"], timeout=10, report=print)


def test_a_command_that_does_not_exist_is_a_failed_step() -> None:
    with pytest.raises(StepError, match="No such file"):
        run_step("Fetching", ["/nowhere/command"], timeout=10, report=print)


def test_a_step_that_takes_too_long_ends_with_all_its_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child = tmp_path / "child"
    command = f"sleep 600 & echo $! > {child}; wait"
    # The time is up as soon as there is a child.
    clock = SimpleNamespace(monotonic=lambda: 60.0 if child.exists() and child.read_text().endswith("\n") else 0.0)
    monkeypatch.setattr(processes, "time", clock)
    monkeypatch.setattr(processes, "PROGRESS_SECONDS", 0.1)
    with pytest.raises(StepError, match="no result within"):
        run_step("Downloading", ["sh", "-c", command], timeout=60, report=print)
    assert not _runs(int(child.read_text()))


def _runs(process: int) -> bool:
    for _ in range(3000):
        try:
            os.kill(process, 0)
            status = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except (ProcessLookupError, FileNotFoundError):
            return False
        if status == "Z":
            return False
        time.sleep(0.02)
    return True
