"""A PostgreSQL server that demands TLS and a password, and its clients."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers.packages import system_program
from tests.servers.processes import (
    LOOPBACK,
    START_SECONDS,
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
        """Run statements in a session of its own, as the administrator, and return the rows.

        Raises:
            RefusedError: the server does not let the client in, or does not run a statement.
        """
        environment = {
            **os.environ,
            "PGPASSWORD": self.password if password is None else password,
            "PGSSLMODE": "verify-full" if tls else "disable",
            "PGSSLROOTCERT": str(self.certificate),
        }
        address = [f"--host={LOOPBACK}", f"--port={self.port}", f"--username={self.user}", f"--dbname={_DATABASE}"]
        form = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--field-separator=\t"]
        done = subprocess.run(
            [system_program("psql"), *address, *form, "--set=ON_ERROR_STOP=1", f"--command={statement}"],
            check=False,
            capture_output=True,
            text=True,
            env=environment,
            timeout=START_SECONDS,
        )
        if done.returncode:
            raise RefusedError(done.stderr.strip())
        return [line.split("\t") for line in done.stdout.splitlines()]

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


@contextlib.contextmanager
def postgres(user: str, password: str, parameters: Mapping[str, str]) -> Iterator[Postgres]:
    """Run an empty server with these parameters, whose administrator has this name and password.

    Raises:
        RuntimeError: a program is missing, or the server does not start; the message says why.
    """
    account = unprivileged()
    with folder("postgres-") as home:
        trusted, _ = certificate(home)
        data, port = _initialized(home, account, user, password), free_ports(1)[0]
        (data / "pg_hba.conf").write_text(_ACCESS, encoding="utf-8")
        with (data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.writelines(f"{name} = {_quoted(value)}\n" for name, value in parameters.items())
        arguments: list[str | Path] = [system_program("postgres"), "-D", data, *_options(home, port)]
        # Killed, it would leave its shared memory behind.
        with running("postgres", arguments, home, account=account, stop=signal.SIGQUIT) as server:
            started = Postgres(port, user, password, trusted, server)
            wait_for(started.answers, [server])
            yield started


def _initialized(home: Path, account: Account, user: str, password: str) -> Path:
    """The folder of an empty database whose administrator's password the server keeps as SCRAM's verifier only."""
    data, secret = home / "data", home / "password"
    secret.write_text(f"{password}\n", encoding="utf-8")
    account.own(home)
    create = [f"--username={user}", f"--pwfile={secret}", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"]
    done = subprocess.run(  # type: ignore[call-overload]  # the account's options are those of subprocess
        [system_program("initdb"), "-D", data, *create, "--no-sync"],
        check=False,
        capture_output=True,
        text=True,
        cwd=home,
        timeout=START_SECONDS,
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
