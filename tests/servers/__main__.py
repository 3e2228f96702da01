"""`python -m tests.servers`: prepare what the servers need, so that tests find it ready.

With `packages` it stops before what is fetched and built, with `kubernetes` it builds that alone; with `nightly` it
goes on to the provider of Kubernetes, whose build takes longer.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from local.processes import beside, ends_in_order
from tests.iam import simulator
from tests.kubernetes_api.programs import MINOR, etcd, kube_apiserver, kubectl
from tests.kubernetes_api.provider import kubernetes_provider
from tests.servers import caches
from tests.servers.databases import RELEASES, postgres_programs
from tests.servers.packages import install_packages

_KUBERNETES = "kubernetes"


def main(arguments: Sequence[str]) -> int:
    """Prepare what the first argument names, or all that `make test` needs; 1 where that failed, which is told."""
    (part,) = arguments or ("",)
    try:
        if part == _KUBERNETES:
            sys.stdout.write(f"kube-apiserver: {kube_apiserver(MINOR)}\n")
            sys.stdout.write(f"kubectl: {kubectl()}\n")
            return 0
        install_packages()
        simulator.install()
        if part == "packages":
            return 0
        # What keeps the processors busy runs while the network brings the rest.
        with beside([sys.executable, "-m", "tests.servers", _KUBERNETES]) as build:
            _fetch()
            if build.wait():
                return 1
        if part == "nightly":
            sys.stdout.write(f"provider of Kubernetes: {kubernetes_provider()}\n")
    except RuntimeError as problem:
        sys.stderr.write(f"error: {problem}\n")
        return 1
    return 0


def _fetch() -> None:
    for major in RELEASES:
        sys.stdout.write(f"postgres {major}: {postgres_programs(major)}\n")
    for version in caches.RELEASES:
        sys.stdout.write(f"cache {version}: {caches.cache_program(version)}\n")
    sys.stdout.write(f"etcd: {etcd()}\n")


if __name__ == "__main__":
    ends_in_order()
    sys.exit(main(sys.argv[1:]))
