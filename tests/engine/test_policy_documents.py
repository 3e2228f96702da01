"""Every IAM and resource policy of every stack, as it would reach AWS, before parliament."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engine.deployed import STACKS, Resource, deployed
from tests.unit.policy_lint import all_findings

pytestmark = pytest.mark.engine

KEYS = ("policy", "assumeRolePolicy")

# Kind of document, issue, what the detail or the resource's name says → why it stands.
EXCEPTIONS = {
    (
        "Role.assumeRolePolicy",
        "MALFORMED",
        "neither Resource",
    ): "a trust policy names no resource: it hangs on its role",
    ("Role.assumeRolePolicy", "UNKNOWN_FEDERATION_SOURCE", "oidc-provider/"): (
        "parliament knows SAML and social providers, not the OIDC providers of clusters and GitHub"
    ),
    ("Key.policy", "RESOURCE_STAR", ""): "in a key policy `*` is the key itself",
    ("Key.policy", "UNKNOWN_CONDITION_FOR_ACTION", "kms:EncryptionContext:aws:logs:arn"): (
        "AWS's own policy for log groups has the condition on Describe* too"
    ),
    ("Key.policy", "MISMATCHED_TYPE", "ArnLike requires"): "the encryption context of log groups is an ARN",
    ("BucketPolicy.policy", "MISMATCHED_TYPE", "s3:TlsVersion"): "parliament takes whole numbers only; TLS is 1.2",
    ("BucketPolicy.policy", "UNKNOWN_CONDITION_FOR_ACTION", "s3:TlsVersion"): (
        "a denial of s3:* covers a few actions that do not know the TLS version, and denies the rest all the same"
    ),
    ("Policy.policy", "RESOURCE_STAR", "access-"): (
        "reads and account settings that AWS offers for no narrower resource; the unit tests list each action"
    ),
    ("Policy.policy", "RESOURCE_POLICY_PRIVILEGE_ESCALATION", "arn:aws:s3:::"): (
        "who deploys sets the policies of the stack's own buckets, and reads none of their objects"
    ),
    ("Policy.policy", "UNKNOWN_CONDITION_FOR_ACTION", "kms:ResourceAliases"): (
        "KMS knows the condition for every operation on a key; parliament only for some"
    ),
    ("Policy.policy", "UNKNOWN_CONDITION_FOR_ACTION", "iam:PermissionsBoundary"): (
        "newer than parliament's data for what deletes a role or changes its trust"
    ),
    ("Policy.policy", "MISMATCHED_TYPE_BUT_USABLE", "access-identity"): (
        "IAM's guide compares iam:PermissionsBoundary as text; parliament takes it for an ARN"
    ),
    **{
        ("RolePolicy.policy", "RESOURCE_STAR", f"access-{label}"): (
            "reads, and restores of recovery points, whose names AWS chooses; the unit tests list each action"
        )
        for label in ("operate", "break-glass")
    },
    ("Policy.policy", "UNKNOWN_ACTION", "access-boundary"): "denials of what is newer than parliament's data",
    ("Policy.policy", "UNKNOWN_PREFIX", "access-boundary"): "denials of what is newer than parliament's data",
    ("RolePolicy.policy", "RESOURCE_STAR", "workloads-load-balancers"): (
        "the controller's published permissions: reads, and integrations without resource-level permissions"
    ),
    ("RolePolicy.policy", "UNKNOWN_ACTION", "elasticloadbalancing:ModifyIpPools"): "newer than parliament's data",
    ("RolePolicy.policy", "UNKNOWN_CONDITION_FOR_ACTION", "elasticloadbalancing:CreateAction"): (
        "newer than parliament's data"
    ),
    **{
        ("Policy.policy", "RESOURCE_MISMATCH", f"access-{label}"): (
            "what is made and what it is made in carry different conditions, so each has a statement of its own"
        )
        for label in ("network", "data", "storage")
    },
    ("RolePolicy.policy", "RESOURCE_MISMATCH", "ec2:Create"): (
        "Velero's snapshots and volumes carry different conditions, so each resource stands in a statement of its own"
    ),
}


def documents(stack: str) -> Iterator[tuple[Resource, str, str]]:
    for resource in deployed(stack):
        for key in KEYS:
            document = resource.inputs.get(key)
            if isinstance(document, str) and '"Statement"' in document:
                yield resource, f"{resource.type.rsplit(':', maxsplit=1)[-1]}.{key}", document


def exception(kind: str, issue: str, said: str) -> tuple[str, str, str] | None:
    return next((key for key in EXCEPTIONS if key[:2] == (kind, issue) and key[2] in said), None)


@pytest.mark.parametrize("stack", STACKS)
def test_parliament_finds_nothing_but_what_is_listed(stack: str) -> None:
    unexpected = [
        f"{resource.name} ({kind}): {issue}: {detail}"
        for resource, kind, document in documents(stack)
        for issue, detail in all_findings(document)
        if exception(kind, issue, f"{resource.name} {detail}") is None
    ]
    assert not unexpected


def test_every_exception_is_still_needed() -> None:
    met = {
        exception(kind, issue, f"{resource.name} {detail}")
        for resource, kind, document in documents("production")
        for issue, detail in all_findings(document)
    }
    assert set(EXCEPTIONS) - met == set()


def test_documents_are_of_every_kind_that_the_platform_writes() -> None:
    kinds = {kind for _, kind, _ in documents("production")}
    assert kinds >= {
        "Role.assumeRolePolicy",
        "RolePolicy.policy",
        "Policy.policy",
        "Key.policy",
        "BucketPolicy.policy",
        "TopicPolicy.policy",
        "VaultPolicy.policy",
    }
