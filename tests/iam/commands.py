"""What commands of the AWS CLI ask IAM for: calls, the resources that their options name, and what is called beside."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise

from tests.engine.deployed import deployed
from tests.iam.completeness import aliases, key_policies
from tests.iam.reference import actions_on, shapes
from tests.iam.roles import ACCOUNT
from tests.iam.simulator import Document, Request
from tests.unit.docs.aws_cli import operation

STACK = "production"
HOME, RECOVERY = "us-east-1", "us-west-2"

_PREFIXES = {
    "accessanalyzer": "access-analyzer",
    "elbv2": "elasticloadbalancing",
    "resourcegroupstaggingapi": "tag",
    "s3api": "s3",
    "service-quotas": "servicequotas",
}
# Permissions that have other names than the operation (service authorization reference: S3, Budgets), and commands of
# the CLI alone.
_ACTIONS = {
    "s3:ListObjectVersions": ("s3:ListBucketVersions",),
    "s3:GetBucketReplication": ("s3:GetReplicationConfiguration",),
    "s3:DeleteObjects": ("s3:DeleteObject", "s3:DeleteObjectVersion"),
    "s3:CopyObject": ("s3:GetObjectVersion", "s3:PutObject"),
    "s3:GetObject": ("s3:GetObjectVersion",),
    "budgets:DescribeBudget": ("budgets:ViewBudget",),
    "s3 rm": ("s3:ListBucket", "s3:DeleteObject"),
    "eks update-kubeconfig": ("eks:DescribeCluster",),
    "configure export-credentials": (),
}
# Options that name a resource, by service: the rest of its ARN.
_NAMES = {
    "backup": {"backup-vault-name": "backup-vault:{}", "recovery-point-arn": "{}"},
    "budgets": {"budget-name": "budget/{}"},
    "eks": {
        "name": "cluster/{}",
        "cluster-name": "cluster/{}",
        "nodegroup-name": "nodegroup/{cluster}/{}/x",
        "addon-name": "addon/{cluster}/{}/x",
    },
    "elasticache": {
        "replication-group-id": "replicationgroup:{}",
        "snapshot-name": "snapshot:{}",
        "final-snapshot-identifier": "snapshot:{}",
        "cache-parameter-group-name": "parametergroup:{}",
        "cache-subnet-group-name": "subnetgroup:{}",
    },
    "guardduty": {"detector-id": "detector/{}"},
    "iam": {"role-name": "role/{}"},
    "kms": {"key-id": "{}", "target-key-id": "{}", "alias-name": "{}"},
    "logs": {"log-group-name": "log-group:{}"},
    "rds": {
        "db-instance-identifier": "db:{}",
        "source-db-instance-identifier": "db:{}",
        "target-db-instance-identifier": "db:{}",
        "db-snapshot-identifier": "snapshot:{}",
        "source-db-snapshot-identifier": "snapshot:{}",
        "target-db-snapshot-identifier": "snapshot:{}",
        "db-subnet-group-name": "subgrp:{}",
        "db-parameter-group-name": "pg:{}",
        "source-db-instance-arn": "{}",
    },
    "s3": {"bucket": "{}", "key": "{}"},
    "secretsmanager": {"secret-id": "secret:{}"},
    "sns": {"topic-arn": "{}"},
}
_GLOBAL = {"budgets", "iam", "s3"}
_TLS = {"aws:SecureTransport": "true", "s3:TlsVersion": "1.3"}


@cache
def _filled_in() -> Mapping[str, Sequence[str]]:
    """What stands for a value that the page computes from the stack's outputs or leaves to its reader."""
    found = deployed(STACK)
    keys = [str(found.one("aws:kms/key:Key", name)["arn"]) for name in ("keys-rds", "recovery-keys-rds")]
    return {
        "cache-parameter-group-name": [f"{STACK}-redis-redis7-1"],
        "cache-subnet-group-name": [f"{STACK}-network-cache-1"],
        "bucket": [str(each["bucket"]) for each in found.of_type("aws:s3/bucket:Bucket")],
        "detector-id": ["1"],
        "db-parameter-group-name": [f"{STACK}-postgres-postgres16-1"],
        "db-subnet-group-name": [str(found.one("aws:rds/subnetGroup:SubnetGroup", "network-database")["name"])],
        "iam-role-arn": [str(found.one("aws:iam/role:Role", "recovery-backup")["arn"])],
        "key": ["x"],
        "nodegroup-name": ["general"],
        "key-id": keys,
        "kms-key-id": keys,
        # The evaluator knows recovery points by the shape that RDS gives them, and not those of volumes.
        "recovery-point-arn": [f"arn:aws:rds:{HOME}:{ACCOUNT}:snapshot:awsbackup:job-1"],
        "role-name": [f"{STACK}-suspect"],
        "secret-id": [str(each["arn"]) for each in found.of_type("aws:secretsmanager/secret:Secret")],
        "snapshot-name": [f"{STACK}-redis-1"],
        "target-key-id": keys,
        "topic-arn": [str(each["arn"]) for each in found.of_type("aws:sns/topic:Topic")],
    }


def requests(words: Sequence[str]) -> Iterator[Request]:
    """The requests of a command, all of which have to be allowed."""
    options = _options(words)
    name = _PREFIXES.get(words[1], words[1])
    for action in _calls(words, name):
        arns = [arn for arn in _named(name, options) if _is_about(action, arn)]
        for arn in arns or _unnamed(action, options):
            prefix = {"s3:prefix": options["prefix"][0]} if "prefix" in options and action.startswith("s3:List") else {}
            yield _asked(action, arn, **prefix)
    yield from _beside(words, options)


def _is_about(action: str, arn: str) -> bool:
    """Whether an action takes such a resource; recovery points have the names of the services that are backed up."""
    return arn.split(":")[2] != action.partition(":")[0] or action in {each.name for each in actions_on(arn)}


def _options(words: Sequence[str]) -> dict[str, Sequence[str]]:
    """Options with their values, in which what the reader fills in has one of the stack's."""
    given = {name[2:]: value for name, value in pairwise([*words, "--"]) if name.startswith("--")}
    if words[1:3] == ["s3", "rm"]:
        given["bucket"] = words[3].removeprefix("s3://")
    return {
        name: _filled_in()[name] if name in _filled_in() and re.search(r"\$|substituted", value) else [value]
        for name, value in given.items()
    }


def _calls(words: Sequence[str], name: str) -> Sequence[str]:
    command = " ".join(words[1:3])
    if command in _ACTIONS:
        return _ACTIONS[command]
    action = f"{name}:{operation(list(words)).name}"
    return _ACTIONS.get(action, (action,))


def _named(service: str, options: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """ARNs of what the options name."""
    (region,) = options.get("region", [HOME])
    for option, shape in _NAMES.get(service, {}).items():
        for value in options.get(option, ()):
            if value.startswith("arn:"):
                yield value
            elif service == "s3":
                yield from _objects(option, value, options)
            elif service == "kms":
                yield from _key(value, region)
            else:
                place = "" if service in _GLOBAL else region
                cluster = options.get("cluster-name", [""])[0]
                yield f"arn:aws:{service}:{place}:{ACCOUNT}:{shape.format(value, cluster=cluster)}"


def _objects(option: str, value: str, options: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """A bucket, and an object in it: the one that a key names, or any."""
    if option == "bucket":
        yield f"arn:aws:s3:::{value}"
        yield f"arn:aws:s3:::{value}/{options.get('key', ['x'])[0]}"


def _key(value: str, region: str) -> Iterator[str]:
    """The key behind an alias, and the alias itself; a name that is new has none."""
    known = [key for key, names in aliases(STACK).items() if value in names]
    # Keys of the stacks that take over say what those of this one say.
    yield from known or _filled_in()["key-id"][:1]
    yield f"arn:aws:kms:{region}:{ACCOUNT}:{value}"


def _unnamed(action: str, options: Mapping[str, Sequence[str]]) -> list[str]:
    """What a call is about that names nothing: anything of its type, or nothing in particular."""
    (region,) = options.get("region", [HOME])
    known = {"Partition": "aws", "Region": region, "Account": ACCOUNT}
    found = [re.sub(r"\$\{(\w+)\}", lambda each: known.get(each[1], "anything"), shape) for shape in shapes(action)]
    return found or ["*"]


def _asked(action: str, arn: str, **context: str | Sequence[str]) -> Request:
    """A request on something of the stack, which carries its tag; with what the thing says itself."""
    boundary = deployed(STACK).one("aws:iam/policy:Policy", "access-boundary")["arn"]
    known: dict[str, str | Sequence[str]] = {"aws:ResourceTag/Environment": STACK, **context}
    if action.startswith("iam:") and action != "iam:PassRole":
        known["iam:PermissionsBoundary"] = boundary
    if arn.startswith("arn:aws:s3:::"):
        known |= _TLS
    if arn in key_policies(STACK):
        known |= {"kms:CallerAccount": ACCOUNT, "kms:ResourceAliases": aliases(STACK)[arn]}
    return Request(action=action, resource=arn, context=known, resource_policy=_said_by(arn))


def _said_by(arn: str) -> Document | None:
    """The policy of a key or of a bucket; a bucket's says something of its objects too."""
    return key_policies(STACK).get(arn) or _bucket_policies().get(arn.partition("/")[0])


@cache
def _bucket_policies() -> Mapping[str, Document]:
    found = deployed(STACK).of_type("aws:s3/bucketPolicy:BucketPolicy")
    return {f"arn:aws:s3:::{each['bucket']}": json.loads(each["policy"]) for each in found}


def _beside(words: Sequence[str], options: Mapping[str, Sequence[str]]) -> Iterator[Request]:
    """What a service asks IAM for in the caller's name: the role that it is given, and the key of what it touches."""
    for role in options.get("iam-role-arn", ()):
        yield _asked("iam:PassRole", role, **{"iam:PassedToService": f"{words[1]}.amazonaws.com"})
    (region,) = options.get("region", [HOME])
    grants = {"kms:ViaService": f"rds.{region}.amazonaws.com", "kms:GrantIsForAWSResource": "true"}
    for key in options.get("kms-key-id", ()):
        if key.split(":")[3] == region and words[1] == "rds":
            yield from (_asked(f"kms:{call}", key, **grants) for call in ("CreateGrant", "DescribeKey"))
    if words[1:3] == ["secretsmanager", "get-secret-value"]:
        yield from (
            _asked("kms:Decrypt", each["kmsKeyId"], **{"kms:ViaService": f"secretsmanager.{HOME}.amazonaws.com"})
            for each in deployed(STACK).of_type("aws:secretsmanager/secret:Secret")
        )
    if words[1:3] == ["s3api", "copy-object"]:
        yield from _encrypted(options["bucket"][0])


def _encrypted(bucket: str) -> Iterator[Request]:
    """What reads and writes objects uses the bucket's key."""
    kind = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    for each in deployed(STACK).of_type(kind):
        if each["bucket"] == bucket:
            key = each["rules"][0]["applyServerSideEncryptionByDefault"]["kmsMasterKeyId"]
            via = {"kms:ViaService": f"s3.{HOME}.amazonaws.com"}
            yield from (_asked(f"kms:{call}", key, **via) for call in ("Decrypt", "GenerateDataKey"))
