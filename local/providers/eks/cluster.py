"""`eks:index:Cluster` and its children, after pulumi-eks 4.4."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from pulumi.runtime.proto import provider_pb2

from local.providers.check import Failure
from local.providers.eks import modes, workers
from local.providers.eks.cni import register_vpc_cni
from local.providers.eks.documents import EVERYTHING, issuer, kubeconfig, merged
from local.providers.eks.roles import Service, ServiceRole, service_role
from local.providers.eks.security import GROUP, NodeGroupSecurity, identifier, node_security, rule
from local.providers.monitor import Monitor, Options, Output, Registered, combine, json_text
from local.providers.package import Refused

_ADDON = "aws:eks/addon:Addon"
# What the real component offers and the stand-in does not.
_NOT_OFFERED = ("creationRoleProvider",)
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
    if modes.is_automatic(monitor) and mode not in ("API", "API_AND_CONFIG_MAP"):
        needed = "Use the authentication mode 'API' or 'API_AND_CONFIG_MAP'."
        yield Failure("autoMode", f"Access entries are required when using EKS Auto Mode. {needed}")
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
        self.automatic = modes.is_automatic(monitor)
        self.auto_role: ServiceRole | None = None
        """The role of nodes that EKS runs by itself."""
        self.security: NodeGroupSecurity | None = None
        """What opens the API server to nodes."""

    def construct(self) -> provider_pb2.ConstructResponse:
        """Register the cluster, then all that only waits for it at the same time, and hand out the outputs."""
        if self.vpc.value is None:
            self._use_default_network()
        role, attachments = self._service_role()
        group = self._cluster_security_group()
        self.auto_role = modes.auto_node_role(self.monitor, self.component)
        cluster = self._cluster(role, group, attachments)
        parts: dict[str, Callable[[Registered], Registered | None]] = {
            "kubeProxy": self._kube_proxy,
            "vpcCni": self._access_and_network_plugin,
            "oidcProvider": self._oidc_provider,
            "provider": self._kubernetes_provider,
            "nodeGroup": lambda cluster: self._node_security_group(cluster, group),
        }
        skips = self._skips_nodes()
        with ThreadPoolExecutor(len(parts)) as pool:
            futures = {name: pool.submit(build, cluster) for name, build in parts.items()}
            built = {name: future.result() for name, future in futures.items()}
        access = workers.node_access(self.monitor, self.component)
        if self._by_config_map():
            built["nodeAccess"] = workers.map_access(self.monitor, self.component, access, built["provider"])
        if self._by_entries() and access.role is not None:
            entry = {"principalArn": self.monitor.read(access.role).get("arn"), "type": "EC2_LINUX"}
            self._access_entry(cluster, "defaultNodeGroupInstanceRole", entry)
        self._after_access(cluster, built)
        if not skips:
            built["workers"] = self._workers(cluster, access, built)
        return self.monitor.finish(self.component, self._outputs(role, group, cluster, built, access))

    def _skips_nodes(self) -> bool:
        return bool(self.monitor["skipDefaultNodeGroup"].value or self.monitor["fargate"].value or self.automatic)

    def _skips_groups(self) -> bool:
        asked = self.monitor["skipDefaultSecurityGroups"].value
        return self.automatic if asked is None else bool(asked)

    def _after_access(self, cluster: Registered, built: dict[str, Registered | None]) -> None:
        """Storage classes, the profile for Fargate, and CoreDNS where there is something for it to run on."""
        monitor, access = self.monitor, built.get("nodeAccess")
        after = (access,) if access else ()
        self.classes = modes.storage_classes(monitor, self.component, built["provider"], after)
        subnets = workers.first_given(monitor, "privateSubnetIds", "publicSubnetIds").otherwise(self.subnets.value)
        subnets = Output(subnets.value, subnets.urns | self.subnets.urns)
        built["fargate"] = modes.fargate_profile(monitor, self.component, cluster, subnets, access)
        options = monitor["corednsAddonOptions"].value or {}
        has_room = built["fargate"] or self.automatic or not monitor["skipDefaultNodeGroup"].value
        asked = options.get("enabled") is True or options.get("configurationValues")
        if asked or (has_room and options.get("enabled") is not False):
            profile = built["fargate"]
            own = {"computeType": "Fargate", **(options.get("configurationValues") or {})} if profile else None
            options = {**options, "configurationValues": own} if own else options
            built["coredns"] = self._addon(cluster, "coredns", options, (profile,) if profile else ())

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
        if self.security is None:
            reason = "clusterSecurityGroup is required when creating the default node group."
            raise Refused(reason, (Failure("skipDefaultSecurityGroups", reason),))
        after = tuple(part for part in (built["vpcCni"], built.get("nodeAccess")) if part is not None)
        given = workers.first_given(self.monitor, "privateSubnetIds", "publicSubnetIds")
        subnets = self.subnets if given.value is None else given
        option = partial(workers.cluster_option, self.monitor)
        made = workers.Workers(self.monitor, self.component, cluster, subnets, option)
        return made.create(access.profile, [workers.opened(self.security)], after)

    def _service_role(self) -> tuple[Output, tuple[Registered, ...]]:
        """The role of the control plane, given or made here, and what has to be attached to it first."""
        if self.monitor["serviceRole"].value is not None:
            return self.monitor["serviceRole"], ()
        service = Service(
            "eks.amazonaws.com",
            ("AmazonEKSClusterPolicy", *(modes.AUTO_MODE_POLICIES if self.automatic else ())),
            actions=("sts:AssumeRole", "sts:TagSession"),
            description="Allows EKS to manage clusters on your behalf.",
        )
        made = service_role(self.monitor, f"{self.name}-eksRole", self.component, service)
        return made.role.reference, made.attachments

    def _cluster_security_group(self) -> Output:
        given = self.monitor["clusterSecurityGroup"]
        if given.value is not None or self._skips_groups():
            return given
        name = f"{self.name}-eksClusterSecurityGroup"
        tags = merged({"Name": name}, self.monitor["clusterSecurityGroupTags"], self.tags)
        inputs = {"vpcId": self.vpc, "revokeRulesOnDelete": True, "tags": tags}
        group = self.monitor.resource(GROUP, name, self.component, inputs)
        egress = {"description": "Allow internet access.", "type": "egress", "cidrBlocks": ["0.0.0.0/0"], **EVERYTHING}
        opened = {**egress, "securityGroupId": group["id"]}
        rule(self.monitor, self.component, "eksClusterInternetEgressRule", opened)
        return group.reference

    def _cluster(self, role: Output, group: Output, attachments: tuple[Registered, ...]) -> Registered:
        given = self.monitor
        key, mode = given["encryptionConfigKeyArn"], given["authenticationMode"]
        inputs = {
            "name": given["name"],
            "roleArn": self.monitor.read(role).get("arn"),
            "kubernetesNetworkConfig": self._service_network(),
            "bootstrapSelfManagedAddons": not self.automatic and given["bootstrapSelfManagedAddons"].otherwise(True),
            "vpcConfig": {
                "securityGroupIds": None if group.value is None else [identifier(group)],
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
            **(modes.auto_mode(given, self.auto_role) if self.automatic else {}),
        }
        ignored = ("accessConfig.bootstrapClusterCreatorAdminPermissions", "bootstrapSelfManagedAddons")
        attachments += self.auto_role.attachments if self.auto_role else ()
        options = Options(depends_on=attachments, ignore_changes=ignored)
        return self.monitor.resource(
            "aws:eks/cluster:Cluster", f"{self.name}-eksCluster", self.component, inputs, options
        )

    def _service_network(self) -> dict[str, Any] | None:
        addresses, family = self.monitor["kubernetesServiceIpAddressRange"], self.monitor["ipFamily"]
        if addresses.value is None and family.value is None and not self.automatic:
            return None
        balancing = {"elasticLoadBalancing": {"enabled": True}} if self.automatic else {}
        return {"serviceIpv4Cidr": addresses, "ipFamily": family.otherwise("ipv4"), **balancing}

    def _given_subnets(self) -> Output:
        if self.monitor["subnetIds"].value is not None:
            return self.monitor["subnetIds"]
        public, private = self.monitor["publicSubnetIds"], self.monitor["privateSubnetIds"]
        return combine(lambda first, second: first + second, public.otherwise([]), private.otherwise([]))

    def _kube_proxy(self, cluster: Registered) -> Registered | None:
        options = self.monitor["kubeProxyAddonOptions"].value or {}
        return self._addon(cluster, "kube-proxy", options) if options.get("enabled", not self.automatic) else None

    def _addon(
        self, cluster: Registered, addon: str, options: Mapping[str, Any], after: tuple[Registered, ...] = ()
    ) -> Registered:
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
        return self.monitor.resource(_ADDON, f"{self.name}-{addon}", self.component, inputs, Options(depends_on=after))

    def _access_and_network_plugin(self, cluster: Registered) -> Registered | None:
        for name, entry in (self.monitor["accessEntries"].value or {}).items():
            self._access_entry(cluster, name, entry)
        if self.monitor["useDefaultVpcCni"].otherwise(self.automatic).value is True:
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
        inputs = {
            "kubeconfig": json_text(self._kubeconfig(cluster, with_profile=True)),
            "enableConfigMapMutable": self.monitor["enableConfigMapMutable"],
        }
        options = Options(version=importlib.metadata.version("pulumi_kubernetes"))
        return self.monitor.resource(
            "pulumi:providers:kubernetes", f"{self.name}-eks-k8s", self.component, inputs, options
        )

    def _node_security_group(self, cluster: Registered, group: Output) -> Registered | None:
        """The group for nodes, with its rules and the one that opens the API to them."""
        if self._skips_groups():
            return None
        given = {"vpcId": self.vpc, "tags": merged(self.monitor["nodeSecurityGroupTags"], self.tags)}
        self.security = node_security(self.monitor, self.component, identifier(group), cluster["name"], given)
        return self.security.group

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
        ingress = self.security.ingress if self.security else None
        profile = built["fargate"]
        return {
            "autoModeNodeRoleName": self.auto_role.role["name"] if self.auto_role else "",
            "clusterIngressRuleId": ingress["securityGroupRuleId"] if ingress else "",
            "clusterSecurityGroup": group,
            "clusterSecurityGroupId": own_group if group.value is None else identifier(group),
            "core": {
                **self._core(role, group, cluster, built),
                "instanceRoles": roles,
                "nodeGroupOptions": {"version": self.monitor["version"], "instanceProfileName": access.profile},
            },
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
            "fargateProfileId": profile["id"] if profile else "",
            "fargateProfileStatus": profile["status"] if profile else "",
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
            "autoModeNodeRoleName": self.auto_role.role["name"] if self.auto_role else "",
            "cluster": cluster.reference,
            "clusterIamRole": role,
            "clusterSecurityGroup": group,
            "encryptionConfig": None if key.value is None else {"provider": {"keyArn": key}, "resources": ["secrets"]},
            "endpoint": cluster["endpoint"],
            "eksNodeAccess": references.get("nodeAccess"),
            "kubeconfig": self._kubeconfig(cluster, with_profile=False),
            "nodeSecurityGroupTags": self.monitor["nodeSecurityGroupTags"],
            "oidcProvider": references.get("oidcProvider"),
            "privateSubnetIds": self.monitor["privateSubnetIds"],
            "provider": references["provider"],
            "publicSubnetIds": self.monitor["publicSubnetIds"],
            "fargateProfile": references.get("fargate"),
            "storageClasses": {name: made.reference for name, made in self.classes.items()},
            "subnetIds": self.subnets,
            "tags": self.tags,
            "vpcCni": references.get("vpcCni"),
            "vpcId": self.vpc,
        }
