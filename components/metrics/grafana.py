"""How people look at metrics: a workspace of Amazon Managed Grafana that may read, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.common.environment import Environment
from components.common.iam import policy_document, service_trust
from components.common.scope import Scope
from components.metrics.settings import GrafanaSettings, SamlSettings

# Amazon Managed Grafana user guide, Permissions and policies for AWS data sources: Prometheus, CloudWatch.
_PROMETHEUS = ("GetLabels", "GetMetricMetadata", "GetSeries", "QueryMetrics")
_CLOUDWATCH = (
    "DescribeAlarms",
    "DescribeAlarmsForMetric",
    "DescribeAlarmHistory",
    "GetInsightRuleReport",
    "GetMetricData",
    "ListMetrics",
)


def reading_policy(workspace_arn: str, scope: Scope) -> str:
    """Queries of one workspace of Prometheus and of CloudWatch's metrics. Logs stay closed: they hold more."""
    return policy_document(
        {"Sid": "FindWorkspaces", "Effect": "Allow", "Action": "aps:ListWorkspaces", "Resource": "*"},
        {
            "Sid": "QueryPrometheus",
            "Effect": "Allow",
            "Action": ["aps:DescribeWorkspace", *(f"aps:{action}" for action in _PROMETHEUS)],
            "Resource": workspace_arn,
        },
        {
            "Sid": "QueryCloudWatch",
            "Effect": "Allow",
            "Action": [f"cloudwatch:{action}" for action in _CLOUDWATCH],
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:RequestedRegion": scope.region}},
        },
    )


@dataclass(frozen=True, kw_only=True)
class GrafanaArgs:
    """Whom Grafana lets in, and what it reads."""

    environment: Environment
    settings: GrafanaSettings
    workspace_arn: pulumi.Input[str]
    """Of Prometheus."""
    key_arn: pulumi.Input[str]
    """Key of dashboards and users. Another key replaces the workspace."""


class Grafana(pulumi.ComponentResource):
    """The workspace `<prefix>-metrics`, the role by which it reads, and who is let in.

    Data sources are made inside of Grafana: an administrator picks them from those that this workspace may read.
    """

    url: pulumi.Output[str]
    """Where people sign in."""

    def __init__(self, name: str, args: GrafanaArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform:metrics:Grafana", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        settings, environment = args.settings, args.environment
        role, permissions = self._role()
        workspace = aws.grafana.Workspace(
            name,
            name=environment.scope.name("metrics"),
            description=f"Metrics of {environment.scope.prefix}",
            account_access_type="CURRENT_ACCOUNT",
            authentication_providers=["AWS_SSO" if settings.identity_center else "SAML"],
            permission_type="CUSTOMER_MANAGED",
            data_sources=["CLOUDWATCH", "PROMETHEUS"],
            grafana_version=settings.version,
            role_arn=role.arn,
            kms_key_id=args.key_arn,
            opts=pulumi.ResourceOptions(parent=self, protect=environment.deletion_protection, depends_on=[permissions]),
        )
        for grafana_role, groups in settings.identity_center.roles.items() if settings.identity_center else ():
            aws.grafana.RoleAssociation(
                f"{name}-{grafana_role.lower()}",
                workspace_id=workspace.id,
                role=grafana_role,
                group_ids=list(groups),
                opts=self._child,
            )
        if settings.saml:
            self._sign_in(workspace, settings.saml)
        self.url = pulumi.Output.format("https://{}", workspace.endpoint)
        self.register_outputs({"url": self.url})

    def _role(self) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
        environment, scope = self._args.environment, self._args.environment.scope
        role = aws.iam.Role(
            self._name,
            name=scope.name("grafana"),
            description="Grafana reads metrics",
            assume_role_policy=service_trust("grafana.amazonaws.com", scope, scope.arn("grafana", "/workspaces/*")),
            permissions_boundary=environment.boundary_arn,
            opts=self._child,
        )
        document = pulumi.Output.from_input(self._args.workspace_arn).apply(lambda arn: reading_policy(arn, scope))
        return role, aws.iam.RolePolicy(self._name, role=role.name, policy=document, opts=self._child)

    def _sign_in(self, workspace: aws.grafana.Workspace, saml: SamlSettings) -> None:
        aws.grafana.WorkspaceSamlConfiguration(
            self._name,
            workspace_id=workspace.id,
            idp_metadata_url=saml.metadata_url,
            role_assertion=saml.role_attribute,
            admin_role_values=list(saml.admin_values),
            editor_role_values=list(saml.editor_values),
            login_validity_duration=saml.session_minutes,
            opts=self._child,
        )
