"""Where the offline engine gets its CLI from: the order of the ways, their limits, and the error when all fail."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from semver import VersionInfo

from local import cli, gobuild
from local.cache import cache_directory
from local.processes import Report, StepError
from tests.limits import HANGING_SECONDS

WANTED = VersionInfo.parse("3.259.0")

Install = Callable[[Path, str, Report], None]


def script(path: Path, body: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def fake_go(folder: Path, body: str) -> Path:
    """A Go that does as told, and makes the program that it is asked for."""
    made = '[ "$1" != build ] || for word; do [ "$last" != -o ] || echo made > "$word"; last=$word; done'
    return script(folder / "go", f"{body}\n{made}")


def fake_cli(path: Path, version: str = "v3.259.0") -> Path:
    return script(path, f"echo {version}")


def installs(version: str = "v3.259.0") -> Install:
    def install(root: Path, _: str, __: Report) -> None:
        fake_cli(root / "bin" / "pulumi", version)

    return install


def fails(reason: str) -> Install:
    def install(_: Path, __: str, ___: Report) -> None:
        raise StepError(reason)

    return install


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An otherwise bare PATH: a folder to put commands into."""
    folder = tmp_path / "path"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin")
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Replace the three ways of installing."""

    def replace(download: Install, go: Install, pip: Install) -> None:
        monkeypatch.setattr(cli, "_download", download)
        monkeypatch.setattr(gobuild, "with_go_on_path", go)
        monkeypatch.setattr(gobuild, "with_go_from_pip", pip)

    return replace


def find(cache: Path) -> tuple[str, list[str]]:
    lines: list[str] = []
    return cli.find(WANTED, cache=cache, report=lines.append).command, lines


@pytest.mark.parametrize("version", ["v3.259.0", "3.259.0", "v3.260.1"])
def test_a_new_enough_cli_on_path_comes_first(path: Path, cache: Path, version: str) -> None:
    wanted = fake_cli(path / "pulumi", version)
    fake_cli(cache / "pulumi-3.259.0" / "bin" / "pulumi")
    assert find(cache) == (str(wanted), [])


@pytest.mark.parametrize("body", ["echo v3.258.9", "echo v4.0.0", "echo v3.259.0-alpha.1", "echo dev", "exit 3"])
def test_an_unsuitable_cli_on_path_is_passed_over(path: Path, cache: Path, body: str) -> None:
    script(path / "pulumi", body)
    cached = fake_cli(cache / "pulumi-3.259.0" / "bin" / "pulumi")
    assert find(cache) == (str(cached), [])


def test_a_cli_on_path_that_hangs_is_passed_over(path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "PROBE_SECONDS", 0.2)
    script(path / "pulumi", "exec sleep 600")
    cached = fake_cli(cache / "pulumi-3.259.0" / "bin" / "pulumi")
    started = time.monotonic()
    assert find(cache)[0] == str(cached)
    assert time.monotonic() - started < HANGING_SECONDS


def test_the_cached_cli_is_used_without_starting_it(path: Path, cache: Path) -> None:
    cached = script(cache / "pulumi-3.259.0" / "bin" / "pulumi", f"touch {path}/started")
    assert find(cache) == (str(cached), [])
    assert not (path / "started").exists()


@pytest.mark.usefixtures("path")
def test_ways_of_installing_are_tried_in_order_and_the_first_that_works_is_kept(
    cache: Path, ways: Callable[..., None]
) -> None:
    ways(fails("blocked"), installs(), fails("never reached"))
    command, lines = find(cache)
    assert command == str(cache / "pulumi-3.259.0" / "bin" / "pulumi")
    assert "the official installer did not work: blocked" in lines
    assert sorted(entry.name for entry in cache.iterdir()) == ["pulumi-3.259.0", "pulumi-3.259.0.lock"]


@pytest.mark.usefixtures("path")
def test_an_installed_cli_of_the_wrong_version_is_not_kept(cache: Path, ways: Callable[..., None]) -> None:
    ways(installs("v3.1.0"), fails("no go"), installs())
    command, lines = find(cache)
    assert command == str(cache / "pulumi-3.259.0" / "bin" / "pulumi")
    assert any("is version 3.1.0, needed is 3.259.0 or newer" in line for line in lines)


def test_when_all_fails_the_error_lists_what_was_tried_and_what_to_install(
    path: Path, cache: Path, ways: Callable[..., None]
) -> None:
    fake_cli(path / "pulumi", "v2.0.0")
    ways(fails("no answer"), fails("there is no such command"), fails("no matching distribution"))
    with pytest.raises(cli.CliNotFoundError) as caught:
        find(cache)
    message = str(caught.value)
    assert re.search(r"`pulumi` on PATH: .* is version 2\.0\.0", message)
    assert "official installer: no answer" in message
    assert "`go` on PATH: there is no such command" in message
    assert "Python package index: no matching distribution" in message
    assert "Install the Pulumi CLI 3.259.0 or newer" in message
    assert [entry.name for entry in cache.iterdir()] == ["pulumi-3.259.0.lock"]


@pytest.mark.usefixtures("path")
def test_two_at_once_install_once(cache: Path, ways: Callable[..., None]) -> None:
    calls: list[str] = []

    def slow(root: Path, version: str, report: Report) -> None:
        calls.append("install")
        time.sleep(0.3)
        installs()(root, version, report)

    ways(slow, fails("unused"), fails("unused"))
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(find(cache)[0])) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert calls == ["install"]
    assert found == [str(cache / "pulumi-3.259.0" / "bin" / "pulumi")] * 2


@pytest.mark.usefixtures("path")
def test_another_process_that_installs_is_waited_for(cache: Path, ways: Callable[..., None], tmp_path: Path) -> None:
    ways(fails("must not run"), fails("must not run"), fails("must not run"))
    cache.mkdir()
    ready = tmp_path / "ready"
    binary = cache / "pulumi-3.259.0" / "bin" / "pulumi"
    holder = (
        "import fcntl, pathlib, time\n"
        f"lock = open({str(cache / 'pulumi-3.259.0.lock')!r}, 'w'); fcntl.flock(lock, fcntl.LOCK_EX)\n"
        f"pathlib.Path({str(ready)!r}).touch(); time.sleep(0.5)\n"
        f"binary = pathlib.Path({str(binary)!r}); binary.parent.mkdir(parents=True)\n"
        "binary.write_text('#!/bin/sh'); binary.chmod(0o755)\n"
    )
    with subprocess.Popen([sys.executable, "-c", holder]) as process:
        while not ready.exists():
            time.sleep(0.01)
        command, lines = find(cache)
    assert process.returncode == 0
    assert command == str(binary)
    assert lines == ["Another process is installing the Pulumi CLI: waiting for it …"]


@pytest.mark.usefixtures("path")
def test_a_download_without_an_answer_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "INSTALL_SECONDS", 0.5)
    monkeypatch.setattr(cli, "_INSTALL", "import time; time.sleep(600)")
    started = time.monotonic()
    with pytest.raises(StepError, match=r"no result within 0\.5 s|no result within 0 s"):
        cli._download(tmp_path, str(WANTED), lambda line: None)
    assert time.monotonic() - started < HANGING_SECONDS


@pytest.mark.usefixtures("path")
def test_without_go_on_path_there_is_nothing_to_build_with(tmp_path: Path) -> None:
    with pytest.raises(StepError, match="there is no such command"):
        gobuild.with_go_on_path(tmp_path, str(WANTED), lambda line: None)


def test_the_build_pins_the_version_and_fetches_no_other_toolchain(path: Path, tmp_path: Path) -> None:
    log = tmp_path / "go.log"
    fake_go(path, f'echo "$GOTOOLCHAIN $GOWORK $CGO_ENABLED $*" >> {log}')
    gobuild.with_go_on_path(tmp_path / "root", str(WANTED), lambda line: None)
    init, get, vendor, build = log.read_text().splitlines()
    assert init == "local off 0 mod init program"
    assert vendor == "local off 0 mod vendor"
    assert get == "local off 0 get -tool github.com/pulumi/pulumi/pkg/v3/cmd/pulumi@v3.259.0"
    assert "version.Version=v3.259.0" in build
    assert build.endswith("/pulumi github.com/pulumi/pulumi/pkg/v3/cmd/pulumi")
    assert (tmp_path / "root" / "bin" / "pulumi").read_text() == "made\n"
    assert [file.name for file in (tmp_path / "root" / "bin").iterdir()] == ["pulumi"]


PACKAGE = "vendor/gocloud.dev/blob/gcsblob"
VENDOR = f"mkdir -p {PACKAGE} && echo its own > {PACKAGE}/driver.go"


def test_packages_that_no_offline_run_uses_are_left_out(path: Path, tmp_path: Path) -> None:
    listing = tmp_path / "vendor.log"
    fake_go(path, f'[ "$2" != vendor ] || {{ {VENDOR}; }}; [ "$1" != build ] || find vendor -type f > {listing}')
    gobuild.with_go_on_path(tmp_path / "root", str(WANTED), lambda line: None)
    assert sorted(listing.read_text().splitlines()) == [
        "vendor/github.com/ccojocar/zxcvbn-go/zxcvbn.go",
        "vendor/github.com/nbutton23/zxcvbn-go/zxcvbn.go",
        "vendor/github.com/pulumi/pulumi/pkg/v3/authhelpers/authhelpers.go",
        "vendor/github.com/pulumi/pulumi/pkg/v3/cmd/pulumi/cloud/cloud.go",
        f"{PACKAGE}/gcsblob.go",
    ]


def test_a_version_that_needs_more_is_built_whole(path: Path, tmp_path: Path) -> None:
    build = "if [ -e vendor ]; then echo undefined: gcsblob.New >&2; exit 1; fi; echo built > whole"
    fake_go(path, f'[ "$2" != vendor ] || {{ {VENDOR}; }}; [ "$1" != build ] || {{ {build}; }}')
    lines: list[str] = []
    gobuild.with_go_on_path(tmp_path / "root", str(WANTED), lines.append)
    assert any("undefined: gcsblob.New. Building all of it" in line for line in lines)


def test_a_go_that_is_too_old_is_the_reason(path: Path, tmp_path: Path) -> None:
    fake_go(path, '[ "$1" = mod ] || { echo "requires go >= 1.25 (running go 1.20)" >&2; exit 1; }')
    with pytest.raises(StepError, match=r"requires go >= 1\.25"):
        gobuild.with_go_on_path(tmp_path, str(WANTED), lambda line: None)


def test_the_pinned_version_is_the_one_that_requirements_ask_for() -> None:
    requirements = Path(__file__).parents[3] / "requirements.txt"
    assert f"pulumi=={cli.PINNED}" in requirements.read_text().splitlines()


def test_the_cache_follows_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/cache/someone")
    assert cache_directory() == Path("/var/cache/someone/trading-platform")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/someone")
    assert cache_directory() == Path("/home/someone/.cache/trading-platform")
