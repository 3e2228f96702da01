"""Whom the administrator's role trusts: users with a second factor, and people whom single sign-on lets in."""

from __future__ import annotations

from collections.abc import Iterator

from components.access.settings import AccessSettings, SingleSignOnSettings
from components.common.iam import Statement, policy_document
from components.common.scope import Scope

_MFA_AGE_SECONDS = "3600"
# AWS General Reference, AWS Sign-In endpoints: the audience of SAML assertions, by partition. Regions have their own.
_SIGN_IN = {
    "aws": "signin.aws.amazon.com",
    "aws-us-gov": "signin.amazonaws-us-gov.com",
    "aws-cn": "signin.amazonaws.cn",
}
# Attributes that an identity provider hands on become tags of the session; without these, it would be refused.
_HANDED_ON = ("sts:SetSourceIdentity", "sts:TagSession")


def admin_trust(scope: Scope, settings: AccessSettings) -> str:
    """Trust for people of this account, by the way they come in.

    Users show IAM a second factor of the last hour. Who comes by single sign-on cannot: the context of a chained
    session, of SAML and of Identity Center has no `aws:MultiFactorAuthPresent`. Their identity provider asks for it.

    Principals are named in conditions: as principals, IAM would refuse the role while one of them does not exist. Each
    also needs the permission to assume the role.
    """
    account, sso = scope.global_arn("iam", "root"), settings.single_sign_on
    condition: dict[str, dict[str, str | list[str]]] = {
        "Bool": {"aws:MultiFactorAuthPresent": "true"},
        "NumericLessThan": {"aws:MultiFactorAuthAge": _MFA_AGE_SECONDS},
    }
    if settings.admin_principals:
        condition["ArnEquals"] = {"aws:PrincipalArn": list(settings.admin_principals)}
    statements: list[Statement] = [
        {
            "Sid": "PeopleWithSecondFactor",
            "Effect": "Allow",
            "Principal": {"AWS": account},
            "Action": "sts:AssumeRole",
            "Condition": condition,
        }
    ]
    if sessions := [*sso.roles, *_permission_set_roles(scope, sso)]:
        statements.append(
            {
                "Sid": "PeopleSignedOn",
                "Effect": "Allow",
                "Principal": {"AWS": account},
                "Action": ["sts:AssumeRole", *_HANDED_ON],
                "Condition": {"ArnLike": {"aws:PrincipalArn": sessions}},
            }
        )
    if sso.saml_providers:
        sign_in = _SIGN_IN[scope.partition]
        statements.append(
            {
                "Sid": "PeopleBySaml",
                "Effect": "Allow",
                "Principal": {
                    "Federated": [scope.global_arn("iam", f"saml-provider/{name}") for name in sso.saml_providers]
                },
                "Action": ["sts:AssumeRoleWithSAML", *_HANDED_ON],
                "Condition": {"StringLike": {"SAML:aud": [f"https://{sign_in}/saml", f"https://*.{sign_in}/saml"]}},
            }
        )
    return policy_document(*statements)


def _permission_set_roles(scope: Scope, sso: SingleSignOnSettings) -> Iterator[str]:
    """The roles that Identity Center makes of permission sets, in its first region and in others.

    The end of a name is sixteen characters that nobody knows before. A star there would let in a longer set's name.
    """
    path = f"role/aws-reserved/sso.{scope.dns_suffix}"
    for name in sso.permission_sets:
        for region in ("", "*/"):
            yield scope.global_arn("iam", f"{path}/{region}AWSReservedSSO_{name}_{'?' * 16}")
