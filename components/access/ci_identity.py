"""What an account needs so that workflows of one repository on GitHub can come in without keys of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.access.deployment import StateBackend, actions, allow
from components.common.iam import GITHUB_ISSUER, github_trust, policy_document
from components.common.scope import Scope

_SESSION_SECONDS = 3600

# What previews and refreshes read: settings, never content. Each service by itself, since no policy of AWS that covers
# them all leaves out what queues, tables, parameters and logs hold.
_SETTINGS = (
    *actions("acm", "DescribeCertificate", "ListCertificates", "ListTagsForCertificate"),
    *actions("access-analyzer", "GetAnalyzer", "ListAnalyzers", "ListArchiveRules", "ListTagsForResource"),
    *actions("aps", "Describe*", "ListTagsForResource"),
    *actions("autoscaling", "DescribeAutoScalingGroups", "DescribeTags"),
    *actions("backup", "DescribeBackupVault", "DescribeRegionSettings", "GetBackup*", "ListBackup*"),
    *actions("backup", "ListRecoveryPointsByBackupVault", "ListTags"),
    *actions("budgets", "ListTagsForResource", "ViewBudget"),
    *actions("cloudtrail", "DescribeTrails", "GetEventConfiguration", "GetEventSelectors", "GetInsightSelectors"),
    *actions("cloudtrail", "GetTrail", "GetTrailStatus", "ListTags", "ListTrails"),
    *actions("cloudwatch", "DescribeAlarms", "GetDashboard", "ListDashboards", "ListTagsForResource"),
    *actions("config", "DescribeConfigurationRecorder*", "DescribeDeliveryChannels"),
    *actions("ec2", "Describe*", "GetEbsDefaultKmsKeyId", "GetEbsEncryptionByDefault", "GetManagedPrefixListEntries"),
    *actions("ecr", "DescribePullThroughCacheRules", "DescribeRegistry", "DescribeRepositories"),
    *actions("ecr", "DescribeRepositoryCreationTemplates", "GetLifecyclePolicy", "GetRegistryScanningConfiguration"),
    *actions("ecr", "GetRepositoryPolicy", "ListTagsForResource"),
    *actions("eks", "Describe*", "List*"),
    *actions("elasticache", "Describe*", "ListTagsForResource"),
    *actions("events", "DescribeEventBus", "DescribeRule", "ListRules", "ListTagsForResource", "ListTargetsByRule"),
    *actions("grafana", "DescribeWorkspace*", "ListPermissions", "ListTagsForResource"),
    *actions("guardduty", "GetDetector", "ListDetectors", "ListTagsForResource"),
    *actions("iam", "GetAccountPasswordPolicy", "GetInstanceProfile", "GetOpenIDConnectProvider", "GetPolicy*"),
    *actions("iam", "GetRole", "GetRolePolicy", "List*"),
    *actions("kms", "DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus", "List*"),
    *actions("logs", "DescribeIndexPolicies", "DescribeLogGroups", "DescribeMetricFilters"),
    *actions("logs", "DescribeResourcePolicies", "GetDataProtectionPolicy", "GetLogDelivery", "List*Log*"),
    *actions("logs", "ListTagsForResource"),
    *actions("rds", "Describe*", "ListTagsForResource"),
    *actions("route53", "Get*", "List*"),
    *actions("s3", "GetAccelerateConfiguration", "GetAccountPublicAccessBlock", "GetAnalyticsConfiguration"),
    *actions("s3", "GetBucket*", "GetEncryptionConfiguration", "GetIntelligentTieringConfiguration"),
    *actions("s3", "GetInventoryConfiguration", "GetLifecycleConfiguration", "GetMetricsConfiguration"),
    *actions("s3", "GetReplicationConfiguration", "ListAllMyBuckets", "ListBucket", "ListTagsForResource"),
    *actions("secretsmanager", "DescribeSecret", "GetResourcePolicy", "ListSecrets"),
    *actions("securityhub", "DescribeHub", "DescribeStandards*", "GetEnabledStandards", "ListTagsForResource"),
    *actions("sns", "GetDataProtectionPolicy", "GetSubscriptionAttributes", "GetTopicAttributes", "List*"),
    *actions("wafv2", "GetLoggingConfiguration", "GetWebACL", "ListTagsForResource", "ListWebACLs"),
)


def preview_policy(scope: Scope, state: StateBackend) -> str:
    """What previews and refreshes read: the settings of what the account holds, and the state of the project's stacks.

    A refresh also reads the secrets that the project made, which are in its state as well.
    """
    bucket = f"arn:{scope.partition}:s3:::{state.bucket}"
    kinds = ("stacks", "history", "backups", "locks/organization")
    return policy_document(
        allow("ReadSettings", _SETTINGS, "*"),
        allow(
            "ReadState",
            ["s3:GetObject"],
            [f"{bucket}/.pulumi/meta.yaml", *(f"{bucket}/.pulumi/{kind}/{state.project}/*" for kind in kinds)],
        ),
        allow(
            "ReadStateSecrets",
            ["kms:Decrypt"],
            scope.arn("kms", "key/*"),
            {"ForAnyValue:StringEquals": {"kms:ResourceAliases": state.key_alias}},
        ),
        allow(
            "ReadSecrets",
            ["secretsmanager:GetSecretValue"],
            scope.arn("secretsmanager", "secret:*"),
            {"StringEquals": {"aws:ResourceTag/Project": state.project}},
        ),
        allow(
            "OpenSecrets",
            ["kms:Decrypt"],
            scope.arn("kms", "key/*"),
            {
                "StringEquals": {
                    "aws:ResourceTag/Project": state.project,
                    "kms:ViaService": f"secretsmanager.{scope.region}.{scope.dns_suffix}",
                }
            },
        ),
    )


def preview_role_arn(scope: Scope) -> str:
    """The ARN of the account's role for previews; `scope` is that of the account's foundation."""
    return scope.global_arn("iam", f"role/{scope.name('preview')}")


@dataclass(frozen=True, kw_only=True)
class CiIdentityArgs:
    """Whose workflows come in, and what they may read."""

    scope: Scope
    repository: str
    """`owner/repository` on GitHub."""
    creates_provider: bool
    """Whether the account has no identity provider of GitHub Actions yet."""
    preview_environment: str
    """GitHub environment in which workflows preview what a branch proposes, after a reviewer has agreed."""
    main_environment: str
    """GitHub environment in which workflows preview what main says, and wait for nobody: no other branch may use it."""
    state: StateBackend
    """Where the state of the account's stacks is."""


class CiIdentity(pulumi.ComponentResource):
    """The account's trust in GitHub, and the role that previews (guide: CI/CD Pipeline).

    Creates the identity provider of GitHub Actions, unless the account has its one already, and the role
    `<prefix>-preview`: it reads the settings of what the account holds and the state of its stacks, which includes
    their secrets, but no other data: no objects, logs, queues, tables, parameters. It changes nothing, and carries no
    boundary: an administrator of the account makes it before any stack has one, and no role of a stack can change it.
    The roles that deploy belong to the stacks, since each is limited to its own environment.
    """

    provider_arn: pulumi.Output[str]
    """Of the identity provider of GitHub Actions."""
    preview_role_arn: pulumi.Output[str]
    """Role of workflows that preview the account's stacks."""

    def __init__(self, name: str, args: CiIdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform:bootstrap:CiIdentity", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        provider = self._github() if args.creates_provider else None
        known = args.scope.global_arn("iam", f"oidc-provider/{GITHUB_ISSUER}")
        self.provider_arn = provider.arn if provider else pulumi.Output.from_input(known)
        self.preview_role_arn = self._preview_role([provider] if provider else []).arn
        self.register_outputs({"providerArn": self.provider_arn, "previewRoleArn": self.preview_role_arn})

    def _github(self) -> aws.iam.OpenIdConnectProvider:
        return aws.iam.OpenIdConnectProvider(
            f"{self._name}-github",
            url=f"https://{GITHUB_ISSUER}",
            client_id_lists=["sts.amazonaws.com"],
            opts=self._child,
        )

    def _preview_role(self, provider: Sequence[pulumi.Resource]) -> aws.iam.Role:
        args, name = self._args, f"{self._name}-preview"
        role = aws.iam.Role(
            name,
            name=args.scope.name("preview"),
            description=f"Workflows of {args.repository} preview",
            assume_role_policy=github_trust(
                args.scope, args.repository, args.preview_environment, args.main_environment
            ),
            max_session_duration=_SESSION_SECONDS,
            opts=pulumi.ResourceOptions(parent=self, depends_on=provider),
        )
        aws.iam.RolePolicy(name, role=role.name, policy=preview_policy(args.scope, args.state), opts=self._child)
        return role
