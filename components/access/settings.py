"""Who administers, who deploys, and where the state is kept."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from components.common.settings import DISTINCT, LIST, Principals, Section, text

UserArn = Annotated[
    str,
    text(
        "the ARN of an IAM user; roles show IAM no second factor, and are listed in access.singleSignOn",
        r"arn:aws[a-z-]*:iam::\d{12}:user/([\w+=,.@-]+/)*[\w+=,.@-]{1,64}",
        2048,
    ),
]
PermissionSet = Annotated[
    str,
    text("the name of a permission set of Identity Center: up to 32 letters, digits and +=,.@-_", r"[\w+=,.@-]{1,32}"),
]
SamlProvider = Annotated[
    str, text("the name of a SAML provider of the account: up to 128 letters, digits and ._-", r"[\w.-]{1,128}")
]


class StateSettings(Section):
    """Where Pulumi keeps the state. The foundation of the account makes both, and prints how to log in to them."""

    bucket: Annotated[
        str,
        text(
            "the name of a bucket, such as trading-platform-state-123456789012-us-east-1",
            # What S3 reserves: prefixes, suffixes, and what looks like an address.
            r"(?!xn--|sthree-|amzn-s3-demo-|.*\.\.|.*(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$|[\d.]+$)"
            r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
        ),
    ]
    """Bucket of the state."""
    key_alias: Annotated[str, text("an alias of a key, such as alias/trading-platform-state", r"alias/[\w/-]+")]
    """Alias of the key of the bucket and of the secrets in the state."""


class SingleSignOnSettings(Section):
    """Administrators whose second factor their identity provider asks for, since IAM cannot see it."""

    permission_sets: Annotated[tuple[PermissionSet, ...], LIST, DISTINCT] = ()
    """Permission sets of Identity Center whose people may assume the role, for an hour at a time: AWS ends a session
    that comes from another role's after that."""
    roles: Principals = ()
    """Roles of this account whose sessions may do the same, such as one that people get by SAML."""
    saml_providers: Annotated[tuple[SamlProvider, ...], LIST, DISTINCT] = ()
    """SAML providers of this account whose people come in directly, for `adminSessionHours`."""


class AccessSettings(Section):
    """Who may assume the administrator role, and which repository deploys through OIDC."""

    admin_principals: Annotated[tuple[UserArn, ...], LIST, DISTINCT] = ()
    """Users who may, with MFA. Empty: any user of this account that has MFA and is allowed to assume the role."""
    single_sign_on: SingleSignOnSettings = SingleSignOnSettings()
    """People who come by single sign-on, beside users with MFA."""
    admin_session_hours: Annotated[int, Field(ge=1, le=12)] = 4
    """Longest session of an administrator: a restore, or a region's loss, takes up to four hours (guide: RTO)."""
    github_repository: Annotated[str, text("owner/repository", r"[\w.-]+/[\w.-]+")]
    """Repository whose workflows may assume the deploy role."""
    github_environment: Annotated[str, text("a GitHub environment, such as production", r"[\w.-]+")]
    """GitHub environment in which those workflows must run."""
    predecessor: Annotated[str, text("the name of a stack, such as production", r"[a-z](-?[a-z0-9])*")] | None = None
    """Stack whose backups this one restores, such as the one that a takeover stands in for. The roles of workloads and
    of backups reach what carries its tag, and its buckets, as far as their policies go."""
    state: StateSettings | None = None
    """State that those workflows keep: only this stack's. Without it, the deploy role needs that from elsewhere."""
