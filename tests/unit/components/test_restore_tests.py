"""Restores that AWS Backup does for a test."""

from __future__ import annotations

import json
import re
from typing import Any, cast

import pytest
from moto.events.models import EventPattern

from components.recovery.restore_tests import RestoreTests, RestoreTestsArgs
from components.recovery.settings import RestoreTestSettings
from tests.unit.config.complaints import complaints
from tests.unit.environments import environment
from tests.unit.harness import Recording, document, record

DATABASE = "arn:aws:rds:us-east-1:123456789012:db:production-postgres"
VALIDATOR = "arn:aws:lambda:us-east-1:123456789012:function:validate-restores"
PLAN = "arn:aws:backup:us-east-1:123456789012:restore-testing-plan:production_restore_tests_1"
BUCKETS = {"data": "arn:aws:s3:::data", "compliance": "arn:aws:s3:::compliance"}
SELECTION = "aws:backup/restoreTestingSelection:RestoreTestingSelection"


def restores(**settings: Any) -> Recording:
    args = RestoreTestsArgs(
        environment=environment(boundary_arn="arn:boundary", alarm_topic_arn="arn:topic"),
        settings=RestoreTestSettings(**settings),
        vault_arn="arn:vault",
        postgres_arn=DATABASE,
        subnet_group_name="production-database",
        volume_tags={"kubernetes.io/cluster/production-eks-cluster": "owned"},
        volume_key_arn="arn:ebs-key",
        bucket_arns=BUCKETS,
    )
    plan = "aws:backup/restoreTestingPlan:RestoreTestingPlan"
    return record(lambda: RestoreTests("restore-tests", args), outputs={plan: lambda *_: {"arn": PLAN}})


def test_the_newest_recovery_point_of_the_vault_is_restored() -> None:
    plan = restores().one("aws:backup/restoreTestingPlan:RestoreTestingPlan").inputs
    # Letters, digits and underscores, at most 50 (API reference, CreateRestoreTestingPlan).
    assert re.fullmatch(r"\w{1,50}", plan["name"], re.ASCII)
    assert plan["recoveryPointSelection"] == {
        "algorithm": "LATEST_WITHIN_WINDOW",
        "includeVaults": ["arn:vault"],
        "recoveryPointTypes": ["SNAPSHOT"],
        "selectionWindowDays": 7,
    }


@pytest.mark.parametrize(
    ("every", "schedule"),
    [("week", "cron(0 9 ? * 7 *)"), ("month", "cron(0 9 1 * ? *)"), ("quarter", "cron(0 9 1 1,4,7,10 ? *)")],
)
def test_schedules_are_those_of_eventbridge(every: str, schedule: str) -> None:
    assert (
        restores(every=every).one("aws:backup/restoreTestingPlan:RestoreTestingPlan").inputs["scheduleExpression"]
        == schedule
    )


def test_database_volumes_and_buckets_are_selected() -> None:
    recording = restores(buckets=["compliance"])
    found = {each.inputs["protectedResourceType"]: each.inputs for each in recording.of_type(SELECTION)}
    # Types of AWS Backup, as its API names them.
    assert found.keys() == {"RDS", "EBS", "S3"}
    assert found["RDS"]["protectedResourceArns"] == [DATABASE]
    assert found["S3"]["protectedResourceArns"] == [BUCKETS["compliance"]]
    # A wildcard goes with conditions (CloudFormation reference, AWS::Backup::RestoreTestingSelection).
    assert found["EBS"]["protectedResourceArns"] == ["*"]
    assert found["EBS"]["protectedResourceConditions"]["stringEquals"] == [
        {"key": "aws:ResourceTag/kubernetes.io/cluster/production-eks-cluster", "value": "owned"}
    ]
    for selection in found.values():
        assert re.fullmatch(r"\w{1,50}", selection["name"], re.ASCII)
        assert 1 <= selection["validationWindowHours"] <= 168


def test_the_restored_database_is_in_closed_subnets() -> None:
    (database,) = [each.inputs for each in restores(volumes=False).of_type(SELECTION)]
    assert database["restoreMetadataOverrides"] == {
        "dbSubnetGroupName": "production-database",
        "publiclyAccessible": "false",
        "multiAZ": "false",
    }


@pytest.mark.parametrize(
    ("buckets", "policies"),
    [
        ([], {"service-role/AWSBackupServiceRolePolicyForRestores"}),
        (["data"], {"service-role/AWSBackupServiceRolePolicyForRestores", "AWSBackupServiceRolePolicyForS3Restore"}),
    ],
)
def test_the_role_restores_and_does_nothing_else(buckets: list[str], policies: set[str]) -> None:
    recording = restores(buckets=buckets)
    found = {
        each.inputs["policyArn"] for each in recording.of_type("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
    }
    assert found == {f"arn:aws:iam::aws:policy/{path}" for path in policies}
    role = recording.one("aws:iam/role:Role")
    assert role.inputs["permissionsBoundary"] == "arn:boundary"
    (trust,) = document(role, "assumeRolePolicy")
    assert trust["Principal"] == {"Service": "backup.amazonaws.com"}


def restore_job(**detail: str) -> dict[str, Any]:
    """An event as AWS Backup sends it."""
    event = {
        "version": "0",
        "id": "1",
        "account": "123456789012",
        "time": "2026-11-29T00:00:00Z",
        "region": "us-east-1",
    }
    job = {"restoreJobId": "1", "resourceType": "RDS", "restoreTestingPlanArn": PLAN, **detail}
    return {**event, "source": "aws.backup", "detail-type": "Restore Job State Change", "resources": [], "detail": job}


@pytest.mark.parametrize(
    ("detail", "told"),
    [
        ({"status": "COMPLETED"}, {"restored"}),
        ({"status": "FAILED"}, {"failed"}),
        ({"status": "ABORTED"}, {"failed"}),
        ({"status": "RUNNING"}, set()),
        ({"status": "COMPLETED", "validationStatus": "SUCCESSFUL"}, set()),
        ({"status": "COMPLETED", "validationStatus": "FAILED"}, {"failed"}),
        ({"status": "COMPLETED", "validationStatus": "TIMED_OUT"}, {"failed"}),
        ({"status": "FAILED", "restoreTestingPlanArn": "arn:of-another"}, set()),
    ],
)
def test_failures_go_to_the_topic_and_restores_to_the_validator(detail: dict[str, str], told: set[str]) -> None:
    recording = restores(validator_arn=VALIDATOR)
    rules = recording.of_type("aws:cloudwatch/eventRule:EventRule")
    found = {
        rule.name.removeprefix("restore-tests-")
        for rule in rules
        if EventPattern.load(rule.inputs["eventPattern"]).matches_event(cast("Any", restore_job(**detail)))
    }
    assert found == told
    targets = {each.name: each.inputs["arn"] for each in recording.of_type("aws:cloudwatch/eventTarget:EventTarget")}
    assert targets == {"restore-tests-failed": "arn:topic", "restore-tests-restored": VALIDATOR}


def test_only_its_rule_calls_the_validator() -> None:
    permission = restores(validator_arn=VALIDATOR).one("aws:lambda/permission:Permission").inputs
    assert permission["principal"] == "events.amazonaws.com"
    assert permission["sourceAccount"] == "123456789012"
    assert permission["sourceArn"]
    assert not restores().of_type("aws:lambda/permission:Permission")


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ({"database": False, "volumes": False}, "recovery.restoreTests: needs database, volumes or buckets"),
        ({"buckets": ["nowhere"]}, "recovery.restoreTests.buckets[0]: nowhere is not a bucket; there are data, models"),
        ({"every": "day"}, "recovery.restoreTests.every:"),
        ({"validationHours": 0}, "recovery.restoreTests.validationHours: 0 must be at least 1"),
        ({"validationHours": 169}, "recovery.restoreTests.validationHours: 169 must be at most 168"),
        ({"validatorArn": VALIDATOR.replace("us-east-1", "us-west-2")}, "recovery.restoreTests.validatorArn: "),
        ({"validatorArn": VALIDATOR.replace("123456789012", "999999999999")}, "recovery.restoreTests.validatorArn: "),
    ],
)
def test_what_aws_backup_does_not_take_is_refused_by_key(value: dict[str, Any], complaint: str) -> None:
    found = complaints("recovery.restoreTests", value)
    assert len(found) == 1
    assert found[0].startswith(complaint)


def test_a_stack_may_test_everything_that_it_has() -> None:
    every = json.loads('{"every": "quarter", "buckets": ["data", "compliance"], "validationHours": 168}')
    assert complaints("recovery.restoreTests", {**every, "validatorArn": VALIDATOR}) == []
