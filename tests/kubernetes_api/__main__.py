"""`python -m tests.kubernetes_api`: prepare what the API server needs, so that tests find it ready."""

from __future__ import annotations

import sys

from tests.kubernetes_api.programs import install_packages, kube_apiserver

MINOR = "1.36"

if __name__ == "__main__":
    try:
        install_packages()
        sys.stdout.write(f"kube-apiserver: {kube_apiserver(MINOR)}\n")
    except RuntimeError as problem:
        sys.exit(f"error: {problem}")
