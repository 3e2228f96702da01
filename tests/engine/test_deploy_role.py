"""The role that deploys may create and delete what a deployment creates, and nothing of access itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import pytest

from tests.engine import deployed as stacks
from tests.engine.deployed import Deployed, Resource
from tests.engine.examples import run
from tests.engine.iam import Context, is_allowed, listed
from tests.unit.stacks import EXAMPLES

pytestmark = pytest.mark.engine

STACKS = (*stacks.STACKS, *EXAMPLES)


def deployed(stack: str) -> Deployed:
    """A stack of the project, or one to start from."""
    return run(stack).resources if stack in EXAMPLES else stacks.deployed(stack)


def own_arn(resource: Resource) -> str:
    return str(resource["arn"])


def dashboard(resource: Resource) -> str:
    return str(resource["dashboardArn"])


def vault(resource: Resource) -> str:
    return str(resource["backupVaultArn"])


# What creates and what deletes a resource of each type, and which resource IAM decides on.
REQUESTS: Mapping[str, tuple[str, str, Callable[[Resource], str]]] = {
    "aws:accessanalyzer/analyzer:Analyzer": (
        "access-analyzer:CreateAnalyzer",
        "access-analyzer:DeleteAnalyzer",
        own_arn,
    ),
    "aws:acm/certificate:Certificate": ("acm:RequestCertificate", "acm:DeleteCertificate", own_arn),
    "aws:amp/scraper:Scraper": ("aps:CreateScraper", "aps:DeleteScraper", own_arn),
    "aws:amp/workspace:Workspace": ("aps:CreateWorkspace", "aps:DeleteWorkspace", own_arn),
    "aws:backup/plan:Plan": ("backup:CreateBackupPlan", "backup:DeleteBackupPlan", own_arn),
    "aws:backup/vault:Vault": ("backup:CreateBackupVault", "backup:DeleteBackupVault", own_arn),
    "aws:backup/vaultLockConfiguration:VaultLockConfiguration": (
        "backup:PutBackupVaultLockConfiguration",
        "backup:DeleteBackupVaultLockConfiguration",
        vault,
    ),
    "aws:backup/vaultPolicy:VaultPolicy": (
        "backup:PutBackupVaultAccessPolicy",
        "backup:DeleteBackupVaultAccessPolicy",
        vault,
    ),
    "aws:budgets/budget:Budget": ("budgets:ModifyBudget", "budgets:ModifyBudget", own_arn),
    "aws:cloudtrail/trail:Trail": ("cloudtrail:CreateTrail", "cloudtrail:DeleteTrail", own_arn),
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": (
        "cloudwatch:PutCompositeAlarm",
        "cloudwatch:DeleteAlarms",
        own_arn,
    ),
    "aws:cloudwatch/dashboard:Dashboard": ("cloudwatch:PutDashboard", "cloudwatch:DeleteDashboards", dashboard),
    "aws:cloudwatch/eventRule:EventRule": ("events:PutRule", "events:DeleteRule", own_arn),
    "aws:cloudwatch/logGroup:LogGroup": ("logs:CreateLogGroup", "logs:DeleteLogGroup", own_arn),
    "aws:cloudwatch/metricAlarm:MetricAlarm": ("cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms", own_arn),
    "aws:ec2/eip:Eip": ("ec2:AllocateAddress", "ec2:ReleaseAddress", own_arn),
    "aws:ec2/flowLog:FlowLog": ("ec2:CreateFlowLogs", "ec2:DeleteFlowLogs", own_arn),
    "aws:ec2/internetGateway:InternetGateway": ("ec2:CreateInternetGateway", "ec2:DeleteInternetGateway", own_arn),
    "aws:ec2/launchTemplate:LaunchTemplate": ("ec2:CreateLaunchTemplate", "ec2:DeleteLaunchTemplate", own_arn),
    "aws:ec2/networkAcl:NetworkAcl": ("ec2:CreateNetworkAcl", "ec2:DeleteNetworkAcl", own_arn),
    "aws:ec2/routeTable:RouteTable": ("ec2:CreateRouteTable", "ec2:DeleteRouteTable", own_arn),
    "aws:ec2/securityGroup:SecurityGroup": ("ec2:CreateSecurityGroup", "ec2:DeleteSecurityGroup", own_arn),
    "aws:ec2/subnet:Subnet": ("ec2:CreateSubnet", "ec2:DeleteSubnet", own_arn),
    "aws:ec2/vpc:Vpc": ("ec2:CreateVpc", "ec2:DeleteVpc", own_arn),
    "aws:ec2/vpcEndpoint:VpcEndpoint": ("ec2:CreateVpcEndpoint", "ec2:DeleteVpcEndpoints", own_arn),
    "aws:ec2transitgateway/vpcAttachment:VpcAttachment": (
        "ec2:CreateTransitGatewayVpcAttachment",
        "ec2:DeleteTransitGatewayVpcAttachment",
        own_arn,
    ),
    "aws:ecr/repository:Repository": ("ecr:CreateRepository", "ecr:DeleteRepository", own_arn),
    "aws:eks/cluster:Cluster": ("eks:CreateCluster", "eks:DeleteCluster", own_arn),
    "aws:eks/nodeGroup:NodeGroup": ("eks:DescribeNodegroup", "eks:DeleteNodegroup", own_arn),
    "aws:eks/addon:Addon": ("eks:DescribeAddon", "eks:DeleteAddon", own_arn),
    "aws:elasticache/parameterGroup:ParameterGroup": (
        "elasticache:CreateCacheParameterGroup",
        "elasticache:DeleteCacheParameterGroup",
        own_arn,
    ),
    "aws:elasticache/replicationGroup:ReplicationGroup": (
        "elasticache:CreateReplicationGroup",
        "elasticache:DeleteReplicationGroup",
        own_arn,
    ),
    "aws:elasticache/subnetGroup:SubnetGroup": (
        "elasticache:CreateCacheSubnetGroup",
        "elasticache:DeleteCacheSubnetGroup",
        own_arn,
    ),
    "aws:elasticache/user:User": ("elasticache:CreateUser", "elasticache:DeleteUser", own_arn),
    "aws:elasticache/userGroup:UserGroup": ("elasticache:CreateUserGroup", "elasticache:DeleteUserGroup", own_arn),
    "aws:grafana/workspace:Workspace": ("grafana:CreateWorkspace", "grafana:DeleteWorkspace", own_arn),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": (
        "iam:CreateOpenIDConnectProvider",
        "iam:DeleteOpenIDConnectProvider",
        own_arn,
    ),
    "aws:iam/policy:Policy": ("iam:CreatePolicy", "iam:DeletePolicy", own_arn),
    "aws:iam/role:Role": ("iam:CreateRole", "iam:DeleteRole", own_arn),
    "aws:kms/alias:Alias": ("kms:CreateAlias", "kms:DeleteAlias", own_arn),
    "aws:kms/key:Key": ("kms:CreateKey", "kms:ScheduleKeyDeletion", own_arn),
    "aws:rds/eventSubscription:EventSubscription": (
        "rds:CreateEventSubscription",
        "rds:DeleteEventSubscription",
        own_arn,
    ),
    "aws:wafv2/webAcl:WebAcl": ("wafv2:CreateWebACL", "wafv2:DeleteWebACL", own_arn),
    "aws:rds/instance:Instance": ("rds:CreateDBInstanceReadReplica", "rds:DeleteDBInstance", own_arn),
    "aws:rds/parameterGroup:ParameterGroup": ("rds:CreateDBParameterGroup", "rds:DeleteDBParameterGroup", own_arn),
    "aws:rds/subnetGroup:SubnetGroup": ("rds:CreateDBSubnetGroup", "rds:DeleteDBSubnetGroup", own_arn),
    "aws:s3/bucket:Bucket": ("s3:CreateBucket", "s3:DeleteBucket", own_arn),
    "aws:secretsmanager/secret:Secret": ("secretsmanager:CreateSecret", "secretsmanager:DeleteSecret", own_arn),
    "aws:sns/topic:Topic": ("sns:CreateTopic", "sns:DeleteTopic", own_arn),
}

# Decided on by the rules of what they belong to, or singletons of the account without a name.
PARTS = {
    "aws:amp/alertManagerDefinition:AlertManagerDefinition",
    "aws:amp/ruleGroupNamespace:RuleGroupNamespace",
    "aws:amp/scraperLoggingConfiguration:ScraperLoggingConfiguration",
    "aws:amp/workspaceConfiguration:WorkspaceConfiguration",
    "aws:grafana/roleAssociation:RoleAssociation",
    "aws:grafana/workspaceSamlConfiguration:WorkspaceSamlConfiguration",
    "aws:autoscaling/tag:Tag",
    "aws:backup/regionSettings:RegionSettings",
    "aws:backup/restoreTestingPlan:RestoreTestingPlan",
    "aws:backup/restoreTestingSelection:RestoreTestingSelection",
    "aws:backup/selection:Selection",
    "aws:cfg/deliveryChannel:DeliveryChannel",
    "aws:cfg/recorder:Recorder",
    "aws:cfg/recorderStatus:RecorderStatus",
    "aws:acm/certificateValidation:CertificateValidation",
    "aws:cloudwatch/eventTarget:EventTarget",
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy",
    "aws:cloudwatch/logMetricFilter:LogMetricFilter",
    "aws:ebs/defaultKmsKey:DefaultKmsKey",
    "aws:ebs/encryptionByDefault:EncryptionByDefault",
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    "aws:ec2/natGateway:NatGateway",
    "aws:ec2/route:Route",
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
    "aws:ecr/lifecyclePolicy:LifecyclePolicy",
    "aws:ecr/pullThroughCacheRule:PullThroughCacheRule",
    "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration",
    "aws:ecr/replicationConfiguration:ReplicationConfiguration",
    "aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate",
    "aws:ecr/repositoryPolicy:RepositoryPolicy",
    "aws:eks/accessEntry:AccessEntry",
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
    "aws:eks/podIdentityAssociation:PodIdentityAssociation",
    "aws:guardduty/detector:Detector",
    "aws:guardduty/detectorFeature:DetectorFeature",
    "aws:iam/accountPasswordPolicy:AccountPasswordPolicy",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:lambda/permission:Permission",
    "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication",
    "aws:route53/healthCheck:HealthCheck",
    "aws:route53/record:Record",
    "aws:route53/zone:Zone",
    "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock",
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
    "aws:secretsmanager/secretVersion:SecretVersion",
    "aws:securityhub/account:Account",
    "aws:securityhub/standardsSubscription:StandardsSubscription",
    "aws:sns/topicPolicy:TopicPolicy",
    "aws:sns/topicSubscription:TopicSubscription",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
}


def belongs_to_access(resource: Resource) -> bool:
    """Whether only an administrator of the account deploys it."""
    return resource.type.startswith("aws:iam/") and resource.name.startswith("access-")


@cache
def statements(stack: str) -> list[dict[str, Any]]:
    """Everything that the policies of the deploy role say."""
    d = deployed(stack)
    policies = {policy["arn"]: policy for policy in d.of_type("aws:iam/policy:Policy")}
    attached = [
        policies[attachment["policyArn"]]
        for attachment in d.of_type("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
        if attachment.name.startswith("access-deploy-")
    ]
    assert attached
    return [statement for policy in attached for statement in policy.document()]


def may(stack: str, action: str, arn: str, context: Context) -> bool:
    return is_allowed(statements(stack), action, arn, context)


def tag(resource: Resource) -> str:
    return str((resource["tagsAll"] or {}).get("Environment", ""))


def known(resource: Resource, stack: str) -> dict[str, str]:
    """What IAM knows of a resource that exists."""
    found = {"aws:ResourceTag/Environment": tag(resource)} if tag(resource) else {}
    if resource.type == "aws:kms/key:Key":
        aliases = deployed(stack).of_type("aws:kms/alias:Alias")
        (found["kms:ResourceAliases"],) = (each["name"] for each in aliases if each["targetKeyId"] == resource["keyId"])
    return found


def limit(resource: Resource) -> dict[str, str]:
    """What IAM knows of the boundary of a role when a request concerns it."""
    boundary = resource.inputs.get("permissionsBoundary")
    return {"iam:PermissionsBoundary": boundary} if boundary else {}


def boundary(stack: str) -> Resource:
    """The policy that limits every role."""
    return deployed(stack).one("aws:iam/policy:Policy", "access-boundary")


def equal(condition: Mapping[str, Mapping[str, Any]]) -> Context:
    """A request that meets the equalities of a condition."""
    return {
        key: listed(wanted)[0]
        for operator in ("Bool", "StringEquals")
        for key, wanted in condition.get(operator, {}).items()
    }


def created(d: Deployed) -> list[Resource]:
    """What the deploy role creates, of the types that IAM decides on by themselves."""
    return [resource for resource in d if resource.type in REQUESTS and not belongs_to_access(resource)]


@pytest.mark.parametrize("stack", STACKS)
def test_every_type_is_known(stack: str) -> None:
    found = {resource.type for resource in deployed(stack) if resource.type.startswith("aws:")}
    settings_of_buckets = {type_ for type_ in found if type_.startswith("aws:s3/bucket") and type_ not in REQUESTS}
    assert found - set(REQUESTS) - PARTS - settings_of_buckets == set()


@pytest.mark.parametrize("stack", STACKS)
def test_the_deploy_role_may_create_what_the_stack_is_made_of(stack: str) -> None:
    refused = []
    for resource in created(deployed(stack)):
        action, _, arn_of = REQUESTS[resource.type]
        context = {**limit(resource), "aws:RequestTag/Environment": tag(resource)}
        if not may(stack, action, arn_of(resource), context):
            refused.append(f"{action} {arn_of(resource)}")
    assert refused == []


@pytest.mark.parametrize("stack", STACKS)
def test_the_deploy_role_may_tag_the_keys_that_it_makes_and_no_other_environment_s(stack: str) -> None:
    keys = deployed(stack).of_type("aws:kms/key:Key")
    assert keys
    request = {"aws:RequestTag/Environment": stack}
    for key in keys:
        assert may(stack, "kms:TagResource", key["arn"], request)
        assert not may(stack, "kms:TagResource", key["arn"], {**request, "aws:ResourceTag/Environment": "another"})


@pytest.mark.parametrize("stack", STACKS)
def test_the_deploy_role_may_delete_what_the_stack_is_made_of(stack: str) -> None:
    refused = []
    for resource in created(deployed(stack)):
        _, action, arn_of = REQUESTS[resource.type]
        if not may(stack, action, arn_of(resource), {**known(resource, stack), **limit(resource)}):
            refused.append(f"{action} {arn_of(resource)}")
    assert refused == []


@pytest.mark.parametrize("stack", STACKS)
def test_the_deploy_role_may_give_each_role_its_policies(stack: str) -> None:
    d = deployed(stack)
    roles = {role["name"]: role for role in d.of_type("aws:iam/role:Role") if not belongs_to_access(role)}
    refused = []
    for policy in d.of_type("aws:iam/rolePolicy:RolePolicy"):
        if belongs_to_access(policy):
            continue
        role = roles[policy["role"]]
        for action in ("iam:PutRolePolicy", "iam:DeleteRolePolicy"):
            if not may(stack, action, role["arn"], limit(role)):
                refused.append(f"{action} {policy.name}")
    for attachment in d.of_type("aws:iam/rolePolicyAttachment:RolePolicyAttachment"):
        if belongs_to_access(attachment):
            continue
        role = roles[attachment["role"]]
        for action in ("iam:AttachRolePolicy", "iam:DetachRolePolicy"):
            if not may(stack, action, role["arn"], {**limit(role), "iam:PolicyARN": attachment["policyArn"]}):
                refused.append(f"{action} {attachment['policyArn']}")
    assert refused == []


@pytest.mark.parametrize("stack", STACKS)
def test_access_itself_is_out_of_reach(stack: str) -> None:
    d = deployed(stack)
    for role in d.of_type("aws:iam/role:Role"):
        if belongs_to_access(role):
            context = {
                "iam:PolicyARN": "arn:aws:iam::1:policy/x",
                "iam:PermissionsBoundary": boundary(stack)["arn"],
            }
            for action in ("iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:DeleteRole"):
                assert not may(stack, action, role["arn"], context), role.name
    for policy in d.of_type("aws:iam/policy:Policy"):
        if belongs_to_access(policy):
            assert not may(stack, "iam:CreatePolicyVersion", policy["arn"], {})


@pytest.mark.parametrize("stack", STACKS)
def test_every_role_has_the_boundary_from_the_start(stack: str) -> None:
    """But for those that change the platform: what limits them is out of their reach."""
    d = deployed(stack)
    policy = boundary(stack)
    roles = d.of_type("aws:iam/role:Role")
    without = {role.name for role in roles if role.inputs.get("permissionsBoundary") != policy["arn"]}
    assert without == {"access-admin", "access-break-glass", "access-deploy"}
    assert all(policy.urn in d.needs(role) for role in roles if role.name not in without)


@pytest.mark.parametrize("stack", STACKS)
def test_the_boundary_leaves_each_role_what_its_own_policies_give(stack: str) -> None:
    limits = boundary(stack).document()
    taken = [
        f"{policy.name}: {action}"
        for policy in deployed(stack).of_type("aws:iam/rolePolicy:RolePolicy")
        if not belongs_to_access(policy)
        for statement in policy.document()
        if statement["Effect"] == "Allow"
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
        if not is_allowed(limits, action, resource, equal(statement.get("Condition", {})))
    ]
    assert taken == []


def test_the_boundary_leaves_what_policies_of_aws_give_and_the_platform_uses() -> None:
    service = "elasticloadbalancing.amazonaws.com"
    account = boundary("production")["arn"].split(":")[4]
    linked = f"arn:aws:iam::{account}:role/aws-service-role/{service}/AWSServiceRoleForElasticLoadBalancing"
    used = (
        ("iam:CreateServiceLinkedRole", linked),  # AmazonEKSClusterPolicy
        ("iam:GenerateCredentialReport", "*"),  # AWS_ConfigRole, with the reads below
        ("iam:GetAccountAuthorizationDetails", "*"),
        ("organizations:DescribeOrganization", "*"),
        ("account:GetAlternateContact", "*"),
        ("backup:CopyIntoBackupVault", "*"),  # AWSBackupServiceRolePolicyForBackup
        ("rds:CopyDBSnapshot", "*"),
        ("ec2:DeleteSnapshot", "*"),
        ("rds:RestoreDBInstanceFromDBSnapshot", "*"),  # AWSBackupServiceRolePolicyForRestores
        ("ecr:GetAuthorizationToken", "*"),  # AmazonEC2ContainerRegistryPullOnly
        ("ssmmessages:OpenDataChannel", "*"),  # AmazonSSMManagedInstanceCore
        ("ec2:AssignPrivateIpAddresses", "*"),  # AmazonEKS_CNI_Policy
    )
    limits, context = boundary("production").document(), {"iam:AWSServiceName": service}
    assert [action for action, resource in used if not is_allowed(limits, action, resource, context)] == []


def test_nothing_of_another_stack_is_within_reach() -> None:
    within = []
    for resource in created(deployed("staging")):
        _, action, arn_of = REQUESTS[resource.type]
        if may("development", action, arn_of(resource), known(resource, "staging")):
            within.append(f"{action} {arn_of(resource)}")
    assert within == []
