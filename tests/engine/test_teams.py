"""Namespaces of teams and rules at admission: a stack with both on the engine, its objects on a real API server."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from components.cluster import RbacGroup
from tests.engine.conftest import copy_checkout
from tests.engine.deployed import ROOT, deploy, view
from tests.kubernetes_api.cluster import Cluster, cluster_of
from tests.kubernetes_api.server import ApiServer, RefusedError

pytestmark = pytest.mark.engine

REGISTRY = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
PAGE = (ROOT / "docs" / "applications.md").read_text(encoding="utf-8")
QUOTA = {"cpuCores": 8, "memoryGib": 16, "storageGib": 50, "pods": 40}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    checkout = copy_checkout(tmp_path_factory.mktemp("teams"))
    path = checkout.path / "Pulumi.development.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    team = {"quota": QUOTA, "usesDataStores": True, "behindLoadBalancers": True, "hourlyBackups": True}
    content["config"]["trading-platform:cluster"]["volumeSnapshots"] = True
    # Teams may go on with the controller's class while they move to one that enforces what it says.
    content["config"]["trading-platform:address"] = {
        "domain": "trading.example.com",
        "classes": {"public": {"namespaces": ["trading"]}},
        "keepControllerClass": True,
    }
    content["config"]["trading-platform:workloads"] |= {
        "teams": {"risk": team},
        "admission": {
            "imageRegistries": [REGISTRY],
            "operatorServiceAccounts": ["prometheus-operator"],
            "ingressClasses": ["alb", "public"],
        },
    }
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    with cluster_of(view(deploy(checkout.path, "development"))) as running:
        assert running.refused == {}
        yield running


@pytest.fixture(scope="module")
def server(cluster: Cluster) -> ApiServer:
    return cluster.server


def service(name: str, namespace: str = "trading", **spec: Any) -> dict[str, Any]:
    ports = {"selector": {"app": "x"}, "ports": [{"port": 80}]}
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {**ports, **spec}}


def pod_spec(**changes: Any) -> dict[str, Any]:
    container = {
        "name": "main",
        "image": f"{REGISTRY}/orders:1",
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    spec: dict[str, Any] = {
        "securityContext": {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container | changes.pop("container", {})],
    }
    return spec | changes


def workload(kind: str, name: str, namespace: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    """A workload of a kind around the same pods."""
    template = {"metadata": {"labels": {"app": name}}, "spec": dict(spec)}
    selected = {"selector": {"matchLabels": {"app": name}}, "template": template}
    once = {"template": {**template, "spec": {**spec, "restartPolicy": "Never"}}}
    versions = {"CronJob": "batch/v1", "Job": "batch/v1", "Pod": "v1"}
    specs: Mapping[str, Mapping[str, Any]] = {
        "Pod": spec,
        "Deployment": selected,
        "DaemonSet": selected,
        "StatefulSet": {**selected, "serviceName": name},
        "Job": once,
        "CronJob": {"schedule": "0 0 * * *", "jobTemplate": {"spec": once}},
    }
    metadata = {"name": name, "namespace": namespace, "labels": {"app": name}}
    return {"apiVersion": versions.get(kind, "apps/v1"), "kind": kind, "metadata": metadata, "spec": specs[kind]}


KINDS = ("Deployment", "DaemonSet", "StatefulSet", "Job", "CronJob")
# What the pods of a workload may want, and the rule that refuses it.
WANTED: Mapping[str, tuple[dict[str, Any], str | None]] = {
    "ordinary": (pod_spec(), None),
    "foreign-image": (pod_spec(container={"image": "docker.io/library/nginx:1"}), "known-registries"),
    "unnamed-registry": (pod_spec(container={"image": "nginx"}), "known-registries"),
    "lookalike": (pod_spec(container={"image": f"{REGISTRY}.evil.example/x:1"}), "known-registries"),
    "foreign-init": (pod_spec(initContainers=[{"name": "init", "image": "busybox"}]), "known-registries"),
    "host-network": (pod_spec(hostNetwork=True), "no-host-access"),
    "host-pid": (pod_spec(hostPID=True), "no-host-access"),
    "host-ipc": (pod_spec(hostIPC=True), "no-host-access"),
    "host-path": (pod_spec(volumes=[{"name": "root", "hostPath": {"path": "/"}}]), "no-host-access"),
    "host-port": (pod_spec(container={"ports": [{"containerPort": 80, "hostPort": 80}]}), "no-host-access"),
    "privileged": (pod_spec(container={"securityContext": {"privileged": True}}), "no-host-access"),
    "operator": (pod_spec(serviceAccountName="prometheus-operator"), "no-operator-accounts"),
    "operator-old": (pod_spec(serviceAccount="prometheus-operator"), "no-operator-accounts"),
    "foreign-volume": (
        pod_spec(volumes=[{"name": "data", "image": {"reference": "docker.io/library/x:1"}}]),
        "known-registries",
    ),
}


@pytest.mark.parametrize("group", [RbacGroup.DEVELOPERS, RbacGroup.CI])
@pytest.mark.parametrize("kind", KINDS)
def test_workloads_are_refused_for_what_their_pods_want(server: ApiServer, kind: str, group: str) -> None:
    for namespace in ("trading", "risk"):
        for wanted, (spec, reason) in WANTED.items():
            name = f"{wanted}-{kind}-{group}".lower().replace(":", "-").replace("_", "-")
            manifest = workload(kind, name, namespace, spec)
            if reason is None:
                server.create(manifest, group=group)
                continue
            with pytest.raises(RefusedError, match=f"ValidatingAdmissionPolicy 'trading-platform-{reason}'"):
                server.create(manifest, group=group)


def test_administrators_may_run_operators_but_not_on_hosts(server: ApiServer) -> None:
    server.create(workload("Deployment", "operator", "monitoring", WANTED["operator"][0]), group=RbacGroup.ADMINS)
    with pytest.raises(RefusedError, match="no-host-access"):
        server.create(workload("Deployment", "host", "monitoring", WANTED["host-path"][0]), group=RbacGroup.ADMINS)


@pytest.mark.parametrize("namespace", ["trading", "risk"])
def test_services_take_over_no_addresses(server: ApiServer, namespace: str) -> None:
    server.create(service("inside", namespace), group=RbacGroup.DEVELOPERS)
    with pytest.raises(RefusedError, match="externalIPs would take over"):
        server.create(service("outside", namespace, externalIPs=["8.8.8.8"]), group=RbacGroup.DEVELOPERS)


def test_what_lies_outside_of_the_applications_is_left_alone(server: ApiServer) -> None:
    spec = pod_spec(container={"image": "registry.k8s.io/x:1"}, hostNetwork=True)
    server.create(workload("DaemonSet", "agent", "kube-system", spec), group=RbacGroup.ADMINS)


def test_a_team_has_what_the_other_namespaces_have(server: ApiServer) -> None:
    assert server.may(RbacGroup.DEVELOPERS, "create", "deployments", api_group="apps", namespace="risk")
    assert not server.may(RbacGroup.DEVELOPERS, "get", "secrets", namespace="risk")
    assert server.may(RbacGroup.CI, "create", "secrets", namespace="risk")
    root = workload("Pod", "root", "risk", {"containers": [{"name": "main", "image": f"{REGISTRY}/x:1"}]})
    with pytest.raises(RefusedError, match="violates PodSecurity"):
        server.create(root)


# Every annotation that the controller documents (docs/guide/ingress/annotations.md). Own ones may also stand at a
# Service, and so are about the pods behind, or are about the rules of the ingress itself.
OWN_ANNOTATIONS = """
    actions.x auth-idp-cognito auth-idp-oidc auth-on-unauthenticated-request auth-scope auth-session-cookie
    auth-session-timeout auth-type backend-protocol backend-protocol-version conditions.x healthcheck-interval-seconds
    healthcheck-path healthcheck-port healthcheck-protocol healthcheck-timeout-seconds healthy-threshold-count
    jwt-validation success-codes target-control-port.x.80 target-group-attributes target-type transforms.x
    unhealthy-threshold-count use-regex-path-match
""".split()  # noqa: SIM905 - a list to read
SHARED_ANNOTATIONS = """
    certificate-arn customer-owned-ipv4-pool enable-frontend-nlb frontend-nlb-attributes frontend-nlb-eip-allocations
    frontend-nlb-healthcheck-path frontend-nlb-listener-port-mapping frontend-nlb-scheme frontend-nlb-security-groups
    frontend-nlb-subnets frontend-nlb-tags group.name group.order inbound-cidrs ip-address-type ipam-ipv4-pool-id
    listen-ports listener-attributes.HTTP-80 load-balancer-attributes load-balancer-name
    manage-backend-security-group-rules minimum-load-balancer-capacity multi-cluster-target-group mutual-authentication
    scheme security-group-prefix-lists security-groups shield-advanced-protection ssl-policy ssl-redirect subnets tags
    waf-acl-id wafv2-acl-arn wafv2-acl-name an-annotation-of-tomorrow
""".split()  # noqa: SIM905 - a list to read


def ingress(name: str, annotations: Mapping[str, str] | None = None, class_name: str | None = "alb") -> dict[str, Any]:
    backend = {"service": {"name": "orders", "port": {"number": 80}}}
    paths = [{"path": "/", "pathType": "Prefix", "backend": backend}]
    spec = {"rules": [{"http": {"paths": paths}}], **({"ingressClassName": class_name} if class_name else {})}
    found = {f"alb.ingress.kubernetes.io/{key}": value for key, value in (annotations or {}).items()}
    metadata = {"name": name.lower(), "namespace": "risk", "annotations": found}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec}


@pytest.mark.parametrize("group", [RbacGroup.DEVELOPERS, RbacGroup.CI, RbacGroup.ADMINS])
def test_ingresses_say_nothing_about_what_their_class_decides(server: ApiServer, group: str) -> None:
    suffix = group.rpartition("-")[2]
    for annotation in OWN_ANNOTATIONS:
        server.create(ingress(f"own-{annotation}-{suffix}", {annotation: "x"}), group=group)
    for annotation in SHARED_ANNOTATIONS:
        with pytest.raises(RefusedError, match="load balancer, listeners and groups are up to the class"):
            server.create(ingress(f"shared-{annotation}-{suffix}", {annotation: "x"}), group=group)
    for class_name in ("nginx", "alb-open", None):
        with pytest.raises(RefusedError, match="ingressClassName is one of alb"):
            server.create(ingress(f"class-{class_name}-{suffix}", class_name=class_name), group=group)
    old = server.create(ingress(f"old-{suffix}"), group=group)
    old["metadata"]["annotations"] = {"kubernetes.io/ingress.class": "alb"}
    with pytest.raises(RefusedError, match="by ingressClassName alone"):
        server.replace(old, group=group)
    for field in ("targetGroupARN", "TargetGroupName", "targetGroupArn"):
        action = {"actions.x": json.dumps({"type": "forward", field: "of-another-team"})}
        with pytest.raises(RefusedError, match="actions lead to services of the namespace"):
            server.create(ingress(f"action-{field}-{suffix}", action), group=group)


def test_a_change_cannot_take_back_what_the_class_decides(server: ApiServer) -> None:
    server.create(ingress("changed"), group=RbacGroup.DEVELOPERS)
    with pytest.raises(RefusedError, match="up to the class"):
        server.replace(ingress("changed", {"scheme": "internet-facing"}), group=RbacGroup.DEVELOPERS)


SNAPSHOTS = "snapshot.storage.k8s.io"


def test_snapshots_are_the_teams_and_what_stands_behind_them_is_not(server: ApiServer) -> None:
    for group in (RbacGroup.DEVELOPERS, RbacGroup.CI):
        for verb in ("create", "delete", "get"):
            assert server.may(group, verb, "volumesnapshots", api_group=SNAPSHOTS, namespace="risk"), (group, verb)
        assert server.may(group, "list", "volumesnapshotclasses", api_group=SNAPSHOTS)
        for kind in ("volumesnapshotcontents", "volumesnapshotclasses"):
            assert not server.may(group, "create", kind, api_group=SNAPSHOTS)
        assert not server.may(group, "create", "volumesnapshots", api_group=SNAPSHOTS, namespace="kube-system")
    assert server.may(RbacGroup.READ_ONLY, "list", "volumesnapshots", api_group=SNAPSHOTS, namespace="risk")
    assert not server.may(RbacGroup.READ_ONLY, "create", "volumesnapshots", api_group=SNAPSHOTS, namespace="risk")


def test_a_team_that_asks_for_it_is_backed_up_every_hour(cluster: Cluster) -> None:
    schedules = cluster.stack.one("kubernetes:helm.sh/v3:Release", "workloads-velero").inputs["values"]["schedules"]
    assert schedules["hourly"]["template"]["includedNamespaces"] == ["trading", "data", "risk"]
    assert schedules["daily"]["template"]["includedNamespaces"] == ["*"]


def manifests() -> list[dict[str, Any]]:
    """Every object of the page for application teams."""
    blocks = [block.partition("```")[0] for block in PAGE.split("```yaml\n")[1:]]
    return [manifest for block in blocks for manifest in yaml.safe_load_all(block)]


def test_developers_can_apply_what_the_page_shows(server: ApiServer) -> None:
    shown = manifests()
    kinds = {manifest["kind"] for manifest in shown}
    assert kinds >= {"Deployment", "Service", "Ingress", "CronJob", "PersistentVolumeClaim", "VolumeSnapshot"}
    for manifest in shown:
        server.create(copy.deepcopy(manifest), group=RbacGroup.DEVELOPERS)
        spec = manifest["spec"]
        template = spec.get("template") or spec.get("jobTemplate", {}).get("spec", {}).get("template")
        if template:
            namespace = manifest["metadata"]["namespace"]
            server.create(workload("Pod", f"{manifest['metadata']['name']}-pod", namespace, template["spec"]))


def test_the_page_has_an_application_that_answers_by_https_below_the_domain(cluster: Cluster) -> None:
    """The ingress of the page, the class that it names, and whether load balancer and record follow from both."""
    ingresses = [each for each in manifests() if each["kind"] == "Ingress"]
    (shown,) = [each for each in ingresses if each["spec"]["ingressClassName"] == "public"]
    stored = cluster.server.get("networking.k8s.io/v1", "IngressClass", "public")
    behind = stored["spec"]["parameters"]
    class_ = cluster.server.get("elbv2.k8s.aws/v1beta1", behind["kind"], behind["name"])["spec"]
    (host,) = [rule["host"] for rule in shown["spec"]["rules"]]
    certificate = cluster.stack.one("aws:acm/certificate:Certificate")
    # A wildcard stands for one label (RFC 6125, section 6.4.3).
    covered = {certificate["domainName"], *certificate["subjectAlternativeNames"]}
    assert {host, f"*.{host.partition('.')[2]}"} & covered
    assert class_["certificateArn"] == [certificate["arn"]]
    assert class_["sslRedirectPort"] == "443"
    (selected,) = class_["namespaceSelector"]["matchExpressions"]
    assert (selected["key"], selected["values"]) == ("kubernetes.io/metadata.name", ["trading"])
    assert shown["metadata"]["namespace"] in selected["values"]
    values = cluster.stack.one("kubernetes:helm.sh/v3:Release", "workloads-external-dns").inputs["values"]
    assert "public" in values["extraArgs"]["ingress-class"]
    assert any(host.endswith(f".{domain}") for domain in values["domainFilters"])
    (service,) = [each for each in manifests() if each["kind"] == "Service"]
    (path,) = shown["spec"]["rules"][0]["http"]["paths"]
    assert path["backend"]["service"]["name"] == service["metadata"]["name"]
    # Pods behind it are those with the label that the closed namespace opens for the public subnets.
    assert "trading-platform/load-balancer: internet-facing" in PAGE


def test_what_a_class_may_say_is_what_the_controller_knows(cluster: Cluster) -> None:
    known = cluster.server.get("elbv2.k8s.aws/v1beta1", "IngressClassParams", "public")
    wrong = {
        "apiVersion": "elbv2.k8s.aws/v1beta1",
        "kind": "IngressClassParams",
        "metadata": {"name": "wrong"},
        "spec": {**known["spec"], "webAclArn": known["spec"]["wafv2AclArn"]},
    }
    with pytest.raises(RefusedError, match="webAclArn"):
        cluster.server.create(wrong)
