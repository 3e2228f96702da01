"""`eks:index:Cluster` and its children, after pulumi-eks 4.4."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pulumi.runtime.proto import provider_pb2

from local.providers.check import Failure
from local.providers.eks import workers
from local.providers.eks.cni import register_vpc_cni
from local.providers.eks.documents import EVERYTHING, issuer, kubeconfig, merged, node_rules
from local.providers.eks.roles import Service, service_role
from local.providers.monitor import Monitor, Options, Output, Registered, combine, json_text
from local.providers.package import Refused
from local.providers.values import Reference

_ADDON = "aws:eks/addon:Addon"
_GROUP = "aws:ec2/securityGroup:SecurityGroup"
_RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"
# What the real component offers and the stand-in does not.
_NOT_OFFERED = ("autoMode", "creationRoleProvider", "fargate", "storageClasses")
# The root certificate authority behind the OIDC endpoints of EKS.
_THUMBPRINT = "9e99a48a9960b14926bb7f3b02e22da2b0ab7280"


def construct_cluster(request: provider_pb2.ConstructRequest, monitor: Monitor) -> provider_pb2.ConstructResponse:
    """Create the cluster, its security groups, add-ons, access entries, OIDC provider and Kubernetes provider."""
    if failures := tuple(_failures(monitor)):
        raise Refused(f"the inputs of the cluster {request.name!r} are invalid", failures)
    return _Cluster(monitor, monitor.component(request.parent)).construct()


def _failures(monitor: Monitor) -> Iterator[Failure]:
    """What the real component refuses, in its own words, and what the stand-in does not offer."""
    for name in _NOT_OFFERED:
        if monitor[name].value is not None:
            yield Failure(name, "the stand-in for eks does not offer this")
    yield from workers.failures(monitor)
    if monitor["publicAccessCidrs"].value and monitor["endpointPublicAccess"].value is False:
        yield Failure("publicAccessCidrs", "`publicAccessCidrs` can only be set when `endpointPublicAccess` is true")
    apart = [name for name in ("publicSubnetIds", "privateSubnetIds") if monitor[name].value is not None]
    if monitor["subnetIds"].value is not None and apart:
        yield Failure(
            "subnetIds",
            "subnetIds, and the use of publicSubnetIds and/or privateSubnetIds are mutually exclusive. "
            "Choose a single approach.",
        )
    mode = monitor["authenticationMode"].value
    if monitor["accessEntries"].value and mode not in ("API", "API_AND_CONFIG_MAP"):
        state = f"set to '{mode}'" if mode else "not set"
        yield Failure(
            "accessEntries", f"The 'accessEntries' property is not supported when 'authenticationMode' is {state}."
        )
    for name in ("roleMappings", "userMappings", "instanceRoles") if mode == "API" else ():
        if monitor[name].value:
            reason = (
                f"The '{name}' property does not support non-empty values when 'authenticationMode' is set to 'API'."
            )
            yield Failure(name, reason)


class _Cluster:
    """One cluster under construction."""

    def __init__(self, monitor: Monitor, component: Registered) -> None:
        self.monitor = monitor
        self.component = component
        self.name = monitor.name
        self.tags = monitor["tags"]
        self.vpc = monitor["vpcId"]
        self.subnets = self._given_subnets()
        self.ingress_rule: Registered | None = None
        """The rule that opens the API server to nodes."""

    def construct(self) -> provider_pb2.ConstructResponse:
        """Register the cluster, then all that only waits for it at the same time, and hand out the outputs."""
        if self.vpc.value is None:
            self._use_default_network()
        role, attachments = self._service_role()
        group = self._cluster_security_group()
        cluster = self._cluster(role, group, attachments)
        parts: dict[str, Callable[[Registered], Registered | None]] = {
            "kubeProxy": lambda cluster: self._addon(cluster, "kube-proxy", "kubeProxyAddonOptions", True),
            "coredns": lambda cluster: self._addon(cluster, "coredns", "corednsAddonOptions", False),
            "vpcCni": self._access_and_network_plugin,
            "oidcProvider": self._oidc_provider,
            "provider": self._kubernetes_provider,
            "nodeGroup": lambda cluster: self._node_security_group(cluster, group),
        }
        with ThreadPoolExecutor(len(parts)) as pool:
            futures = {name: pool.submit(build, cluster) for name, build in parts.items()}
            built = {name: future.result() for name, future in futures.items()}
        access = workers.node_access(self.monitor, self.component)
        if self._by_config_map():
            built["nodeAccess"] = workers.map_access(self.monitor, self.component, access, built["provider"])
        if self._by_entries() and access.role is not None:
            entry = {"principalArn": self.monitor.read(access.role).get("arn"), "type": "EC2_LINUX"}
            self._access_entry(cluster, "defaultNodeGroupInstanceRole", entry)
        if not self.monitor["skipDefaultNodeGroup"].value:
            built["workers"] = self._workers(cluster, access, built)
        return self.monitor.finish(self.component, self._outputs(role, group, cluster, built, access))

    def _by_config_map(self) -> bool:
        return self.monitor["authenticationMode"].value in (None, "CONFIG_MAP", "API_AND_CONFIG_MAP")

    def _by_entries(self) -> bool:
        return self.monitor["authenticationMode"].value in ("API", "API_AND_CONFIG_MAP")

    def _use_default_network(self) -> None:
        """The default VPC, with its subnets unless the program names some."""
        self.vpc = self.monitor.invoke("aws:ec2/getVpc:getVpc", {"default": True}).get("id")
        if not any(self.monitor[name].value for name in ("subnetIds", "publicSubnetIds", "privateSubnetIds")):
            filters = [{"name": "vpc-id", "values": [self.vpc]}]
            self.subnets = self.monitor.invoke("aws:ec2/getSubnets:getSubnets", {"filters": filters}).get("ids")

    def _workers(
        self, cluster: Registered, access: workers.Access, built: Mapping[str, Registered | None]
    ) -> Registered:
        nodes, ingress = built["nodeGroup"], self.ingress_rule
        if nodes is None or ingress is None:
            reason = "clusterSecurityGroup is required when creating the default node group."
            raise Refused(reason, (Failure("skipDefaultSecurityGroups", reason),))
        group = Output(nodes.id, frozenset({nodes.urn, ingress.urn}))
        after = tuple(part for part in (built["vpcCni"], built.get("nodeAccess")) if part is not None)
        made = workers.Workers(self.monitor, self.component, cluster, self.subnets)
        return made.create(access, group, after)

    def _service_role(self) -> tuple[Output, tuple[Registered, ...]]:
        """The role of the control plane, given or made here, and what has to be attached to it first."""
        if self.monitor["serviceRole"].value is not None:
            return self.monitor["serviceRole"], ()
        service = Service(
            "eks.amazonaws.com",
            ("AmazonEKSClusterPolicy",),
            actions=("sts:AssumeRole", "sts:TagSession"),
            description="Allows EKS to manage clusters on your behalf.",
        )
        made = service_role(self.monitor, f"{self.name}-eksRole", self.component, service)
        return made.role.reference, made.attachments

    def _cluster_security_group(self) -> Output:
        given = self.monitor["clusterSecurityGroup"]
        if given.value is not None or self.monitor["skipDefaultSecurityGroups"].value:
            return given
        name = f"{self.name}-eksClusterSecurityGroup"
        tags = merged({"Name": name}, self.monitor["clusterSecurityGroupTags"], self.tags)
        inputs = {"vpcId": self.vpc, "revokeRulesOnDelete": True, "tags": tags}
        group = self.monitor.resource(_GROUP, name, self.component, inputs)
        egress = {"description": "Allow internet access.", "type": "egress", "cidrBlocks": ["0.0.0.0/0"], **EVERYTHING}
        self._rule("eksClusterInternetEgressRule", {**egress, "securityGroupId": group["id"]})
        return group.reference

    def _cluster(self, role: Output, group: Output, attachments: tuple[Registered, ...]) -> Registered:
        given = self.monitor
        key, mode = given["encryptionConfigKeyArn"], given["authenticationMode"]
        inputs = {
            "name": given["name"],
            "roleArn": self.monitor.read(role).get("arn"),
            "kubernetesNetworkConfig": self._service_network(),
            "bootstrapSelfManagedAddons": given["bootstrapSelfManagedAddons"].otherwise(True),
            "vpcConfig": {
                "securityGroupIds": None if group.value is None else [self._identifier(group)],
                "subnetIds": self.subnets,
                "endpointPrivateAccess": given["endpointPrivateAccess"],
                "endpointPublicAccess": given["endpointPublicAccess"],
                "publicAccessCidrs": given["publicAccessCidrs"],
            },
            "version": given["version"],
            "enabledClusterLogTypes": given["enabledClusterLogTypes"],
            "tags": merged({"Name": f"{self.name}-eksCluster"}, given["clusterTags"], self.tags),
            "encryptionConfig": None if key.value is None else {"provider": {"keyArn": key}, "resources": ["secrets"]},
            # The real component always makes the cluster's creator an administrator of it.
            "accessConfig": None
            if mode.value is None
            else {"authenticationMode": mode, "bootstrapClusterCreatorAdminPermissions": True},
            "upgradePolicy": given["upgradePolicy"],
            "deletionProtection": given["deletionProtection"],
        }
        ignored = ("accessConfig.bootstrapClusterCreatorAdminPermissions", "bootstrapSelfManagedAddons")
        options = Options(depends_on=attachments, ignore_changes=ignored)
        return self.monitor.resource(
            "aws:eks/cluster:Cluster", f"{self.name}-eksCluster", self.component, inputs, options
        )

    def _service_network(self) -> dict[str, Output] | None:
        addresses, family = self.monitor["kubernetesServiceIpAddressRange"], self.monitor["ipFamily"]
        if addresses.value is None and family.value is None:
            return None
        return {"serviceIpv4Cidr": addresses, "ipFamily": family.otherwise("ipv4")}

    def _given_subnets(self) -> Output:
        if self.monitor["subnetIds"].value is not None:
            return self.monitor["subnetIds"]
        public, private = self.monitor["publicSubnetIds"], self.monitor["privateSubnetIds"]
        return combine(lambda first, second: first + second, public.otherwise([]), private.otherwise([]))

    def _addon(self, cluster: Registered, addon: str, options_name: str, by_default: bool) -> Registered | None:
        options = self.monitor[options_name].value or {}
        # CoreDNS needs nodes, so it waits until somebody asks for it.
        wanted = options.get("enabled", by_default) or (not by_default and "configurationValues" in options)
        if not wanted:
            return None
        inputs = {
            "clusterName": cluster["name"],
            "addonName": addon,
            "preserve": True,
            "tags": self.tags,
            "resolveConflictsOnCreate": options.get("resolveConflictsOnCreate", "OVERWRITE"),
            "resolveConflictsOnUpdate": options.get("resolveConflictsOnUpdate", "OVERWRITE"),
            "addonVersion": options.get("version"),
            "configurationValues": json_text(options.get("configurationValues")),
        }
        return self.monitor.resource(_ADDON, f"{self.name}-{addon}", self.component, inputs)

    def _access_and_network_plugin(self, cluster: Registered) -> Registered | None:
        for name, entry in (self.monitor["accessEntries"].value or {}).items():
            self._access_entry(cluster, name, entry)
        if self.monitor["useDefaultVpcCni"].value is True:
            return None
        name = f"{self.name}-vpc-cni"
        component = self.monitor.inner_component("eks:index:VpcCniAddon", name, self.component)
        options = {**(self.monitor["vpcCniOptions"].value or {}), "clusterName": cluster["name"]}
        register_vpc_cni(self.monitor, name, component, options, self.tags)
        return component

    def _access_entry(self, cluster: Registered, name: str, entry: Mapping[str, Any]) -> None:
        own = {key: value for key, value in entry.items() if key not in ("accessPolicies", "username")}
        inputs = {**own, "clusterName": cluster["name"], "userName": entry.get("username")}
        options = Options(depends_on=(cluster,))
        registered = self.monitor.resource(
            "aws:eks/accessEntry:AccessEntry", f"{self.name}-{name}", self.component, inputs, options
        )
        for label, association in entry.get("accessPolicies", {}).items():
            self.monitor.resource(
                "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
                f"{self.name}-{name}-{label}",
                registered,
                {**association, "principalArn": entry["principalArn"], "clusterName": cluster["name"]},
                Options(depends_on=(registered,)),
            )

    def _oidc_provider(self, cluster: Registered) -> Registered | None:
        if not self.monitor["createOidcProvider"].value:
            return None
        inputs = {"clientIdLists": ["sts.amazonaws.com"], "url": issuer(cluster), "thumbprintLists": [_THUMBPRINT]}
        return self.monitor.resource(
            "aws:iam/openIdConnectProvider:OpenIdConnectProvider", f"{self.name}-oidcProvider", self.component, inputs
        )

    def _kubernetes_provider(self, cluster: Registered) -> Registered:
        inputs = {"kubeconfig": json_text(self._kubeconfig(cluster, with_profile=True))}
        options = Options(version=importlib.metadata.version("pulumi_kubernetes"))
        return self.monitor.resource(
            "pulumi:providers:kubernetes", f"{self.name}-eks-k8s", self.component, inputs, options
        )

    def _node_security_group(self, cluster: Registered, group: Output) -> Registered | None:
        """The group for nodes, with its rules and the one that opens the API to them."""
        if self.monitor["skipDefaultSecurityGroups"].value:
            return None
        name = f"{self.name}-nodeSecurityGroup"
        owned = combine(lambda cluster_name: {f"kubernetes.io/cluster/{cluster_name}": "owned"}, cluster["name"])
        tags = merged({"Name": name}, owned, self.monitor["nodeSecurityGroupTags"], self.tags)
        inputs = {"vpcId": self.vpc, "revokeRulesOnDelete": True, "tags": tags}
        nodes = self.monitor.resource(_GROUP, name, self.component, inputs)
        rules = node_rules(nodes["id"], self._identifier(group))
        registered = {label: self._rule(label, rule) for label, rule in rules.items()}
        self.ingress_rule = registered["eksClusterIngressRule"]
        return nodes

    def _rule(self, label: str, inputs: Mapping[str, Any]) -> Registered:
        return self.monitor.resource(_RULE, f"{self.name}-{label}", self.component, inputs)

    def _identifier(self, reference: Output) -> Output:
        value = reference.value
        return Output(value.id, reference.urns | {value.urn}) if isinstance(value, Reference) else reference

    def _kubeconfig(self, cluster: Registered, with_profile: bool) -> Output:
        credentials = self.monitor["providerCredentialOpts"].otherwise({})
        authority = cluster["certificateAuthority"].get("data")
        if not with_profile:
            # Others use the kubeconfig with credentials of their own.
            credentials = combine(lambda given: {key: given[key] for key in given if key != "profileName"}, credentials)
        parts = (cluster["name"], cluster["endpoint"], cluster["arn"], authority, credentials)
        return combine(kubeconfig, *parts)

    def _outputs(
        self,
        role: Output,
        group: Output,
        cluster: Registered,
        built: Mapping[str, Registered | None],
        access: workers.Access,
    ) -> dict[str, Any]:
        scaling, roles = built.get("workers"), self._roles(access)
        nodes, oidc = built["nodeGroup"], built["oidcProvider"]
        own_group = cluster["vpcConfig"].get("clusterSecurityGroupId")
        config = self._kubeconfig(cluster, with_profile=False)
        ingress = self.ingress_rule
        return {
            "autoModeNodeRoleName": "",
            "clusterIngressRuleId": ingress["securityGroupRuleId"] if ingress else "",
            "clusterSecurityGroup": group,
            "clusterSecurityGroupId": own_group if group.value is None else self._identifier(group),
            "core": {**self._core(role, group, cluster, built), "instanceRoles": roles},
            "defaultNodeGroup": {
                "autoScalingGroup": scaling.reference,
                "extraNodeSecurityGroups": [],
                "nodeSecurityGroup": nodes.reference,
            }
            if scaling and nodes
            else None,
            "defaultNodeGroupAsgName": scaling["name"] if scaling else "",
            "eksCluster": cluster.reference,
            "eksClusterIngressRule": ingress.reference if ingress else None,
            "fargateProfileId": "",
            "fargateProfileStatus": "",
            "instanceRoles": roles,
            "kubeconfig": config,
            "kubeconfigJson": json_text(config),
            "nodeSecurityGroup": nodes.reference if nodes else None,
            "nodeSecurityGroupId": nodes["id"] if nodes else own_group,
            "oidcIssuer": combine(lambda url: url.removeprefix("https://"), issuer(cluster)),
            "oidcProviderArn": oidc["arn"] if oidc else "",
            "oidcProviderUrl": issuer(cluster),
        }

    def _roles(self, access: workers.Access) -> Any:
        """The roles that the component knows nodes by."""
        return [access.role] if access.role is not None else self.monitor["instanceRoles"].otherwise([])

    def _core(
        self, role: Output, group: Output, cluster: Registered, built: Mapping[str, Registered | None]
    ) -> dict[str, Any]:
        key = self.monitor["encryptionConfigKeyArn"]
        references = {name: part.reference for name, part in built.items() if part is not None}
        return {
            "accessEntries": list((self.monitor["accessEntries"].value or {}).values()),
            "autoModeNodeRoleName": "",
            "cluster": cluster.reference,
            "clusterIamRole": role,
            "clusterSecurityGroup": group,
            "encryptionConfig": None if key.value is None else {"provider": {"keyArn": key}, "resources": ["secrets"]},
            "endpoint": cluster["endpoint"],
            "eksNodeAccess": references.get("nodeAccess"),
            "kubeconfig": self._kubeconfig(cluster, with_profile=False),
            "nodeGroupOptions": {"version": self.monitor["version"]},
            "nodeSecurityGroupTags": self.monitor["nodeSecurityGroupTags"],
            "oidcProvider": references.get("oidcProvider"),
            "privateSubnetIds": self.monitor["privateSubnetIds"],
            "provider": references["provider"],
            "publicSubnetIds": self.monitor["publicSubnetIds"],
            "storageClasses": {},
            "subnetIds": self.subnets,
            "tags": self.tags,
            "vpcCni": references.get("vpcCni"),
            "vpcId": self.vpc,
        }
