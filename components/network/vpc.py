"""What every VPC of the platform has: names that resolve, a default security group that is closed, and flow logs."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.common.iam import policy_document, service_trust
from components.common.logs import log_group
from components.common.scope import Scope


def flow_log_policy(group_arn: str) -> str:
    """What the flow-log service may do: find its one group and write to it (VPC User Guide, publishing flow logs).

    It may not make the group, which would have neither key nor retention.
    """
    return policy_document(
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
            "Resource": [group_arn, f"{group_arn}:*"],
        },
        # IAM knows no narrower resource for a list.
        {"Effect": "Allow", "Action": "logs:DescribeLogGroups", "Resource": "*"},
    )


def create_vpc(logical_name: str, scope: Scope, label: str, *, cidr: str, opts: pulumi.ResourceOptions) -> aws.ec2.Vpc:
    """A VPC `<prefix>-<label>` in the scope's region. Its default security group lets nothing in or out."""
    vpc = aws.ec2.Vpc(
        logical_name,
        cidr_block=cidr,
        # The private endpoints of EKS and of other services resolve only with both.
        enable_dns_support=True,
        enable_dns_hostnames=True,
        region=scope.region,
        tags={"Name": scope.name(label)},
        opts=opts,
    )
    aws.ec2.DefaultSecurityGroup(
        f"{logical_name}-default",
        vpc_id=vpc.id,
        ingress=[],
        egress=[],
        region=scope.region,
        tags={"Name": scope.name(f"{label}-default-closed")},
        opts=opts,
    )
    return vpc


def create_flow_logs(
    logical_name: str,
    scope: Scope,
    label: str,
    *,
    vpc: aws.ec2.Vpc,
    retention_days: int,
    key_arn: pulumi.Input[str],
    boundary_arn: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> None:
    """Records all traffic of the VPC in `/aws/vpc/<prefix>/<label>`, every minute, through a role for just that."""
    group_name = f"/aws/vpc/{scope.prefix}/{label}"
    group = log_group(
        logical_name,
        group_name,
        retention_days=retention_days,
        key_arn=key_arn,
        region=scope.region,
        opts=opts,
    )
    source = scope.arn("ec2", "vpc-flow-log/*")
    role = aws.iam.Role(
        logical_name,
        description="Writes the VPC's flow logs",
        assume_role_policy=service_trust("vpc-flow-logs.amazonaws.com", scope, source),
        permissions_boundary=boundary_arn,
        opts=opts,
    )
    # Named rather than taken from the group, so that a preview shows and checks it.
    document = flow_log_policy(scope.arn("logs", f"log-group:{group_name}"))
    policy = aws.iam.RolePolicy(logical_name, role=role.name, policy=document, opts=opts)
    aws.ec2.FlowLog(
        logical_name,
        vpc_id=vpc.id,
        traffic_type="ALL",
        log_destination_type="cloud-watch-logs",
        log_destination=group.arn,
        iam_role_arn=role.arn,
        max_aggregation_interval=60,
        region=scope.region,
        tags={"Name": scope.name(label)},
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[policy])),
    )
