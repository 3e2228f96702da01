"""Which image the nodes of each instance type get, after what AWS publishes of the types."""

from __future__ import annotations

import base64
import tomllib
import typing
from typing import Any

import botocore.session  # type: ignore[import-untyped]
import pytest
from pydantic import ValidationError

from components.cluster.images import AmiType
from components.cluster.settings import NodeGroupSettings
from components.common import catalogue
from tests.unit.cluster_program import GENERAL, ZONES, run_cluster
from tests.unit.stacks import mistakes, values_of

AMI_TYPES: tuple[AmiType, ...] = typing.get_args(AmiType)
DAEMON_SET = "kubernetes:apps/v1:DaemonSet"


def group(*types: str, **changes: Any) -> NodeGroupSettings:
    return NodeGroupSettings(instance_types=types, min_size=1, desired_size=1, max_size=2, **changes)


def refusals(*types: str, **changes: Any) -> list[str]:
    """What is wrong with a group, in words."""
    with pytest.raises(ValidationError) as caught:
        group(*types, **changes)
    return [problem.message for error in caught.value.errors() for problem in error["ctx"]["problems"]]


def test_every_image_is_one_that_eks_offers() -> None:
    model = botocore.session.get_session().get_service_model("eks")
    offered = set(model.shape_for("AMITypes").enum)
    assert set(AMI_TYPES) == {
        each for each in offered if not each.startswith(("AL2_", "WINDOWS_")) and each != "CUSTOM"
    }


# Types of every kind by what the EC2 user guide says of them: processor, accelerator.
TYPES = {
    "m5.xlarge": "AL2023_x86_64_STANDARD",
    "m7i.large": "AL2023_x86_64_STANDARD",
    "c6a.large": "AL2023_x86_64_STANDARD",
    "m7g.large": "AL2023_ARM_64_STANDARD",
    "c7gn.large": "AL2023_ARM_64_STANDARD",
    "t4g.medium": "AL2023_ARM_64_STANDARD",
    "g4dn.xlarge": "AL2023_x86_64_NVIDIA",
    "g6.xlarge": "AL2023_x86_64_NVIDIA",
    "p4d.24xlarge": "AL2023_x86_64_NVIDIA",
    "p5.48xlarge": "AL2023_x86_64_NVIDIA",
    "g5g.xlarge": "AL2023_ARM_64_NVIDIA",
    "inf1.xlarge": "AL2023_x86_64_NEURON",
    "inf2.xlarge": "AL2023_x86_64_NEURON",
    "trn1.2xlarge": "AL2023_x86_64_NEURON",
}


@pytest.mark.parametrize("kind", TYPES)
def test_the_image_is_derived_from_what_the_type_is(kind: str) -> None:
    assert group(kind).image == TYPES[kind]


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("ami_type", AMI_TYPES)
def test_a_chosen_image_runs_the_type_and_its_accelerators_or_is_refused(kind: str, ami_type: AmiType) -> None:
    """The table of EKS (accelerated AMIs): plain Bottlerocket for x86 has drivers of Neuron, none of NVIDIA."""
    flavour = TYPES[kind].removeprefix("AL2023_")
    fits = ami_type.removesuffix("_FIPS").removeprefix("BOTTLEROCKET_").removeprefix("AL2023_")
    standard = flavour.removesuffix("_STANDARD")
    if fits.removesuffix("_STANDARD") == standard or (standard, ami_type) == ("x86_64_NEURON", "BOTTLEROCKET_x86_64"):
        assert group(kind, ami_type=ami_type).image == ami_type
    else:
        assert any(message.startswith(ami_type) for message in refusals(kind, ami_type=ami_type))


def test_every_type_of_the_catalogue_has_an_image_or_is_refused() -> None:
    kinds = [f"{name}.{facts['sizes'][0]}" for name, facts in catalogue._facts()["families"].items() if "." not in name]
    images = set()
    for kind in kinds:
        try:
            images.add(group(kind).image)
        except ValidationError:
            left_out = kind.startswith(("mac", "a1.")) or catalogue.accelerator(kind) == "other"
            assert left_out or not catalogue.is_nitro(kind)
    assert images == {each for each in AMI_TYPES if each.startswith("AL2023")}


@pytest.mark.parametrize(
    ("types", "message"),
    [
        (("m5.large", "m7g.large"), "mixes arm64 (m7g.large) and x86_64 (m5.large); a group has one image"),
        (
            ("g6.xlarge", "m5.large"),
            "mixes accelerators (nvidia of g6.xlarge, no of m5.large); a group has one image",
        ),
        (
            ("g6.xlarge", "inf2.xlarge"),
            "mixes accelerators (nvidia of g6.xlarge, neuron of inf2.xlarge); a group has one image",
        ),
    ],
)
def test_a_group_has_one_image(types: tuple[str, ...], message: str) -> None:
    assert message in refusals(*types)


@pytest.mark.parametrize("kind", ["g4ad.xlarge", "dl1.24xlarge", "vt1.3xlarge"])
def test_accelerators_without_drivers_are_refused(kind: str) -> None:
    assert any("no image of EKS has drivers for" in message for message in refusals(kind))


@pytest.mark.parametrize("kind", ["a1.large", "a1.metal"])
def test_what_amazon_linux_2023_does_not_run_on_is_refused(kind: str) -> None:
    """AWS says so of its images, "Amazon Linux 2023 does not support A1 instances" (Batch, image types)."""
    assert any("first generation" in message for message in refusals(kind))


def test_plugins_run_where_the_image_brings_none() -> None:
    groups = {
        "general": GENERAL,
        "gpu": group("g6.xlarge"),
        "arm-gpu": group("g5g.xlarge"),
        "rocket": group("g6.xlarge", ami_type="BOTTLEROCKET_x86_64_NVIDIA"),
        "neuron": group("inf2.xlarge"),
        "rocket-neuron": group("trn1.2xlarge", ami_type="BOTTLEROCKET_x86_64"),
    }
    recording = run_cluster(node_groups=groups)
    label = "trading-platform/device-plugin"
    labels = {each.name: each.inputs["labels"] for each in recording.of_type("eks:index:ManagedNodeGroup")}
    assert {name.removeprefix("cluster-"): found.get(label) for name, found in labels.items()} == {
        "general": None,
        "gpu": "nvidia",
        "arm-gpu": "nvidia",
        "rocket": None,
        "neuron": "neuron",
        "rocket-neuron": "neuron",
    }
    templates = recording.of_type("aws:ec2/launchTemplate:LaunchTemplate")
    told = {each.name: each.inputs["userData"] for each in templates if each.inputs.get("userData")}
    assert {name: tomllib.loads(base64.b64decode(text).decode()) for name, text in told.items()} == {
        "cluster-rocket-neuron": {"settings": {"kubernetes": {"device-ownership-from-security-context": True}}}
    }
    # Their order is the event loop's.
    selectors = [plugin.inputs["spec"]["template"]["spec"]["nodeSelector"] for plugin in recording.of_type(DAEMON_SET)]
    assert sorted(selector[label] for selector in selectors) == ["neuron", "nvidia"]
    assert all(len(selector) == 1 for selector in selectors)


def test_a_cluster_without_accelerators_has_no_plugin() -> None:
    assert run_cluster(node_groups={"general": GENERAL}).of_type(DAEMON_SET) == []


def test_bottlerocket_has_two_encrypted_disks_of_which_the_second_has_the_size() -> None:
    recording = run_cluster(
        node_groups={"general": group("m5.large", ami_type="BOTTLEROCKET_x86_64", disk_size_gib=77)}
    )
    template = recording.one("aws:ec2/launchTemplate:LaunchTemplate", "cluster-general").inputs
    system, data = template["blockDeviceMappings"]
    assert (system["deviceName"], data["deviceName"]) == ("/dev/xvda", "/dev/xvdb")
    assert "volumeSize" not in system["ebs"]
    assert data["ebs"]["volumeSize"] == 77
    assert {disk["ebs"]["encrypted"] for disk in (system, data)} == {"true"}


def test_a_group_stays_in_its_zones() -> None:
    recording = run_cluster(node_groups={"general": group("m5.large", zones=ZONES[1:])})
    assert recording.one("eks:index:ManagedNodeGroup", "cluster-general").inputs["subnetIds"] == [
        f"subnet-{zone}" for zone in ZONES[1:]
    ]


def test_a_group_for_each_zone_follows_volumes() -> None:
    settings = NodeGroupSettings(
        instance_types=("m5.large",), min_size=0, desired_size=0, max_size=2, group_per_zone=True
    )
    recording = run_cluster(node_groups={"general": GENERAL, "trading": settings})
    groups = {each.name: each.inputs for each in recording.of_type("eks:index:ManagedNodeGroup")}
    assert {name: inputs["subnetIds"] for name, inputs in groups.items() if "trading" in name} == {
        f"cluster-trading-{zone}": [f"subnet-{zone}"] for zone in ZONES
    }
    assert {groups[f"cluster-trading-{zone}"]["labels"]["node-group"] for zone in ZONES} == {"trading"}
    hints = {
        tag.inputs["autoscalingGroupName"]: tag.inputs["tag"]["value"]
        for tag in recording.of_type("aws:autoscaling/tag:Tag")
        if tag.inputs["tag"]["key"].endswith("topology.ebs.csi.aws.com/zone")
    }
    assert hints == {f"eks-cluster-trading-{zone}-asg": zone for zone in ZONES}


def test_nodes_may_stay_behind_the_control_plane() -> None:
    recording = run_cluster(node_groups={"general": GENERAL, "ml": group("m5.large", version="1.35")})
    versions = {each.name: each.inputs["version"] for each in recording.of_type("eks:index:ManagedNodeGroup")}
    assert versions == {"cluster-general": "1.36", "cluster-ml": "1.35"}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"zones": ["us-east-1a"]}, None),
        (
            {"zones": ["us-east-1f"]},
            "zones[0]: us-east-1f is not in network.subnets (us-east-1a, us-east-1b, us-east-1c)",
        ),
        ({"version": "1.36"}, None),
        ({"version": "1.33"}, None),
        ({"version": "1.32"}, "version: 1.32 does not go with cluster.version (1.36); 1.33 to 1.36 are allowed"),
        ({"version": "1.37"}, "version: 1.37 does not go with cluster.version (1.36); 1.33 to 1.36 are allowed"),
        (
            {"update": {"maxUnavailable": 1, "maxUnavailablePercentage": 10}},
            "update.maxUnavailablePercentage: cannot be combined with maxUnavailable; choose one",
        ),
    ],
)
def test_what_eks_refuses_of_a_group_is_refused_by_key(change: dict[str, Any], complaint: str | None) -> None:
    values = values_of()
    values["nodeGroups"]["ml"] |= change
    assert mistakes(values) == ([f"nodeGroups.ml.{complaint}"] if complaint else [])
