"""The charts as their publishers made them, with the values of the stacks, installed by Helm on a real API server.

A chart that is not in the cache is skipped by its name; `make charts` fetches all.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter, ValidationError

from components.common.images import DIGESTS
from components.common.settings import TagValue
from components.workloads import CHARTS
from tests.engine.conftest import copy_checkout
from tests.engine.deployed import ROOT, Resource, deploy, deployed, view
from tests.kubernetes_api.charts import archive, containers, documents, install, run_helm
from tests.kubernetes_api.cluster import Cluster, cluster_of
from tests.kubernetes_api.programs import helm
from tests.limits import HANGING_SECONDS

pytestmark = pytest.mark.engine

RELEASE = "kubernetes:helm.sh/v3:Release"
ASSOCIATION = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
OWNER = "Risk @ 10:30 = a/b_c-d.e+f"
NAMES = [chart.name for chart in CHARTS]


def fetched(name: str) -> Path:
    """The archive of a chart; the test is skipped where there is none."""
    chart = next(chart for chart in CHARTS if chart.name == name)
    path = archive(chart.name, chart.version)
    if not path.exists():
        pytest.skip(f"the chart {chart.name} {chart.version} is not in the cache; `make charts` fetches it")
    return path


@dataclass(frozen=True)
class Charts:
    """A cluster, and the releases of its stack."""

    cluster: Cluster
    installed: dict[str, list[dict[str, Any]]]

    def release(self, name: str) -> Resource:
        if not (found := [each for each in self.cluster.stack.of_type(RELEASE) if each.inputs["chart"] == name]):
            pytest.skip(f"the stack does not install {name}")
        return found[0]

    def objects(self, name: str) -> list[dict[str, Any]]:
        """What a chart puts into the cluster, which has it from the first time on that a test asks."""
        fetched(name)
        if name not in self.installed:
            self.installed[name] = install(self.release(name), self.cluster.server.kubeconfig())
        return self.installed[name]


@contextlib.contextmanager
def everything(folder: Path) -> Iterator[Cluster]:
    """Development with whatever changes the values of a chart."""
    checkout = copy_checkout(folder)
    path = checkout.path / "Pulumi.development.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    config = content["config"]
    quota = {"cpuCores": 8, "memoryGib": 16, "storageGib": 50, "pods": 40}
    config["trading-platform:owner"] = OWNER
    config["trading-platform:cluster"] |= {"workloadIdentity": "POD_IDENTITY", "volumeSnapshots": True}
    # Names that YAML reads as something else where they stand without quotes.
    names = ("risk", "null", "true", "no")
    config["trading-platform:workloads"]["teams"] = {name: {"quota": quota, "hourlyBackups": True} for name in names}
    config["trading-platform:address"] = {"domain": "trading.example.com"}
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    with cluster_of(view(deploy(checkout.path, "development"))) as cluster:
        yield cluster


@pytest.fixture(scope="module", params=["production", "everything"])
def charts(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Charts]:
    if not any(archive(chart.name, chart.version).exists() for chart in CHARTS):
        pytest.skip(f"the charts {', '.join(NAMES)} are not in the cache; `make charts` fetches them")
    made = everything(tmp_path_factory.mktemp("charts")) if request.param == "everything" else None
    with made or cluster_of(deployed(request.param)) as cluster:
        yield Charts(cluster, {})


def test_a_stack_installs_all_charts_but_that_of_a_domain_it_does_not_have(charts: Charts) -> None:
    found = {each.inputs["chart"] for each in charts.cluster.stack.of_type(RELEASE)}
    assert found == set(NAMES) - (set() if "address" in charts.cluster.stack.outputs else {"external-dns"})


@pytest.mark.parametrize("name", NAMES)
def test_the_server_admits_the_objects_of_a_chart_and_its_pods(charts: Charts, name: str) -> None:
    objects, server = charts.objects(name), charts.cluster.server
    namespace = charts.release(name).inputs["namespace"]
    for each in objects:
        metadata = each["metadata"]
        assert server.get(each["apiVersion"], each["kind"], metadata["name"], metadata.get("namespace", namespace))
    pods = [each for each in objects if each["kind"] in ("Deployment", "DaemonSet", "Job")]
    assert pods, "a chart without a workload was not rendered"
    for each in pods:
        template = each["spec"]["template"]
        metadata = {"name": f"of-{each['metadata']['name']}", "namespace": namespace, **template["metadata"]}
        metadata.pop("creationTimestamp", None)
        server.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]})


@pytest.mark.parametrize("name", NAMES)
def test_a_chart_has_the_account_that_its_role_trusts(charts: Charts, name: str) -> None:
    objects, release = charts.objects(name), charts.release(name)
    (account,) = {
        each["spec"]["template"]["spec"]["serviceAccountName"] for each in objects if each["kind"] == "Deployment"
    }
    (made,) = [each for each in objects if each["kind"] == "ServiceAccount" and each["metadata"]["name"] == account]
    role = charts.cluster.stack.one("aws:iam/role:Role", release.name)
    assert role.inputs["description"].endswith(f" {release.inputs['namespace']}/{account}")
    associated = {each.inputs["serviceAccount"] for each in charts.cluster.stack.of_type(ASSOCIATION)}
    annotation = (made["metadata"].get("annotations") or {}).get("eks.amazonaws.com/role-arn")
    assert (annotation, account in associated) in ((role["arn"], False), (None, True))


@pytest.mark.parametrize("name", NAMES)
def test_every_image_is_that_of_the_values(charts: Charts, name: str) -> None:
    """A chart that ignores the setting would fall back to the images of its own release."""
    values = charts.release(name).inputs["values"]
    wanted = {each["image"] for each in values.get("initContainers", [])}
    for container in containers(charts.objects(name)):
        image = container["image"]
        assert image in wanted or image.endswith(f":{values['image']['tag']}"), image
        tagged, _, digest = image.partition("@")
        assert DIGESTS[tagged] == (digest or None), "an image that is not listed, or not pulled by its digest"


@pytest.mark.parametrize("name", NAMES)
def test_containers_are_closed_and_bounded(charts: Charts, name: str) -> None:
    for container in containers(charts.objects(name)):
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert {"cpu", "memory"} == container["resources"]["requests"].keys() == container["resources"]["limits"].keys()


def arguments(objects: list[dict[str, Any]]) -> dict[str, str]:
    """The arguments of a controller by name."""
    (container,) = containers(objects)
    words = [*container.get("command", []), *container.get("args", [])]
    assert all(isinstance(word, str) for word in words), "an argument that is no text breaks the release"
    return dict(word.removeprefix("--").partition("=")[::2] for word in words)


def test_the_load_balancer_controller_is_told_where_it_is_and_whose(charts: Charts) -> None:
    found = arguments(charts.objects("aws-load-balancer-controller"))
    outputs = charts.cluster.stack.outputs
    assert found["cluster-name"] == outputs["clusterName"]
    assert found["aws-region"] == "us-east-1"
    assert found["aws-vpc-id"] == outputs["vpcId"]
    tags = tags_of(found["default-tags"])
    assert {"Environment", "Owner", "CostCenter", "Project", "ManagedBy"} == tags.keys()
    vpc = next(each for each in charts.cluster.stack.of_type("aws:ec2/vpc:Vpc") if each.id == outputs["vpcId"])
    assert tags.items() <= vpc["tagsAll"].items()


def tags_of(argument: str) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in argument.split(","))


def test_the_autoscaler_lets_idle_nodes_go_and_finds_its_groups(charts: Charts) -> None:
    found = arguments(charts.objects("cluster-autoscaler"))
    assert found["skip-nodes-with-local-storage"] == "false"
    assert found["skip-nodes-with-system-pods"] == "false"
    assert found["skip-nodes-with-custom-controller-pods"] == "false"
    assert found["node-group-auto-discovery"].endswith(f"/{charts.cluster.stack.outputs['clusterName']}")


def test_velero_backs_up_to_the_stacks_bucket_every_day_and_every_hour(charts: Charts) -> None:
    objects = charts.objects("velero")
    (location,) = [each for each in objects if each["kind"] == "BackupStorageLocation"]
    assert location["spec"]["objectStorage"]["bucket"] == charts.cluster.stack.outputs["bucketNames"]["backups"]
    schedules = {each["metadata"]["name"]: each["spec"] for each in objects if each["kind"] == "Schedule"}
    places = {name: set(spec["template"]["includedNamespaces"]) for name, spec in schedules.items()}
    assert {"*"} in places.values()
    created = {each["metadata"]["name"] for each in charts.cluster.stack.of_type("kubernetes:core/v1:Namespace")}
    assert places["velero-hourly"] == created - {"ml", "monitoring", "velero"}
    assert any(spec["schedule"].startswith("15 * ") for spec in schedules.values())


def accepted(value: str) -> bool:
    with contextlib.suppress(ValidationError):
        return bool(TypeAdapter(TagValue).validate_python(value))
    return False


def test_every_tag_that_is_accepted_reaches_the_controller_as_it_is() -> None:
    """All values of up to three characters of each kind that a tag may have, and longer ones by chance."""
    path = fetched("aws-load-balancer-controller")
    words = ["".join(word) for size in (1, 2, 3) for word in itertools.product("a1 .:/=+-_@", repeat=size)]
    chance = random.Random(16)  # noqa: S311 - the same values in every run
    words += ["".join(chance.choices("aZ09 .:/=+-_@", k=chance.randint(4, 60))) for _ in range(3000)]
    values = [word for word in words if accepted(word)]
    tags = {f"Key{number}": value for number, value in enumerate(values)}
    settings = {"clusterName": "c", "region": "us-east-1", "vpcId": "vpc-0123456789abcdef0", "defaultTags": tags}
    # One text for all: what YAML makes of it depends on what stands before, so each also goes alone.
    objects = documents(run_helm("template", "alb", path, values=settings))
    assert tags_of(arguments(objects)["default-tags"]) == tags
    assert len(values) > 1000
    for value in (OWNER, "a:b", "=", "+", "-", "@", "1", "a = b", ":a", "https://wiki/x", "10:30", "0.1", "-a", "=:a"):
        if accepted(value):
            settings["defaultTags"] = {"Owner": value}
            one = arguments(documents(run_helm("template", "alb", path, values=settings)))
            assert one["default-tags"] == f"Owner={value}"


@pytest.mark.parametrize("name", NAMES)
def test_definitions_follow_the_chart(charts: Charts, tmp_path: Path, name: str) -> None:
    """The command before each deployment, with a Helm that takes archives of the cache for the publishers' own."""
    path, server = fetched(name), charts.cluster.server
    new = {each["metadata"]["name"]: each for each in documents(run_helm("show", "crds", path))}
    for definition in new.values():
        server.apply(older(definition))
    programs = tmp_path / "bin"
    programs.mkdir()
    chart = next(chart for chart in CHARTS if chart.name == name)
    put(programs / "helm", f'[ "$3" = {name} ] || exit 0\nexec {helm()} show crds {archive(chart.name, chart.version)}')
    put(programs / "pulumi", 'printf "%s" "$OUTPUTS"')
    outputs = json.dumps({"kubeconfig": server.kubeconfig().read_text(encoding="utf-8")})
    env = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "OUTPUTS": outputs}
    command = [str(ROOT / ".ci" / "crds"), "production"]
    subprocess.run(command, check=True, env=env, timeout=HANGING_SECONDS, capture_output=True)
    for found, definition in new.items():
        stored = server.get("apiextensions.k8s.io/v1", "CustomResourceDefinition", found)
        fields = stored["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"].keys()
        assert fields == definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"].keys()


def older(definition: Mapping[str, Any]) -> dict[str, Any]:
    """A definition as a release before might have had it: it knows nothing of what an object specifies."""
    found: dict[str, Any] = yaml.safe_load(yaml.safe_dump(dict(definition)))
    for version in found["spec"]["versions"]:
        version["schema"] = {"openAPIV3Schema": {"type": "object"}}
        version.pop("additionalPrinterColumns", None)
        version.pop("selectableFields", None)
    return found


def put(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)


def test_external_dns_writes_for_the_domain_and_the_classes_alone(charts: Charts) -> None:
    (container,) = containers(charts.objects("external-dns"))
    words = container["args"]
    values = charts.release("external-dns").inputs["values"]
    assert "--domain-filter=trading.example.com" in words
    assert "--source=ingress" in words
    assert [word for word in words if word.startswith("--source=")] == ["--source=ingress"]
    assert "--ingress-class=public" in words
    assert f"--zone-id-filter={charts.cluster.stack.outputs['addressZoneId']}" in words
    # A flag of its own, not one with a text: the parser takes no `--aws-zone-match-parent=true`.
    assert "--aws-zone-match-parent" in words
    assert f"--txt-owner-id={values['txtOwnerId']}" in words
    assert {word for word in words if word.startswith("--managed-record-types=")} == {
        f"--managed-record-types={kind}" for kind in ("A", "AAAA", "CNAME")
    }
