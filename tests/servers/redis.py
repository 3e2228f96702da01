"""A Redis cluster that takes TLS and a token, and its clients."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.limits import HANGING_SECONDS
from tests.servers.packages import system_program
from tests.servers.processes import (
    LOOPBACK,
    Server,
    certificate,
    folder,
    free_ports,
    running,
    wait_for,
)

SLOTS = 16384


class RefusedError(Exception):
    """What a node says to a client that it does not serve."""


@dataclass(frozen=True)
class Node:
    """A running node."""

    port: int
    token: str = field(repr=False)
    certificate: Path
    server: Server
    tls: bool = True
    """Whether it speaks TLS, as a cluster does."""

    def ask(self, *command: str, token: str | None = None, tls: bool | None = None, follow: bool = False) -> str:
        """Send a command and return the answer; `follow` goes where the node says that a key is.

        Raises:
            RefusedError: the node answers with an error, or not at all.
        """
        secret = self.token if token is None else token
        # An empty token in the environment would be sent all the same.
        environment = {**os.environ, "REDISCLI_AUTH": secret} if secret else dict(os.environ)
        secure = self.tls if tls is None else tls
        security = ["--tls", "--cacert", str(self.certificate)] if secure else []
        done = subprocess.run(
            [
                system_program("redis-cli"),
                *("-h", LOOPBACK, "-p", str(self.port), *security),
                *("--no-auth-warning", "-e", *(["-c"] if follow else []), *command),
            ],
            check=False,
            capture_output=True,
            text=True,
            env=environment,
            timeout=HANGING_SECONDS,
        )
        if done.returncode or done.stderr:
            raise RefusedError((done.stderr or done.stdout).strip())
        return done.stdout.strip()

    def info(self) -> dict[str, str]:
        """What the node knows of the cluster."""
        lines = self.ask("CLUSTER", "INFO").splitlines()
        return dict(line.strip().split(":", 1) for line in lines if ":" in line)

    def answers(self) -> bool:
        """Whether the node takes commands."""
        try:
            return self.ask("PING") == "PONG"
        except RefusedError:
            return False


@contextlib.contextmanager
def redis_cluster(
    parameters: Mapping[str, str], token: str, *, shards: int, replicas_per_shard: int
) -> Iterator[Sequence[Node]]:
    """Run a cluster with these parameters; its nodes are shard by shard, primaries first.

    Raises:
        RuntimeError: a program is missing, or a node does not start; the message says why.
    """
    count = shards * (1 + replicas_per_shard)
    with folder("redis-") as home, contextlib.ExitStack() as processes:
        trusted, key = certificate(home)
        nodes = []
        for port in free_ports(count):
            own = {**parameters, "requirepass": token, "masterauth": token, **_place(home, port, trusted, key)}
            file = home / f"{port}.conf"
            file.write_text("".join(f'{name} "{value}"\n' for name, value in own.items()), encoding="utf-8")
            program = [system_program("redis-server"), file]
            nodes.append(Node(port, token, trusted, processes.enter_context(running(f"redis-{port}", program, home))))
        servers = [node.server for node in nodes]
        wait_for(lambda: all(node.answers() for node in nodes), servers)
        _join(nodes, replicas_per_shard)
        yield nodes


def _place(home: Path, port: int, trusted: Path, key: Path) -> Mapping[str, object]:
    """What a node needs in this place, beside the parameters under test."""
    return {
        "bind": LOOPBACK,
        # Nothing but TLS, as ElastiCache's mode `required`.
        "port": 0,
        "tls-port": port,
        "tls-cluster": "yes",
        "tls-replication": "yes",
        "tls-auth-clients": "no",
        "tls-cert-file": trusted,
        "tls-key-file": key,
        "tls-ca-cert-file": trusted,
        "cluster-config-file": f"nodes-{port}.conf",
        "dir": home,
        "save": "",
    }


def _join(nodes: Sequence[Node], replicas_per_shard: int) -> None:
    """Make one cluster of the nodes. The CLI does that for three primaries and more only."""
    first, servers = nodes[0], [node.server for node in nodes]
    for node in nodes[1:]:
        first.ask("CLUSTER", "MEET", LOOPBACK, str(node.port))
    primaries = nodes[:: 1 + replicas_per_shard]
    edges = [SLOTS * shard // len(primaries) for shard in range(len(primaries) + 1)]
    for primary, start, end in zip(primaries, edges, edges[1:], strict=False):
        primary.ask("CLUSTER", "ADDSLOTSRANGE", str(start), str(end - 1))
    wait_for(lambda: all(node.info()["cluster_known_nodes"] == str(len(nodes)) for node in nodes), servers)
    for index, node in enumerate(nodes):
        primary = nodes[index - index % (1 + replicas_per_shard)]
        if node is not primary:
            node.ask("CLUSTER", "REPLICATE", primary.ask("CLUSTER", "MYID"))
    wait_for(lambda: all(node.info()["cluster_state"] == "ok" for node in nodes), servers)
