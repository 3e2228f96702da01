"""How long AWS takes to create what the platform consists of, and what AWS makes wait for what.

The times are typical ones, until the provider calls the resource created. They come from provision logs that users of
the AWS provider have published, and from AWS's documentation:

- A control plane of EKS takes 8 to 15 minutes, by region (easontechtalk.com compares 21 of them).
- A Multi-AZ instance of RDS takes 15 to 20 minutes, one in a single zone 5 to 10 (hashicorp/terraform#498).
- A replication group of ElastiCache with replicas takes 10 to 15 minutes (hashicorp/terraform-provider-aws#17320: the
  times of tests that also delete one).
- Of the others, those that a log shows as "Still creating" have their time; the rest answers within seconds.

What matters is their order of magnitude: both sides of the comparison use the same times.
"""

from __future__ import annotations

from collections.abc import Mapping

MINUTE = 60.0

SECONDS: Mapping[str, float] = {
    "aws:backup/selection:Selection": 10,
    "aws:cfg/recorderStatus:RecorderStatus": 2,
    "aws:cloudtrail/trail:Trail": 5,
    "aws:ec2/eip:Eip": 2,
    "aws:ec2/natGateway:NatGateway": 2 * MINUTE,
    "aws:ec2/subnet:Subnet": 11,
    "aws:ec2/vpc:Vpc": 13,
    "aws:ec2/vpcEndpoint:VpcEndpoint": 2 * MINUTE,
    "aws:eks/addon:Addon": MINUTE,
    "aws:eks/cluster:Cluster": 9 * MINUTE,
    "aws:eks/nodeGroup:NodeGroup": 2.5 * MINUTE,
    "aws:elasticache/replicationGroup:ReplicationGroup": 12 * MINUTE,
    "aws:guardduty/detector:Detector": 5,
    "aws:iam/role:Role": 2,
    "aws:kms/key:Key": 10,
    "aws:rds/instance:Instance": 15 * MINUTE,
    "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication": 8 * MINUTE,
    "aws:s3/bucket:Bucket": 3,
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": 30,
    "aws:securityhub/account:Account": 10,
    "aws:securityhub/standardsSubscription:StandardsSubscription": MINUTE,
    "kubernetes:helm.sh/v3:Release": MINUTE,
}
OTHERS = 1.0
"""Everything else: one call, and one look at the result."""
REPLICA = 12 * MINUTE
"""A read replica of RDS, which is restored from a snapshot of its source."""
REPLICA_IN_OTHER_REGION = 25 * MINUTE
"""The same where that snapshot is copied to another region first."""


def creation_seconds(type_: str, inputs: Mapping[str, object]) -> float:
    """How long AWS takes to create a resource. What is no resource of a cloud takes no time."""
    if not type_.startswith(("aws:", "kubernetes:")):
        return 0.0
    source = inputs.get("replicateSourceDb")
    if type_ == "aws:rds/instance:Instance" and source:
        elsewhere = str(source).startswith("arn:") and str(source).split(":")[3] != inputs.get("region")
        return REPLICA_IN_OTHER_REGION if elsewhere else REPLICA
    return SECONDS.get(type_, OTHERS)


_NETWORK = {"aws:ec2/subnet:Subnet", "aws:ec2/securityGroup:SecurityGroup"}
_ROLE = {"aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy", "aws:iam/rolePolicyAttachment:RolePolicyAttachment"}
_ROUTES = {"aws:ec2/route:Route", "aws:ec2/routeTableAssociation:RouteTableAssociation"}
_RULES = {
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
}
_KEY = {"aws:kms/key:Key"}
_LOGS = {"aws:cloudwatch/logGroup:LogGroup"}
_ADDON = {"aws:eks/addon:Addon"}
_CLUSTER = {"aws:eks/cluster:Cluster"}
_NODES = {"aws:eks/nodeGroup:NodeGroup"}
_BUCKET = {"aws:s3/bucket:Bucket"}

IMPOSED: Mapping[str, set[str]] = {
    # EC2: what is inside of something needs it, a gateway for private networks its way to the Internet.
    "aws:ec2/subnet:Subnet": {"aws:ec2/vpc:Vpc"},
    "aws:ec2/securityGroup:SecurityGroup": {"aws:ec2/vpc:Vpc"},
    "aws:ec2/internetGateway:InternetGateway": {"aws:ec2/vpc:Vpc"},
    "aws:ec2/routeTable:RouteTable": {"aws:ec2/vpc:Vpc"},
    "aws:ec2/routeTableAssociation:RouteTableAssociation": {"aws:ec2/routeTable:RouteTable", "aws:ec2/subnet:Subnet"},
    "aws:ec2/natGateway:NatGateway": {
        "aws:ec2/eip:Eip",
        "aws:ec2/internetGateway:InternetGateway",
        "aws:ec2/subnet:Subnet",
    },
    "aws:ec2/route:Route": {
        "aws:ec2/internetGateway:InternetGateway",
        "aws:ec2/natGateway:NatGateway",
        "aws:ec2/routeTable:RouteTable",
    },
    "aws:ec2/vpcEndpoint:VpcEndpoint": {"aws:ec2/routeTable:RouteTable", "aws:ec2/vpc:Vpc", *_NETWORK},
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": {"aws:ec2/securityGroup:SecurityGroup"},
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": {"aws:ec2/securityGroup:SecurityGroup"},
    # EKS: the control plane assumes its role and writes its log; nodes fetch images and join through the network, and
    # are ready with their network plugin; deployments of add-ons and charts are ready when their pods run on nodes.
    "aws:eks/cluster:Cluster": {*_KEY, *_LOGS, *_NETWORK, *_ROLE},
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": _CLUSTER,
    "aws:iam/role:Role": {"aws:iam/openIdConnectProvider:OpenIdConnectProvider"},
    "aws:iam/rolePolicy:RolePolicy": {"aws:iam/role:Role"},
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": {"aws:iam/policy:Policy", "aws:iam/role:Role"},
    "aws:ec2/launchTemplate:LaunchTemplate": {"aws:ec2/securityGroup:SecurityGroup", *_CLUSTER, *_KEY},
    "aws:eks/nodeGroup:NodeGroup": {
        "aws:ec2/launchTemplate:LaunchTemplate",
        *_ADDON,
        *_CLUSTER,
        *_NETWORK,
        *_ROLE,
        *_ROUTES,
        *_RULES,
    },
    "aws:eks/addon:Addon": {*_CLUSTER, *_NODES, *_ROLE},
    "pulumi:providers:kubernetes": _CLUSTER,
    "kubernetes:helm.sh/v3:Release": {*_ADDON, *_NODES, *_ROLE},
    # Data stores: their place, keys and parameters; a copy needs its source, and copies to another region take turns.
    "aws:rds/subnetGroup:SubnetGroup": {"aws:ec2/subnet:Subnet"},
    "aws:elasticache/subnetGroup:SubnetGroup": {"aws:ec2/subnet:Subnet"},
    "aws:rds/instance:Instance": {
        "aws:ec2/securityGroup:SecurityGroup",
        "aws:rds/instance:Instance",
        "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication",
        "aws:rds/parameterGroup:ParameterGroup",
        "aws:rds/subnetGroup:SubnetGroup",
        *_KEY,
        *_LOGS,
        *_ROLE,
    },
    "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication": {
        "aws:rds/instance:Instance",
        *_KEY,
    },
    "aws:elasticache/replicationGroup:ReplicationGroup": {
        "aws:ec2/securityGroup:SecurityGroup",
        "aws:elasticache/parameterGroup:ParameterGroup",
        "aws:elasticache/subnetGroup:SubnetGroup",
        *_KEY,
        *_LOGS,
    },
    "aws:secretsmanager/secret:Secret": _KEY,
    "aws:secretsmanager/secretVersion:SecretVersion": {
        "aws:elasticache/replicationGroup:ReplicationGroup",
        "aws:rds/instance:Instance",
        "aws:secretsmanager/secret:Secret",
    },
    "aws:cloudwatch/logGroup:LogGroup": _KEY,
    # S3: replication needs versions on both sides and its role; a lifecycle needs the bucket.
    "aws:s3/bucketVersioning:BucketVersioning": _BUCKET,
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": {
        "aws:s3/bucketVersioning:BucketVersioning",
        *_BUCKET,
    },
    "aws:s3/bucketReplicationConfig:BucketReplicationConfig": {"aws:s3/bucketVersioning:BucketVersioning", *_ROLE},
}
"""What AWS makes a type of resource wait for, wherever the two belong together."""
_API = {"kubernetes:core/v1:Namespace", "pulumi:providers:kubernetes"}


def is_imposed(consumer: str, needed: str) -> bool:
    """Whether AWS, or the cluster's API, makes a resource of one type wait for one of another type."""
    return needed in IMPOSED.get(consumer, ()) or (consumer.startswith("kubernetes:") and needed in _API)
