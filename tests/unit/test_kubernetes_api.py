"""What stands around the API server: its programs, and the objects that a state holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from components.settings import QuotaSettings, WorkloadsSettings
from tests.kubernetes_api.objects import objects_of
from tests.kubernetes_api.programs import PACKAGES, RELEASES, install_packages, kube_apiserver, system_program


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


def test_objects_keep_their_order_and_show_their_secrets() -> None:
    signature = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
    secret = {**signature, "plaintext": json.dumps({"password": "hunter2"})}
    resources = [
        {"urn": "urn:pulumi:s::p::kubernetes:core/v1:Secret::first", "inputs": {"kind": "Secret", "data": secret}},
        {"urn": "urn:pulumi:s::p::aws:s3/bucket:Bucket::b", "inputs": {}},
        {"urn": "urn:pulumi:s::p::kubernetes:helm.sh/v3:Release::chart", "inputs": {}},
        {"urn": "urn:pulumi:s::p::kubernetes:core/v1:Pod::second", "inputs": {"metadata": {"name": "pod"}}},
    ]
    state = {"deployment": {"resources": [{**item, "type": str(item["urn"]).split("::")[2]} for item in resources]}}
    secret_object, pod = objects_of(state)
    assert secret_object.manifest == {"kind": "Secret", "data": {"password": "hunter2"}, "metadata": {"name": "first"}}
    assert pod.manifest["metadata"]["name"] == "pod"


def test_every_application_namespace_needs_a_quota() -> None:
    quota = QuotaSettings(cpu_cores=1, memory_gib=1, storage_gib=0, pods=1)
    with pytest.raises(ValueError, match="broken rules") as caught:
        WorkloadsSettings(quotas={"trading": quota, "ml": quota, "data": quota})
    assert "monitoring" in str(caught.value.errors())  # type: ignore[attr-defined]
