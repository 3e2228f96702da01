"""The limit of every role of the platform: what none of them can do, whatever policies it is given.

Whoever may make roles could otherwise make one that may do more than themselves, and let somebody assume it.
"""

from __future__ import annotations

from components.access.deployment import actions, allow, log_group_names
from components.access.guards import GUARDED, deny
from components.common.iam import Statement, policy_document
from components.common.scope import Scope

LABEL = "boundary"
_LOAD_BALANCING = "elasticloadbalancing.amazonaws.com"

# Services that say who may do what: their changes are nobody's within the environment.
_IDENTITY_SERVICES = ("account", "iam", "identitystore", "organizations", "ram", "sso", "sso-directory")

# Settings of other environments may be read: AWS Config records those of the whole account. Only what IAM tells apart
# by a tag is listed.
_SETTINGS = (
    *actions("backup", "Describe*", "GetBackup*", "List*"),
    *actions("cloudtrail", "Get*Selectors", "GetTrail*", "ListTags"),
    *actions("cloudwatch", "Describe*", "List*"),
    *actions("dynamodb", "Describe*", "List*"),
    *actions("ec2", "Describe*"),
    *actions("ecr", "DescribeRepositories", "GetLifecyclePolicy", "GetRepositoryPolicy", "List*"),
    *actions("eks", "Describe*", "List*"),
    *actions("elasticache", "Describe*", "List*"),
    *actions("events", "Describe*", "List*"),
    *actions("iam", "Get*", "List*"),
    *actions("kms", "DescribeKey", "GetKey*", "List*"),
    *actions("lambda", "GetPolicy", "List*"),
    *actions("logs", "ListTags*"),
    *actions("rds", "Describe*", "List*"),
    *actions("s3", "Get*Configuration", "GetBucket*", "ListTags*"),
    *actions("secretsmanager", "Describe*", "GetResourcePolicy", "List*"),
    *actions("sns", "Get*", "List*"),
    *actions("sqs", "GetQueueAttributes", "List*"),
)
# What S3 and Systems Manager hold and do by names, since not all of their actions know tags.
_NAMED = (
    *actions("s3", "Abort*", "Create*", "Delete*", "GetObject*", "Initiate*", "ListBucket*", "ListMultipart*"),
    *actions("s3", "ListObject*", "Object*", "P*", "R*", "TagResource", "U*"),
    *actions("secretsmanager", "*SecretValue", "DeleteSecret", "UpdateSecret*"),
    *actions("ssm", "*Parameter*"),
    *actions("logs", "CreateExportTask", "Filter*", "GetLog*", "PutLog*", "Start*"),
)
# Ways to act as what runs elsewhere in the account, without passing a role to it.
_TAKE_OVER = (
    *actions("apprunner", "Update*"),
    *actions("batch", "SubmitJob"),
    *actions("bedrock-agentcore", "Invoke*", "Start*"),
    *actions(
        "cloudformation", "*ChangeSet", "*StackInstances", "Continue*", "Execute*", "Rollback*", "Set*", "Update*"
    ),
    *actions("cloud9", "Create*", "Update*"),
    *actions("codebuild", "Start*", "Update*"),
    *actions("codedeploy", "Create*"),
    *actions("codepipeline", "Put*", "Start*", "Update*"),
    *actions("datapipeline", "*"),
    *actions("ec2", "CreateLaunchTemplateVersion", "CreateReplaceRoot*", "ModifyInstanceAttribute"),
    *actions("ec2", "ModifyLaunchTemplate"),
    *actions("ec2-instance-connect", "*"),
    *actions("ecs", "CreateService", "Execute*", "Run*", "Start*", "Update*"),
    *actions("elasticbeanstalk", "Create*", "Update*"),
    *actions("elasticmapreduce", "Add*", "Start*"),
    *actions("glue", "CreateTrigger", "Run*", "Start*", "Update*"),
    *actions("lambda", "CreateEvent*", "Update*"),
    *actions("rolesanywhere", "*"),
    *actions("sagemaker", "Create*", "Start*", "Update*"),
    *actions("servicecatalog", "*Provision*"),
    *actions("ssm", "CreateAssociation*", "ResumeSession", "Send*", "Start*", "UpdateAssociation"),
    *actions("states", "UpdateStateMachine"),
)
# Ways to give others what the environment has.
_SHARE = (
    *actions("backup", "PutBackupVault*Policy"),
    *actions("dynamodb", "PutResourcePolicy"),
    *actions("ec2", "CreateInstanceExportTask", "CreateStoreImageTask", "Disable*BlockPublicAccess", "ExportImage"),
    *actions("ec2", "Modify*ImageAttribute", "ModifySnapshot*", "ModifyVpcEndpointService*"),
    *actions("ecr", "PutRegistryPolicy", "PutReplication*", "SetRepositoryPolicy"),
    *actions("eks", "*AccessEntry", "*AccessPolicy", "*PodIdentityAssociation"),
    *actions("elasticache", "CopySnapshot"),
    *actions("events", "PutPermission", "PutResourcePolicy"),
    *actions("lambda", "Add*Permission", "PutResourcePolicy"),
    *actions("logs", "PutAccountPolicy", "PutDestination*", "PutResourcePolicy", "PutSubscription*"),
    *actions("rds", "ModifyDB*SnapshotAttribute", "StartExportTask"),
    *actions("s3", "*AccessGrant*", "*AccessPoint*", "Put*Acl", "PutBucketOwnership*", "Put*PublicAccessBlock"),
    *actions("s3", "PutReplication*"),
    *actions("secretsmanager", "PutResourcePolicy", "Replicate*"),
    *actions("sns", "AddPermission", "PutData*", "SetTopicAttributes"),
    *actions("sqs", "AddPermission", "SetQueueAttributes"),
    *actions("ssm", "ModifyDocumentPermission", "PutResourcePolicy"),
)


def boundary_arn(scope: Scope) -> str:
    """The ARN of the policy, known before it exists."""
    return scope.global_arn("iam", f"policy/{scope.name(f'access-{LABEL}')}")


def boundary_policy(scope: Scope, predecessor: str | None = None) -> str:
    """Everything but changing identities, becoming another role, and what lies outside of the environment.

    A boundary gives nothing: a role may do what both its policies and its boundary allow. No role of the platform
    writes to IAM, but for the one role of AWS that the first load balancer of an account needs: the control plane and
    the load balancer controller may make it. None passes a role on, either: AWS Backup would for clusters and
    instances, and what is backed up here are databases and volumes.

    What another environment has is out of reach, save what a `predecessor` had: its data is restored here.
    """
    return policy_document(
        {
            "Sid": "TheRest",
            "Effect": "Allow",
            "NotAction": [f"{service}:*" for service in _IDENTITY_SERVICES],
            "Resource": "*",
        },
        allow(
            "ReadIdentities",
            [
                *actions("account", "Get*", "List*"),
                *actions("iam", "GenerateCredentialReport", "Get*", "List*"),
                *actions("organizations", "Describe*", "List*"),
            ],
            "*",
        ),
        allow(
            "BalanceLoad",
            ["iam:CreateServiceLinkedRole"],
            scope.global_arn("iam", f"role/aws-service-role/{_LOAD_BALANCING}/*"),
            {"StringEquals": {"iam:AWSServiceName": _LOAD_BALANCING}},
        ),
        # Denials: another role's trust in a session of this one would outweigh what a boundary merely leaves out.
        deny("Never", ["sts:Assume*", *GUARDED, *_SHARE]),
        *_walls(scope, predecessor),
    )


def _walls(scope: Scope, predecessor: str | None) -> list[Statement]:
    """Denials that keep a role within its environment, and its data within the account."""
    not_ours = {"aws:ResourceTag/Environment": [scope.prefix, predecessor] if predecessor else scope.prefix}
    names = _own_names(scope)
    if predecessor:
        names.append(f"arn:{scope.partition}:s3:::{predecessor}-*")
    clusters = scope.global_arn("iam", f"oidc-provider/{scope.host('oidc.eks')}/id/*")
    return [
        {
            "Sid": "NotOfOthers",
            "Effect": "Deny",
            "NotAction": _SETTINGS,
            "Resource": "*",
            # A negated operator holds where the key is missing; what has no such tag is judged by name, or is shared.
            "Condition": {"StringNotEquals": not_ours, "Null": {"aws:ResourceTag/Environment": "false"}},
        },
        {
            "Sid": "OwnNames",
            "Effect": "Deny",
            "Action": _NAMED,
            "NotResource": names,
            "Condition": {"StringEqualsIfExists": {"aws:ResourceAccount": scope.account_id}},
        },
        {
            "Sid": "NoTakeOver",
            "Effect": "Deny",
            "Action": _TAKE_OVER,
            "NotResource": f"arn:{scope.partition}:ssm:*:*:document/*",
            "Condition": {"StringNotEquals": not_ours},
        },
        deny("NoGrants", ["kms:CreateGrant"], {"BoolIfExists": {"kms:GrantIsForAWSResource": "false"}}),
        # Whatever its trust says, no role is of use to workflows or people who come by another identity provider.
        {
            "Sid": "OwnClusters",
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {
                "ArnNotLike": {"aws:FederatedProvider": clusters},
                "Null": {"aws:FederatedProvider": "false"},
            },
        },
    ]


def _own_names(scope: Scope) -> list[str]:
    """What the environment's buckets, secrets, parameters and log groups are called."""
    partition, own = scope.partition, scope.prefix
    return [
        f"arn:{partition}:s3:::{own}-*",
        f"arn:{partition}:secretsmanager:*:*:secret:{own}/*",
        f"arn:{partition}:ssm:*:*:parameter/{own}/*",
        # Public parameters of AWS, such as the newest image of a node.
        f"arn:{partition}:ssm:*::parameter/aws/*",
        *(f"arn:{partition}:logs:*:*:log-group:{name}" for name in log_group_names(own)),
        f"arn:{partition}:logs:*:*:log-group:RDSOSMetrics:*",
    ]
