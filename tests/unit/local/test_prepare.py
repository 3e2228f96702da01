"""What a fresh clone runs first: the environment and the build of the CLI at the same time, and how both end."""

from __future__ import annotations

import http.server
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from local import ahead, cli, gobuild
from tests.limits import HANGING_SECONDS

ROOT = Path(__file__).parents[3]

Prepare = Callable[[], subprocess.Popen[str]]


@pytest.fixture
def go(tmp_path: Path) -> Path:
    """The only `go` on PATH, which tells its process and then works for ten minutes."""
    return _script(tmp_path / "path" / "go", f"echo $$ > {tmp_path}/working; exec sleep 600")


@pytest.fixture
def environment(tmp_path: Path, go: Path) -> Mapping[str, str]:
    """A user without a CLI, whose downloads fail at once."""
    path = f"{go.parent}{os.pathsep}/usr/bin{os.pathsep}/bin"
    return {**os.environ, "PATH": path, "XDG_CACHE_HOME": str(tmp_path / "cache"), "https_proxy": "http://127.0.0.1:9"}


@pytest.fixture
def prepare(tmp_path: Path, environment: Mapping[str, str]) -> Iterator[Prepare]:
    """Starts the preparation of a checkout, whose requirements the test writes."""
    (tmp_path / "local").symlink_to(ROOT / "local")
    (tmp_path / "requirements-dev.txt").touch()
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "local.prepare", str(tmp_path / "venv")]
        process = subprocess.Popen(
            command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_it_needs_nothing_but_the_standard_library() -> None:
    command = [sys.executable, "-S", "-c", "import local.ahead, local.prepare"]
    subprocess.run(command, cwd=ROOT, check=True)


def test_the_version_is_that_of_the_installed_sdk() -> None:
    assert ahead.pinned() == str(cli.PINNED)


@pytest.mark.parametrize("request_to_end", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_preparation_leaves_no_process_and_no_half_of_a_cli(
    tmp_path: Path, prepare: Prepare, request_to_end: signal.Signals
) -> None:
    process = prepare()
    builder = _written(tmp_path / "working")
    # As a terminal does for Ctrl-C; a manager of processes asks the first of them only.
    if request_to_end is signal.SIGINT:
        os.killpg(process.pid, request_to_end)
    else:
        process.send_signal(request_to_end)
    assert process.wait(timeout=HANGING_SECONDS) == 128 + request_to_end
    assert not _runs(builder)
    assert [entry.name for entry in _cache(tmp_path)] == [f"pulumi-{cli.PINNED}.lock"]


def test_an_environment_that_fails_ends_the_build(tmp_path: Path, prepare: Prepare) -> None:
    (tmp_path / "requirements-dev.txt").write_text("./is-not-there\n")
    process = prepare()
    builder = _written(tmp_path / "working")
    _, told = process.communicate(timeout=HANGING_SECONDS)
    assert process.returncode == 1
    assert "is-not-there" in told
    assert not _runs(builder)
    assert [entry.name for entry in _cache(tmp_path)] == [f"pulumi-{cli.PINNED}.lock"]


def test_a_build_that_fails_is_told_and_leaves_the_rest_to_the_setup(
    tmp_path: Path, prepare: Prepare, go: Path
) -> None:
    _script(go, "echo no module proxy >&2; exit 1")
    process = prepare()
    _, told = process.communicate(timeout=HANGING_SECONDS)
    assert "The Pulumi CLI could not be built: no module proxy" in told
    assert process.returncode == 0
    assert (tmp_path / "venv" / "bin" / "python").exists()


@pytest.mark.usefixtures("go")
def test_what_can_be_downloaded_or_is_there_is_not_built(
    tmp_path: Path, environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PATH", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, environment[name])
    monkeypatch.setattr(gobuild, "with_go_on_path", lambda *_: pytest.fail("it is built"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with _answering() as url:
        monkeypatch.setattr(ahead, "_INSTALLER", url)
        assert ahead.main() == 0
    # The server is gone; now there is a CLI.
    _script(tmp_path / "cache" / "trading-platform" / f"pulumi-{cli.PINNED}" / "bin" / "pulumi", "exit 1")
    assert ahead.main() == 0


@contextmanager
def _answering() -> Iterator[str]:
    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/install.sh"
        finally:
            server.shutdown()


def _script(path: Path, body: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def _cache(home: Path) -> list[Path]:
    return list((home / "cache" / "trading-platform").iterdir())


def _written(path: Path) -> int:
    """The number of a process, once it is written there."""
    until = time.monotonic() + HANGING_SECONDS
    while not (path.exists() and path.read_text().strip()):
        assert time.monotonic() < until
        time.sleep(0.02)
    return int(path.read_text())


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
