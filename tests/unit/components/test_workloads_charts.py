"""The values of the charts: nothing that a chart would ignore, nothing that the cluster would refuse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from components.common.settings import TagValue
from tests.unit.harness import Registration
from tests.unit.workloads import CLUSTER, recorded

KNOWN: dict[str, Any] = json.loads((Path(__file__).parents[1] / "data" / "chart_values.json").read_text())
CHARTS = sorted(KNOWN)


def release(chart: str) -> Registration:
    return next(r for r in recorded(domain=True).of_type("kubernetes:helm.sh/v3:Release") if r.inputs["chart"] == chart)


def values(chart: str) -> dict[str, Any]:
    found: dict[str, Any] = release(chart).inputs["values"]
    return found


def unknown_keys(value: Any, known: Any, path: str = "") -> Iterator[str]:
    """Paths in `value` that the chart does not know."""
    if known is True:
        return
    if isinstance(known, list):
        for index, item in enumerate(value):
            yield from unknown_keys(item, known[0], f"{path}[{index}]")
    elif isinstance(known, dict):
        for key, item in value.items():
            if key in known:
                yield from unknown_keys(item, known[key], f"{path}.{key}")
            else:
                yield f"{path}.{key}"
    elif isinstance(value, dict | list):
        yield path


@pytest.mark.parametrize("chart", CHARTS)
def test_the_facts_are_those_of_the_pinned_version(chart: str) -> None:
    assert release(chart).inputs["version"] == KNOWN[chart]["version"]


@pytest.mark.parametrize("chart", CHARTS)
def test_a_chart_knows_every_value(chart: str) -> None:
    assert list(unknown_keys(values(chart), KNOWN[chart]["values"])) == []


def test_a_misspelt_value_is_found() -> None:
    known = KNOWN["velero"]["values"]
    assert list(unknown_keys({"credentials": {"useSecrets": False}}, known)) == [".credentials.useSecrets"]
    location = {"configuration": {"backupStorageLocation": [{"buckets": "x"}]}}
    assert list(unknown_keys(location, known)) == [".configuration.backupStorageLocation[0].buckets"]
    assert list(unknown_keys({"deployNodeAgent": {"enabled": True}}, known)) == [".deployNodeAgent"]


def containers(chart: str) -> list[dict[str, Any]]:
    """Resources of each container of a chart."""
    found = values(chart)
    return [found, *found.get("initContainers", [])]


@pytest.mark.parametrize("chart", CHARTS)
def test_every_container_asks_for_what_it_needs_and_no_more(chart: str) -> None:
    for container in containers(chart):
        for kind in ("requests", "limits"):
            assert set(container["resources"][kind]) == {"cpu", "memory"}


@pytest.mark.parametrize("chart", CHARTS)
def test_images_do_not_float(chart: str) -> None:
    assert values(chart)["image"]["tag"].startswith("v")
    for container in values(chart).get("initContainers", []):
        assert container["image"].partition("@")[0].rpartition(":")[2].startswith("v")


@pytest.mark.parametrize(
    ("chart", "pod", "container"),
    [
        ("cluster-autoscaler", "securityContext", "containerSecurityContext"),
        ("aws-load-balancer-controller", "podSecurityContext", "securityContext"),
        ("external-dns", "podSecurityContext", "securityContext"),
        ("velero", "podSecurityContext", "containerSecurityContext"),
    ],
)
def test_pods_meet_the_restricted_level(chart: str, pod: str, container: str) -> None:
    assert values(chart)[pod]["runAsNonRoot"] is True
    assert values(chart)[pod]["seccompProfile"] == {"type": "RuntimeDefault"}
    init = [item["securityContext"] for item in values(chart).get("initContainers", [])]
    for context in (values(chart)[container], *init):
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}


@pytest.mark.parametrize("chart", ["cluster-autoscaler", "aws-load-balancer-controller"])
def test_a_controller_survives_the_loss_of_a_node(chart: str) -> None:
    assert values(chart)["replicaCount"] == 2
    assert values(chart)["podDisruptionBudget"] == {"maxUnavailable": 1}
    assert values(chart)["priorityClassName"] == "system-cluster-critical"
    assert values(chart)["topologySpreadConstraints"][0]["topologyKey"] == "topology.kubernetes.io/zone"


@pytest.mark.parametrize(
    ("chart", "account"),
    [
        ("cluster-autoscaler", ("rbac", "serviceAccount")),
        ("aws-load-balancer-controller", ("serviceAccount",)),
        ("external-dns", ("serviceAccount",)),
        ("velero", ("serviceAccount", "server")),
    ],
)
def test_the_role_trusts_the_service_account_that_the_chart_makes(chart: str, account: tuple[str, ...]) -> None:
    found = values(chart)
    for key in account:
        found = found[key]
    role = recorded(domain=True).one("aws:iam/role:Role", release(chart).name)
    issuer = "oidc.eks.us-east-1.amazonaws.com/id/ABC"
    condition = json.loads(role.inputs["assumeRolePolicy"])["Statement"][0]["Condition"]["StringEquals"]
    assert condition == {
        f"{issuer}:sub": f"system:serviceaccount:{release(chart).inputs['namespace']}:{found['name']}",
        f"{issuer}:aud": "sts.amazonaws.com",
    }
    assert found["annotations"] == {"eks.amazonaws.com/role-arn": f"arn:aws:mock:us-east-1:123456789012:{role.name}"}


@pytest.mark.parametrize("chart", CHARTS)
def test_a_failed_release_is_taken_back(chart: str) -> None:
    inputs = release(chart).inputs
    assert inputs["atomic"] is True
    assert inputs["cleanupOnFail"] is True
    assert inputs["name"] == chart


def test_controllers_need_no_instance_metadata() -> None:
    assert values("cluster-autoscaler")["awsRegion"] == "us-east-1"
    assert values("aws-load-balancer-controller")["region"] == "us-east-1"
    assert values("aws-load-balancer-controller")["vpcId"] == "vpc-0123456789abcdef0"


def test_both_controllers_serve_this_cluster() -> None:
    assert values("cluster-autoscaler")["autoDiscovery"]["clusterName"] == CLUSTER
    assert values("aws-load-balancer-controller")["clusterName"] == CLUSTER


def test_new_services_do_not_depend_on_the_load_balancer_controller() -> None:
    assert values("aws-load-balancer-controller")["enableServiceMutatorWebhook"] is False


def test_load_balancers_carry_the_stacks_tags() -> None:
    tags = values("aws-load-balancer-controller")["defaultTags"]
    assert tags == {"Environment": "production", "Owner": "DevOps Team", "CostCenter": "Engineering"}


def accepted_tag(value: str) -> bool:
    try:
        TypeAdapter(TagValue).validate_python(value)
    except ValidationError:
        return False
    return True


@settings(deadline=None)
@given(st.text(alphabet="aB1 .:/=+-_@", min_size=1, max_size=12))
@example("Team: Trading")
@example("Trading:")
@example("12:30")
@example("ops@example.com")
def test_every_tag_that_is_accepted_survives_its_way_through_a_chart(value: str) -> None:
    """Controller and CSI driver render tags as one argument without quotes, each with a comma or the end behind it."""
    for argument in (f"--default-tags=Owner={value},Project=x", f"--extra-tags=Environment=x,Owner={value}"):
        try:
            survives = yaml.safe_load(f"args:\n- {argument}\n- --next") == {"args": [argument, "--next"]}
        except yaml.YAMLError:
            survives = False
        assert survives or not accepted_tag(value)


@pytest.mark.parametrize("value", ["DevOps Team", "a:b", "10:30", "ops@example.com", "a = b", "https://wiki/x"])
def test_ordinary_tags_are_accepted(value: str) -> None:
    assert accepted_tag(value)


def test_an_idle_node_is_held_by_neither_scratch_space_nor_system_pods() -> None:
    extra = values("cluster-autoscaler")["extraArgs"]
    assert extra["skip-nodes-with-local-storage"] == "false"
    assert extra["skip-nodes-with-system-pods"] == "false"


def test_backups_go_to_one_place_under_the_bucket_key() -> None:
    location = values("velero")["configuration"]["backupStorageLocation"][0]
    assert location["bucket"] == "production-backups-123456789012-us-east-1"
    assert location["default"] is True
    assert location["config"] == {"region": "us-east-1", "kmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/s3"}
    for schedule in values("velero")["schedules"].values():
        assert schedule["template"]["storageLocation"] == location["name"]
        assert schedule["template"]["snapshotVolumes"] is True


def test_the_whole_cluster_is_backed_up_daily_and_trading_hourly() -> None:
    schedules = values("velero")["schedules"]
    assert schedules["daily"]["template"]["includedNamespaces"] == ["*"]
    assert schedules["daily"]["template"]["ttl"] == "720h0m0s"
    assert "trading" in schedules["hourly"]["template"]["includedNamespaces"]


def test_velero_holds_no_credentials_and_no_access_to_hosts() -> None:
    assert values("velero")["credentials"] == {"useSecret": False}
    assert values("velero")["deployNodeAgent"] is False
