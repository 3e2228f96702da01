"""Scenarios for the rules about who is let in by policies, trust and lists, and who can gain more."""

from __future__ import annotations

import json
from typing import Any

from tests.policies.cases_encryption import policy
from tests.policies.givens import ISSUER, READ, ROLE, trust
from tests.policies.support import REMOVED, Case, Given, hidden

OWN = "123456789012"
FOREIGN = "999988887777"
OWNED = {"allowedAccountIds": json.dumps([OWN])}
QUEUE = "aws:sqs/queuePolicy:QueuePolicy"
GITHUB = "token.actions.githubusercontent.com"


def letting_in(principal: Any, condition: Any = None, **changes: Any) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sqs:SendMessage", "Resource": "*", **changes}
    return policy({**statement, "Condition": condition} if condition else statement)


def assumed_by(principal: Any, **condition: Any) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return policy({**statement, "Condition": condition} if condition else statement)


def github(operator: str = "StringLike", **claims: Any) -> str:
    given = {"aud": "sts.amazonaws.com", **claims}
    return policy(
        {
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:aws:iam::{OWN}:oidc-provider/{GITHUB}"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {operator: {f"{GITHUB}:{claim}": value for claim, value in given.items()}},
        }
    )


OPEN_QUEUE = Given(QUEUE, "queue", {"policy": letting_in({"AWS": f"arn:aws:iam::{OWN}:root"})}, provider=OWNED)
TRUSTED = Given(ROLE, "role", {"assumeRolePolicy": assumed_by({"AWS": f"arn:aws:iam::{OWN}:root"})}, provider=OWNED)
# What AWS documents as open to everyone, or as limited, whatever the service ("The meaning of public").
EVERYONE: dict[str, str] = {
    "a star": letting_in("*"),
    "a star of AWS": letting_in({"AWS": "*"}),
    "a star in a list": letting_in({"AWS": [OWN, "*"]}),
    "all but one": policy(
        {"Effect": "Allow", "NotPrincipal": {"AWS": OWN}, "Action": "sqs:SendMessage", "Resource": "*"}
    ),
    "any account's resources": letting_in("*", {"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:*"}}),
    "any account's principals": letting_in("*", {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:*"}}),
    "any organisation": letting_in("*", {"StringLike": {"aws:PrincipalOrgID": "o-*"}}),
    "any path of any organisation": letting_in("*", {"StringLike": {"aws:PrincipalOrgPaths": "o-*/r-*/*"}}),
    "any network": letting_in("*", {"StringLike": {"aws:SourceVpc": "vpc-*"}}),
    "whatever is not one": letting_in("*", {"StringNotEquals": {"aws:PrincipalAccount": "999988887777"}}),
    "where the key is there": letting_in("*", {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-abcdefghij"}}),
    "for all of no values": letting_in("*", {"ForAllValues:StringEquals": {"aws:PrincipalOrgPaths": "o-a/r-b/"}}),
    "with TLS": letting_in("*", {"Bool": {"aws:SecureTransport": "true"}}),
    "any user agent": letting_in("*", {"StringEquals": {"aws:UserAgent": "trading"}}),
    "half of the internet twice": letting_in("*", {"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}}),
    "no JSON": "{",
}
LIMITED: dict[str, str] = {
    "an organisation": letting_in("*", {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}),
    "lower case": letting_in("*", {"stringequals": {"AWS:principalorgid": "o-abcdefghij"}}),
    "an account's resources": letting_in("*", {"ArnLike": {"aws:SourceArn": f"arn:aws:sns:*:{OWN}:*"}}),
    "a bucket": letting_in("*", {"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::data"}}),
    "a path": letting_in("*", {"StringLike": {"aws:PrincipalOrgPaths": "o-abcdefghij/r-ab12/*"}}),
    "a mount target": letting_in("*", {"Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"}}),
    "an endpoint": letting_in("*", {"StringEquals": {"aws:SourceVpce": "vpce-0123456789abcdef0"}}),
    "an office": letting_in("*", {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
    "a service": letting_in({"Service": "sns.amazonaws.com"}, {"StringEquals": {"aws:SourceAccount": OWN}}),
    "strangers are denied": policy(
        {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"},
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sqs:*",
            "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}},
        },
    ),
}


def each(name: str, path: str, values: dict[str, Any]) -> dict[str, list[tuple[str, str, Any]]]:
    return {label: [(name, path, value)] for label, value in values.items()}


def flagged(rule: str, token: str, path: str, good: Any, bad: Any, **properties: Any) -> Case:
    """A rule that one property decides."""
    return Case(
        rule=rule,
        good=[Given(token, "it", {**properties, path: good})],
        bad={"set": [("it", path, bad)]},
        unknown=hidden("it", path),
    )


TRUST = [
    Case(
        rule="iam-trust-not-everyone",
        good=[TRUSTED],
        bad=each(
            "role",
            "assumeRolePolicy",
            {
                "a star": assumed_by("*"),
                "a star of AWS": assumed_by({"AWS": ["*"]}),
                "all but one": policy({"Effect": "Allow", "NotPrincipal": {"AWS": OWN}, "Action": "sts:AssumeRole"}),
                "an external id": assumed_by("*", StringEquals={"sts:ExternalId": "42"}),
            },
        ),
        unknown=hidden("role", "assumeRolePolicy"),
        also_good=each(
            "role",
            "assumeRolePolicy",
            {"an organisation": assumed_by("*", StringEquals={"aws:PrincipalOrgID": "o-abcdefghij"})},
        ),
    ),
    Case(
        rule="iam-trust-own-accounts",
        good=[TRUSTED],
        bad=each(
            "role",
            "assumeRolePolicy",
            {"an ARN": assumed_by({"AWS": f"arn:aws:iam::{FOREIGN}:role/x"}), "an id": assumed_by({"AWS": FOREIGN})},
        ),
        unknown=hidden("role", "assumeRolePolicy"),
    ),
]
OIDC_EVERYONE = {
    "everyone's repositories": github(sub="repo:*"),
    "everyone's repositories by name": github(sub="repo:*/infrastructure:ref:refs/heads/main"),
    "owners that begin alike": github(sub="repo:trading*:*"),
    "one of several": github(sub=["repo:trading/platform:*", "*"]),
    "for all of no values": github("ForAllValues:StringLike", sub="repo:trading/platform:*"),
    "where the claim is there": github("StringLikeIfExists", sub="repo:trading/platform:*"),
    "another provider's claim": policy(
        {
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:aws:iam::{OWN}:oidc-provider/{GITHUB}"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {f"{ISSUER}:sub": "system:serviceaccount:a:b", f"{ISSUER}:aud": "x"}},
        }
    ),
    "the opposite": github("StringNotLike", sub="repo:trading/platform:*"),
    "any service account": trust(sub="*", aud="sts.amazonaws.com").replace("StringEquals", "StringLike"),
    "service accounts of any namespace": trust(sub="system:serviceaccount:*:*", aud="sts.amazonaws.com").replace(
        "StringEquals", "StringLike"
    ),
}
OIDC_LIMITED = {
    "a branch": github(sub="repo:trading/platform:ref:refs/heads/main"),
    "a repository": github(sub="repo:trading/platform:*"),
    "an owner's repositories": github(sub="repo:trading/*"),
    "lower case": github("stringlike", sub="repo:trading/platform:*"),
}
SHARING = [
    Case(
        rule="resource-policy-not-public",
        good=[OPEN_QUEUE],
        bad=each("queue", "policy", EVERYONE),
        unknown=hidden("queue", "policy"),
        also_good=each("queue", "policy", LIMITED),
        not_applicable={"no policy": [("queue", "policy", REMOVED)]},
    ),
    Case(
        rule="resource-policy-own-accounts",
        good=[OPEN_QUEUE],
        bad=each(
            "queue",
            "policy",
            {
                "an id": letting_in({"AWS": FOREIGN}),
                "by a condition": letting_in("*", {"StringEquals": {"aws:PrincipalAccount": FOREIGN}}),
                "one of two": letting_in({"AWS": [OWN, f"arn:aws:iam::{FOREIGN}:root"]}),
            },
        ),
        unknown=hidden("queue", "policy"),
        also_good=each("queue", "policy", LIMITED),
    ),
    Case(
        rule="s3-acl-not-public",
        good=[Given("aws:s3/bucketAcl:BucketAcl", "acl", {"acl": "private"})],
        bad={
            "everyone": [("acl", "acl", "public-read")],
            "whoever has an account": [("acl", "acl", "authenticated-read")],
            "a grant": [
                Given(
                    "aws:s3/bucketAcl:BucketAcl",
                    "acl",
                    {
                        "accessControlPolicy": {
                            "grants": [{"grantee": {"uri": "http://acs.amazonaws.com/groups/global/AllUsers"}}]
                        }
                    },
                )
            ],
            "inline": [
                Given(
                    "aws:s3/bucketV2:BucketV2",
                    "acl",
                    {"grants": [{"uri": "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"}]},
                )
            ],
        },
        unknown=hidden("acl", "acl"),
    ),
    Case(
        rule="lambda-permission-limited",
        good=[
            Given(
                "aws:lambda/permission:Permission",
                "permission",
                {"principal": "sns.amazonaws.com", "sourceArn": f"arn:aws:sns:us-east-1:{OWN}:alarms"},
            )
        ],
        bad={
            "everyone": [("permission", "principal", "*"), ("permission", "sourceArn", REMOVED)],
            "on anybody's behalf": [("permission", "sourceArn", REMOVED)],
        },
        unknown=hidden("permission", "principal"),
    ),
    Case(
        rule="lambda-permission-own-accounts",
        good=[Given("aws:lambda/permission:Permission", "permission", {"principal": OWN}, provider=OWNED)],
        bad={"another": [("permission", "principal", FOREIGN)]},
        unknown=hidden("permission", "principal"),
        not_applicable={"a service": [("permission", "principal", "sns.amazonaws.com")]},
    ),
    flagged("lambda-url-authenticated", "aws:lambda/functionUrl:FunctionUrl", "authorizationType", "AWS_IAM", "NONE"),
    Case(
        rule="images-not-shared",
        good=[Given("aws:ec2/amiLaunchPermission:AmiLaunchPermission", "share", {"accountId": OWN}, provider=OWNED)],
        bad={
            "everyone": [("share", "group", "all")],
            "another account": [("share", "accountId", FOREIGN)],
            "a snapshot": [Given("aws:rds/snapshot:Snapshot", "share", {"sharedAccounts": ["all"]})],
        },
        unknown=hidden("share", "accountId"),
    ),
]
IDENTITY = [
    Case(
        rule="iam-no-administration",
        good=[Given("aws:iam/policy:Policy", "reader", {"policy": policy(READ)})],
        bad=each(
            "reader",
            "policy",
            {
                pattern: policy({"Effect": "Allow", "Action": pattern, "Resource": "*"})
                for pattern in ("*", "*:*", "*:**", "**", "?*")
            },
        ),
        unknown=hidden("reader", "policy"),
    ),
    Case(
        rule="iam-no-escalation",
        good=[Given("aws:iam/policy:Policy", "reader", {"policy": policy(READ)})],
        bad=each(
            "reader",
            "policy",
            {
                "a policy's version": policy({**READ, "Action": "iam:CreatePolicyVersion", "Resource": "*"}),
                "by pattern": policy({**READ, "Action": "IAM:?ut*Policy", "Resource": "*"}),
                "together": policy({**READ, "Action": ["iam:PassRole", "ec2:Run*"], "Resource": "*"}),
                "in two statements": policy(
                    {**READ, "Action": "iam:PassRole", "Resource": "arn:aws:*:*:*:*"},
                    {**READ, "Action": "lambda:*Function", "Resource": "*"},
                ),
                "with a condition that limits nothing": policy(
                    {
                        **READ,
                        "Action": "iam:AttachRolePolicy",
                        "Resource": "*",
                        "Condition": {"ArnLike": {"iam:PolicyARN": "arn:aws:iam::*:*"}},
                    }
                ),
            },
        ),
        unknown=hidden("reader", "policy"),
        also_good=each(
            "reader",
            "policy",
            {
                "one role": policy({**READ, "Action": "iam:PutRolePolicy", "Resource": f"arn:aws:iam::{OWN}:role/x"}),
                "behind a boundary": policy(
                    {
                        **READ,
                        "Action": "iam:PutRolePolicy",
                        "Resource": "*",
                        "Condition": {"StringEquals": {"iam:PermissionsBoundary": f"arn:aws:iam::{OWN}:policy/b"}},
                    }
                ),
                "half of a pair": policy({**READ, "Action": "iam:PassRole", "Resource": "*"}),
                "denied": policy(
                    {**READ, "Action": "iam:PutUserPolicy", "Resource": "*"},
                    {"Effect": "Deny", "Action": "iam:Put*", "Resource": "*"},
                ),
            },
        ),
    ),
]
CASES = [*TRUST, *SHARING, *IDENTITY]
