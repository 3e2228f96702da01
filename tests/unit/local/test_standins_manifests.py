"""What stand-ins make of manifests, secret values and kubeconfigs."""

from __future__ import annotations

from typing import Any

import pytest

from local.providers import manifests
from local.providers.kubernetes import Kubernetes
from local.providers.package import Refused, Resource
from local.providers.values import UNKNOWN, Secret, as_secret

SERVICE = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a", "namespace": "default"}}


@pytest.mark.parametrize(
    ("value", "given", "marked"),
    [
        ({"a": 1, "b": 2}, {"a": Secret(1), "b": 2}, {"a": Secret(1), "b": 2}),
        ({"a": {"b": [1, 2, 3]}}, {"a": {"b": [1, Secret(9)]}}, {"a": {"b": [1, Secret(2), 3]}}),
        ({"a": {"b": 1}}, {"a": Secret({"b": 1})}, {"a": Secret({"b": 1})}),
        ({"a": UNKNOWN}, {"a": Secret(UNKNOWN)}, {"a": Secret(UNKNOWN)}),
        ({"made": 1}, {"gone": Secret(1)}, {"made": 1}),
        ({"a": Secret(1)}, {"a": Secret(1)}, {"a": Secret(1)}),
    ],
)
def test_what_was_secret_stays_so(value: Any, given: Any, marked: Any) -> None:
    assert as_secret(value, given) == marked


def test_documents_of_a_manifest() -> None:
    assert manifests.documents("kind: A\n---\n---\nkind: B\n") == [{"kind": "A"}, {"kind": "B"}]
    with pytest.raises(Refused, match="no YAML"):
        manifests.documents("a: [")


@pytest.mark.parametrize(("kind", "balanced"), [("LoadBalancer", True), ("ClusterIP", False), ("NodePort", False)])
def test_only_services_with_a_load_balancer_have_its_address(kind: str, balanced: bool) -> None:
    inputs = {**SERVICE, "spec": {"type": kind, "ports": [{"port": 80}]}}
    _, outputs = Kubernetes().create(Resource("urn:a", "kubernetes:core/v1:Service", "a", inputs, {}))
    hosts = [each["hostname"] for each in outputs.get("status", {}).get("loadBalancer", {}).get("ingress", [])]
    assert [host.endswith(".elb.us-east-1.amazonaws.com") for host in hosts] == [True] * balanced
