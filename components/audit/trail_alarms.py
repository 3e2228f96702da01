"""Which API calls somebody is told about: the monitoring section of the CIS AWS Foundations Benchmark as a table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class TrailAlarm:
    """Calls that a metric filter on the trail's log group counts."""

    label: str
    description: str
    runbook: str
    """Page and heading that say what to do."""
    calls: Sequence[str] = ()
    """Names of API calls; or none, where `events` says what counts."""
    source: str | None = None
    """The service of the calls, where their names alone may mean another one's."""
    events: str = ""
    """A filter pattern."""
    threshold: int = 0
    """Calls within five minutes that are still accepted."""

    @property
    def pattern(self) -> str:
        """The filter pattern of CloudWatch Logs."""
        if self.events:
            return self.events
        any_name = " || ".join(f"($.eventName = {name})" for name in self.calls)
        return f"{{ ($.eventSource = {self.source}) && ({any_name}) }}" if self.source else f"{{ {any_name} }}"


TRAIL_ALARMS: Sequence[TrailAlarm] = (
    TrailAlarm(
        label="unauthorized-calls",
        events='{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }',
        description="Calls were refused: a broken role, or somebody tries doors",
        runbook="alarms.md#calls-refused",
        threshold=10,
    ),
    TrailAlarm(
        label="sign-in-without-mfa",
        events=(
            '{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes")'
            ' && ($.userIdentity.type = "IAMUser") && ($.responseElements.ConsoleLogin = "Success") }'
        ),
        description="A user signed in to the console without a second factor",
        runbook="alarms.md#sign-in",
    ),
    TrailAlarm(
        label="root-usage",
        events=(
            '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS'
            ' && $.eventType != "AwsServiceEvent" }'
        ),
        description="The account's root user was used",
        runbook="alarms.md#root-user",
    ),
    TrailAlarm(
        label="iam-policy-changes",
        calls=(
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
        ),
        source="iam.amazonaws.com",
        description="Permissions changed: compare with what was deployed",
        runbook="alarms.md#permissions-changed",
    ),
    TrailAlarm(
        label="trail-changes",
        calls=("CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging"),
        description="The recording of API calls itself changed",
        runbook="alarms.md#recording-changed",
    ),
    TrailAlarm(
        label="sign-in-failures",
        events='{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failed authentication") }',
        description="Sign-ins to the console failed: a forgotten password, or guessing",
        runbook="alarms.md#sign-in",
        threshold=3,
    ),
    TrailAlarm(
        label="key-deletion",
        calls=("DisableKey", "ScheduleKeyDeletion"),
        source="kms.amazonaws.com",
        description="A key was disabled or will be deleted: what it encrypts becomes unreadable",
        runbook="alarms.md#key-disabled",
    ),
    # RDS publishes neither a metric nor an event of these copies (RDS user guide, event categories and messages).
    TrailAlarm(
        label="backup-copy-changes",
        calls=("StopDBInstanceAutomatedBackupsReplication", "DeleteDBInstanceAutomatedBackup"),
        source="rds.amazonaws.com",
        description="Copies of a database's backups were ended or deleted",
        runbook="alarms.md#backup-copies-ended",
    ),
    TrailAlarm(
        label="bucket-policy-changes",
        calls=(
            "PutBucketAcl",
            "PutBucketPolicy",
            "PutBucketCors",
            "PutBucketLifecycle",
            "PutBucketReplication",
            "DeleteBucketPolicy",
            "DeleteBucketCors",
            "DeleteBucketLifecycle",
            "DeleteBucketReplication",
        ),
        source="s3.amazonaws.com",
        description="Access to a bucket, or how long it keeps things, changed",
        runbook="alarms.md#bucket-access-changed",
    ),
    TrailAlarm(
        label="config-changes",
        calls=(
            "StopConfigurationRecorder",
            "DeleteDeliveryChannel",
            "PutDeliveryChannel",
            "PutConfigurationRecorder",
        ),
        source="config.amazonaws.com",
        description="The recording of configuration changes itself changed",
        runbook="alarms.md#recording-changed",
    ),
    TrailAlarm(
        label="security-group-changes",
        calls=(
            "AuthorizeSecurityGroupIngress",
            "AuthorizeSecurityGroupEgress",
            "RevokeSecurityGroupIngress",
            "RevokeSecurityGroupEgress",
            "CreateSecurityGroup",
            "DeleteSecurityGroup",
        ),
        description="Security groups changed: compare with what was deployed",
        runbook="alarms.md#network-changed",
    ),
    TrailAlarm(
        label="access-list-changes",
        calls=(
            "CreateNetworkAcl",
            "CreateNetworkAclEntry",
            "DeleteNetworkAcl",
            "DeleteNetworkAclEntry",
            "ReplaceNetworkAclEntry",
            "ReplaceNetworkAclAssociation",
        ),
        description="Network access lists changed: compare with what was deployed",
        runbook="alarms.md#network-changed",
    ),
    TrailAlarm(
        label="gateway-changes",
        calls=(
            "CreateCustomerGateway",
            "DeleteCustomerGateway",
            "AttachInternetGateway",
            "CreateInternetGateway",
            "DeleteInternetGateway",
            "DetachInternetGateway",
        ),
        description="Gateways changed: compare with what was deployed",
        runbook="alarms.md#network-changed",
    ),
    TrailAlarm(
        label="route-changes",
        calls=(
            "CreateRoute",
            "CreateRouteTable",
            "ReplaceRoute",
            "ReplaceRouteTableAssociation",
            "DeleteRouteTable",
            "DeleteRoute",
            "DisassociateRouteTable",
        ),
        source="ec2.amazonaws.com",
        description="Routes changed: compare with what was deployed",
        runbook="alarms.md#network-changed",
    ),
    TrailAlarm(
        label="vpc-changes",
        calls=(
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
        runbook="alarms.md#network-changed",
    ),
)
"""One metric filter and one alarm each."""


def calls_pattern() -> str:
    """The event pattern of the same calls, and of those of the root user, in a region of its own.

    EventBridge has them wherever a trail records. Calls to IAM are events of us-east-1 alone.
    """
    names = [name for alarm in TRAIL_ALARMS if alarm.source != "iam.amazonaws.com" for name in alarm.calls]
    root = {
        "userIdentity": {"type": ["Root"], "invokedBy": [{"exists": False}]},
        "eventType": [{"anything-but": "AwsServiceEvent"}],
    }
    return json.dumps({"detail-type": ["AWS API Call via CloudTrail"], "detail": {"$or": [{"eventName": names}, root]}})
