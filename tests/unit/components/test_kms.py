"""The keys and their policies."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components.common.scope import Scope
from components.kms.kms import KeyDomain, Kms, KmsArgs, key_policy
from components.kms.settings import KmsSettings
from tests.unit.environments import SCOPE
from tests.unit.harness import record


def statements(domain: KeyDomain, scope: Scope = SCOPE) -> dict[str, dict[str, Any]]:
    return {statement["Sid"]: statement for statement in json.loads(key_policy(domain, scope))["Statement"]}


@pytest.mark.parametrize("domain", KeyDomain)
def test_the_account_administers_every_key(domain: KeyDomain) -> None:
    root = statements(domain)["AccountAdministersKey"]
    assert root["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    assert root["Action"] == "kms:*"


@pytest.mark.parametrize("domain", KeyDomain)
def test_no_statement_is_open_to_the_world(domain: KeyDomain) -> None:
    for statement in statements(domain).values():
        if statement["Principal"] == {"AWS": "*"}:
            condition = statement["Condition"]
            role = condition.get("ArnEquals", {}).get("aws:PrincipalArn")
            caller = condition.get("StringEquals", {}).get("kms:CallerAccount")
            assert role == f"arn:aws:iam::{SCOPE.account_id}:role/production-deploy" or caller == SCOPE.account_id
        if "Service" in statement["Principal"] and statement["Sid"] != "PublishFromEventRules":
            assert statement["Condition"]


@pytest.mark.parametrize(
    ("domain", "service"),
    [
        (KeyDomain.EBS, "ec2"),
        (KeyDomain.RDS, "rds"),
        (KeyDomain.REDIS, "elasticache"),
        (KeyDomain.SECRETS, "secretsmanager"),
        (KeyDomain.BACKUP, "backup"),
    ],
)
def test_services_use_their_key_in_the_callers_name(domain: KeyDomain, service: str) -> None:
    scope = SCOPE.in_region("us-west-2")
    statement = statements(domain, scope)["UseThroughService"]
    assert statement["Condition"]["StringEquals"]["kms:ViaService"] == [f"{service}.us-west-2.amazonaws.com"]
    assert "kms:CreateGrant" in statement["Action"]


def test_log_groups_of_the_account_are_encrypted_by_the_regions_logs_service() -> None:
    statement = statements(KeyDomain.LOGS)["EncryptLogGroups"]
    assert statement["Principal"] == {"Service": "logs.us-east-1.amazonaws.com"}
    assert statement["Condition"] == {
        "ArnLike": {"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:us-east-1:123456789012:log-group:*"}
    }


def test_alarms_and_database_events_reach_the_encrypted_topic() -> None:
    services = statements(KeyDomain.SNS)["PublishToTopic"]["Principal"]["Service"]
    assert {"cloudwatch.amazonaws.com", "events.rds.amazonaws.com"} <= set(services)


def test_event_rules_use_the_topics_key_without_a_condition_that_they_cannot_meet() -> None:
    statement = statements(KeyDomain.SNS)["PublishFromEventRules"]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert "Condition" not in statement


def test_only_the_trail_of_the_account_uses_the_trail_key() -> None:
    found = statements(KeyDomain.TRAIL)
    arn = "arn:aws:cloudtrail:us-east-1:123456789012:trail/production-trail"
    assert found["EncryptTrail"]["Condition"]["StringEquals"] == {"aws:SourceArn": arn}
    # A bucket with a bucket key, as the trail's is, has CloudTrail decrypt as well (CloudTrail User Guide, KMS).
    assert found["UseKeyForTrail"]["Action"] == ["kms:Decrypt", "kms:DescribeKey"]
    assert found["UseKeyForTrail"]["Condition"]["StringEquals"] == {"aws:SourceArn": arn}


def test_each_domain_has_a_rotated_key_and_an_alias() -> None:
    recording = record(
        lambda: Kms(
            "keys",
            KmsArgs(
                scope=SCOPE,
                settings=KmsSettings(rotation_period_days=180, deletion_window_days=30),
                deletion_protection=True,
            ),
        )
    )
    keys = recording.of_type("aws:kms/key:Key")
    # Images have a key of their own where there are repositories, and so have metrics of Prometheus.
    domains = set(KeyDomain) - {KeyDomain.ECR, KeyDomain.METRICS}
    assert {key.name for key in keys} == {f"keys-{domain}" for domain in domains}
    for key in keys:
        assert key.inputs["enableKeyRotation"] is True
        assert key.inputs["rotationPeriodInDays"] == 180
        assert key.inputs["deletionWindowInDays"] == 30
        assert key.protect
    aliases = {alias.inputs["name"] for alias in recording.of_type("aws:kms/alias:Alias")}
    assert aliases == {f"alias/production-{domain}" for domain in domains}


def test_keys_of_the_recovery_region_live_there() -> None:
    args = KmsArgs(
        scope=SCOPE.in_region("us-west-2"),
        settings=KmsSettings(),
        deletion_protection=False,
        domains=(KeyDomain.RDS, KeyDomain.S3),
    )
    recording = record(lambda: Kms("recovery-keys", args))
    assert {key.name for key in recording.of_type("aws:kms/key:Key")} == {"recovery-keys-rds", "recovery-keys-s3"}
    assert {resource.inputs["region"] for resource in recording.resources if resource.custom} == {"us-west-2"}


def test_every_resource_is_a_child_of_the_component() -> None:
    recording = record(lambda: Kms("keys", KmsArgs(scope=SCOPE, settings=KmsSettings(), deletion_protection=False)))
    assert recording.unparented() == ["keys"]
