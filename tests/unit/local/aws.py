"""Resources of AWS as tests of the stand-in ask for them."""

from __future__ import annotations

from pulumi.runtime.proto import provider_pb2

from local.providers.values import Values

VPC = "aws:ec2/vpc:Vpc"
SUBNET = "aws:ec2/subnet:Subnet"
EIP = "aws:ec2/eip:Eip"
NAT = "aws:ec2/natGateway:NatGateway"
KEY = "aws:kms/key:Key"
ROLE = "aws:iam/role:Role"
BUCKET = "aws:s3/bucket:Bucket"
DATABASE = "aws:rds/instance:Instance"
CACHE = "aws:elasticache/replicationGroup:ReplicationGroup"
CLUSTER = "aws:eks/cluster:Cluster"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
GROUP = "aws:ec2/securityGroup:SecurityGroup"

AUTONAMING = provider_pb2.CheckRequest.AutonamingOptions
TRUST = '{"Version":"2012-10-17","Statement":[]}'
DATABASE_INPUTS: Values = {
    "identifier": "orders",
    "engine": "postgres",
    "engineVersion": "15.12",
    "instanceClass": "db.r6g.large",
    "allocatedStorage": 100,
    "skipFinalSnapshot": True,
}
CACHE_INPUTS: Values = {
    "replicationGroupId": "orders",
    "description": "d",
    "numNodeGroups": 2,
    "replicasPerNodeGroup": 1,
}
CLUSTER_INPUTS: Values = {
    "name": "c",
    "roleArn": "arn:aws:iam::210987654321:role/r",
    "vpcConfig": {"subnetIds": ["subnet-1"], "endpointPublicAccess": False},
}
