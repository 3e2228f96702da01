"""Every Kubernetes object of every stack, applied to a real API server of the cluster's version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

import pytest

from components.cluster.rbac_groups import RbacGroup
from tests.engine.deployed import STACKS, deployed
from tests.kubernetes_api.cluster import RESTRICTED, Cluster, cluster_of
from tests.kubernetes_api.objects import NOT_OBJECTS
from tests.kubernetes_api.server import RefusedError

pytestmark = pytest.mark.engine

# What the platform cannot do without. An object of each kind shows that the state was read at all.
KINDS = {
    "ClusterRole",
    "ClusterRoleBinding",
    "LimitRange",
    "Namespace",
    "NetworkPolicy",
    "PodDisruptionBudget",
    "PriorityClass",
    "ResourceQuota",
    "RoleBinding",
    "ServiceAccount",
    "StorageClass",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
}

# Group, whether it may, verb, resource with its API group as kubectl writes it, namespace.
RIGHTS = [
    (RbacGroup.ADMINS, "may", "delete", "nodes"),
    (RbacGroup.DEVELOPERS, "may", "update", "deployments.apps", "trading"),
    (RbacGroup.DEVELOPERS, "may", "get", "pods/log", "ml"),
    (RbacGroup.DEVELOPERS, "may", "list", "nodes"),
    (RbacGroup.DEVELOPERS, "may", "delete", "pods", "trading"),
    (RbacGroup.DEVELOPERS, "may not", "create", "pods", "trading"),
    (RbacGroup.DEVELOPERS, "may not", "patch", "pods", "trading"),
    (RbacGroup.DEVELOPERS, "may not", "get", "secrets", "trading"),
    (RbacGroup.DEVELOPERS, "may not", "create", "pods/exec", "trading"),
    (RbacGroup.DEVELOPERS, "may not", "update", "deployments.apps", "kube-system"),
    (RbacGroup.DEVELOPERS, "may not", "delete", "networkpolicies.networking.k8s.io", "trading"),
    (RbacGroup.READ_ONLY, "may", "list", "nodes"),
    (RbacGroup.READ_ONLY, "may not", "update", "deployments.apps", "trading"),
    (RbacGroup.CI, "may", "create", "secrets", "data"),
    (RbacGroup.CI, "may not", "create", "secrets", "kube-system"),
    (RbacGroup.CI, "may not", "create", "pods", "trading"),
    (RbacGroup.CI, "may not", "create", "rolebindings.rbac.authorization.k8s.io", "trading"),
    (RbacGroup.CI, "may not", "update", "resourcequotas", "trading"),
]


@pytest.fixture(scope="module", params=STACKS)
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    with cluster_of(deployed(request.param)) as running:
        yield running


def test_the_server_admits_every_object(cluster: Cluster) -> None:
    assert cluster.refused == {}


def test_no_kind_is_missing(cluster: Cluster) -> None:
    assert {each.manifest["kind"] for each in cluster.objects} >= KINDS


def test_only_charts_are_left_out(cluster: Cluster) -> None:
    applied = {each.resource.urn for each in cluster.objects}
    left_out = {resource.type for resource in cluster.stack if resource.urn not in applied}
    assert {type_ for type_ in left_out if type_.startswith("kubernetes:")} == set(NOT_OBJECTS)


def test_no_object_is_of_a_kind_that_only_a_chart_defines(cluster: Cluster) -> None:
    groups = {each.manifest["apiVersion"].rpartition("/")[0] for each in cluster.objects}
    assert {group for group in groups if "." in group and not group.endswith(".k8s.io")} == set()


def test_a_restricted_pod_runs_in_trading_with_the_defaults(cluster: Cluster) -> None:
    pod = cluster.pod("trading", "restricted", RESTRICTED)
    assert pod["spec"]["priorityClassName"] == "standard"
    assert pod["spec"]["containers"][0]["resources"]["requests"] == {"cpu": "100m", "memory": "128Mi"}


# What teams write: each of CPU and memory not at all, below and above the defaults, requests and limits apart.
_AMOUNTS = {"cpu": (None, "50m", "1", "4"), "memory": (None, "64Mi", "1Gi", "8Gi")}
_ORDER = {None: 0, "50m": 1, "1": 2, "4": 3, "64Mi": 1, "1Gi": 2, "8Gi": 3}


def _resources() -> Iterator[Mapping[str, Mapping[str, str]]]:
    """Every combination in which no request is above its own limit."""
    for requests, limits in product(product(*_AMOUNTS.values()), repeat=2):
        if all(
            limit is None or _ORDER[request] <= _ORDER[limit] for request, limit in zip(requests, limits, strict=True)
        ):
            pair = {"requests": requests, "limits": limits}
            yield {
                kind: {name: amount for name, amount in zip(_AMOUNTS, amounts, strict=True) if amount}
                for kind, amounts in pair.items()
            }


def test_whatever_resources_a_team_writes_are_admitted(cluster: Cluster) -> None:
    container = RESTRICTED["containers"][0]
    written = list(_resources())
    for number, resources in enumerate(written):
        pod = cluster.pod(
            "trading", f"resources-{number}", {**RESTRICTED, "containers": [{**container, "resources": resources}]}
        )
        admitted = pod["spec"]["containers"][0]["resources"]
        assert admitted["requests"].keys() == {"cpu", "memory"}, resources
        assert admitted.get("limits", {}) == resources["limits"], "no limit that nobody asked for"
    assert len(written) == 169


@pytest.mark.parametrize("namespace", ["trading", "ml", "data", "velero"])
def test_a_pod_that_may_be_root_is_refused(cluster: Cluster, namespace: str) -> None:
    with pytest.raises(RefusedError, match="violates PodSecurity"):
        cluster.pod(namespace, "root", {"containers": [{"name": "main", "image": "example"}]})


def test_a_pod_with_access_to_its_host_is_refused_in_monitoring(cluster: Cluster) -> None:
    with pytest.raises(RefusedError, match="violates PodSecurity"):
        cluster.pod("monitoring", "host", {**RESTRICTED, "hostNetwork": True})


def test_the_pod_of_velero_is_admitted_in_its_namespace(cluster: Cluster) -> None:
    values = cluster.stack.one("kubernetes:helm.sh/v3:Release", "workloads-velero").inputs["values"]
    server = {
        "name": "velero",
        "image": f"velero:{values['image']['tag']}",
        "resources": values["resources"],
        "securityContext": values["containerSecurityContext"],
    }
    spec = {
        "securityContext": values["podSecurityContext"],
        "initContainers": values["initContainers"],
        "containers": [server],
        "volumes": [{"name": "plugins", "emptyDir": {}}],
        "terminationGracePeriodSeconds": values["terminationGracePeriodSeconds"],
    }
    assert cluster.pod("velero", "velero", spec)["spec"]["priorityClassName"] == "standard"


@pytest.mark.parametrize("right", RIGHTS, ids=" ".join)
def test_groups_may_do_what_their_roles_say(cluster: Cluster, right: Sequence[str]) -> None:
    group, expected, verb, resource, *place = right
    name, _, api_group = resource.partition(".")
    allowed = cluster.server.may(group, verb, name, api_group=api_group, namespace=place[0] if place else None)
    assert allowed is (expected == "may")
