"""What the role that deploys may do with Prometheus and Grafana, where the environment has them."""

from __future__ import annotations

from components.access.deployment import Deployment, actions, allow
from components.common.iam import policy_document

_ACCESS = "AmazonPrometheusScraperPolicy"
_COLLECTOR, _GRAFANA = "scraper.aps.amazonaws.com", "grafana.amazonaws.com"
_SHAPE_PROMETHEUS = actions(
    "aps",
    *("CreateAlertManagerDefinition", "CreateLoggingConfiguration", "CreateRuleGroupsNamespace"),
    *("DeleteAlertManagerDefinition", "DeleteLoggingConfiguration", "DeleteRuleGroupsNamespace", "DeleteScraper"),
    *("DeleteScraperLoggingConfiguration", "DeleteWorkspace", "DescribeAlertManagerDefinition"),
    *("DescribeLoggingConfiguration", "DescribeQueryLoggingConfiguration", "DescribeRuleGroupsNamespace"),
    *("DescribeScraper", "DescribeScraperLoggingConfiguration", "DescribeWorkspace", "DescribeWorkspaceConfiguration"),
    *("ListTagsForResource", "PutAlertManagerDefinition", "PutRuleGroupsNamespace", "TagResource", "UntagResource"),
    *("UpdateLoggingConfiguration", "UpdateScraper", "UpdateScraperLoggingConfiguration", "UpdateWorkspaceAlias"),
    "UpdateWorkspaceConfiguration",
)
_SHAPE_GRAFANA = actions(
    "grafana",
    *("DeleteWorkspace", "DescribeWorkspace", "DescribeWorkspaceAuthentication", "DescribeWorkspaceConfiguration"),
    *("ListPermissions", "ListTagsForResource", "TagResource", "UntagResource", "UpdatePermissions"),
    *("UpdateWorkspace", "UpdateWorkspaceAuthentication", "UpdateWorkspaceConfiguration"),
)
# What Grafana asks Identity Center for in the name of who makes it, and of who lets groups in (Amazon Managed Grafana
# user guide, AWS managed policies: workspace permission management).
_SIGN_IN = [
    *actions("sso", "AssociateProfile", "CreateManagedApplicationInstance", "DeleteManagedApplicationInstance"),
    *actions("sso", "DescribeRegisteredRegions", "DisassociateProfile", "GetApplicationInstance"),
    *actions("sso", "GetManagedApplicationInstance", "GetProfile", "GetSharedSsoConfiguration"),
    *actions("sso", "ListApplicationInstances", "ListDirectoryAssociations", "ListProfileAssociations", "ListProfiles"),
    *actions("sso-directory", "DescribeGroup", "DescribeUser"),
    "organizations:DescribeOrganization",
]


def metrics_policy(deployment: Deployment) -> str:
    """Workspaces, rules, alert managers, collectors, and the sign-in of Grafana.

    AWS names all of them at random, so the Environment tag decides. A collector has a role of the service, which goes
    with it.
    """
    scope = deployment.scope
    kinds = ("workspace", "rulegroupsnamespace", "scraper")
    return policy_document(
        allow(
            "Create",
            ["aps:CreateScraper", "aps:CreateWorkspace", "grafana:CreateWorkspace"],
            "*",
            deployment.not_of_others,
        ),
        allow(
            "ShapePrometheus",
            _SHAPE_PROMETHEUS,
            [scope.arn("aps", f"{kind}/*") for kind in kinds],
            deployment.not_of_others,
        ),
        allow("ShapeGrafana", _SHAPE_GRAFANA, scope.arn("grafana", "/workspaces/*"), deployment.not_of_others),
        allow("SignIn", _SIGN_IN, "*"),
        # The service makes the collector's access entry in the name of who makes the collector, with this policy alone.
        allow(
            "AdmitCollector",
            actions("eks", "AssociateAccessPolicy", "DisassociateAccessPolicy"),
            [scope.arn("eks", f"{kind}/{deployment.own}") for kind in ("access-entry", "cluster")],
            {"ArnEquals": {"eks:policyArn": f"arn:{scope.partition}:eks::aws:cluster-access-policy/{_ACCESS}"}},
        ),
        allow(
            "PassRoles",
            ["iam:PassRole"],
            scope.global_arn("iam", f"role/{scope.name('grafana')}"),
            {"StringEquals": {"iam:PassedToService": _GRAFANA}},
        ),
        allow(
            "ServiceRoles",
            actions("iam", "CreateServiceLinkedRole", "DeleteServiceLinkedRole", "GetServiceLinkedRoleDeletionStatus"),
            [scope.global_arn("iam", f"role/aws-service-role/{service}/*") for service in (_COLLECTOR, _GRAFANA)],
        ),
    )
