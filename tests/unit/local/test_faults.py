"""The cloud that remembers, fails on request and refuses what is not ready."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.providers import Operation, Unfinished
from local.providers.faults import Cloud, Existing, Fault, FaultError, NotReadyError, first_attempts
from local.providers.server import Kind
from tests.unit.standins import AbortedError, instance, urn

GROUP = "aws:cloudwatch/logGroup:LogGroup"
KEY = "aws:kms/key:Key"
KEY_ARN = "arn:aws:kms:us-east-1:123456789012:key/1"


def operation(kind: Kind = "create", type_: str = GROUP, name: str = "a", **inputs: Any) -> Operation:
    return Operation(kind, urn(type_, name), type_, f"{name}-id", inputs, inputs)


def key(**statement: Any) -> Existing:
    policy = json.dumps({"Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*", **statement}]})
    return Existing(urn(KEY), KEY, "1", {"policy": policy}, {"arn": KEY_ARN})


def test_what_is_refused_does_not_exist_and_exists_after_the_next_attempt() -> None:
    cloud = Cloud(first_attempts(Fault.REFUSED, "create"))
    with pytest.raises(FaultError):
        cloud(operation())
    assert cloud.existing == []
    cloud(operation())
    assert [each.id for each in cloud.existing] == ["a-id"]
    assert cloud.twice == []


@pytest.mark.parametrize(("fault", "error"), [(Fault.UNFINISHED, Unfinished), (Fault.LOST, FaultError)])
def test_what_times_out_or_is_not_answered_exists(fault: Fault, error: type[Exception]) -> None:
    cloud = Cloud(first_attempts(fault, "create"))
    with pytest.raises(error):
        cloud(operation())
    assert len(cloud.existing) == 1
    cloud(operation())
    assert cloud.twice == [urn(GROUP, "a")]


def test_a_fault_meets_only_the_resources_that_it_is_for() -> None:
    cloud = Cloud(first_attempts(Fault.REFUSED, "create", {urn(GROUP, "b")}))
    cloud(operation(name="a"))
    with pytest.raises(FaultError):
        cloud(operation(name="b"))


def test_a_deletion_may_be_repeated() -> None:
    cloud = Cloud(first_attempts(Fault.LOST, "delete"))
    cloud(operation())
    with pytest.raises(FaultError):
        cloud(operation("delete"))
    cloud(operation("delete"))
    assert cloud.existing == []


def test_the_engine_learns_what_there_is_of_something_unfinished() -> None:
    aws = instance(hook=Cloud(first_attempts(Fault.UNFINISHED, "create")))
    with pytest.raises(AbortedError, match="timeout while waiting"):
        aws.create(urn(KEY), {})
    assert aws.create(urn(KEY), {}).id


@pytest.mark.parametrize(
    "statement",
    [
        {"Principal": {"Service": "logs.us-east-1.amazonaws.com"}},
        {"Principal": {"Service": ["sns.amazonaws.com", "logs.us-east-1.amazonaws.com"]}},
        {
            "Principal": {"AWS": "*"},
            "Condition": {"StringEquals": {"kms:ViaService": ["logs.us-east-1.amazonaws.com"]}},
        },
    ],
)
def test_a_key_serves_what_its_policy_lets_in(statement: dict[str, Any]) -> None:
    cloud = Cloud(strict=True)
    cloud.start_over([key(**statement)])
    cloud(operation(kmsKeyId=KEY_ARN))
    assert len(cloud.existing) == 2


@pytest.mark.parametrize(
    "statement",
    [
        {"Principal": {"AWS": "arn:aws:iam::123456789012:root"}},
        {"Principal": {"Service": "logs.us-west-2.amazonaws.com"}},
        {"Effect": "Deny", "Principal": {"Service": "logs.us-east-1.amazonaws.com"}},
    ],
)
def test_a_key_whose_policy_lacks_the_service_is_refused(statement: dict[str, Any]) -> None:
    cloud = Cloud(strict=True)
    cloud.start_over([key(**statement)])
    with pytest.raises(NotReadyError, match=f"LogGroup needs Key with arn {KEY_ARN}, which is not ready: Logs may not"):
        cloud(operation(kmsKeyId=KEY_ARN))
