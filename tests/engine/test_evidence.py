"""What the administrator leaves as it is: evidence and backups."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

import pytest

from tests.conftest import Tell
from tests.engine.deployed import deployed
from tests.iam.completeness import aliases, key_policies, own_arn, trusted
from tests.iam.paths import OURS, arn, request
from tests.iam.reference import actions_on
from tests.iam.roles import role
from tests.iam.simulator import NotDecidedError, Request, decide

pytestmark = pytest.mark.engine


# Evidence and backups, which deployment shapes and a person leaves alone.
KEPT = {
    "logs:DeleteLogGroup": arn("logs", f"log-group:/aws/cloudtrail/{OURS}-trail"),
    "logs:PutRetentionPolicy": arn("logs", f"log-group:/aws/cloudtrail/{OURS}-trail"),
    "cloudwatch:DeleteAlarms": arn("cloudwatch", f"alarm:{OURS}-audit-root-usage"),
    "cloudwatch:PutMetricAlarm": arn("cloudwatch", f"alarm:{OURS}-audit-root-usage"),
    "events:DeleteRule": arn("events", f"rule/{OURS}-access-break-glass-1"),
    "events:PutRule": arn("events", f"rule/{OURS}-access-break-glass-1"),
    "sns:DeleteTopic": arn("sns", f"{OURS}-alarms"),
    "s3:PutLifecycleConfiguration": f"arn:aws:s3:::{OURS}-audit-1",
    "s3:PutBucketVersioning": f"arn:aws:s3:::{OURS}-data-1",
    "backup:DeleteBackupSelection": arn("backup", "backup-plan:1"),
    "backup:UpdateBackupPlan": arn("backup", "backup-plan:1"),
    "rds:ModifyDBInstance": arn("rds", f"db:{OURS}-postgres"),
    "rds:DeleteDBInstance": arn("rds", f"db:{OURS}-postgres"),
    "eks:DeleteCluster": arn("eks", f"cluster/{OURS}-eks-cluster"),
    "kms:ScheduleKeyDeletion": arn("kms", "key/1"),
}


@pytest.mark.parametrize("action", KEPT)
def test_evidence_and_backups_are_kept_from_the_administrator_and_not_from_who_breaks_the_glass(action: str) -> None:
    asked = request(
        action, KEPT[action], {"aws:ResourceTag/Environment": OURS, "kms:ResourceAliases": f"alias/{OURS}-s3"}
    )
    assert not decide(role(OURS, "admin"), asked)
    assert decide(role(OURS, "break-glass"), asked)
    assert decide(role(OURS, "deploy"), asked)


# What keeps evidence, what backs up, and what is backed up.
TYPES = (
    *("aws:accessanalyzer/analyzer:", "aws:backup/plan:", "aws:backup/vault:", "aws:cloudtrail/trail:"),
    *("aws:cloudwatch/compositeAlarm:", "aws:cloudwatch/eventRule:", "aws:cloudwatch/logGroup:"),
    *("aws:cloudwatch/metricAlarm:", "aws:ec2/flowLog:", "aws:eks/cluster:", "aws:elasticache/replicationGroup:"),
    *("aws:guardduty/detector:", "aws:iam/role:Role", "aws:kms/key:", "aws:rds/instance:", "aws:s3/bucket:"),
    *("aws:secretsmanager/secret:", "aws:securityhub/account:", "aws:sns/topic:"),
)
# What the administrator may still do to them, by what it does.
HARMLESS = {
    "describes": ("iam:UpdateRole*",),
    "labels": (
        "*:AddTags*",
        "*:RemoveTags*",
        "*:Tag*",
        "*:Untag*",
        "ec2:CreateTags",
        "ec2:DeleteTags",
        "s3:PutBucketT*",
    ),
    "makes or adds": ("*:Create*", "sns:Subscribe", "securityhub:*Enable*", "backup:Start*", "rds:Start*"),
    "uses": ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "ec2:RunInstances", "rds:Restore*"),
    "protects": ("kms:CancelKeyDeletion", "kms:EnableKey*", "secretsmanager:RestoreSecret"),
    "renews": ("secretsmanager:*Rotat*", "secretsmanager:PutSecretValue", "secretsmanager:UpdateSecret*"),
    "lets in whom the account trusts": ("secretsmanager:*ResourcePolicy",),
    "names": ("kms:DeleteAlias", "kms:UpdateAlias", "kms:UpdateKeyDescription", "kms:RetireGrant"),
    "runs": ("cloudtrail:StartLogging", "eks:AssociateE*", "eks:UpdateClusterVersion", "rds:Promote*", "rds:Reboot*"),
    "scales": ("elasticache:*ReplicaCount", "elasticache:ModifyReplicationGroup*", "elasticache:TestFailover"),
    "lists and tiers": ("s3:PutI*Configuration",),
}


# Services that collect evidence or copy data, by the role that they have for it.
SERVING = re.compile(r"^(backup|cloudtrail|config|monitoring\.rds|s3|vpc-flow-logs)\.")


def kept() -> Iterator[str]:
    """ARNs of what an environment keeps."""
    services = trusted("production")
    for resource in deployed("production"):
        if resource.type.startswith(TYPES) and (own := own_arn(resource)):
            if own in services and not any(map(SERVING.match, services[own])):
                continue
            yield own
            if resource.type.startswith("aws:s3/"):
                yield f"{own}/x"
    yield from (
        arn("rds", "snapshot:awsbackup:job-1"),
        arn("rds", "snapshot:production-x"),
        arn("rds", "auto-backup:1"),
    )
    yield from (arn("backup", "recovery-point:1"), "arn:aws:ec2:us-east-1::snapshot/snap-1", arn("ec2", "volume/vol-1"))


def is_open(action: str, resource: str) -> bool:
    """Whether the administrator may do this; what the evaluator cannot tell, for several types at once, is left out."""
    asked = Request(
        action=action,
        resource=resource,
        context={
            "aws:ResourceTag/Environment": "production",
            "aws:RequestTag/Environment": "production",
            "iam:PermissionsBoundary": deployed("production").one("aws:iam/policy:Policy", "access-boundary")["arn"],
            "kms:ResourceAliases": aliases("production").get(resource, []),
        },
        resource_policy=key_policies("production").get(resource),
    )
    try:
        return decide(role("production", "admin"), asked)
    except NotDecidedError:
        return False


def test_nothing_that_is_kept_loses_its_effect_by_the_administrator(tell: Tell) -> None:
    """Every action of AWS that changes something is tried on it: what is left neither deletes, silences nor weakens."""
    tried: dict[tuple[str, str], str] = {}
    for resource in kept():
        shape = re.sub(r"[0-9a-f-]{7,}$", "", resource.split(":", 5)[5].partition("/")[0]) if ":s3:" in resource else ""
        for action in actions_on(resource):
            if not action.is_read:
                tried.setdefault((shape, action.name), resource)
    allowed = {name for (_, name), resource in tried.items() if is_open(name, resource)}
    patterns = [pattern for each in HARMLESS.values() for pattern in each]
    harmful = sorted(action for action in allowed if not any(fnmatchcase(action, pattern) for pattern in patterns))
    tell(f"admin: {len(tried)} changes of evidence and backups tried, {len(harmful)} take effect away")
    assert len(tried) > 400
    assert harmful == []
    assert [pattern for pattern in patterns if not any(fnmatchcase(action, pattern) for action in allowed)] == []


def test_snapshots_of_the_cache_are_not_switched_off_by_the_administrator() -> None:
    group = arn("elasticache", f"replicationgroup:{OURS}-redis")
    for kept_days, expected in (("0", False), ("7", True)):
        asked = request("elasticache:ModifyReplicationGroup", group, {"elasticache:SnapshotRetentionLimit": kept_days})
        assert decide(role(OURS, "admin"), asked) is expected
