"""The managed add-ons: versions, configuration, roles and order."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components.cluster.addons import volume_key_policy
from tests.unit.cluster_program import CLUSTER, ISSUER, PROVIDER_ARN, TAGS, key_arn, run_cluster
from tests.unit.harness import Recording, document

ADDON = "aws:eks/addon:Addon"
NODES = "eks:index:ManagedNodeGroup::"
BEFORE_NODES = ("vpc-cni", "kube-proxy", "eks-pod-identity-agent")
AFTER_NODES = ("coredns", "aws-ebs-csi-driver", "metrics-server", "amazon-cloudwatch-observability")
SERVICE_ACCOUNTS = {
    "vpc-cni": ("kube-system:aws-node", "AmazonEKS_CNI_Policy"),
    "aws-ebs-csi-driver": ("kube-system:ebs-csi-controller-sa", "service-role/AmazonEBSCSIDriverPolicy"),
    "amazon-cloudwatch-observability": ("amazon-cloudwatch:cloudwatch-agent", "CloudWatchAgentServerPolicy"),
}


@pytest.fixture(scope="module")
def recording() -> Recording:
    return run_cluster(addon_versions={"vpc-cni": "v1.20.1-eksbuild.1"})


def configuration(recording: Recording, addon: str) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(recording.one(ADDON, f"cluster-{addon}").inputs["configurationValues"])
    return values


def test_the_cluster_has_each_add_on_once(recording: Recording) -> None:
    addons = recording.of_type(ADDON)
    assert sorted(addon.inputs["addonName"] for addon in addons) == sorted((*BEFORE_NODES, *AFTER_NODES))
    for addon in addons:
        assert addon.inputs["clusterName"] == CLUSTER
        assert addon.inputs["resolveConflictsOnCreate"] == "OVERWRITE"
        assert addon.inputs["resolveConflictsOnUpdate"] == "OVERWRITE"


def test_a_pin_fixes_the_version_and_eks_chooses_the_others(recording: Recording) -> None:
    versions = {addon.inputs["addonName"]: addon.inputs.get("addonVersion") for addon in recording.of_type(ADDON)}
    assert versions.pop("vpc-cni") == "v1.20.1-eksbuild.1"
    assert set(versions.values()) == {None}


@pytest.mark.parametrize("addon", BEFORE_NODES)
def test_networking_does_not_wait_for_nodes(recording: Recording, addon: str) -> None:
    waits_for = recording.depends_on(recording.one(ADDON, f"cluster-{addon}"))
    assert not any(name.startswith(NODES) for name in waits_for)


@pytest.mark.parametrize("addon", AFTER_NODES)
def test_deployments_wait_for_the_nodes_that_take_any_pod(recording: Recording, addon: str) -> None:
    waits_for = recording.depends_on(recording.one(ADDON, f"cluster-{addon}"))
    assert {name for name in waits_for if name.startswith(NODES)} == {f"{NODES}cluster-general"}


@pytest.mark.parametrize("addon", SERVICE_ACCOUNTS)
def test_a_role_is_assumed_by_one_service_account_and_ready_before_its_add_on(recording: Recording, addon: str) -> None:
    subject, policy = SERVICE_ACCOUNTS[addon]
    (trust,) = document(recording.one("aws:iam/role:Role", f"cluster-{addon}"), "assumeRolePolicy")
    assert trust["Principal"] == {"Federated": PROVIDER_ARN}
    assert trust["Condition"] == {
        "StringEquals": {f"{ISSUER}:sub": f"system:serviceaccount:{subject}", f"{ISSUER}:aud": "sts.amazonaws.com"}
    }
    attachment = recording.one("aws:iam/rolePolicyAttachment:RolePolicyAttachment", f"cluster-{addon}-managed")
    assert attachment.inputs["policyArn"] == f"arn:aws:iam::aws:policy/{policy}"
    registered = recording.one(ADDON, f"cluster-{addon}")
    assert registered.inputs["serviceAccountRoleArn"].endswith(f":cluster-{addon}")
    assert f"aws:iam/rolePolicyAttachment:RolePolicyAttachment::cluster-{addon}-managed" in recording.depends_on(
        registered
    )


def test_network_policies_are_enforced_and_addresses_come_in_prefixes(recording: Recording) -> None:
    values = configuration(recording, "vpc-cni")
    assert values["enableNetworkPolicy"] == "true", "the schema wants text"
    assert values["env"]["ENABLE_PREFIX_DELEGATION"] == "true"
    assert values["env"]["NETWORK_POLICY_ENFORCING_MODE"] == "standard", "strict closes what no policy selects"
    assert json.loads(values["env"]["ADDITIONAL_ENI_TAGS"]) == TAGS


def test_names_resolve_while_a_zone_is_lost(recording: Recording) -> None:
    values = configuration(recording, "coredns")
    assert values["autoScaling"]["minReplicas"] == 2
    assert values["podDisruptionBudget"] == {"enabled": True, "maxUnavailable": 1}
    assert values["topologySpreadConstraints"][0]["topologyKey"] == "topology.kubernetes.io/zone"


def test_claimed_volumes_carry_the_stacks_tags_and_use_the_key(recording: Recording) -> None:
    assert configuration(recording, "aws-ebs-csi-driver")["controller"] == {"extraVolumeTags": TAGS}
    statements = document(recording.one("aws:iam/rolePolicy:RolePolicy", "cluster-aws-ebs-csi-driver"))
    assert statements == json.loads(volume_key_policy(key_arn("ebs")))["Statement"]
    grant = next(statement for statement in statements if "kms:CreateGrant" in statement["Action"])
    assert grant["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    assert {statement["Resource"] for statement in statements} == {key_arn("ebs")}


def test_insights_are_classic_run_on_every_node_and_write_to_groups_made_first(recording: Recording) -> None:
    values = configuration(recording, "amazon-cloudwatch-observability")
    assert values["containerInsights"] == {"enabled": True}
    assert values["containerLogs"] == {"enabled": True}
    assert values["tolerations"] == [{"operator": "Exists"}]
    addon = recording.one(ADDON, "cluster-amazon-cloudwatch-observability")
    for kind in ("application", "dataplane", "host", "performance"):
        group = recording.one("aws:cloudwatch/logGroup:LogGroup", f"cluster-{kind}-logs")
        assert group.inputs["name"] == f"/aws/containerinsights/{CLUSTER}/{kind}"
        assert group.inputs["kmsKeyId"] == key_arn("logs")
        assert group.inputs["retentionInDays"] == 30
        assert f"aws:cloudwatch/logGroup:LogGroup::{group.name}" in recording.depends_on(addon)


def test_snapshots_have_a_controller_before_the_driver_and_a_class_after_it() -> None:
    recording = run_cluster(volume_snapshots=True)
    driver = recording.one("aws:eks/addon:Addon", "cluster-aws-ebs-csi-driver")
    assert "aws:eks/addon:Addon::cluster-snapshot-controller" in recording.depends_on(driver)
    assert json.loads(driver.inputs["configurationValues"])["sidecars"] == {"snapshotter": {"forceEnable": True}}
    found = recording.one("kubernetes:snapshot.storage.k8s.io/v1:VolumeSnapshotClass", "cluster-ebs-snapshots")
    assert found.inputs["driver"] == "ebs.csi.aws.com"
    assert "aws:eks/addon:Addon::cluster-snapshot-controller" in recording.depends_on(found)


def test_without_snapshots_nothing_watches_for_them(recording: Recording) -> None:
    names = {addon.inputs["addonName"] for addon in recording.of_type("aws:eks/addon:Addon")}
    assert "snapshot-controller" not in names
    driver = recording.one("aws:eks/addon:Addon", "cluster-aws-ebs-csi-driver")
    assert "sidecars" not in json.loads(driver.inputs["configurationValues"])
