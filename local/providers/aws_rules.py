"""What AWS and its provider demand beyond the SDK's schema: names, allowed values, and what replaces a resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.providers.package import Replacement


@dataclass(frozen=True)
class Naming:
    """How a type of resource is named: by which property, and which names AWS accepts."""

    property: str = "name"
    longest: int = 255
    pattern: str = r".+"
    lowercase: bool = False


_IAM = r"[\w+=,.@-]+"
_DATABASE = r"[a-z](-?[a-z0-9])*"

NAMES: Mapping[str, Naming] = {
    "aws:s3/bucket:Bucket": Naming("bucket", 63, r"[a-z0-9][a-z0-9.-]+[a-z0-9]", True),
    "aws:rds/instance:Instance": Naming("identifier", 63, _DATABASE, True),
    "aws:rds/cluster:Cluster": Naming("clusterIdentifier", 63, _DATABASE, True),
    "aws:rds/subnetGroup:SubnetGroup": Naming(pattern=r"[a-z0-9 ._-]+", lowercase=True),
    "aws:rds/parameterGroup:ParameterGroup": Naming(pattern=_DATABASE, lowercase=True),
    "aws:elasticache/replicationGroup:ReplicationGroup": Naming("replicationGroupId", 40, _DATABASE, True),
    "aws:elasticache/subnetGroup:SubnetGroup": Naming(pattern=r"[a-z0-9-]+", lowercase=True),
    "aws:elasticache/parameterGroup:ParameterGroup": Naming(pattern=_DATABASE, lowercase=True),
    "aws:iam/role:Role": Naming(longest=64, pattern=_IAM),
    "aws:iam/policy:Policy": Naming(longest=128, pattern=_IAM),
    "aws:iam/rolePolicy:RolePolicy": Naming(longest=128, pattern=_IAM),
    "aws:iam/instanceProfile:InstanceProfile": Naming(longest=128, pattern=_IAM),
    "aws:kms/alias:Alias": Naming(longest=256, pattern=r"alias/(?!aws/)[\w/-]+"),
    "aws:eks/cluster:Cluster": Naming(longest=100, pattern=r"[A-Za-z0-9][\w-]*"),
    "aws:eks/nodeGroup:NodeGroup": Naming("nodeGroupName", 63, r"[A-Za-z0-9][\w-]*"),
    "aws:lb/loadBalancer:LoadBalancer": Naming(longest=32, pattern=r"[A-Za-z0-9-]+"),
    "aws:lb/targetGroup:TargetGroup": Naming(longest=32, pattern=r"[A-Za-z0-9-]+"),
    "aws:backup/vault:Vault": Naming(longest=50, pattern=r"[\w-]{2,}"),
    "aws:backup/plan:Plan": Naming(longest=50, pattern=r"[\w.-]+"),
    "aws:backup/selection:Selection": Naming(longest=50, pattern=r"[\w.-]+"),
    "aws:secretsmanager/secret:Secret": Naming(longest=512, pattern=r"[\w/+=.@-]+"),
    "aws:cloudwatch/logGroup:LogGroup": Naming(longest=512, pattern=r"[\w/.#-]+"),
    "aws:cloudwatch/eventRule:EventRule": Naming(longest=64, pattern=r"[\w.-]+"),
    "aws:cloudtrail/trail:Trail": Naming(longest=128, pattern=r"[A-Za-z0-9][\w.-]+[A-Za-z0-9]"),
    "aws:sns/topic:Topic": Naming(longest=256, pattern=r"[\w-]+(\.fifo)?"),
    "aws:sqs/queue:Queue": Naming(longest=80, pattern=r"[\w-]+(\.fifo)?"),
    "aws:ec2/launchTemplate:LaunchTemplate": Naming(longest=128, pattern=r"[\w().\-/]{3,}"),
    "aws:ec2/securityGroup:SecurityGroup": Naming(pattern=r"(?!sg-)[\w .:/()#,@\[\]+=&;{}!$*-]+"),
    "aws:rds/eventSubscription:EventSubscription": Naming(pattern=r"[A-Za-z](-?[A-Za-z0-9])*"),
    "aws:budgets/budget:Budget": Naming(longest=100, pattern=r"[^:\\]+"),
}

# The text that the provider writes where a program leaves a description out.
DESCRIBED = frozenset(
    (
        "aws:ec2/securityGroup:SecurityGroup",
        "aws:elasticache/parameterGroup:ParameterGroup",
        "aws:elasticache/subnetGroup:SubnetGroup",
        "aws:rds/parameterGroup:ParameterGroup",
        "aws:rds/subnetGroup:SubnetGroup",
    )
)
DESCRIPTION = "Managed by Pulumi"

# Resources on Terraform's newer framework, which merges default tags after Check.
TAGGED_LATE = frozenset(
    (
        "aws:backup/restoreTestingPlan:RestoreTestingPlan",
        "aws:cloudwatch/logAnomalyDetector:LogAnomalyDetector",
        "aws:eks/podIdentityAssociation:PodIdentityAssociation",
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    )
)

_SECURITY_GROUP_TEXT = r"[\w .:/()#,@\[\]+=&;{}!$*-]{0,255}"
# Patterns of texts that AWS restricts.
PATTERNS: Mapping[str, Mapping[str, str]] = {
    "aws:ec2/securityGroup:SecurityGroup": {"description": _SECURITY_GROUP_TEXT},
    "aws:ec2/securityGroupRule:SecurityGroupRule": {"description": _SECURITY_GROUP_TEXT},
    "aws:elasticache/replicationGroup:ReplicationGroup": {
        "nodeType": r"cache\.[a-z][a-z0-9-]*\.(micro|small|medium|(\d+)?x?large)",
        "authToken": r"[A-Za-z0-9!&#$^<>-]{16,128}",
    },
    "aws:iam/role:Role": {"description": r"[\t\n\r\x20-\x7e\xa1-\xff]{0,1000}"},
    "aws:rds/instance:Instance": {"password": r"[!#-.0-?A-~]{8,128}"},
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": {"description": _SECURITY_GROUP_TEXT},
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": {"description": _SECURITY_GROUP_TEXT},
}

_AMI_TYPES = (
    *("AL2_x86_64", "AL2_x86_64_GPU", "AL2_ARM_64", "CUSTOM"),
    *(
        "AL2023_x86_64_STANDARD",
        "AL2023_ARM_64_STANDARD",
        "AL2023_x86_64_NEURON",
        "AL2023_x86_64_NVIDIA",
        "AL2023_ARM_64_NVIDIA",
    ),
    *("BOTTLEROCKET_x86_64", "BOTTLEROCKET_ARM_64", "BOTTLEROCKET_x86_64_FIPS", "BOTTLEROCKET_ARM_64_FIPS"),
    *("BOTTLEROCKET_x86_64_NVIDIA", "BOTTLEROCKET_ARM_64_NVIDIA"),
    *("WINDOWS_CORE_2019_x86_64", "WINDOWS_FULL_2019_x86_64", "WINDOWS_CORE_2022_x86_64", "WINDOWS_FULL_2022_x86_64"),
)
_COMPARISONS = (
    *("GreaterThanOrEqualToThreshold", "GreaterThanThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold"),
    *("LessThanLowerOrGreaterThanUpperThreshold", "LessThanLowerThreshold", "GreaterThanUpperThreshold"),
)
_TEMPLATE_TAGS = ("instance", "volume", "network-interface", "spot-instances-request", "elastic-gpu")
_DESTINATIONS = ("cloudwatch-logs", "kinesis-firehose")
_SUBSCRIPTIONS = ("application", "email", "email-json", "firehose", "http", "https", "lambda", "sms", "sqs")

# Allowed values, where neither the SDK's types nor its descriptions say them in full.
CHOICES: Mapping[str, Mapping[str, tuple[Any, ...]]] = {
    "aws:budgets/budget:Budget": {
        "budgetType": (
            *("COST", "USAGE", "RI_UTILIZATION", "RI_COVERAGE"),
            *("SAVINGS_PLANS_UTILIZATION", "SAVINGS_PLANS_COVERAGE"),
        ),
        "notifications[].notificationType": ("ACTUAL", "FORECASTED"),
    },
    "aws:cloudwatch/metricAlarm:MetricAlarm": {
        "comparisonOperator": _COMPARISONS,
        "statistic": ("SampleCount", "Average", "Sum", "Minimum", "Maximum"),
        "treatMissingData": ("missing", "ignore", "breaching", "notBreaching"),
    },
    "aws:ec2/launchTemplate:LaunchTemplate": {"tagSpecifications[].resourceType": _TEMPLATE_TAGS},
    "aws:ec2/networkAcl:NetworkAcl": {"ingress[].action": ("allow", "deny"), "egress[].action": ("allow", "deny")},
    "aws:ec2/vpcEndpoint:VpcEndpoint": {
        "vpcEndpointType": ("Gateway", "GatewayLoadBalancer", "Interface", "Resource", "ServiceNetwork")
    },
    "aws:eks/accessEntry:AccessEntry": {
        "type": ("STANDARD", "EC2_LINUX", "EC2_WINDOWS", "FARGATE_LINUX", "EC2", "HYBRID_LINUX", "HYPERPOD_LINUX")
    },
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": {"accessScope.type": ("cluster", "namespace")},
    "aws:eks/cluster:Cluster": {
        "enabledClusterLogTypes[]": ("api", "audit", "authenticator", "controllerManager", "scheduler"),
        "encryptionConfig.resources[]": ("secrets",),
    },
    "aws:eks/nodeGroup:NodeGroup": {"amiType": _AMI_TYPES},
    "aws:elasticache/replicationGroup:ReplicationGroup": {"logDeliveryConfigurations[].destinationType": _DESTINATIONS},
    "aws:rds/instance:Instance": {
        "enabledCloudwatchLogsExports[]": (
            *("postgresql", "upgrade", "iam-db-auth-error"),
            *("audit", "error", "general", "slowquery", "agent", "alert", "listener", "trace", "oemagent"),
        ),
        "performanceInsightsRetentionPeriod": (7, *(31 * months for months in range(1, 24)), 731),
    },
    "aws:rds/parameterGroup:ParameterGroup": {"parameters[].applyMethod": ("immediate", "pending-reboot")},
    "aws:sns/topicSubscription:TopicSubscription": {"protocol": _SUBSCRIPTIONS},
}


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
        "cidrBlocks fromPort ipv6CidrBlocks prefixListIds protocol securityGroupId self sourceSecurityGroupId toPort type"
    ),
    "aws:ec2/subnet:Subnet": _replaced_by("availabilityZone availabilityZoneId cidrBlock ipv6Native outpostArn vpcId"),
    "aws:ec2/vpc:Vpc": _replaced_by("cidrBlock ipv4IpamPoolId ipv4NetmaskLength"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": _replaced_by("serviceName serviceRegion vpcEndpointType vpcId"),
    "aws:eks/accessEntry:AccessEntry": _replaced_by("clusterName principalArn type"),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": _replaced_by(
        "accessScope clusterName policyArn principalArn"
    ),
    "aws:eks/addon:Addon": _replaced_by("addonName clusterName"),
    "aws:eks/cluster:Cluster": _replaced_by(
        "accessConfig.bootstrapClusterCreatorAdminPermissions bootstrapSelfManagedAddons kubernetesNetworkConfig.ipFamily "
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
        "atRestEncryptionEnabled dataTieringEnabled globalReplicationGroupId kmsKeyId networkType nodeGroupConfigurations port "
        "replicationGroupId securityGroupNames snapshotArns snapshotName subnetGroupName"
    ),
    "aws:elasticache/subnetGroup:SubnetGroup": _replaced_by("name"),
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
        "availabilityZone backupTarget characterSetName customIamInstanceProfile dbName engine kmsKeyId ncharCharacterSetName "
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
