"""Which changes make a new resource instead of changing the one that is there."""

from __future__ import annotations

from collections.abc import Mapping

from local.providers.package import Replacement


def _replaced_by(paths: str, removals: str = "") -> Replacement:
    return Replacement(frozenset(paths.split()), frozenset(removals.split()))


# Changes of these make a new resource; from the Terraform provider's ForceNew attributes.
REPLACEMENTS: Mapping[str, Replacement] = {
    "aws:accessanalyzer/analyzer:Analyzer": _replaced_by("analyzerName type"),
    "aws:backup/selection:Selection": _replaced_by(
        "conditions iamRoleArn name notResources planId resources selectionTags"
    ),
    "aws:backup/vault:Vault": _replaced_by("kmsKeyArn name"),
    "aws:backup/vaultLockConfiguration:VaultLockConfiguration": _replaced_by(
        "backupVaultName changeableForDays maxRetentionDays minRetentionDays"
    ),
    "aws:backup/vaultPolicy:VaultPolicy": _replaced_by("backupVaultName"),
    "aws:budgets/budget:Budget": _replaced_by("accountId name namePrefix"),
    "aws:cloudtrail/trail:Trail": _replaced_by("name"),
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": _replaced_by("alarmName"),
    "aws:cloudwatch/dashboard:Dashboard": _replaced_by("dashboardName"),
    "aws:cloudwatch/eventRule:EventRule": _replaced_by("eventBusName name namePrefix"),
    "aws:cloudwatch/eventTarget:EventTarget": _replaced_by("eventBusName rule targetId"),
    "aws:cloudwatch/logGroup:LogGroup": _replaced_by("logGroupClass name namePrefix"),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": _replaced_by("logGroupName name"),
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": _replaced_by("policyName"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": _replaced_by("name"),
    "aws:dynamodb/table:Table": _replaced_by("hashKey name rangeKey"),
    "aws:ec2/eip:Eip": _replaced_by("address domain networkBorderGroup publicIpv4Pool"),
    "aws:ec2/flowLog:FlowLog": _replaced_by(
        "deliverCrossAccountRole destinationOptions eniId iamRoleArn logDestination logDestinationType logFormat "
        "maxAggregationInterval subnetId trafficType transitGatewayAttachmentId transitGatewayId vpcId"
    ),
    "aws:ec2/launchTemplate:LaunchTemplate": _replaced_by("name namePrefix"),
    "aws:ec2/natGateway:NatGateway": _replaced_by("allocationId connectivityType privateIp subnetId vpcId"),
    "aws:ec2/networkAcl:NetworkAcl": _replaced_by("vpcId"),
    "aws:ec2/networkAclAssociation:NetworkAclAssociation": _replaced_by("networkAclId subnetId"),
    "aws:ec2/networkAclRule:NetworkAclRule": _replaced_by(
        "cidrBlock egress fromPort icmpCode icmpType ipv6CidrBlock networkAclId protocol ruleAction ruleNumber toPort"
    ),
    "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl": _replaced_by("defaultNetworkAclId"),
    "aws:ec2/defaultRouteTable:DefaultRouteTable": _replaced_by("defaultRouteTableId"),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": _replaced_by("vpcId"),
    "aws:ec2/route:Route": _replaced_by(
        "destinationCidrBlock destinationIpv6CidrBlock destinationPrefixListId routeTableId"
    ),
    "aws:ec2/routeTable:RouteTable": _replaced_by("vpcId"),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": _replaced_by("gatewayId subnetId"),
    "aws:ec2/securityGroup:SecurityGroup": _replaced_by("description name namePrefix vpcId"),
    "aws:ec2/securityGroupRule:SecurityGroupRule": _replaced_by(
        "cidrBlocks fromPort ipv6CidrBlocks prefixListIds protocol "
        "securityGroupId self sourceSecurityGroupId toPort type"
    ),
    "aws:ec2/subnet:Subnet": _replaced_by("availabilityZone availabilityZoneId cidrBlock ipv6Native outpostArn vpcId"),
    "aws:ec2/vpc:Vpc": _replaced_by("cidrBlock ipv4IpamPoolId ipv4NetmaskLength"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": _replaced_by("serviceName serviceRegion vpcEndpointType vpcId"),
    "aws:ec2transitgateway/vpcAttachment:VpcAttachment": _replaced_by("transitGatewayId vpcId"),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": _replaced_by("policy repository"),
    "aws:ecr/repository:Repository": _replaced_by("encryptionConfigurations name"),
    "aws:ecr/repositoryPolicy:RepositoryPolicy": _replaced_by("repository"),
    "aws:eks/accessEntry:AccessEntry": _replaced_by("clusterName principalArn type"),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": _replaced_by(
        "accessScope clusterName policyArn principalArn"
    ),
    "aws:eks/addon:Addon": _replaced_by("addonName clusterName"),
    "aws:eks/cluster:Cluster": _replaced_by(
        "accessConfig.bootstrapClusterCreatorAdminPermissions bootstrapSelfManagedAddons "
        "kubernetesNetworkConfig.ipFamily "
        "kubernetesNetworkConfig.serviceIpv4Cidr name outpostConfig roleArn",
        removals="encryptionConfig",
    ),
    "aws:eks/nodeGroup:NodeGroup": _replaced_by(
        "amiType capacityType clusterName diskSize instanceTypes launchTemplate.id launchTemplate.name nodeGroupName "
        "nodeGroupNamePrefix nodeRoleArn remoteAccess subnetIds"
    ),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": _replaced_by("clusterName namespace serviceAccount"),
    "aws:elasticache/parameterGroup:ParameterGroup": _replaced_by("description family name"),
    "aws:elasticache/replicationGroup:ReplicationGroup": _replaced_by(
        "atRestEncryptionEnabled dataTieringEnabled globalReplicationGroupId kmsKeyId "
        "networkType nodeGroupConfigurations port "
        "replicationGroupId securityGroupNames snapshotArns snapshotName subnetGroupName"
    ),
    "aws:elasticache/subnetGroup:SubnetGroup": _replaced_by("name"),
    "aws:elasticache/user:User": _replaced_by("userId userName"),
    "aws:elasticache/userGroup:UserGroup": _replaced_by("userGroupId"),
    "aws:iam/instanceProfile:InstanceProfile": _replaced_by("name namePrefix path"),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": _replaced_by("url"),
    "aws:iam/policy:Policy": _replaced_by("description name namePrefix path"),
    "aws:iam/role:Role": _replaced_by("name namePrefix path"),
    "aws:iam/rolePolicy:RolePolicy": _replaced_by("name namePrefix role"),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": _replaced_by("policyArn role"),
    "aws:iam/serviceLinkedRole:ServiceLinkedRole": _replaced_by("awsServiceName customSuffix"),
    "aws:kms/alias:Alias": _replaced_by("name namePrefix"),
    "aws:kms/key:Key": _replaced_by("customKeyStoreId customerMasterKeySpec keyUsage multiRegion xksKeyId"),
    "aws:lb/loadBalancer:LoadBalancer": _replaced_by("internal loadBalancerType name namePrefix"),
    "aws:lb/targetGroup:TargetGroup": _replaced_by("name namePrefix port protocol targetType vpcId"),
    "aws:rds/eventSubscription:EventSubscription": _replaced_by("name namePrefix"),
    # An identifier can change in place; the data cannot move to another key, owner or engine.
    "aws:rds/instance:Instance": _replaced_by(
        "availabilityZone backupTarget characterSetName customIamInstanceProfile "
        "dbName engine kmsKeyId ncharCharacterSetName "
        "restoreToPointInTime s3Import snapshotIdentifier storageEncrypted timezone username"
    ),
    "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication": _replaced_by(
        "kmsKeyId retentionPeriod sourceDbInstanceArn"
    ),
    "aws:rds/optionGroup:OptionGroup": _replaced_by(
        "engineName majorEngineVersion name namePrefix optionGroupDescription"
    ),
    "aws:rds/parameterGroup:ParameterGroup": _replaced_by("description family name namePrefix"),
    "aws:rds/subnetGroup:SubnetGroup": _replaced_by("name namePrefix"),
    "aws:s3/bucket:Bucket": _replaced_by("bucket bucketPrefix objectLockEnabled"),
    "aws:secretsmanager/secret:Secret": _replaced_by("name namePrefix"),
    "aws:secretsmanager/secretVersion:SecretVersion": _replaced_by(
        "secretBinary secretId secretString secretStringWoVersion"
    ),
    "aws:sns/topic:Topic": _replaced_by("fifoTopic name namePrefix"),
    "aws:sns/topicPolicy:TopicPolicy": _replaced_by("arn"),
    "aws:sns/topicSubscription:TopicSubscription": _replaced_by("endpoint protocol topic"),
    "aws:sqs/queue:Queue": _replaced_by("fifoQueue name namePrefix"),
    "aws:ssm/parameter:Parameter": _replaced_by("name"),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _replaced_by("securityGroupId"),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _replaced_by("securityGroupId"),
}
# Every setting of a bucket belongs to that bucket.
_BUCKET_SETTING = _replaced_by("bucket expectedBucketOwner")


def replacement(token: str) -> Replacement:
    """What replaces a resource of this type; a new region does so for all of them."""
    fallback = _BUCKET_SETTING if token.startswith("aws:s3/bucket") else _replaced_by("name namePrefix")
    found = REPLACEMENTS.get(token, fallback)
    return Replacement(found.paths | {"region"}, found.removals)
