"""What runs inside the cluster: order, namespaces and their limits, priorities, roles of groups."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from components.cluster.rbac_groups import RbacGroup
from components.workloads.autoscaler import image_tag
from components.workloads.namespaces import APPLICATIONS, NAMESPACES, NamespaceProfile, namespace_labels, quota_of
from components.workloads.priorities import PRIORITIES, TRADING_CRITICAL
from components.workloads.settings import ApplicationNamespace, QuotaSettings
from local.providers.kinds import FIXED
from tests.unit.harness import Registration
from tests.unit.stacks import mistakes, values_of
from tests.unit.workloads import recorded

NAMESPACE = "kubernetes:core/v1:Namespace"
TEAM = {"quota": {"cpuCores": 4, "memoryGib": 8, "storageGib": 10, "pods": 20}}
QUOTA = "kubernetes:core/v1:ResourceQuota"
RELEASE = "kubernetes:helm.sh/v3:Release"
CLUSTER_ROLE = "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole"
CLUSTER_ROLE_BINDING = "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding"
ROLE_BINDING = "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding"


def in_namespace(namespace: str, type_: str, name: str) -> Registration:
    """The object of this kind and name in a namespace."""
    found = [
        resource
        for resource in recorded().of_type(type_)
        if resource.inputs["metadata"]["name"] == name and resource.inputs["metadata"].get("namespace") == namespace
    ]
    assert len(found) == 1
    return found[0]


def rules(role: str) -> dict[tuple[str, str], list[str]]:
    """Verbs by API group and resource."""
    registration = next(r for r in recorded().of_type(CLUSTER_ROLE) if r.inputs["metadata"]["name"] == role)
    verbs: dict[tuple[str, str], list[str]] = {}
    for rule in registration.inputs["rules"]:
        for resource in rule["resources"]:
            verbs.setdefault((rule["apiGroups"][0], resource), []).extend(rule["verbs"])
    return verbs


def test_only_the_component_hangs_below_the_stack() -> None:
    assert recorded().unparented() == ["general", "workloads"]


def test_every_application_namespace_has_a_profile() -> None:
    assert set(APPLICATIONS) == set(get_args(ApplicationNamespace))


def test_namespaces_have_their_own_names() -> None:
    names = {namespace.inputs["metadata"]["name"] for namespace in recorded().of_type(NAMESPACE)}
    assert names == {"trading", "ml", "data", "monitoring", "velero"}


@pytest.mark.parametrize("namespace", sorted(set(NAMESPACES) - {"monitoring"}))
def test_pods_are_restricted(namespace: str) -> None:
    labels = namespace_labels(NAMESPACES[namespace], "1.36")
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    assert labels["pod-security.kubernetes.io/enforce-version"] == "v1.36"


def test_monitoring_keeps_hosts_closed_and_reports_what_is_not_restricted() -> None:
    labels = namespace_labels(NAMESPACES["monitoring"], "1.36")
    assert labels["pod-security.kubernetes.io/enforce"] == "baseline"
    assert labels["pod-security.kubernetes.io/warn"] == "restricted"


def test_pods_behind_load_balancers_wait_for_their_targets() -> None:
    gate = "elbv2.k8s.aws/pod-readiness-gate-inject"
    assert namespace_labels(NamespaceProfile(behind_load_balancers=True), "1.36")[gate] == "enabled"
    assert gate not in namespace_labels(NamespaceProfile(), "1.36")


@pytest.mark.parametrize("namespace", sorted(APPLICATIONS))
def test_a_namespace_has_a_quota_defaults_and_a_disruption_budget(namespace: str) -> None:
    assert in_namespace(namespace, QUOTA, "resources").inputs["spec"]["hard"]["requests.cpu"] == "8"
    limits = in_namespace(namespace, "kubernetes:core/v1:LimitRange", "defaults").inputs["spec"]["limits"][0]
    assert limits == {"type": "Container", "defaultRequest": {"cpu": "100m", "memory": "128Mi"}}
    budget = in_namespace(namespace, "kubernetes:policy/v1:PodDisruptionBudget", "one-at-a-time").inputs["spec"]
    assert budget["maxUnavailable"] == 1
    assert budget["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


def test_a_quota_bounds_requests_and_opens_no_node_port() -> None:
    hard = quota_of(QuotaSettings(cpu_cores=4, memory_gib=8, storage_gib=20, pods=30))
    assert hard == {
        "requests.cpu": "4",
        "requests.memory": "8Gi",
        "requests.storage": "20Gi",
        "pods": "30",
        "services.nodeports": "0",
        "services.loadbalancers": "0",
    }


@pytest.mark.parametrize("namespace", sorted(NAMESPACES))
def test_reserved_priorities_are_free_to_nobody_but_trading(namespace: str) -> None:
    spec = in_namespace(namespace, QUOTA, "reserved-priorities").inputs["spec"]
    assert spec["hard"] == {"pods": "0"}
    reserved = spec["scopeSelector"]["matchExpressions"][0]["values"]
    assert {"system-cluster-critical", "system-node-critical"} <= set(reserved)
    assert (TRADING_CRITICAL in reserved) == (namespace != "trading")


def test_trading_comes_first_and_batch_evicts_nothing() -> None:
    classes = {
        resource.inputs["metadata"]["name"]: resource.inputs
        for resource in recorded().of_type("kubernetes:scheduling.k8s.io/v1:PriorityClass")
    }
    assert set(classes) == set(PRIORITIES)
    by_value = sorted(classes, key=lambda name: classes[name]["value"])
    assert by_value == ["batch", "standard", "trading-critical"]
    assert classes["batch"]["preemptionPolicy"] == "Never"
    assert [name for name, inputs in classes.items() if inputs["globalDefault"]] == ["standard"]


@pytest.mark.parametrize(
    "type_", ["kubernetes:networking.k8s.io/v1:NetworkPolicy", QUOTA, ROLE_BINDING, "kubernetes:core/v1:ServiceAccount"]
)
def test_what_is_in_a_namespace_waits_for_it(type_: str) -> None:
    for resource in recorded().of_type(type_):
        namespace = resource.inputs["metadata"]["namespace"]
        # The cluster brings that of its own parts along.
        if namespace != "kube-system":
            assert f"{NAMESPACE}::workloads-{namespace}" in recorded().depends_on(resource)


def test_releases_wait_for_nodes_and_for_their_role() -> None:
    for release in recorded().of_type(RELEASE):
        waits_for = recorded().depends_on(release)
        assert "aws:eks/nodeGroup:NodeGroup::general" in waits_for
        assert f"aws:iam/rolePolicy:RolePolicy::{release.name}" in waits_for


@pytest.mark.parametrize("namespace", sorted(APPLICATIONS))
def test_load_balancers_are_deleted_with_the_namespace_before_their_controller(namespace: str) -> None:
    waits_for = recorded().depends_on(recorded().one(NAMESPACE, f"workloads-{namespace}"))
    assert f"{RELEASE}::workloads-load-balancers" in waits_for


def test_velero_waits_for_its_namespace() -> None:
    assert f"{NAMESPACE}::workloads-velero" in recorded().depends_on(recorded().one(RELEASE, "workloads-velero"))


def test_administrators_do_everything() -> None:
    binding = recorded().one(CLUSTER_ROLE_BINDING, "workloads-admins").inputs
    assert binding["roleRef"]["name"] == "cluster-admin"
    assert [subject["name"] for subject in binding["subjects"]] == [RbacGroup.ADMINS]


def test_nobody_else_administers_the_cluster() -> None:
    for binding in recorded().of_type(CLUSTER_ROLE_BINDING):
        groups = {subject["name"] for subject in binding.inputs["subjects"]}
        if groups != {RbacGroup.ADMINS}:
            reading = {"view", "trading-platform-cluster-reader", "trading-platform-preview"}
            assert binding.inputs["roleRef"]["name"] in reading


def test_developers_change_workloads_but_read_no_secrets_through_the_api_and_open_no_shell() -> None:
    verbs = rules("trading-platform-developer")
    assert "update" in verbs["apps", "deployments"]
    assert "get" in verbs["", "pods/log"]
    closed = {("", "secrets"), ("", "pods/exec"), ("", "pods/attach"), ("", "pods/ephemeralcontainers")}
    assert not closed & set(verbs)
    assert not {resource for group, resource in verbs if group == "rbac.authorization.k8s.io"}
    for guarded in (("", "resourcequotas"), ("", "limitranges"), ("networking.k8s.io", "networkpolicies")):
        assert set(verbs[guarded]) == {"get", "list", "watch"}


@pytest.mark.parametrize("role", ["developer", "deployer"])
def test_pods_are_restarted_but_neither_made_nor_relabelled_by_hand(role: str) -> None:
    assert set(rules(f"trading-platform-{role}")["", "pods"]) == {"get", "list", "watch", "delete", "deletecollection"}


def test_the_pipeline_deploys_but_cannot_raise_its_own_rights() -> None:
    verbs = rules("trading-platform-deployer")
    assert "create" in verbs["", "secrets"]
    assert "create" in verbs["networking.k8s.io", "networkpolicies"]
    assert not {resource for group, resource in verbs if group == "rbac.authorization.k8s.io"}
    assert set(verbs["", "resourcequotas"]) == {"get", "list", "watch"}
    assert ("", "pods/exec") not in verbs


@pytest.mark.parametrize("role", ["trading-platform-cluster-reader", "trading-platform-preview"])
def test_readers_change_nothing(role: str) -> None:
    for verbs in rules(role).values():
        assert set(verbs) == {"get", "list", "watch"}


def test_previews_read_kinds_that_are_named_and_no_part_of_any() -> None:
    assert not [kind for group, kind in rules("trading-platform-preview") if "*" in group + kind or "/" in kind]
    binding = recorded().one(CLUSTER_ROLE_BINDING, "workloads-preview").inputs
    assert [subject["name"] for subject in binding["subjects"]] == [RbacGroup.PREVIEW]


def test_developers_and_the_pipeline_are_bound_in_application_namespaces_only() -> None:
    bound: dict[str, set[str]] = {}
    for binding in recorded().of_type(ROLE_BINDING):
        group = binding.inputs["subjects"][0]["name"]
        bound.setdefault(group, set()).add(binding.inputs["metadata"]["namespace"])
    assert bound == {
        RbacGroup.DEVELOPERS: set(APPLICATIONS),
        RbacGroup.CI: set(APPLICATIONS),
        RbacGroup.PREVIEW: {"kube-system", "velero"},
    }


@pytest.mark.parametrize(
    ("minor", "tag"), [("1.36", "v1.36.1"), ("1.28", "v1.28.2"), ("1.35", "v1.35.2"), ("1.37", "v1.37.0")]
)
def test_the_autoscaler_is_of_the_clusters_minor(minor: str, tag: str) -> None:
    assert image_tag(minor) == tag


def test_charts_come_pinned_from_their_publishers() -> None:
    pinned: dict[str, Any] = {
        release.inputs["chart"]: (release.inputs["version"], release.inputs["repositoryOpts"]["repo"])
        for release in recorded().of_type(RELEASE)
    }
    assert pinned == {
        "cluster-autoscaler": ("9.59.0", "https://kubernetes.github.io/autoscaler"),
        "aws-load-balancer-controller": ("3.5.0", "https://aws.github.io/eks-charts"),
        "velero": ("12.1.0", "https://vmware-tanzu.github.io/helm-charts"),
    }


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        ("teams", {"risk": TEAM}, None),
        ("teams", {"trading": TEAM}, "teams.trading: is a namespace that the cluster has already; choose another name"),
        ("teams", {"velero": TEAM}, "teams.velero: is a namespace that the cluster has already; choose another name"),
        (
            "teams",
            {"kube-system": TEAM},
            "teams.kube-system: is a namespace that the cluster has already; choose another name",
        ),
        ("admission", {"imageRegistries": ["public.ecr.aws/nginx"]}, None),
        ("admission", {"imageRegistries": ["registry:5000/team"]}, None),
    ],
)
def test_teams_have_namespaces_of_their_own(key: str, value: object, complaint: str | None) -> None:
    values = values_of()
    values["workloads"][key] = value
    assert mistakes(values) == ([f"workloads.{complaint}"] if complaint else [])


@pytest.mark.parametrize("registry", ["https://ghcr.io", "ghcr.io/", "a b", "GHCR.io", '"', "ghcr.io'"])
def test_a_registry_is_what_images_begin_with(registry: str) -> None:
    values = values_of()
    values["workloads"]["admission"] = {"imageRegistries": [registry]}
    (mistake,) = mistakes(values)
    assert mistake.startswith("workloads.admission.imageRegistries[0]: ")


def test_a_service_account_is_in_a_namespace_that_there_is() -> None:
    values = values_of()
    account = {"namespace": "risk", "reads": ["data"]}
    values["workloads"]["serviceAccounts"] = {"scoring": account}
    assert mistakes(values) == [
        'workloads.serviceAccounts.scoring.namespace: "risk" must be "trading", "ml", "data" or "monitoring"'
    ]
    values["workloads"]["teams"] = {"risk": TEAM}
    assert mistakes(values) == []


def test_what_an_api_server_never_changes_makes_a_priority_class_anew() -> None:
    classes = recorded().of_type("kubernetes:scheduling.k8s.io/v1:PriorityClass")
    assert {each.replacing for each in classes} == {frozenset(FIXED["PriorityClass"])}
