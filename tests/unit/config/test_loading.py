"""The configuration as the engine hands it over, and what the other stacks' files say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime import config as engine_config
from pulumi.runtime.config import set_all_config

import config
from config.sibling import Sibling
from tests.unit.stacks import as_engine, values_of


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """An engine with the configuration of production; returns the warnings that it is given."""
    warnings: list[str] = []
    monkeypatch.setattr(pulumi, "get_stack", lambda: "production")
    monkeypatch.setattr(pulumi, "get_project", lambda: "trading-platform")
    monkeypatch.setattr(pulumi.log, "warn", warnings.append)
    before = dict(engine_config.CONFIG.get())
    yield warnings
    set_all_config(before, [])


def configure(values: dict[str, Any], secrets: list[str] | None = None, others: dict[str, str] | None = None) -> None:
    own = {f"trading-platform:{key}": value for key, value in as_engine(values).items()}
    set_all_config({**own, **(others or {})}, [f"trading-platform:{key}" for key in secrets or []])


def test_the_engine_configuration_is_loaded(engine: list[str]) -> None:
    configure(values_of(), others={"aws:region": "eu-west-1", "pulumi:disable-default-providers": '["aws"]'})
    stack = config.load()
    assert (stack.stack, stack.project, stack.region) == ("production", "trading-platform", "us-east-1")
    assert engine == []


def test_the_guides_own_versions_load_with_warnings_that_name_dates(engine: list[str]) -> None:
    guide = {"cluster__version": "1.28", "postgres__engineVersion": "15.4", "redis__engineVersion": "7.0"}
    configure(values_of(**guide, cluster__addonVersions={}))
    stack = config.load()
    assert (stack.cluster.version, stack.postgres.engine_version, stack.redis.engine_version) == ("1.28", "15.4", "7.0")
    assert len(engine) == 2
    assert re.search(r"cluster\.version: .*1\.28.*2025-11-26", engine[0])
    assert re.search(r"postgres\.engineVersion: .*15\.4.*2025-03-31", engine[1])


def test_empty_defaults_of_the_project_count_as_missing(engine: list[str]) -> None:
    configure(dict.fromkeys(config.KEYS, ""))
    with pytest.raises(config.ConfigError) as caught:
        config.load()
    required = [key for key, info in config.KEYS.items() if info.is_required()]
    assert [line.split(":")[1] for line in caught.value.mistakes] == required


def test_the_repositorys_other_stacks_are_compared(engine: list[str]) -> None:
    values = values_of(network=values_of("staging")["network"])
    configure(values)
    with pytest.raises(config.ConfigError, match="overlaps the network of stack staging"):
        config.load()


def test_secrets_of_the_engine_stay_secret(engine: list[str]) -> None:
    configure(values_of(redis__nodeType="hush"), secrets=["redis"])
    with pytest.raises(config.ConfigError, match="the secret value") as caught:
        config.load()
    assert "hush" not in str(caught.value)


class TestSiblings:
    """Other stacks' files, whatever they hold."""

    def test_what_a_stack_takes_is_read(self, tmp_path: Path) -> None:
        (tmp_path / "Pulumi.blue.yaml").write_text(
            'config: {trading-platform:accountId: "123456789012", trading-platform:region: us-east-1,'
            " trading-platform:network: {vpcCidr: 10.9.0.0/16},"
            " trading-platform:recovery: {standby: {vpcCidr: 10.109.0.0/16}},"
            " trading-platform:account: {cloudTrail: true, guardDuty: no}}"
        )
        (tmp_path / "Pulumi.own.yaml").write_text("config: {}")
        (tmp_path / "Pulumi.yaml").write_text("name: x")
        siblings, warnings = config.read_siblings(tmp_path, "own")
        assert siblings == {
            "blue": Sibling(
                vpc_cidr=IPv4Network("10.9.0.0/16"),
                standby_cidr=IPv4Network("10.109.0.0/16"),
                account_id="123456789012",
                region="us-east-1",
                switches=frozenset({"cloudTrail"}),
            )
        }
        assert warnings == []

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"config: {trading-platform:network: hello}",
            b"config: {trading-platform:network: {vpcCidr: 300.0.0.0/8}}",
            b"config: {trading-platform:network: {secure: v1:abc}}",
        ],
    )
    def test_a_file_without_a_usable_network_is_not_compared(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "Pulumi.blue.yaml").write_bytes(content)
        siblings, warnings = config.read_siblings(tmp_path, "own")
        assert siblings["blue"].vpc_cidr is None
        assert warnings == []

    @pytest.mark.parametrize(
        "content",
        [b"[]", b"config: 5", b"config: [", b"\xff\xfe\x00", b"a: !!python/name:os.system x", b"[" * 5000],
    )
    def test_a_file_that_is_no_stack_file_is_a_warning(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "Pulumi.blue.yaml").write_bytes(content)
        siblings, warnings = config.read_siblings(tmp_path, "own")
        assert siblings == {}
        assert len(warnings) == 1
        assert warnings[0].startswith("Pulumi.blue.yaml cannot be read")
        assert "\n" not in warnings[0]
