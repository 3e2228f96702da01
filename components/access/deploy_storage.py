"""What the role that deploys may do with databases, caches, secrets, buckets, keys and the state of the stack."""

from __future__ import annotations

from components.access.deployment import Deployment, StateBackend, actions, allow
from components.common.iam import Statement, policy_document


def data_policy(deployment: Deployment) -> str:
    """Databases, caches and the secrets to connect to them."""
    return policy_document(
        *_database_statements(deployment),
        *_cache_statements(deployment),
        allow(
            "ManageSecrets",
            [
                *actions("secretsmanager", "CancelRotateSecret", "CreateSecret", "DeleteResourcePolicy"),
                *actions("secretsmanager", "DeleteSecret", "DescribeSecret", "GetResourcePolicy", "GetSecretValue"),
                *actions("secretsmanager", "PutResourcePolicy", "PutSecretValue", "RestoreSecret", "RotateSecret"),
                *actions("secretsmanager", "TagResource", "UntagResource", "UpdateSecret*"),
            ],
            deployment.scope.arn("secretsmanager", f"secret:{deployment.scope.prefix}/*"),
        ),
    )


def _database_statements(deployment: Deployment) -> list[Statement]:
    own = deployment.own
    databases = deployment.arns(
        "rds", *(f"{kind}:{own}" for kind in ("cluster", "db", "es", "pg", "snapshot", "subgrp"))
    )
    return [
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
            [*databases, *deployment.arns("rds", "og:default*")],
        ),
        # Snapshots that RDS and AWS Backup take have names of their own.
        allow(
            "RestoreDatabases",
            ["rds:RestoreDBInstanceFromDBSnapshot"],
            deployment.arns("rds", f"snapshot:rds:{own}"),
            deployment.not_of_others,
        ),
        # AWS names automated backups and copies in vaults; they carry the tags of their database.
        allow(
            "RestoreBackups",
            actions("rds", "RestoreDBInstanceFromDBSnapshot", "RestoreDBInstanceToPointInTime"),
            deployment.arns("rds", "auto-backup:*", "snapshot:awsbackup:*"),
            deployment.ours,
        ),
        allow(
            "ReplicateBackups",
            ["rds:StartDBInstanceAutomatedBackupsReplication"],
            deployment.arns("rds", "auto-backup:*"),
            deployment.not_of_others,
        ),
        allow("ReadDatabases", actions("rds", "Describe*"), "*"),
    ]


def _cache_statements(deployment: Deployment) -> list[Statement]:
    scope, own = deployment.scope, deployment.own
    caches = [
        scope.arn("elasticache", f"{kind}:{own}")
        for kind in ("cluster", "parametergroup", "replicationgroup", "snapshot", "subnetgroup", "user", "usergroup")
    ]
    return [
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
    ]


def storage_policy(deployment: Deployment) -> str:
    """Buckets with their settings, keys, and the state of the stack itself."""
    bucket = f"arn:{deployment.scope.partition}:s3:::{deployment.own}"
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
        *_key_statements(deployment),
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


def _key_statements(deployment: Deployment) -> list[Statement]:
    """Our keys have our tag and one of our aliases.

    The tag alone is no proof: whoever makes keys may tag any that has none. A key gets an alias only from those whom
    its own policy lets give it one.
    """
    keys, aliases = deployment.arns("kms", "key/*"), deployment.arns("kms", f"alias/{deployment.own}")
    our_keys = {**deployment.ours, "ForAnyValue:StringLike": {"kms:ResourceAliases": f"alias/{deployment.own}"}}
    return [
        allow("CreateKeys", ["kms:CreateKey"], "*", deployment.being_made),
        # A key that is being made has no tag and no name yet. KMS has no other way to tell it from an old one.
        allow(
            "TagNewKeys",
            ["kms:TagResource"],
            keys,
            {**deployment.being_made, "Null": {"aws:ResourceTag/Environment": "true", "kms:ResourceAliases": "true"}},
        ),
        allow(
            "ManageKeys",
            [
                *actions("kms", "CancelKeyDeletion", "Decrypt", "DescribeKey", "DisableKey", "DisableKeyRotation"),
                *actions("kms", "EnableKey", "EnableKeyRotation", "Encrypt", "GenerateDataKey*", "GetKeyPolicy"),
                *actions("kms", "GetKeyRotationStatus", "ListKeyPolicies", "ListResourceTags", "PutKeyPolicy"),
                *actions("kms", "RetireGrant", "ScheduleKeyDeletion", "TagResource", "UntagResource"),
                *actions("kms", "UpdateKeyDescription"),
            ],
            keys,
            our_keys,
        ),
        allow(
            "GrantToServices", ["kms:CreateGrant"], keys, {**our_keys, "Bool": {"kms:GrantIsForAWSResource": "true"}}
        ),
        allow("NameKeys", actions("kms", "CreateAlias", "DeleteAlias", "UpdateAlias"), aliases),
        allow("RenameKeys", actions("kms", "DeleteAlias", "UpdateAlias"), keys, our_keys),
        allow("FindKeys", ["kms:ListAliases"], "*"),
    ]


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


def earlier_state_statements(deployment: Deployment) -> list[Statement]:
    """Earlier versions of the stack's own state, for whoever has to look at one."""
    if not deployment.state:
        return []
    bucket = f"arn:{deployment.scope.partition}:s3:::{deployment.state.bucket}"
    file = f".pulumi/stacks/{deployment.state.project}/{deployment.scope.prefix}.json"
    return [
        allow("FindEarlierState", ["s3:ListBucketVersions"], bucket, {"StringLike": {"s3:prefix": f"{file}*"}}),
        allow("ReadEarlierState", ["s3:GetObjectVersion"], f"{bucket}/{file}*"),
    ]
