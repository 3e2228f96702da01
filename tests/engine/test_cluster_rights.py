"""What each group may do to each resource that a real API server offers, and what its admission policies refuse."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from components.cluster.rbac_groups import RbacGroup
from tests.engine.deployed import deployed
from tests.kubernetes_api.cluster import RESTRICTED, Cluster, cluster_of
from tests.kubernetes_api.server import ApiServer, RefusedError
from tests.servers.processes import wait_for

pytestmark = pytest.mark.engine

READING = {"get", "list", "watch"}
# Those of requests, and those that Kubernetes checks for what would raise one's rights.
VERBS = (*sorted(READING), "create", "update", "patch", "delete", "deletecollection", "bind", "escalate", "impersonate")
# Some resources have no entry in the discovery, or none without an aggregated API.
BESIDE: tuple[tuple[str, str, bool], ...] = (
    *(("", f"nodes/{part}", False) for part in ("configz", "healthz", "log", "metrics", "pods", "proxy", "spec")),
    *(("", kind, False) for kind in ("groups", "users")),
    ("authentication.k8s.io", "userextras/scopes", False),
)
# Ways into containers and around the rights of their caller, from the good practices for RBAC that Kubernetes
# publishes: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
INTO_CONTAINERS = {"pods/attach", "pods/exec", "pods/ephemeralcontainers", "pods/proxy", "services/proxy"}
NODES = {resource for _, resource, _ in BESIDE if resource.startswith("nodes/")}
ESCALATIONS = {
    "bind",
    "escalate",
    "impersonate",
    *(
        f"{verb} {resource}"
        for verb in ("create", "update", "patch")
        for resource in (
            "certificatesigningrequests.certificates.k8s.io/approval",
            "clusterrolebindings.rbac.authorization.k8s.io",
            "clusterroles.rbac.authorization.k8s.io",
            "mutatingwebhookconfigurations.admissionregistration.k8s.io",
            "namespaces",
            "nodes",
            "persistentvolumes",
            "pods",
            "rolebindings.rbac.authorization.k8s.io",
            "roles.rbac.authorization.k8s.io",
            "serviceaccounts/token",
            "validatingadmissionpolicies.admissionregistration.k8s.io",
            "validatingwebhookconfigurations.admissionregistration.k8s.io",
        )
    ),
}
PLACES = ("trading", "velero", "kube-system")


Held = Mapping[RbacGroup, Mapping[str, set[tuple[str, str]]]]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with cluster_of(deployed("production")) as running:
        yield running


def rights(server: ApiServer, group: str) -> Mapping[str, set[tuple[str, str]]]:
    """What the server lets a group do: by place, verb and resource. The empty place is the whole cluster."""
    offered = [*server.resources(), *BESIDE]
    return {
        place: {
            (verb, resource if not api_group else f"{resource.partition('/')[0]}.{api_group}" + _part(resource))
            for api_group, resource, namespaced in offered
            if namespaced or not place
            for verb in VERBS
            if server.may(group, verb, resource, api_group=api_group, namespace=place or None)
        }
        for place in ("", *PLACES)
    }


@pytest.fixture(scope="module")
def held(cluster: Cluster) -> Held:
    return {group: rights(cluster.server, group) for group in RbacGroup}


def _part(resource: str) -> str:
    return "".join(resource.partition("/")[1:])


def resources(held: set[tuple[str, str]]) -> set[str]:
    return {resource for _, resource in held}


OTHERS = [group for group in RbacGroup if group is not RbacGroup.ADMINS]


@pytest.mark.parametrize("group", OTHERS)
def test_nobody_but_administrators_enters_containers_or_raises_rights(held: Held, group: RbacGroup) -> None:
    for place, found in held[group].items():
        assert not resources(found) & (INTO_CONTAINERS | NODES), place
        assert not {verb for verb, _ in found} & ESCALATIONS, place
        assert not {f"{verb} {resource}" for verb, resource in found} & ESCALATIONS, place


@pytest.mark.parametrize("group", [RbacGroup.READ_ONLY, RbacGroup.PREVIEW])
def test_readers_only_read(held: Held, group: RbacGroup) -> None:
    for place, found in held[group].items():
        assert {verb for verb, _ in found} <= READING, place
        assert "pods/portforward" not in resources(found), place


def test_previews_read_what_the_program_makes_and_the_records_of_charts_alone(cluster: Cluster, held: Held) -> None:
    found = held[RbacGroup.PREVIEW]
    made = {each.manifest["kind"].lower() for each in cluster.objects}
    read = {resource.partition(".")[0] for resource in resources(found[""])}
    missing = {kind for kind in made if not {f"{kind}s", f"{kind}es", f"{kind[:-1]}ies"} & read}
    assert missing == set()
    assert not {resource for resource in resources(found[""]) if "/" in resource or resource in ("pods", "secrets")}
    with_secrets = {place for place in PLACES if "secrets" in resources(found[place])}
    charts = cluster.stack.of_type("kubernetes:helm.sh/v3:Release")
    assert with_secrets == {chart.inputs["namespace"] for chart in charts} == {"kube-system", "velero"}


@pytest.mark.parametrize("group", [RbacGroup.READ_ONLY, RbacGroup.DEVELOPERS])
def test_people_read_no_secrets(held: Held, group: RbacGroup) -> None:
    for place, found in held[group].items():
        assert "secrets" not in resources(found), place


@pytest.mark.parametrize("group", [RbacGroup.DEVELOPERS, RbacGroup.CI])
def test_who_deploys_changes_nothing_outside_of_the_applications_namespaces(held: Held, group: RbacGroup) -> None:
    for place in ("", "velero", "kube-system"):
        assert {verb for verb, _ in held[group][place]} <= READING, place
    assert ("update", "deployments.apps") in held[group]["trading"]


def test_administrators_may_do_everything(cluster: Cluster, held: Held) -> None:
    offered = {*cluster.server.resources(), *BESIDE}
    assert len(held[RbacGroup.ADMINS][""]) == len(offered) * len(VERBS)
    assert len(offered) >= 120, "most resources of the server were not tried"


def starters(account: str | None, name: str) -> Iterator[dict[str, Any]]:
    """Each kind that starts pods, under a service account."""
    pod = copy.deepcopy(dict(RESTRICTED))
    if account is not None:
        pod["serviceAccountName"] = account
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": pod}
    set_of = {"selector": {"matchLabels": labels}, "template": template}
    once = {"metadata": {"labels": labels}, "spec": {**pod, "restartPolicy": "Never"}}
    specs = {
        "apps/v1 Deployment": set_of,
        "apps/v1 DaemonSet": set_of,
        "apps/v1 StatefulSet": {**set_of, "serviceName": name},
        "batch/v1 Job": {"template": once},
        "batch/v1 CronJob": {"schedule": "0 0 * * *", "jobTemplate": {"spec": {"template": once}}},
    }
    for kind, spec in specs.items():
        version, _, of = kind.partition(" ")
        metadata = {"name": name, "namespace": "monitoring"}
        yield {"apiVersion": version, "kind": of, "metadata": metadata, "spec": spec}


DEPLOYING = [RbacGroup.DEVELOPERS, RbacGroup.CI]


@pytest.mark.parametrize("group", DEPLOYING)
def test_nobody_deploys_under_the_account_of_an_operator(cluster: Cluster, group: RbacGroup) -> None:
    for manifest in starters("operator", f"by-{group.name.lower().replace('_', '-')}"):
        with pytest.raises(RefusedError, match="has not let you use the service account operator"):
            cluster.server.create(manifest, group=group)
        if manifest["kind"] == "Job":
            continue  # what it starts cannot be changed
        cluster.server.create(manifest)
        with pytest.raises(RefusedError, match="has not let you use the service account operator"):
            cluster.server.replace(manifest, group=group)


@pytest.mark.parametrize("group", DEPLOYING)
def test_under_the_default_account_and_elsewhere_everybody_deploys(cluster: Cluster, group: RbacGroup) -> None:
    for manifest in starters(None, f"default-{group.name.lower()}"):
        cluster.server.create(manifest, group=group)
    for manifest in starters("anybody", f"elsewhere-{group.name.lower()}"):
        manifest["metadata"]["namespace"] = "trading"
        cluster.server.create(manifest, group=group)


def test_an_administrator_lets_a_group_use_another_account(cluster: Cluster) -> None:
    place = {"name": "use-grafana", "namespace": "monitoring"}
    rbac = "rbac.authorization.k8s.io"
    rule = {"apiGroups": [""], "resources": ["serviceaccounts"], "resourceNames": ["grafana"], "verbs": ["use"]}
    cluster.server.create({"apiVersion": f"{rbac}/v1", "kind": "Role", "metadata": place, "rules": [rule]})
    cluster.server.create(
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "RoleBinding",
            "metadata": place,
            "roleRef": {"apiGroup": rbac, "kind": "Role", "name": "use-grafana"},
            "subjects": [{"apiGroup": rbac, "kind": "Group", "name": RbacGroup.CI.value}],
        }
    )
    manifests = list(starters("grafana", "grafana"))
    wait_for(lambda: cluster.server.admits(manifests[0], group=RbacGroup.CI))
    for manifest in manifests:
        with pytest.raises(RefusedError, match="has not let you use"):
            cluster.server.create(manifest, group=RbacGroup.DEVELOPERS)
        cluster.server.create(manifest, group=RbacGroup.CI)


@pytest.mark.parametrize("group", [*DEPLOYING, RbacGroup.ADMINS])
@pytest.mark.parametrize("namespace", ["trading", "kube-system"])
def test_no_service_claims_addresses_of_others(cluster: Cluster, group: RbacGroup, namespace: str) -> None:
    if group is not RbacGroup.ADMINS and namespace == "kube-system":
        namespace = "data"
    metadata = {"name": f"claims-{group.name.lower().replace('_', '-')}", "namespace": namespace}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": [{"port": 443}]}}
    claim = copy.deepcopy(service)
    claim["spec"]["externalIPs"] = ["10.0.0.1"]  # type: ignore[index]
    with pytest.raises(RefusedError, match="externalIPs would take over traffic"):
        cluster.server.create(claim, group=group)
    cluster.server.create(service, group=group)
    with pytest.raises(RefusedError, match="externalIPs would take over traffic"):
        cluster.server.replace(claim, group=group)


def test_the_pipeline_makes_secrets_but_no_lasting_token(cluster: Cluster) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "one", "namespace": "monitoring"}}
    cluster.server.create(secret, group=RbacGroup.CI)
    account = {"kubernetes.io/service-account.name": "default"}
    token = {
        **secret,
        "metadata": {"name": "token", "namespace": "monitoring", "annotations": account},
        "type": "kubernetes.io/service-account-token",
    }
    with pytest.raises(RefusedError, match="a lasting token would be the account"):
        cluster.server.create(token, group=RbacGroup.CI)
