"""Events of logs: what each alarm on them is for, and what an account's trail holds in an ordinary week.

The calls are those of the CIS AWS Foundations Benchmark, section Monitoring, as Security Hub's controls CloudWatch.1 to
CloudWatch.14 list them; the records have the fields of the CloudTrail user guide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.alarms.cloudwatch import Inputs, Metrics, Minutes, messages
from tests.alarms.filters import Event, matches
from tests.alarms.series import BROKEN, DAY, DEPLOYMENTS, HOUR, PLAYED, SCALE_OUTS, WEEK

_ROLE = {"type": "AssumedRole", "arn": "arn:aws:sts::123456789012:assumed-role/production-deploy/ci"}
_USER = {"type": "IAMUser", "userName": "someone", "arn": "arn:aws:iam::123456789012:user/someone"}
_ROOT = {"type": "Root", "arn": "arn:aws:iam::123456789012:root", "accountId": "123456789012"}


def record(source: str, name: str, who: Mapping[str, Any] = _ROLE, **more: Any) -> Event:
    """An entry of the trail."""
    return {
        "eventVersion": "1.11",
        "userIdentity": dict(who),
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "awsRegion": "us-east-1",
        "eventType": "AwsApiCall",
        "managementEvent": True,
        **more,
    }


def sign_in(who: Mapping[str, Any], mfa: str, result: str, **more: Any) -> Event:
    return record(
        "signin",
        "ConsoleLogin",
        who,
        eventType="AwsConsoleSignIn",
        additionalEventData={"MFAUsed": mfa, "LoginTo": "https://console.aws.amazon.com/console/home"},
        responseElements={"ConsoleLogin": result},
        **more,
    )


_WRONG = sign_in(_USER, "No", "Failure", errorMessage="Failed authentication")
_POLICIES = [f"{verb}{of}Policy" for verb in ("Put", "Delete", "Attach", "Detach") for of in ("Role", "User", "Group")]
_BUCKETS = [f"Put Bucket{what}" for what in ("Acl", "Policy", "Cors", "Lifecycle", "Replication")]
_BUCKETS += [f"Delete Bucket{what}" for what in ("Policy", "Cors", "Lifecycle", "Replication")]
_GROUPS = [f"{verb}SecurityGroup{way}" for verb in ("Authorize", "Revoke") for way in ("Ingress", "Egress")]
_ENTRIES = "CreateNetworkAcl CreateNetworkAclEntry DeleteNetworkAcl DeleteNetworkAclEntry ReplaceNetworkAclEntry"
_GATEWAYS = "CreateCustomerGateway DeleteCustomerGateway AttachInternetGateway CreateInternetGateway"
_ROUTES = "CreateRoute CreateRouteTable ReplaceRoute ReplaceRouteTableAssociation DeleteRouteTable DeleteRoute"
_VPCS = "CreateVpc DeleteVpc ModifyVpcAttribute AcceptVpcPeeringConnection CreateVpcPeeringConnection"
_VPCS += " DeleteVpcPeeringConnection RejectVpcPeeringConnection AttachClassicLinkVpc DetachClassicLinkVpc"
CALLS: Mapping[str, tuple[str, Sequence[str]]] = {
    "iam-policy-changes": (
        "iam",
        [*_POLICIES, "CreatePolicy", "DeletePolicy", "CreatePolicyVersion", "DeletePolicyVersion"],
    ),
    "trail-changes": ("cloudtrail", ["CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging"]),
    "key-deletion": ("kms", ["DisableKey", "ScheduleKeyDeletion"]),
    "backup-copy-changes": ("rds", ["StopDBInstanceAutomatedBackupsReplication", "DeleteDBInstanceAutomatedBackup"]),
    "bucket-policy-changes": ("s3", [name.replace(" ", "") for name in _BUCKETS]),
    "config-changes": (
        "config",
        ["StopConfigurationRecorder", "DeleteDeliveryChannel", "PutDeliveryChannel", "PutConfigurationRecorder"],
    ),
    "security-group-changes": ("ec2", [*_GROUPS, "CreateSecurityGroup", "DeleteSecurityGroup"]),
    "access-list-changes": ("ec2", [*_ENTRIES.split(), "ReplaceNetworkAclAssociation"]),
    "gateway-changes": ("ec2", [*_GATEWAYS.split(), "DeleteInternetGateway", "DetachInternetGateway"]),
    "route-changes": ("ec2", [*_ROUTES.split(), "DisassociateRouteTable"]),
    "vpc-changes": ("ec2", [*_VPCS.split(), "DisableVpcClassicLink", "EnableVpcClassicLink"]),
}
"""By what the alarm is called: the service and its calls."""
FAULTS: Mapping[str, Sequence[Sequence[Event]]] = {
    **{label: [[record(source, name)] for name in names] for label, (source, names) in CALLS.items()},
    "unauthorized-calls": [
        [record("s3", "GetObject", errorCode="AccessDenied")] * 12,
        [record("dynamodb", "Scan", errorCode="AccessDeniedException")] * 12,
        [record("ec2", "RunInstances", errorCode="Client.UnauthorizedOperation")] * 12,
    ],
    "sign-in-without-mfa": [[sign_in(_USER, "No", "Success")]],
    "sign-in-failures": [[_WRONG] * 5],
    "root-usage": [[record("iam", "CreateAccessKey", _ROOT)], [sign_in(_ROOT, "Yes", "Success")]],
    "prometheus-failures": [
        [{"component": "ruler", "message": {"level": "WARN", "log": "Evaluating rule failed"}}],
        [{"component": "alertmanager", "message": {"level": "ERROR", "log": "Notify for alerts failed"}}],
    ],
}
"""By what the alarm is called: what may happen, each by itself."""

_SERVICE = {**_ROOT, "invokedBy": "autoscaling.amazonaws.com"}
ORDINARY: Mapping[int, Sequence[Event]] = {
    **{minute: [record("sts", "AssumeRole"), record("kms", "Decrypt")] for minute in range(0, WEEK, 5)},
    **{start: [record("ec2", name) for name in ("RunInstances", "CreateNetworkInterface")] for start in SCALE_OUTS},
    **{start + 1: [record("elasticache", "ModifyReplicationGroup", _ROLE)] for start in DEPLOYMENTS},
    # Names that other services have, too; and what services do in the account's own name.
    DAY + 1: [record("iot", "CreatePolicy"), record("organizations", "CreatePolicy"), record("kms", "EnableKey")],
    DAY + 2: [record("kms", "RotateKey", _SERVICE), record("kms", "RotateKey", _ROOT, eventType="AwsServiceEvent")],
    DAY + 3: [record("ec2", "CreateSnapshot", _SERVICE), record("backup", "StartCopyJob", _SERVICE)],
    2 * DAY + 8 * HOUR: [_WRONG],
    2 * DAY + 8 * HOUR + 1: [_WRONG, sign_in(_USER, "Yes", "Success")],
    3 * DAY + 9 * HOUR: [sign_in(_ROLE, "No", "Success"), *[record("s3", "GetObject", errorCode="AccessDenied")] * 4],
    4 * DAY: [{"component": "ruler", "message": {"level": "INFO", "log": "Evaluated"}}],
}
"""By the minute of the week. A person who comes by single sign-on has a second factor elsewhere."""


def counted_by(pattern: str, events: Mapping[int, Sequence[Event]], minutes: int) -> Minutes:
    """What a metric filter publishes: one for each event that it matches, else 0 for what came."""
    found = {minute: [matches(pattern, event) for event in each] for minute, each in events.items()}
    return [([1.0] * sum(found[minute]) or [0.0]) if minute in found else [] for minute in range(minutes)]


def log_mistakes(label: str, pattern: str, alarm: Inputs) -> list[str]:
    """Faults that are not told within a quarter of an hour, and what is told in an ordinary week."""

    def told(events: Mapping[int, Sequence[Event]], minutes: int) -> list[int]:
        metrics: Metrics = {alarm["metricName"]: counted_by(pattern, events, minutes)}
        return [message.minute for message in messages(alarm, metrics)]

    wrong = [] if label in FAULTS else [f"no fault for {label}"]
    for events in FAULTS.get(label, ()):
        # A failure of Prometheus is tried, and fails, again each minute.
        again = range(BROKEN, PLAYED) if label == "prometheus-failures" else [BROKEN]
        first = told(dict.fromkeys(again, events), PLAYED)[:1]
        if not first or not 0 <= first[0] - BROKEN <= 15:
            wrong.append(f"{events[0].get('eventName', label)}: told at {first}")
    wrong += [f"told in minute {minute} of an ordinary week" for minute in told(ORDINARY, WEEK)]
    return wrong
