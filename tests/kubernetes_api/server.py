"""Starts the API server with an etcd of its own, and talks to it."""

from __future__ import annotations

import contextlib
import http.client
import json
import secrets
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.kubernetes_api.programs import etcd, kube_apiserver
from tests.limits import HANGING_SECONDS
from tests.servers.packages import system_program
from tests.servers.processes import LOOPBACK, folder, free_ports, running, wait_for

Manifest = Mapping[str, Any]


class RefusedError(Exception):
    """The API server's answer to an object that it does not accept."""


@dataclass
class ApiServer:
    """A running API server, and its administrator as a client."""

    port: int
    certificate: Path
    token: str = field(repr=False)
    _kinds: dict[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.certificate))

    def apply(self, manifest: Manifest) -> dict[str, Any]:
        """Apply an object on the server's side, and return it as stored. Unknown fields are refused.

        Raises:
            RefusedError: the server does not accept the object.
        """
        path = f"{self._path(manifest)}/{manifest['metadata']['name']}"
        options = "fieldManager=pulumi&force=true&fieldValidation=Strict"
        return self._accepted("PATCH", f"{path}?{options}", manifest, "application/apply-patch+yaml")

    def create(self, manifest: Manifest, *, group: str | None = None, dry_run: bool = False) -> dict[str, Any]:
        """Create an object, as a member of a group where one is named, and return it as stored.

        A dry run goes through admission, and stores and counts nothing.

        Raises:
            RefusedError: the server does not accept the object.
        """
        options = "fieldValidation=Strict" + ("&dryRun=All" if dry_run else "")
        return self._accepted("POST", f"{self._path(manifest)}?{options}", manifest, group=group)

    def admits(self, manifest: Manifest, *, group: str | None = None) -> bool:
        """Whether an object could be created."""
        try:
            self.create(manifest, group=group, dry_run=True)
        except RefusedError:
            return False
        return True

    def set_status(self, manifest: Manifest, status: Mapping[str, Any]) -> None:
        """Say how an object is, as a controller would.

        Raises:
            RefusedError: there is none, or it has no such status.
        """
        path = f"{self._path(manifest)}/{manifest['metadata']['name']}/status"
        self._accepted("PATCH", path, {"status": status}, "application/merge-patch+json")

    def replace(self, manifest: Manifest, *, group: str | None = None) -> dict[str, Any]:
        """Replace an object, as a member of a group where one is named, and return it as stored.

        Raises:
            RefusedError: the server does not accept the object.
        """
        path = f"{self._path(manifest)}/{manifest['metadata']['name']}"
        return self._accepted("PUT", path, manifest, group=group)

    def get(self, version: str, kind: str, name: str, namespace: str | None = None) -> dict[str, Any]:
        """An object as stored.

        Raises:
            RefusedError: there is none.
        """
        place = {"namespace": namespace} if namespace else {}
        path = self._path({"apiVersion": version, "kind": kind, "metadata": place})
        return self._accepted("GET", f"{path}/{name}")

    def all(self, version: str, kind: str) -> list[dict[str, Any]]:
        """Every object of a kind, in all namespaces."""
        path = self._path({"apiVersion": version, "kind": kind, "metadata": {"namespace": "-"}})
        found: list[dict[str, Any]] = self._accepted("GET", path.replace("/namespaces/-", ""))["items"]
        return found

    def release(self, manifest: Manifest) -> None:
        """Let an object that is being deleted end, whatever it is kept for."""
        path = f"{self._path(manifest)}/{manifest['metadata']['name']}"
        self._accepted("PATCH", path, {"metadata": {"finalizers": None}}, "application/merge-patch+json")

    def let_go(self, namespace: str) -> None:
        """Let a namespace that is being deleted end, as the controller does that has emptied it."""
        manifest = {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": namespace},
            "spec": {"finalizers": []},
        }
        self._accepted("PUT", f"/api/v1/namespaces/{namespace}/finalize", manifest)

    def kubeconfig(self) -> Path:
        """A file with which other clients reach the server as its administrator; it goes with the server's folder."""
        path = self.certificate.with_name("kubeconfig")
        cluster = {"server": f"https://{LOOPBACK}:{self.port}", "certificate-authority": str(self.certificate)}
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "here",
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "administrator"}}],
            "clusters": [{"name": "here", "cluster": cluster}],
            "users": [{"name": "administrator", "user": {"token": self.token}}],
        }
        path.write_text(json.dumps(content), encoding="utf-8")
        path.chmod(0o600)
        return path

    def resources(self) -> list[tuple[str, str, bool]]:
        """API group, resource or subresource, and whether it is namespaced, of everything that the server offers."""
        groups = self._accepted("GET", "/apis")["groups"]
        roots = {"/api/v1": ""} | {
            f"/apis/{version['groupVersion']}": group["name"] for group in groups for version in group["versions"]
        }
        return sorted(
            {
                (group, item["name"], item["namespaced"])
                for root, group in roots.items()
                for item in self._accepted("GET", root)["resources"]
            }
        )

    def may(self, group: str, verb: str, resource: str, *, api_group: str = "", namespace: str | None = None) -> bool:
        """Whether a member of a group may do something, by the roles that the server knows."""
        kind, _, part = resource.partition("/")
        attributes = {"verb": verb, "group": api_group, "resource": kind, "subresource": part, "namespace": namespace}
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {"user": "somebody", "groups": [group], "resourceAttributes": attributes},
        }
        return bool(self.create(review)["status"]["allowed"])

    def ready(self) -> bool:
        """Whether the server takes requests."""
        try:
            return self._request("GET", "/readyz")[0] == http.client.OK
        except (OSError, http.client.HTTPException):
            return False

    def serves(self, version: str) -> bool:
        """Whether objects of an API version can be asked for, such as those of a definition that was just applied."""
        return self._request("GET", f"/apis/{version}")[0] == http.client.OK

    def _path(self, manifest: Manifest) -> str:
        """The collection that an object belongs to."""
        version = manifest["apiVersion"]
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        if version not in self._kinds:
            resources = self._accepted("GET", root)["resources"]
            self._kinds[version] = {item["kind"]: item for item in resources if "/" not in item["name"]}
        kind = self._kinds[version].get(manifest["kind"])
        if kind is None:
            raise RefusedError(f"{version} has no {manifest['kind']}")
        if kind["namespaced"]:
            return f"{root}/namespaces/{manifest['metadata'].get('namespace', 'default')}/{kind['name']}"
        return f"{root}/{kind['name']}"

    def _accepted(
        self,
        method: str,
        path: str,
        body: Manifest | None = None,
        content_type: str = "application/json",
        group: str | None = None,
    ) -> dict[str, Any]:
        status, answer = self._request(method, path, body, content_type, group)
        if status >= http.client.BAD_REQUEST:
            raise RefusedError(json.loads(answer).get("message", answer))
        accepted: dict[str, Any] = json.loads(answer)
        return accepted

    def _request(
        self,
        method: str,
        path: str,
        body: Manifest | None = None,
        content_type: str = "application/json",
        group: str | None = None,
    ) -> tuple[int, str]:
        connection = http.client.HTTPSConnection(LOOPBACK, self.port, timeout=HANGING_SECONDS, context=self._tls)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": content_type}
        if group:
            headers |= {"Impersonate-User": "somebody", "Impersonate-Group": group}
        with contextlib.closing(connection):
            connection.request(method, path, json.dumps(body) if body else None, headers)
            response = connection.getresponse()
            return response.status, response.read().decode()


@contextlib.contextmanager
def api_server(minor: str) -> Iterator[ApiServer]:
    """Run an empty API server of a minor version on ports of its own, and leave nothing behind.

    Raises:
        RuntimeError: a program is missing or does not start; the message says which and why.
    """
    with folder("kube-apiserver-") as home, contextlib.ExitStack() as processes:
        client, peer, port = free_ports(3)
        etcd = processes.enter_context(running("etcd", _etcd(home, client, peer), home))
        token = secrets.token_urlsafe()
        arguments = _apiserver(minor, home, client, port, token)
        kubernetes = processes.enter_context(running("kube-apiserver", arguments, home))
        server = ApiServer(port, home / "apiserver.crt", token)
        wait_for(lambda: server.certificate.exists() and server.ready(), [etcd, kubernetes])
        yield server


def _etcd(home: Path, client: int, peer: int) -> list[str]:
    peers = f"http://{LOOPBACK}:{peer}"
    clients = f"http://{LOOPBACK}:{client}"
    return [
        str(etcd()),
        f"--data-dir={home / 'etcd'}",
        f"--listen-client-urls={clients}",
        f"--advertise-client-urls={clients}",
        f"--listen-peer-urls={peers}",
        f"--initial-advertise-peer-urls={peers}",
        f"--initial-cluster=default={peers}",
    ]


def _apiserver(minor: str, home: Path, etcd: int, port: int, token: str) -> list[str]:
    key = home / "service-accounts.key"
    subprocess.run(
        [system_program("openssl"), "genrsa", "-out", key, "2048"],
        check=True,
        capture_output=True,
        timeout=HANGING_SECONDS,
    )
    tokens = home / "tokens.csv"
    tokens.write_text(f'{token},administrator,administrator,"system:masters"\n', encoding="utf-8")
    return [
        str(kube_apiserver(minor)),
        f"--etcd-servers=http://{LOOPBACK}:{etcd}",
        f"--bind-address={LOOPBACK}",
        f"--secure-port={port}",
        f"--cert-dir={home}",
        f"--service-account-key-file={key}",
        f"--service-account-signing-key-file={key}",
        f"--service-account-issuer=https://{LOOPBACK}",
        f"--token-auth-file={tokens}",
        "--authorization-mode=RBAC",
        # As on EKS: what may be privileged is up to the namespaces' Pod Security levels.
        "--allow-privileged=true",
        "--service-cluster-ip-range=172.20.0.0/16",
    ]
