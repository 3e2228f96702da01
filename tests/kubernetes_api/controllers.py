"""What the controllers of a cluster do for clients that wait for them: quotas count, what is deleted ends."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Collection, Iterator

from tests.kubernetes_api.server import ApiServer, RefusedError

_POLL_SECONDS = 0.5


@contextlib.contextmanager
def controllers(server: ApiServer, kinds: Collection[tuple[str, str]] = ()) -> Iterator[None]:
    """Do their work until the block ends; of `kinds`, API version and kind, what is deleted waits for nothing else."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(_POLL_SECONDS):
            _count(server)
            _end(server)
            for version, kind in kinds:
                _collect(server, version, kind)

    thread = threading.Thread(target=work, name="controllers")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _count(server: ApiServer) -> None:
    for quota in server.all("v1", "ResourceQuota"):
        hard = quota["spec"].get("hard", {})
        if quota.get("status", {}).get("hard") != hard:
            metadata = {key: quota["metadata"][key] for key in ("name", "namespace")}
            manifest = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata}
            with contextlib.suppress(RefusedError):
                server.set_status(manifest, {"hard": hard, "used": dict.fromkeys(hard, "0")})


def _end(server: ApiServer) -> None:
    for namespace in server.all("v1", "Namespace"):
        if "deletionTimestamp" in namespace["metadata"] and namespace["spec"].get("finalizers"):
            with contextlib.suppress(RefusedError):
                server.let_go(namespace["metadata"]["name"])


def _collect(server: ApiServer, version: str, kind: str) -> None:
    for item in server.all(version, kind):
        if "deletionTimestamp" in item["metadata"] and item["metadata"].get("finalizers"):
            metadata = {key: item["metadata"][key] for key in ("name", "namespace") if key in item["metadata"]}
            with contextlib.suppress(RefusedError):
                server.release({"apiVersion": version, "kind": kind, "metadata": metadata})
