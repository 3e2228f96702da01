"""A PostgreSQL server that demands TLS and a password, and its clients."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg.pq.abc import PGresult

from tests.limits import HANGING_SECONDS
from tests.servers.databases import postgres_programs
from tests.servers.packages import POSTGRES_MAJOR
from tests.servers.processes import (
    LOOPBACK,
    Account,
    Server,
    certificate,
    folder,
    free_ports,
    running,
    unprivileged,
    wait_for,
)

_DATABASE = "postgres"
# What `rds.force_ssl` does: there is no way in without TLS.
_ACCESS = f"hostssl all all {LOOPBACK}/32 scram-sha-256\n"


class RefusedError(Exception):
    """What the server says to a client that it does not serve."""


@dataclass(frozen=True)
class Postgres:
    """A running server."""

    port: int
    user: str
    password: str = field(repr=False)
    certificate: Path
    server: Server

    def query(self, statement: str, *, password: str | None = None, tls: bool = True) -> list[list[str]]:
        """Run statements in a session of its own, as the administrator, and return the rows as text.

        Raises:
            RefusedError: the server does not let the client in, or does not run a statement.
        """
        rows: list[list[str]] = []
        try:
            with psycopg.connect(
                host=LOOPBACK,
                port=self.port,
                user=self.user,
                password=self.password if password is None else password,
                dbname=_DATABASE,
                sslmode="verify-full" if tls else "disable",
                sslrootcert=str(self.certificate),
                application_name="tests",
                autocommit=True,
            ) as connection:
                cursor = connection.execute(statement.encode())
                rows += _texts(cursor.pgresult)
                while cursor.nextset():
                    rows += _texts(cursor.pgresult)
        except psycopg.Error as error:
            raise RefusedError(str(error).strip()) from error
        return rows

    @property
    def log(self) -> str:
        """All that the server has written so far."""
        return self.server.log.read_text(encoding="utf-8")

    def answers(self) -> bool:
        """Whether the server takes connections."""
        try:
            return self.query("SELECT 1") == [["1"]]
        except RefusedError:
            return False


def _texts(result: PGresult | None) -> list[list[str]]:
    """The rows as the server sends them; nothing is an empty text."""
    if result is None:
        return []
    columns = range(result.nfields)
    return [[(result.get_value(row, column) or b"").decode() for column in columns] for row in range(result.ntuples)]


@contextlib.contextmanager
def postgres(
    user: str, password: str, parameters: Mapping[str, str], *, major: str = POSTGRES_MAJOR
) -> Iterator[Postgres]:
    """Run an empty server of a major with these parameters, whose administrator has this name and password.

    Raises:
        RuntimeError: a program is missing, or the server does not start; the message says why.
    """
    account = unprivileged()
    with folder("postgres-") as home:
        trusted, _ = certificate(home)
        programs = _programs(major, home, account)
        data, port = _initialized(programs, home, account, user, password), free_ports(1)[0]
        (data / "pg_hba.conf").write_text(_ACCESS, encoding="utf-8")
        with (data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.writelines(f"{name} = {_quoted(value)}\n" for name, value in parameters.items())
        arguments: list[str | Path] = [programs / "postgres", "-D", data, *_options(home, port)]
        # Killed, it would leave its shared memory behind.
        with running("postgres", arguments, home, account=account, stop=signal.SIGQUIT) as server:
            started = Postgres(port, user, password, trusted, server)
            wait_for(started.answers, [server])
            yield started


def _programs(major: str, home: Path, account: Account) -> Path:
    """The server's programs, where its account may run them: the home of root is closed to others."""
    programs = postgres_programs(major)
    if not account.options or all(folder.stat().st_mode & 0o001 for folder in programs.parents):
        return programs
    shutil.copytree(programs.parent, home / "programs", symlinks=True)
    return home / "programs" / programs.name


def _initialized(programs: Path, home: Path, account: Account, user: str, password: str) -> Path:
    """The folder of an empty database whose administrator's password the server keeps as SCRAM's verifier only."""
    data, secret = home / "data", home / "password"
    secret.write_text(f"{password}\n", encoding="utf-8")
    account.own(home)
    create = [f"--username={user}", f"--pwfile={secret}", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"]
    done = subprocess.run(  # type: ignore[call-overload]  # the account's options are those of subprocess
        [programs / "initdb", "-D", data, *create, "--no-sync"],
        check=False,
        capture_output=True,
        text=True,
        cwd=home,
        timeout=HANGING_SECONDS,
        **account.options,
    )
    if done.returncode:
        raise RuntimeError(f"initdb failed: {done.stderr.strip()}")
    return data


def _options(home: Path, port: int) -> list[str]:
    """What this server needs in this place, beside the parameters under test."""
    settings = {
        "listen_addresses": LOOPBACK,
        "port": port,
        "unix_socket_directories": "",
        "ssl": "on",
        "ssl_cert_file": home / "server.crt",
        "ssl_key_file": home / "server.key",
        "fsync": "off",
    }
    return [f"--{name}={value}" for name, value in settings.items()]


def _quoted(value: str) -> str:
    """A value in the form of postgresql.conf."""
    doubled = value.replace("'", "''")
    return f"'{doubled}'"
