"""What the role that deploys may do with the cluster, its nodes and the images that run on them."""

from __future__ import annotations

from components.access.deployment import Deployment, actions, allow
from components.common.iam import Statement, policy_document

_MANAGE_CLUSTER = actions(
    "eks",
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


def cluster_policy(deployment: Deployment) -> str:
    """The EKS cluster with its node groups, add-ons and access entries, its scaling groups' tags, and repositories."""
    scope, own = deployment.scope, deployment.own
    kinds = ("cluster", "nodegroup", "addon", "access-entry", "podidentityassociation")
    # Node groups with an own launch template are refused to those who could not launch its instances.
    launched = [scope.arn("ec2", "*"), f"arn:{scope.partition}:ec2:{scope.region}::*"]
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
        allow("LaunchNodes", ["ec2:RunInstances"], launched, deployment.not_of_others),
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
