"""What AWS and its provider demand beyond the SDK's schema: names, forms of text, and allowed values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


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
    "aws:elasticache/user:User": Naming("userId", 40, r"[A-Za-z](-?[A-Za-z0-9])*"),
    "aws:elasticache/userGroup:UserGroup": Naming("userGroupId", 40, r"[A-Za-z](-?[A-Za-z0-9])*"),
    "aws:iam/role:Role": Naming(longest=64, pattern=_IAM),
    "aws:iam/policy:Policy": Naming(longest=128, pattern=_IAM),
    "aws:iam/rolePolicy:RolePolicy": Naming(longest=128, pattern=_IAM),
    "aws:iam/instanceProfile:InstanceProfile": Naming(longest=128, pattern=_IAM),
    "aws:kms/alias:Alias": Naming(longest=256, pattern=r"alias/(?!aws/)[\w/-]+"),
    "aws:eks/cluster:Cluster": Naming(longest=100, pattern=r"[A-Za-z0-9][\w-]*"),
    "aws:eks/fargateProfile:FargateProfile": Naming("fargateProfileName", 100, r"[A-Za-z0-9][\w-]*"),
    "aws:eks/nodeGroup:NodeGroup": Naming("nodeGroupName", 63, r"[A-Za-z0-9][\w-]*"),
    "aws:lb/loadBalancer:LoadBalancer": Naming(longest=32, pattern=r"[A-Za-z0-9-]+"),
    "aws:lb/targetGroup:TargetGroup": Naming(longest=32, pattern=r"[A-Za-z0-9-]+"),
    "aws:backup/vault:Vault": Naming(longest=50, pattern=r"[\w-]{2,}"),
    "aws:backup/plan:Plan": Naming(longest=50, pattern=r"[\w.-]+"),
    "aws:backup/selection:Selection": Naming(longest=50, pattern=r"[\w.-]+"),
    "aws:secretsmanager/secret:Secret": Naming(longest=512, pattern=r"[\w/+=.@-]+"),
    "aws:cloudwatch/logGroup:LogGroup": Naming(longest=512, pattern=r"[\w/.#-]+"),
    "aws:cloudwatch/eventTarget:EventTarget": Naming("targetId", 64, r"[\w.-]+"),
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

# The longest policies and other JSON documents, in characters without blanks, from the quotas of each service.
_INLINE_POLICY, _RESOURCE_POLICY = 10_240, 20_480
JSON_LIMITS: Mapping[str, Mapping[str, int]] = {
    "aws:backup/vaultPolicy:VaultPolicy": {"policy": _RESOURCE_POLICY},
    "aws:cloudwatch/dashboard:Dashboard": {"dashboardBody": 1_048_576},
    "aws:cloudwatch/eventRule:EventRule": {"eventPattern": 4_096},
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": {"policyDocument": 5_120},
    "aws:ec2/vpcEndpoint:VpcEndpoint": {"policy": _RESOURCE_POLICY},
    "aws:iam/policy:Policy": {"policy": 6_144},
    "aws:iam/role:Role": {"assumeRolePolicy": 2_048},
    "aws:iam/rolePolicy:RolePolicy": {"policy": _INLINE_POLICY},
    "aws:kms/key:Key": {"policy": 32_768},
    "aws:s3/bucketPolicy:BucketPolicy": {"policy": _RESOURCE_POLICY},
    "aws:secretsmanager/secretPolicy:SecretPolicy": {"policy": _RESOURCE_POLICY},
    "aws:sns/topicPolicy:TopicPolicy": {"policy": 30_720},
}

_SOURCES = ("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId")
# Inputs of which the provider wants exactly one.
EXACTLY_ONE: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "aws:ec2/networkAclRule:NetworkAclRule": (("cidrBlock", "ipv6CidrBlock"),),
    "aws:ec2/route:Route": (("destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId"),),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": (_SOURCES,),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": (_SOURCES,),
}
# Inputs that the provider does not take together.
NOT_TOGETHER: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "aws:cloudwatch/logGroup:LogGroup": (("name", "namePrefix"),),
    "aws:eks/nodeGroup:NodeGroup": (("nodeGroupName", "nodeGroupNamePrefix"), ("launchTemplate", "diskSize")),
    "aws:elasticache/replicationGroup:ReplicationGroup": (
        ("authToken", "userGroupIds"),
        ("numCacheClusters", "numNodeGroups"),
        ("numCacheClusters", "replicasPerNodeGroup"),
        ("nodeGroupConfigurations", "preferredCacheClusterAzs"),
    ),
    "aws:iam/role:Role": (("name", "namePrefix"),),
    "aws:rds/instance:Instance": (
        ("identifier", "identifierPrefix"),
        ("manageMasterUserPassword", "password"),
        ("replicateSourceDb", "username"),
        ("replicateSourceDb", "dbName"),
    ),
    "aws:secretsmanager/secretVersion:SecretVersion": (("secretString", "secretBinary"),),
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
    "aws:eks/nodeGroup:NodeGroup": {
        "amiType": _AMI_TYPES,
        "taints[].effect": ("NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE"),
    },
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
