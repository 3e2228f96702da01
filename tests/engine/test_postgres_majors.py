"""What the platform sets on PostgreSQL, on a real server of every major that a stack may have."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import yaml

from components.postgres import PostgresSettings
from components.postgres.parameters import server_parameters
from config.lifecycle import POSTGRES
from tests.engine.deployed import ROOT
from tests.servers.databases import RELEASES
from tests.servers.postgres import Postgres, postgres

pytestmark = pytest.mark.engine

ONLY_ON_RDS = {"rds.force_ssl"}


def configured(major: str) -> PostgresSettings:
    """Production's database, in this major."""
    stack = yaml.safe_load((ROOT / "Pulumi.production.yaml").read_text(encoding="utf-8"))["config"]
    return PostgresSettings.model_validate({**stack["trading-platform:postgres"], "engineVersion": major})


@pytest.fixture(scope="module", params=POSTGRES)
def server(request: pytest.FixtureRequest) -> Iterator[tuple[str, Postgres]]:
    """A server of a major with the platform's parameters."""
    major = request.param
    wanted = {each.name: each.value for each in server_parameters(configured(major)) if each.name not in ONLY_ON_RDS}
    with postgres("platform", "platform-password", wanted, major=major) as started:
        yield major, started


def test_there_is_a_server_for_every_major() -> None:
    assert set(RELEASES) == set(POSTGRES)


def test_every_major_starts_with_the_parameters_and_takes_them_when_the_group_says(
    server: tuple[str, Postgres],
) -> None:
    major, database = server
    assert database.query("SHOW server_version")[0][0].startswith(f"{major}.")
    rows = database.query("SELECT name, setting, vartype, context, source FROM pg_settings")
    running = {name: (setting, kind, context, source) for name, setting, kind, context, source in rows}
    for parameter in server_parameters(configured(major)):
        if parameter.name in ONLY_ON_RDS:
            continue
        setting, kind, context, source = running[parameter.name]
        assert source == "configuration file", parameter
        assert setting == ({"0": "off", "1": "on"}[parameter.value] if kind == "bool" else parameter.value), parameter
        assert (parameter.apply_method == "pending-reboot") is (context == "postmaster"), parameter


def test_every_major_logs_connections_and_slow_statements(server: tuple[str, Postgres]) -> None:
    _, database = server
    database.query("SELECT pg_sleep(1.1)")
    assert "connection authorized: user=platform" in database.log
    assert "statement: SELECT pg_sleep(1.1)" in database.log
    assert "Query Text: SELECT pg_sleep(1.1)" in database.log
