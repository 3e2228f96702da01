"""The stand-in for pulumi-awsx, with the children that its components create."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.providers.awsx.balancers import construct_application, construct_attachment, construct_network
from local.providers.awsx.network import construct_default_vpc, construct_vpc
from local.providers.awsx.registry import construct_image, construct_repository
from local.providers.awsx.tasks import service, task_definition
from local.providers.components import Build, Components
from local.providers.values import Values

_BUILDERS: Mapping[str, Build] = {
    "awsx:ec2:DefaultVpc": construct_default_vpc,
    "awsx:ec2:Vpc": construct_vpc,
    "awsx:ecr:Image": construct_image,
    "awsx:ecr:Repository": construct_repository,
    "awsx:ecs:EC2Service": service("EC2"),
    "awsx:ecs:EC2TaskDefinition": task_definition("EC2"),
    "awsx:ecs:FargateService": service("FARGATE"),
    "awsx:ecs:FargateTaskDefinition": task_definition("FARGATE"),
    "awsx:lb:ApplicationLoadBalancer": construct_application,
    "awsx:lb:NetworkLoadBalancer": construct_network,
    "awsx:lb:TargetGroupAttachment": construct_attachment,
}


class Awsx(Components):
    """Networks, load balancers, containers and their images."""

    name = "awsx"

    def __init__(self) -> None:
        self.builders = _BUILDERS

    def invoke(self, token: str, arguments: Values, config: Mapping[str, Any]) -> Values:
        """The default network of the account."""
        if token != "awsx:ec2:getDefaultVpc":  # noqa: S105 - a function
            return super().invoke(token, arguments, config)
        vpc = self.look_up("aws:ec2/getVpc:getVpc", {"default": True}, config)["id"]
        filters = [{"name": "vpc-id", "values": [vpc]}]
        ids = self.look_up("aws:ec2/getSubnets:getSubnets", {"filters": filters}, config)["ids"]
        subnets = [self.look_up("aws:ec2/getSubnet:getSubnet", {"id": each}, config) for each in ids]
        public = [each["id"] for each in subnets if each["mapPublicIpOnLaunch"]]
        return {
            "vpcId": vpc,
            "publicSubnetIds": public,
            "privateSubnetIds": [each for each in ids if each not in public],
        }
