"""A network with databases, a cache, a file system, a scaling group."""

import pulumi
import pulumi_aws as aws

z = aws.get_availability_zones().names
vpc = aws.ec2.Vpc("v", cidr_block="10.100.0.0/16", instance_tenancy="default", enable_dns_hostnames=True)
igw = aws.ec2.InternetGateway("i", vpc_id=vpc.id)
rt = aws.ec2.RouteTable(
    "rt", vpc_id=vpc.id, routes=[aws.ec2.RouteTableRouteArgs(cidr_block="0.0.0.0/0", gateway_id=igw.id)]
)
ids = []
for n, a in enumerate(z[:2]):
    s = aws.ec2.Subnet(
        f"s{n}", vpc_id=vpc.id, cidr_block=f"10.100.{n}.0/24", map_public_ip_on_launch=True, availability_zone=a
    )
    aws.ec2.RouteTableAssociation(f"a{n}", route_table_id=rt.id, subnet_id=s.id)
    ids.append(s.id)
eip = aws.ec2.Eip("e", domain="vpc")
nat = aws.ec2.NatGateway("n", subnet_id=ids[0], allocation_id=eip.id)
sg = aws.ec2.SecurityGroup("web", vpc_id=vpc.id)
aws.ec2.SecurityGroupRule(
    "sr", type="ingress", from_port=0, to_port=0, protocol="-1", security_group_id=sg.id, self=True
)
aws.vpc.SecurityGroupIngressRule(
    "ir", security_group_id=sg.id, ip_protocol="tcp", from_port=1, to_port=2, cidr_ipv4="10.0.0.0/8"
)
aws.ec2.VpcEndpoint("ep", vpc_id=vpc.id, service_name="com.amazonaws.us-east-1.s3", route_table_ids=[rt.id])
sng = aws.rds.SubnetGroup("sng", subnet_ids=ids)
db = aws.rds.Instance(
    "db",
    engine="mysql",
    engine_version="8.0",
    instance_class="db.t3.micro",
    allocated_storage=20,
    db_name="d",
    username="u",
    password=pulumi.Output.secret("abcdefgh"),
    skip_final_snapshot=True,
    db_subnet_group_name=sng.name,
    vpc_security_group_ids=[sg.id],
)
cl = aws.rds.Cluster(
    "cl",
    engine="aurora-postgresql",
    engine_mode="provisioned",
    serverlessv2_scaling_configuration={"min_capacity": 0.5, "max_capacity": 1},
    master_username="u",
    master_password="abcdefgh1",
    skip_final_snapshot=True,
    db_subnet_group_name=sng.name,
)
aws.rds.ClusterInstance(
    "ci", cluster_identifier=cl.id, instance_class="db.serverless", engine=cl.engine, engine_version=cl.engine_version
)
aws.elasticache.SubnetGroup("esg", subnet_ids=ids)
aws.elasticache.Cluster("ec", engine="redis", node_type="cache.t3.micro", num_cache_nodes=1)
fs = aws.efs.FileSystem("fs")
aws.efs.MountTarget("mt", file_system_id=fs.id, subnet_id=ids[0])
lt = aws.ec2.LaunchTemplate("lt", image_id="ami-12345678", instance_type="t3.micro")
aws.autoscaling.Group(
    "asg", min_size=1, max_size=2, vpc_zone_identifiers=ids, launch_template={"id": lt.id, "version": "$Latest"}
)
pulumi.export("ep", db.endpoint)
