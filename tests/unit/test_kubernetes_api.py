"""What stands around the API server: its programs, and the objects of a stack."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from components.settings import QuotaSettings, WorkloadsSettings
from tests.engine.deployed import view
from tests.kubernetes_api.objects import objects_of
from tests.kubernetes_api.programs import RELEASES, kube_apiserver
from tests.servers.packages import PACKAGES, install_packages, system_program


def test_a_missing_program_names_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeError, match="`etcd` is missing: install it, on Debian and Ubuntu with `apt-get install"):
        system_program("etcd")
    with pytest.raises(RuntimeError, match=PACKAGES["etcd"]):
        install_packages()


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
