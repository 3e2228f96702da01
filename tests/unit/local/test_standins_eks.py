"""The remote components of pulumi-eks: the children that they register, and what they hand to the program."""

from __future__ import annotations

import json

import pytest
from pulumi.runtime.proto import alias_pb2

from local.providers.values import UNKNOWN, Reference, Secret, Values
from tests.unit.local.eks import ALL_DEFAULTS, CLUSTER, GROUP, ROLE, SUBNET, Engine, cluster
from tests.unit.standins import AbortedError, urn


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
