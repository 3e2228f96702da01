"""The packs as processes, started the way the engine starts them."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
import yaml
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2_grpc

from policies import __main__ as commands
from policies.all.pack import PACK as ALL
from policies.packs import PACKS
from policies.support.rules import Pack
from tests.limits import HANGING_SECONDS

each_pack = pytest.mark.parametrize("pack", [*PACKS, ALL], ids=lambda pack: pack.title)


@contextmanager
def started(folder: Path) -> Iterator[tuple[analyzer_pb2_grpc.AnalyzerStub, subprocess.Popen[str]]]:
    """The pack in a folder, running."""
    command = [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", "."]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=folder, text=True, **pipes) as process:  # type: ignore[call-overload]
        try:
            port = int(process.stdout.readline())
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                yield analyzer_pb2_grpc.AnalyzerStub(channel), process
        finally:
            process.kill()


@each_pack
def test_a_pack_starts_in_its_folder_and_ends_quietly(pack: Pack) -> None:
    with started(pack.folder) as (stub, process):
        assert stub.GetAnalyzerInfo(empty_pb2.Empty()).name == pack.name
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=HANGING_SECONDS) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


@each_pack
def test_the_official_cli_finds_the_project_s_virtual_environment(pack: Pack) -> None:
    runtime = yaml.safe_load((pack.folder / "PulumiPolicy.yaml").read_text())["runtime"]
    assert runtime["name"] == "python"
    assert (pack.folder / runtime["options"]["virtualenv"]).resolve() == commands.ROOT / ".venv"


def test_packs_load_no_cloud_sdk() -> None:
    program = "import sys, policies.packs, policies.support.analyzer; print(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=commands.ROOT, check=True, capture_output=True, text=True
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & {"pulumi_aws", "pulumi_eks", "pulumi_kubernetes", "boto3", "pydantic", "local", "components"}


def test_a_bundle_needs_nothing_else_of_the_repository(tmp_path: Path) -> None:
    folder = tmp_path / "encryption"
    assert commands.main(["bundle", "--pack", "encryption", "--output", str(folder)]) == 0
    with started(folder) as (stub, _):
        assert stub.GetAnalyzerInfo(empty_pb2.Empty()).name == "trading-platform-encryption"
    assert "pulumi-policy==" in (folder / "requirements.txt").read_text()
