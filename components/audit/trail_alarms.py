"""Which API calls somebody is told about: the monitoring section of the CIS AWS Foundations Benchmark as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class TrailAlarm:
    """Calls that a metric filter on the trail's log group counts."""

    label: str
    pattern: str
    description: str
    threshold: int = 0
    """Calls within five minutes that are still accepted."""


def _calls(*names: str, source: str | None = None) -> str:
    """The filter pattern of these API calls, of one service where `source` is given."""
    any_name = " || ".join(f"($.eventName = {name})" for name in names)
    return f"{{ ($.eventSource = {source}) && ({any_name}) }}" if source else f"{{ {any_name} }}"


TRAIL_ALARMS: Sequence[TrailAlarm] = (
    TrailAlarm(
        label="unauthorized-calls",
        pattern='{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }',
        description="Calls were refused: a broken role, or somebody tries doors",
        threshold=10,
    ),
    TrailAlarm(
        label="sign-in-without-mfa",
        pattern=(
            '{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes")'
            ' && ($.userIdentity.type = "IAMUser") && ($.responseElements.ConsoleLogin = "Success") }'
        ),
        description="A user signed in to the console without a second factor",
    ),
    TrailAlarm(
        label="root-usage",
        pattern=(
            '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS'
            ' && $.eventType != "AwsServiceEvent" }'
        ),
        description="The account's root user was used",
    ),
    TrailAlarm(
        label="iam-policy-changes",
        pattern=_calls(
            "DeleteGroupPolicy",
            "DeleteRolePolicy",
            "DeleteUserPolicy",
            "PutGroupPolicy",
            "PutRolePolicy",
            "PutUserPolicy",
            "CreatePolicy",
            "DeletePolicy",
            "CreatePolicyVersion",
            "DeletePolicyVersion",
            "AttachRolePolicy",
            "DetachRolePolicy",
            "AttachUserPolicy",
            "DetachUserPolicy",
            "AttachGroupPolicy",
            "DetachGroupPolicy",
            source="iam.amazonaws.com",
        ),
        description="Permissions changed: compare with what was deployed",
    ),
    TrailAlarm(
        label="trail-changes",
        pattern=_calls("CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging"),
        description="The recording of API calls itself changed",
    ),
    TrailAlarm(
        label="sign-in-failures",
        pattern='{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failed authentication") }',
        description="Sign-ins to the console failed: a forgotten password, or guessing",
        threshold=3,
    ),
    TrailAlarm(
        label="key-deletion",
        pattern=_calls("DisableKey", "ScheduleKeyDeletion", source="kms.amazonaws.com"),
        description="A key was disabled or will be deleted: what it encrypts becomes unreadable",
    ),
    TrailAlarm(
        label="bucket-policy-changes",
        pattern=_calls(
            "PutBucketAcl",
            "PutBucketPolicy",
            "PutBucketCors",
            "PutBucketLifecycle",
            "PutBucketReplication",
            "DeleteBucketPolicy",
            "DeleteBucketCors",
            "DeleteBucketLifecycle",
            "DeleteBucketReplication",
            source="s3.amazonaws.com",
        ),
        description="Access to a bucket, or how long it keeps things, changed",
    ),
    TrailAlarm(
        label="config-changes",
        pattern=_calls(
            "StopConfigurationRecorder",
            "DeleteDeliveryChannel",
            "PutDeliveryChannel",
            "PutConfigurationRecorder",
            source="config.amazonaws.com",
        ),
        description="The recording of configuration changes itself changed",
    ),
    TrailAlarm(
        label="security-group-changes",
        pattern=_calls(
            "AuthorizeSecurityGroupIngress",
            "AuthorizeSecurityGroupEgress",
            "RevokeSecurityGroupIngress",
            "RevokeSecurityGroupEgress",
            "CreateSecurityGroup",
            "DeleteSecurityGroup",
        ),
        description="Security groups changed: compare with what was deployed",
    ),
    TrailAlarm(
        label="access-list-changes",
        pattern=_calls(
            "CreateNetworkAcl",
            "CreateNetworkAclEntry",
            "DeleteNetworkAcl",
            "DeleteNetworkAclEntry",
            "ReplaceNetworkAclEntry",
            "ReplaceNetworkAclAssociation",
        ),
        description="Network access lists changed: compare with what was deployed",
    ),
    TrailAlarm(
        label="gateway-changes",
        pattern=_calls(
            "CreateCustomerGateway",
            "DeleteCustomerGateway",
            "AttachInternetGateway",
            "CreateInternetGateway",
            "DeleteInternetGateway",
            "DetachInternetGateway",
        ),
        description="Gateways changed: compare with what was deployed",
    ),
    TrailAlarm(
        label="route-changes",
        pattern=_calls(
            "CreateRoute",
            "CreateRouteTable",
            "ReplaceRoute",
            "ReplaceRouteTableAssociation",
            "DeleteRouteTable",
            "DeleteRoute",
            "DisassociateRouteTable",
            source="ec2.amazonaws.com",
        ),
        description="Routes changed: compare with what was deployed",
    ),
    TrailAlarm(
        label="vpc-changes",
        pattern=_calls(
            "CreateVpc",
            "DeleteVpc",
            "ModifyVpcAttribute",
            "AcceptVpcPeeringConnection",
            "CreateVpcPeeringConnection",
            "DeleteVpcPeeringConnection",
            "RejectVpcPeeringConnection",
            "AttachClassicLinkVpc",
            "DetachClassicLinkVpc",
            "DisableVpcClassicLink",
            "EnableVpcClassicLink",
        ),
        description="A VPC changed: compare with what was deployed",
    ),
)
"""One metric filter and one alarm each."""
