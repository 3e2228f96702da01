"""Managed node groups of pulumi-eks."""

from __future__ import annotations

import base64
import tomllib
from typing import Any

import pytest

from local.providers.values import Reference, Values
from tests.unit.local.eks import ROLE, Engine, cluster
from tests.unit.standins import AbortedError, urn


class TestManagedNodeGroup:
    def group(self, engine: Engine, **changes: Any) -> Values:
        cluster(engine)
        component = Reference(urn("eks:index:Cluster", "c"))
        engine.given[component.urn] = engine.given.get(component.urn) or {}
        template = {"id": "lt-1", "version": "3"}
        inputs = {"cluster": component, "nodeRole": Reference(ROLE, "role"), "launchTemplate": template, **changes}
        given = {name: value for name, value in inputs.items() if value is not None}
        return engine.construct("eks:index:ManagedNodeGroup", "nodes", given)[0]

    def test_it_is_a_node_group_in_the_subnets_of_its_cluster(self, engine: Engine) -> None:
        outputs = self.group(engine, instanceTypes=["m5.large"], labels={"a": "b"})
        inputs = engine.registered["nodes"].inputs
        assert inputs == {
            "clusterName": "test-cluster",
            "instanceTypes": ["m5.large"],
            "labels": {"a": "b"},
            "launchTemplate": {"id": "lt-1", "version": "3"},
            "nodeRoleArn": "arn:aws:iam::210987654321:role/role",
            "scalingConfig": {"desiredSize": 2, "maxSize": 2, "minSize": 1},
            "subnetIds": ["subnet-1", "subnet-2"],
        }
        assert outputs["nodeGroup"].urn == urn("aws:eks/nodeGroup:NodeGroup", "nodes")

    def test_it_depends_on_the_control_plane_and_its_role(self, engine: Engine) -> None:
        self.group(engine)
        dependencies = set(engine.registered["nodes"].request.dependencies)
        assert {urn("aws:eks/cluster:Cluster", "c-eksCluster"), ROLE} <= dependencies

    def test_without_a_template_it_follows_the_version_of_the_cluster(self, engine: Engine) -> None:
        self.group(engine, launchTemplate=None, diskSize=50)
        inputs = engine.registered["nodes"].inputs
        assert (inputs["version"], inputs["diskSize"]) == ("1.36", 50)

    def test_metadata_options_need_a_template_of_its_own(self, engine: Engine) -> None:
        self.group(engine, launchTemplate=None, enableIMDSv2=True, diskSize=50)
        template = engine.registered["nodes-launchTemplate"]
        assert template.inputs["metadataOptions"]["httpPutResponseHopLimit"] == 2
        assert "diskSize" not in engine.registered["nodes"].inputs
        assert engine.registered["nodes"].inputs["launchTemplate"]["version"] == "1"

    @pytest.mark.parametrize(
        ("options", "kind"),
        [
            ({"operatingSystem": "Bottlerocket"}, "BOTTLEROCKET_x86_64"),
            ({"operatingSystem": "Bottlerocket", "instanceTypes": ["m7g.large"]}, "BOTTLEROCKET_ARM_64"),
            ({"operatingSystem": "AL2023", "gpu": True}, "AL2023_x86_64_NVIDIA"),
            ({"amiType": "BOTTLEROCKET_ARM_64"}, "BOTTLEROCKET_ARM_64"),
            ({"amiType": "WINDOWS_CORE_2022_x86_64"}, "WINDOWS_CORE_2022_x86_64"),
            ({}, None),
        ],
    )
    def test_the_type_of_image_follows_from_the_system(self, engine: Engine, options: Values, kind: str | None) -> None:
        self.group(engine, launchTemplate=None, **options)
        assert engine.registered["nodes"].inputs.get("amiType") == kind
        assert "nodes-launchTemplate" not in engine.registered

    def test_user_data_comes_with_the_image(self, engine: Engine) -> None:
        taint = {"key": "a", "value": "b", "effect": "NO_SCHEDULE"}
        self.group(
            engine,
            launchTemplate=None,
            amiType="BOTTLEROCKET_x86_64",
            bottlerocketSettings={"settings": {"kubernetes": {"max-pods": 50}}},
            diskSize=100,
            releaseVersion="1",
            taints=[taint],
        )
        inputs, template = engine.registered["nodes"].inputs, engine.registered["nodes-launchTemplate"].inputs
        assert not inputs.keys() & {"amiType", "diskSize", "releaseVersion", "version"}
        assert inputs["taints"] == [taint]
        settings = tomllib.loads(base64.b64decode(template["userData"]).decode())["settings"]["kubernetes"]
        assert (settings["max-pods"], settings["node-taints"]) == (50, {"a": "b:NoSchedule"})
        assert template["blockDeviceMappings"] == [{"deviceName": "/dev/xvdb", "ebs": {"volumeSize": 100}}]
        assert template["imageId"].startswith("ami-")
        self.group(engine, launchTemplate=None, amiId="ami-1", userData="#!/bin/sh")
        template = engine.registered["nodes-launchTemplate"].inputs
        assert (template["imageId"], base64.b64decode(template["userData"])) == ("ami-1", b"#!/bin/sh")

    def test_a_size_that_the_autoscaler_changes_can_be_ignored(self, engine: Engine) -> None:
        self.group(engine, ignoreScalingChanges=True)
        assert list(engine.registered["nodes"].request.ignoreChanges) == ["scalingConfig.desiredSize"]

    @pytest.mark.parametrize(
        ("changes", "path"),
        [
            ({"nodeRole": None}, "nodeRole"),
            ({"nodeRoleArn": "arn:r"}, "nodeRole"),
            ({"enableIMDSv2": True}, "launchTemplate"),
            ({"enableEfaSupport": True, "launchTemplate": None}, "enableEfaSupport"),
            ({"amiId": "ami-1", "gpu": True, "launchTemplate": None}, "amiId"),
            ({"userData": "#!", "kubeletExtraArgs": "-x", "launchTemplate": None}, "userData"),
            ({"amiType": "AL2_ARM_64", "operatingSystem": "AL2023", "kubeletExtraArgs": "-x"}, "launchTemplate"),
        ],
    )
    def test_what_is_refused(self, engine: Engine, changes: Values, path: str) -> None:
        with pytest.raises(AbortedError) as refused:
            self.group(engine, **changes)
        assert path in [found[0] for found in refused.value.failures]
