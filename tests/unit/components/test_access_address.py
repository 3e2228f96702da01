"""What the role that deploys may do with an address: all that AWS's handlers call, where the stack has a domain."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase

import pytest

from components.access.access import deploy_documents
from tests.iam.completeness import HANDLERS
from tests.unit.components.test_access import deployment

DOMAIN = "trading.example.com"
# What handlers may call, and the platform's resources never make them call, with the reason.
NEVER = {
    "acm-pca:*": "certificates are public ones",
    "firehose:*": "the log goes to CloudWatch",
    "s3:*BucketPolicy": "the log goes to CloudWatch",
    "iam:DescribeOrganization": "no action of IAM",
    "route53:*VPC*HostedZone": "zones are public",
    "ec2:DescribeVpcs": "zones are public",
    "route53:*eQueryLoggingConfig": "queries are not logged",
    "route53-recovery-control-config:*": "no routing controls",
}
TOKENS = [token for token in HANDLERS if token.startswith(("aws:acm/", "aws:wafv2/", "aws:route53/"))]


def allowed(domain: str | None) -> Iterator[str]:
    for text in deploy_documents(replace(deployment(), domain=domain)).values():
        for statement in json.loads(text)["Statement"]:
            if statement["Effect"] == "Allow":
                yield from [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]


@pytest.mark.parametrize("token", TOKENS)
def test_the_deploy_role_may_call_what_awss_handlers_call_for_an_address(token: str) -> None:
    patterns = set(allowed(DOMAIN))
    needed = {action for actions in HANDLERS[token].values() for action in actions}
    needed = {action for action in needed if not any(fnmatchcase(action, each) for each in NEVER)}
    assert needed
    assert [each for each in sorted(needed) if not any(fnmatchcase(each, pattern) for pattern in patterns)] == []


def test_names_are_written_by_those_only_whose_stack_has_a_domain() -> None:
    assert "route53:ChangeResourceRecordSets" in set(allowed(DOMAIN))
    others = {each for each in allowed(None) if each.startswith(("route53:", "acm:", "wafv2:"))}
    # An interface endpoint has a private zone, to which its service adds the VPC.
    assert others == {"route53:AssociateVPCWithHostedZone"}
