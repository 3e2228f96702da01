"""Clusters of EKS as tests of the stand-in ask for them."""

from __future__ import annotations

from typing import Any

from pulumi.runtime.proto import provider_pb2

from local.providers.eks import Eks
from local.providers.values import Reference, Values, decode, encode
from tests.unit.standins import FakeEngine, instance, monitor, urn

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


def cluster(engine: Engine, **changes: Any) -> Values:
    inputs = {name: value for name, value in {**CLUSTER, **changes}.items() if value is not None}
    return engine.construct("eks:index:Cluster", "c", inputs)[0]
