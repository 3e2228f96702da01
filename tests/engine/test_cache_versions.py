"""What the platform sets on the cache, on a real server of each version that somebody packages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from components.redis.redis import server_parameters
from components.redis.settings import CATEGORIES, VERSIONS, UserSettings
from components.redis.users import EVERYTHING, NOTHING, access_string
from tests.servers.caches import RELEASES, cache
from tests.servers.packages import REDIS_MINOR
from tests.servers.redis import Node, RefusedError

pytestmark = pytest.mark.engine

SERVED = sorted({*RELEASES, REDIS_MINOR})
USERS = {
    "orders": UserSettings(keys=("orders:*",), commands=("@read", "@write", "-@dangerous"), channels=("orders",)),
    "reports": UserSettings(keys=("*",), commands=("get", "config|get")),
}


@pytest.fixture(scope="module", params=SERVED)
def node(request: pytest.FixtureRequest) -> Iterator[tuple[str, Node]]:
    """A node of a version with the platform's parameters."""
    with cache(request.param, server_parameters()) as started:
        yield request.param, started


def test_versions_that_nobody_packages_lie_between_two_that_take_the_same() -> None:
    accepted = [version for versions in VERSIONS.values() for version in versions]
    assert set(SERVED) <= set(accepted)
    assert min(SERVED) == min(accepted)
    assert max(SERVED) == max(accepted)


def test_every_version_starts_with_the_parameters(node: tuple[str, Node]) -> None:
    version, server = node
    told = server.ask("INFO", "server").replace("\r", "").splitlines()
    running = dict(line.split(":", 1) for line in told if ":" in line)
    if version in RELEASES:
        assert running.get("valkey_version", running["redis_version"]).startswith(f"{version}.")
    for name, value in server_parameters().items():
        assert server.ask("CONFIG", "GET", name).split() == [name, value]


def test_every_version_takes_the_users_that_settings_describe(node: tuple[str, Node]) -> None:
    _, server = node
    for string in (*map(access_string, USERS.values()), EVERYTHING, NOTHING):
        assert server.ask("ACL", "SETUSER", "somebody", "reset", *string.split(), ">password") == "OK"


def test_categories_of_commands_are_those_that_every_version_lists(node: tuple[str, Node]) -> None:
    _, server = node
    of_modules = {"bloom", "json", "search"}
    assert set(server.ask("ACL", "CAT").split()) == {*CATEGORIES} - {"all"} - of_modules


@pytest.mark.parametrize("command", ["-config|set", "-client|kill"])
def test_parts_of_commands_are_excluded_from_redis_7_on(node: tuple[str, Node], command: str) -> None:
    version, server = node
    string = access_string(UserSettings(keys=("*",), commands=("@all", command)))
    words = ("ACL", "SETUSER", "somebody", "reset", *string.split())
    if version == "6.2":
        with pytest.raises(RefusedError):
            server.ask(*words)
    else:
        assert server.ask(*words) == "OK"
