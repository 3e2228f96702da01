"""What an estimate leaves out: types of resources that cost nothing by themselves, and those that cost by their use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from review.cost.pricing import is_priced

_REPLICATED_BACKUPS = "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication"

_USAGE: Mapping[str, str] = {
    "aws:accessanalyzer/analyzer:Analyzer": "Access Analyzer: analyzers of unused access, by role and user",
    "aws:amp/scraper:Scraper": "Prometheus: samples of pods that ask to be scraped",
    "aws:amp/workspace:Workspace": "Prometheus: GiB stored, samples that queries read",
    "aws:backup/restoreTestingPlan:RestoreTestingPlan": "restore tests: each restore, and hours of what was restored",
    "aws:backup/vault:Vault": "backups: storage by GiB and tier, copies to the second region, restores",
    "aws:budgets/budgetAction:BudgetAction": "budgets: actions, by day",
    "aws:cfg/recorder:Recorder": "AWS Config: configuration items recorded",
    "aws:cfg/rule:Rule": "AWS Config: rule evaluations",
    "aws:cloudtrail/trail:Trail": "CloudTrail: data events, and copies of management events beyond the first",
    "aws:cloudwatch/logGroup:LogGroup": "CloudWatch Logs: GiB ingested, stored and queried",
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": "CloudWatch: custom metrics, API requests",
    "aws:ec2/flowLog:FlowLog": "VPC flow logs: GiB delivered",
    "aws:ec2/natGateway:NatGateway": "NAT gateways: GiB processed; data transfer between zones and to the internet",
    "aws:ec2/vpcEndpoint:VpcEndpoint": "interface endpoints: GiB processed",
    "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration": "Inspector: scans of images",
    "aws:ecr/repository:Repository": "ECR: images by GiB, transfer to other regions",
    "aws:ec2transitgateway/vpcAttachment:VpcAttachment": "transit gateway: GiB processed",
    "aws:eks/addon:Addon": "Container Insights: observations; volumes that workloads claim",
    "aws:eks/cluster:Cluster": "EKS: extended support of old versions, load balancers that workloads ask for",
    "aws:eks/nodeGroup:NodeGroup": "nodes beyond the desired size, CPU credits of burstable types",
    "aws:elasticache/replicationGroup:ReplicationGroup": "ElastiCache: snapshots beyond the free one, data transfer",
    "aws:grafana/workspace:Workspace": "Grafana: each active viewer, and each further administrator or editor",
    "aws:guardduty/detector:Detector": "GuardDuty: events, GiB and vCPUs analysed",
    "aws:kms/key:Key": "KMS: requests, and up to $2 more a key for its first two rotations",
    "aws:lambda/function:Function": "Lambda: requests and duration",
    "aws:lb/loadBalancer:LoadBalancer": "load balancers: capacity units",
    "aws:rds/instance:Instance": "RDS: growth of storage, backups beyond its size, enhanced monitoring, CPU credits",
    _REPLICATED_BACKUPS: "RDS: backups copied to the second region",
    "aws:route53/zone:Zone": "Route 53: queries",
    "aws:s3/bucket:Bucket": "S3: storage by class, requests, retrievals, replication, Object Lock metadata",
    "aws:secretsmanager/secret:Secret": "Secrets Manager: API calls",
    "aws:securityhub/account:Account": "Security Hub: checks and findings ingested",
    "aws:sns/topic:Topic": "SNS: requests and deliveries",
    "aws:sqs/queue:Queue": "SQS: requests",
    "aws:wafv2/webAcl:WebAcl": "WAF: requests",
}
"""What is charged by use, by type of resource."""

# Types and whole packages for which AWS asks nothing, beyond what the resources that they configure cost.
_FREE = re.compile(
    r"(kubernetes|random|eks|pulumi|tls):.*"
    r"|aws:amp/(alertManagerDefinition|ruleGroupNamespace|scraperLoggingConfiguration|workspaceConfiguration):.*"
    r"|aws:(acm|autoscaling|iam|vpc)/.*"
    r"|aws:backup/(plan|regionSettings|restoreTestingSelection|selection|vaultLockConfiguration|vaultNotifications|vaultPolicy):.*"
    r"|aws:budgets/budget:.*"
    r"|aws:cfg/(deliveryChannel|recorderStatus):.*"
    r"|aws:cloudwatch/(eventRule|eventTarget|logResourcePolicy|logStream):.*"
    r"|aws:ebs/(defaultKmsKey|encryptionByDefault):.*"
    r"|aws:ec2/(defaultSecurityGroup|internetGateway|launchTemplate|networkAcl|networkAclRule|route|routeTable"
    r"|routeTableAssociation|securityGroup|subnet|vpc|vpcEndpointRouteTableAssociation|vpcDhcpOptions.*):.*"
    r"|aws:ecr/(lifecyclePolicy|pullThroughCacheRule|replicationConfiguration|repositoryCreationTemplate|repositoryPolicy):.*"
    r"|aws:eks/(accessEntry|accessPolicyAssociation|podIdentityAssociation):.*"
    r"|aws:elasticache/(parameterGroup|subnetGroup|user|userGroup|userGroupAssociation):.*"
    r"|aws:grafana/(roleAssociation|workspaceSamlConfiguration):.*"
    r"|aws:guardduty/detectorFeature:.*"
    r"|aws:kms/(alias|grant|keyPolicy):.*"
    r"|aws:lambda/(invocation|permission):.*"
    r"|aws:lb/(listener|listenerRule|targetGroup):.*"
    r"|aws:rds/(eventSubscription|optionGroup|parameterGroup|subnetGroup):.*"
    r"|aws:route53/record:.*"
    r"|aws:s3/(accountPublicAccessBlock|bucket[A-Z]\w*|analyticsConfiguration|inventory):.*"
    r"|aws:s3control/.*"
    r"|aws:secretsmanager/(secretPolicy|secretRotation|secretVersion):.*"
    r"|aws:securityhub/(?!account:).*"
    r"|aws:sns/(topicPolicy|topicSubscription):.*"
    r"|aws:wafv2/(webAclAssociation|webAclLoggingConfiguration|ipSet):.*"
)

_ALWAYS = ("taxes, support plans, and discounts of the account",)


def usage(types: Iterable[str]) -> list[str]:
    """What depends on use for a stack with resources of these types."""
    return [*sorted({_USAGE[type_] for type_ in types if type_ in _USAGE}), *_ALWAYS]


def is_unknown(type_: str) -> bool:
    """Whether nobody has said what resources of this type cost."""
    return not (is_priced(type_) or type_ in _USAGE or _FREE.fullmatch(type_))
