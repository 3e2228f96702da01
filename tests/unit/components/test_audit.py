"""The trail, the alarms on it, and the account's singletons."""

from __future__ import annotations

from typing import Any, cast

import pytest
from moto.events.models import EventPattern

from components.audit.audit import Audit, AuditArgs, RecoveryPlace
from components.audit.settings import AccountSettings
from components.audit.trail_alarms import TRAIL_ALARMS
from components.kms.kms import trail_arn
from tests.unit.environments import SCOPE, environment
from tests.unit.harness import Recording, document, record

HISTORY = "production-config-123456789012-us-east-1"
BUCKET = "production-audit-123456789012-us-east-1"
SWITCHES = [name for name, field in AccountSettings.model_fields.items() if field.annotation is bool]
SINGLETONS = {
    "password_policy": ["aws:iam/accountPasswordPolicy:AccountPasswordPolicy"],
    "ebs_encryption_by_default": [
        "aws:ebs/encryptionByDefault:EncryptionByDefault",
        "aws:ebs/defaultKmsKey:DefaultKmsKey",
    ],
    "s3_public_access_block": ["aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock"],
    "guard_duty": ["aws:guardduty/detector:Detector", "aws:guardduty/detectorFeature:DetectorFeature"],
    "security_hub": [
        "aws:securityhub/account:Account",
        "aws:securityhub/standardsSubscription:StandardsSubscription",
    ],
    "config_recorder": [
        "aws:cfg/recorder:Recorder",
        "aws:cfg/deliveryChannel:DeliveryChannel",
        "aws:cfg/recorderStatus:RecorderStatus",
    ],
    "access_analyzer": ["aws:accessanalyzer/analyzer:Analyzer"],
    "backup_opt_in": ["aws:backup/regionSettings:RegionSettings"],
    "cloud_trail": ["aws:cloudtrail/trail:Trail"],
}


def audit(**switches: bool) -> Recording:
    args = AuditArgs(
        environment=environment(
            logs_key_arn="arn:logs-key",
            alarm_topic_arn="arn:topic",
            boundary_arn="arn:boundary",
            deletion_protection=True,
        ),
        settings=AccountSettings.model_validate(switches, by_name=True),
        trail_key_arn="arn:trail-key",
        ebs_key_arn="arn:ebs-key",
        data_bucket_arns={"data": "arn:aws:s3:::data", "compliance": "arn:aws:s3:::compliance"},
        access_log_bucket_name="production-access-logs",
        recovery=RecoveryPlace(scope=SCOPE.in_region("us-west-2"), topic_arn="arn:recovery-topic"),
    )
    return record(lambda: Audit("audit", args))


def trail_recording() -> tuple[Recording, dict[str, Any]]:
    recording = audit(cloud_trail=True)
    return recording, recording.one("aws:cloudtrail/trail:Trail").inputs


def test_a_stack_without_switches_creates_nothing() -> None:
    assert not [resource for resource in audit().resources if resource.custom]


@pytest.mark.parametrize("switch", SINGLETONS)
def test_each_singleton_has_a_switch_of_its_own(switch: str) -> None:
    recording = audit(**{switch: True})
    for name, types in SINGLETONS.items():
        for type_ in types:
            assert bool(recording.of_type(type_)) is (name == switch), type_


@pytest.mark.parametrize(
    ("switch", "output", "value"),
    [
        ("guard_duty", "detectorId", "audit-account-id"),
        ("config_recorder", "recorderName", "production-recorder"),
        ("access_analyzer", "analyzerArn", "arn:aws:mock:us-east-1:123456789012:audit-account"),
    ],
)
def test_the_account_puts_out_what_is_switched_on(switch: str, output: str, value: str) -> None:
    recording = audit(**{switch: True})
    assert recording.outputs[recording.one("platform:account:Account").urn] == {output: value}


def test_every_switch_of_the_account_is_covered() -> None:
    # That for the recovery region says where the others count.
    assert set(SWITCHES) == {*SINGLETONS, "recovery_region"}


# Services that exist once a region (their user guides: regional services); the others exist once an account.
REGIONAL = {"guard_duty", "security_hub", "config_recorder", "access_analyzer", "backup_opt_in"}


@pytest.mark.parametrize("switch", SINGLETONS)
def test_the_recovery_region_has_what_exists_once_a_region(switch: str) -> None:
    recording = audit(**{switch: True, "recovery_region": True})
    for type_ in SINGLETONS[switch]:
        regions = {each.inputs.get("region") for each in recording.of_type(type_)}
        assert regions == {"us-east-1", "us-west-2"} if switch in REGIONAL else "us-west-2" not in regions, type_


def test_nothing_is_in_the_recovery_region_without_its_switch() -> None:
    recording = audit(**dict.fromkeys(SINGLETONS, True))
    assert "us-west-2" not in {each.inputs.get("region") for each in recording.resources}


def test_findings_and_calls_of_the_recovery_region_are_told_there() -> None:
    recording = audit(guard_duty=True, cloud_trail=True, recovery_region=True)
    targets = {
        each.name: (each.inputs["region"], each.inputs["arn"])
        for each in recording.of_type("aws:cloudwatch/eventTarget:EventTarget")
    }
    assert targets == {
        "audit-account-urgent-findings": ("us-east-1", "arn:topic"),
        "audit-recovery-account-urgent-findings": ("us-west-2", "arn:recovery-topic"),
        "audit-recovery-calls": ("us-west-2", "arn:recovery-topic"),
    }


def test_global_types_are_recorded_once() -> None:
    recorders = audit(config_recorder=True, recovery_region=True).of_type("aws:cfg/recorder:Recorder")
    groups = {each.inputs["region"]: each.inputs["recordingGroup"] for each in recorders}
    assert groups["us-east-1"]["includeGlobalResourceTypes"] is True
    assert groups["us-west-2"] == {"allSupported": True, "includeGlobalResourceTypes": False}


def happened(name: str, source: str, **identity: str) -> dict[str, Any]:
    """An event as CloudTrail hands it to EventBridge."""
    detail = {"eventName": name, "eventSource": source, "eventType": "AwsApiCall", "userIdentity": identity}
    return {
        "version": "0",
        "id": "1",
        "source": f"aws.{source.partition('.')[0]}",
        "account": "123456789012",
        "time": "2026-11-29T00:00:00Z",
        "region": "us-west-2",
        "resources": [],
        "detail-type": "AWS API Call via CloudTrail",
        "detail": detail,
    }


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (happened("ScheduleKeyDeletion", "kms.amazonaws.com", type="AssumedRole"), True),
        (happened("DeleteBucketPolicy", "s3.amazonaws.com", type="AssumedRole"), True),
        (happened("StopLogging", "cloudtrail.amazonaws.com", type="AssumedRole"), True),
        (happened("StopConfigurationRecorder", "config.amazonaws.com", type="AssumedRole"), True),
        (happened("AuthorizeSecurityGroupIngress", "ec2.amazonaws.com", type="AssumedRole"), True),
        (happened("RunInstances", "ec2.amazonaws.com", type="Root"), True),
        (happened("RunInstances", "ec2.amazonaws.com", type="AssumedRole"), False),
        (happened("CreateGrant", "kms.amazonaws.com", type="Root", invokedBy="rds.amazonaws.com"), False),
    ],
)
def test_calls_are_matched_as_eventbridge_does(event: dict[str, Any], told: bool) -> None:
    recording = audit(cloud_trail=True, recovery_region=True)
    pattern = recording.one("aws:cloudwatch/eventRule:EventRule", "audit-recovery-calls").inputs["eventPattern"]
    # EventBridge refuses longer ones (quotas).
    assert len(pattern) <= 2048
    assert EventPattern.load(pattern).matches_event(cast("Any", event)) is told


def test_the_trail_has_the_name_that_its_keys_policy_expects() -> None:
    _, trail = trail_recording()
    assert trail_arn(SCOPE) == f"arn:aws:cloudtrail:us-east-1:123456789012:trail/{trail['name']}"


def test_the_trail_records_all_regions_validated_and_encrypted() -> None:
    _, trail = trail_recording()
    assert trail["isMultiRegionTrail"] is True
    assert trail["includeGlobalServiceEvents"] is True
    assert trail["enableLogFileValidation"] is True
    assert trail["kmsKeyId"] == "arn:trail-key"
    assert trail["cloudWatchLogsGroupArn"].endswith(":*")


def test_every_read_and_write_in_the_platforms_buckets_is_recorded() -> None:
    _, trail = trail_recording()
    management, data = trail["advancedEventSelectors"]
    assert management["fieldSelectors"] == [{"field": "eventCategory", "equals": ["Management"]}]
    fields = {item["field"]: item for item in data["fieldSelectors"]}
    assert fields["resources.ARN"]["startsWiths"] == ["arn:aws:s3:::data/", "arn:aws:s3:::compliance/"]
    assert "readOnly" not in fields


def test_the_trail_waits_until_both_destinations_let_it_in() -> None:
    recording, _ = trail_recording()
    assert {
        "aws:s3/bucketPolicy:BucketPolicy::audit-bucket",
        "aws:iam/rolePolicy:RolePolicy::audit-trail",
    } <= recording.depends_on(recording.one("aws:cloudtrail/trail:Trail"))


def test_the_audit_bucket_lets_in_only_this_trail() -> None:
    recording, _ = trail_recording()
    statements = {item["Sid"]: item for item in document(recording.one("aws:s3/bucketPolicy:BucketPolicy"))}
    source = {"aws:SourceArn": trail_arn(SCOPE)}
    assert statements["TrailChecksBucket"]["Condition"] == {"StringEquals": source}
    delivers = statements["TrailDelivers"]
    assert delivers["Resource"] == f"arn:aws:s3:::{BUCKET}/AWSLogs/123456789012/*"
    assert delivers["Condition"] == {"StringEquals": {**source, "s3:x-amz-acl": "bucket-owner-full-control"}}


def test_the_trail_writes_only_to_its_own_streams() -> None:
    recording, _ = trail_recording()
    (statement,) = document(recording.one("aws:iam/rolePolicy:RolePolicy", "audit-trail"))
    assert statement["Resource"] == (
        "arn:aws:logs:us-east-1:123456789012:log-group:/aws/cloudtrail/production-trail"
        ":log-stream:123456789012_CloudTrail_us-east-1*"
    )


def test_each_line_of_the_table_is_counted_and_told() -> None:
    recording, _ = trail_recording()
    filters = {item.name: item.inputs for item in recording.of_type("aws:cloudwatch/logMetricFilter:LogMetricFilter")}
    alarms = {item.name: item.inputs for item in recording.of_type("aws:cloudwatch/metricAlarm:MetricAlarm")}
    assert set(filters) == set(alarms) == {f"audit-{alarm.label}" for alarm in TRAIL_ALARMS}
    for name, counter in filters.items():
        transformation = counter["metricTransformation"]
        assert (transformation["namespace"], transformation["name"]) == (
            alarms[name]["namespace"],
            alarms[name]["metricName"],
        )
        assert alarms[name]["alarmActions"] == ["arn:topic"]
        assert alarms[name]["treatMissingData"] == "notBreaching"


@pytest.mark.parametrize("alarm", TRAIL_ALARMS, ids=lambda alarm: alarm.label)
def test_patterns_are_ones_that_cloudwatch_takes(alarm: Any) -> None:
    assert len(alarm.pattern) <= 1024
    assert alarm.pattern.startswith("{")
    assert alarm.pattern.endswith("}")
    assert alarm.pattern.count("(") == alarm.pattern.count(")")


def test_the_recorder_starts_after_its_channel_and_its_channel_after_it() -> None:
    recording = audit(config_recorder=True)
    channel = recording.one("aws:cfg/deliveryChannel:DeliveryChannel")
    status = recording.one("aws:cfg/recorderStatus:RecorderStatus")
    assert "aws:cfg/recorder:Recorder::audit-account" in recording.depends_on(channel)
    assert "aws:cfg/deliveryChannel:DeliveryChannel::audit-account" in recording.depends_on(status)
    assert channel.inputs["s3BucketName"] == HISTORY


def test_the_trail_is_locked_and_aws_config_delivers_to_a_bucket_without_a_lock() -> None:
    recording = audit(cloud_trail=True, config_recorder=True)
    locks = {
        lock.inputs["bucket"]: lock.inputs["rule"]["defaultRetention"]
        for lock in recording.of_type("aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration")
    }
    assert locks == {BUCKET: {"mode": "GOVERNANCE", "days": 365}}
    created = {
        bucket.inputs["bucket"]: bucket.inputs["objectLockEnabled"]
        for bucket in recording.of_type("aws:s3/bucket:Bucket")
    }
    assert created == {BUCKET: True, HISTORY: False}


def test_standards_are_checked_once_the_hub_is_on_and_the_recorder_runs() -> None:
    recording = audit(config_recorder=True, security_hub=True)
    hub = recording.one("aws:securityhub/account:Account")
    assert "aws:cfg/recorderStatus:RecorderStatus::audit-account" in recording.depends_on(hub)
    for standard in recording.of_type("aws:securityhub/standardsSubscription:StandardsSubscription"):
        assert standard.inputs["standardsArn"].startswith("arn:aws:securityhub:us-east-1::standards/")
        assert "aws:securityhub/account:Account::audit-account" in recording.depends_on(standard)


def test_urgent_findings_reach_the_alarm_topic() -> None:
    recording = audit(guard_duty=True)
    assert recording.one("aws:cloudwatch/eventTarget:EventTarget").inputs["arn"] == "arn:topic"
    features = {item.inputs["name"] for item in recording.of_type("aws:guardduty/detectorFeature:DetectorFeature")}
    assert {"EKS_AUDIT_LOGS", "S3_DATA_EVENTS", "RDS_LOGIN_EVENTS"} <= features


def test_passwords_are_as_strong_as_the_benchmark_asks() -> None:
    policy = audit(password_policy=True).one("aws:iam/accountPasswordPolicy:AccountPasswordPolicy").inputs
    assert policy["minimumPasswordLength"] >= 14
    assert policy["passwordReusePrevention"] == 24


def test_new_volumes_are_encrypted_under_the_platforms_key() -> None:
    recording = audit(ebs_encryption_by_default=True)
    assert recording.one("aws:ebs/defaultKmsKey:DefaultKmsKey").inputs["keyArn"] == "arn:ebs-key"


def test_every_resource_is_a_child_of_the_component() -> None:
    assert audit(**dict.fromkeys(SINGLETONS, True)).unparented() == ["audit"]
