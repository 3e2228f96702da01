"""Permissions around roles and the account, what an operator does beside deploying, and what neither may do."""

from __future__ import annotations

from components.access.boundary import boundary_arn
from components.access.deploy_storage import earlier_state_statements
from components.access.deployment import Deployment, actions, allow
from components.access.guards import administrator_guards
from components.common.iam import Statement, policy_document
from components.common.scope import Scope

_PASSED_TO = (
    "backup.amazonaws.com",
    "cloudtrail.amazonaws.com",
    "config.amazonaws.com",
    "ecr.amazonaws.com",
    "eks.amazonaws.com",
    "monitoring.rds.amazonaws.com",
    "pods.eks.amazonaws.com",
    "s3.amazonaws.com",
    "vpc-flow-logs.amazonaws.com",
)
_SERVICE_LINKED = (
    "access-analyzer.amazonaws.com",
    "autoscaling.amazonaws.com",
    "backup.amazonaws.com",
    "ecr.amazonaws.com",
    "eks.amazonaws.com",
    "eks-nodegroup.amazonaws.com",
    "elasticache.amazonaws.com",
    "elasticloadbalancing.amazonaws.com",
    "guardduty.amazonaws.com",
    "inspector2.amazonaws.com",
    "malware-protection.guardduty.amazonaws.com",
    "pullthroughcache.ecr.amazonaws.com",
    "rds.amazonaws.com",
    "replication.ecr.amazonaws.com",
    "securityhub.amazonaws.com",
    "spot.amazonaws.com",
)
# The policies of AWS that the platform's own roles carry. None of them lets its holder change permissions.
_ATTACHABLE = (
    "AmazonEC2ContainerRegistry*",
    "AmazonEKS*",
    "AmazonSSMManagedInstanceCore",
    "AWSBackupServiceRolePolicyForS3*",
    "AWSXrayWriteOnlyAccess",
    "CloudWatchAgentServerPolicy",
    "service-role/AmazonEBSCSIDriverPolicy*",
    "service-role/AmazonRDSEnhancedMonitoringRole",
    "service-role/AWSBackupServiceRolePolicyFor*",
    "service-role/AWS_ConfigRole",
)

_PASSWORD_POLICY = actions(
    "iam", "DeleteAccountPasswordPolicy", "GetAccountPasswordPolicy", "UpdateAccountPasswordPolicy"
)
_VOLUME_ENCRYPTION = [
    *actions("ec2", "DisableEbsEncryptionByDefault", "EnableEbsEncryptionByDefault", "GetEbsDefaultKmsKeyId"),
    *actions("ec2", "GetEbsEncryptionByDefault", "ModifyEbsDefaultKmsKeyId", "ResetEbsDefaultKmsKeyId"),
]
_PUBLIC_ACCESS_BLOCK = actions("s3", "GetAccountPublicAccessBlock", "PutAccountPublicAccessBlock")
_GUARD_DUTY = [
    *actions("guardduty", "CreateDetector", "DeleteDetector", "GetDetector", "ListDetectors", "TagResource"),
    *actions("guardduty", "ListTagsForResource", "UntagResource", "UpdateDetector"),
]
_SECURITY_HUB = [
    *actions("securityhub", "BatchDisableStandards", "BatchEnableStandards", "DescribeHub"),
    *actions("securityhub", "DescribeStandardsControls", "DisableSecurityHub"),
    *actions("securityhub", "EnableSecurityHub", "GetEnabledStandards", "UpdateSecurityHubConfiguration"),
]
_CONFIG_RECORDER = [
    *actions("config", "DeleteConfigurationRecorder", "DeleteDeliveryChannel", "DescribeConfigurationRecorder*"),
    *actions("config", "DescribeDeliveryChannels", "PutConfigurationRecorder", "PutDeliveryChannel"),
    *actions("config", "StartConfigurationRecorder", "StopConfigurationRecorder"),
]
_BACKUP_OPT_IN = actions("backup", "DescribeRegionSettings", "UpdateRegionSettings")
_ACCESS_ANALYZER = [
    *actions("access-analyzer", "CreateAnalyzer", "DeleteAnalyzer", "GetAnalyzer", "ListTagsForResource"),
    *actions("access-analyzer", "ListArchiveRules", "TagResource", "UntagResource", "UpdateAnalyzer"),
]


def access_names(scope: Scope) -> list[str]:
    """ARNs of the roles and policies that decide who may do what: nobody changes them from inside.

    Those of every stack of the account, since the name of one stack may be how the name of another begins.
    """
    return [
        *(scope.global_arn("iam", f"role/*-{role}") for role in ("admin", "break-glass", "deploy", "preview")),
        scope.global_arn("iam", "policy/*-access-*"),
    ]


def identity_policy(deployment: Deployment) -> str:
    """Roles and policies of the platform, the identity provider of its cluster, and the limits of both.

    Roles named `<prefix>-...` are made, given permissions and passed to the services that use them, as long as they
    carry the boundary, which then limits whatever they are given and whomever they trust. The roles and policies of
    access itself, the boundary among them, cannot be changed, and no role of the platform can be assumed: who deploys
    cannot promote itself. Changes to access are deployed by an administrator of the account.
    """
    scope = deployment.scope
    roles = scope.global_arn("iam", f"role/{deployment.own}")
    providers = scope.global_arn("iam", f"oidc-provider/{scope.host('oidc.eks')}/id/*")
    return policy_document(
        *_role_statements(deployment),
        allow(
            "PassRoles",
            ["iam:PassRole"],
            roles,
            {"StringEquals": {"iam:PassedToService": sorted((*_PASSED_TO, scope.ec2_principal))}},
        ),
        allow(
            "CreateServiceLinkedRoles",
            ["iam:CreateServiceLinkedRole"],
            scope.global_arn("iam", "role/aws-service-role/*"),
            {"StringEquals": {"iam:AWSServiceName": list(_SERVICE_LINKED)}},
        ),
        allow(
            "CreateProviders",
            actions("iam", "CreateOpenIDConnectProvider", "TagOpenIDConnectProvider"),
            providers,
            {**deployment.being_made, **deployment.not_of_others},
        ),
        allow(
            "ManageProviders",
            [
                *actions("iam", "AddClientIDToOpenIDConnectProvider", "DeleteOpenIDConnectProvider"),
                *actions("iam", "GetOpenIDConnectProvider", "ListOpenIDConnectProviderTags"),
                *actions("iam", "RemoveClientIDFromOpenIDConnectProvider", "TagOpenIDConnectProvider"),
                *actions("iam", "UntagOpenIDConnectProvider", "UpdateOpenIDConnectProviderThumbprint"),
            ],
            providers,
            deployment.ours,
        ),
        *_no_promotion(scope),
    )


def _role_statements(deployment: Deployment) -> list[Statement]:
    scope = deployment.scope
    bounded = {"StringEquals": {"iam:PermissionsBoundary": boundary_arn(scope)}}
    roles, policies = (scope.global_arn("iam", f"{kind}/{deployment.own}") for kind in ("role", "policy"))
    attachable = [*(scope.managed_policy_arn(path) for path in _ATTACHABLE), policies]
    return [
        allow(
            "ManageRoles",
            [
                *actions("iam", "GetRole", "GetRolePolicy", "ListAttachedRolePolicies", "ListInstanceProfilesForRole"),
                *actions("iam", "ListRolePolicies", "ListRoleTags", "TagRole", "UntagRole"),
            ],
            roles,
        ),
        # Before it deletes a role, the provider takes it out of the profiles that EKS and Karpenter made of it.
        allow(
            "EmptyProfiles",
            ["iam:RemoveRoleFromInstanceProfile"],
            [scope.global_arn("iam", f"instance-profile/{name}") for name in (deployment.own, "eks-*")],
        ),
        allow(
            "ShapeBoundedRoles",
            [
                *actions("iam", "CreateRole", "DeleteRole", "DeleteRolePolicy", "PutRolePermissionsBoundary"),
                *actions("iam", "PutRolePolicy", "UpdateAssumeRolePolicy", "UpdateRole", "UpdateRoleDescription"),
            ],
            roles,
            bounded,
        ),
        allow(
            "AttachPolicies",
            actions("iam", "AttachRolePolicy", "DetachRolePolicy"),
            roles,
            {**bounded, "ArnLike": {"iam:PolicyARN": attachable}},
        ),
        allow(
            "ManagePolicies",
            [
                *actions("iam", "CreatePolicy", "CreatePolicyVersion", "DeletePolicy", "DeletePolicyVersion"),
                *actions("iam", "GetPolicy", "GetPolicyVersion", "ListPolicyVersions", "TagPolicy", "UntagPolicy"),
            ],
            policies,
        ),
    ]


def _no_promotion(scope: Scope) -> list[Statement]:
    """Denials, which hold whatever else a role is given. Tags of access may change: they give nothing."""
    changes = ("Attach*", "Create*", "Delete*", "Detach*", "PassRole", "Put*", "SetDefaultPolicyVersion", "Update*")
    return [
        {
            "Sid": "NoChangeOfAccess",
            "Effect": "Deny",
            "Action": actions("iam", *changes),
            "Resource": access_names(scope),
        },
        {
            "Sid": "KeepBoundaries",
            "Effect": "Deny",
            "Action": "iam:DeleteRolePermissionsBoundary",
            "Resource": "*",
        },
        {
            "Sid": "NoPromotion",
            "Effect": "Deny",
            "Action": "sts:AssumeRole",
            "Resource": scope.global_arn("iam", f"role/{scope.prefix}-*"),
        },
    ]


def account_statements(deployment: Deployment) -> list[Statement]:
    """The singletons of the account that the environment owns."""
    return [*_trail_statements(deployment), *_singleton_statements(deployment)]


def _trail_statements(deployment: Deployment) -> list[Statement]:
    if not deployment.account.cloud_trail:
        return []
    manage = [
        *actions("cloudtrail", "AddTags", "CreateTrail", "DeleteTrail", "GetEventConfiguration", "GetEventSelectors"),
        *actions("cloudtrail", "GetInsightSelectors"),
        *actions("cloudtrail", "GetTrail", "GetTrailStatus", "ListTags", "PutEventSelectors", "RemoveTags"),
        *actions("cloudtrail", "StartLogging", "StopLogging", "UpdateTrail"),
    ]
    return [
        allow("ManageTrail", manage, deployment.scope.arn("cloudtrail", f"trail/{deployment.own}")),
        allow("ReadTrails", ["cloudtrail:DescribeTrails"], "*"),
    ]


def _singleton_statements(deployment: Deployment) -> list[Statement]:
    """AWS has no names for most of these: the switch is the limit."""
    account = deployment.account
    analyzers = deployment.arns("access-analyzer", f"analyzer/{deployment.own}")
    switches = (
        (account.password_policy, "PasswordPolicy", _PASSWORD_POLICY, "*"),
        (account.ebs_encryption_by_default, "VolumeEncryption", _VOLUME_ENCRYPTION, "*"),
        (account.s3_public_access_block, "PublicAccessBlock", _PUBLIC_ACCESS_BLOCK, "*"),
        (account.guard_duty, "GuardDuty", _GUARD_DUTY, "*"),
        (account.security_hub, "SecurityHub", _SECURITY_HUB, "*"),
        (account.config_recorder, "ConfigRecorder", _CONFIG_RECORDER, "*"),
        (account.access_analyzer, "AccessAnalyzer", _ACCESS_ANALYZER, analyzers),
        (account.backup_opt_in, "BackupOptIn", _BACKUP_OPT_IN, "*"),
        (account.access_analyzer, "FindAnalyzers", ["access-analyzer:ListAnalyzers"], "*"),
    )
    return [allow(sid, action, resource) for is_on, sid, action, resource in switches if is_on]


def operate_policy(deployment: Deployment) -> str:
    """What the runbooks ask of an administrator: read logs, metrics and secrets, restore, exercise failovers."""
    scope, own = deployment.scope, deployment.own
    return policy_document(
        allow(
            "ReadLogs",
            actions("logs", "DescribeLogStreams", "FilterLogEvents", "GetLogEvents", "StartQuery"),
            deployment.log_groups,
        ),
        allow("ReadQueries", actions("logs", "GetQueryResults", "StopQuery"), "*"),
        allow("ReadMetrics", actions("cloudwatch", "Get*", "List*"), "*"),
        allow("LookUpEvents", ["cloudtrail:LookupEvents"], "*"),
        allow("ReadFindings", actions("guardduty", "GetFindings", "ListDetectors", "ListFindings"), "*"),
        allow(
            "ExerciseFailover",
            ["elasticache:TestFailover"],
            scope.arn("elasticache", f"replicationgroup:{own}"),
        ),
        allow("BackUp", ["backup:StartBackupJob"], deployment.arns("backup", f"backup-vault:{own}")),
        # A recovery point is named by the service that made it, and carries the tags of what it is a copy of.
        allow(
            "Restore",
            actions("backup", "GetRecoveryPointRestoreMetadata", "StartCopyJob", "StartRestoreJob"),
            deployment.recovery_points,
            deployment.ours,
        ),
        allow("ReadBackups", actions("backup", "Describe*", "List*"), "*"),
        allow(
            "SeeRotations",
            ["secretsmanager:ListSecretVersionIds"],
            scope.arn("secretsmanager", f"secret:{scope.prefix}/*"),
        ),
        *earlier_state_statements(deployment),
        allow("ReachCluster", ["eks:AccessKubernetesApi"], scope.arn("eks", f"cluster/{own}")),
    )


def guard_policy(deployment: Deployment) -> str:
    """What a person never does with the administrator's role."""
    return policy_document(*administrator_guards(deployment))
