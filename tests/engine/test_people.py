"""Who may become administrator, by every way in, as IAM's evaluator decides about the role's trust."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from components.access.people import admin_trust
from components.access.settings import AccessSettings
from components.common.scope import Scope
from tests.iam.simulator import Document, Principal, Request, decide

pytestmark = pytest.mark.engine

ACCOUNT = "123456789012"
# The root of each partition's names, the host of its sign-in and the domain of its services (AWS General Reference).
PARTITIONS = {
    "us-east-1": ("arn:aws:iam::", "signin.aws.amazon.com", "amazonaws.com"),
    "us-gov-west-1": ("arn:aws-us-gov:iam::", "signin.amazonaws-us-gov.com", "amazonaws.com"),
    "cn-north-1": ("arn:aws-cn:iam::", "signin.amazonaws.cn", "amazonaws.com.cn"),
}
FACTOR = {"aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "30"}
ENDING = "0123456789abcdef"


def trust(region: str, **options: Any) -> Document:
    settings = AccessSettings.model_validate(
        {"githubRepository": "acme/platform", "githubEnvironment": "production", **options}, by_alias=True
    )
    scope = Scope(prefix="production", account_id=ACCOUNT, region=region)
    found: Document = json.loads(admin_trust(scope, settings))
    return found


def enters(
    region: str, who: str, document: Document, context: Mapping[str, str], action: str = "sts:AssumeRole"
) -> bool:
    """Whether somebody of the account who may assume every role comes into this one."""
    root = f"{PARTITIONS[region][0]}{ACCOUNT}:"
    allowed = {"Effect": "Allow", "Action": "sts:*", "Resource": "*"}
    principal = Principal(arn=root + who, identity=[{"Version": "2012-10-17", "Statement": [allowed]}])
    request = Request(action=action, resource=f"{root}role/production-admin", context=context, resource_policy=document)
    return decide(principal, request)


def set_role(region: str, name: str, place: str = "") -> str:
    """The role that Identity Center makes of a permission set (IAM Identity Center user guide)."""
    return f"role/aws-reserved/sso.{PARTITIONS[region][2]}/{place}AWSReservedSSO_{name}_{ENDING}"


@pytest.mark.parametrize("region", PARTITIONS)
def test_users_come_with_a_recent_second_factor_only(region: str) -> None:
    alice = f"{PARTITIONS[region][0]}{ACCOUNT}:user/alice"
    for document in (trust(region), trust(region, adminPrincipals=[alice])):
        assert enters(region, "user/alice", document, FACTOR)
        assert not enters(region, "user/alice", document, {})
        assert not enters(region, "user/alice", document, {**FACTOR, "aws:MultiFactorAuthAge": "3601"})
        # A session of another role has no factor to show.
        assert not enters(region, set_role(region, "Admin"), document, {})
    assert not enters(region, "user/bob", trust(region, adminPrincipals=[alice]), FACTOR)


@pytest.mark.parametrize("region", PARTITIONS)
@pytest.mark.parametrize("place", ["", "eu-west-1/"])
@pytest.mark.parametrize("name", ["Admin", "Platform-Admin", "a", "+=,.@-_"])
def test_people_of_a_permission_set_come_in_and_those_of_longer_names_do_not(
    region: str, place: str, name: str
) -> None:
    document = trust(region, singleSignOn={"permissionSets": [name]})
    assert enters(region, set_role(region, name, place), document, {})
    for other in (f"{name}_Viewer", f"{name}x", f"x{name}", f"x_{name}", f"AWSReservedSSO_{name}", f"{name}_{ENDING}"):
        assert not enters(region, set_role(region, other, place), document, {}), other
    # Somebody who may make roles cannot make one in Identity Center's path, and a look-alike elsewhere is none.
    assert not enters(region, f"role/AWSReservedSSO_{name}_{ENDING}", document, {})


@pytest.mark.parametrize("region", PARTITIONS)
def test_sessions_of_named_roles_come_in_and_no_others(region: str) -> None:
    role = "role/people/saml-administrators"
    document = trust(region, singleSignOn={"roles": [f"{PARTITIONS[region][0]}{ACCOUNT}:{role}"]})
    assert enters(region, role, document, {})
    assert not enters(region, f"{role}-x", document, {})
    assert not enters(region, "role/saml-administrators", document, {})
    assert enters(region, "user/alice", document, FACTOR)


@pytest.mark.parametrize("region", PARTITIONS)
def test_a_saml_provider_is_trusted_for_the_consoles_and_regions_audience_alone(region: str) -> None:
    start, sign_in, _ = PARTITIONS[region]
    (statement,) = (
        each
        for each in trust(region, singleSignOn={"samlProviders": ["Okta"]})["Statement"]
        if each["Sid"] == "PeopleBySaml"
    )
    assert statement["Principal"] == {"Federated": [f"{start}{ACCOUNT}:saml-provider/Okta"]}
    # The evaluator knows no principals of SAML: what the condition lets through is tried as somebody of the account.
    document = {
        "Version": "2012-10-17",
        "Statement": [{**statement, "Principal": {"AWS": f"{start}{ACCOUNT}:root"}}],
    }
    for audience, expected in {
        f"https://{sign_in}/saml": True,
        f"https://{region}.{sign_in}/saml": True,
        f"https://evil.example/{sign_in}/saml": False,
        "urn:amazon:webservices": False,
    }.items():
        came = enters(region, "role/x", document, {"SAML:aud": audience}, "sts:AssumeRoleWithSAML")
        assert came is expected, audience
