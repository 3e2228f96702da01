"""The remote components of pulumi-eks: the children that they register, and what they hand to the program."""

from __future__ import annotations

import base64
import json
import tomllib
from typing import Any

import pytest
from pulumi.runtime.proto import alias_pb2, provider_pb2

from local.providers.eks import Eks
from local.providers.values import UNKNOWN, Reference, Secret, Values, decode, encode
from tests.unit.standins import AbortedError, FakeEngine, instance, monitor, urn

ROLE = urn("aws:iam/role:Role", "role")
GROUP = urn("aws:ec2/securityGroup:SecurityGroup", "group")
SUBNET = urn("aws:ec2/subnet:Subnet", "subnet")
CLUSTER: Values = {
    "authenticationMode": "API",
    "bootstrapSelfManagedAddons": False,
    "clusterSecurityGroup": Reference(GROUP, "sg-0123456789abcdef0"),
    "corednsAddonOptions": {"enabled": False},
    "createOidcProvider": True,
    "deletionProtection": True,
    "enabledClusterLogTypes": ["api", "audit"],
    "encryptionConfigKeyArn": "arn:aws:kms:us-east-1:210987654321:key/k",
    "endpointPrivateAccess": True,
    "endpointPublicAccess": False,
    "kubeProxyAddonOptions": {"enabled": False},
    "name": "test-cluster",
    "privateSubnetIds": ["subnet-1", "subnet-2"],
    "serviceRole": Reference(ROLE, "role"),
    "skipDefaultNodeGroup": True,
    "skipDefaultSecurityGroups": True,
    "tags": {"Team": "platform"},
    "upgradePolicy": {"supportType": "STANDARD"},
    "useDefaultVpcCni": True,
    "version": "1.36",
    "vpcId": "vpc-1",
}
ALL_DEFAULTS: tuple[str, ...] = (
    "bootstrapSelfManagedAddons",
    "clusterSecurityGroup",
    "corednsAddonOptions",
    "createOidcProvider",
)
ALL_DEFAULTS += ("encryptionConfigKeyArn", "kubeProxyAddonOptions", "serviceRole", "skipDefaultSecurityGroups")
ALL_DEFAULTS += ("useDefaultVpcCni",)


class Engine(FakeEngine):
    """A fake engine with the resources that the components are given."""

    def construct(self, kind: str, name: str, inputs: Values, **rest: Any) -> tuple[Values, dict[str, set[str]]]:
        """The outputs of a component and the URNs that each depends on."""
        with monitor(self) as address:
            request = provider_pb2.ConstructRequest(
                type=kind,
                name=name,
                inputs=encode(inputs),
                monitorEndpoint=address,
                parent="urn:parent",
                providers={"aws": "urn:aws::id"},
                dryRun=self.preview,
                **rest,
            )
            request.inputDependencies["privateSubnetIds"].urns.append(SUBNET)
            response = instance(Eks()).construct(request)
        return decode(response.state), {name: set(found.urns) for name, found in response.stateDependencies.items()}

    def call(self, method: str, **inputs: Any) -> tuple[Any, set[str]]:
        """The result of a method of the cluster `c`, and the URNs that it depends on."""
        itself = Reference(urn("eks:index:Cluster", "c"))
        with monitor(self) as address:
            request = provider_pb2.CallRequest(
                tok=f"eks:index:Cluster/{method}", args=encode({"__self__": itself, **inputs}), monitorEndpoint=address
            )
            request.argDependencies["roleArn"].urns.append(ROLE)
            response = instance(Eks()).call(request)
        result = decode(getattr(response, "return"))["result"]
        return result, set(response.returnDependencies["result"].urns)

    def children(self) -> set[str]:
        return set(self.registered)


@pytest.fixture(params=[False], ids=["update"])
def engine(request: pytest.FixtureRequest) -> Engine:
    engine = Engine(preview=request.param)
    engine.given[ROLE] = {"arn": "arn:aws:iam::210987654321:role/role", "name": "role"}
    return engine


def cluster(engine: Engine, **changes: Any) -> Values:
    inputs = {name: value for name, value in {**CLUSTER, **changes}.items() if value is not None}
    return engine.construct("eks:index:Cluster", "c", inputs)[0]


class TestCluster:
    def test_a_cluster_without_the_defaults_has_three_children(self, engine: Engine) -> None:
        cluster(engine)
        assert engine.children() == {"c (eks:index:Cluster)", "c-eksCluster", "c-oidcProvider", "c-eks-k8s"}

    def test_a_cluster_with_all_defaults_has_the_children_of_the_real_one(self, engine: Engine) -> None:
        outputs = cluster(engine, **dict.fromkeys(ALL_DEFAULTS))
        ingress = engine.registered["c-eksClusterIngressRule"].outputs
        assert outputs["clusterIngressRuleId"] == ingress["securityGroupRuleId"]
        attachment = next(
            name for name in engine.children() if name.startswith("c-eksRole-") and name != "c-eksRole-role"
        )
        assert engine.children() == {
            "c (eks:index:Cluster)",
            "c-eks-k8s",
            "c-eksCluster",
            "c-eksClusterIngressRule",
            "c-eksClusterInternetEgressRule",
            "c-eksClusterSecurityGroup",
            "c-eksExtApiServerClusterIngressRule",
            "c-eksNodeClusterIngressRule",
            "c-eksNodeIngressRule",
            "c-eksNodeInternetEgressRule",
            "c-eksRole (eks:index:ServiceRole)",
            "c-eksRole-role",
            attachment,
            "c-kube-proxy",
            "c-nodeSecurityGroup",
            "c-vpc-cni",
            "c-vpc-cni (eks:index:VpcCniAddon)",
        }
        assert (
            urn("aws:iam/rolePolicyAttachment:RolePolicyAttachment", attachment)
            in engine.registered["c-eksCluster"].request.dependencies
        )

    def test_the_control_plane_gets_the_inputs_of_the_component(self, engine: Engine) -> None:
        cluster(engine)
        assert {**engine.registered["c-eksCluster"].inputs} == {
            "accessConfig": {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": True},
            "bootstrapSelfManagedAddons": False,
            "deletionProtection": True,
            "enabledClusterLogTypes": ["api", "audit"],
            "encryptionConfig": {"provider": {"keyArn": CLUSTER["encryptionConfigKeyArn"]}, "resources": ["secrets"]},
            "name": "test-cluster",
            "roleArn": "arn:aws:iam::210987654321:role/role",
            "tags": {"Name": "c-eksCluster", "Team": "platform"},
            "upgradePolicy": {"supportType": "STANDARD"},
            "version": "1.36",
            "vpcConfig": {
                "endpointPrivateAccess": True,
                "endpointPublicAccess": False,
                "securityGroupIds": ["sg-0123456789abcdef0"],
                "subnetIds": ["subnet-1", "subnet-2"],
            },
        }

    def test_it_depends_on_what_its_inputs_come_from(self, engine: Engine) -> None:
        cluster(engine)
        request = engine.registered["c-eksCluster"].request
        assert {ROLE, GROUP, SUBNET} <= set(request.dependencies)
        assert set(request.propertyDependencies["roleArn"].urns) == {ROLE}
        assert {SUBNET, GROUP} == set(request.propertyDependencies["vpcConfig"].urns)

    def test_children_have_the_providers_and_the_protection_of_the_component(self, engine: Engine) -> None:
        alias = alias_pb2.Alias(urn="urn:old")
        engine.construct("eks:index:Cluster", "c", CLUSTER, protect=True, dependencies=["urn:before"], aliases=[alias])
        component = engine.registered["c (eks:index:Cluster)"].request
        child = engine.registered["c-eksCluster"].request
        assert (component.parent, list(component.dependencies), list(component.aliases)) == (
            "urn:parent",
            ["urn:before"],
            [alias],
        )
        assert (child.parent, child.provider, child.protect) == (urn("eks:index:Cluster", "c"), "urn:aws::id", True)
        assert component.providers == {"aws": "urn:aws::id"}

    def test_outputs(self, engine: Engine) -> None:
        outputs = cluster(engine)
        control_plane = engine.registered["c-eksCluster"].outputs
        issuer = control_plane["identities"][0]["oidcs"][0]["issuer"]
        assert outputs["eksCluster"] == Reference(urn("aws:eks/cluster:Cluster", "c-eksCluster"), "test-cluster")
        assert outputs["oidcProviderUrl"] == issuer
        assert f"https://{outputs['oidcIssuer']}" == issuer
        assert outputs["oidcProviderArn"] == f"arn:aws:iam::210987654321:oidc-provider/{outputs['oidcIssuer']}"
        assert outputs["clusterSecurityGroupId"] == "sg-0123456789abcdef0"
        assert outputs["nodeSecurityGroupId"] == control_plane["vpcConfig"]["clusterSecurityGroupId"]
        assert outputs["core"]["subnetIds"] == ["subnet-1", "subnet-2"]
        assert outputs["core"]["provider"] == Reference(urn("pulumi:providers:kubernetes", "c-eks-k8s"), "provider")

    def test_the_kubeconfig_asks_the_aws_cli_for_a_token(self, engine: Engine) -> None:
        outputs = cluster(engine, providerCredentialOpts={"roleArn": "arn:r", "profileName": "p"})
        config = json.loads(outputs["kubeconfigJson"])
        command = config["users"][0]["user"]["exec"]
        assert config == outputs["kubeconfig"]
        assert config["clusters"][0]["cluster"]["server"] == engine.registered["c-eksCluster"].outputs["endpoint"]
        assert " ".join([command["command"], *command["args"]]) == (
            "aws --region us-east-1 eks get-token --cluster-name test-cluster --output json --role arn:r"
        )
        own = json.loads(engine.registered["c-eks-k8s"].inputs["kubeconfig"])
        assert own["users"][0]["user"]["exec"]["args"][-2:] == ["--profile", "p"]

    def test_outputs_depend_on_the_children_that_they_come_from(self, engine: Engine) -> None:
        _, urns = engine.construct("eks:index:Cluster", "c", CLUSTER)
        assert urn("aws:eks/cluster:Cluster", "c-eksCluster") in urns["eksCluster"]
        assert urns["oidcProviderArn"] == {urn("aws:iam/openIdConnectProvider:OpenIdConnectProvider", "c-oidcProvider")}

    @pytest.mark.parametrize("engine", [True], indirect=True, ids=["preview"])
    def test_a_preview_leaves_unknown_what_it_cannot_know(self, engine: Engine) -> None:
        outputs = cluster(engine, privateSubnetIds=UNKNOWN)
        for name in ("kubeconfig", "kubeconfigJson", "oidcIssuer", "oidcProviderArn", "nodeSecurityGroupId"):
            assert outputs[name] is UNKNOWN, name
        assert outputs["eksCluster"].id is UNKNOWN
        assert engine.registered["c-eks-k8s"].inputs["kubeconfig"] is UNKNOWN

    def test_access_entries_have_their_policies_below_them(self, engine: Engine) -> None:
        policy = {
            "policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
            "accessScope": {"type": "cluster"},
        }
        entry = {"principalArn": "arn:aws:iam::210987654321:role/x", "accessPolicies": {"view": policy}}
        cluster(engine, accessEntries={"viewer": entry})
        association = engine.registered["c-viewer-view"].request
        assert association.parent == urn("aws:eks/accessEntry:AccessEntry", "c-viewer")
        assert urn("aws:eks/cluster:Cluster", "c-eksCluster") in engine.registered["c-viewer"].request.dependencies

    def test_the_network_plugin_is_configured_as_the_real_one(self, engine: Engine) -> None:
        cluster(engine, useDefaultVpcCni=None, vpcCniOptions={"logLevel": "INFO", "enablePrefixDelegation": True})
        inputs = engine.registered["c-vpc-cni"].inputs
        configuration = json.loads(inputs["configurationValues"])
        assert configuration["env"]["AWS_VPC_K8S_CNI_LOGLEVEL"] == "INFO"
        assert configuration["env"]["ENABLE_PREFIX_DELEGATION"] == "true"
        assert configuration["env"]["WARM_ENI_TARGET"] == "1"
        assert (inputs["preserve"], inputs["resolveConflictsOnCreate"]) == (True, "OVERWRITE")

    @pytest.mark.parametrize(
        ("changes", "path", "reason"),
        [
            (
                {"publicAccessCidrs": ["1.2.3.4/32"]},
                "publicAccessCidrs",
                "can only be set when `endpointPublicAccess` is true",
            ),
            ({"subnetIds": ["subnet-3"]}, "subnetIds", "mutually exclusive"),
            ({"autoMode": {"enabled": True}, "authenticationMode": "CONFIG_MAP"}, "autoMode", "API_AND_CONFIG_MAP"),
            ({"upgradePolicy": {"supportTyp": "STANDARD"}}, "upgradePolicy.supportTyp", "unknown property"),
            ({"authenticationMode": "APIS"}, "authenticationMode", "is not allowed"),
        ],
    )
    def test_what_is_refused(self, engine: Engine, changes: Values, path: str, reason: str) -> None:
        with pytest.raises(AbortedError) as refused:
            cluster(engine, **changes)
        assert [found for found in refused.value.failures if found[0] == path and reason in found[1]]
        assert not engine.registered


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


class TestAddons:
    def test_an_addon_is_below_its_cluster(self, engine: Engine) -> None:
        cluster(engine)
        component = Reference(urn("eks:index:Cluster", "c"))
        inputs = {"cluster": component, "addonName": "coredns", "configurationValues": {"b": 1, "a": [True]}}
        engine.construct("eks:index:Addon", "dns", inputs)
        assert engine.registered["dns (eks:index:Addon)"].request.parent == component.urn
        assert engine.registered["dns"].inputs == {
            "addonName": "coredns",
            "clusterName": "test-cluster",
            "configurationValues": '{"a":[true],"b":1}',
        }

    def test_other_components_are_refused_by_name(self, engine: Engine) -> None:
        with pytest.raises(AbortedError, match="does not offer eks:index:ClusterCreationRoleProvider"):
            engine.construct("eks:index:ClusterCreationRoleProvider", "n", {})


class TestMethods:
    """After pulumi-eks: `generateKubeconfig` with the profile included, handed through `JSON.stringify`."""

    @pytest.mark.parametrize(
        ("inputs", "added"),
        [
            ({}, []),
            ({"roleArn": "arn:r"}, ["--role", "arn:r"]),
            ({"profileName": "p"}, ["--profile", "p"]),
            ({"profileName": "p", "roleArn": "arn:r"}, ["--role", "arn:r", "--profile", "p"]),
            ({"profileName": "", "roleArn": ""}, []),
        ],
    )
    def test_a_kubeconfig_has_the_credentials_that_are_asked_for(
        self, engine: Engine, inputs: Values, added: list[str]
    ) -> None:
        outputs = cluster(engine, providerCredentialOpts={"roleArn": "arn:others"})
        text, urns = engine.call("getKubeconfig", **inputs)
        config = json.loads(text)
        plain = ["--region", "us-east-1", "eks", "get-token", "--cluster-name", "test-cluster", "--output", "json"]
        assert config["users"][0]["user"]["exec"]["args"] == [*plain, *added]
        assert {**config, "users": []} == {**outputs["kubeconfig"], "users": []}
        assert urn("aws:eks/cluster:Cluster", "c-eksCluster") in urns
        assert (ROLE in urns) == ("roleArn" in inputs)

    def test_a_secret_role_makes_a_secret(self, engine: Engine) -> None:
        cluster(engine)
        text, _ = engine.call("getKubeconfig", roleArn=Secret("arn:r"))
        assert "arn:r" in text.value

    @pytest.mark.parametrize("engine", [False, True], indirect=True, ids=["update", "preview"])
    def test_what_is_unknown_stays_unknown(self, engine: Engine) -> None:
        cluster(engine)
        text, urns = engine.call("getKubeconfig", roleArn=UNKNOWN)
        assert text is UNKNOWN
        assert ROLE in urns

    def test_other_methods_are_refused_by_name(self, engine: Engine) -> None:
        with pytest.raises(AbortedError, match="does not offer eks:index:Cluster/createNodeGroup"):
            engine.call("createNodeGroup")
