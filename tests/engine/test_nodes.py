"""Node groups of every kind on the engine: accelerators, Arm, Bottlerocket, zones, and sizes that change."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from components.common.images import DIGESTS
from tests.engine.conftest import Checkout
from tests.engine.stacks import Stack

pytestmark = pytest.mark.engine

NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")
SIZES = {"minSize": 1, "desiredSize": 1, "maxSize": 2}
GROUPS: Mapping[str, Mapping[str, Any]] = {
    "gpu": {"instanceTypes": ["g6.xlarge"], **SIZES, "zones": ["us-east-1b"], "repair": True},
    "inference": {"instanceTypes": ["inf2.xlarge"], **SIZES},
    "arm": {"instanceTypes": ["m7g.large"], **SIZES, "version": "1.35"},
    "arm-gpu": {"instanceTypes": ["g5g.xlarge"], **SIZES},
    "rocket": {
        "instanceTypes": ["m5.large"],
        "amiType": "BOTTLEROCKET_x86_64",
        **SIZES,
        "update": {"maxUnavailablePercentage": 25, "strategy": "MINIMAL"},
    },
    "rocket-arm": {"instanceTypes": ["m7g.large"], "amiType": "BOTTLEROCKET_ARM_64", **SIZES},
    "rocket-neuron": {"instanceTypes": ["trn1.2xlarge"], "amiType": "BOTTLEROCKET_x86_64", **SIZES},
    "stateful": {"instanceTypes": ["m5.large"], **SIZES, "groupPerZone": True},
}


@pytest.fixture
def stack(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> Stack:
    found = Stack(checkout, monkeypatch)
    found.settings("nodeGroups").update(GROUPS)
    return found


def test_nodes_of_every_kind_are_deployed(stack: Stack) -> None:
    stack.settings("cluster")["workloadIdentity"] = "POD_IDENTITY"
    with stack.session() as session:
        assert session.preview().ok
    outcome, d = stack.up()
    assert outcome.ok, outcome.errors
    found = {group.name.removeprefix("cluster-"): group.inputs for group in d.of_type(NODE_GROUP)}
    assert {name: found[name]["amiType"] for name in GROUPS if name in found} == {
        "gpu": "AL2023_x86_64_NVIDIA",
        "inference": "AL2023_x86_64_NEURON",
        "arm": "AL2023_ARM_64_STANDARD",
        "arm-gpu": "AL2023_ARM_64_NVIDIA",
        "rocket": "BOTTLEROCKET_x86_64",
        "rocket-arm": "BOTTLEROCKET_ARM_64",
        "rocket-neuron": "BOTTLEROCKET_x86_64",
    }
    subnets = {each.id: each["availabilityZone"] for each in d.of_type("aws:ec2/subnet:Subnet")}
    zones = {name: {subnets[subnet] for subnet in inputs["subnetIds"]} for name, inputs in found.items()}
    assert zones["gpu"] == {"us-east-1b"}
    assert zones["general"] == set(ZONES)
    assert {zone: zones[f"stateful-{zone}"] for zone in ZONES} == {zone: {zone} for zone in ZONES}
    assert {name: inputs["version"] for name, inputs in found.items() if inputs["version"] != "1.36"} == {"arm": "1.35"}
    assert found["rocket"]["updateConfig"] == {"maxUnavailablePercentage": 25, "updateStrategy": "MINIMAL"}
    assert found["gpu"]["nodeRepairConfig"] == {"enabled": True}
    assert not any(name in found["general"] for name in ("updateConfig", "nodeRepairConfig"))
    plugins = {each["metadata"]["name"]: each["spec"] for each in d.of_type("kubernetes:apps/v1:DaemonSet")}
    assert plugins.keys() == {"nvidia-device-plugin", "neuron-device-plugin"}
    for spec in plugins.values():
        image, _, digest = spec["template"]["spec"]["containers"][0]["image"].partition("@")
        assert DIGESTS[image] == (digest or None)


def test_more_nodes_are_what_eks_takes(stack: Stack) -> None:
    """From one node: a minimum above it is refused, unless the deployment may set the number."""
    stack.settings("nodeGroups")["gpu"] = {**GROUPS["arm"], "minSize": 1, "maxSize": 2}
    assert stack.up()[0].ok
    stack.settings("nodeGroups")["gpu"] |= {"minSize": 3, "desiredSize": 3, "maxSize": 6}
    assert "cluster-gpu: scalingConfig.minSize: 1 → 3: the group runs" in stack.refusal()
    stack.settings("nodeGroups")["gpu"]["scaledBy"] = "configuration"
    accepted, d = stack.up()
    assert accepted.ok, accepted.errors
    assert d.one(NODE_GROUP, "cluster-gpu")["scalingConfig"] == {"minSize": 3, "desiredSize": 3, "maxSize": 6}
    del stack.settings("nodeGroups")["gpu"]["scaledBy"]
    with stack.session() as session:
        assert session.preview(expect_no_changes=True).ok, "the key goes without a change"


def test_a_busy_group_keeps_its_nodes_when_only_the_maximum_rises(stack: Stack, tmp_path: Path) -> None:
    assert stack.up()[0].ok
    with stack.session() as session:
        state = json.loads(session.export())
        for resource in state["deployment"]["resources"]:
            if resource["urn"].endswith("::cluster-rocket") and resource["type"] == NODE_GROUP:
                for side in ("inputs", "outputs"):
                    resource[side]["scalingConfig"]["desiredSize"] = 2
        path = tmp_path / "refreshed.json"
        path.write_text(json.dumps(state), encoding="utf-8")
        session.command("stack", "import", "--file", str(path))
    stack.settings("nodeGroups")["rocket"] = {**GROUPS["rocket"], "maxSize": 5}
    outcome, d = stack.up()
    assert outcome.ok, outcome.errors
    assert d.one(NODE_GROUP, "cluster-rocket")["scalingConfig"] == {"minSize": 1, "desiredSize": 2, "maxSize": 5}


def test_snapshots_of_volumes_have_a_class_once_their_controller_runs(stack: Stack) -> None:
    stack.settings("cluster")["volumeSnapshots"] = True
    outcome, d = stack.up()
    assert outcome.ok, outcome.errors
    found = d.one("kubernetes:snapshot.storage.k8s.io/v1:VolumeSnapshotClass")
    controller = d.one("aws:eks/addon:Addon", "cluster-snapshot-controller")
    assert controller.urn in d.needs(found)
    assert controller.urn in d.needs(d.one("aws:eks/addon:Addon", "cluster-aws-ebs-csi-driver"))
