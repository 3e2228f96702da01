"""The control plane, who may use it, its storage class and its alarms."""

from __future__ import annotations

from ipaddress import IPv4Network

import pytest

from components.cluster.access_entries import principal_label
from components.cluster.rbac_groups import RbacGroup
from components.cluster.settings import AccessEntrySettings
from components.cluster.volume_settings import VolumeClassSettings
from local.providers.kinds import FIXED
from tests.unit.cluster_program import CLUSTER, ZONES, key_arn, principal, run_cluster
from tests.unit.environments import THRESHOLDS
from tests.unit.harness import Recording, document


@pytest.fixture(scope="module")
def recording() -> Recording:
    return run_cluster()


def test_the_control_plane_is_private_encrypted_and_logged(recording: Recording) -> None:
    cluster = recording.one("eks:index:Cluster").inputs
    assert cluster["name"] == CLUSTER
    assert cluster["version"] == "1.36"
    assert cluster["upgradePolicy"] == {"supportType": "STANDARD"}
    assert cluster["privateSubnetIds"] == [f"subnet-{zone}" for zone in ZONES]
    assert cluster["endpointPrivateAccess"] is True
    assert cluster["endpointPublicAccess"] is False
    assert "publicAccessCidrs" not in cluster
    assert cluster["encryptionConfigKeyArn"] == key_arn("eks")
    assert set(cluster["enabledClusterLogTypes"]) == {
        "api",
        "audit",
        "authenticator",
        "controllerManager",
        "scheduler",
    }


def test_public_networks_alone_reach_the_public_endpoint() -> None:
    cidrs = (IPv4Network("10.0.0.0/8"), IPv4Network("52.94.76.0/24"))
    cluster = run_cluster(allowed_cidrs=cidrs).one("eks:index:Cluster").inputs
    assert cluster["endpointPrivateAccess"] is True
    assert cluster["endpointPublicAccess"] is True
    assert cluster["publicAccessCidrs"] == ["52.94.76.0/24"]


def test_access_is_through_entries_and_every_default_of_the_package_is_off(recording: Recording) -> None:
    cluster = recording.one("eks:index:Cluster").inputs
    assert cluster["authenticationMode"] == "API"
    assert cluster["createOidcProvider"] is True
    assert cluster["skipDefaultNodeGroup"] is True
    assert cluster["skipDefaultSecurityGroups"] is True
    assert cluster["bootstrapSelfManagedAddons"] is False
    assert cluster["useDefaultVpcCni"] is True
    assert cluster["kubeProxyAddonOptions"]["enabled"] is False
    assert cluster["corednsAddonOptions"]["enabled"] is False


def test_the_cluster_waits_for_its_log_group_and_for_the_rights_of_its_role(recording: Recording) -> None:
    group = recording.one("aws:cloudwatch/logGroup:LogGroup", "cluster-control-plane-logs")
    assert group.inputs["name"] == f"/aws/eks/{CLUSTER}/cluster"
    assert group.inputs["kmsKeyId"] == key_arn("logs")
    assert group.inputs["retentionInDays"] == 365
    assert recording.depends_on(recording.one("eks:index:Cluster")) >= {
        "aws:cloudwatch/logGroup:LogGroup::cluster-control-plane-logs",
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment::cluster-service-cluster",
        "aws:iam/rolePolicy:RolePolicy::cluster-service-secrets-key",
    }


def test_the_service_role_uses_the_key_of_secrets_and_no_other(recording: Recording) -> None:
    attachment = recording.one("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "cluster-service-cluster")
    assert attachment.inputs["policyArn"] == "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"
    (statement,) = document(recording.one("aws:iam/rolePolicy:RolePolicy", "cluster-service-secrets-key"))
    assert statement["Resource"] == key_arn("eks")
    assert set(statement["Action"]) == {"kms:Encrypt", "kms:Decrypt", "kms:ListGrants", "kms:DescribeKey"}


@pytest.mark.parametrize("protected", [True, False])
def test_one_setting_protects_the_cluster_in_aws_and_in_the_state(protected: bool) -> None:
    cluster = run_cluster(deletion_protection=protected).one("eks:index:Cluster")
    assert cluster.inputs["deletionProtection"] is protected
    assert cluster.protect is protected


def test_each_principal_enters_the_group_of_its_role(recording: Recording) -> None:
    entries = recording.of_type("aws:eks/accessEntry:AccessEntry")
    assert {entry.inputs["principalArn"]: entry.inputs["kubernetesGroups"] for entry in entries} == {
        principal("platform-admin"): [RbacGroup.ADMINS],
        principal("platform-deploy"): [RbacGroup.ADMINS],
        principal("platform-preview"): [RbacGroup.PREVIEW],
        principal("lead"): [RbacGroup.ADMINS],
        principal("pipeline"): [RbacGroup.CI],
    }
    assert {entry.inputs["clusterName"] for entry in entries} == {CLUSTER}
    assert not any(group.startswith("system:") for group in RbacGroup)


def test_entries_keep_their_names_when_a_principal_joins_before_them(recording: Recording) -> None:
    access = AccessEntrySettings(admins=(principal("newcomer"), principal("lead")), ci=(principal("pipeline"),))
    type_ = "aws:eks/accessEntry:AccessEntry"
    assert run_cluster(access=access).names(type_) - recording.names(type_) == {
        f"cluster-{principal_label(principal('newcomer'))}"
    }


def test_principals_of_the_same_name_in_two_accounts_have_two_entries() -> None:
    assert principal_label("arn:aws:iam::111111111111:role/dev") != principal_label(
        "arn:aws:iam::222222222222:role/dev"
    )


def test_volumes_are_encrypted_unless_a_claim_asks_for_another_class(recording: Recording) -> None:
    storage = recording.one("kubernetes:storage.k8s.io/v1:StorageClass")
    assert storage.inputs["metadata"]["name"] == "gp3"
    assert storage.inputs["metadata"]["annotations"] == {"storageclass.kubernetes.io/is-default-class": "true"}
    assert storage.inputs["provisioner"] == "ebs.csi.aws.com"
    assert storage.inputs["parameters"] == {"type": "gp3", "encrypted": "true", "kmsKeyId": key_arn("ebs")}
    assert storage.inputs["volumeBindingMode"] == "WaitForFirstConsumer"
    assert storage.inputs["allowVolumeExpansion"] is True
    assert "cluster-kubernetes" in storage.provider


def test_faster_volumes_are_encrypted_under_the_same_key_and_none_of_them_is_the_default() -> None:
    classes = {
        "fast": VolumeClassSettings(iops=16_000, throughput_mibps=1_000, file_system="xfs"),
        "ledger": VolumeClassSettings(type="io2", iops=50_000, kept=True),
    }
    found = {
        each.inputs["metadata"]["name"]: each.inputs
        for each in run_cluster(volume_classes=classes).of_type("kubernetes:storage.k8s.io/v1:StorageClass")
    }
    # Parameters as the driver documents them; it reads text only.
    encrypted = {"encrypted": "true", "kmsKeyId": key_arn("ebs")}
    speed = {"iops": "16000", "throughput": "1000", "csi.storage.k8s.io/fstype": "xfs"}
    assert found["fast"]["parameters"] == {"type": "gp3", **speed, **encrypted}
    assert found["ledger"]["parameters"] == {"type": "io2", "iops": "50000", **encrypted}
    assert {name: each.get("reclaimPolicy") for name, each in found.items()} == {
        "gp3": None,
        "fast": None,
        "ledger": "Retain",
    }
    assert [name for name, each in found.items() if each["metadata"].get("annotations")] == ["gp3"]


def test_alarms_watch_nodes_and_pods_of_this_cluster(recording: Recording) -> None:
    alarms = [alarm.inputs for alarm in recording.of_type("aws:cloudwatch/metricAlarm:MetricAlarm")]
    assert {alarm["metricName"]: alarm["threshold"] for alarm in alarms} == {
        "cluster_failed_node_count": 0,
        "node_cpu_utilization": THRESHOLDS.node_cpu_percent,
        "node_memory_utilization": THRESHOLDS.node_memory_percent,
        "node_filesystem_utilization": THRESHOLDS.node_disk_percent,
        "pod_number_of_container_restarts": THRESHOLDS.pod_restarts,
        "pod_container_status_waiting_reason_crash_loop_back_off": 0,
        "cluster_node_count": 1,
        "pod_status_pending": 0,
    }
    for alarm in alarms:
        assert alarm["namespace"] == "ContainerInsights"
        assert alarm["dimensions"] == {"ClusterName": CLUSTER}
        assert alarm["name"].startswith("production-eks-")


def test_every_resource_is_a_child_of_the_component(recording: Recording) -> None:
    assert recording.unparented() == ["nat-route", "cluster"]


def test_what_an_api_server_never_changes_makes_a_volume_class_anew() -> None:
    classes = run_cluster().of_type("kubernetes:storage.k8s.io/v1:StorageClass")
    assert {each.replacing for each in classes} == {frozenset(FIXED["StorageClass"])}
