"""What the role that deploys may do with the address: certificate, web ACL, hosted zone, records, health checks."""

from __future__ import annotations

from components.access.deployment import Deployment, actions, allow
from components.common.iam import Statement

_FIREWALL_LOGS = "wafv2.amazonaws.com"


def address_statements(deployment: Deployment, domain: str) -> list[Statement]:
    """The certificate and the web ACL by tag and name, records by name wherever their zone is.

    The hosted zone has a random id, and Route 53 knows no tags of what a request is about. It deletes zones without
    records only, and records can be changed here for the names of the domain alone.
    """
    return [
        *_certificate_statements(deployment),
        *_firewall_statements(deployment),
        *_name_statements(deployment, domain),
    ]


def _certificate_statements(deployment: Deployment) -> list[Statement]:
    certificates = deployment.scope.arn("acm", "certificate/*")
    return [
        allow(
            "RequestCertificates",
            actions("acm", "AddTagsToCertificate", "RequestCertificate"),
            "*",
            {
                "StringEquals": {"aws:RequestTag/Environment": deployment.scope.prefix},
                **deployment.not_of_others,
            },
        ),
        allow(
            "ManageCertificates",
            actions(
                "acm",
                "AddTagsToCertificate",
                "DeleteCertificate",
                "RemoveTagsFromCertificate",
                "UpdateCertificateOptions",
            ),
            certificates,
            deployment.ours,
        ),
        allow("ReadCertificates", actions("acm", "DescribeCertificate", "ListTagsForCertificate"), certificates),
    ]


def _firewall_statements(deployment: Deployment) -> list[Statement]:
    scope = deployment.scope
    # AWS's own groups of rules, which have no account, and which IAM asks for under the caller's as well.
    groups = [
        scope.arn("wafv2", "regional/managedruleset/*"),
        f"arn:{scope.partition}:wafv2:{scope.region}::regional/managedruleset/*",
    ]
    return [
        allow(
            "ManageFirewalls",
            [
                *actions("wafv2", "CreateWebACL", "DeleteLoggingConfiguration", "DeleteWebACL"),
                *actions("wafv2", "GetLoggingConfiguration", "GetWebACL", "ListTagsForResource"),
                *actions("wafv2", "PutLoggingConfiguration", "TagResource", "UntagResource", "UpdateWebACL"),
            ],
            [scope.arn("wafv2", f"regional/webacl/{deployment.own}/*"), *groups],
        ),
        allow(
            "DeliverFirewallLogs",
            ["iam:CreateServiceLinkedRole"],
            scope.global_arn("iam", f"role/aws-service-role/{_FIREWALL_LOGS}/*"),
            {"StringEquals": {"iam:AWSServiceName": _FIREWALL_LOGS}},
        ),
        allow("ForgetLogDelivery", ["logs:DeleteResourcePolicy"], "*"),
    ]


def _name_statements(deployment: Deployment, domain: str) -> list[Statement]:
    partition = deployment.scope.partition
    zones, checks = f"arn:{partition}:route53:::hostedzone/*", f"arn:{partition}:route53:::healthcheck/*"
    return [
        allow(
            "WriteRecords",
            ["route53:ChangeResourceRecordSets"],
            zones,
            {
                "ForAllValues:StringLike": {
                    "route53:ChangeResourceRecordSetsNormalizedRecordNames": [domain, f"*.{domain}"]
                },
                "Null": {"route53:ChangeResourceRecordSetsNormalizedRecordNames": "false"},
            },
        ),
        allow("CreateZonesAndChecks", actions("route53", "CreateHealthCheck", "CreateHostedZone"), "*"),
        allow(
            "ManageZones",
            [
                *actions("route53", "ChangeTagsForResource", "DeleteHostedZone", "GetDNSSEC", "GetHostedZone"),
                *actions("route53", "ListQueryLoggingConfigs", "ListResourceRecordSets", "ListTagsForResource"),
                *actions("route53", "UpdateHostedZoneComment", "UpdateHostedZoneFeatures"),
            ],
            zones,
        ),
        allow("WaitForRecords", ["route53:GetChange"], f"arn:{partition}:route53:::change/*"),
        allow(
            "ManageHealthChecks",
            [
                *actions("route53", "ChangeTagsForResource", "DeleteHealthCheck", "GetHealthCheck"),
                *actions("route53", "ListTagsForResource", "UpdateHealthCheck"),
            ],
            checks,
        ),
    ]
