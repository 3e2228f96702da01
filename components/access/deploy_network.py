"""What the role that deploys may do with networks.

EC2 gives random ids, so the Environment tag decides. What is new gets the tag in the call that makes it; what exists is
changed if it carries the tag already, and is not tagged otherwise: what is a stranger's stays one's.
"""

from __future__ import annotations

from collections.abc import Mapping

from components.access.deployment import Deployment, actions, allow
from components.common.iam import Statement, policy_document

# What EC2 makes anew, by what else it takes. A request's tags are there to see for everything that it concerns, what
# exists already included: so no statement for new resources names a type that another of its actions only uses.
_NEW: tuple[tuple[str, Mapping[str, str]], ...] = (
    (
        "Connections",
        {
            "CreateFlowLogs": "vpc-flow-log",
            "CreateInternetGateway": "internet-gateway",
            "CreateLaunchTemplate": "launch-template",
            "CreateNatGateway": "natgateway",
            "CreateNetworkAcl": "network-acl",
            "CreateVpcEndpoint": "vpc-endpoint",
        },
    ),
    (
        "Subnets",
        {
            "AllocateAddress": "elastic-ip",
            "CreateRouteTable": "route-table",
            "CreateSecurityGroup": "security-group",
            "CreateSubnet": "subnet",
        },
    ),
    ("Vpcs", {"CreateVpc": "vpc"}),
)
_RULES = actions("ec2", "AuthorizeSecurityGroupEgress", "AuthorizeSecurityGroupIngress")
_MADE_IN_VPCS = actions(
    "ec2",
    "CreateFlowLogs",
    "CreateNatGateway",
    "CreateNetworkAcl",
    "CreateRouteTable",
    "CreateSecurityGroup",
    "CreateSubnet",
    "CreateVpcEndpoint",
)
_CHANGE_NETWORK = actions(
    "ec2",
    "AssociateRouteTable",
    "AttachInternetGateway",
    "CreateLaunchTemplateVersion",
    "CreateNatGateway",
    "CreateNetworkAclEntry",
    "CreateRoute",
    "CreateVpcEndpoint",
    "DeleteFlowLogs",
    "DeleteInternetGateway",
    "DeleteLaunchTemplate*",
    "DeleteNatGateway",
    "DeleteNetworkAcl*",
    "DeleteRoute*",
    "DeleteSecurityGroup",
    "DeleteSubnet",
    "DeleteTags",
    "DeleteTransitGatewayVpcAttachment",
    "DeleteVpc",
    "DeleteVpcEndpoints",
    "DetachInternetGateway",
    "DisassociateAddress",
    "DisassociateRouteTable",
    "ModifyLaunchTemplate",
    "ModifySecurityGroupRules",
    "ModifySubnetAttribute",
    "ModifyTransitGatewayVpcAttachment",
    "ModifyVpcAttribute",
    "ModifyVpcEndpoint",
    "ReleaseAddress",
    "ReplaceNetworkAcl*",
    "ReplaceRoute*",
    "RevokeSecurityGroup*",
    "UpdateSecurityGroupRuleDescriptions*",
)


def network_policy(deployment: Deployment) -> str:
    """New VPCs, subnets, gateways, routes, access lists, security groups, endpoints, launch templates, flow logs."""
    scope = deployment.scope
    return policy_document(
        allow("Read", actions("ec2", "Describe*", "GetManagedPrefixListEntries"), "*"),
        *_creation_statements(deployment),
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


def _creation_statements(deployment: Deployment) -> list[Statement]:
    statements = [
        *(
            allow(
                f"Create{label}",
                actions("ec2", *kinds),
                deployment.arns("ec2", *(f"{kind}/*" for kind in kinds.values())),
                deployment.being_made,
            )
            for label, kinds in _NEW
        ),
        allow("CreateInNetwork", _MADE_IN_VPCS, deployment.arns("ec2", "subnet/*", "vpc/*"), deployment.ours),
        # The group that a rule belongs to needs the environment's tag.
        allow("CreateRules", _RULES, deployment.arns("ec2", "security-group-rule/*"), deployment.not_of_others),
    ]
    if deployment.existing_network:
        # A network that was there before is used, and not changed.
        network = [deployment.scope.arn("ec2", each) for each in deployment.existing_network]
        statements.append(allow("CreateInExisting", _MADE_IN_VPCS, network, deployment.not_of_others))
    return statements


def network_changes_policy(deployment: Deployment) -> str:
    """What becomes of networks once they exist, and their tags."""
    everything, groups = (deployment.arns("ec2", kind) for kind in ("*", "security-group/*"))
    tagged = {"aws:RequestTag/Environment": deployment.scope.prefix}
    closed = deployment.scope.name("*-default-closed")
    return policy_document(
        allow("Change", [*_CHANGE_NETWORK, *_RULES], everything, deployment.ours),
        # The key is there when a call tags what it makes, and only then.
        allow(
            "TagWhatIsNew",
            ["ec2:CreateTags"],
            everything,
            {"StringEquals": tagged, "Null": {"ec2:CreateAction": "false"}},
        ),
        allow("TagWhatIsOurs", ["ec2:CreateTags"], everything, {**deployment.ours, "StringEqualsIfExists": tagged}),
        # AWS makes the group of a new VPC, without a tag; it is adopted under this name, and closed.
        allow(
            "AdoptDefaultGroups",
            ["ec2:CreateTags"],
            groups,
            {
                "StringEquals": tagged,
                "StringLike": {"aws:RequestTag/Name": closed},
                "Null": {"aws:ResourceTag/Environment": "true", "aws:ResourceTag/Name": "true"},
            },
        ),
        # A group under that name loses its rules, and nothing more: it gets no other, no other name, and stays.
        {
            "Sid": "KeepClosed",
            "Effect": "Deny",
            "Action": [*_RULES, *actions("ec2", "DeleteSecurityGroup", "DeleteTags", "ModifySecurityGroupRules")],
            "Resource": groups,
            "Condition": {"StringLike": {"aws:ResourceTag/Name": closed}},
        },
        {
            "Sid": "KeepNames",
            "Effect": "Deny",
            "Action": "ec2:CreateTags",
            "Resource": groups,
            "Condition": {
                "StringLike": {"aws:ResourceTag/Name": closed},
                "StringNotLikeIfExists": {"aws:RequestTag/Name": closed},
            },
        },
    )
