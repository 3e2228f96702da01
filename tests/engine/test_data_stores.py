"""What production sets on its data stores, on real servers of the same majors: PostgreSQL 15 and Redis 7.0."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from components.redis.settings import UserSettings
from components.redis.users import EVERYTHING, NOTHING, access_string
from tests.engine.deployed import STACKS, deployed
from tests.servers.packages import POSTGRES_MAJOR, REDIS_MINOR
from tests.servers.postgres import Postgres, postgres
from tests.servers.postgres import RefusedError as PostgresRefusedError
from tests.servers.processes import wait_for
from tests.servers.redis import SLOTS, Node, redis_cluster
from tests.servers.redis import RefusedError as RedisRefusedError

pytestmark = pytest.mark.engine

POSTGRES_GROUP = "aws:rds/parameterGroup:ParameterGroup"
REDIS_GROUP = "aws:elasticache/parameterGroup:ParameterGroup"
SECRET = "aws:secretsmanager/secretVersion:SecretVersion"

# Only RDS has these; the server of the test is told to behave as they make RDS behave.
ONLY_ON_RDS = {"rds.force_ssl"}
# What a value of the parameter group reads like in `pg_settings`.
BOOLEANS = {"0": "off", "1": "on"}

# What is worth a line in the log: statement, what the log says. Values are those of the parameter groups.
TELLING = [
    ("SELECT pg_sleep({seconds})", r"duration: [\d.]+ ms  statement: SELECT pg_sleep"),
    ("SELECT pg_sleep({seconds})", r"duration: [\d.]+ ms  plan:\s+Query Text: SELECT pg_sleep"),
    ("DO $$ BEGIN PERFORM pg_sleep({seconds}) AS nested; END $$", r"plan:\s+Query Text: SELECT pg_sleep.* AS nested"),
    ("SELECT count(*) FROM (SELECT i FROM generate_series(1, 900000) i ORDER BY i DESC) x", r"temporary file: path"),
    ("SELECT 1", r"connection authorized: user=\w+ database=\w+ application_name=tests SSL enabled"),
    ("SELECT 1", r"disconnection: session time"),
]


def parameters(type_: str, stack: str) -> list[dict[str, str]]:
    """The parameters of the stack's groups of a type; its groups say the same in every region."""
    groups = [group.inputs["parameters"] for group in deployed(stack).of_type(type_)]
    assert groups
    assert all(group == groups[0] for group in groups)
    found: list[dict[str, str]] = groups[0]
    return found


def settings(type_: str, stack: str) -> dict[str, str]:
    return {each["name"]: each["value"] for each in parameters(type_, stack) if each["name"] not in ONLY_ON_RDS}


def secret(name: str) -> dict[str, Any]:
    """The document from which clients learn how to connect."""
    document: dict[str, Any] = json.loads(deployed("production").one(SECRET, name)["secretString"])
    return document


@pytest.fixture(scope="module")
def database() -> Iterator[Postgres]:
    """A server with production's parameters, user and password."""
    (instance,) = [each for each in deployed("production").of_type("aws:rds/instance:Instance") if each["password"]]
    assert instance["engineVersion"].split(".")[0] == POSTGRES_MAJOR
    with postgres(instance["username"], instance["password"], settings(POSTGRES_GROUP, "production")) as server:
        yield server


@pytest.fixture(scope="module")
def nodes() -> Iterator[Sequence[Node]]:
    """A cluster with production's parameters, token and shape."""
    group = deployed("production").one("aws:elasticache/replicationGroup:ReplicationGroup")
    assert group["engineVersion"] == REDIS_MINOR
    with redis_cluster(
        settings(REDIS_GROUP, "production"),
        group["authToken"],
        shards=group["numNodeGroups"],
        replicas_per_shard=group["replicasPerNodeGroup"],
    ) as started:
        yield started


def wait_for_log(database: Postgres, pattern: str) -> None:
    """A session's end is told after its client has gone."""
    wait_for(lambda: bool(re.search(pattern, database.log)), [database.server])


def test_the_servers_have_the_majors_of_production(database: Postgres, nodes: Sequence[Node]) -> None:
    assert database.query("SHOW server_version")[0][0].startswith(f"{POSTGRES_MAJOR}.")
    major, minor = re.findall(r"^redis_version:(\d+)\.(\d+)", nodes[0].ask("INFO", "server"), re.MULTILINE)[0]
    assert (int(major), int(minor)) >= tuple(map(int, REDIS_MINOR.split(".")))


def test_postgres_runs_with_every_parameter(database: Postgres) -> None:
    rows = database.query("SELECT name, setting, vartype FROM pg_settings")
    running = {name: (setting, kind) for name, setting, kind in rows}
    for name, value in settings(POSTGRES_GROUP, "production").items():
        setting, kind = running[name]
        assert setting == (BOOLEANS[value] if kind == "bool" else value), name


@pytest.mark.parametrize("stack", STACKS)
def test_parameters_of_postgres_apply_when_their_group_says(database: Postgres, stack: str) -> None:
    static = {name for (name,) in database.query("SELECT name FROM pg_settings WHERE context = 'postmaster'")}
    for each in parameters(POSTGRES_GROUP, stack):
        if each["name"] in ONLY_ON_RDS:
            continue
        assert (each["applyMethod"] == "pending-reboot") is (each["name"] in static), each
        if each["name"] not in static:
            # The server checks the value; the one it runs with is back afterwards.
            database.query(f"""ALTER SYSTEM SET {each["name"]} = '{each["value"]}'""")
            database.query(f"ALTER SYSTEM RESET {each['name']}")


@pytest.mark.parametrize(("statement", "told"), TELLING)
def test_the_log_tells_what_the_parameters_ask_for(database: Postgres, statement: str, told: str) -> None:
    threshold = int(settings(POSTGRES_GROUP, "production")["log_min_duration_statement"])
    database.query(statement.format(seconds=threshold / 1000 + 0.1))
    wait_for_log(database, told)


def test_the_log_tells_who_waits_for_a_lock(database: Postgres) -> None:
    database.query("CREATE TABLE wanted ()")
    with ThreadPoolExecutor() as pool:
        holder = pool.submit(database.query, "BEGIN; LOCK wanted; SELECT pg_sleep(3)")
        waiter = pool.submit(database.query, "SELECT pg_sleep(0.5); LOCK wanted")
        wait_for_log(database, "still waiting for AccessExclusiveLock")
        holder.result()
        waiter.result()


def test_passwords_in_statements_do_not_reach_the_log(database: Postgres) -> None:
    database.query("CREATE ROLE somebody PASSWORD 'not-for-the-log'; ALTER ROLE somebody PASSWORD 'not-for-the-log'")
    wait_for_log(database, "disconnection")
    assert "not-for-the-log" not in database.log


def test_statements_are_counted_nested_ones_too(database: Postgres) -> None:
    database.query("CREATE EXTENSION pg_stat_statements")
    database.query("DO $$ BEGIN PERFORM length('counted'); END $$")
    database.query("SELECT length('counted')")
    rows = database.query("SELECT toplevel, calls FROM pg_stat_statements WHERE query = 'SELECT length($1)'")
    assert sorted(rows) == [["f", "1"], ["t", "1"]]


def test_postgres_knows_the_generated_password_and_keeps_it_as_scram_only(database: Postgres) -> None:
    document = secret("postgres")
    assert document["username"] == database.user
    who = "SELECT current_user, (SELECT rolpassword FROM pg_authid WHERE rolname = current_user)"
    ((user, kept),) = database.query(who, password=document["password"])
    assert user == document["username"]
    assert kept.startswith("SCRAM-SHA-256$")
    with pytest.raises(PostgresRefusedError, match="password authentication failed"):
        database.query("SELECT 1", password=document["password"][:-1])


def test_postgres_refuses_clients_without_tls(database: Postgres) -> None:
    assert database.query("SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()") == [["t", "TLSv1.3"]]
    with pytest.raises(PostgresRefusedError, match="no encryption"):
        database.query("SELECT 1", tls=False)


@pytest.mark.parametrize("stack", STACKS)
def test_redis_takes_every_parameter(nodes: Sequence[Node], stack: str) -> None:
    for name, value in settings(REDIS_GROUP, stack).items():
        assert nodes[0].ask("CONFIG", "GET", name).split() == [name, value]


def test_redis_is_one_cluster_of_productions_shape(nodes: Sequence[Node]) -> None:
    group = deployed("production").one("aws:elasticache/replicationGroup:ReplicationGroup")
    for node in nodes:
        known = node.info()
        assert known["cluster_state"] == "ok"
        assert known["cluster_slots_ok"] == str(SLOTS)
        assert known["cluster_size"] == str(group["numNodeGroups"])
        assert known["cluster_known_nodes"] == str(len(nodes))


def test_redis_sends_a_client_from_any_node_to_the_key(nodes: Sequence[Node]) -> None:
    replica = nodes[-1]
    with pytest.raises(RedisRefusedError, match="MOVED"):
        replica.ask("SET", "price", "42")
    assert replica.ask("SET", "price", "42", follow=True) == "OK"
    assert nodes[0].ask("GET", "price", follow=True) == "42"


def test_redis_knows_the_generated_token_and_no_other(nodes: Sequence[Node]) -> None:
    token = secret("redis")["authToken"]
    for node in nodes:
        assert node.ask("PING", token=token) == "PONG"
        with pytest.raises(RedisRefusedError, match="WRONGPASS"):
            node.ask("PING", token=token[:-1])
        with pytest.raises(RedisRefusedError, match="NOAUTH"):
            node.ask("PING", token="")


def test_redis_refuses_clients_without_tls(nodes: Sequence[Node]) -> None:
    for node in nodes:
        with pytest.raises(RedisRefusedError, match=r"I/O error|reset by peer"):
            node.ask("PING", tls=False)


def test_slow_commands_of_redis_are_in_its_log(nodes: Sequence[Node]) -> None:
    nodes[0].ask("PING")
    nodes[0].ask("EVAL", "local i = 0; while i < 20000000 do i = i + 1 end; return i", "0")
    told = nodes[0].ask("SLOWLOG", "GET", "-1")
    assert "EVAL" in told
    assert "PING" not in told


def test_a_full_redis_makes_room_for_new_keys(nodes: Sequence[Node]) -> None:
    primary = nodes[0]
    # Far more than fits, in steps: what is on its way to the replicas takes memory too.
    fill = "for i = 1, 200 do redis.call('SET', '{full}' .. ARGV[1] .. i, string.rep('x', 10000)) end return 'OK'"
    primary.ask("CONFIG", "SET", "maxmemory", str(int(statistic(primary, "used_memory")) + 8_000_000))
    for step in range(12):
        assert primary.ask("EVAL", fill, "1", "{full}", str(step), follow=True) == "OK"
    assert int(statistic(primary, "evicted_keys")) > 0


def statistic(node: Node, name: str) -> str:
    (value,) = re.findall(rf"^{name}:(\d+)", node.ask("INFO"), re.MULTILINE)
    return str(value)


USERS = {
    "orders": UserSettings(keys=("orders:*",), commands=("@read", "@write", "-@dangerous"), channels=("orders",)),
    "reports": UserSettings(keys=("*",), commands=("get", "config|get")),
}


def test_redis_takes_the_users_that_settings_describe(nodes: Sequence[Node]) -> None:
    node = nodes[0]
    for name, user in USERS.items():
        assert node.ask("ACL", "SETUSER", name, *access_string(user).split(), f">{name}-password") == "OK"
    may = [
        ("orders", ("GET", "orders:1"), True),
        ("orders", ("SET", "orders:1", "x"), True),
        ("orders", ("GET", "prices:1"), False),
        ("orders", ("FLUSHALL",), False),
        ("orders", ("PUBLISH", "orders", "x"), False),
        ("reports", ("GET", "prices:1"), True),
        ("reports", ("SET", "prices:1", "x"), False),
        ("reports", ("CONFIG", "GET", "maxmemory"), True),
        ("reports", ("CONFIG", "SET", "maxmemory", "0"), False),
    ]
    for name, command, allowed in may:
        verdict = node.ask("ACL", "DRYRUN", name, *command)
        assert (verdict == "OK") is allowed, (name, command, verdict)


def test_redis_lets_the_default_user_do_what_the_token_did_or_nothing(nodes: Sequence[Node]) -> None:
    for string, allowed in ((EVERYTHING, True), (NOTHING, False)):
        nodes[0].ask("ACL", "SETUSER", "as-default", "reset", *string.split(), ">token")
        told = nodes[0].ask("ACL", "LIST")
        (line,) = [line for line in told.splitlines() if line.startswith("user as-default ")]
        assert (" on " in line) is allowed
        for command in (("SET", "anything", "x"), ("PUBLISH", "anything", "x"), ("CONFIG", "GET", "*")):
            assert (nodes[0].ask("ACL", "DRYRUN", "as-default", *command) == "OK") is allowed
