"""`python -m tests.servers`: prepare what the servers need, so that tests find it ready.

With `packages` it stops before the API server, whose first build takes minutes; with `nightly` it goes on to the
provider of Kubernetes, whose build takes longer.
"""

from __future__ import annotations

import sys

from tests.iam import simulator
from tests.kubernetes_api.programs import MINOR, etcd, kube_apiserver, kubectl
from tests.kubernetes_api.provider import kubernetes_provider
from tests.servers import caches
from tests.servers.databases import RELEASES, postgres_programs
from tests.servers.packages import install_packages

if __name__ == "__main__":
    try:
        install_packages()
        simulator.install()
        if sys.argv[1:] != ["packages"]:
            for major in RELEASES:
                sys.stdout.write(f"postgres {major}: {postgres_programs(major)}\n")
            for version in caches.RELEASES:
                sys.stdout.write(f"cache {version}: {caches.cache_program(version)}\n")
            sys.stdout.write(f"etcd: {etcd()}\n")
            sys.stdout.write(f"kube-apiserver: {kube_apiserver(MINOR)}\n")
            sys.stdout.write(f"kubectl: {kubectl()}\n")
        if sys.argv[1:] == ["nightly"]:
            sys.stdout.write(f"provider of Kubernetes: {kubernetes_provider()}\n")
    except RuntimeError as problem:
        sys.exit(f"error: {problem}")
