"""Preflight where AWS does not answer: every question that it asks, refused and throttled one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import boto3  # type: ignore[import-untyped]
import pytest
from botocore.awsrequest import AWSResponse  # type: ignore[import-untyped]
from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from review.preflight import checks, needs, quotas
from review.preflight.account import Account
from review.preflight.checks import Finding, Mark

REGION, OWNER = "us-east-1", "123456789012"
CLUSTER = needs.Name(region=REGION, type="aws:eks/cluster:Cluster", name="production-eks-cluster")
VERSIONS = (("eks", "1.36", ""), ("coredns", "v1", ""), ("postgres", "15", "db.r6g.large"), ("redis", "7.0", ""))
EVERYTHING = needs.Needs(
    stack="production",
    account=OWNER,
    region=REGION,
    quotas=[(REGION, quota, 1) for quota in quotas.QUOTAS],
    zones={REGION: ["us-east-1a"]},
    instance_types={"us-east-1a": ["m5.large"]},
    service_roles=[("rds.amazonaws.com", "AWSServiceRoleForRDS")],
    versions=[needs.Version(region=REGION, kind=kind, version=version, size=size) for kind, version, size in VERSIONS],
    names=[
        CLUSTER if type_ == CLUSTER.type else needs.Name(region=REGION, type=type_, name="taken")
        for type_ in needs.NAMED
    ],
    singletons=[(REGION, type_) for type_ in needs.SINGLETONS],
)
"""What makes preflight ask everything that it can ask."""

# An account that has each name already: an answer where its form matters, an empty one elsewhere.
HAS: Mapping[str, Any] = {
    "GetServiceQuota": {"Quota": {"Value": 10.0}},
    "DescribeCluster": {"cluster": {"tags": {}}},
    "ListDetectors": {"DetectorIds": ["1"]},
    "DescribeConfigurationRecorders": {"ConfigurationRecorders": [{"name": "default"}]},
    "ListBackupVaults": {"BackupVaultList": [{"BackupVaultName": "taken"}]},
    "DescribeLogGroups": {"logGroups": [{"logGroupName": "taken"}]},
    "DescribeRepositories": {"repositories": [{"repositoryName": "taken"}]},
}
# As each kind of failure comes (Common errors in the API reference of each service; S3 answers HEAD by status alone).
FAILURES = {"denied": ("AccessDeniedException", 403), "throttled": ("ThrottlingException", 400)}
REFUSED: dict[str, tuple[str, int]] = {}
"""Operations that fail now: code and status."""
ASKED: list[str] = []


def answer(model: Any, **_: Any) -> tuple[AWSResponse, dict[str, Any]]:
    ASKED.append(model.name)
    code, status = REFUSED.get(model.name, ("", 200))
    code = "403" if model.name == "HeadBucket" and status == 403 else code
    body = {"Error": {"Code": code, "Message": "no"}} if code else HAS.get(model.name, {})
    return AWSResponse("", status, {}, None), {**body, "ResponseMetadata": {"HTTPStatusCode": status}}


@pytest.fixture(scope="module")
def account() -> Account:
    session = boto3.Session("key", "secret")
    session.events.register_first("before-call", answer)
    return Account(session)


@pytest.fixture(autouse=True)
def answering(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    yield
    REFUSED.clear()
    ASKED.clear()


def compared(account: Account, wanted: needs.Needs = EVERYTHING) -> dict[str, Finding]:
    return {each.subject: each for found in checks.compare(account, wanted).values() for each in found}


def test_every_question_refused_by_itself_is_unknown_and_hides_no_other(account: Account) -> None:
    whole = compared(account)
    assert {each.mark for each in whole.values()} >= {Mark.MISSING, Mark.READY, Mark.NOTE}
    assert Mark.UNKNOWN not in {each.mark for each in whole.values()}
    operations = sorted(set(ASKED))
    assert len(operations) > 35, "quotas and what they count, zones, roles, versions, names, singletons"
    for operation in operations:
        for code, status in FAILURES.values():
            REFUSED.clear()
            REFUSED[operation] = (code, status)
            found = compared(account)
            other = [each for each in found.values() if each != whole.get(each.subject) and each.subject != "names"]
            assert other, operation
            assert {each.mark for each in other} == {Mark.UNKNOWN}, (operation, other)
            assert any("403" in each.found or code in each.found for each in other), operation
            lost = {subject.partition(",")[0] for subject in whole} - {each.partition(",")[0] for each in found}
            assert all(zone in EVERYTHING.zones[REGION] or "Role" in zone for zone in lost), (operation, lost)


def test_a_throttled_question_is_refused_like_any_other(account: Account) -> None:
    for code in ("Throttling", "ThrottlingException", "RequestLimitExceeded", "SlowDown", "TooManyRequestsException"):
        REFUSED["DescribeCluster"] = (code, 400)
        assert compared(account)["whether the stack is deployed"].found.endswith(code)


def test_what_is_taken_is_perhaps_ones_own_where_the_stack_cannot_be_asked_for(account: Account) -> None:
    REFUSED["DescribeCluster"] = FAILURES["denied"]
    found = compared(account)
    assert found["whether the stack is deployed"].mark is Mark.UNKNOWN
    names = [each for subject, each in found.items() if subject.endswith(" taken")]
    assert len(names) == len(needs.NAMED) - 1
    assert {each.mark for each in names} == {Mark.UNKNOWN}
    assert all(each.found.endswith("exists; perhaps of this stack") for each in names)
    assert found[f"{REGION}: detector of GuardDuty"].mark is Mark.UNKNOWN


@pytest.mark.parametrize(
    ("used", "limit", "mark"), [(0, 1, Mark.READY), (1, 2, Mark.READY), (1, 1, Mark.UNKNOWN), (2, 1, Mark.MISSING)]
)
def test_a_quota_is_judged_where_both_answers_lead_to_the_same(
    account: Account, monkeypatch: pytest.MonkeyPatch, used: int, limit: int, mark: Mark
) -> None:
    monkeypatch.setattr(account, "used", lambda *_: float(used))
    monkeypatch.setattr(account, "quota", lambda *_: float(limit))
    REFUSED["DescribeCluster"] = FAILURES["denied"]
    found = checks.compare(account, EVERYTHING)["Quotas"]
    assert {each.mark for each in found} == {mark}


@pytest.mark.parametrize(("others", "mark"), [("403", Mark.UNKNOWN), ("404", Mark.MISSING)])
def test_a_bucket_is_another_accounts_only_for_who_may_look(
    account: Account, monkeypatch: pytest.MonkeyPatch, others: str, mark: Mark
) -> None:
    def head(Bucket: str) -> None:  # noqa: N803 as the client calls it
        code = "403" if Bucket == "taken" else others
        raise ClientError({"Error": {"Code": code, "Message": ""}}, "HeadBucket")

    monkeypatch.setattr(account.client("s3", REGION), "head_bucket", head)
    found = compared(account)
    assert found[next(subject for subject in found if "Bucket taken" in subject)].mark is mark
