"""Node groups, their launch templates, role and tags."""

from __future__ import annotations

import pytest

from components.cluster.node_groups import scaling_group_tags
from tests.unit.cluster_program import GENERAL, ML, TAGS, TRADING, ZONES, key_arn, run_cluster
from tests.unit.harness import Recording

GROUPS = {"general": GENERAL, "ml": ML, "trading": TRADING}
GROUP = "eks:index:ManagedNodeGroup"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"


@pytest.fixture(scope="module")
def recording() -> Recording:
    return run_cluster()


@pytest.mark.parametrize("label", GROUPS)
def test_a_group_has_the_sizes_types_and_subnets_of_its_settings(recording: Recording, label: str) -> None:
    group = recording.one("eks:index:ManagedNodeGroup", f"cluster-{label}").inputs
    settings = GROUPS[label]
    assert group["instanceTypes"] == list(settings.instance_types)
    assert group["capacityType"] == "ON_DEMAND"
    assert group["scalingConfig"] == {
        "minSize": settings.min_size,
        "desiredSize": settings.desired_size,
        "maxSize": settings.max_size,
    }
    assert group["ignoreScalingChanges"] is True
    assert group["subnetIds"] == [f"subnet-{zone}" for zone in ZONES]
    assert group["amiType"] == "AL2023_x86_64_STANDARD"
    assert group["version"] == "1.36"
    assert "nodeGroupName" not in group, "a fixed name collides when the group is replaced"


def test_a_deployment_sets_the_number_of_nodes_where_the_settings_say_so() -> None:
    groups = {"general": GENERAL, "trading": TRADING.model_copy(update={"scaled_by": "configuration"})}
    recording = run_cluster(node_groups=groups)
    ignored = {group.name: group.inputs["ignoreScalingChanges"] for group in recording.of_type(GROUP)}
    assert ignored == {"cluster-general": True, "cluster-trading": False}


def test_labels_and_taints_keep_workloads_on_their_nodes(recording: Recording) -> None:
    group = recording.one("eks:index:ManagedNodeGroup", "cluster-ml").inputs
    assert group["labels"] == {"workload": "ml", "node-group": "ml"}
    assert group["taints"] == [{"key": "workload", "value": "ml", "effect": "NO_SCHEDULE"}]


@pytest.mark.parametrize("label", GROUPS)
def test_disks_are_encrypted_and_metadata_is_out_of_reach_of_pods(recording: Recording, label: str) -> None:
    template = recording.one("aws:ec2/launchTemplate:LaunchTemplate", f"cluster-{label}").inputs
    (disk,) = template["blockDeviceMappings"]
    assert disk == {
        "deviceName": "/dev/xvda",
        "ebs": {
            "volumeType": "gp3",
            "volumeSize": GROUPS[label].disk_size_gib,
            "encrypted": "true",
            "kmsKeyId": key_arn("ebs"),
            "deleteOnTermination": "true",
        },
    }
    assert template["metadataOptions"] == {
        "httpEndpoint": "enabled",
        "httpTokens": "required",
        "httpPutResponseHopLimit": 1,
    }
    assert template["vpcSecurityGroupIds"] == ["cluster-nodes-id"]


def test_instances_volumes_and_interfaces_carry_the_stacks_tags(recording: Recording) -> None:
    template = recording.one("aws:ec2/launchTemplate:LaunchTemplate", "cluster-general").inputs
    tags = {kind["resourceType"]: kind["tags"] for kind in template["tagSpecifications"]}
    expected = {**TAGS, "Name": "production-eks-general"}
    assert tags == {"instance": expected, "volume": expected, "network-interface": expected}


def test_a_new_version_of_the_template_rolls_the_group(recording: Recording) -> None:
    group = recording.one("eks:index:ManagedNodeGroup", "cluster-general").inputs
    assert group["launchTemplate"] == {"id": "cluster-general-id", "version": "7"}
    assert "diskSize" not in group
    assert "remoteAccess" not in group


def test_nodes_start_when_they_can_join(recording: Recording) -> None:
    waits_for = recording.depends_on(recording.one("eks:index:ManagedNodeGroup", "cluster-trading"))
    assert waits_for >= {
        "aws:eks/addon:Addon::cluster-vpc-cni",
        "aws:eks/addon:Addon::cluster-kube-proxy",
        "aws:eks/addon:Addon::cluster-eks-pod-identity-agent",
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment::cluster-node-worker",
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment::cluster-node-registry",
        "aws:ec2/route:Route::nat-route",
        f"{INGRESS}::cluster-nodes-from-control-plane-10250",
        f"{INGRESS}::cluster-api-from-10.0.0.0-16",
    }


@pytest.mark.parametrize(
    "type_", ["aws:ec2/launchTemplate:LaunchTemplate", "aws:ec2/securityGroup:SecurityGroup", "aws:iam/role:Role"]
)
def test_what_needs_no_cluster_does_not_wait_for_it(recording: Recording, type_: str) -> None:
    service_accounts = {"cluster-vpc-cni", "cluster-aws-ebs-csi-driver", "cluster-amazon-cloudwatch-observability"}
    for resource in recording.of_type(type_):
        if resource.name not in service_accounts:
            assert not any("eks:index:Cluster" in urn for urn in resource.dependencies), resource.name


def test_nodes_have_the_rights_to_join_and_none_that_pods_have_roles_for(recording: Recording) -> None:
    attachments = recording.of_type("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
    policies = {
        attachment.inputs["policyArn"].rsplit("/", 1)[-1]
        for attachment in attachments
        if attachment.name.startswith("cluster-node-")
    }
    assert policies == {
        "AmazonEKSWorkerNodePolicy",
        "AmazonEC2ContainerRegistryPullOnly",
        "AmazonSSMManagedInstanceCore",
    }


def test_scaling_groups_carry_the_stacks_tags(recording: Recording) -> None:
    tags = [tag.inputs for tag in recording.of_type("aws:autoscaling/tag:Tag")]
    general = {
        tag["tag"]["key"]: tag["tag"]["value"]
        for tag in tags
        if tag["autoscalingGroupName"] == "eks-cluster-general-asg"
    }
    assert general == TAGS
    assert {tag["tag"]["key"] for tag in tags if tag["tag"]["propagateAtLaunch"]} == set(TAGS)


def test_an_empty_group_tells_the_autoscaler_what_its_nodes_are_like() -> None:
    prefix = "k8s.io/cluster-autoscaler/node-template"
    assert scaling_group_tags("ml", ML, {}) == {
        f"{prefix}/label/workload": "ml",
        f"{prefix}/label/node-group": "ml",
        f"{prefix}/taint/workload": "ml:NoSchedule",
    }
    assert scaling_group_tags("trading", TRADING, {}) == {}
