"""Under which id the provider imports a resource of each type, as far as the program knows it.

Words in braces are inputs of the resource, words in angle brackets what only AWS knows. The forms are those of the
provider's documentation; a test compares them with the examples there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from changes.conditions import UNKNOWN
from review.resources import Resource

_ACCOUNT, _REGION = "account", "region"

IDS: Mapping[str, str] = {
    "aws:accessanalyzer/analyzer:Analyzer": "{analyzerName}",
    "aws:amp/alertManagerDefinition:AlertManagerDefinition": "ws-<id>",
    "aws:amp/ruleGroupNamespace:RuleGroupNamespace": (
        "arn:{partition}:aps:{region}:{account}:rulegroupsnamespace/ws-<id>/{name}"
    ),
    "aws:amp/scraper:Scraper": "s-<id>",
    "aws:amp/scraperLoggingConfiguration:ScraperLoggingConfiguration": "s-<id>",
    "aws:amp/workspace:Workspace": "ws-<id>",
    "aws:amp/workspaceConfiguration:WorkspaceConfiguration": "ws-<id>",
    "aws:autoscaling/tag:Tag": "{autoscalingGroupName},{tag.key}",
    "aws:backup/plan:Plan": "<plan id>",
    "aws:backup/regionSettings:RegionSettings": "{region}",
    "aws:backup/restoreTestingPlan:RestoreTestingPlan": "{name}",
    "aws:backup/restoreTestingSelection:RestoreTestingSelection": "{name}:{restoreTestingPlanName}",
    "aws:backup/selection:Selection": "<plan id>|<selection id>",
    "aws:backup/vault:Vault": "{name}",
    "aws:backup/vaultLockConfiguration:VaultLockConfiguration": "{backupVaultName}",
    "aws:backup/vaultPolicy:VaultPolicy": "{backupVaultName}",
    "aws:budgets/budget:Budget": "{accountId}:{name}",
    "aws:cfg/deliveryChannel:DeliveryChannel": "{name}",
    "aws:cfg/recorder:Recorder": "{name}",
    "aws:acm/certificate:Certificate": "arn:{partition}:acm:{region}:{account}:certificate/<id>",
    "aws:cfg/recorderStatus:RecorderStatus": "{name}",
    "aws:cloudtrail/trail:Trail": "arn:{partition}:cloudtrail:{region}:{account}:trail/{name}",
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": "{alarmName}",
    "aws:cloudwatch/dashboard:Dashboard": "{dashboardName}",
    "aws:cloudwatch/eventRule:EventRule": "default/{name}",
    "aws:cloudwatch/eventTarget:EventTarget": "{rule}/<target id>",
    "aws:cloudwatch/logGroup:LogGroup": "{name}",
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": "{logGroupName}:{name}",
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": "{policyName}",
    "aws:cloudwatch/metricAlarm:MetricAlarm": "{name}",
    "aws:ebs/defaultKmsKey:DefaultKmsKey": "{keyArn}",
    "aws:ebs/encryptionByDefault:EncryptionByDefault": "default",
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": "sg-<id>",
    "aws:ec2/eip:Eip": "eipalloc-<id>",
    "aws:ec2/flowLog:FlowLog": "fl-<id>",
    "aws:ec2/internetGateway:InternetGateway": "igw-<id>",
    "aws:ec2/launchTemplate:LaunchTemplate": "lt-<id>",
    "aws:ec2/natGateway:NatGateway": "nat-<id>",
    "aws:ec2/networkAcl:NetworkAcl": "acl-<id>",
    "aws:ec2/route:Route": "rtb-<id>_{destinationCidrBlock}",
    "aws:ec2/routeTable:RouteTable": "rtb-<id>",
    "aws:ec2/routeTableAssociation:RouteTableAssociation": "subnet-<id>/rtb-<id>",
    "aws:ec2/securityGroup:SecurityGroup": "sg-<id>",
    "aws:ec2/subnet:Subnet": "subnet-<id>",
    "aws:ec2/vpc:Vpc": "vpc-<id>",
    "aws:ec2/vpcEndpoint:VpcEndpoint": "vpce-<id>",
    "aws:ec2transitgateway/vpcAttachment:VpcAttachment": "tgw-attach-<id>",
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": "{repository}",
    "aws:ecr/pullThroughCacheRule:PullThroughCacheRule": "{ecrRepositoryPrefix}",
    "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration": "{account}",
    "aws:ecr/replicationConfiguration:ReplicationConfiguration": "{account}",
    "aws:ecr/repository:Repository": "{name}",
    "aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate": "{prefix}",
    "aws:ecr/repositoryPolicy:RepositoryPolicy": "{repository}",
    "aws:eks/accessEntry:AccessEntry": "{clusterName}:{principalArn}",
    "aws:eks/addon:Addon": "{clusterName}:{addonName}",
    "aws:eks/cluster:Cluster": "{name}",
    "aws:eks/nodeGroup:NodeGroup": "{clusterName}:{nodeGroupName}",
    "aws:elasticache/parameterGroup:ParameterGroup": "{name}",
    "aws:elasticache/replicationGroup:ReplicationGroup": "{replicationGroupId}",
    "aws:elasticache/subnetGroup:SubnetGroup": "{name}",
    "aws:elasticache/user:User": "{userId}",
    "aws:elasticache/userGroup:UserGroup": "{userGroupId}",
    "aws:grafana/workspace:Workspace": "g-<id>",
    "aws:grafana/workspaceSamlConfiguration:WorkspaceSamlConfiguration": "g-<id>",
    "aws:guardduty/detector:Detector": "<detector id>",
    "aws:guardduty/detectorFeature:DetectorFeature": "<detector id>/{name}",
    "aws:iam/accountPasswordPolicy:AccountPasswordPolicy": "iam-account-password-policy",
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": "arn:{partition}:iam::{account}:oidc-provider/{url}",
    "aws:iam/policy:Policy": "arn:{partition}:iam::{account}:policy/{name}",
    "aws:iam/role:Role": "{name}",
    "aws:iam/rolePolicy:RolePolicy": "{role}:{name}",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": "{role}/{policyArn}",
    "aws:kms/alias:Alias": "{name}",
    "aws:kms/key:Key": "<key id>",
    "aws:lambda/permission:Permission": "{function}/{statementId}",
    "aws:rds/eventSubscription:EventSubscription": "{name}",
    "aws:rds/instance:Instance": "{identifier}",
    "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication": (
        "arn:{partition}:rds:{region}:{account}:auto-backup:<id>"
    ),
    "aws:rds/parameterGroup:ParameterGroup": "{name}",
    "aws:rds/subnetGroup:SubnetGroup": "{name}",
    "aws:route53/healthCheck:HealthCheck": "<health check id>",
    "aws:route53/record:Record": "{zoneId}_{name}_{type}",
    "aws:route53/zone:Zone": "<zone id>",
    "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock": "{accountId}",
    "aws:s3/bucket:Bucket": "{bucket}",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": "{bucket}",
    "aws:s3/bucketLogging:BucketLogging": "{bucket}",
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": "{bucket}",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": "{bucket}",
    "aws:s3/bucketPolicy:BucketPolicy": "{bucket}",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": "{bucket}",
    "aws:s3/bucketReplicationConfig:BucketReplicationConfig": "{bucket}",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": "{bucket}",
    "aws:s3/bucketVersioning:BucketVersioning": "{bucket}",
    "aws:secretsmanager/secret:Secret": (
        "arn:{partition}:secretsmanager:{region}:{account}:secret:<name>-<6 characters>"
    ),
    "aws:secretsmanager/secretVersion:SecretVersion": (
        "arn:{partition}:secretsmanager:{region}:{account}:secret:<name>-<6 characters>|<version id>"
    ),
    "aws:securityhub/account:Account": "{account}",
    "aws:securityhub/standardsSubscription:StandardsSubscription": (
        "arn:{partition}:securityhub:{region}:{account}:subscription/<standard>/v/<version>"
    ),
    "aws:sns/topic:Topic": "arn:{partition}:sns:{region}:{account}:{name}",
    "aws:sns/topicPolicy:TopicPolicy": "{arn}",
    "aws:sns/topicSubscription:TopicSubscription": "{topic}:<subscription id>",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": "sgr-<id>",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": "sgr-<id>",
    "aws:wafv2/webAcl:WebAcl": "<id>/{name}/{scope}",
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": "{resourceArn}",
    "random:index/randomId:RandomId": "<8 letters or digits, base64 of 4 bytes>",
    "random:index/randomPassword:RandomPassword": "<the password itself>",
}

# Types that the provider does not document an import for, although it has one.
UNDOCUMENTED = frozenset(
    ("aws:guardduty/detectorFeature:DetectorFeature", "random:index/randomPassword:RandomPassword")
)

# How names end that the engine makes up: what exists already has another one.
_MADE_UP = re.compile(r"-[0-9a-f]{7}$")

# Types that stand for the same place in every region, or carry their region in the id.
_WITHOUT_REGION = ("aws:iam/", "aws:budgets/", "aws:s3/account")


def import_id(resource: Resource, account: str, region: str) -> str:
    """The id under which a resource is imported, with a word in angle brackets for each part that only AWS knows.

    A regional resource outside of the provider's `region` has its own behind an @.
    """
    if resource.type.startswith("kubernetes:"):
        return _kubernetes_id(resource.inputs)
    own_region = str(resource.inputs.get("region") or region)
    known: dict[str, Any] = {_ACCOUNT: account, _REGION: own_region, "partition": _partition(own_region)}
    template = IDS.get(resource.type, "<id>")
    found = re.sub(r"\{([\w.]+)\}", lambda match: _value(resource.inputs, match[1], known), template)
    abroad = own_region != region and not resource.type.startswith(_WITHOUT_REGION) and not found.startswith("arn:")
    return f"{found}@{own_region}" if abroad else found


def _partition(region: str) -> str:
    return "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"


def _value(inputs: Mapping[str, Any], path: str, known: Mapping[str, str]) -> str:
    value: Any = {**inputs, **known}
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    text = str(value or UNKNOWN).removeprefix("https://")
    if UNKNOWN in text or _MADE_UP.search(text):
        return f"<{path.replace('.', ' ')}>"
    return text


def _kubernetes_id(inputs: Mapping[str, Any]) -> str:
    """Namespace and name, as the provider of Kubernetes writes them."""
    metadata = inputs.get("metadata") or inputs
    name, namespace = metadata.get("name"), metadata.get("namespace")
    return f"{namespace}/{name}" if namespace else f"{name or '<name>'}"
