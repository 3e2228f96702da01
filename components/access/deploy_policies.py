"""What the role that deploys the platform may do, as one policy document for each field of work.

Resources are named wherever AWS has names for them: everything that the platform names, or that Pulumi names for it,
starts with `<prefix>-`. EC2 and KMS give random ids, so there the Environment tag decides: nothing that carries another
environment's tag can be touched.
"""

from __future__ import annotations

from components.access.deployment import Deployment, actions, allow
from components.common.iam import Statement, policy_document

_CHANGE_NETWORK = actions(
    "ec2",
    "AllocateAddress",
    "AssociateRouteTable",
    "AttachInternetGateway",
    "AuthorizeSecurityGroup*",
    "CreateFlowLogs",
    "CreateInternetGateway",
    "CreateLaunchTemplate*",
    "CreateNatGateway",
    "CreateNetworkAcl*",
    "CreateRoute*",
    "CreateSecurityGroup",
    "CreateSubnet",
    "CreateTags",
    "CreateVpc",
    "CreateVpcEndpoint",
    "DeleteTags",
    "DetachInternetGateway",
    "DisassociateAddress",
    "DisassociateRouteTable",
    "ModifyLaunchTemplate",
    "ModifySecurityGroupRules",
    "ModifySubnetAttribute",
    "ModifyTransitGatewayVpcAttachment",
    "ModifyVpcAttribute",
    "ModifyVpcEndpoint",
    "ReplaceNetworkAcl*",
    "ReplaceRoute*",
    "RevokeSecurityGroup*",
    "UpdateSecurityGroupRuleDescriptions*",
)
_DELETE_NETWORK = actions(
    "ec2",
    "DeleteFlowLogs",
    "DeleteInternetGateway",
    "DeleteLaunchTemplate*",
    "DeleteNatGateway",
    "DeleteNetworkAcl*",
    "DeleteRoute*",
    "DeleteSecurityGroup",
    "DeleteSubnet",
    "DeleteTransitGatewayVpcAttachment",
    "DeleteVpc",
    "DeleteVpcEndpoints",
    "ReleaseAddress",
)
_MANAGE_CLUSTER = actions(
    "eks",
    "AssociateAccessPolicy",
    "AssociateEncryptionConfig",
    "CreateAccessEntry",
    "CreateAddon",
    "CreateNodegroup",
    "CreatePodIdentityAssociation",
    "DeleteAccessEntry",
    "DeleteAddon",
    "DeleteCluster",
    "DeleteNodegroup",
    "DeletePodIdentityAssociation",
    "DescribeAccessEntry",
    "DescribeAddon",
    "DescribeCluster",
    "DescribeNodegroup",
    "DescribePodIdentityAssociation",
    "DescribeUpdate",
    "DisassociateAccessPolicy",
    "ListAssociatedAccessPolicies",
    "ListUpdates",
    "ListTagsForResource",
    "TagResource",
    "UntagResource",
    "UpdateAccessEntry",
    "UpdateAddon",
    "UpdateCluster*",
    "UpdateNodegroup*",
    "UpdatePodIdentityAssociation",
)


def network_policy(deployment: Deployment) -> str:
    """VPCs, subnets, gateways, routes, access lists, security groups, endpoints, launch templates, flow logs."""
    scope = deployment.scope
    anything = deployment.arns("ec2", "*")
    # Node groups with an own launch template are refused to those who could not launch its instances.
    image = f"arn:{scope.partition}:ec2:{scope.region}::*"
    return policy_document(
        allow("Read", actions("ec2", "Describe*", "GetManagedPrefixListEntries"), "*"),
        allow("Change", _CHANGE_NETWORK, anything, deployment.not_of_others),
        allow("Delete", _DELETE_NETWORK, anything, deployment.ours),
        allow("LaunchNodes", ["ec2:RunInstances"], [scope.arn("ec2", "*"), image], deployment.not_of_others),
        # A transit gateway is another account's, and shared with this one.
        allow(
            "AttachTransitGateway",
            ["ec2:CreateTransitGatewayVpcAttachment"],
            [scope.arn("ec2", "*"), f"arn:{scope.partition}:ec2:{scope.region}:*:transit-gateway/*"],
            deployment.not_of_others,
        ),
        # Interface endpoints with private DNS.
        allow("NameEndpoints", ["route53:AssociateVPCWithHostedZone"], f"arn:{scope.partition}:route53:::hostedzone/*"),
    )


def cluster_policy(deployment: Deployment) -> str:
    """The EKS cluster with its node groups, add-ons and access entries, its scaling groups' tags, and repositories."""
    scope, own = deployment.scope, deployment.own
    kinds = ("cluster", "nodegroup", "addon", "access-entry", "podidentityassociation")
    groups = scope.arn("autoscaling", "autoScalingGroup:*:autoScalingGroupName/eks-*")
    our_groups = {"StringEquals": {"aws:ResourceTag/eks:cluster-name": scope.name("eks-cluster")}}
    return policy_document(
        allow("Manage", _MANAGE_CLUSTER, [scope.arn("eks", f"{kind}/{own}") for kind in kinds]),
        allow("Create", ["eks:CreateCluster"], "*", {"StringEquals": {"aws:RequestTag/Environment": scope.prefix}}),
        allow(
            "ManageRepositories",
            [
                *actions("ecr", "CreateRepository", "DeleteLifecyclePolicy", "DeleteRepository"),
                *actions("ecr", "DeleteRepositoryPolicy", "DescribeRepositories", "GetLifecyclePolicy"),
                *actions("ecr", "GetRepositoryPolicy", "ListTagsForResource", "PutImageScanningConfiguration"),
                *actions("ecr", "PutImageTagMutability", "PutLifecyclePolicy", "SetRepositoryPolicy", "TagResource"),
                *actions("ecr", "UntagResource"),
            ],
            # Repositories that ECR makes by itself are shaped by whoever made their template.
            deployment.arns("ecr", f"repository/{scope.prefix}/*", f"repository/{scope.prefix}-*"),
        ),
        allow("ReadVersions", actions("eks", "DescribeAddonConfiguration", "DescribeAddonVersions"), "*"),
        allow("TagNodes", actions("autoscaling", "CreateOrUpdateTags", "DeleteTags"), groups, our_groups),
        allow("ReadNodes", actions("autoscaling", "DescribeAutoScalingGroups", "DescribeTags"), "*"),
        *_registry_statements(deployment),
    )


def _registry_statements(deployment: Deployment) -> list[Statement]:
    """Settings of the registry as a whole, and rules and templates that have a prefix but no name, where it has any."""
    if not deployment.shapes_registry:
        return []
    statements = [
        allow(
            "ManageRegistry",
            [
                *actions("ecr", "CreatePullThroughCacheRule", "CreateRepositoryCreationTemplate"),
                *actions("ecr", "DeletePullThroughCacheRule", "DeleteRepositoryCreationTemplate"),
                *actions("ecr", "DescribePullThroughCacheRules", "DescribeRegistry"),
                *actions("ecr", "DescribeRepositoryCreationTemplates", "GetRegistryScanningConfiguration"),
                *actions("ecr", "PutRegistryScanningConfiguration", "PutReplicationConfiguration"),
                *actions("ecr", "UpdatePullThroughCacheRule", "UpdateRepositoryCreationTemplate"),
                *actions("inspector2", "Disable", "Enable", "ListAccountPermissions"),
            ],
            "*",
        )
    ]
    if deployment.registry_secrets:
        # Who makes the rule of a registry that asks for a sign-in must be able to read the secret.
        statements.append(
            allow("SignInToRegistries", ["secretsmanager:GetSecretValue"], list(deployment.registry_secrets))
        )
    return statements
