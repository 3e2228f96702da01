"""What the role that deploys the platform may do, as one policy document for each field of work.

Resources are named wherever AWS has names for them: everything that the platform names, or that Pulumi names for it,
starts with `<prefix>-`. EC2 and KMS give random ids, so there the Environment tag decides: nothing that carries another
environment's tag can be touched.
"""

from __future__ import annotations

from components.access.deployment import Deployment, StateBackend, actions, allow
from components.common.iam import Statement, policy_document


def network_policy(deployment: Deployment) -> str:
    """VPCs, subnets, gateways, routes, access lists, security groups, endpoints, launch templates, flow logs."""
    scope = deployment.scope
    anything = deployment.arns("ec2", "*")
    change = actions(
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
    delete = actions(
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
    # Node groups with an own launch template are refused to those who could not launch its instances.
    image = f"arn:{scope.partition}:ec2:{scope.region}::*"
    return policy_document(
        allow("Read", actions("ec2", "Describe*", "GetManagedPrefixListEntries"), "*"),
        allow("Change", change, anything, deployment.not_of_others),
        allow("Delete", delete, anything, deployment.ours),
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
    manage = actions(
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
    groups = scope.arn("autoscaling", "autoScalingGroup:*:autoScalingGroupName/eks-*")
    our_groups = {"StringEquals": {"aws:ResourceTag/eks:cluster-name": scope.name("eks-cluster")}}
    return policy_document(
        allow("Manage", manage, [scope.arn("eks", f"{kind}/{own}") for kind in kinds]),
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
            scope.arn("ecr", f"repository/{scope.prefix}/*"),
        ),
        allow("ReadVersions", actions("eks", "DescribeAddonConfiguration", "DescribeAddonVersions"), "*"),
        allow("TagNodes", actions("autoscaling", "CreateOrUpdateTags", "DeleteTags"), groups, our_groups),
        allow("ReadNodes", actions("autoscaling", "DescribeAutoScalingGroups", "DescribeTags"), "*"),
    )


def data_policy(deployment: Deployment) -> str:
    """Databases, caches and the secrets to connect to them."""
    scope, own = deployment.scope, deployment.own
    databases = deployment.arns(
        "rds", *(f"{kind}:{own}" for kind in ("cluster", "db", "es", "pg", "snapshot", "subgrp"))
    )
    caches = [
        scope.arn("elasticache", f"{kind}:{own}")
        for kind in ("cluster", "parametergroup", "replicationgroup", "snapshot", "subnetgroup", "user", "usergroup")
    ]
    return policy_document(
        allow(
            "ManageDatabases",
            [
                *actions(
                    "rds",
                    "AddSourceIdentifierToSubscription",
                    "AddTagsToResource",
                    "CreateDBInstance*",
                    "CreateDBParameterGroup",
                    "CreateDBSnapshot",
                ),
                *actions("rds", "CreateDBSubnetGroup", "CreateEventSubscription", "DeleteDBInstance"),
                *actions("rds", "DeleteDBParameterGroup", "DeleteDBSubnetGroup", "DeleteEventSubscription"),
                *actions("rds", "ListTagsForResource", "ModifyDBInstance", "ModifyDBParameterGroup"),
                *actions("rds", "ModifyDBSubnetGroup", "ModifyEventSubscription", "PromoteReadReplica"),
                *actions("rds", "RebootDBInstance", "RemoveSourceIdentifierFromSubscription"),
                *actions("rds", "RemoveTagsFromResource", "ResetDBParameterGroup"),
                *actions("rds", "RestoreDBInstance*", "StartDBInstanceAutomatedBackupsReplication"),
                *actions("rds", "StopDBInstanceAutomatedBackupsReplication"),
            ],
            [*databases, *deployment.arns("rds", "auto-backup:*", "og:default*")],
        ),
        # Snapshots that RDS and AWS Backup take have names of their own.
        allow(
            "RestoreDatabases",
            ["rds:RestoreDBInstanceFromDBSnapshot"],
            deployment.arns("rds", f"snapshot:rds:{own}", "snapshot:awsbackup:*"),
            deployment.not_of_others,
        ),
        allow("ReadDatabases", actions("rds", "Describe*"), "*"),
        allow(
            "ManageCaches",
            [
                *actions("elasticache", "AddTagsToResource", "CreateCacheParameterGroup", "CreateCacheSubnetGroup"),
                *actions("elasticache", "CreateReplicationGroup", "CreateSnapshot", "DecreaseReplicaCount"),
                *actions("elasticache", "DeleteCacheParameterGroup", "DeleteCacheSubnetGroup"),
                *actions("elasticache", "DeleteReplicationGroup", "IncreaseReplicaCount", "ListTagsForResource"),
                *actions("elasticache", "ModifyCacheParameterGroup", "ModifyCacheSubnetGroup"),
                *actions("elasticache", "ModifyReplicationGroup*", "RemoveTagsFromResource"),
                *actions("elasticache", "CreateUser", "CreateUserGroup", "DeleteUser", "DeleteUserGroup", "ModifyUser"),
                *actions("elasticache", "ModifyUserGroup", "ResetCacheParameterGroup"),
            ],
            [*caches, scope.arn("elasticache", "parametergroup:default*")],
        ),
        allow("ReadCaches", actions("elasticache", "Describe*"), "*"),
        allow(
            "ManageSecrets",
            [
                *actions("secretsmanager", "CancelRotateSecret", "CreateSecret", "DeleteResourcePolicy"),
                *actions("secretsmanager", "DeleteSecret", "DescribeSecret", "GetResourcePolicy", "GetSecretValue"),
                *actions("secretsmanager", "PutResourcePolicy", "PutSecretValue", "RestoreSecret", "RotateSecret"),
                *actions("secretsmanager", "TagResource", "UntagResource", "UpdateSecret*"),
            ],
            scope.arn("secretsmanager", f"secret:{scope.prefix}/*"),
        ),
    )


def storage_policy(deployment: Deployment) -> str:
    """Buckets with their settings, keys, and the state of the stack itself."""
    scope = deployment.scope
    bucket = f"arn:{scope.partition}:s3:::{deployment.own}"
    keys, aliases = deployment.arns("kms", "key/*"), deployment.arns("kms", f"alias/{deployment.own}")
    statements = [
        allow(
            "ManageBuckets",
            [
                *actions("s3", "CreateBucket", "DeleteBucket", "DeleteBucketPolicy", "GetAccelerateConfiguration"),
                *actions("s3", "GetAnalyticsConfiguration", "GetMetricsConfiguration"),
                *actions("s3", "GetBucket*", "GetEncryptionConfiguration", "GetIntelligentTieringConfiguration"),
                *actions("s3", "GetInventoryConfiguration", "GetLifecycleConfiguration"),
                *actions("s3", "GetReplicationConfiguration", "ListBucket", "PutBucketLogging"),
                *actions("s3", "PutBucketObjectLockConfiguration", "PutBucketOwnershipControls", "PutBucketPolicy"),
                *actions("s3", "PutBucketPublicAccessBlock", "PutBucketTagging", "PutBucketVersioning"),
                *actions("s3", "PutEncryptionConfiguration", "PutIntelligentTieringConfiguration"),
                *actions("s3", "PutInventoryConfiguration", "PutLifecycleConfiguration"),
                *actions("s3", "PutReplicationConfiguration", "ListTagsForResource", "TagResource", "UntagResource"),
            ],
            bucket,
        ),
        # A key that is being made has no tag yet, and is tagged by a permission of its own.
        allow(
            "CreateKeys",
            actions("kms", "CreateKey", "TagResource"),
            "*",
            {"StringEquals": {"aws:RequestTag/Environment": scope.prefix}, **deployment.not_of_others},
        ),
        allow(
            "ManageKeys",
            [
                *actions("kms", "CancelKeyDeletion", "CreateGrant", "Decrypt"),
                *actions(
                    "kms",
                    "DescribeKey",
                    "DisableKey",
                    "DisableKeyRotation",
                    "EnableKey",
                    "EnableKeyRotation",
                    "Encrypt",
                ),
                *actions("kms", "GenerateDataKey*", "GetKeyPolicy", "GetKeyRotationStatus", "ListKeyPolicies"),
                *actions("kms", "ListResourceTags", "PutKeyPolicy", "RetireGrant", "ScheduleKeyDeletion"),
                *actions("kms", "TagResource", "UntagResource", "UpdateKeyDescription"),
            ],
            keys,
            deployment.ours,
        ),
        allow(
            "NameKeys",
            actions("kms", "CreateAlias", "DeleteAlias", "UpdateAlias"),
            [*aliases, *keys],
            deployment.not_of_others,
        ),
        allow("FindKeys", ["kms:ListAliases"], "*"),
    ]
    if not deployment.deletion_protection:
        statements.append(
            allow(
                "EmptyBuckets",
                actions("s3", "BypassGovernanceRetention", "ListBucketVersions", "DeleteObject*"),
                [bucket, f"{bucket}/*"],
            )
        )
    if deployment.state:
        statements += _state_statements(deployment, deployment.state)
    return policy_document(*statements)


def _state_statements(deployment: Deployment, state: StateBackend) -> list[Statement]:
    """The stack's own state, tags, history, backups and locks, by the layout of Pulumi's backend in a bucket.

    The bucket may be listed as a whole: S3 says of a missing object that it is missing to those only who may list
    without a condition, and the engine asks for many that are.
    """
    bucket = f"arn:{deployment.scope.partition}:s3:::{state.bucket}"
    stack = f"{state.project}/{deployment.scope.prefix}"
    own = [
        f"stacks/{stack}.json*",
        f"stacks/{stack}.pulumi-tags",
        f"history/{stack}/*",
        f"backups/{stack}/*",
        f"locks/organization/{stack}/*",
    ]
    return [
        allow("FindState", actions("s3", "GetBucketLocation", "ListBucket"), bucket),
        allow("ReadLayout", ["s3:GetObject"], f"{bucket}/.pulumi/meta.yaml"),
        allow(
            "KeepState",
            actions("s3", "DeleteObject", "GetObject", "PutObject"),
            [f"{bucket}/.pulumi/{path}" for path in own],
        ),
        allow(
            "KeepStateSecrets",
            actions("kms", "Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey"),
            deployment.scope.arn("kms", "key/*"),
            {"ForAnyValue:StringEquals": {"kms:ResourceAliases": state.key_alias}},
        ),
    ]


def observability_policy(deployment: Deployment) -> str:
    """Log groups, alarms, dashboards, topics, event rules, budgets, backup vaults and plans."""
    scope, own = deployment.scope, deployment.own
    budget = scope.global_arn("budgets", f"budget/{own}")
    statements = [
        allow(
            "ManageLogGroups",
            [
                *actions("logs", "AssociateKmsKey", "CreateLogGroup", "DeleteLogGroup", "DeleteMetricFilter"),
                *actions("logs", "DeleteRetentionPolicy", "DisassociateKmsKey", "ListTagsForResource"),
                *actions("logs", "PutMetricFilter", "PutRetentionPolicy", "TagResource", "UntagResource"),
            ],
            deployment.arns("logs", f"log-group:*{scope.prefix}*"),
        ),
        # Delivery of flow logs and of Redis logs, which AWS does not let a policy scope.
        allow(
            "DeliverLogs",
            [
                *actions("logs", "CreateLogDelivery", "DeleteLogDelivery", "DescribeLogGroups"),
                *actions("logs", "DescribeMetricFilters", "DescribeResourcePolicies", "GetLogDelivery"),
                *actions("logs", "ListLogDeliveries", "PutResourcePolicy", "UpdateLogDelivery"),
            ],
            "*",
        ),
        allow(
            "ManageAlarms",
            [
                *actions("cloudwatch", "DeleteAlarms", "DeleteDashboards", "GetDashboard", "ListTagsForResource"),
                *actions("cloudwatch", "PutCompositeAlarm", "PutDashboard", "PutMetricAlarm", "TagResource"),
                *actions("cloudwatch", "UntagResource"),
            ],
            [*deployment.arns("cloudwatch", f"alarm:{own}"), scope.global_arn("cloudwatch", f"dashboard/{own}")],
        ),
        allow("ReadAlarms", ["cloudwatch:DescribeAlarms"], "*"),
        allow(
            "ManageTopics",
            [
                *actions("sns", "CreateTopic", "DeleteTopic", "GetTopicAttributes", "ListSubscriptionsByTopic"),
                *actions("sns", "GetDataProtectionPolicy", "ListTagsForResource", "SetTopicAttributes", "Subscribe"),
                *actions("sns", "TagResource", "UntagResource"),
            ],
            deployment.arns("sns", own),
        ),
        allow(
            "ManageSubscriptions",
            actions("sns", "GetSubscriptionAttributes", "SetSubscriptionAttributes", "Unsubscribe"),
            deployment.arns("sns", own),
        ),
        allow(
            "ManageEventRules",
            [
                *actions("events", "DeleteRule", "DescribeRule", "ListTagsForResource", "ListTargetsByRule"),
                *actions("events", "PutRule", "PutTargets", "RemoveTargets", "TagResource", "UntagResource"),
            ],
            scope.arn("events", f"rule/{own}"),
        ),
        allow(
            "ManageBudgets",
            actions("budgets", "ListTagsForResource", "ModifyBudget", "TagResource", "UntagResource", "ViewBudget"),
            budget,
        ),
        *_backup_statements(deployment),
    ]
    return policy_document(*statements)


def _backup_statements(deployment: Deployment) -> list[Statement]:
    scope, vaults = deployment.scope, deployment.arns("backup", f"backup-vault:{deployment.own}")
    vault_actions = [
        *actions("backup", "CreateBackupVault", "DeleteBackupVault", "DeleteBackupVaultAccessPolicy"),
        *actions("backup", "DeleteBackupVaultLockConfiguration", "DescribeBackupVault", "GetBackupVaultAccessPolicy"),
        *actions("backup", "ListRecoveryPointsByBackupVault", "ListTags", "PutBackupVaultAccessPolicy"),
        *actions("backup", "PutBackupVaultLockConfiguration", "TagResource", "UntagResource"),
    ]
    plan_actions = [
        *actions("backup", "CreateBackupPlan", "CreateBackupSelection", "DeleteBackupPlan", "DeleteBackupSelection"),
        *actions("backup", "GetBackupPlan", "GetBackupSelection", "ListTags", "TagResource", "UntagResource"),
        *actions("backup", "UpdateBackupPlan"),
    ]
    statements = [
        allow("ManageVaults", vault_actions, vaults),
        allow("ManagePlans", plan_actions, scope.arn("backup", "backup-plan:*"), deployment.not_of_others),
        allow("EncryptVaults", ["backup-storage:MountCapsule"], "*"),
    ]
    if not deployment.deletion_protection:
        # A recovery point is named by the service that made it, and carries the tags of what it is a copy of.
        statements.append(
            allow(
                "EmptyVaults",
                actions("backup", "DeleteRecoveryPoint", "DescribeRecoveryPoint"),
                _recovery_points(deployment),
                deployment.not_of_others,
            )
        )
    return statements


def _recovery_points(deployment: Deployment) -> list[str]:
    """ARNs of the copies that AWS Backup keeps: of databases, of volumes, and of what it stores by itself."""
    scopes = (deployment.scope, deployment.scope.in_region(deployment.recovery_region))
    return [
        *deployment.arns("backup", "recovery-point:*"),
        *deployment.arns("rds", "snapshot:awsbackup:*"),
        *(f"arn:{scope.partition}:ec2:{scope.region}::snapshot/*" for scope in scopes),
    ]
