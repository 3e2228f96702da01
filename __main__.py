"""The trading platform: one stack is one environment, shaped only by its configuration."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

import config
from components.kms import KeyDomain, Kms, KmsArgs
from components.network import Network, NetworkArgs
from components.scope import Scope

stack = config.load()
scope = Scope(prefix=stack.stack, account_id=stack.account_id, region=stack.region)
tags = {
    "Environment": stack.stack,
    "Owner": stack.owner,
    "CostCenter": stack.cost_center,
    "Project": stack.project,
    "ManagedBy": "Pulumi",
}
provider = aws.Provider(
    "aws",
    region=stack.region,
    # A stack that is pointed at the wrong account stops before it changes anything.
    allowed_account_ids=[stack.account_id],
    default_tags=aws.ProviderDefaultTagsArgs(tags=tags),
)
opts = pulumi.ResourceOptions(provider=provider)

keys = Kms("keys", KmsArgs(scope=scope, settings=stack.kms), opts)
network = Network(
    "network",
    NetworkArgs(
        scope=scope,
        settings=stack.network,
        logs_key_arn=keys.arn(KeyDomain.LOGS),
        api_cidrs=stack.cluster.private_cidrs,
    ),
    opts,
)

pulumi.export("vpcId", network.vpc_id)
pulumi.export("vpcCidr", network.vpc_cidr)
pulumi.export("publicSubnetIds", network.public_subnet_ids)
pulumi.export("privateSubnetIds", network.private_subnet_ids)
pulumi.export("databaseSubnetIds", network.database_subnet_ids)
pulumi.export("natPublicIps", network.nat_public_ips)
pulumi.export("keyArns", {domain.value: key.arn for domain, key in keys.keys.items()})
