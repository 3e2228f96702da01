"""Networks of `pulumi_awsx`, laid out in every way, and the account's own."""

import pulumi
import pulumi_aws as aws
import pulumi_awsx as awsx
import pulumi_eks as eks

plain = awsx.ec2.Vpc("plain")
single = awsx.ec2.Vpc(
    "single",
    cidr_block="10.1.0.0/16",
    number_of_availability_zones=2,
    nat_gateways={"strategy": awsx.ec2.NatGatewayStrategy.SINGLE},
    subnet_specs=[
        {"type": awsx.ec2.SubnetType.PUBLIC, "cidr_mask": 22},
        {"type": awsx.ec2.SubnetType.PRIVATE, "cidr_mask": 20, "tags": {"tier": "nodes"}},
        {"type": awsx.ec2.SubnetType.ISOLATED, "name": "db"},
    ],
    tags={"team": "sre"},
)
auto = awsx.ec2.Vpc(
    "auto",
    cidr_block="10.2.0.0/20",
    subnet_strategy=awsx.ec2.SubnetAllocationStrategy.AUTO,
    nat_gateways=awsx.ec2.NatGatewayConfigurationArgs(strategy=awsx.ec2.NatGatewayStrategy.NONE),
    subnet_specs=[awsx.ec2.SubnetSpecArgs(type=awsx.ec2.SubnetType.PUBLIC)],
    vpc_endpoint_specs=[{"service_name": "com.amazonaws.us-east-1.s3"}],
)
default = awsx.ec2.DefaultVpc("default")
known = awsx.ec2.get_default_vpc()

group = aws.ec2.SecurityGroup("group", vpc_id=plain.vpc_id)
aws.ec2.Instance(
    "server",
    ami="ami-0123456789abcdef0",
    instance_type="t3.micro",
    subnet_id=plain.public_subnet_ids[0],
    vpc_security_group_ids=[group.id],
)
eks.Cluster(
    "cluster",
    vpc_id=single.vpc_id,
    public_subnet_ids=single.public_subnet_ids,
    private_subnet_ids=single.private_subnet_ids,
    node_associate_public_ip_address=False,
)
pulumi.export("blocks", plain.subnets.apply(lambda subnets: [each.cidr_block for each in subnets]))
pulumi.export("addresses", single.eips.apply(len))
pulumi.export("default", default.public_subnet_ids.apply(lambda ids: sorted(ids) == sorted(known.public_subnet_ids)))
